//! The authority's own log: what waits, the only writer, publication to a quorum, proofs.
//!
//! [`Log`] is what the HTTP handlers hold. It takes submissions into the [`pool`], where the
//! [`sequencer`] finds them, and answers from the [`board`], where the sequencer leaves what is
//! published. Handlers and writer share nothing else.

pub mod board;
pub mod held;
pub mod pool;
pub mod prove;
pub mod publish;
pub mod recover;
pub mod sequencer;
pub mod writer;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use proto::hash::{Hash, LeafIndex, leaf_hash};
use proto::ledger::{Entry, EntryError, Refusal, Rules, Submission as Statement};
use proto::receipt::answer::IssuanceAnswer;

use crate::health::Health;
use crate::replica::{Batches, LookupError, ReadError, Replica, TileReader};
use crate::shelf::Shelf;
use board::{Board, Issuers};
use pool::{Outcome, Pool, PoolError, Refused, Submission, Ticket};
use prove::ProveError;

/// Code of the refusal of a batch root that is in the log with another signature.
pub const BATCH_ALREADY_LOGGED: &str = "batch-already-logged";

/// The own log as handlers see it.
pub struct Log {
    /// The rules of the ledger for this log.
    pub rules: Rules,
    /// What readers may see.
    pub shelf: Arc<Shelf>,
    /// Finds batches in the tree, published or not.
    pub batches: RwLock<Arc<Batches>>,
    /// What waits.
    pub pool: Pool,
    /// What is published.
    pub board: Board,
    /// What the writer is doing.
    pub health: Arc<Health>,
}

/// Why a submission is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The bytes are no submission.
    #[error(transparent)]
    Malformed(EntryError),
    /// The ledger would refuse it.
    #[error(transparent)]
    Refused(Refused),
    /// It cannot wait here.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The index or the files failed.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// Where a submission is.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// It waits, or is in the round in flight.
    Waiting(Ticket),
    /// It is an entry, published or about to be.
    Logged(LeafIndex),
}

impl Log {
    /// Recovery has opened the log again.
    pub fn attach(&self, replica: &Replica) {
        self.shelf.set_reader(replica.reader());
        *self.batches.write().unwrap_or_else(PoisonError::into_inner) = replica.batches();
    }

    fn batches(&self) -> Arc<Batches> {
        Arc::clone(&self.batches.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes an issuance. Blocks: it verifies a signature and may read files.
    pub fn submit_issuance(&self, bytes: &[u8]) -> Result<Submitted, SubmitError> {
        let statement = Statement::parse(bytes).map_err(SubmitError::Malformed)?;
        let batch = statement.statement.batch_root;
        if let Some(index) = self.batches().find(&batch)? {
            return self.same_issuance(index, bytes).map(Submitted::Logged);
        }
        // What nobody's key signed never gets a place in the queue. The writer checks again.
        self.check_signature(&statement)?;
        let submission = Submission::Issuance { batch, bytes: bytes.to_vec() };
        Ok(Submitted::Waiting(self.pool.submit(submission)?))
    }

    /// Takes an issuer entry.
    pub fn submit_issuer(&self, bytes: &[u8]) -> Result<Submitted, SubmitError> {
        match Entry::parse(bytes).map_err(SubmitError::Malformed)? {
            Entry::Issuer(_) => {}
            _ => return Err(other_kind(bytes)),
        }
        let submission = Submission::Entry { bytes: bytes.to_vec() };
        Ok(Submitted::Waiting(self.pool.submit(submission)?))
    }

    /// Takes a revocation. Blocks: it verifies a signature and may read files.
    pub fn submit_revocation(&self, bytes: &[u8]) -> Result<Submitted, SubmitError> {
        let revocation = match Entry::parse(bytes).map_err(SubmitError::Malformed)? {
            Entry::Revocation(revocation) => revocation,
            _ => return Err(other_kind(bytes)),
        };
        if let Some(index) = self.batches().find(&leaf_hash(bytes))? {
            return Ok(Submitted::Logged(index));
        }
        let issuers = self.board.issuers();
        let issuer = issuers.iter().find(|issuer| issuer.id == revocation.statement.issuer);
        if let Some(issuer) = issuer {
            // The entry will stand behind all that is published.
            let at = LeafIndex(self.board.size().borrow().0);
            let checked = revocation.check_signature(&self.rules, at, issuer);
            checked.map_err(|refusal| SubmitError::Refused(refused(&refusal)))?;
        }
        let submission = Submission::Entry { bytes: bytes.to_vec() };
        Ok(Submitted::Waiting(self.pool.submit(submission)?))
    }

    /// Where a batch is, if it was submitted. Blocks.
    pub fn find(&self, batch: &Hash) -> Result<Option<Submitted>, LookupError> {
        // The queue first: what leaves it is in the index by then.
        if let Some(ticket) = self.pool.find(batch) {
            return Ok(Some(Submitted::Waiting(ticket)));
        }
        Ok(self.batches().find(batch)?.map(Submitted::Logged))
    }

    /// Waits for the publication; `None` if it takes longer than that.
    pub async fn wait(&self, submitted: Submitted, most: Duration) -> Option<Outcome> {
        let outcome = async {
            match submitted {
                Submitted::Waiting(ticket) => ticket.outcome().await,
                Submitted::Logged(index) => {
                    let mut size = self.board.size();
                    match size.wait_for(|size| size.0 > index.0).await {
                        Ok(_) => Outcome::Published(index),
                        Err(_) => Outcome::Stopped,
                    }
                }
            }
        };
        tokio::time::timeout(most, outcome).await.ok()
    }

    /// The answer about a published issuance. Blocks.
    pub fn answer(&self, index: LeafIndex) -> Result<IssuanceAnswer, ProveError> {
        prove::issuance(&self.board, &self.shelf.reader(), index)
    }

    /// All issuers, retired ones included.
    pub fn issuers(&self) -> Arc<Issuers> {
        self.board.issuers()
    }

    /// The index, if the entry there is this submission.
    fn same_issuance(&self, index: LeafIndex, bytes: &[u8]) -> Result<LeafIndex, SubmitError> {
        let entry = self.shelf.reader().entry(index).map_err(LookupError::Read)?;
        if entry.starts_with(bytes) {
            return Ok(index);
        }
        Err(SubmitError::Refused(already_logged()))
    }

    fn check_signature(&self, submission: &Statement) -> Result<(), SubmitError> {
        let issuers = self.board.issuers();
        let issuer = issuers.iter().find(|issuer| issuer.entry == submission.statement.issuer);
        // An issuer that is not published yet may be in the round in flight: the writer knows.
        let Some(issuer) = issuer else { return Ok(()) };
        submission
            .verify(&self.rules.place(), &issuer.key)
            .map_err(|_| SubmitError::Refused(refused(&Refusal::IssuanceSignatureBad)))
    }
}

/// A well-formed entry of another kind than is taken here.
fn other_kind(bytes: &[u8]) -> SubmitError {
    let found = bytes.get(1).copied().unwrap_or_default();
    SubmitError::Malformed(EntryError::UnknownKind { found })
}

/// The ledger's words.
pub(crate) fn refused(refusal: &Refusal) -> Refused {
    Refused { code: refusal.code(), sentence: refusal.to_string() }
}

/// What is said of a batch root that another submission has taken.
pub(crate) fn already_logged() -> Refused {
    let sentence = "This batch is in the log already, with another signature or issuer.";
    Refused { code: BATCH_ALREADY_LOGGED, sentence: sentence.to_owned() }
}

/// Whether the entry at an index is exactly these bytes, or these and what the log filled in.
pub(crate) fn is_entry(
    reader: &TileReader,
    index: LeafIndex,
    bytes: &[u8],
) -> Result<bool, ReadError> {
    Ok(reader.entry(index)?.starts_with(bytes))
}
