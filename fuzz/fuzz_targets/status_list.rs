//! Status lists: what is read is written back to the same bytes, and what a quorum vouches for is
//! the list that it closed.
#![no_main]

use beleg_fuzz::world::World;
use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, StatusIndex};
use proto::ledger::{Pointer, StatusState, StatusTree};
use proto::receipt::Receipt;
use proto::status_list::StatusList;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// The list that the world's checkpoint closes.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let status = Receipt::parse(&WORLD.receipt).unwrap().status.unwrap();
    let list = StatusList::new(checkpoint(), status.time, status.proof, WORLD.state.status());
    assert!(list.clone().verify(&WORLD.federation, &[]).is_ok());
    list.to_bytes()
});

/// A list with pieces of every sort and a successor; no checkpoint closes it.
static FULL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut tree = StatusTree::new();
    tree.extend(5000).unwrap();
    for (index, state) in [(3, StatusState::Suspended), (1023, StatusState::Superseded)] {
        tree.set(StatusIndex(index), state).unwrap();
    }
    for index in 2048..2300 {
        tree.set(StatusIndex(index), StatusState::Revoked).unwrap();
    }
    let tree = tree.with_successors([(StatusIndex(1023), Pointer([5; 40]))].into());
    let time = beleg_fuzz::world::NOW;
    StatusList::new(checkpoint(), time, vec![Hash([1; 32]); 3], &tree).to_bytes()
});

fn checkpoint() -> SignedCheckpoint {
    Receipt::parse(&WORLD.receipt).unwrap().checkpoint
}

fn check(input: &[u8]) {
    let Ok(list) = StatusList::parse(input) else { return };
    assert_eq!(list.to_bytes(), input);
    if let Ok(list) = list.verify(&WORLD.federation, &[]) {
        let status = WORLD.state.status();
        assert_eq!((list.tree().root(), list.tree().length()), (status.root(), status.length()));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for good in [&*GOOD, &*FULL] {
        beleg_fuzz::run_on(data, good, check);
    }
});
