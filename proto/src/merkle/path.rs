//! The walk from the root of a tree down to a subtree: which way, and past which sibling.
//!
//! This is SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs, section 4.4.1, as a list. A
//! walk has at most 63 steps because a tree has less than 2^63 leaves.

use alloc::vec::Vec;

use super::{ProofError, Subtree};
use crate::hash::{Hash, TreeSize, node_hash};
use crate::limits;

/// Half-open range of leaves: `start` is in it, `end` is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaves {
    /// The first leaf.
    pub start: u64,
    /// The leaf after the last one.
    pub end: u64,
}

/// Where the walk goes at a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Into the left child, which holds the whole subtree.
    Left,
    /// Into the right child, which holds the whole subtree.
    Right,
    /// Into the right child; the subtree fills the left child and a part of the right one.
    Across,
}

/// One step of the walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where it goes.
    pub turn: Turn,
    /// The leaves of the child that it does not go into; the hash over them is in the proof.
    pub sibling: Leaves,
}

/// A walk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Path {
    /// The steps, from the root down.
    pub steps: Vec<Step>,
    /// The node where the walk ends.
    pub node: Leaves,
    /// Whether that node is the subtree, so that the proof need not carry its hash.
    pub known: bool,
}

/// The walk to `subtree` in a tree of `size` leaves.
pub fn walk(subtree: Subtree, size: TreeSize) -> Result<Path, ProofError> {
    if size.0 > limits::TREE_SIZE {
        return Err(ProofError::SizeTooLarge);
    }
    if subtree.end() > size.0 {
        return Err(ProofError::OldBeyondSize);
    }
    let (mut start, end) = (subtree.start(), subtree.end());
    let mut node = Leaves { start: 0, end: size.0 };
    let mut steps = Vec::new();
    let mut known = true;
    while node != (Leaves { start, end }) {
        let middle = node.start.saturating_add(left_width(node));
        let left = Leaves { start: node.start, end: middle };
        let right = Leaves { start: middle, end: node.end };
        let (turn, next, sibling) = if end <= middle {
            (Turn::Left, left, right)
        } else if start >= middle {
            (Turn::Right, right, left)
        } else {
            // The subtree covers the left child whole and ends inside the right one.
            known = false;
            start = middle;
            (Turn::Across, right, left)
        };
        steps.push(Step { turn, sibling });
        node = next;
    }
    Ok(Path { steps, node, known })
}

/// The largest power of two smaller than the count of leaves.
fn left_width(node: Leaves) -> u64 {
    let count = node.end.saturating_sub(node.start);
    match count.saturating_sub(1).checked_ilog2() {
        Some(bits) => 1u64.checked_shl(bits).unwrap_or(0),
        None => 0,
    }
}

impl Path {
    /// How many hashes a proof along this walk has.
    pub fn proof_len(&self) -> usize {
        self.steps.len().saturating_add(usize::from(!self.known))
    }

    /// The ranges whose hashes make the proof, in its order: from the subtree up to the root.
    pub fn proof_ranges(&self) -> Vec<Leaves> {
        let node = (!self.known).then_some(self.node);
        node.into_iter().chain(self.steps.iter().rev().map(|step| step.sibling)).collect()
    }

    /// The hashes to which a proof leads: of the subtree and of the whole tree.
    ///
    /// `hash` is the claimed hash of the subtree; it is used only where the walk ends at it.
    pub fn climb(&self, hash: &Hash, proof: &[Hash]) -> Result<(Hash, Hash), ProofError> {
        let want = self.proof_len();
        let wrong = ProofError::WrongLength { want, got: proof.len() };
        if proof.len() != want {
            return Err(wrong);
        }
        let (first, siblings) = match (self.known, proof.split_first()) {
            (true, _) => (hash, proof),
            (false, Some((first, rest))) => (first, rest),
            (false, None) => return Err(wrong),
        };
        let (mut subtree, mut root) = (*first, *first);
        for (step, sibling) in self.steps.iter().rev().zip(siblings) {
            match step.turn {
                Turn::Left => root = node_hash(&root, sibling),
                Turn::Right => root = node_hash(sibling, &root),
                Turn::Across => {
                    subtree = node_hash(sibling, &subtree);
                    root = node_hash(sibling, &root);
                }
            }
        }
        Ok((subtree, root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn len(start: u64, end: u64, size: u64) -> usize {
        walk(Subtree::new(start, end).unwrap(), TreeSize(size)).unwrap().proof_len()
    }

    #[test]
    fn examples_of_rfc_6962() {
        // Section 2.1.3: a tree of 7 leaves.
        for (index, want) in [(0, 3), (3, 3), (4, 3), (6, 2)] {
            assert_eq!(len(index, index + 1, 7), want, "{index}");
        }
        for (old, want) in [(3, 4), (4, 1), (6, 3), (7, 0)] {
            assert_eq!(len(0, old, 7), want, "{old}");
        }
    }

    #[test]
    fn lengths_at_the_edge() {
        let largest = limits::TREE_SIZE;
        assert_eq!(len(0, 1, largest), 63);
        assert_eq!(len(largest - 1, largest, largest), 62);
        assert_eq!(len(0, largest, largest), 0);
        assert_eq!(len(0, 1 << 62, largest), 1);
        let all = Subtree::new(0, 1).unwrap();
        assert_eq!(walk(all, TreeSize(largest + 1)), Err(ProofError::SizeTooLarge));
        assert_eq!(walk(all, TreeSize(0)), Err(ProofError::OldBeyondSize));
    }
}
