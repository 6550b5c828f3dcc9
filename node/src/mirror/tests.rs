//! The mirror's side of tlog-witness and tlog-mirror, clause by clause, against a real node. The
//! log that is mirrored is written here, so that it can do what no log of ours would.

use proto::checkpoint::SignedCheckpoint;
use proto::cosignature;
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize, leaf_hash};
use proto::ledger::{Entry, Rules, Seen, State, plan};
use proto::merkle::path::walk;
use proto::merkle::{self, Subtree};
use proto::mirror::{Header, MirrorInfo};
use proto::note::{self, KeyType};
use proto::witness::AddCheckpoint;

use crate::client::{Answer, Body};
use crate::testing::{NOW, World, hash_path, key, origin, signed_checkpoint};

/// A log in the hands of the test: seat 0's, whose node does not run.
pub(super) struct Log {
    entries: Vec<Vec<u8>>,
    state: State,
    seen: Seen,
    rules: Rules,
}

impl Log {
    fn new(world: &World) -> Log {
        let rules = world.federation.rules_for(&origin(0)).unwrap();
        Log { entries: Vec::new(), state: State::new(), seen: Seen::default(), rules }
    }

    /// An entry that obeys the rules.
    pub(super) fn push(&mut self, bytes: Vec<u8>) {
        let entry = Entry::parse(&bytes).unwrap();
        let found = self.seen.find(&plan(&entry));
        self.state.apply(&self.rules, &entry, &found, None).unwrap();
        self.seen.keep(&self.state);
        self.state.commit();
        self.entries.push(bytes);
    }

    pub(super) fn snapshot(&mut self, time: Timestamp) -> TreeSize {
        let snapshot = self.state.snapshot(&self.rules, time);
        self.push(Entry::Snapshot(snapshot).to_bytes());
        self.size()
    }

    fn size(&self) -> TreeSize {
        TreeSize(self.entries.len() as u64)
    }

    fn hash(&self, start: u64, end: u64) -> Hash {
        let entries = &self.entries[start as usize..end as usize];
        merkle::root_of(&entries.iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>())
    }

    fn prove(&self, subtree: Subtree, size: TreeSize) -> Vec<Hash> {
        let ranges = walk(subtree, size).unwrap().proof_ranges();
        ranges.into_iter().map(|range| self.hash(range.start, range.end)).collect()
    }

    fn checkpoint(&self, size: TreeSize) -> SignedCheckpoint {
        signed_checkpoint(0, size.0, self.hash(0, size.0))
    }

    pub(super) fn add_checkpoint(&self, old: u64, size: TreeSize) -> AddCheckpoint {
        let proof = match old {
            0 => Vec::new(),
            old => self.prove(Subtree::new(0, old).unwrap(), size),
        };
        AddCheckpoint { old: TreeSize(old), proof, checkpoint: self.checkpoint(size) }
    }

    /// The first `packages` packages of an upload.
    pub(super) fn add_entries(&self, start: u64, end: TreeSize, packages: usize) -> Vec<u8> {
        let header = Header::new(&origin(0), LeafIndex(start), end, b"").unwrap();
        let mut bytes = header.to_bytes().unwrap();
        for range in header.packages().take(packages) {
            let proof = self.prove(range.subtree().unwrap(), end);
            let entries = &self.entries[range.start as usize..range.end as usize];
            bytes.extend(range.to_bytes(entries, &proof).unwrap());
        }
        bytes
    }
}

/// Seat 1 of four runs; the log of seat 0 is the test's.
pub(super) async fn mirror() -> (World, Log) {
    let mut world = World::new(4).await;
    world.start(1).await.unwrap();
    let log = Log::new(&world);
    (world, log)
}

pub(super) async fn pend(world: &World, request: &AddCheckpoint) -> (u16, String) {
    let answer = world.post(1, "/add-checkpoint", request.to_bytes()).await;
    (answer.status, String::from_utf8(answer.body.to_vec()).unwrap())
}

pub(super) async fn upload(world: &World, bytes: Vec<u8>) -> Answer {
    world.post(1, "/add-entries", bytes).await
}

fn info(answer: &Answer) -> (u64, u64) {
    assert_eq!(answer.content_type, "text/x.tlog.mirror-info");
    let info = MirrorInfo::parse(&answer.body).unwrap();
    (info.size.0, info.next.0)
}

/// `code: sentence`
pub(super) fn code(answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let (code, sentence) = text.split_once(": ").unwrap();
    assert!(sentence.ends_with('\n') && sentence.len() > 10, "{text}");
    code.to_owned()
}

/// Both cosignatures of seat 1 verify.
fn check_lines(world: &World, answer: &Answer, checkpoint: &SignedCheckpoint) {
    assert_eq!(answer.status, 200, "{}", answer.excerpt());
    let lines = note::parse_signature_lines(&answer.body).unwrap();
    let operator = &world.federation.current().operators[1];
    let keys = [&operator.cosigner_ed25519, &operator.cosigner_ml_dsa];
    assert_eq!(lines.len(), 2);
    for (key, line) in keys.into_iter().zip(&lines) {
        let time = cosignature::verify_line(key, checkpoint.checkpoint(), line).unwrap();
        assert_eq!(time, NOW);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn add_checkpoint_answers_as_the_specification_says() {
    let (world, mut log) = mirror().await;
    let first = log.snapshot(NOW);
    let second = log.snapshot(NOW);
    let good = log.add_checkpoint(0, first);
    let refused = async |request: &AddCheckpoint, status: u16, code: &str| {
        let (seen, text) = pend(&world, request).await;
        assert_eq!((seen, text.split(':').next().unwrap()), (status, code), "{text}");
    };
    let answer = world.post(1, "/add-checkpoint", b"old 0\n\n".to_vec()).await;
    assert_eq!((answer.status, code(&answer).as_str()), (400, "request-malformed"));
    let answer = world.post(1, "/add-checkpoint", vec![b'a'; 600 * 1024]).await;
    assert_eq!((answer.status, code(&answer).as_str()), (413, "body-too-large"));
    // The node's own log is not one that it mirrors.
    let own = AddCheckpoint { checkpoint: signed_checkpoint(1, 1, Hash([0; 32])), ..good.clone() };
    refused(&own, 404, "log-unknown").await;
    let forger = key(&origin(0), KeyType::Ed25519, 99);
    let forged = SignedCheckpoint::sign(good.checkpoint.checkpoint().clone(), &forger).unwrap();
    refused(&AddCheckpoint { checkpoint: forged, ..good.clone() }, 403, "log-signature-bad").await;
    let old = AddCheckpoint { old: TreeSize(2), ..good.clone() };
    refused(&old, 400, "old-beyond-size").await;
    assert_eq!(pend(&world, &good).await, (200, String::new()));
    // Accepted again, from the size where it is.
    assert_eq!(pend(&world, &log.add_checkpoint(1, first)).await, (200, String::new()));
    let answer = world.post(1, "/add-checkpoint", good.to_bytes()).await;
    assert_eq!((answer.status, &answer.body[..]), (409, &b"1\n"[..]));
    assert_eq!(answer.content_type, "text/x.tlog.size");
    let mut unproven = log.add_checkpoint(1, second);
    unproven.proof[0] = Hash([7; 32]);
    refused(&unproven, 422, "consistency-not-proven").await;
    assert_eq!(pend(&world, &log.add_checkpoint(1, second)).await, (200, String::new()));
    let pending = world.get(1, &format!("{}/pending", hash_path(0))).await;
    assert_eq!(pending.body, log.checkpoint(second).to_bytes());
    // Pending is not cosigned.
    assert_eq!(world.get(1, &format!("{}/checkpoint", hash_path(0))).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn add_entries_answers_as_the_specification_says() {
    let (world, mut log) = mirror().await;
    let first = log.snapshot(NOW);
    let good = log.add_entries(0, first, 9);
    let unknown = Header::new("other.example/log", LeafIndex(0), first, b"").unwrap();
    let answer = upload(&world, unknown.to_bytes().unwrap()).await;
    assert_eq!((answer.status, code(&answer).as_str()), (404, "log-unknown"));
    let answer = upload(&world, good.clone()).await;
    assert_eq!((answer.status, code(&answer).as_str()), (422, "no-pending-checkpoint"));
    pend(&world, &log.add_checkpoint(0, first)).await;
    for cut in [0, 5, 40, good.len() - 1] {
        let answer = upload(&world, good[..cut].to_vec()).await;
        assert_eq!((answer.status, code(&answer).as_str()), (400, "nothing-arrived"), "{cut}");
    }
    let mut long = good.clone();
    long.push(0);
    let answer = upload(&world, long).await;
    assert_eq!((answer.status, code(&answer).as_str()), (400, "request-malformed"));
    let mut changed = good.clone();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    let answer = upload(&world, changed).await;
    assert_eq!((answer.status, code(&answer).as_str()), (422, "entries-not-proven"));
    let later = log.snapshot(NOW);
    // An end that the mirror does not know, and a start that it has not reached.
    let answer = upload(&world, log.add_entries(0, later, 9)).await;
    assert_eq!((answer.status, info(&answer)), (409, (first.0, 0)));
    let answer = upload(&world, log.add_entries(1, first, 9)).await;
    assert_eq!((answer.status, info(&answer)), (409, (first.0, 0)));
    let answer = upload(&world, good.clone()).await;
    check_lines(&world, &answer, &log.checkpoint(first));
    let shown = world.get(1, &format!("{}/checkpoint", hash_path(0))).await;
    let shown = SignedCheckpoint::parse(&shown.body).unwrap();
    assert_eq!(shown.note().signatures().len(), 3);
    // Sent again, whole or only its header: the same lines.
    assert_eq!(upload(&world, good).await.body, answer.body);
    assert_eq!(upload(&world, log.add_entries(1, first, 9)).await.body, answer.body);
    let bundle = world.get(1, &format!("{}/tile/entries/000.p/1", hash_path(0))).await;
    assert_eq!(&bundle.body[2..], log.entries[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_upload_comes_in_prefixes_and_an_earlier_end_is_still_good() {
    let (world, mut log) = mirror().await;
    for _ in 0..299 {
        log.snapshot(NOW);
    }
    let (earlier, end) = (log.size(), log.snapshot(NOW));
    pend(&world, &log.add_checkpoint(0, earlier)).await;
    pend(&world, &log.add_checkpoint(earlier.0, end)).await;
    let answer = upload(&world, log.add_entries(0, end, 1)).await;
    assert_eq!((answer.status, info(&answer)), (202, (end.0, 256)));
    // Cut off in the middle of the second package: the first is not asked for again.
    let mut cut = log.add_entries(0, end, 2);
    cut.truncate(cut.len() - 100);
    let answer = upload(&world, cut).await;
    assert_eq!((answer.status, info(&answer)), (202, (end.0, 256)));
    let answer = upload(&world, log.add_entries(256, earlier, 9)).await;
    check_lines(&world, &answer, &log.checkpoint(earlier));
    let answer = upload(&world, log.add_entries(earlier.0, end, 9)).await;
    check_lines(&world, &answer, &log.checkpoint(end));
    // It never goes back.
    let answer = upload(&world, log.add_entries(earlier.0, earlier, 9)).await;
    assert_eq!((answer.status, info(&answer)), (409, (end.0, end.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_uploads_at_once_and_one_that_stalls_do_no_harm() {
    let (world, mut log) = mirror().await;
    for _ in 0..400 {
        log.snapshot(NOW);
    }
    let end = log.size();
    pend(&world, &log.add_checkpoint(0, end)).await;
    let whole = log.add_entries(0, end, 9);
    let (one, two, three) = tokio::join!(
        upload(&world, whole.clone()),
        upload(&world, whole.clone()),
        upload(&world, whole[..40].to_vec()),
    );
    check_lines(&world, &one, &log.checkpoint(end));
    check_lines(&world, &two, &log.checkpoint(end));
    assert!(matches!(three.status, 400 | 409), "{}", three.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_break_a_rule_are_refused_and_not_kept() {
    let issuer = key("School", KeyType::Ed25519, 77);
    let stranger = key("Stranger", KeyType::Ed25519, 78);
    for want in [
        "issuance-signature-bad",
        "entry-malformed",
        "entry-kind-unknown",
        "snapshot-time-ahead",
        "snapshot-not-closing",
    ] {
        // What is pending stays pending, so each case has a mirror of its own.
        let (world, mut log) = mirror().await;
        log.push(world.issuer_entry(0, &issuer));
        let first = log.snapshot(NOW);
        pend(&world, &log.add_checkpoint(0, first)).await;
        upload(&world, log.add_entries(0, first, 9)).await;
        let issuance = |by| [world.issuance(0, by, LeafIndex(0), 1), vec![0; 8]].concat();
        match want {
            "issuance-signature-bad" => log.entries.push(issuance(&stranger)),
            "entry-malformed" => log.entries.push(vec![1, 4]),
            "entry-kind-unknown" => log.entries.push(vec![1, 9]),
            "snapshot-time-ahead" => {
                log.snapshot(Timestamp(NOW.0 + 6));
            }
            _ => log.push(issuance(&issuer)),
        }
        let end = log.size();
        assert_eq!(pend(&world, &log.add_checkpoint(first.0, end)).await.0, 200);
        let answer = upload(&world, log.add_entries(first.0, end, 9)).await;
        assert_eq!((answer.status, code(&answer).as_str()), (422, want));
        // Nothing is kept: the next entry is where it was, and the mirror checkpoint too.
        let bundle = format!("{}/tile/entries/000.p/{end}", hash_path(0));
        assert_eq!(world.get(1, &bundle).await.status, 404);
        let shown = world.get(1, &format!("{}/checkpoint", hash_path(0))).await;
        let shown = SignedCheckpoint::parse(&shown.body).unwrap();
        assert_eq!(shown.checkpoint().size(), first);
        if want == "snapshot-time-ahead" {
            // The clock goes on, and what was too early is good.
            world.clock.set(Timestamp(NOW.0 + 1));
            let answer = upload(&world, log.add_entries(first.0, end, 9)).await;
            assert_eq!(answer.status, 200, "{}", answer.excerpt());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cosigner_whose_clock_stands_behind_its_last_signature_does_not_sign() {
    let (mut world, mut log) = mirror().await;
    let first = log.snapshot(Timestamp(NOW.0 - 100));
    pend(&world, &log.add_checkpoint(0, first)).await;
    check_lines(
        &world,
        &upload(&world, log.add_entries(0, first, 9)).await,
        &log.checkpoint(first),
    );
    let second = log.snapshot(Timestamp(NOW.0 - 50));
    world.clock.set(Timestamp(NOW.0 - 1));
    // A restart does not make it forget.
    world.stop(1).await.unwrap();
    world.start(1).await.unwrap();
    pend(&world, &log.add_checkpoint(first.0, second)).await;
    let answer = upload(&world, log.add_entries(first.0, second, 9)).await;
    assert_eq!((answer.status, code(&answer).as_str()), (503, "clock-behind"));
    world.clock.set(NOW);
    let answer = upload(&world, log.add_entries(first.0, second, 9)).await;
    check_lines(&world, &answer, &log.checkpoint(second));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_with_two_faces_is_never_cosigned_again() {
    let (mut world, mut log) = mirror().await;
    let first = log.snapshot(NOW);
    pend(&world, &log.add_checkpoint(0, first)).await;
    upload(&world, log.add_entries(0, first, 9)).await;
    let other = signed_checkpoint(0, 1, Hash([9; 32]));
    let (status, text) =
        pend(&world, &AddCheckpoint { checkpoint: other.clone(), ..log.add_checkpoint(1, first) })
            .await;
    assert_eq!((status, text.starts_with("split-view: ")), (422, true), "{text}");
    let second = log.snapshot(NOW);
    for restarted in [false, true] {
        if restarted {
            world.stop(1).await.unwrap();
            world.start(1).await.unwrap();
        }
        let (status, text) = pend(&world, &log.add_checkpoint(1, second)).await;
        assert_eq!((status, text.starts_with("split-view: ")), (422, true), "{text}");
        let answer = upload(&world, log.add_entries(1, first, 9)).await;
        assert_eq!((answer.status, code(&answer).as_str()), (422, "split-view"));
        let names = String::from_utf8(world.get(1, "/evidence").await.body.to_vec()).unwrap();
        assert_eq!(names.lines().count(), 2);
        let mut kept = Vec::new();
        for name in names.lines() {
            kept.push(world.get(1, &format!("/evidence/{name}")).await.body.to_vec());
        }
        assert!(
            kept.contains(&other.to_bytes()) && kept.contains(&log.checkpoint(first).to_bytes())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gzip_is_unpacked_within_bounds() {
    let (world, mut log) = mirror().await;
    for _ in 0..300 {
        log.snapshot(NOW);
    }
    let end = log.size();
    pend(&world, &log.add_checkpoint(0, end)).await;
    let pack = |bytes: &[u8]| crate::gzip::pack(bytes, flate2::Compression::fast()).unwrap();
    let send = async |bytes: Vec<u8>| {
        let content_type = "application/octet-stream";
        let body = Body { bytes: bytes.into(), content_type, gzip: true };
        world.client(1).post("/add-entries", body, 1 << 20).await.unwrap()
    };
    let answer = send(b"no gzip at all, but long enough to have a header".to_vec()).await;
    assert_eq!((answer.status, code(&answer).as_str()), (400, "gzip-malformed"));
    // A bomb: a header, then zeros without end. Empty entries are none of this log.
    let mut bomb = log.add_entries(0, end, 0);
    bomb.resize(50 << 20, 0);
    let answer = send(pack(&bomb)).await;
    assert_eq!((answer.status, code(&answer).as_str()), (422, "entries-not-proven"));
    let mut cut = pack(&log.add_entries(0, end, 9));
    cut.truncate(cut.len() - 40);
    assert_eq!(send(cut).await.status, 202);
    let answer = send(pack(&log.add_entries(256, end, 9))).await;
    check_lines(&world, &answer, &log.checkpoint(end));
    let url = format!("{}/add-entries", world.client(1).base());
    let request = reqwest::Client::new().post(url).header("content-encoding", "br");
    let answer = request.body("x").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 415);
    assert_eq!(answer.headers()["accept-encoding"], "gzip");
}
