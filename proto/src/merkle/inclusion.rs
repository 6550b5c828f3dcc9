//! Inclusion proofs (RFC 6962, section 2.1.1): a leaf stands at an index of a tree.

use super::{ProofError, Subtree, path};
use crate::hash::{Hash, LeafIndex, TreeSize};

/// The root hash to which a proof for `leaf` at `index` leads in a tree of `size` leaves.
pub fn root(
    leaf: &Hash,
    index: LeafIndex,
    size: TreeSize,
    proof: &[Hash],
) -> Result<Hash, ProofError> {
    if index.0 >= size.0 {
        return Err(ProofError::IndexBeyondSize);
    }
    let (_, root) = path::walk(Subtree::leaf(index)?, size)?.climb(leaf, proof)?;
    Ok(root)
}

/// Checks that the tree of `size` leaves with this `root` has `leaf` at `index`.
pub fn verify(
    leaf: &Hash,
    index: LeafIndex,
    size: TreeSize,
    root_hash: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if root(leaf, index, size, proof)? == *root_hash {
        Ok(())
    } else {
        Err(ProofError::RootMismatch)
    }
}
