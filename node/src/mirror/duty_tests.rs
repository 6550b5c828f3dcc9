//! A log that leaves out a revocation, against a real node that holds it.

use proto::hash::{LeafIndex, StatusIndex, Timestamp, sha256};
use proto::ledger::{Entry, IssuanceStatement, StatusState};
use proto::note::{KeyType, SigningKey};
use proto::status_list::StatusList;

use super::tests::{Log, code, mirror, pend, upload};
use crate::client::Answer;
use crate::testing::{NOW, World, hash_path, key};

const GRACE_S: u64 = 600;

fn issuer() -> SigningKey {
    key("School", KeyType::Ed25519, 77)
}

/// The log has an issuer with one batch, and seat 1 has cosigned it.
async fn with_a_batch() -> (World, Log) {
    let (world, mut log) = mirror().await;
    log.push(world.issuer_entry(0, &issuer()));
    let batch_root = sha256(b"batch");
    let statement = IssuanceStatement { issuer: LeafIndex(0), batch_root, height: 4 };
    let submission = world.sign(0, |place| statement.sign(place, &issuer()).unwrap());
    log.push(Entry::Issuance(submission.entry(StatusIndex(0))).to_bytes());
    let answer = publish(&world, &mut log, 0, NOW).await;
    assert_eq!(answer.status, 200, "{}", answer.excerpt());
    (world, log)
}

/// Closes the log, which the mirror has up to `old`, and sends it.
async fn publish(world: &World, log: &mut Log, old: u64, time: Timestamp) -> Answer {
    let size = log.snapshot(time);
    assert_eq!(pend(world, &log.add_checkpoint(old, size)).await.0, 200);
    upload(world, log.add_entries(old, size, 9)).await
}

fn revocation(world: &World, sequence: u64, index: u64) -> Vec<u8> {
    world.revocation(0, &issuer(), LeafIndex(0), (sequence, index))
}

async fn hold(world: &World, entry: &[u8]) -> (u16, serde_json::Value) {
    let path = format!("{}/v1/revocations", hash_path(0));
    let answer = world.post(1, &path, entry.to_vec()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_leaves_out_a_revocation_is_not_cosigned() {
    let (mut world, mut log) = with_a_batch().await;
    let entry = revocation(&world, 1, 3);
    let (status, answer) = hold(&world, &entry).await;
    assert_eq!((status, &answer["due"]), (202, &(NOW.0 + GRACE_S).into()));
    assert_eq!(hold(&world, &entry).await.0, 202, "again");
    // The log is shown what it owes.
    let held = world.get(1, &format!("{}/v1/revocations", hash_path(0))).await;
    assert_eq!(&held.body[2..], entry);
    // In time it is cosigned without, and a stop forgets nothing.
    world.clock.set(Timestamp(NOW.0 + 2 * GRACE_S));
    let due = Timestamp(NOW.0 + GRACE_S);
    assert_eq!(publish(&world, &mut log, 3, due).await.status, 200);
    world.stop(1).await.unwrap();
    world.start(1).await.unwrap();
    let late = publish(&world, &mut log, 4, Timestamp(due.0 + 1)).await;
    assert_eq!((late.status, code(&late).as_str()), (422, "revocation-withheld"));
    // What it lacks may come in the next checkpoint; nothing has to be sent twice.
    log.push(entry.clone());
    let size = log.snapshot(Timestamp(due.0 + 2));
    assert_eq!(pend(&world, &log.add_checkpoint(5, size)).await.0, 200);
    assert_eq!(upload(&world, log.add_entries(5, size, 9)).await.status, 200);
    let (status, answer) = hold(&world, &entry).await;
    assert_eq!((status, &answer["index"]), (200, &5.into()));
    let held = world.get(1, &format!("{}/v1/revocations", hash_path(0))).await;
    assert!(held.body.is_empty());
    // The list that this node shows has it.
    let list = world.get(1, &format!("{}/v1/status-list", hash_path(0))).await;
    let list = StatusList::parse(&list.body).unwrap();
    assert_eq!(list.checkpoint().checkpoint().size(), size);
    let untrusted = list.clone().verify(&world.federation, &[]).unwrap_err();
    assert_eq!(untrusted.code(), "checkpoint-untrusted", "one cosigner is no quorum");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ledger_would_refuse_is_not_held() {
    let (world, mut log) = with_a_batch().await;
    let refused = async |entry: Vec<u8>, status: u16, code: &str| {
        let (seen, answer) = hold(&world, &entry).await;
        assert_eq!((seen, answer["error"].as_str().unwrap()), (status, code), "{answer}");
    };
    let stranger = key("Thief", KeyType::Ed25519, 78);
    let forged = world.revocation(0, &stranger, LeafIndex(0), (1, 3));
    refused(forged, 422, "revocation-signature-bad").await;
    refused(revocation(&world, 0, 3), 422, "sequence-not-grown").await;
    refused(revocation(&world, 1, 16), 422, "range-not-owned").await;
    refused(world.issuer_entry(0, &stranger), 400, "entry-kind-unknown").await;
    refused(b"nonsense".to_vec(), 400, "entry-version-unknown").await;
    refused(vec![1; 70_000], 413, "body-too-large").await;
    // What can enter no more is let go: the signer has gone on without it.
    assert_eq!(hold(&world, &revocation(&world, 1, 3)).await.0, 202);
    log.push(revocation(&world, 2, 4));
    let late = Timestamp(NOW.0 + GRACE_S + 1);
    world.clock.set(late);
    assert_eq!(publish(&world, &mut log, 3, late).await.status, 200);
    refused(revocation(&world, 1, 3), 422, "sequence-not-grown").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_signer_does_not_take_all_the_room() {
    let (world, _log) = with_a_batch().await;
    for sequence in 1..=16 {
        assert_eq!(hold(&world, &revocation(&world, sequence, 3)).await.0, 202);
    }
    let (status, answer) = hold(&world, &revocation(&world, 17, 3)).await;
    assert_eq!((status, answer["error"].as_str()), (503, Some("revocations-too-many")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_brought_to_any_peer_reaches_the_log_and_every_list() {
    let world = World::running(4).await;
    let index = world.admit(0, &issuer()).await;
    let first = world.issuance(0, &issuer(), index, 1);
    world.issue(0, first).await;
    let entry = world.revocation(0, &issuer(), index, (1, 5));
    let path = format!("{}/v1/revocations", hash_path(0));
    let answer = world.post(2, &path, entry.clone()).await;
    assert_eq!(answer.status, 202, "{}", answer.excerpt());
    world
        .until("the revocation is in the log", async || {
            world.post(2, &path, entry.clone()).await.status == 200
        })
        .await;
    // The log itself gives the same index, however it is asked.
    let own = world.post(0, "/v1/revocations?wait_s=30", entry.clone()).await;
    let by_hash = world.post(0, &format!("{path}?wait_s=30"), entry.clone()).await;
    assert_eq!((own.status, &own.body), (200, &by_hash.body));
    let lists = ["/v1/status-list".to_owned(), format!("{}/v1/status-list", hash_path(0))];
    for path in &lists {
        let list = StatusList::parse(&world.get(0, path).await.body).unwrap();
        let list = list.verify(&world.federation, &[]).unwrap();
        assert_eq!(list.state(StatusIndex(5)), Some(StatusState::Revoked));
        assert_eq!(list.state(StatusIndex(4)), Some(StatusState::Valid));
    }
}
