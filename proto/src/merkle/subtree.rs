//! Subtrees and their consistency with a tree
//! (draft-ietf-plants-merkle-tree-certs, sections 4.1 and 4.4; used by tlog-mirror#add-entries).

use super::{ProofError, path};
use crate::hash::{Hash, LeafIndex, TreeSize};
use crate::limits;

/// A range of leaves that is a tree of its own inside every tree that holds it: `start < end`, and
/// `start` is a multiple of the smallest power of two that is not less than `end - start`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Subtree {
    start: u64,
    end: u64,
}

impl Subtree {
    /// The subtree over the leaves from `start` up to and without `end`.
    pub fn new(start: u64, end: u64) -> Result<Subtree, ProofError> {
        let width = end.checked_sub(start).filter(|width| *width > 0);
        let width = width.ok_or(ProofError::NotASubtree)?;
        if end > limits::TREE_SIZE {
            return Err(ProofError::SizeTooLarge);
        }
        let aligned = width.checked_next_power_of_two().is_some_and(|p| start.is_multiple_of(p));
        if aligned { Ok(Subtree { start, end }) } else { Err(ProofError::NotASubtree) }
    }

    /// The subtree that is one leaf.
    pub fn leaf(index: LeafIndex) -> Result<Subtree, ProofError> {
        Subtree::new(index.0, index.0.saturating_add(1))
    }

    /// The index of the first leaf.
    pub fn start(self) -> u64 {
        self.start
    }

    /// The index after that of the last leaf.
    pub fn end(self) -> u64 {
        self.end
    }
}

/// Checks that a tree of `size` leaves with this `root` holds `subtree` with this `hash`.
pub fn verify(
    subtree: Subtree,
    hash: &Hash,
    size: TreeSize,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let (got_hash, got_root) = path::walk(subtree, size)?.climb(hash, proof)?;
    if got_hash != *hash {
        return Err(ProofError::OldRootMismatch);
    }
    if got_root != *root {
        return Err(ProofError::RootMismatch);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_subtree() {
        for (start, end) in [(0, 1), (5, 6), (4, 6), (8, 13), (8, 16), (0, 7), (256, 300)] {
            assert!(Subtree::new(start, end).is_ok(), "{start} {end}");
        }
        for (start, end) in [(0, 0), (1, 3), (2, 5), (4, 9), (3, 2), (6, 9)] {
            assert_eq!(Subtree::new(start, end), Err(ProofError::NotASubtree), "{start} {end}");
        }
        assert_eq!(Subtree::new(0, 1 << 63), Err(ProofError::SizeTooLarge));
        assert_eq!(Subtree::leaf(LeafIndex(u64::MAX)), Err(ProofError::NotASubtree));
    }
}
