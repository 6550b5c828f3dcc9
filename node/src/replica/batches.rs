//! Where a batch root is in the log: exact, so that the same batch never gets two indexes.
//!
//! Batches that are written and not yet handed to the index are kept in memory. A hit in the index
//! is confirmed against the files, because beyond its mark the index may hold what a recovery took
//! away again; up to the mark, what it does not hold is not there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use proto::hash::{Hash, LeafIndex, TreeSize};
use proto::ledger::{Entry, plan};

use super::ReplicaError;
use super::reader::{ReadError, TileReader};
use crate::store::{IndexError, LogIndex};

/// Finds batches in what is written.
pub struct Batches {
    index: LogIndex,
    reader: Arc<TileReader>,
    recent: RwLock<HashMap<Hash, LeafIndex>>,
}

/// Why a batch cannot be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The files failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<LookupError> for ReplicaError {
    fn from(error: LookupError) -> ReplicaError {
        match error {
            LookupError::Index(error) => ReplicaError::Index(error),
            LookupError::Read(error) => ReplicaError::Read(error),
        }
    }
}

impl Batches {
    pub(super) fn new(index: LogIndex, reader: Arc<TileReader>) -> Batches {
        Batches { index, reader, recent: RwLock::default() }
    }

    /// The index of the issuance with this batch root.
    pub fn find(&self, root: &Hash) -> Result<Option<LeafIndex>, LookupError> {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner).get(root).copied();
        if recent.is_some() {
            return Ok(recent);
        }
        let Some(said) = self.index.batch(root)? else { return Ok(None) };
        if said.0 >= self.reader.size().0 {
            return Ok(None);
        }
        let found = batch_root(&self.reader.entry(said)?) == Some(*root);
        Ok(found.then_some(said))
    }

    /// Entries were written, the first of them at `first`.
    pub(super) fn add(&self, first: TreeSize, entries: &[Vec<u8>]) {
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        for (index, entry) in (first.0..).zip(entries) {
            if let Some(root) = batch_root(entry) {
                recent.insert(root, LeafIndex(index));
            }
        }
    }

    /// Hands to the index what is below this size. It is in the index before it leaves the memory,
    /// so that nobody looks it up in between in vain.
    pub(super) fn index_until(&self, size: TreeSize) -> Result<(), IndexError> {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let below = |index: &LeafIndex| index.0 < size.0;
        let moved: Vec<(Hash, LeafIndex)> =
            recent.iter().filter(|(_, index)| below(index)).map(|(k, v)| (*k, *v)).collect();
        drop(recent);
        self.index.insert(&moved)?;
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        for (root, _) in &moved {
            recent.remove(root);
        }
        Ok(())
    }
}

/// The batch root of an entry that is an issuance.
fn batch_root(entry: &[u8]) -> Option<Hash> {
    plan(&Entry::parse(entry).ok()?)
}
