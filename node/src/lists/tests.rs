//! Lists of mirrored logs, between real nodes.

use std::sync::Arc;

use proto::hash::{StatusIndex, sha256};
use proto::ledger::StatusState;
use proto::note::{KeyType, SigningKey};
use proto::status_list::{StatusList, StatusListError, VerifiedStatusList};

use crate::evidence::Evidence;
use crate::testing::{World, hash_path, key, signed_checkpoint};

fn issuer() -> SigningKey {
    key("School", KeyType::Ed25519, 77)
}

/// One batch of seat 0 and the revocation of its document 5.
async fn withdraw(world: &World) {
    let index = world.admit(0, &issuer()).await;
    let submission = world.issuance(0, &issuer(), index, 1);
    world.issue(0, submission).await;
    let entry = world.revocation(0, &issuer(), index, (1, 5));
    assert_eq!(world.post(0, "/v1/revocations?wait_s=30", entry).await.status, 200);
}

/// What a seat gives of seat 0's log.
async fn list(world: &World, seat: usize) -> Result<VerifiedStatusList, StatusListError> {
    let answer = world.get(seat, &format!("{}/v1/status-list", hash_path(0))).await;
    assert_eq!(answer.status, 200, "{}", answer.excerpt());
    StatusList::parse(&answer.body).unwrap().verify(&world.federation, &[])
}

fn revoked(list: &VerifiedStatusList) -> bool {
    list.state(StatusIndex(5)) == Some(StatusState::Revoked)
        && list.state(StatusIndex(4)) == Some(StatusState::Valid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirrored_list_is_complete_also_after_its_log_is_gone() {
    let mut world = World::running(4).await;
    withdraw(&world).await;
    world.until("it shows", async || list(&world, 1).await.is_ok_and(|list| revoked(&list))).await;
    let size = list(&world, 1).await.unwrap().published().size();
    world.stop(0).await.unwrap();
    world.stop(1).await.unwrap();
    world.start(1).await.unwrap();
    world.until("it shows again", async || list(&world, 1).await.is_ok()).await;
    let again = list(&world, 1).await.unwrap();
    assert!(revoked(&again) && again.published().size() == size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_mirror_is_elsewhere_the_list_of_the_log_is_fetched_and_kept() {
    let mut world = World::new(4).await;
    // Seat 3 takes nothing from a log that it has seen signing two histories.
    let store = Arc::new(world.seats[3].store.clone());
    let [one, other] = [b"one", b"two"].map(|root| signed_checkpoint(0, 5, sha256(root)));
    Evidence::open(store).unwrap().record(&one, &other).unwrap();
    for seat in 0..4 {
        world.start(seat).await.unwrap();
    }
    world.ready(0).await;
    withdraw(&world).await;
    assert_eq!(world.get(3, &format!("{}/checkpoint", hash_path(0))).await.status, 404);
    world.until("it shows", async || list(&world, 3).await.is_ok_and(|list| revoked(&list))).await;
    world.stop(0).await.unwrap();
    assert!(revoked(&list(&world, 3).await.unwrap()));
}
