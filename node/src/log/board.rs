//! What is published: the newest checkpoint, the status list and the issuers as they were in it.
//!
//! The writer's own state may be a round ahead. Answers speak of what a quorum has cosigned, so
//! they come from here, and a look never waits for the writer.

use std::sync::{Arc, PoisonError, RwLock};

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, LeafIndex, StatusIndex, TreeSize};
use proto::ledger::status::StatusTree;
use proto::ledger::{Entry, IssuerState, Snapshot, State, StatusChanges};
use tokio::sync::watch;

use crate::replica::{ReadError, TileReader};

/// A published checkpoint.
#[derive(Clone, Debug)]
pub struct Published {
    /// With the log's line and those of exactly a quorum of operators.
    pub signed: SignedCheckpoint,
    /// Its last entry.
    pub snapshot: Snapshot,
    /// The proof that it is.
    pub snapshot_proof: Vec<Hash>,
}

impl Published {
    /// Reads the closing snapshot of a checkpoint; `None` if it has none.
    pub fn read(
        reader: &TileReader,
        signed: SignedCheckpoint,
    ) -> Result<Option<Published>, ReadError> {
        let size = signed.checkpoint().size();
        let Some(last) = size.0.checked_sub(1).map(LeafIndex) else { return Ok(None) };
        let Ok(Entry::Snapshot(snapshot)) = Entry::parse(&reader.entry(last)?) else {
            return Ok(None);
        };
        let snapshot_proof = reader.prove_inclusion(last, size)?;
        Ok(Some(Published { signed, snapshot, snapshot_proof }))
    }

    /// Its size.
    pub fn size(&self) -> TreeSize {
        self.signed.checkpoint().size()
    }
}

/// The issuers of a log.
pub type Issuers = Vec<IssuerState>;

#[derive(Default)]
struct Inner {
    published: Option<Arc<Published>>,
    status: StatusTree,
    issuers: Arc<Issuers>,
}

/// The newest published checkpoint and what goes with it.
pub struct Board {
    inner: RwLock<Inner>,
    size: watch::Sender<TreeSize>,
}

impl Default for Board {
    fn default() -> Board {
        Board { inner: RwLock::default(), size: watch::Sender::new(TreeSize(0)) }
    }
}

impl Board {
    /// After a start: what was published before, with the state that the files lead to, which may
    /// be a round ahead.
    pub fn restore(&self, published: Option<Published>, state: &State) {
        let issuers = Arc::new(state.issuers().cloned().collect());
        let status = published.as_ref().and_then(|p| status_at(state.status(), &p.snapshot));
        let (published, status) = match (published, status) {
            (Some(published), Some(status)) => (Some(Arc::new(published)), status),
            // Only until the round in flight is published.
            _ => (None, StatusTree::new()),
        };
        self.replace(Inner { published, status, issuers });
    }

    /// Steps 5 and 6 are done: the round's checkpoint is published and in the index. `state` is the
    /// one that the round ends with, and `changes` what it changed in the status list.
    pub fn publish(
        &self,
        published: Published,
        state: &State,
        changes: &StatusChanges,
        issuers_changed: bool,
    ) {
        let mut inner = self.write();
        let followed = inner.status.follow(changes);
        // After a start the list here may be behind by more than this round.
        if followed.is_none() || !fits(&inner.status, &published.snapshot) {
            inner.status = state.status().clone();
        }
        if issuers_changed {
            inner.issuers = Arc::new(state.issuers().cloned().collect());
        }
        let size = published.size();
        inner.published = Some(Arc::new(published));
        drop(inner);
        self.size.send_replace(size);
    }

    /// The newest published checkpoint.
    pub fn published(&self) -> Option<Arc<Published>> {
        self.read().published.clone()
    }

    /// The newest published checkpoint, with what `look` finds in its status list.
    pub fn with_status<T>(
        &self,
        look: impl FnOnce(&StatusTree) -> T,
    ) -> Option<(Arc<Published>, T)> {
        let inner = self.read();
        let published = inner.published.clone()?;
        Some((published, look(&inner.status)))
    }

    /// All issuers.
    pub fn issuers(&self) -> Arc<Issuers> {
        Arc::clone(&self.read().issuers)
    }

    /// The published size, now and whenever it grows.
    pub fn size(&self) -> watch::Receiver<TreeSize> {
        self.size.subscribe()
    }

    fn replace(&self, new: Inner) {
        let size = new.published.as_ref().map_or(TreeSize(0), |published| published.size());
        *self.write() = new;
        self.size.send_replace(size);
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(status: &StatusTree, snapshot: &Snapshot) -> bool {
    status.length() == snapshot.status_length && status.root() == snapshot.status_root
}

/// The list as it was at a snapshot, from one that may have grown since.
fn status_at(now: &StatusTree, snapshot: &Snapshot) -> Option<StatusTree> {
    let pieces = proto::ledger::status::pieces(snapshot.status_length);
    let changed = now.changed().range(..pieces).map(|(at, piece)| (*at, *piece)).collect();
    let successors = now.successors().range(..StatusIndex(snapshot.status_length));
    let successors = successors.map(|(index, pointer)| (*index, *pointer)).collect();
    let then = StatusTree::from_pieces(snapshot.status_length, changed)?;
    let then = then.with_successors(successors);
    fits(&then, snapshot).then_some(then)
}
