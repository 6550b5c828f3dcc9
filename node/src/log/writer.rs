//! What the sequencer does on the disk: steps 1, 2, 3, 5 and 6, each a call that blocks.
//!
//! After an error a writer is of no use: what is on the disk is unknown.

use std::sync::Arc;

use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::hash::{LeafIndex, Timestamp, TreeSize, leaf_hash};
use proto::ledger::{Entry, Refusal, State, StatusChanges, Submission as Statement};
use proto::note::SigningKey;

use super::pool::{Outcome, Submission, Taken};
use super::recover::PENDING;
use super::{already_logged, is_entry, refused};
use crate::mirror::client::Offer;
use crate::replica::{ApplyError, ReadError, Replica, ReplicaError};
use crate::shelf::Shelf;
use crate::store::{Store, StoreError};

/// Path of the published checkpoint.
pub const CHECKPOINT: &str = "log/checkpoint";

/// The steps that touch the disk, for messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// 1
    Apply,
    /// 2
    Write,
    /// 3
    Sign,
    /// 5
    Publish,
    /// 6
    Index,
}

impl Step {
    fn text(self) -> &'static str {
        match self {
            Step::Apply => "1 (apply)",
            Step::Write => "2 (bundles and tiles)",
            Step::Sign => "3 (pending checkpoint)",
            Step::Publish => "5 (published checkpoint)",
            Step::Index => "6 (index)",
        }
    }

    /// Puts the step into an error.
    pub fn at<E: Into<ReplicaError>>(self) -> impl FnOnce(E) -> WriteError {
        move |source| WriteError::Step { step: self.text(), source: source.into() }
    }
}

/// Why the writer stopped. The process stops with it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A step failed and what it left is unknown.
    #[error("the log's writer stopped in step {step}: {source}")]
    Step {
        /// Which one.
        step: &'static str,
        /// What failed.
        source: ReplicaError,
    },
    /// The log refuses its own snapshot.
    #[error(
        "the log's own snapshot breaks a rule of the ledger: {0}\n\
         this is a fault in beleg-node; nothing was signed"
    )]
    Snapshot(Refusal),
    /// The checkpoint could not be put together.
    #[error(
        "the checkpoint could not be signed\nthis is a fault in beleg-node; nothing was signed"
    )]
    Sign,
    /// A published checkpoint does not end in a snapshot.
    #[error("the checkpoint does not end in a snapshot\nrun beleg-node fsck")]
    NotClosing,
    /// The requests for the peers could not be made.
    #[error("the round could not be prepared for the peers: {0}")]
    Offer(#[from] crate::mirror::client::PushError),
    /// The process is about to stop.
    #[error("the log's writer was interrupted\nstart the node again")]
    Interrupted,
}

/// The log's files in the hands of the only writer.
pub struct Writer {
    replica: Replica,
    store: Arc<dyn Store>,
    key: Arc<SigningKey>,
    shelf: Arc<Shelf>,
}

/// Steps 1 to 3 are done.
pub struct Prepared {
    /// The signed checkpoint; `None` if nothing was to be published.
    pub offer: Option<Offer>,
    /// What is so whatever becomes of the round: refusals, and what was published before.
    pub decided: Vec<(Taken, Outcome)>,
    /// What becomes of the others once the round is published.
    pub outcomes: Vec<(Taken, Outcome)>,
    /// Whether an issuer, or the number of its last revocation, changed.
    pub issuers_changed: bool,
    /// What the round changed in the status list.
    pub status: StatusChanges,
}

impl Writer {
    /// A writer for a log that recovery has been through.
    pub fn new(
        replica: Replica,
        store: Arc<dyn Store>,
        key: Arc<SigningKey>,
        shelf: Arc<Shelf>,
    ) -> Writer {
        Writer { replica, store, key, shelf }
    }

    /// The state after the last round.
    pub fn state(&self) -> &State {
        self.replica.state()
    }

    /// Steps 1 to 3. Without a submission that the ledger takes, a round is made only if
    /// `idle_due`.
    pub fn prepare(
        &mut self,
        taken: Vec<Taken>,
        now: Timestamp,
        idle_due: bool,
    ) -> Result<Prepared, WriteError> {
        let from = self.replica.size();
        let mut issuers_changed = false;
        let (mut decided, mut outcomes) = (Vec::new(), Vec::with_capacity(taken.len()));
        for taken in taken {
            match self.apply(&taken.submission)? {
                Outcome::Published(index) if index.0 >= from.0 => {
                    issuers_changed |= matches!(&*taken.submission, Submission::Entry { .. });
                    outcomes.push((taken, Outcome::Published(index)));
                }
                outcome => decided.push((taken, outcome)),
            }
        }
        if outcomes.is_empty() && !idle_due {
            let status = StatusChanges::default();
            return Ok(Prepared { offer: None, decided, outcomes, issuers_changed, status });
        }
        self.close_round(now)?;
        let status = self.state().status_changes();
        let (size, root) = self.replica.write().map_err(Step::Write.at())?;
        let signed = self.sign(size, root)?;
        let offer = self.offer(signed, from)?;
        Ok(Prepared { offer: Some(offer), decided, outcomes, issuers_changed, status })
    }

    /// Step 3: from here the log stands by the checkpoint.
    fn sign(
        &self,
        size: TreeSize,
        root: proto::hash::Hash,
    ) -> Result<SignedCheckpoint, WriteError> {
        let origin = self.replica.rules().origin();
        let checkpoint = Checkpoint::new(origin, size, root).map_err(|_| WriteError::Sign)?;
        let signed = SignedCheckpoint::sign(checkpoint, &self.key).map_err(|_| WriteError::Sign)?;
        let bytes = signed.to_bytes();
        self.store.replace(PENDING, &bytes).map_err(Step::Sign.at::<StoreError>())?;
        self.shelf.show_pending(bytes.into());
        Ok(signed)
    }

    /// What step 4 sends to peers that have the tree of size `from`.
    pub fn offer(&mut self, signed: SignedCheckpoint, from: TreeSize) -> Result<Offer, WriteError> {
        let from = from.min(signed.checkpoint().size());
        Ok(Offer::new(signed, self.replica.reader(), from)?)
    }

    /// Step 5.
    pub fn publish(&mut self, signed: &SignedCheckpoint) -> Result<(), WriteError> {
        let bytes = signed.to_bytes();
        self.store.replace(CHECKPOINT, &bytes).map_err(Step::Publish.at::<StoreError>())
    }

    /// Step 6.
    pub fn index(&mut self, size: TreeSize) -> Result<(), WriteError> {
        self.replica.published(size).map_err(Step::Index.at())
    }

    /// After step 7: what nobody waits for.
    pub fn tidy(&mut self, size: TreeSize) -> Result<(), WriteError> {
        self.replica.tidy(size).map_err(Step::Index.at())
    }

    /// The node stops: the next start is quicker for this, and right without it.
    pub fn close(&mut self, published: TreeSize) -> Result<(), WriteError> {
        if let Err(error) = self.replica.close(published) {
            tracing::warn!(%error, "the index could not be closed; the next start takes longer");
        }
        Ok(())
    }

    /// Step 1 for the snapshot that closes the round.
    fn close_round(&mut self, now: Timestamp) -> Result<(), WriteError> {
        let snapshot = self.replica.state().snapshot(self.replica.rules(), now);
        let entry = Entry::Snapshot(snapshot).to_bytes();
        match self.replica.apply(&entry, Some(now)) {
            Ok(_) => Ok(()),
            Err(ApplyError::Refused(refusal)) => Err(WriteError::Snapshot(refusal)),
            Err(ApplyError::Replica(error)) => Err(Step::Apply.at()(error)),
        }
    }

    /// Step 1 for one submission. A refused one leaves everything as it was.
    fn apply(&mut self, submission: &Submission) -> Result<Outcome, WriteError> {
        let entry = match submission {
            Submission::Entry { bytes } => bytes.clone(),
            Submission::Issuance { bytes, .. } => match Statement::parse(bytes) {
                Ok(statement) => statement.entry(self.state().next_status()).to_bytes(),
                Err(error) => return Ok(Outcome::Refused(refused(&Refusal::Entry(error)))),
            },
        };
        match self.replica.apply(&entry, None) {
            Ok(index) => Ok(Outcome::Published(index)),
            Err(ApplyError::Refused(refusal)) => self.refused(submission, &refusal),
            Err(ApplyError::Replica(error)) => Err(Step::Apply.at()(error)),
        }
    }

    /// The same submission again is no error: it has its index already.
    fn refused(&self, submission: &Submission, refusal: &Refusal) -> Result<Outcome, WriteError> {
        let read = Step::Apply.at::<ReadError>();
        let (known, words) = match submission {
            Submission::Issuance { batch, .. } if *refusal == Refusal::BatchDuplicate => {
                let found = self.replica.batches().find(batch);
                (found.map_err(ReplicaError::from).map_err(Step::Apply.at())?, already_logged())
            }
            Submission::Issuance { .. } => (None, refused(refusal)),
            Submission::Entry { bytes } => (self.entry_like(bytes)?, refused(refusal)),
        };
        let bytes = match submission {
            Submission::Issuance { bytes, .. } | Submission::Entry { bytes } => bytes,
        };
        match known.filter(|index| index.0 < self.replica.size().0) {
            Some(index) if is_entry(&self.replica.reader(), index, bytes).map_err(read)? => {
                Ok(Outcome::Published(index))
            }
            _ => {
                metrics::counter!("beleg_refused_total", "code" => words.code).increment(1);
                Ok(Outcome::Refused(words))
            }
        }
    }

    /// Where this entry is, if it is there: the entry in force of the issuer that has its key, or
    /// the same revocation.
    fn entry_like(&self, bytes: &[u8]) -> Result<Option<LeafIndex>, WriteError> {
        match Entry::parse(bytes) {
            Ok(Entry::Issuer(entry)) => {
                Ok(self.state().issuer_by_key(entry.statement.key()).map(|issuer| issuer.entry))
            }
            Ok(Entry::Revocation(_)) => {
                let found = self.replica.batches().find(&leaf_hash(bytes));
                found.map_err(ReplicaError::from).map_err(Step::Apply.at())
            }
            _ => Ok(None),
        }
    }
}
