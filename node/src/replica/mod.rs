//! One log's copy on this node, its own or a mirrored one: files, ledger state and index together.
//!
//! One writer holds a [`Replica`]; readers share its [`TileReader`] and [`Batches`]. The writer's
//! steps are numbered in `docs/storage.md`; here are step 1 ([`Replica::apply`]), step 2
//! ([`Replica::write`]), step 6 ([`Replica::published`]) and what may wait until after the answers
//! ([`Replica::tidy`]). Recovery is [`Replica::open`]: it
//! removes what nobody was promised and puts the rest through the same `apply`.
//!
//! Invariant: what is applied is in memory only until `write` has made its files durable; an error
//! there leaves the replica unusable, and only opening it again finds out what is on the disk.

mod batches;
mod cache;
mod growth;
mod reader;
mod recover;
mod tile_tree;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod growth_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize};
use proto::ledger::{Entry, Refusal, Rules, State, plan};

pub use batches::{Batches, LookupError};
pub use reader::{ReadError, TileReader};

use crate::store::{IndexError, LogIndex, Mark, Store, StoreError};
use growth::{Growth, Partials};

/// Fewest entries between two marks of the index: what a start replays at most takes well under
/// a second.
const MARK_ENTRIES: u64 = 4096;
/// Further entries between two marks for each KiB of the state, so that writing the state costs a
/// bounded number of bytes for each entry however large it grows.
const MARK_ENTRIES_PER_KIB: u64 = 4;

/// Why a replica cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplicaError {
    /// A file cannot be read or does not belong to the log.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The index failed.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An entry in the files breaks a rule of the ledger.
    #[error(
        "{prefix}: entry {index} breaks a rule of the ledger: {refusal}\n\
         run beleg-node fsck; the files or the federation file were exchanged"
    )]
    Rule {
        /// The log's folder.
        prefix: String,
        /// The entry.
        index: LeafIndex,
        /// The rule.
        refusal: Refusal,
    },
    /// A write failed before: what is on the disk is unknown until the log is opened again.
    #[error("{prefix}: an earlier write failed\nstart the node again; it finds out what is there")]
    Unusable {
        /// The log's folder.
        prefix: String,
    },
}

impl ReplicaError {
    /// Whether the process must stop: opening the log again in this process would not help.
    pub fn is_fatal(&self) -> bool {
        match self {
            ReplicaError::Read(ReadError::Store(e)) => e.is_fatal(),
            ReplicaError::Index(IndexError::Store(e)) => e.is_fatal(),
            ReplicaError::Unusable { .. } => false,
            _ => true,
        }
    }
}

impl From<StoreError> for ReplicaError {
    fn from(error: StoreError) -> ReplicaError {
        ReplicaError::Read(ReadError::Store(error))
    }
}

/// Why an entry was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The entry is malformed or breaks a rule; the replica is as it was.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The replica itself failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// One log's copy, in the hands of its only writer.
pub struct Replica {
    prefix: String,
    store: Arc<dyn Store>,
    rules: Rules,
    state: State,
    growth: Growth,
    index: LogIndex,
    batches: Arc<Batches>,
    /// Applied and not written.
    staged: Vec<Vec<u8>>,
    /// Partial files of places that were full at this size are gone.
    swept: TreeSize,
    marked: TreeSize,
    /// Bytes of the last dump of the state.
    dump_bytes: u64,
    usable: bool,
}

impl Replica {
    /// Opens a log's copy in the folder `prefix` and recovers it. Files beyond `limit`, the size
    /// of the pending checkpoint, are removed: nobody was ever promised what is in them.
    ///
    /// What is up to the limit stays. For a log of our own the caller compares size and root with
    /// the pending checkpoint; a mirror may hold less than its pending checkpoint and goes on
    /// receiving there.
    pub fn open(
        store: Arc<dyn Store>,
        index: LogIndex,
        prefix: &str,
        rules: Rules,
        limit: TreeSize,
    ) -> Result<Replica, ReplicaError> {
        recover::open(store, index, prefix, rules, limit)
    }

    /// How many entries are written, that is durable.
    pub fn size(&self) -> TreeSize {
        self.growth.size()
    }

    /// How many entries there are with those that are applied and not written.
    pub fn applied(&self) -> TreeSize {
        self.state.size()
    }

    /// The root of the tree of what is written.
    pub fn root(&self) -> Hash {
        self.growth.root()
    }

    /// The state after what is applied.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The rules that apply.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A new version of the federation file came.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// The reading half.
    pub fn reader(&self) -> Arc<TileReader> {
        Arc::clone(self.growth.reader())
    }

    /// Where batches are and whose status indexes; knows what is written.
    pub fn batches(&self) -> Arc<Batches> {
        Arc::clone(&self.batches)
    }

    /// Step 1: takes the next entry, in memory. A refused one changes nothing.
    pub fn apply(&mut self, entry: &[u8], now: Option<Timestamp>) -> Result<LeafIndex, ApplyError> {
        self.check_usable()?;
        let parsed = Entry::parse(entry).map_err(Refusal::from)?;
        let found = self.batches.look_up(&plan(&parsed)).map_err(ReplicaError::from)?;
        let index = LeafIndex(self.applied().0);
        self.state.apply(&self.rules, &parsed, &found, now)?;
        self.staged.push(entry.to_vec());
        Ok(index)
    }

    /// Forgets what is applied and not written.
    pub fn rollback(&mut self) {
        self.state.rollback();
        self.staged.clear();
    }

    /// Step 2: makes the bundles and tiles of everything applied durable, and gives size and root
    /// of the tree.
    pub fn write(&mut self) -> Result<(TreeSize, Hash), ReplicaError> {
        self.write_staged(Partials::Write)?;
        Ok((self.size(), self.root()))
    }

    /// Step 6: the tree of this size is published, and the index learns of its batches.
    pub fn published(&mut self, size: TreeSize) -> Result<(), ReplicaError> {
        self.check_usable()?;
        Ok(self.batches.index_until(size)?)
    }

    /// After step 7, because nobody waits for it: partial files whose full one belongs to the
    /// published tree are removed, and the mark of the index moves if it is due.
    pub fn tidy(&mut self, size: TreeSize) -> Result<(), ReplicaError> {
        self.check_usable()?;
        if size > self.swept {
            self.growth.remove_partials(self.swept, size)?;
            self.swept = size;
        }
        let due = MARK_ENTRIES.saturating_add(self.dump_bytes / 1024 * MARK_ENTRIES_PER_KIB);
        if size.0.saturating_sub(self.marked.0) >= due { self.mark(size) } else { Ok(()) }
    }

    /// The node stops: the next start need not replay what this one did.
    pub fn close(&mut self, published: TreeSize) -> Result<(), ReplicaError> {
        self.check_usable()?;
        self.batches.index_until(published)?;
        if published > self.marked { self.mark(published) } else { Ok(()) }
    }

    /// Moves the mark of the index to this size, if the state is the one at this size and was
    /// closed by a snapshot, against which the next start checks it.
    fn mark(&mut self, size: TreeSize) -> Result<(), ReplicaError> {
        if size != self.size() || size != self.applied() || !self.state.closing() {
            return Ok(());
        }
        let dump = self.state.to_bytes();
        self.index.set_mark(Mark { size, root: self.root() }, &dump)?;
        self.dump_bytes = dump.len() as u64;
        self.marked = size;
        Ok(())
    }

    fn write_staged(&mut self, partials: Partials) -> Result<(), ReplicaError> {
        self.check_usable()?;
        // Unusable from here until all is well: an error leaves an unknown subset of the files.
        self.usable = false;
        let first = self.size();
        self.growth.write(&self.staged, partials)?;
        self.batches.add(first, &self.staged, self.state.new_runs());
        self.state.commit();
        self.staged.clear();
        self.usable = true;
        Ok(())
    }

    fn check_usable(&self) -> Result<(), ReplicaError> {
        if self.usable {
            return Ok(());
        }
        Err(ReplicaError::Unusable { prefix: self.prefix.clone() })
    }
}
