//! Whole nodes in one process: rounds, restarts, loss.

use proto::note::KeyType;

use crate::testing::{World, key};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_publish_each_their_own_log() {
    let world = World::running(4).await;
    let issuer = key("School", KeyType::Ed25519, 77);
    for seat in 0..4 {
        let index = world.admit(seat, &issuer).await;
        let submission = world.issuance(seat, &issuer, index, 1);
        let answer = world.issue(seat, submission.clone()).await;
        let again = world.issue(seat, submission).await;
        assert_eq!(answer.proof.index, again.proof.index);
    }
}
