//! A log in memory for tests: leaves, and the tiles that growing it wrote.

#![allow(dead_code, reason = "each test binary uses a part")]

use proto::hash::{EMPTY_ROOT, Hash, TreeSize, leaf_hash, node_hash};
use proto::merkle::plan::{Plan, RootPlan};
use proto::tile::TileId;
use proto::tile::grow::Edge;
use std::collections::BTreeMap;

/// The entry at an index.
pub fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A log.
pub struct Tree {
    pub leaves: Vec<Hash>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
}

impl Tree {
    pub fn of(count: u64) -> Tree {
        let leaves: Vec<Hash> = (0..count).map(|index| leaf_hash(&entry(index))).collect();
        let written = Edge::empty().grow(&leaves).unwrap();
        let tiles = written.into_iter().map(|t| ((t.id.level(), t.id.index()), t.bytes)).collect();
        Tree { leaves, tiles }
    }

    /// The tiles as they were in a tree of the size that a plan was made for.
    fn fetch(&self, ids: &[TileId]) -> Vec<&[u8]> {
        ids.iter().map(|id| &self.tiles[&(id.level(), id.index())][..id.byte_len()]).collect()
    }

    pub fn prove(&self, plan: &Plan) -> Vec<Hash> {
        plan.finish(&self.fetch(plan.tiles())).unwrap()
    }

    pub fn planned_root(&self, plan: &RootPlan) -> Hash {
        plan.finish(&self.fetch(plan.tiles())).unwrap()
    }

    /// The root by definition.
    pub fn root(&self, size: u64) -> Hash {
        mth(&self.leaves[..size as usize])
    }

    pub fn size(&self) -> TreeSize {
        TreeSize(self.leaves.len() as u64)
    }
}

/// MTH of RFC 6962, section 2.1.
pub fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(half(leaves.len()));
            node_hash(&mth(left), &mth(right))
        }
    }
}

/// The largest power of two smaller than a count of leaves.
pub fn half(count: usize) -> usize {
    count.next_power_of_two() / 2
}
