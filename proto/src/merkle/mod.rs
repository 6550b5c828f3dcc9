//! The log's tree: checking proofs (RFC 6962, section 2.1) and planning them from tiles.
//!
//! Inclusion proofs and consistency proofs are both special cases of the subtree consistency proof
//! of draft-ietf-plants-merkle-tree-certs, section 4.4: the subtree is one leaf, or starts at 0. So
//! one walk down the tree ([`path`]) serves all three, for checking as well as for planning. The
//! length of a proof is compared with the walk before any hash is looked at.
//!
//! This module does no input or output: [`plan`] says which tiles it needs.

pub mod consistency;
pub mod inclusion;
pub mod path;
pub mod plan;
pub mod subtree;

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

pub use subtree::Subtree;

/// Why a proof does not hold, or why none can exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index is not smaller than the size of the tree.
    #[error("The index is not inside the tree.")]
    IndexBeyondSize,
    /// The old tree, or the subtree, is larger than the tree.
    #[error("The old tree is larger than the new tree.")]
    OldBeyondSize,
    /// The tree is larger than any tree may be.
    #[error("The tree is larger than is allowed.")]
    SizeTooLarge,
    /// The bounds are not those of a subtree: `start < end`, and `start` a multiple of the smallest
    /// power of two that is not less than `end - start`.
    #[error("The range is not that of a subtree.")]
    NotASubtree,
    /// The proof has too many or too few hashes.
    #[error("The proof has {got} hashes and should have {want}.")]
    WrongLength {
        /// Hashes that this proof needs.
        want: usize,
        /// Hashes that it has.
        got: usize,
    },
    /// The proof leads to another hash of the old tree or subtree.
    #[error("The proof does not lead to the hash of the old tree.")]
    OldRootMismatch,
    /// The proof leads to another root hash.
    #[error("The proof does not lead to the root hash of the tree.")]
    RootMismatch,
}

/// The root of a tree with these leaf hashes. For small trees: it takes all leaves at once.
pub fn root_of(leaves: &[Hash]) -> Hash {
    if leaves.is_empty() {
        return EMPTY_ROOT;
    }
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        // An odd hash at the end moves up as it is, which is what RFC 6962 computes.
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                [only, ..] => *only,
                [] => EMPTY_ROOT,
            })
            .collect();
    }
    level.first().copied().unwrap_or(EMPTY_ROOT)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use alloc::vec::Vec;

    pub(crate) fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// MTH as RFC 6962 writes it.
    pub(crate) fn mth(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let (l, r) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&mth(l), &mth(r))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_definition() {
        for count in 0..=300 {
            let leaves = leaves(count);
            assert_eq!(root_of(&leaves), mth(&leaves), "{count}");
        }
    }
}
