//! Proofs and roots from tiles without input or output: a plan says which tiles it needs, the
//! caller fetches them, and the plan finishes with their bytes.
//!
//! Every hash of a proof is the hash over a range of leaves that starts at a multiple of its width
//! rounded up to a power of two. Such a range is cut into complete subtrees, each of which lies
//! within one tile. The tiles are believed: a proof should be checked against a trusted root before
//! it is handed out.

use alloc::{vec, vec::Vec};

use thiserror::Error;

use super::path::{self, Leaves};
use super::{ProofError, Subtree, root_of};
use crate::hash::{EMPTY_ROOT, Hash, LeafIndex, TreeSize, node_hash};
use crate::limits;
use crate::tile::grow::hashes;
use crate::tile::{TileId, grow::EdgeError};

/// Why a plan cannot be finished.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There are more or fewer tiles than were asked for.
    #[error("{want} tiles are needed and {got} were given.")]
    WrongTileCount {
        /// Tiles that are needed.
        want: usize,
        /// Tiles given.
        got: usize,
    },
    /// A tile has not the length that its width gives.
    #[error("The tile {tile} has not the length that its width gives.")]
    WrongTileLength {
        /// The tile.
        tile: TileId,
    },
}

/// A complete subtree within one tile: `2^height` hashes of the tile from `first` on.
#[derive(Clone, Copy, Debug)]
struct Piece {
    tile: TileId,
    first: usize,
    count: usize,
}

/// What to fetch, and how the hashes of a proof come from it.
#[derive(Clone, Debug)]
pub struct Plan {
    tiles: Vec<TileId>,
    /// For each hash of the proof the complete subtrees that make it, from the left.
    hashes: Vec<Vec<Piece>>,
}

/// What to fetch for a single hash: the root of a tree or of a subtree.
#[derive(Clone, Debug)]
pub struct RootPlan(Plan);

/// Plans the inclusion proof of a leaf (RFC 6962, section 2.1.1).
pub fn inclusion(index: LeafIndex, size: TreeSize) -> Result<Plan, ProofError> {
    if index.0 >= size.0 {
        return Err(ProofError::IndexBeyondSize);
    }
    subtree(Subtree::leaf(index)?, size)
}

/// Plans the consistency proof between two sizes (RFC 6962, section 2.1.2).
pub fn consistency(old: TreeSize, new: TreeSize) -> Result<Plan, ProofError> {
    if old > new {
        return Err(ProofError::OldBeyondSize);
    }
    if old.0 == 0 {
        return Ok(plan(&[], new));
    }
    subtree(Subtree::new(0, old.0)?, new)
}

/// Plans the subtree consistency proof (draft-ietf-plants-merkle-tree-certs, section 4.4).
pub fn subtree(subtree: Subtree, size: TreeSize) -> Result<Plan, ProofError> {
    Ok(plan(&path::walk(subtree, size)?.proof_ranges(), size))
}

/// Plans the root hash of the tree of this size, from tiles of any tree that holds it.
pub fn root(size: TreeSize) -> Result<RootPlan, ProofError> {
    match size.0 {
        0 => Ok(RootPlan(plan(&[], size))),
        _ => subtree_root(Subtree::new(0, size.0)?, size),
    }
}

/// Plans the hash of a subtree of the tree of this size.
pub fn subtree_root(subtree: Subtree, size: TreeSize) -> Result<RootPlan, ProofError> {
    if subtree.end() > size.0 {
        return Err(ProofError::OldBeyondSize);
    }
    if size.0 > limits::TREE_SIZE {
        return Err(ProofError::SizeTooLarge);
    }
    Ok(RootPlan(plan(&[Leaves { start: subtree.start(), end: subtree.end() }], size)))
}

impl RootPlan {
    /// The tiles to fetch.
    pub fn tiles(&self) -> &[TileId] {
        self.0.tiles()
    }

    /// The hash, from the bytes of the tiles in the order of [`RootPlan::tiles`].
    pub fn finish<B: AsRef<[u8]>>(&self, tiles: &[B]) -> Result<Hash, PlanError> {
        Ok(self.0.finish(tiles)?.first().copied().unwrap_or(EMPTY_ROOT))
    }
}

impl Plan {
    /// The tiles to fetch, each once, as they are in a tree of the size given. Where a partial tile
    /// is gone, the first [`TileId::byte_len`] bytes of the full tile serve.
    pub fn tiles(&self) -> &[TileId] {
        &self.tiles
    }

    /// The proof, from the bytes of the tiles in the order of [`Plan::tiles`].
    pub fn finish<B: AsRef<[u8]>>(&self, tiles: &[B]) -> Result<Vec<Hash>, PlanError> {
        if tiles.len() != self.tiles.len() {
            return Err(PlanError::WrongTileCount { want: self.tiles.len(), got: tiles.len() });
        }
        let mut contents = Vec::with_capacity(tiles.len());
        for (tile, bytes) in self.tiles.iter().zip(tiles) {
            let wrong = |_: EdgeError| PlanError::WrongTileLength { tile: *tile };
            contents.push(hashes(*tile, bytes.as_ref()).map_err(wrong)?);
        }
        self.hashes.iter().map(|pieces| self.combine(pieces, &contents)).collect()
    }

    fn combine(&self, pieces: &[Piece], contents: &[Vec<Hash>]) -> Result<Hash, PlanError> {
        let mut roots = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let place = self.tiles.binary_search(&piece.tile).ok();
            let tile = place.and_then(|place| contents.get(place));
            let after = piece.first.saturating_add(piece.count);
            let part = tile.and_then(|hashes| hashes.get(piece.first..after));
            roots.push(root_of(part.ok_or(PlanError::WrongTileLength { tile: piece.tile })?));
        }
        let hash = roots.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        Ok(hash.unwrap_or(EMPTY_ROOT))
    }
}

fn plan(ranges: &[Leaves], size: TreeSize) -> Plan {
    let hashes: Vec<Vec<Piece>> = ranges.iter().map(|range| pieces(*range, size)).collect();
    let mut tiles: Vec<TileId> = hashes.iter().flatten().map(|piece| piece.tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    Plan { tiles, hashes }
}

/// Cuts a range into complete subtrees, largest first.
fn pieces(range: Leaves, size: TreeSize) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut start = range.start;
    while let Some(height) = range.end.saturating_sub(start).checked_ilog2() {
        // 256 hashes of one level are better read as one hash of the next: height 8 is level 1.
        let level = height / 8;
        let first = start.checked_shr(level.saturating_mul(8)).unwrap_or(0);
        let id = u8::try_from(level)
            .ok()
            .and_then(|level| TileId::at(level, first / limits::TILE_WIDTH_U64, size));
        let offset = usize::try_from(first % limits::TILE_WIDTH_U64);
        let count = 1usize.checked_shl(height % 8);
        if let (Some(tile), Ok(first), Some(count)) = (id, offset, count) {
            pieces.push(Piece { tile, first, count });
        }
        start = start.saturating_add(1u64.checked_shl(height).unwrap_or(u64::MAX));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::tests::{leaves, mth};
    use crate::merkle::{consistency as check_consistency, inclusion as check_inclusion};
    use crate::tile::grow::Edge;
    use alloc::collections::BTreeMap;

    struct Files {
        tiles: BTreeMap<(u8, u64), Vec<u8>>,
        leaves: Vec<Hash>,
    }

    impl Files {
        fn of(count: u64) -> Files {
            let leaves = leaves(count);
            let written = Edge::empty().grow(&leaves).unwrap();
            let tiles =
                written.into_iter().map(|t| ((t.id.level(), t.id.index()), t.bytes)).collect();
            Files { tiles, leaves }
        }

        fn fetch(&self, ids: &[TileId]) -> Vec<&[u8]> {
            ids.iter().map(|id| &self.tiles[&(id.level(), id.index())][..id.byte_len()]).collect()
        }

        fn root(&self, size: u64) -> Hash {
            mth(&self.leaves[..size as usize])
        }

        fn prove(&self, plan: &Plan) -> Vec<Hash> {
            plan.finish(&self.fetch(plan.tiles())).unwrap()
        }
    }

    #[test]
    fn roots_of_all_sizes() {
        let files = Files::of(70_000);
        for size in (0..=600).chain([65_535, 65_536, 65_537, 70_000]) {
            let plan = root(TreeSize(size)).unwrap();
            assert_eq!(plan.finish(&files.fetch(plan.tiles())), Ok(files.root(size)), "{size}");
        }
    }

    #[test]
    fn proofs_in_a_large_tree() {
        let files = Files::of(66_000);
        let size = TreeSize(66_000);
        let root = files.root(66_000);
        for index in [0, 1, 255, 256, 257, 32_767, 65_535, 65_536, 65_999] {
            let proof = files.prove(&inclusion(LeafIndex(index), size).unwrap());
            let leaf = files.leaves[index as usize];
            let verified = check_inclusion::verify(&leaf, LeafIndex(index), size, &root, &proof);
            assert_eq!(verified, Ok(()), "{index}");
        }
        for old in [0, 1, 255, 256, 257, 32_768, 65_535, 65_536, 65_537, 66_000] {
            let proof = files.prove(&consistency(TreeSize(old), size).unwrap());
            let old_root = files.root(old);
            let verified = check_consistency::verify(TreeSize(old), &old_root, size, &root, &proof);
            assert_eq!(verified, Ok(()), "{old}");
        }
    }

    #[test]
    fn plans_of_the_largest_tree_are_short() {
        let size = TreeSize(limits::TREE_SIZE);
        for index in [0, 255, 256, 1 << 40, limits::TREE_SIZE - 1] {
            let plan = inclusion(LeafIndex(index), size).unwrap();
            assert!(plan.tiles().len() <= 16, "{}", plan.tiles().len());
        }
        assert_eq!(root(size).unwrap().tiles().len(), 8);
        assert!(root(TreeSize(limits::TREE_SIZE + 1)).is_err());
    }

    #[test]
    fn what_cannot_be_planned_or_finished() {
        let (one, two) = (TreeSize(1), TreeSize(2));
        assert_eq!(inclusion(LeafIndex(1), one).unwrap_err(), ProofError::IndexBeyondSize);
        assert_eq!(consistency(two, one).unwrap_err(), ProofError::OldBeyondSize);
        let far = subtree_root(Subtree::new(0, 3).unwrap(), two);
        assert_eq!(far.unwrap_err(), ProofError::OldBeyondSize);
        let plan = inclusion(LeafIndex(0), two).unwrap();
        let none: [&[u8]; 0] = [];
        assert_eq!(plan.finish(&none), Err(PlanError::WrongTileCount { want: 1, got: 0 }));
        assert!(matches!(plan.finish(&[[0u8; 32]]), Err(PlanError::WrongTileLength { .. })));
    }
}
