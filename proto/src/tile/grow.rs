//! The right edge of a tree, and the tiles that a growth writes.
//!
//! The edge keeps the hashes of the partial tile of each level, at most 255 on each. Appending a
//! leaf costs one hash on average and the root a few hundred, whatever the size of the tree.
//! Nothing here reads a file: [`Edge::load`] says which tiles it needs and takes their bytes.

use alloc::{vec, vec::Vec};

use thiserror::Error;

use super::{LEVELS, TileId, right_edge};
use crate::hash::{EMPTY_ROOT, Hash, TreeSize, node_hash};
use crate::limits;
use crate::merkle;

/// Why an edge cannot be loaded or grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EdgeError {
    /// There are more or fewer tiles than were asked for.
    #[error("{want} tiles are needed and {got} were given.")]
    WrongTileCount {
        /// Tiles that are needed.
        want: usize,
        /// Tiles given.
        got: usize,
    },
    /// A tile has not the length that its width gives.
    #[error("The tile {tile} has {got} bytes and should have {want}.")]
    WrongTileLength {
        /// The tile.
        tile: TileId,
        /// Bytes that it should have.
        want: usize,
        /// Bytes that it has.
        got: usize,
    },
    /// The tree cannot have more leaves.
    #[error("The log is full.")]
    Full,
}

/// A tile to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTile {
    /// Where it stands.
    pub id: TileId,
    /// Its hashes, one after the other.
    pub bytes: Vec<u8>,
}

/// The right edge of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    size: u64,
    /// The hashes of the partial tile of each level, 0 to 255 of them.
    levels: Vec<Vec<Hash>>,
}

impl Default for Edge {
    fn default() -> Edge {
        Edge { size: 0, levels: vec![Vec::new(); usize::from(LEVELS)] }
    }
}

impl Edge {
    /// The edge of a tree without leaves.
    pub fn empty() -> Edge {
        Edge::default()
    }

    /// The tiles that [`Edge::load`] needs for a tree of this size.
    pub fn needs(size: TreeSize) -> Vec<TileId> {
        right_edge(size)
    }

    /// The edge of a tree of this size, from the bytes of the tiles that [`Edge::needs`] lists, in
    /// that order. The tiles are believed: compare [`Edge::root`] with a root that is trusted.
    pub fn load<B: AsRef<[u8]>>(size: TreeSize, tiles: &[B]) -> Result<Edge, EdgeError> {
        if size.0 > limits::TREE_SIZE {
            return Err(EdgeError::Full);
        }
        let needs = Edge::needs(size);
        if needs.len() != tiles.len() {
            return Err(EdgeError::WrongTileCount { want: needs.len(), got: tiles.len() });
        }
        let mut edge = Edge { size: size.0, ..Edge::default() };
        for (id, bytes) in needs.iter().zip(tiles) {
            let hashes = hashes(*id, bytes.as_ref())?;
            if let Some(level) = edge.levels.get_mut(usize::from(id.level())) {
                *level = hashes;
            }
        }
        Ok(edge)
    }

    /// The size of the tree.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// The root hash of the tree.
    pub fn root(&self) -> Hash {
        // From the right: the partial tile of level 0 is the last part of the tree.
        let parts = self.levels.iter().flat_map(|hashes| complete_roots(hashes).into_iter().rev());
        parts.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }

    /// The leaf hashes of the partial tile of level 0: those that a new bundle starts with.
    pub fn partial_leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Appends leaf hashes and gives the tiles that are new: each full tile that this completes,
    /// and the partial tiles of the new size on the levels that changed.
    pub fn grow(&mut self, leaves: &[Hash]) -> Result<Vec<NewTile>, EdgeError> {
        let added = u64::try_from(leaves.len()).map_err(|_| EdgeError::Full)?;
        let size = self.size.checked_add(added).filter(|size| *size <= limits::TREE_SIZE);
        let size = size.ok_or(EdgeError::Full)?;
        let mut written = Vec::new();
        let mut incoming = leaves.to_vec();
        let mut old_count = self.size;
        for (level, hashes) in (0..LEVELS).zip(self.levels.iter_mut()) {
            if incoming.is_empty() {
                break;
            }
            let first_tile = old_count / limits::TILE_WIDTH_U64;
            hashes.append(&mut incoming);
            let tiles = hashes.chunks(usize::from(limits::TILE_WIDTH));
            for (index, tile) in (first_tile..).zip(tiles) {
                let width = u16::try_from(tile.len()).map_err(|_| EdgeError::Full)?;
                let id = TileId::new(level, index, width).ok_or(EdgeError::Full)?;
                if !id.is_partial() {
                    incoming.push(merkle::root_of(tile));
                }
                written.push(NewTile { id, bytes: tile.iter().flat_map(|hash| hash.0).collect() });
            }
            let full = incoming.len().saturating_mul(usize::from(limits::TILE_WIDTH));
            hashes.drain(..full.min(hashes.len()));
            old_count /= limits::TILE_WIDTH_U64;
        }
        self.size = size;
        Ok(written)
    }
}

/// The hashes in the bytes of a tile.
pub fn hashes(id: TileId, bytes: &[u8]) -> Result<Vec<Hash>, EdgeError> {
    if bytes.len() != id.byte_len() {
        let (want, got) = (id.byte_len(), bytes.len());
        return Err(EdgeError::WrongTileLength { tile: id, want, got });
    }
    let (chunks, _) = bytes.as_chunks::<32>();
    Ok(chunks.iter().copied().map(Hash).collect())
}

/// The roots of the complete subtrees that less than 256 hashes of one level make, from the left:
/// 5 hashes are a subtree of 4 and one of 1.
fn complete_roots(hashes: &[Hash]) -> Vec<Hash> {
    let mut roots = Vec::new();
    let mut rest = hashes;
    while let Some(bits) = rest.len().checked_ilog2() {
        let (complete, after) = rest.split_at(1usize.checked_shl(bits).unwrap_or(0));
        roots.push(merkle::root_of(complete));
        rest = after;
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::tests::{leaves, mth};
    use alloc::collections::BTreeMap;

    #[test]
    fn growing_step_by_step_gives_the_root_and_the_tiles() {
        let all = leaves(66_000);
        for steps in
            [&[1, 255, 1, 300, 7][..], &[65_535, 1, 1, 300], &[66_000], &[256, 256, 0, 512]]
        {
            let mut edge = Edge::empty();
            let mut files = BTreeMap::new();
            let mut size = 0;
            for step in steps {
                for tile in edge.grow(&all[size..size + step]).unwrap() {
                    assert_eq!(tile.bytes.len(), tile.id.byte_len());
                    files.insert(tile.id, tile.bytes);
                }
                size += step;
                assert_eq!(edge.size(), TreeSize(size as u64));
                assert_eq!(edge.root(), mth(&all[..size]), "{size}");
                // What was written is enough to load the same edge.
                let tiles: Vec<_> = Edge::needs(edge.size()).iter().map(|id| &files[id]).collect();
                assert_eq!(Edge::load(edge.size(), &tiles), Ok(edge.clone()));
            }
            for (id, bytes) in &files {
                let at = |i: u64| {
                    let width = 256u64.pow(u32::from(id.level()));
                    let start = (id.index() * 256 + i) * width;
                    mth(&all[start as usize..(start + width) as usize])
                };
                let want: Vec<_> = (0..u64::from(id.width())).flat_map(|i| at(i).0).collect();
                assert_eq!(*bytes, want, "{id}");
            }
        }
    }

    #[test]
    fn full_tiles_of_every_size_exist() {
        let all = leaves(600);
        let mut edge = Edge::empty();
        let mut ids = Vec::new();
        for leaf in &all {
            ids.extend(edge.grow(&[*leaf]).unwrap().into_iter().map(|tile| tile.id));
            for id in right_edge(edge.size()) {
                assert!(ids.contains(&id), "{id}");
            }
        }
        assert_eq!(ids.iter().filter(|id| !id.is_partial()).count(), 2);
        assert!(edge.grow(&[]).unwrap().is_empty());
    }

    #[test]
    fn wrong_tiles_are_refused() {
        let none: [&[u8]; 0] = [];
        assert_eq!(
            Edge::load(TreeSize(1), &none),
            Err(EdgeError::WrongTileCount { want: 1, got: 0 })
        );
        assert!(matches!(
            Edge::load(TreeSize(2), &[[0u8; 32]]),
            Err(EdgeError::WrongTileLength { want: 64, got: 32, .. })
        ));
        assert_eq!(Edge::load(TreeSize(1 << 63), &none), Err(EdgeError::Full));
    }

    #[test]
    fn a_full_log_does_not_grow() {
        let size = TreeSize(limits::TREE_SIZE);
        let tiles: Vec<_> = Edge::needs(size).iter().map(|id| vec![0u8; id.byte_len()]).collect();
        let mut edge = Edge::load(size, &tiles).unwrap();
        assert_eq!(edge.grow(&leaves(1)), Err(EdgeError::Full));
        assert!(edge.grow(&[]).unwrap().is_empty());
    }
}
