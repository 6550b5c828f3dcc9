//! Tests of the file; what a quorum says about it is in `tests/status_lists.rs`.

use super::*;
use crate::checkpoint::Checkpoint;
use crate::hash::TreeSize;
use crate::note::{KeyType, SigningKey};

fn list(changes: &[(u64, StatusState)], length: u64) -> StatusList {
    let key = SigningKey::from_seed("a.example/log", KeyType::Ed25519, &[3; 32]).unwrap();
    let head = Checkpoint::new("a.example/log", TreeSize(9), Hash([4; 32])).unwrap();
    let mut tree = StatusTree::new();
    tree.extend(length).unwrap();
    for (index, state) in changes {
        tree.set(StatusIndex(*index), *state).unwrap();
    }
    let signed = SignedCheckpoint::sign(head, &key).unwrap();
    StatusList::new(signed, Timestamp(7), alloc::vec![Hash([5; 32]); 3], &tree)
}

#[test]
fn one_spelling() {
    let some = [(0, StatusState::Revoked), (1023, StatusState::Suspended)];
    let most: Vec<_> = (0..127).map(|i| (2048 + i, StatusState::Superseded)).collect();
    let more: Vec<_> = (0..128).map(|i| (2048 + i * 3, StatusState::Revoked)).collect();
    let all: Vec<_> = (0..5000).map(|i| (i, StatusState::Suspended)).collect();
    for changes in [&[][..], &some, &most, &more, &all] {
        let mut list = list(changes, 5000);
        list.successors.insert(StatusIndex(4999), Pointer([8; 40]));
        let bytes = list.to_bytes();
        assert_eq!(StatusList::parse(&bytes).as_ref(), Ok(&list));
        assert!(StatusList::parse(&bytes[..bytes.len() - 1]).is_err());
        assert!(StatusList::parse(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn few_documents_take_few_bytes() {
    let none = list(&[], 100_000_000).to_bytes().len();
    let one = list(&[(99_000_000, StatusState::Revoked)], 100_000_000).to_bytes().len();
    assert_eq!(one - none, 11);
    let hundred: Vec<_> = (0..100).map(|i| (i, StatusState::Revoked)).collect();
    assert_eq!(list(&hundred, 100_000_000).to_bytes().len() - none, 9 + 200);
}

#[test]
fn what_is_no_status_list() {
    let good = list(&[(5, StatusState::Revoked), (6, StatusState::Suspended)], 16).to_bytes();
    // At the end: count of pieces, piece, n, two words, count of successors.
    let words = good.len() - 8 - 4;
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        StatusList::parse(&bytes).unwrap_err().code()
    };
    assert!(StatusList::parse(&good).is_ok());
    assert_eq!(changed(0, b"B"), "not-a-status-list");
    for (at, with) in [
        // the second not behind the first, valid, outside of the piece
        (words + 2, &[0, 5 << 2 | 1][..]),
        (words + 2, &[0, 6 << 2]),
        (words + 2, &[16, 1]),
        // more or fewer documents than there are, none
        (words - 1, &[3]),
        (words - 1, &[1]),
        (words - 1, &[0]),
        (words - 1, &[128]),
        (words - 1, &[255]),
        // a piece too many, a successor that is not there
        (words - 10, &[2]),
        (good.len() - 1, &[1]),
    ] {
        assert_eq!(changed(at, with), "status-list-malformed", "{at} {with:?}");
    }
    let pieces = (limits::STATUS_LIST_PIECES + 1).to_be_bytes();
    assert_eq!(changed(words - 17, &pieces), "status-list-too-large");
    let large = alloc::vec![0; limits::STATUS_LIST_BYTES + 1];
    assert_eq!(StatusList::parse(&large).unwrap_err().code(), "status-list-too-large");
}
