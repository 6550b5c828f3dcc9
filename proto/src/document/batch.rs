//! The batch tree: the commitments that are issued together, padded to a power of two.
//!
//! A leaf is `leaf_hash(commitment)`; padding leaves are 32 random bytes, which nobody can tell
//! from a leaf. The caller brings them in random order, so neither the ledger nor a neighbour
//! learns how many documents there were or which came first.

use alloc::vec::Vec;

use rs_merkle::MerkleTree;
use thiserror::Error;

use crate::hash::{Hash, leaf_hash, node_hash};
use crate::limits;

use super::commitment::{self, Rfc6962};

/// Why leaves do not make a batch, or a path does not lead through one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The count of leaves is not a power of two, or too small or large.
    #[error("A batch has 16 to 1,048,576 leaves, a power of two; this one has {got}.")]
    BadWidth {
        /// Leaves found.
        got: usize,
    },
    /// The path is shorter or longer than a batch is high.
    #[error("A batch path has 4 to 20 hashes; this one has {got}.")]
    BadPathLength {
        /// Hashes found.
        got: usize,
    },
    /// The index is outside the batch.
    #[error("The place {index} is outside a batch of {width}.")]
    IndexOutside {
        /// The index.
        index: u64,
        /// Leaves of the batch.
        width: u64,
    },
}

/// The leaf of a commitment.
pub fn batch_leaf(commitment: &Hash) -> Hash {
    leaf_hash(&commitment.0)
}

/// The height of the smallest batch that holds so many documents; none if they are too many.
pub fn height_for(documents: u64) -> Option<u8> {
    (limits::BATCH_HEIGHT_MIN..=limits::BATCH_HEIGHT_MAX)
        .find(|height| documents <= width(*height).unwrap_or(0))
}

/// The width of a batch of this height; none if there is no such batch.
pub fn width(height: u8) -> Option<u64> {
    let good = (limits::BATCH_HEIGHT_MIN..=limits::BATCH_HEIGHT_MAX).contains(&height);
    good.then(|| 1u64.checked_shl(u32::from(height))).flatten()
}

/// A batch whose root can be signed and whose paths go into receipts.
#[derive(Clone)]
pub struct Batch {
    tree: MerkleTree<Rfc6962>,
    root: Hash,
    height: u8,
}

impl core::fmt::Debug for Batch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Batch {{ root: {}, height: {} }}", self.root, self.height)
    }
}

impl Batch {
    /// The batch over these leaves: [`batch_leaf`] of each commitment, and random ones.
    pub fn new(leaves: &[Hash]) -> Result<Batch, BatchError> {
        let bad = BatchError::BadWidth { got: leaves.len() };
        let count = u64::try_from(leaves.len()).map_err(|_| bad)?;
        let height = height_for(count).filter(|height| width(*height) == Some(count)).ok_or(bad)?;
        let tree = commitment::tree(leaves);
        Ok(Batch { root: commitment::root(&tree), tree, height })
    }

    /// The root that the issuer signs.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The height; the width is two to its power.
    pub fn height(&self) -> u8 {
        self.height
    }

    /// The path of the leaf at this place, from its sibling up.
    pub fn path(&self, index: u64) -> Option<Vec<Hash>> {
        let inside = width(self.height).is_some_and(|width| index < width);
        let index = usize::try_from(index).ok().filter(|_| inside)?;
        Some(self.tree.proof(&[index]).proof_hashes().iter().copied().map(Hash).collect())
    }
}

/// The root that a path leads to, and the height of its batch.
///
/// Every path of an allowed length leads to some root; what it proves depends on who signed that.
pub fn root_of_path(leaf: &Hash, index: u64, path: &[Hash]) -> Result<(Hash, u8), BatchError> {
    let bad = BatchError::BadPathLength { got: path.len() };
    let height = u8::try_from(path.len()).map_err(|_| bad)?;
    let width = width(height).ok_or(bad)?;
    if index >= width {
        return Err(BatchError::IndexOutside { index, width });
    }
    let mut place = index;
    let mut root = *leaf;
    for sibling in path {
        root = if place.is_multiple_of(2) {
            node_hash(&root, sibling)
        } else {
            node_hash(sibling, &root)
        };
        place >>= 1;
    }
    Ok((root, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_path_leads_to_the_root() {
        for height in 4..=9u8 {
            let leaves = leaves(1 << height);
            let batch = Batch::new(&leaves).unwrap();
            assert_eq!(batch.height(), height);
            for (index, leaf) in (0u64..).zip(&leaves) {
                let path = batch.path(index).unwrap();
                assert_eq!(root_of_path(leaf, index, &path), Ok((batch.root(), height)));
                let other = root_of_path(leaf, index ^ 1, &path).unwrap();
                assert_ne!(other.0, batch.root());
            }
            assert_eq!(batch.path(1 << height), None);
        }
    }

    #[test]
    fn widths_are_powers_of_two() {
        for count in [0, 1, 8, 15, 17, 24, 31, 33] {
            let got = count as usize;
            assert_eq!(Batch::new(&leaves(count)).unwrap_err(), BatchError::BadWidth { got });
        }
        assert_eq!([1, 16, 17, 10_000].map(height_for), [Some(4), Some(4), Some(5), Some(14)]);
        assert_eq!([1 << 20, (1 << 20) + 1].map(height_for), [Some(20), None]);
        assert_eq!([3, 21, 255].map(width), [None; 3]);
    }

    #[test]
    fn hostile_paths_are_refused() {
        let leaf = leaf_hash(b"");
        for got in [0, 3, 21, 63, 64, 65, 255, 256, 260] {
            let path = alloc::vec![leaf; got];
            assert_eq!(root_of_path(&leaf, 0, &path), Err(BatchError::BadPathLength { got }));
        }
        let path = [leaf; 4];
        for index in [16, 17, u64::MAX] {
            let outside = BatchError::IndexOutside { index, width: 16 };
            assert_eq!(root_of_path(&leaf, index, &path), Err(outside));
        }
    }
}
