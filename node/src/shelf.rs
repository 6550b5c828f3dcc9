//! What readers may see of one log on this node: its checkpoints, and the files up to a size.
//!
//! Files beyond that size may exist: a round in flight has written them, and if it never came to a
//! signature, recovery takes them away and other bytes may stand there. Answers about tiles are
//! cached for ever, so nothing is shown before the log has signed for it. For the own log that is
//! the published size; for a mirrored one the size up to which entries were proven to belong to a
//! checkpoint that its log signed, because a log that lost its disk is rebuilt from those.

use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use proto::hash::TreeSize;
use proto::tile::path::Resource;

use crate::replica::TileReader;
use crate::store::{Store, StoreError};

#[derive(Clone, Debug, Default)]
struct Visible {
    size: TreeSize,
    checkpoint: Option<Bytes>,
    pending: Option<Bytes>,
}

/// The public face of one log. Its role writes it, HTTP reads it.
pub struct Shelf {
    store: Arc<dyn Store>,
    prefix: String,
    reader: RwLock<Arc<TileReader>>,
    visible: RwLock<Visible>,
}

impl Shelf {
    /// Nothing to be seen yet.
    pub fn new(store: Arc<dyn Store>, prefix: &str, reader: Arc<TileReader>) -> Shelf {
        let (prefix, reader) = (prefix.to_owned(), RwLock::new(reader));
        Shelf { store, prefix, reader, visible: RwLock::default() }
    }

    /// Reads the tree beyond what is shown too: for the roles.
    pub fn reader(&self) -> Arc<TileReader> {
        Arc::clone(&self.reader.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The log was opened again.
    pub fn set_reader(&self, reader: Arc<TileReader>) {
        *self.reader.write().unwrap_or_else(PoisonError::into_inner) = reader;
    }

    /// The published checkpoint, or what this node's cosigner has signed of a mirrored log.
    pub fn checkpoint(&self) -> Option<Bytes> {
        self.read().checkpoint
    }

    /// The newest checkpoint that its log has signed and this node holds, cosigned or not.
    pub fn pending(&self) -> Option<Bytes> {
        self.read().pending
    }

    /// The size up to which files are shown.
    pub fn size(&self) -> TreeSize {
        self.read().size
    }

    /// A file of the tree; `None` if it is not there or not yet shown. Blocks on the disk.
    pub fn file(&self, resource: Resource) -> Result<Option<Vec<u8>>, StoreError> {
        if end_of(resource).is_none_or(|end| end > self.size().0) {
            return Ok(None);
        }
        let path = match resource {
            Resource::Tile(tile) => tile.path(),
            Resource::Bundle(bundle) => bundle.path(),
        };
        self.store.read(&format!("{}/{path}", self.prefix))
    }

    /// Shows a newer checkpoint. It is durable by now.
    pub fn show_checkpoint(&self, bytes: Bytes) {
        self.write(|visible| visible.checkpoint = Some(bytes));
    }

    /// Shows a newer pending checkpoint. It is durable by now.
    pub fn show_pending(&self, bytes: Bytes) {
        self.write(|visible| visible.pending = Some(bytes));
    }

    /// Shows the files up to this size. It never shrinks.
    pub fn show_files(&self, size: TreeSize) {
        self.write(|visible| visible.size = visible.size.max(size));
    }

    fn read(&self) -> Visible {
        self.visible.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, change: impl FnOnce(&mut Visible)) {
        change(&mut self.visible.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The index after the last entry that a file says something about.
fn end_of(resource: Resource) -> Option<u64> {
    match resource {
        Resource::Bundle(bundle) => Some(bundle.end()),
        Resource::Tile(tile) => {
            let hashes = tile.index().checked_mul(256)?.checked_add(u64::from(tile.width()))?;
            let leaves = 256u64.checked_pow(u32::from(tile.level()))?;
            hashes.checked_mul(leaves)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::Replica;
    use crate::store::Index;
    use crate::store::memory::MemoryStore;
    use proto::ledger::{FederationId, Rules};
    use proto::tile::path;

    fn empty_reader() -> Arc<TileReader> {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap().log("log").unwrap();
        let rules = Rules::new(FederationId([0; 32]), "log.example/a", Vec::new());
        let store = Arc::new(MemoryStore::new());
        Replica::open(store, index, "log", rules, TreeSize(0)).unwrap().reader()
    }

    #[test]
    fn files_are_shown_up_to_the_size_and_no_further() {
        let store = MemoryStore::new();
        for name in ["0/000.p/3", "0/000", "1/000.p/1", "entries/000.p/3", "entries/000.p/4"] {
            store.tamper(&format!("log/tile/{name}"), b"x");
        }
        let shelf = Shelf::new(Arc::new(store), "log", empty_reader());
        let shown = |name: &str| {
            let resource = path::parse(&format!("tile/{name}")).unwrap();
            shelf.file(resource).unwrap().is_some()
        };
        assert!(!shown("0/000.p/3"));
        shelf.show_files(TreeSize(3));
        assert!(shown("0/000.p/3") && shown("entries/000.p/3"));
        assert!(!shown("entries/000.p/4") && !shown("0/000") && !shown("1/000.p/1"));
        shelf.show_files(TreeSize(256));
        shelf.show_files(TreeSize(2));
        assert!(shown("0/000") && shown("1/000.p/1") && shown("entries/000.p/4"));
        // Shown by its size, but there is no such file.
        assert!(!shown("0/000.p/9"));
    }

    #[test]
    fn the_end_of_a_tile_at_any_level_is_the_leaf_after_its_last() {
        let end = |name: &str| end_of(path::parse(&format!("tile/{name}")).unwrap());
        assert_eq!(end("0/000.p/5"), Some(5));
        assert_eq!(end("0/001"), Some(512));
        assert_eq!(end("1/000.p/2"), Some(512));
        assert_eq!(end("2/001.p/1"), Some(257 * 65_536));
        assert_eq!(end("entries/x001/x234/067.p/1"), Some(1_234_067 * 256 + 1));
    }
}
