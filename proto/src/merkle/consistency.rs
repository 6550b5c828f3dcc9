//! Consistency proofs (RFC 6962, section 2.1.2): a tree begins with all leaves of an older one.

use super::{ProofError, Subtree, subtree};
use crate::hash::{EMPTY_ROOT, Hash, TreeSize};

/// Checks that the tree (`new`, `new_root`) begins with the tree (`old`, `old_root`).
///
/// The empty tree is consistent with every tree and needs no proof, but its root must be that of
/// the empty tree. Trees of one size must have the same root and need no proof either.
pub fn verify(
    old: TreeSize,
    old_root: &Hash,
    new: TreeSize,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::OldBeyondSize);
    }
    if old.0 == 0 {
        return from_empty(old_root, new, new_root, proof);
    }
    subtree::verify(Subtree::new(0, old.0)?, old_root, new, new_root, proof)
}

fn from_empty(
    old_root: &Hash,
    new: TreeSize,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::WrongLength { want: 0, got: proof.len() });
    }
    if *old_root != EMPTY_ROOT {
        return Err(ProofError::OldRootMismatch);
    }
    if new.0 == 0 && *new_root != EMPTY_ROOT {
        return Err(ProofError::RootMismatch);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_equal_trees() {
        let (a, b) = (Hash([1; 32]), Hash([2; 32]));
        let t = TreeSize;
        assert_eq!(verify(t(0), &EMPTY_ROOT, t(5), &a, &[]), Ok(()));
        assert_eq!(verify(t(0), &a, t(5), &a, &[]), Err(ProofError::OldRootMismatch));
        assert_eq!(verify(t(0), &EMPTY_ROOT, t(0), &a, &[]), Err(ProofError::RootMismatch));
        assert!(verify(t(0), &EMPTY_ROOT, t(5), &a, &[b]).is_err());
        assert_eq!(verify(t(5), &a, t(5), &a, &[]), Ok(()));
        assert_eq!(verify(t(5), &a, t(5), &b, &[]), Err(ProofError::RootMismatch));
        assert!(verify(t(5), &a, t(5), &a, &[b]).is_err());
        assert_eq!(verify(t(6), &a, t(5), &a, &[]), Err(ProofError::OldBeyondSize));
    }
}
