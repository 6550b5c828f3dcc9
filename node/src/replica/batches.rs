//! What the ledger's rules look up in the log: where a batch root is, exact, so that the same batch
//! never gets two indexes; where a revocation is, for who sends it again; and whose status indexes
//! are, run by run.
//!
//! What is written and not yet handed to the index is kept in memory. A batch found in the index is
//! confirmed against the files, because beyond its mark the index may hold what a recovery took
//! away again; up to the mark, what it does not hold is not there. A run needs no confirmation:
//! the index is given what is published, which no recovery takes away.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use proto::hash::{Hash, LeafIndex, StatusIndex, TreeSize, leaf_hash};
use proto::ledger::{Entry, Found, Lookup, Run};

use super::ReplicaError;
use super::reader::{ReadError, TileReader};
use crate::store::{IndexError, LogIndex};

/// Finds batches and runs in what is written.
pub struct Batches {
    index: LogIndex,
    reader: Arc<TileReader>,
    recent: RwLock<Recent>,
}

#[derive(Default)]
struct Recent {
    batches: HashMap<Hash, LeafIndex>,
    /// By first status index: the issuer, and the entry that begins the run.
    runs: BTreeMap<StatusIndex, (LeafIndex, LeafIndex)>,
}

/// Why a batch or a run cannot be looked up.
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

    /// Answers what `apply` asks for.
    pub fn look_up(&self, lookup: &Lookup) -> Result<Found, LookupError> {
        match lookup {
            Lookup::Nothing => Ok(Found::default()),
            Lookup::Batch(root) => {
                Ok(Found { batch: self.find(root)?.is_some(), ..Found::default() })
            }
            Lookup::Runs(at) => {
                let runs = at.iter().map(|index| self.run_at(*index));
                Ok(Found { runs: runs.collect::<Result<_, _>>()?, ..Found::default() })
            }
        }
    }

    /// The index of the issuance with this batch root, or of the revocation with this leaf hash.
    pub fn find(&self, root: &Hash) -> Result<Option<LeafIndex>, LookupError> {
        let recent = self.read().batches.get(root).copied();
        if recent.is_some() {
            return Ok(recent);
        }
        let Some(said) = self.index.batch(root)? else { return Ok(None) };
        if said.0 >= self.reader.size().0 {
            return Ok(None);
        }
        let found = name_of(&self.reader.entry(said)?).map(|(name, _)| name) == Some(*root);
        Ok(found.then_some(said))
    }

    /// The last run that begins at or before a status index.
    fn run_at(&self, index: StatusIndex) -> Result<Option<Run>, IndexError> {
        let recent = self.read();
        let newest = recent.runs.range(..=index).next_back();
        let newest = newest.map(|(first, (issuer, _))| Run { first: *first, issuer: *issuer });
        drop(recent);
        match newest {
            Some(run) => Ok(Some(run)),
            None => self.index.run_at(index),
        }
    }

    /// Entries were written, the first of them at `first`, and began these runs.
    pub(super) fn add(&self, first: TreeSize, entries: &[Vec<u8>], runs: &[Run]) {
        let issuers: HashMap<StatusIndex, LeafIndex> =
            runs.iter().map(|run| (run.first, run.issuer)).collect();
        let mut recent = self.write();
        for (index, entry) in (first.0..).zip(entries) {
            let Some((name, first_status)) = name_of(entry) else { continue };
            recent.batches.insert(name, LeafIndex(index));
            if let Some((first, issuer)) = first_status.and_then(|at| issuers.get_key_value(&at)) {
                recent.runs.insert(*first, (*issuer, LeafIndex(index)));
            }
        }
    }

    /// Hands to the index what is below this size. It is in the index before it leaves the memory,
    /// so that nobody looks it up in between in vain.
    pub(super) fn index_until(&self, size: TreeSize) -> Result<(), IndexError> {
        let recent = self.read();
        let below = |index: LeafIndex| index.0 < size.0;
        let batches: Vec<(Hash, LeafIndex)> = (recent.batches.iter())
            .filter(|(_, index)| below(**index))
            .map(|(root, index)| (*root, *index))
            .collect();
        let runs: Vec<Run> = (recent.runs.iter())
            .filter(|(_, (_, index))| below(*index))
            .map(|(first, (issuer, _))| Run { first: *first, issuer: *issuer })
            .collect();
        drop(recent);
        self.index.insert(&batches, &runs)?;
        let mut recent = self.write();
        for (root, _) in &batches {
            recent.batches.remove(root);
        }
        for run in &runs {
            recent.runs.remove(&run.first);
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Recent> {
        self.recent.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry is looked up by; of an issuance also its first status index.
fn name_of(entry: &[u8]) -> Option<(Hash, Option<StatusIndex>)> {
    match Entry::parse(entry).ok()? {
        Entry::Issuance(issuance) => {
            Some((issuance.submission.statement.batch_root, Some(issuance.first_status)))
        }
        Entry::Revocation(_) => Some((leaf_hash(entry), None)),
        Entry::Issuer(_) | Entry::Snapshot(_) => None,
    }
}
