//! Writes that fail, disks that are lost, peers that are away or lie.

use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, LeafIndex};
use proto::receipt::answer::IssuanceAnswer;
use proto::witness::AddCheckpoint;

use super::{check_log, entries, no_evidence, school};
use crate::app::AppError;
use crate::log::recover::RecoverError;
use crate::store::Store;
use crate::store::memory::{Fault, MemoryStore};
use crate::testing::{World, hash_path, signed_checkpoint};

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
    let mut world = World::new(4).await;
    // Publishes as fast as it can until there are several bundles.
    world.seats[0].rhythm.idle = Duration::from_millis(1);
    for seat in 0..4 {
        world.start(seat).await.unwrap();
    }
    world.ready(0).await;
    world
        .until("three bundles", async || world.published(0).await.checkpoint().size().0 > 520)
        .await;
    world.seats[0].rhythm.idle = Duration::from_secs(3_600);
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
