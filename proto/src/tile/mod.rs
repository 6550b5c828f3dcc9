//! Tiles (tlog-tiles): which there are in a tree of a given size, and their coordinates.
//!
//! A tile at level 0 holds leaf hashes; a hash at level l + 1 is the root over a full tile of level
//! l. Only the last tile of a level can be partial.

pub mod bundle;
pub mod grow;
pub mod path;

use alloc::vec::Vec;

use crate::hash::TreeSize;
use crate::limits;

/// Levels that a tree of less than 2^63 leaves can have.
pub const LEVELS: u8 = 8;

/// The coordinates of a tile of hashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TileId {
    level: u8,
    index: u64,
    width: u16,
}

/// The coordinates of an entry bundle.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BundleId {
    index: u64,
    width: u16,
}

/// How many hashes level `level` has in a tree of this size.
pub fn hashes_at_level(level: u8, size: TreeSize) -> u64 {
    let shift = u32::from(level).saturating_mul(8);
    size.0.checked_shr(shift).unwrap_or(0)
}

/// The width of tile `index` of a level in which there are `count` hashes; none if it is empty.
fn width_at(index: u64, count: u64) -> Option<u16> {
    let first = index.checked_mul(limits::TILE_WIDTH_U64)?;
    let width = count.checked_sub(first)?.min(limits::TILE_WIDTH_U64);
    u16::try_from(width).ok().filter(|width| *width > 0)
}

/// Whether a tile with these numbers can stand in a tree of an allowed size.
fn possible(level: u8, index: u64, width: u16) -> bool {
    let count = index
        .checked_mul(limits::TILE_WIDTH_U64)
        .and_then(|first| first.checked_add(u64::from(width)));
    (1..=limits::TILE_WIDTH).contains(&width)
        && level <= limits::TILE_LEVEL
        && count.is_some_and(|count| count <= hashes_at_level(level, TreeSize(limits::TREE_SIZE)))
}

impl TileId {
    /// The tile with these coordinates, if a tree of an allowed size can have it.
    pub fn new(level: u8, index: u64, width: u16) -> Option<TileId> {
        possible(level, index, width).then_some(TileId { level, index, width })
    }

    /// The tile with this level and index as it is in a tree of this size.
    pub fn at(level: u8, index: u64, size: TreeSize) -> Option<TileId> {
        TileId::new(level, index, width_at(index, hashes_at_level(level, size))?)
    }

    /// The level.
    pub fn level(self) -> u8 {
        self.level
    }

    /// The index within the level.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it holds, 1 to 256.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it holds less than 256 hashes.
    pub fn is_partial(self) -> bool {
        self.width < limits::TILE_WIDTH
    }

    /// Its length in bytes.
    pub fn byte_len(self) -> usize {
        usize::from(self.width).saturating_mul(32)
    }

    /// The full tile at the same place.
    pub fn full(self) -> Option<TileId> {
        TileId::new(self.level, self.index, limits::TILE_WIDTH)
    }
}

impl BundleId {
    /// The bundle with these coordinates, if a tree of an allowed size can have it.
    pub fn new(index: u64, width: u16) -> Option<BundleId> {
        possible(0, index, width).then_some(BundleId { index, width })
    }

    /// The bundle with this index as it is in a tree of this size.
    pub fn at(index: u64, size: TreeSize) -> Option<BundleId> {
        BundleId::new(index, width_at(index, size.0)?)
    }

    /// The index.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many entries it holds, 1 to 256.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it holds less than 256 entries.
    pub fn is_partial(self) -> bool {
        self.width < limits::TILE_WIDTH
    }

    /// The index of its first entry in the log.
    pub fn start(self) -> u64 {
        self.index.saturating_mul(limits::TILE_WIDTH_U64)
    }

    /// The index after that of its last entry.
    pub fn end(self) -> u64 {
        self.start().saturating_add(u64::from(self.width))
    }

    /// The tile that holds the leaf hashes of its entries.
    pub fn tile(self) -> TileId {
        TileId { level: 0, index: self.index, width: self.width }
    }

    /// The full bundle at the same place.
    pub fn full(self) -> Option<BundleId> {
        BundleId::new(self.index, limits::TILE_WIDTH)
    }
}

/// The partial tiles of a tree of this size, lowest level first: its right edge.
pub fn right_edge(size: TreeSize) -> Vec<TileId> {
    (0..LEVELS)
        .filter_map(|level| {
            let count = hashes_at_level(level, size);
            TileId::at(level, count / limits::TILE_WIDTH_U64, size)
        })
        .collect()
}

/// The bundles that hold the entries from `start` up to and without `end` in a tree of this size.
pub fn bundles(start: u64, end: u64, size: TreeSize) -> impl Iterator<Item = BundleId> {
    let end = end.min(size.0);
    let first = start / limits::TILE_WIDTH_U64;
    let after = if start < end { end.div_ceil(limits::TILE_WIDTH_U64) } else { first };
    (first..after).filter_map(move |index| BundleId::at(index, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(size: u64) -> Vec<(u8, u64, u16)> {
        right_edge(TreeSize(size)).iter().map(|t| (t.level, t.index, t.width)).collect()
    }

    #[test]
    fn right_edges() {
        assert_eq!(edge(0), []);
        assert_eq!(edge(1), [(0, 0, 1)]);
        assert_eq!(edge(255), [(0, 0, 255)]);
        assert_eq!(edge(256), [(1, 0, 1)]);
        assert_eq!(edge(257), [(0, 1, 1), (1, 0, 1)]);
        assert_eq!(edge(65_535), [(0, 255, 255), (1, 0, 255)]);
        assert_eq!(edge(65_536), [(2, 0, 1)]);
        // The example of tlog-tiles#partial-tiles.
        assert_eq!(edge(70_000), [(0, 273, 112), (1, 1, 17), (2, 0, 1)]);
        let largest = edge(limits::TREE_SIZE);
        assert_eq!(largest.len(), 8);
        assert_eq!(largest[0], (0, (1 << 55) - 1, 255));
        assert_eq!(largest[7], (7, 0, 127));
    }

    #[test]
    fn tiles_of_a_size() {
        let at = |level, index, size| TileId::at(level, index, TreeSize(size)).map(TileId::width);
        assert_eq!(at(0, 0, 0), None);
        assert_eq!(at(0, 0, 1), Some(1));
        assert_eq!(at(1, 0, 255), None);
        assert_eq!(at(0, 0, 256), Some(256));
        assert_eq!(at(0, 1, 256), None);
        assert_eq!(at(0, 1, 257), Some(1));
        assert_eq!(at(1, 0, 65_535), Some(255));
        assert_eq!(at(1, 0, 65_536), Some(256));
        assert_eq!(at(7, 0, limits::TREE_SIZE), Some(127));
        assert_eq!(at(8, 0, limits::TREE_SIZE), None);
        assert_eq!(at(63, 0, u64::MAX), None);
        assert_eq!(at(255, u64::MAX, u64::MAX), None);
    }

    #[test]
    fn impossible_tiles() {
        assert!(TileId::new(0, 0, 0).is_none());
        assert!(TileId::new(0, 0, 257).is_none());
        assert!(TileId::new(0, (1 << 55) - 1, 255).is_some());
        assert!(TileId::new(0, (1 << 55) - 1, 256).is_none());
        assert!(BundleId::new(u64::MAX, 1).is_none());
    }

    #[test]
    fn bundles_of_a_range() {
        let of = |start, end, size| {
            bundles(start, end, TreeSize(size)).map(|b| (b.index, b.width)).collect::<Vec<_>>()
        };
        assert_eq!(of(0, 0, 10), []);
        assert_eq!(of(0, 10, 0), []);
        assert_eq!(of(255, 257, 300), [(0, 256), (1, 44)]);
        assert_eq!(of(256, 300, 300), [(1, 44)]);
        assert_eq!(of(0, u64::MAX, 257), [(0, 256), (1, 1)]);
        assert_eq!(of(300, 400, 300), []);
        let bundle = BundleId::at(1, TreeSize(300)).unwrap();
        assert_eq!((bundle.start(), bundle.end()), (256, 300));
    }
}
