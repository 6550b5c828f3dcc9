//! Whole nodes in one process: rounds, restarts, loss, clocks.

use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, LeafIndex, Timestamp, leaf_hash};
use proto::merkle;
use proto::note::{KeyType, SigningKey};
use proto::receipt::answer::IssuanceAnswer;
use proto::tile::{BundleId, bundle};
use proto::witness::AddCheckpoint;

use super::AppError;
use crate::log::recover::RecoverError;
use crate::store::Store;
use crate::store::memory::{Fault, MemoryStore};
use crate::testing::{NOW, World, hash_path, key, signed_checkpoint};

fn school() -> SigningKey {
    key("School", KeyType::Ed25519, 77)
}

/// All entries of a log as `seat` shows them, up to a checkpoint that `seat` shows there.
async fn entries(world: &World, seat: usize, log: usize) -> (SignedCheckpoint, Vec<Vec<u8>>) {
    let answer = world.get(seat, &format!("{}/checkpoint", hash_path(log))).await;
    let signed = SignedCheckpoint::parse(&answer.body).unwrap();
    let size = signed.checkpoint().size();
    let id = BundleId::at(0, size).unwrap();
    let answer = world.get(seat, &format!("{}/{}", hash_path(log), id.path())).await;
    assert_eq!(answer.status, 200, "{}", id.path());
    let entries = bundle::parse(&answer.body, id.width()).unwrap();
    (signed, entries.into_iter().map(<[u8]>::to_vec).collect())
}

/// Root of the first `size` entries.
fn root(entries: &[Vec<u8>], size: u64) -> Hash {
    let leaves: Vec<Hash> = entries[..size as usize].iter().map(|entry| leaf_hash(entry)).collect();
    merkle::root_of(&leaves)
}

/// The log on `seat` is what its checkpoints say, earlier ones included, and each batch is there once.
async fn check_log(world: &World, seat: usize, log: usize, earlier: &[SignedCheckpoint]) {
    let (signed, entries) = entries(world, seat, log).await;
    for signed in earlier.iter().chain([&signed]) {
        let tree = signed.checkpoint();
        assert_eq!(root(&entries, tree.size().0), *tree.root(), "size {}", tree.size());
    }
    let mut batches: Vec<Hash> = entries
        .iter()
        .filter_map(|entry| proto::ledger::plan(&proto::ledger::Entry::parse(entry).unwrap()))
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

fn deep_copy(from: &MemoryStore) -> MemoryStore {
    let to = MemoryStore::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for path in from.list(&folder).unwrap() {
            match path.strip_suffix('/') {
                Some(folder) => folders.push(folder.to_owned()),
                None => to.tamper(&path, &from.read(&path).unwrap().unwrap()),
            }
        }
    }
    to
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

/// Each step that writes, failed and not applied, failed but applied, half applied; then a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_in_any_step_stops_the_log_and_a_restart_loses_nothing() {
    // Step 2 is the first write of a round, step 3 the second, step 5 the third.
    for (after, step) in [(0, "step 2"), (1, "step 3"), (2, "step 5")] {
        for fault in [Fault::NotApplied, Fault::Applied, Fault::HalfApplied] {
            for index_lost in [false, true] {
                let mut world = World::running(1).await;
                let index = world.admit(0, &school()).await;
                let first = world.issue(0, world.issuance(0, &school(), index, 1)).await;
                let earlier = [world.published(0).await];
                world.seats[0].store.fail_after(after, fault);
                let second = world.issuance(0, &school(), index, 2);
                let answer = world.post(0, "/v1/issuances?wait_s=30", second.clone()).await;
                assert_eq!(answer.status, 503, "{}", answer.excerpt());
                let error = world.ended(0).await.unwrap_err().to_string();
                assert!(error.contains(step), "{error}");
                world.seats[0].store.heal();
                if index_lost {
                    world.forget_index(0);
                }
                world.start(0).await.unwrap();
                world.ready(0).await;
                let again = world.issue(0, second).await;
                let third = world.issue(0, world.issuance(0, &school(), index, 3)).await;
                assert!(first.proof.index < again.proof.index);
                assert!(again.proof.index < third.proof.index);
                check_log(&world, 0, 0, &earlier).await;
            }
        }
    }
}

/// The same with peers, who must never see two trees of one size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_never_see_two_trees_of_one_size() {
    let mut world = World::running(4).await;
    let index = world.admit(0, &school()).await;
    let mut earlier = Vec::new();
    for (number, after) in (10u64..).zip([0u64, 1, 2]) {
        for (batch, fault) in (number * 10..).zip([Fault::NotApplied, Fault::Applied]) {
            earlier.push(world.published(0).await);
            // The mirrors of this seat write too, so the step that is hit is not always the same.
            world.seats[0].store.fail_after(after, fault);
            let submission = world.issuance(0, &school(), index, batch);
            let answer = world.post(0, "/v1/issuances?wait_s=30", submission.clone()).await;
            assert_eq!(answer.status, 503, "{}", answer.excerpt());
            world.ended(0).await.unwrap_err();
            world.seats[0].store.heal();
            world.start(0).await.unwrap();
            world.ready(0).await;
            world.issue(0, submission).await;
            check_log(&world, 0, 0, &earlier).await;
            no_evidence(&world).await;
        }
    }
}

/// A mirror's writes: pending, entries and tiles, mirror checkpoint.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_whose_write_fails_stops_and_catches_up_after_its_restart() {
    let mut world = World::running(4).await;
    let index = world.admit(0, &school()).await;
    for (batch, (after, fault)) in (1u64..).zip([
        (0, Fault::NotApplied),
        (0, Fault::Applied),
        (1, Fault::NotApplied),
        (1, Fault::Applied),
        (1, Fault::HalfApplied),
        (2, Fault::NotApplied),
        (2, Fault::Applied),
    ]) {
        world.seats[1].store.fail_after(after, fault);
        // The quorum does without this mirror.
        world.issue(0, world.issuance(0, &school(), index, batch)).await;
        let error = world.ended(1).await.unwrap_err();
        assert!(matches!(error, AppError::Halted(_)), "{error}");
        world.seats[1].store.heal();
        world.start(1).await.unwrap();
        let want = world.published(0).await.checkpoint().size();
        world
            .until("the mirror caught up", async || {
                entries(&world, 1, 0).await.0.checkpoint().size() >= want
            })
            .await;
        check_log(&world, 1, 0, &[world.published(0).await]).await;
    }
    no_evidence(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_lost_its_disk_comes_back_from_its_mirrors() {
    let mut world = World::running(4).await;
    let index = world.admit(0, &school()).await;
    let submissions: Vec<_> =
        (1..4).map(|batch| world.issuance(0, &school(), index, batch)).collect();
    let mut answers: Vec<IssuanceAnswer> = Vec::new();
    for submission in &submissions {
        answers.push(world.issue(0, submission.clone()).await);
    }
    let earlier = [world.published(0).await];
    world.stop(0).await.unwrap();
    world.seats[0].store = MemoryStore::new();
    world.forget_index(0);
    world.start(0).await.unwrap();
    world.ready(0).await;
    for (submission, answer) in submissions.into_iter().zip(answers) {
        assert_eq!(world.issue(0, submission).await.proof.index, answer.proof.index);
    }
    check_log(&world, 0, 0, &earlier).await;
    no_evidence(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_restored_from_an_old_backup_does_not_fork() {
    let mut world = World::running(4).await;
    let index = world.admit(0, &school()).await;
    world.issue(0, world.issuance(0, &school(), index, 1)).await;
    world.stop(0).await.unwrap();
    let backup = deep_copy(&world.seats[0].store);
    world.start(0).await.unwrap();
    world.ready(0).await;
    let late = world.issuance(0, &school(), index, 2);
    let answer = world.issue(0, late.clone()).await;
    let earlier = [world.published(0).await];
    world.stop(0).await.unwrap();
    world.seats[0].store = backup;
    world.start(0).await.unwrap();
    world.ready(0).await;
    assert_eq!(world.issue(0, late).await.proof.index, answer.proof.index);
    check_log(&world, 0, 0, &earlier).await;
    no_evidence(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_answer_blocks_the_first_signature_until_the_operator_speaks() {
    let mut world = World::running(4).await;
    let before = world.published(0).await;
    world.stop(0).await.unwrap();
    world.stop(2).await.unwrap();
    world.start(0).await.unwrap();
    let state = async || -> serde_json::Value {
        let answer = world.get(0, "/readyz").await;
        serde_json::from_slice(&answer.body).unwrap()
    };
    world
        .until("asking", async || state().await["missing_peers"] == serde_json::json!(["south"]))
        .await;
    let seen = state().await;
    assert_eq!((&seen["ready"], &seen["state"]), (&false.into(), &"asking-peers".into()));
    assert_eq!(world.published(0).await, before);
    // Others are read and cosigned meanwhile.
    assert_eq!(world.get(0, &format!("{}/checkpoint", hash_path(1))).await.status, 200);
    world.stop(0).await.unwrap();
    world.seats[0].without_peers = vec!["south".to_owned()];
    world.start(0).await.unwrap();
    world.ready(0).await;
    world
        .until("published", async || {
            world.published(0).await.checkpoint().size().0 > before.checkpoint().size().0
        })
        .await;
}

async fn plant(world: &World, seat: usize, checkpoint: SignedCheckpoint) {
    let request = AddCheckpoint { old: proto::hash::TreeSize(0), proof: Vec::new(), checkpoint };
    let answer = world.post(seat, "/add-checkpoint", request.to_bytes()).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_whose_entries_nobody_has_blocks_the_log() {
    let mut world = World::new(4).await;
    for seat in 1..4 {
        world.start(seat).await.unwrap();
    }
    plant(&world, 1, signed_checkpoint(0, 5, Hash([5; 32]))).await;
    world.start(0).await.unwrap();
    world
        .until("refusing", async || {
            let answer = world.get(0, "/readyz").await;
            let seen: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            seen["state"] == "entries-missing"
        })
        .await;
    assert_eq!(world.get(0, "/checkpoint").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_hold_two_histories_stop_the_log_and_find_each_other_out() {
    let mut world = World::new(4).await;
    for seat in 1..4 {
        world.start(seat).await.unwrap();
    }
    plant(&world, 1, signed_checkpoint(0, 5, Hash([5; 32]))).await;
    plant(&world, 2, signed_checkpoint(0, 5, Hash([6; 32]))).await;
    world.start(0).await.unwrap();
    let error = world.ended(0).await.unwrap_err();
    assert!(matches!(error, AppError::Recover(RecoverError::Split { .. })), "{error}");
    for seat in [1, 2] {
        world.until("gossip", async || !world.get(seat, "/evidence").await.body.is_empty()).await;
        let names = String::from_utf8(world.get(seat, "/evidence").await.body.to_vec()).unwrap();
        assert_eq!(names.lines().count(), 2);
        for name in names.lines() {
            let answer = world.get(seat, &format!("/evidence/{name}")).await;
            let signed = SignedCheckpoint::parse(&answer.body).unwrap();
            assert_eq!(signed.checkpoint().size().0, 5);
        }
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_found_no_quorum_is_the_one_published_after_a_restart() {
    let mut world = World::running(4).await;
    let index = world.admit(0, &school()).await;
    for seat in [1, 2] {
        world.stop(seat).await.unwrap();
    }
    let submission = world.issuance(0, &school(), index, 1);
    let answer = world.post(0, "/v1/issuances?wait_s=1", submission.clone()).await;
    assert_eq!(answer.status, 202, "{}", answer.excerpt());
    let pending = world.get(0, &format!("{}/pending", hash_path(0))).await;
    let pending = SignedCheckpoint::parse(&pending.body).unwrap();
    world.stop(0).await.unwrap();
    for seat in [0, 1, 2] {
        world.start(seat).await.unwrap();
    }
    world.ready(0).await;
    let answer = world.issue(0, submission).await;
    assert!(answer.proof.index < LeafIndex(pending.checkpoint().size().0));
    check_log(&world, 0, 0, &[pending]).await;
    no_evidence(&world).await;
}
