//! The status list against a naive one, and its proofs.

use super::*;
use crate::merkle::root_of;
use proptest::prelude::*;

fn naive_root(states: &[StatusState]) -> Hash {
    let mut bytes = alloc::vec![0u8; states.len().div_ceil(1024) * 256];
    for (i, state) in states.iter().enumerate() {
        bytes[i / 4] |= state.bits() << (2 * (i % 4));
    }
    root_of(&bytes.chunks(256).map(leaf_hash).collect::<Vec<_>>())
}

#[test]
fn every_count_of_pieces() {
    let mut tree = StatusTree::new();
    assert_eq!(tree.root(), EMPTY_ROOT);
    assert_eq!(tree.prove(StatusIndex(0)), None);
    for count in 1..=70u64 {
        // One document more than full pieces, so that the last piece is padded.
        let length = (count - 1) * 1024 + 1;
        tree.extend(length - tree.length()).unwrap();
        tree.set(StatusIndex(length - 1), StatusState::Revoked).unwrap();
        let mut states = alloc::vec![StatusState::Valid; length as usize];
        states.iter_mut().step_by(1024).for_each(|state| *state = StatusState::Revoked);
        let root = naive_root(&states);
        assert_eq!(tree.root(), root, "{count}");
        for at in 0..count {
            let index = StatusIndex(at * 1024);
            let piece = tree.prove(index).unwrap();
            assert_eq!(piece.verify(index, length, &root), Ok(StatusState::Revoked));
        }
    }
}

#[test]
fn hostile_pieces_are_refused() {
    let mut tree = StatusTree::new();
    tree.extend(5000).unwrap();
    let (root, good) = (tree.root(), tree.prove(StatusIndex(4999)).unwrap());
    let index = StatusIndex(4999);
    assert_eq!(good.verify(index, 5000, &root), Ok(StatusState::Valid));
    for outside in [5000, u64::MAX] {
        let refused = good.verify(StatusIndex(outside), 5000, &root);
        assert!(matches!(refused, Err(StatusError::Outside { .. })));
    }
    let is_bad = |piece: &StatusPiece, length| {
        matches!(piece.verify(index, length, &root), Err(StatusError::Proof(_)))
    };
    assert!(is_bad(&good, 50_000) && is_bad(&good, u64::MAX));
    let mut changed = good.clone();
    changed.piece[0] = 3;
    assert!(is_bad(&changed, 5000));
    let mut longer = good.clone();
    longer.path.push(root);
    assert!(is_bad(&longer, 5000));
    let mut shorter = good;
    shorter.path.pop();
    assert!(is_bad(&shorter, 5000));
}

#[test]
fn length_is_bounded_and_costs_nothing() {
    let mut tree = StatusTree::new();
    tree.extend(limits::JSON_INTEGER).unwrap();
    assert_eq!(tree.extend(1), None);
    let last = StatusIndex(limits::JSON_INTEGER - 1);
    tree.set(last, StatusState::Suspended).unwrap();
    let piece = tree.prove(last).unwrap();
    let state = piece.verify(last, tree.length(), &tree.root());
    assert_eq!(state, Ok(StatusState::Suspended));
    assert_eq!(tree.set(StatusIndex(limits::JSON_INTEGER), StatusState::Valid), None);
}

#[test]
fn pieces_are_checked_when_loaded() {
    let load = |length, at, byte: u8, bits| {
        let mut piece = [0; 256];
        piece[usize::from(byte)] = bits;
        StatusTree::from_pieces(length, BTreeMap::from([(at, piece)])).is_some()
    };
    assert!(load(1025, 1, 0, 3));
    assert!(!load(1025, 1, 0, 12), "behind the end");
    assert!(!load(1025, 2, 0, 3), "no such piece");
    assert!(!load(1025, 1, 0, 0), "all zero");
    assert!(!load(1025, u64::MAX, 0, 1), "outside");
    assert!(!load(u64::MAX, 1, 0, 3), "too long");
}

proptest! {
    #[test]
    fn roots_equal_a_naive_recomputation(
        steps in prop::collection::vec((0u64..3000, any::<prop::sample::Index>(), 0u8..4), 1..20)
    ) {
        let mut tree = StatusTree::new();
        let mut states = Vec::new();
        for (more, place, bits) in steps {
            tree.extend(more).unwrap();
            states.resize(states.len() + more as usize, StatusState::Valid);
            if !states.is_empty() {
                let at = place.index(states.len());
                let state = StatusState::from_bits(bits).unwrap();
                prop_assert_eq!(tree.set(StatusIndex(at as u64), state), Some(states[at]));
                states[at] = state;
                prop_assert_eq!(tree.state(StatusIndex(at as u64)), Some(state));
            }
            prop_assert_eq!(tree.root(), naive_root(&states));
        }
        let loaded = StatusTree::from_pieces(tree.length(), tree.changed().clone());
        prop_assert_eq!(loaded.unwrap(), tree);
    }
}
