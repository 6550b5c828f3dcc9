//! The writing half of a replica's files: entries in, bundles and tiles out.
//!
//! A growth writes each full tile and bundle that it completes and the partial ones of its new
//! size. Partial files stay until the full one belongs to a published tree: before that, recovery
//! may still take the full one away, and a published checkpoint must keep its partial tiles.

use std::sync::Arc;

use proto::hash::{Hash, TreeSize, leaf_hash};
use proto::tile::grow::Edge;
use proto::tile::{BundleId, TileId, hashes_at_level, right_edge};

use super::reader::{Head, ReadError, TileReader};
use super::tile_tree::{Bundle, TileTree};
use crate::store::Store;

/// Which files a growth writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Partials {
    /// Full and partial ones: the tree stops here for now.
    Write,
    /// Full ones only: recovery goes on growing, and nobody asks for the sizes in between.
    Omit,
}

/// One log's files at their right edge.
pub(super) struct Growth {
    store: Arc<dyn Store>,
    prefix: String,
    edge: Edge,
    reader: Arc<TileReader>,
}

impl Growth {
    /// A log without entries.
    pub(super) fn empty(store: Arc<dyn Store>, prefix: &str) -> Growth {
        let reader = Arc::new(TileReader::new(Arc::clone(&store), prefix));
        Growth { store, prefix: prefix.to_owned(), edge: Edge::empty(), reader }
    }

    /// The tree of this size, from its right edge in the files. The caller compares the root with
    /// one that it trusts.
    pub(super) fn load(&mut self, size: TreeSize) -> Result<(), ReadError> {
        let mut tiles = Vec::new();
        for id in Edge::needs(size) {
            tiles.push(self.tile_bytes(id)?);
        }
        let damaged = |path: String| ReadError::Damaged { path: format!("{}/{path}", self.prefix) };
        let edge = Edge::load(size, &tiles).map_err(|_| damaged("tile".to_owned()))?;
        let mut head = Head { size, ..Head::default() };
        for (id, bytes) in Edge::needs(size).iter().zip(&tiles) {
            if let Some(slot) = head.edge.get_mut(usize::from(id.level())) {
                *slot = Some(Arc::new(TileTree::from_bytes(bytes)));
            }
        }
        if let Some(id) = BundleId::at(size.0 / 256, size) {
            let bundle = self.bundle(id)?;
            if !bundle.entries().map(leaf_hash).eq(edge.partial_leaves().iter().copied()) {
                return Err(damaged(id.path()));
            }
            head.bundle = Arc::new(bundle);
        }
        self.edge = edge;
        self.reader.set_head(head);
        Ok(())
    }

    pub(super) fn size(&self) -> TreeSize {
        self.edge.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.edge.root()
    }

    /// The leaf hashes of the partial tile.
    pub(super) fn partial_leaves(&self) -> &[Hash] {
        self.edge.partial_leaves()
    }

    pub(super) fn reader(&self) -> &Arc<TileReader> {
        &self.reader
    }

    /// Appends entries: on `Ok` all their files are durable. After an error this is of no use any
    /// more, because it is not known which of the files are there.
    pub(super) fn write<E: AsRef<[u8]>>(
        &mut self,
        entries: &[E],
        partials: Partials,
    ) -> Result<(), ReadError> {
        let mut head = Head::clone(&self.reader.head());
        let mut blobs = Vec::new();
        let wanted = |partial: bool| !partial || partials == Partials::Write;
        let bundles = self.fill_bundles(&mut head, entries);
        for (id, bundle) in &bundles {
            if wanted(id.is_partial()) {
                blobs.push((self.path(id.path()), bundle.bytes().to_vec()));
            }
        }
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry.as_ref())).collect();
        let grown = self.edge.grow(&leaves).map_err(|_| ReadError::Beyond {
            size: head.size,
            want: head.size.0.saturating_add(leaves.len() as u64),
        })?;
        let mut tiles = Vec::new();
        for tile in grown {
            let tree = Arc::new(TileTree::from_bytes(&tile.bytes));
            if let Some(slot) = head.edge.get_mut(usize::from(tile.id.level())) {
                // Tiles come in ascending order, so what stays is the partial one, if there is.
                *slot = tile.id.is_partial().then(|| Arc::clone(&tree));
            }
            if wanted(tile.id.is_partial()) {
                blobs.push((self.path(tile.id.path()), tile.bytes));
            }
            tiles.push((tile.id, tree));
        }
        self.store.write_once(blobs)?;
        for (id, bundle) in bundles.iter().filter(|(id, _)| !id.is_partial()) {
            self.reader.keep_bundle(*id, bundle);
        }
        for (id, tree) in tiles.iter().filter(|(id, _)| !id.is_partial()) {
            self.reader.keep_tile(*id, tree);
        }
        head.size = self.edge.size();
        self.reader.set_head(head);
        Ok(())
    }

    /// Writes the partial files of the size at which recovery ended: a crash may have come between
    /// a full file and these. Those that are there are not touched.
    pub(super) fn write_partials(&self) -> Result<(), ReadError> {
        let head = self.reader.head();
        let mut blobs = Vec::new();
        for id in right_edge(head.size) {
            let tile = head.edge.get(usize::from(id.level())).and_then(Option::as_ref);
            let bytes = tile.map(|tile| tile.to_bytes(usize::from(id.width())));
            blobs.extend(bytes.map(|bytes| (self.path(id.path()), bytes)));
        }
        if let Some(id) = BundleId::at(head.size.0 / 256, head.size) {
            blobs.push((self.path(id.path()), head.bundle.bytes().to_vec()));
        }
        Ok(self.store.write_once(blobs)?)
    }

    /// Removes the partial files of all places where a full one came to stand between two
    /// published sizes.
    pub(super) fn remove_partials(&self, old: TreeSize, new: TreeSize) -> Result<(), ReadError> {
        for level in 0..proto::tile::LEVELS {
            let (from, to) = (hashes_at_level(level, old), hashes_at_level(level, new));
            for index in from / 256..to / 256 {
                let full = TileId::new(level, index, 256).map(TileId::path);
                let bundle = BundleId::new(index, 256).filter(|_| level == 0).map(BundleId::path);
                for path in full.into_iter().chain(bundle) {
                    self.store.remove(&self.path(format!("{path}.p")))?;
                }
            }
        }
        Ok(())
    }

    /// Puts entries into bundles: the full ones that this completes, and the partial one.
    fn fill_bundles<E: AsRef<[u8]>>(
        &self,
        head: &mut Head,
        entries: &[E],
    ) -> Vec<(BundleId, Arc<Bundle>)> {
        let mut filled = Vec::new();
        let mut open = Bundle::clone(&head.bundle);
        let mut index = head.size.0 / 256;
        for entry in entries {
            open.push(entry.as_ref());
            if open.len() == 256 {
                let id = BundleId::new(index, 256);
                filled.extend(id.map(|id| (id, Arc::new(std::mem::take(&mut open)))));
                index += 1;
            }
        }
        let width = u16::try_from(open.len()).unwrap_or(0);
        head.bundle = Arc::new(open);
        let id = BundleId::new(index, width).filter(|_| !entries.is_empty());
        filled.extend(id.map(|id| (id, Arc::clone(&head.bundle))));
        filled
    }

    /// The bytes of a tile, from the full one if the partial one is gone.
    fn tile_bytes(&self, id: TileId) -> Result<Vec<u8>, ReadError> {
        let path = self.path(id.path());
        let mut bytes = match self.store.read(&path)? {
            Some(bytes) => bytes,
            None => match id.full().map(|full| self.store.read(&self.path(full.path()))) {
                Some(Ok(Some(bytes))) => bytes,
                Some(Err(e)) => return Err(e.into()),
                _ => return Err(ReadError::Missing { path }),
            },
        };
        bytes.truncate(id.byte_len());
        Ok(bytes)
    }

    /// A bundle, from the full one if the partial one is gone.
    pub(super) fn bundle(&self, id: BundleId) -> Result<Bundle, ReadError> {
        let path = self.path(id.path());
        let damaged = |path: &str| ReadError::Damaged { path: path.to_owned() };
        if let Some(bytes) = self.store.read(&path)? {
            return Bundle::parse(bytes, id.width()).map_err(|_| damaged(&path));
        }
        let Some(full) = id.full().filter(|_| id.is_partial()) else {
            return Err(ReadError::Missing { path });
        };
        let full_path = self.path(full.path());
        let Some(bytes) = self.store.read(&full_path)? else {
            return Err(ReadError::Missing { path });
        };
        let whole = Bundle::parse(bytes, full.width()).map_err(|_| damaged(&full_path))?;
        let mut bundle = Bundle::default();
        whole.entries().take(usize::from(id.width())).for_each(|entry| bundle.push(entry));
        Ok(bundle)
    }

    pub(super) fn path(&self, path: String) -> String {
        format!("{}/{path}", self.prefix)
    }
}
