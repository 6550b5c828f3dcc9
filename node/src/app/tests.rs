//! Whole nodes in one process: rounds, mirrors, clocks.

mod loss;

use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, Timestamp, leaf_hash};
use proto::ledger::Entry;
use proto::merkle;
use proto::note::{KeyType, SigningKey};
use proto::tile::{bundle, bundles};

use crate::testing::{NOW, World, hash_path, key};

fn school() -> SigningKey {
    key("School", KeyType::Ed25519, 77)
}

/// All entries of a log as `seat` shows them, up to a checkpoint that `seat` shows there.
async fn entries(world: &World, seat: usize, log: usize) -> (SignedCheckpoint, Vec<Vec<u8>>) {
    let answer = world.get(seat, &format!("{}/checkpoint", hash_path(log))).await;
    let signed = SignedCheckpoint::parse(&answer.body).unwrap();
    let size = signed.checkpoint().size();
    let mut entries = Vec::new();
    for id in bundles(0, size.0, size) {
        let answer = world.get(seat, &format!("{}/{}", hash_path(log), id.path())).await;
        assert_eq!(answer.status, 200, "{}", id.path());
        let bundle = bundle::parse(&answer.body, id.width()).unwrap();
        entries.extend(bundle.into_iter().map(<[u8]>::to_vec));
    }
    (signed, entries)
}

/// Root of the first `size` entries.
fn root(entries: &[Vec<u8>], size: u64) -> Hash {
    let leaves: Vec<Hash> = entries[..size as usize].iter().map(|entry| leaf_hash(entry)).collect();
    merkle::root_of(&leaves)
}

/// The log on `seat` is what its checkpoints say, earlier ones included, and each batch is there
/// once.
async fn check_log(world: &World, seat: usize, log: usize, earlier: &[SignedCheckpoint]) {
    let (signed, entries) = entries(world, seat, log).await;
    for signed in earlier.iter().chain([&signed]) {
        let tree = signed.checkpoint();
        assert_eq!(root(&entries, tree.size().0), *tree.root(), "size {}", tree.size());
    }
    let mut batches: Vec<Hash> = entries
        .iter()
        .filter_map(|entry| match Entry::parse(entry).unwrap() {
            Entry::Issuance(issuance) => Some(issuance.submission.statement.batch_root),
            _ => None,
        })
        .collect();
    let count = batches.len();
    batches.sort();
    batches.dedup();
    assert_eq!(batches.len(), count);
}

async fn no_evidence(world: &World) {
    for seat in 0..world.seats.len() {
        if world.seats[seat].running.is_some() {
            assert_eq!(world.get(seat, "/evidence").await.body.len(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_publish_each_their_own_log_and_mirror_the_others() {
    let world = World::running(4).await;
    for seat in 0..4 {
        let index = world.admit(seat, &school()).await;
        let submission = world.issuance(seat, &school(), index, 1);
        let answer = world.issue(seat, submission.clone()).await;
        let again = world.issue(seat, submission).await;
        assert_eq!(answer.proof.index, again.proof.index);
    }
    for (seat, log) in [(0, 1), (1, 0), (2, 3), (3, 3)] {
        let want = world.published(log).await.checkpoint().size();
        world
            .until("every mirror has the log", async || {
                entries(&world, seat, log).await.0.checkpoint().size() >= want
            })
            .await;
        check_log(&world, seat, log, &[world.published(log).await]).await;
    }
    no_evidence(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_share_rounds_and_refused_neighbours_hurt_nobody() {
    let mut world = World::new(4).await;
    world.seats[0].rhythm.interval = Duration::from_millis(300);
    for seat in 0..4 {
        world.start(seat).await.unwrap();
    }
    let index = world.admit(0, &school()).await;
    let before = world.published(0).await.checkpoint().size().0;
    let mut asked = tokio::task::JoinSet::new();
    for batch in 0..60u64 {
        let by = if batch % 10 == 9 { key("Stranger", KeyType::Ed25519, 78) } else { school() };
        let (client, bytes) = (world.client(0), world.issuance(0, &by, index, batch / 2 * 2));
        asked.spawn(async move {
            let content_type = "application/octet-stream";
            let body = crate::client::Body { bytes: bytes.into(), content_type, gzip: false };
            (batch, client.post("/v1/issuances?wait_s=60", body, 1 << 20).await.unwrap())
        });
    }
    let mut indexes = std::collections::BTreeMap::new();
    while let Some(answered) = asked.join_next().await {
        let (batch, answer) = answered.unwrap();
        if batch % 10 == 9 {
            // Refused by its signature, or because the batch was taken by the good one.
            assert!(matches!(answer.status, 409 | 422), "{}", answer.excerpt());
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.excerpt());
        let index = world.check_answer(&answer).proof.index;
        assert_eq!(*indexes.entry(batch / 2).or_insert(index), index);
    }
    assert_eq!(indexes.len(), 30);
    let rounds = world.published(0).await.checkpoint().size().0 - before - 30;
    assert!(rounds < 15, "{rounds} rounds for 30 batches");
    check_log(&world, 0, 0, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_behind_the_last_snapshot_signs_nothing_and_says_so() {
    let world = World::running(1).await;
    let index = world.admit(0, &school()).await;
    let before = world.published(0).await;
    world.clock.set(Timestamp(NOW.0 - 1));
    let submission = world.issuance(0, &school(), index, 1);
    let answer = world.post(0, "/v1/issuances?wait_s=1", submission.clone()).await;
    assert_eq!(answer.status, 202, "{}", answer.excerpt());
    let ready = world.get(0, "/readyz").await;
    let seen: serde_json::Value = serde_json::from_slice(&ready.body).unwrap();
    assert_eq!((ready.status, &seen["state"]), (503, &"clock-behind".into()));
    assert_eq!(world.published(0).await, before);
    world.clock.set(Timestamp(NOW.0 + 5));
    let answer = world.issue(0, submission).await;
    assert_eq!(answer.status.time, Timestamp(NOW.0 + 5));
}
