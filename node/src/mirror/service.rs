//! Mirrors of the other logs (tlog-mirror): one atomic state for each, behind a lock of its own.
//!
//! Always: mirror checkpoint <= next entry <= pending checkpoint, and none of them goes back. The
//! pending checkpoint is durable before `add-checkpoint` is answered; entries are durable before
//! the mirror checkpoint that holds them, and that one, with this cosigner's lines in it, before
//! the lines leave the process. A crash between any two leaves a state that the log's next request
//! finds and goes on from.
//!
//! The work on a state runs to its end in a task of its own: a client that hangs up interrupts
//! nothing. Entries come in through [`receive`](super::receive).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, RwLock};

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{EMPTY_ROOT, Hash, Timestamp, TreeSize, sha256};
use proto::ledger::StatusTree;
use proto::note::VerifierKey;
use proto::witness::add_checkpoint::{AddCheckpoint, AddCheckpointError};
use proto::witness::decide::{self, KnownLog};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

use super::duty::{self, Duty};

use crate::clock::Clock;
use crate::cosigner::{CosignError, Cosigner};
use crate::evidence::{CompareError, Compared, Evidence};
use crate::halt::Halt;
use crate::replica::{ReadError, Replica, ReplicaError};
use crate::shelf::Shelf;
use crate::store::{Store, StoreError};

/// Earlier pending checkpoints that an upload may still end at (tlog-mirror#processing).
pub(super) const EARLIER_ENDS: usize = 8;
/// Uploads of one log that are read at the same time.
const UPLOADS_PER_LOG: usize = 16;

/// What all mirrors of this node share.
#[derive(Clone)]
pub struct Shared {
    /// Where the files are.
    pub store: Arc<dyn Store>,
    /// Signs for all of them.
    pub cosigner: Arc<Cosigner>,
    /// Split views.
    pub evidence: Arc<Evidence>,
    /// The time that snapshots are compared with.
    pub clock: Arc<dyn Clock>,
    /// Seconds that a log has to include a revocation that is held here.
    pub grace_s: u64,
    /// Told when a write has an unknown outcome.
    pub halt: Halt,
}

/// Why an `add-checkpoint` request is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddCheckpointRefusal {
    /// The bytes are no request.
    #[error(transparent)]
    Malformed(#[from] AddCheckpointError),
    /// The rules of tlog-witness refuse it.
    #[error(transparent)]
    Decided(#[from] decide::Refusal),
    /// This log has shown two faces, now or before.
    #[error("this log has signed two histories; it is never cosigned again")]
    SplitView,
    /// The node is about to stop, or its disk failed.
    #[error(transparent)]
    Fault(#[from] MirrorFault),
}

/// What is this node's own fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorFault {
    /// A write failed; the node stops.
    #[error("this node's disk failed; it stops to find out what is there")]
    Disk,
    /// A file of the mirror cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nothing is signed for now.
    #[error(transparent)]
    Cosign(#[from] CosignError),
    /// The node is about to stop.
    #[error("this node is about to stop")]
    Stopping,
    /// Too many uploads at the same time.
    #[error("as many uploads of this log are being read as this node reads at a time")]
    Busy,
}

/// Why a mirror cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy cannot be opened.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// A checkpoint file holds no checkpoint of this log.
    #[error(
        "{path}: this file is not a checkpoint of {origin}\n\
         stop the node, keep a copy of the data folder, and bring the file back from a backup"
    )]
    BadCheckpoint {
        /// The file.
        path: String,
        /// The log it should be of.
        origin: String,
    },
}

/// All mirrors of a node.
#[derive(Default)]
pub struct Mirrors {
    by_origin: BTreeMap<String, Arc<Mirror>>,
}

/// One mirrored log.
pub struct Mirror {
    pub(super) origin: String,
    key: VerifierKey,
    pub(super) prefix: String,
    pub(super) shared: Shared,
    /// Shown to readers.
    pub shelf: Arc<Shelf>,
    pub(super) reader: Arc<crate::replica::TileReader>,
    pub(super) uploads: Arc<Semaphore>,
    /// When the revocations that are held are due; a copy of what is in `state`, for who must not
    /// wait for a request.
    pub(super) dues: RwLock<Vec<Timestamp>>,
    /// Held for as long as a request changes anything.
    state: Arc<Mutex<State>>,
}

/// What a mirror has. Changed under the lock only, in the same step as the files.
pub(super) struct State {
    pub(super) replica: Replica,
    pub(super) pending: Option<SignedCheckpoint>,
    pub(super) earlier: VecDeque<SignedCheckpoint>,
    /// The mirror checkpoint with the lines of this cosigner.
    pub(super) mirror: Option<SignedCheckpoint>,
    /// Revocations that the log has not included yet, oldest first.
    pub(super) duties: Vec<Duty>,
    /// A write failed: nothing here is believed any more.
    pub(super) broken: bool,
}

impl State {
    pub(super) fn mirror_size(&self) -> TreeSize {
        self.mirror.as_ref().map_or(TreeSize(0), |signed| signed.checkpoint().size())
    }

    fn latest(&self) -> (TreeSize, Hash) {
        let head =
            |signed: &SignedCheckpoint| (signed.checkpoint().size(), *signed.checkpoint().root());
        self.pending.as_ref().map_or((TreeSize(0), EMPTY_ROOT), head)
    }
}

impl Mirrors {
    /// Mirrors that were opened.
    pub fn new(mirrors: Vec<Arc<Mirror>>) -> Mirrors {
        let named = mirrors.into_iter().map(|mirror| (mirror.origin.clone(), mirror));
        Mirrors { by_origin: named.collect() }
    }

    /// The mirror of this log.
    pub fn find(&self, origin: &str) -> Option<&Arc<Mirror>> {
        self.by_origin.get(origin)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mirror>> {
        self.by_origin.values()
    }

    /// tlog-mirror#add-checkpoint: a newer pending checkpoint, durable when this returns.
    pub async fn add_checkpoint(&self, body: &[u8]) -> Result<(), AddCheckpointRefusal> {
        let request = AddCheckpoint::parse(body)?;
        let origin = request.checkpoint.checkpoint().origin();
        match self.find(origin) {
            Some(mirror) => Arc::clone(mirror).add_checkpoint(request).await,
            None => Err(decide::Refusal::UnknownLog.into()),
        }
    }

    /// Waits until no request is changing anything, and lets none begin.
    pub async fn close(&self) {
        for mirror in self.iter() {
            mirror.uploads.close();
            mirror.state.lock().await.broken = true;
        }
    }
}

/// Where the files of a mirrored log lie.
pub fn prefix(origin: &str) -> String {
    format!("mirror/{}", sha256(origin.as_bytes()))
}

/// `pending` is never behind the mirror checkpoint, unless someone brought back one file alone.
fn newer(
    pending: Option<SignedCheckpoint>,
    mirror: Option<SignedCheckpoint>,
) -> Option<SignedCheckpoint> {
    let size = |signed: &SignedCheckpoint| signed.checkpoint().size();
    match (pending, mirror) {
        (Some(pending), Some(mirror)) if size(&pending) < size(&mirror) => Some(mirror),
        (pending, mirror) => pending.or(mirror),
    }
}

impl Mirror {
    /// Opens the copy of one log. Blocks on the disk.
    pub fn open(
        shared: Shared,
        key: &VerifierKey,
        open_replica: impl FnOnce(&str, TreeSize) -> Result<Replica, ReplicaError>,
    ) -> Result<Mirror, OpenError> {
        let origin = key.name().to_owned();
        let prefix = prefix(&origin);
        let read = |name: &str| -> Result<Option<SignedCheckpoint>, OpenError> {
            let path = format!("{prefix}/{name}");
            let Some(bytes) = shared.store.read(&path)? else { return Ok(None) };
            let signed = SignedCheckpoint::parse(&bytes).ok();
            let signed = signed.filter(|signed| signed.checkpoint().origin() == origin);
            let bad = || OpenError::BadCheckpoint { path, origin: origin.clone() };
            signed.map(Some).ok_or_else(bad)
        };
        let mirror = read("checkpoint")?;
        let pending = newer(read("pending")?, mirror.clone());
        // Entries beyond the mirror checkpoint were proven to belong to the pending one.
        let limit = pending.as_ref().map_or(TreeSize(0), |pending| pending.checkpoint().size());
        let replica = open_replica(&prefix, limit)?;
        let reader = replica.reader();
        let shelf = Shelf::new(Arc::clone(&shared.store), &prefix, Arc::clone(&reader));
        let shelf = Arc::new(shelf);
        if let Some(mirror) = &mirror {
            shared.cosigner.saw(mirror);
            shelf.show_checkpoint(mirror.to_bytes().into());
        }
        if let Some(pending) = &pending {
            shelf.show_pending(pending.to_bytes().into());
        }
        shelf.show_files(replica.size());
        let duties = duty::load(&*shared.store, &prefix)?;
        let dues = RwLock::new(duty::dues(&duties, shared.grace_s));
        let earlier = VecDeque::new();
        let state = State { replica, pending, earlier, mirror, duties, broken: false };
        Ok(Mirror {
            origin,
            key: key.clone(),
            prefix,
            shared,
            shelf,
            reader,
            uploads: Arc::new(Semaphore::new(UPLOADS_PER_LOG)),
            dues,
            state: Arc::new(Mutex::new(state)),
        })
    }

    /// The identity line of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key that signs its checkpoints.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The checkpoint that this node has cosigned, with what `look` finds in the status list with
    /// which it closes; `None` if there is none, or while the copy is ahead of it. Blocks.
    pub fn with_closing_status<T>(
        &self,
        look: impl FnOnce(&SignedCheckpoint, &StatusTree) -> T,
    ) -> Option<T> {
        let state = Arc::clone(&self.state).blocking_lock_owned();
        let signed = state.mirror.as_ref()?;
        let closing = state.replica.size() == signed.checkpoint().size();
        closing.then(|| look(signed, state.replica.state().status()))
    }

    /// Takes the lock, to be carried to a blocking thread.
    pub(super) async fn lock(&self) -> OwnedMutexGuard<State> {
        Arc::clone(&self.state).lock_owned().await
    }

    async fn add_checkpoint(
        self: Arc<Mirror>,
        request: AddCheckpoint,
    ) -> Result<(), AddCheckpointRefusal> {
        if self.shared.evidence.is_split(&self.origin) {
            return Err(AddCheckpointRefusal::SplitView);
        }
        let mut state = self.lock().await;
        let work = move || {
            if state.broken {
                return Err(MirrorFault::Stopping.into());
            }
            let known =
                KnownLog { origin: &self.origin, keys: &[&self.key], latest: state.latest() };
            match decide::decide(Some(&known), &request) {
                Ok(_) => self.move_pending(&mut state, request.checkpoint),
                Err(refusal) => Err(self.refuse(&state, &request.checkpoint, refusal)),
            }
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(MirrorFault::Stopping.into()),
        }
    }

    /// Durable, then believed, then shown.
    fn move_pending(
        &self,
        state: &mut State,
        signed: SignedCheckpoint,
    ) -> Result<(), AddCheckpointRefusal> {
        // Only what the log signed is kept; other lines are nobody's claim here.
        let signed = self.log_lines_only(signed);
        if state.latest() == (signed.checkpoint().size(), *signed.checkpoint().root())
            && state.pending.is_some()
        {
            return Ok(());
        }
        let bytes = signed.to_bytes();
        let path = format!("{}/pending", self.prefix);
        if let Err(error) = self.shared.store.replace(&path, &bytes) {
            return Err(self.broken(state, &error).into());
        }
        if let Some(before) = state.pending.replace(signed) {
            state.earlier.push_back(before);
            if state.earlier.len() > EARLIER_ENDS {
                state.earlier.pop_front();
            }
        }
        self.shelf.show_pending(bytes.into());
        Ok(())
    }

    fn log_lines_only(&self, signed: SignedCheckpoint) -> SignedCheckpoint {
        let lines = signed.note().signatures_naming(&self.key).cloned().collect();
        signed.with_signatures(lines).unwrap_or(signed)
    }

    /// A checkpoint that its log signed may be evidence even if the request is refused
    /// (tlog-witness#add-checkpoint, "MAY log the request").
    fn refuse(
        &self,
        state: &State,
        signed: &SignedCheckpoint,
        refusal: decide::Refusal,
    ) -> AddCheckpointRefusal {
        use decide::Refusal::{Conflict, Inconsistent, SplitView};
        if !matches!(refusal, Conflict { .. } | Inconsistent(_) | SplitView) {
            return refusal.into();
        }
        let Some(pending) = &state.pending else { return refusal.into() };
        let other = self.log_lines_only(signed.clone());
        match self.shared.evidence.compare(&self.reader, pending, &other) {
            // A larger one is judged by the proof that came with it.
            Ok(Compared::Same | Compared::Larger) => refusal.into(),
            Ok(Compared::Split) => AddCheckpointRefusal::SplitView,
            Err(CompareError::Read(error)) => MirrorFault::Read(error).into(),
            Err(CompareError::Store(error)) => self.halt(&error).into(),
        }
    }

    /// After this the state is of no use: what is on the disk is unknown.
    pub(super) fn broken(&self, state: &mut State, error: &dyn std::error::Error) -> MirrorFault {
        state.broken = true;
        self.halt(error)
    }

    fn halt(&self, error: &dyn std::error::Error) -> MirrorFault {
        self.shared.halt.now(format!("the copy of {} could not be written: {error}", self.origin));
        MirrorFault::Disk
    }
}
