//! A tile with the nodes above its hashes, so that a proof costs look-ups and no hashing; and an
//! entry bundle with its places.

use std::ops::Range;

use proto::hash::{Hash, node_hash};
use proto::tile::bundle::{self, BundleError};

/// The hashes of a tile and all nodes over complete pairs of them, up to the tile's own root.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct TileTree {
    /// `heights[k]` holds the nodes that stand `k` above the tile's hashes.
    heights: Vec<Vec<Hash>>,
}

impl TileTree {
    /// From the tile's bytes: a multiple of 32, which the caller has checked.
    pub(super) fn from_bytes(bytes: &[u8]) -> TileTree {
        let (hashes, _) = bytes.as_chunks::<32>();
        TileTree::new(hashes.iter().copied().map(Hash).collect())
    }

    pub(super) fn new(hashes: Vec<Hash>) -> TileTree {
        let mut heights = vec![hashes];
        while let Some(below) = heights.last().filter(|below| below.len() > 1) {
            let (pairs, _) = below.as_chunks::<2>();
            heights.push(pairs.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        TileTree { heights }
    }

    /// The hashes of the tile itself.
    pub(super) fn hashes(&self) -> &[Hash] {
        self.heights.first().map_or(&[], Vec::as_slice)
    }

    /// The node `height` above the hashes, `index` from the left, if all below it is there.
    pub(super) fn node(&self, height: u32, index: u64) -> Option<Hash> {
        let height = usize::try_from(height).ok()?;
        self.heights.get(height)?.get(usize::try_from(index).ok()?).copied()
    }

    /// The root of a full tile: the hash that stands for it one level up.
    pub(super) fn root(&self) -> Option<Hash> {
        self.node(8, 0)
    }

    /// The bytes of the tile as it was when it had this width.
    pub(super) fn to_bytes(&self, width: usize) -> Vec<u8> {
        self.hashes().iter().take(width).flat_map(|hash| hash.0).collect()
    }
}

/// Entries as a bundle file has them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Bundle {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Bundle {
    /// Reads the file of a bundle of this width.
    pub(super) fn parse(bytes: Vec<u8>, width: u16) -> Result<Bundle, BundleError> {
        let entries = bundle::parse(&bytes, width)?;
        let mut end = 0;
        let mut place = |len: usize| {
            let start = end + 2;
            end = start + len;
            start..end
        };
        let places = entries.iter().map(|entry| place(entry.len())).collect();
        Ok(Bundle { bytes, places })
    }

    /// Appends an entry. It has at most 65,535 bytes: `apply` has parsed it.
    pub(super) fn push(&mut self, entry: &[u8]) {
        let len = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&len.to_be_bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(entry);
        self.places.push(start..self.bytes.len());
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn entry(&self, place: usize) -> Option<&[u8]> {
        self.bytes.get(self.places.get(place)?.clone())
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.bytes[place.clone()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::hash::leaf_hash;
    use proto::merkle::root_of;

    #[test]
    fn nodes_are_the_roots_of_what_is_below_them() {
        let hashes: Vec<Hash> = (0..256u16).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        for width in [1usize, 2, 3, 7, 128, 255, 256] {
            let tree = TileTree::new(hashes[..width].to_vec());
            for height in 0..=8u32 {
                let span = 1usize << height;
                for index in 0..256 / span {
                    let complete = (index + 1) * span <= width;
                    let want = complete.then(|| root_of(&hashes[index * span..(index + 1) * span]));
                    assert_eq!(tree.node(height, index as u64), want, "{width} {height} {index}");
                }
            }
            assert_eq!(TileTree::from_bytes(&tree.to_bytes(width)), tree);
        }
        assert_eq!(TileTree::new(Vec::new()).node(0, 0), None);
    }

    #[test]
    fn bundles_grow_into_what_files_hold() {
        let mut grown = Bundle::default();
        for entry in [&b"one"[..], b"", b"three"] {
            grown.push(entry);
        }
        let parsed = Bundle::parse(grown.bytes().to_vec(), 3).unwrap();
        assert_eq!(parsed, grown);
        assert_eq!(parsed.entry(2), Some(&b"three"[..]));
        assert_eq!((parsed.entry(3), parsed.len(), parsed.byte_len()), (None, 3, 14));
        assert_eq!(parsed.entries().collect::<Vec<_>>(), [&b"one"[..], b"", b"three"]);
        assert!(Bundle::parse(grown.bytes().to_vec(), 2).is_err());
    }
}
