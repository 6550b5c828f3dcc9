//! Paths of tiles and bundles (tlog-tiles#merkle-tree, #log-entries), below the prefix of a log and
//! without a slash in front: `tile/0/x001/x234/067.p/5`, `tile/entries/067`.
//!
//! Parsing accepts the one spelling that the specification gives. It does not say whether the log
//! has such a tile; [`TileId::at`](super::TileId::at) does.

use alloc::{format, string::String};
use core::fmt;

use thiserror::Error;

use super::{BundleId, TileId};
use crate::limits;
use crate::text;

/// What a path names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Resource {
    /// A tile of hashes.
    Tile(TileId),
    /// A bundle of entries.
    Bundle(BundleId),
}

/// Why a path names no tile and no bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path does not start with `tile/`.
    #[error("The path does not start with \"tile/\".")]
    NotATile,
    /// The level is not a decimal number from 0 to 63.
    #[error("The level is not a decimal number from 0 to 63.")]
    BadLevel,
    /// The index is not written in groups of three digits, all but the last with an x in front.
    #[error("The index is not written in groups of three digits like x001/x234/067.")]
    BadIndex,
    /// The width is not a decimal number from 1 to 255.
    #[error("The width is not a decimal number from 1 to 255.")]
    BadWidth,
    /// No tree can have such a tile.
    #[error("No log can have such a tile.")]
    Impossible,
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}", self.level, Place { index: self.index, width: self.width })
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/entries/{}", Place { index: self.index, width: self.width })
    }
}

impl TileId {
    /// The path of the tile.
    pub fn path(self) -> String {
        format!("{self}")
    }
}

impl BundleId {
    /// The path of the bundle.
    pub fn path(self) -> String {
        format!("{self}")
    }
}

struct Place {
    index: u64,
    width: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 64 bits have at most seven groups of three digits.
        for power in (1..7).rev().map(|group| 1000u64.pow(group)) {
            if self.index >= power {
                write!(f, "x{:03}/", self.index.checked_div(power).unwrap_or(0) % 1000)?;
            }
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.width < limits::TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Reads a path.
pub fn parse(path: &str) -> Result<Resource, PathError> {
    let rest = path.strip_prefix("tile/").ok_or(PathError::NotATile)?;
    let (level, place) = rest.split_once('/').ok_or(PathError::BadLevel)?;
    let level = match level {
        "entries" => None,
        digits => {
            let level = text::decimal_up_to(digits, u64::from(limits::TILE_LEVEL));
            Some(level.ok().and_then(|n| u8::try_from(n).ok()).ok_or(PathError::BadLevel)?)
        }
    };
    let (index, width) = match place.split_once(".p/") {
        None => (place, limits::TILE_WIDTH),
        Some((index, digits)) => (index, width(digits)?),
    };
    let index = index_of(index)?;
    let resource = match level {
        None => BundleId::new(index, width).map(Resource::Bundle),
        Some(level) => TileId::new(level, index, width).map(Resource::Tile),
    };
    resource.ok_or(PathError::Impossible)
}

fn width(digits: &str) -> Result<u16, PathError> {
    let width = text::decimal_up_to(digits, u64::from(limits::TILE_WIDTH).saturating_sub(1));
    let width = width.ok().and_then(|n| u16::try_from(n).ok());
    width.filter(|width| *width > 0).ok_or(PathError::BadWidth)
}

fn index_of(groups: &str) -> Result<u64, PathError> {
    let mut index = 0u64;
    let mut parts = groups.split('/').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let digits = if last { Some(part) } else { part.strip_prefix('x') };
        let digits = digits.filter(|d| d.len() == 3 && d.bytes().all(|b| b.is_ascii_digit()));
        // A group of zeros in front would be a second spelling of the same index.
        let digits = digits.filter(|d| last || !first || *d != "000");
        let group = digits.and_then(|d| d.parse::<u64>().ok()).ok_or(PathError::BadIndex)?;
        index = index
            .checked_mul(1000)
            .and_then(|index| index.checked_add(group))
            .ok_or(PathError::Impossible)?;
        first = false;
    }
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_back() {
        for (level, index, width, want) in [
            (0, 0, 256, "tile/0/000"),
            (0, 0, 1, "tile/0/000.p/1"),
            (1, 999, 255, "tile/1/999.p/255"),
            (0, 1000, 256, "tile/0/x001/000"),
            (0, 1_234_067, 256, "tile/0/x001/x234/067"),
            (0, 1_000_000, 2, "tile/0/x001/x000/000.p/2"),
            (0, (1 << 55) - 1, 255, "tile/0/x036/x028/x797/x018/x963/967.p/255"),
        ] {
            let tile = TileId::new(level, index, width).unwrap();
            assert_eq!(tile.path(), want);
            assert_eq!(parse(want), Ok(Resource::Tile(tile)));
        }
        let bundle = BundleId::new(1_234_067, 7).unwrap();
        assert_eq!(bundle.path(), "tile/entries/x001/x234/067.p/7");
        assert_eq!(parse(&bundle.path()), Ok(Resource::Bundle(bundle)));
    }

    #[test]
    fn other_spellings_are_refused() {
        use PathError::*;
        for (path, want) in [
            ("", NotATile),
            ("/tile/0/000", NotATile),
            ("tile/", BadLevel),
            ("tile/00/000", BadLevel),
            ("tile/64/000", BadLevel),
            ("tile/-1/000", BadLevel),
            ("tile/Entries/000", BadLevel),
            ("tile/0/", BadIndex),
            ("tile/0/0", BadIndex),
            ("tile/0/0000", BadIndex),
            ("tile/0/001/000", BadIndex),
            ("tile/0/x001", BadIndex),
            ("tile/0/x000/001", BadIndex),
            ("tile/0/x001/x000", BadIndex),
            ("tile/0/X001/000", BadIndex),
            ("tile/0/+01", BadIndex),
            ("tile/0/000/", BadIndex),
            ("tile/0/000.p", BadIndex),
            ("tile/0/000.p/", BadWidth),
            ("tile/0/000.p/0", BadWidth),
            ("tile/0/000.p/01", BadWidth),
            ("tile/0/000.p/256", BadWidth),
            ("tile/0/000.p/1/", BadWidth),
            ("tile/0/000.p/1.p/1", BadWidth),
            ("tile/0/x999/x999/x999/x999/x999/999", Impossible),
            ("tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999", Impossible),
            ("tile/8/000.p/1", Impossible),
        ] {
            assert_eq!(parse(path), Err(want), "{path:?}");
        }
    }
}
