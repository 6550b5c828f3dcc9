//! The reading half of a replica: entries, roots and proofs, from tiles that are checked.
//!
//! The right edge stands in memory and is what the writer signed for. Every tile read from a file
//! is checked against the tile above it, up to the edge, and every bundle against its tile of
//! leaf hashes, so a changed file is found when it is read and never reaches a proof.

use std::sync::{Arc, PoisonError, RwLock};

use proto::hash::{EMPTY_ROOT, Hash, LeafIndex, TreeSize, leaf_hash, node_hash};
use proto::merkle::path::{self, Leaves};
use proto::merkle::{ProofError, Subtree};
use proto::tile::{self, BundleId, LEVELS, TileId};

use super::cache::Cache;
use super::tile_tree::{Bundle, TileTree};
use crate::store::{Store, StoreError};

/// Memory for tiles of one log: 128 of them with their nodes.
const TILE_CACHE_BYTES: usize = 2 * 1024 * 1024;
/// Memory for bundles of one log. A larger one is read each time.
const BUNDLE_CACHE_BYTES: usize = 4 * 1024 * 1024;
/// A full tile and its nodes.
const TILE_TREE_BYTES: usize = 511 * 32;

/// Why something cannot be read from a replica.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file that belongs to the tree is not there.
    #[error("{path}: this file of the log is missing\nrun beleg-node fsck to see what else is")]
    Missing {
        /// The file.
        path: String,
    },
    /// A file holds something that does not belong to the tree.
    #[error(
        "{path}: this file was changed and does not belong to the log\n\
             run beleg-node fsck, then bring the file back from a mirror or a backup"
    )]
    Damaged {
        /// The file.
        path: String,
    },
    /// The log is not that large.
    #[error("the log has {size} entries and {want} were asked for\nask for less, or later")]
    Beyond {
        /// Entries it has.
        size: TreeSize,
        /// Entries that it would need.
        want: u64,
    },
    /// There can be no such proof.
    #[error("{0}\nask for an entry and a size that the log has")]
    Proof(#[from] ProofError),
}

/// What is known of the tree without reading a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) size: TreeSize,
    /// The partial tile of each level.
    pub(super) edge: [Option<Arc<TileTree>>; LEVELS as usize],
    /// The partial bundle.
    pub(super) bundle: Arc<Bundle>,
}

/// Reads one log's copy on this node, up to what its writer has made durable.
pub struct TileReader {
    store: Arc<dyn Store>,
    prefix: String,
    head: RwLock<Arc<Head>>,
    tiles: Cache<(u8, u64), TileTree>,
    bundles: Cache<u64, Bundle>,
}

impl TileReader {
    pub(super) fn new(store: Arc<dyn Store>, prefix: &str) -> TileReader {
        TileReader {
            store,
            prefix: prefix.to_owned(),
            head: RwLock::default(),
            tiles: Cache::new(TILE_CACHE_BYTES),
            bundles: Cache::new(BUNDLE_CACHE_BYTES),
        }
    }

    /// How many entries there are.
    pub fn size(&self) -> TreeSize {
        self.head().size
    }

    /// One entry.
    pub fn entry(&self, index: LeafIndex) -> Result<Vec<u8>, ReadError> {
        let head = self.head_of(index.0.saturating_add(1))?;
        let id = BundleId::at(index.0 / 256, head.size).ok_or(ProofError::IndexBeyondSize)?;
        let bundle = self.bundle(&head, id)?;
        let place = usize::try_from(index.0 % 256).unwrap_or(usize::MAX);
        let entry = bundle.entry(place).ok_or(ProofError::IndexBeyondSize)?;
        Ok(entry.to_vec())
    }

    /// The entries from `start` up to and without `end`.
    pub fn entries(&self, start: LeafIndex, end: LeafIndex) -> Result<Vec<Vec<u8>>, ReadError> {
        let head = self.head_of(end.0)?;
        let mut entries = Vec::new();
        for id in tile::bundles(start.0, end.0, head.size) {
            let bundle = self.bundle(&head, id)?;
            let wanted = (id.start()..id.end()).zip(bundle.entries());
            let wanted = wanted.filter(|(index, _)| (start.0..end.0).contains(index));
            entries.extend(wanted.map(|(_, entry)| entry.to_vec()));
        }
        Ok(entries)
    }

    /// The leaf hashes from `start` up to and without `end`.
    pub fn leaf_hashes(&self, start: LeafIndex, end: LeafIndex) -> Result<Vec<Hash>, ReadError> {
        let head = self.head_of(end.0)?;
        let mut hashes = Vec::new();
        for id in tile::bundles(start.0, end.0, head.size) {
            let tile = self.tile(&head, 0, id.index())?;
            let wanted = (id.start()..id.end()).zip(tile.hashes());
            let wanted = wanted.filter(|(index, _)| (start.0..end.0).contains(index));
            hashes.extend(wanted.map(|(_, hash)| *hash));
        }
        Ok(hashes)
    }

    /// The root of the tree as it was at this size.
    pub fn root_at(&self, size: TreeSize) -> Result<Hash, ReadError> {
        let head = self.head_of(size.0)?;
        self.range(&head, Leaves { start: 0, end: size.0 })
    }

    /// The hash of a subtree.
    pub fn subtree_hash(&self, subtree: Subtree) -> Result<Hash, ReadError> {
        let head = self.head_of(subtree.end())?;
        self.range(&head, Leaves { start: subtree.start(), end: subtree.end() })
    }

    /// The inclusion proof of a leaf in the tree of this size.
    pub fn prove_inclusion(
        &self,
        index: LeafIndex,
        size: TreeSize,
    ) -> Result<Vec<Hash>, ReadError> {
        if index.0 >= size.0 {
            return Err(ProofError::IndexBeyondSize.into());
        }
        self.prove_subtree(Subtree::leaf(index)?, size)
    }

    /// The consistency proof between the trees of two sizes.
    pub fn prove_consistency(&self, old: TreeSize, new: TreeSize) -> Result<Vec<Hash>, ReadError> {
        if old > new {
            return Err(ProofError::OldBeyondSize.into());
        }
        if old.0 == 0 {
            self.head_of(new.0)?;
            return Ok(Vec::new());
        }
        self.prove_subtree(Subtree::new(0, old.0)?, new)
    }

    /// The proof that the tree of this size holds a subtree.
    pub fn prove_subtree(&self, subtree: Subtree, size: TreeSize) -> Result<Vec<Hash>, ReadError> {
        let head = self.head_of(size.0)?;
        let ranges = path::walk(subtree, size)?.proof_ranges();
        ranges.into_iter().map(|range| self.range(&head, range)).collect()
    }

    pub(super) fn head(&self) -> Arc<Head> {
        Arc::clone(&self.head.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The writer has made more durable.
    pub(super) fn set_head(&self, head: Head) {
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(head);
    }

    /// A full tile that the writer has just made: the next proofs will want it.
    pub(super) fn keep_tile(&self, id: TileId, tile: &Arc<TileTree>) {
        self.tiles.keep((id.level(), id.index()), tile, TILE_TREE_BYTES);
    }

    /// A full bundle that the writer has just made: peers will be sent it.
    pub(super) fn keep_bundle(&self, id: BundleId, bundle: &Arc<Bundle>) {
        self.bundles.keep(id.index(), bundle, bundle.byte_len());
    }

    fn head_of(&self, want: u64) -> Result<Arc<Head>, ReadError> {
        let head = self.head();
        if want > head.size.0 {
            return Err(ReadError::Beyond { size: head.size, want });
        }
        Ok(head)
    }

    /// The hash over leaves that start at a multiple of their count rounded up to a power of two.
    fn range(&self, head: &Head, leaves: Leaves) -> Result<Hash, ReadError> {
        let mut roots = Vec::new();
        let mut start = leaves.start;
        while let Some(height) = leaves.end.saturating_sub(start).checked_ilog2() {
            roots.push(self.node(head, height, start >> height)?);
            start += 1 << height;
        }
        let hash = roots.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        Ok(hash.unwrap_or(EMPTY_ROOT))
    }

    /// The root of the complete subtree of `2^height` leaves, `index` from the left.
    fn node(&self, head: &Head, height: u32, index: u64) -> Result<Hash, ReadError> {
        let level = u8::try_from(height / 8).unwrap_or(u8::MAX);
        let above = height % 8;
        let tile = index >> (8 - above);
        let within = index & ((1 << (8 - above)) - 1);
        let found = self.tile(head, level, tile)?.node(above, within);
        found.ok_or(ReadError::Beyond { size: head.size, want: (index + 1) << height })
    }

    /// A tile of the tree, as wide as the tree has it now.
    fn tile(&self, head: &Head, level: u8, index: u64) -> Result<Arc<TileTree>, ReadError> {
        let id = TileId::at(level, index, head.size)
            .ok_or(ReadError::Beyond { size: head.size, want: u64::MAX })?;
        if id.is_partial() {
            let edge = head.edge.get(usize::from(level)).and_then(Option::as_ref);
            return edge.map(Arc::clone).ok_or_else(|| self.missing(id.path()));
        }
        if let Some(known) = self.tiles.find((level, index)) {
            return Ok(known);
        }
        let bytes = self.file(&id.path())?;
        let damaged = || ReadError::Damaged { path: format!("{}/{id}", self.prefix) };
        if bytes.len() != id.byte_len() {
            return Err(damaged());
        }
        let tree = Arc::new(TileTree::from_bytes(&bytes));
        // At most seven levels deep: a tree has eight.
        let parent = self.tile(head, level + 1, index / 256)?;
        if tree.root().is_none() || tree.root() != parent.node(0, index % 256) {
            return Err(damaged());
        }
        self.keep_tile(id, &tree);
        Ok(tree)
    }

    fn bundle(&self, head: &Head, id: BundleId) -> Result<Arc<Bundle>, ReadError> {
        if id.is_partial() {
            return Ok(Arc::clone(&head.bundle));
        }
        if let Some(known) = self.bundles.find(id.index()) {
            return Ok(known);
        }
        let bytes = self.file(&id.path())?;
        let damaged = || ReadError::Damaged { path: format!("{}/{id}", self.prefix) };
        let bundle = Arc::new(Bundle::parse(bytes, id.width()).map_err(|_| damaged())?);
        let tile = self.tile(head, 0, id.index())?;
        if !bundle.entries().map(leaf_hash).eq(tile.hashes().iter().copied()) {
            return Err(damaged());
        }
        self.keep_bundle(id, &bundle);
        Ok(bundle)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let whole = format!("{}/{path}", self.prefix);
        self.store.read(&whole)?.ok_or(ReadError::Missing { path: whole })
    }

    fn missing(&self, path: String) -> ReadError {
        ReadError::Missing { path: format!("{}/{path}", self.prefix) }
    }
}
