//! One hosted office as the handlers see it: orders are taken in, each under its idempotency key,
//! and answered when their batch is published. [`super::work`] does what is ordered.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use proto::document::Document;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp, sha256_parts};
use proto::ledger::{IssuerState, StatusTree};
use tokio::sync::{Notify, watch};

use super::OpenError;
use super::batches::Batches;
use super::changes::Changes;
use super::claims::TEXT_BYTES;
use super::journal::Journal;
use super::office::Office;
use super::plan::{DOCUMENTS, Plan, PlanError};
use super::token::Token;
use crate::clock::Clock;
use crate::health::Phase;
use crate::lines::FileError;
use crate::log::Log;
use crate::log::pool::Refused;

const KEY_LABEL: &[u8] = b"beleg-node/idempotency-key/v1\0";
/// How long a request waits for its receipt.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });
/// Documents that may wait for a batch.
const WAITING: usize = if cfg!(test) { 24 } else { 4_096 };
/// Bytes of names and values that may wait for a batch.
const WAITING_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of names and values that one batch takes; one document more may always come.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Documents whose idempotency keys are remembered.
const REMEMBERED: usize = if cfg!(test) { 60 } else { 1_000_000 };

/// A document to be issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The hash of its idempotency key.
    pub key: Hash,
    /// The id of the token that it came with.
    pub token: String,
    /// The document.
    pub document: Document,
}

impl Order {
    /// What is kept of an idempotency key.
    pub fn hash_key(key: &[u8]) -> Hash {
        sha256_parts(&[KEY_LABEL, key])
    }

    fn bytes(&self) -> usize {
        let fields = self.document.fields().iter();
        fields.map(|field| field.name().len() + field.value().len()).sum()
    }
}

/// A document that was issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// The receipt file.
    pub receipt: Bytes,
    /// The log.
    pub origin: String,
    /// Index of the issuance.
    pub index: u64,
    /// The document's status index.
    pub status: u64,
}

/// Why there is no receipt.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The idempotency key was used for another document.
    #[error("this idempotency key was used for another document")]
    KeyReused,
    /// The token is not for this type, or the ledger's entry is not.
    #[error("documents of the type {0} may not be issued so")]
    TypeNotAllowed(String),
    /// The authority has not admitted the office's key.
    #[error("the authority has not admitted this office yet")]
    NotAdmitted,
    /// The authority has retired it.
    #[error("the authority has retired this office")]
    Retired,
    /// As many wait as may.
    #[error("as many documents wait as this office may have")]
    Full,
    /// The log does not publish at this time.
    #[error("the log does not publish: {0}")]
    NotReady(String),
    /// It is taken in, and nothing is published in time.
    #[error("the document is taken in and not published yet")]
    Unconfirmed,
    /// The node stops.
    #[error("this node is about to stop")]
    Stopping,
    /// The ledger refused it, and nothing of it is kept.
    #[error("the ledger refuses: {0}")]
    Refused(Refused),
    /// This node's fault; it is logged.
    #[error("the office's files cannot be read")]
    Fault,
}

impl IssueError {
    /// The status list is not there yet.
    pub fn list_not_ready() -> IssueError {
        IssueError::NotReady("The status list is not published yet.".to_owned())
    }
}

/// What becomes of an order.
pub(super) type Outcome = Result<Issued, IssueError>;

/// An order known by its idempotency key.
#[derive(Debug)]
pub(super) enum Known {
    /// It waits, or its batch is not published.
    InHand { order: Arc<Order>, outcome: watch::Sender<Option<Outcome>> },
    /// Its receipt can be made again.
    Issued { root: Hash },
}

#[derive(Debug, Default)]
pub(super) struct Counter {
    /// Not in a batch yet, in the order of arrival.
    waiting: VecDeque<Arc<Order>>,
    waiting_bytes: usize,
    pub(super) known: HashMap<Hash, Known>,
    /// Finished batches, oldest first, with the time when they were begun.
    pub(super) finished: VecDeque<(u64, Hash)>,
    closed: bool,
}

/// A hosted office at work.
pub struct Desk {
    /// Its folder, key and tokens.
    pub office: Office,
    pub(super) log: Arc<Log>,
    pub(super) federation: Arc<Federation>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) batches: Batches,
    pub(super) journal: Mutex<Journal>,
    pub(super) changes: Changes,
    counter: Mutex<Counter>,
    arrived: Notify,
}

impl Desk {
    /// Reads what was issued before; the batches that were begun and not finished are for
    /// [`Desk::run`].
    pub fn open(
        office: Office,
        log: Arc<Log>,
        federation: Arc<Federation>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Desk, Vec<Plan>), OpenError> {
        let batches = Batches::open(&office.folder)?;
        let journal = Mutex::new(Journal::open(&office.folder)?);
        let changes = Changes::open(&office.folder, clock.now())?;
        let (mut counter, mut begun) = (Counter::default(), Vec::new());
        for found in batches.load()? {
            let folder = || office.folder.display().to_string();
            if !found.plan.is_for(&log.rules.place()) {
                return Err(OpenError::OtherLog { folder: folder() });
            }
            let root = found.plan.root();
            for planned in &found.plan.documents {
                let known = if found.answered {
                    Known::Issued { root }
                } else {
                    let document = planned.document();
                    let damaged = |_| FileError::Damaged { file: format!("{}/{root}", folder()) };
                    let document = document.map_err(damaged)?;
                    let (key, token) = (planned.key(), planned.token.clone());
                    let order = Arc::new(Order { key, token, document });
                    Known::InHand { order, outcome: watch::Sender::new(None) }
                };
                counter.known.insert(planned.key(), known);
            }
            match found.answered {
                true => counter.finished.push_back((found.plan.created, root)),
                false => begun.push(found.plan),
            }
        }
        let (counter, arrived) = (Mutex::new(counter), Notify::new());
        let desk =
            Desk { office, log, federation, clock, batches, journal, changes, counter, arrived };
        Ok((desk, begun))
    }

    /// Whether a new document has a chance, asked before its bytes are read. A known key always
    /// has.
    pub fn ready(&self, key: &Hash) -> Result<(), IssueError> {
        if self.lock().known.contains_key(key) { Ok(()) } else { self.open_now() }
    }

    /// Whether the office can issue.
    pub fn open_now(&self) -> Result<(), IssueError> {
        let report = self.log.health.report();
        match self.log.health.phase() {
            Phase::Stopping => return Err(IssueError::Stopping),
            _ if !report.ready => return Err(IssueError::NotReady(report.message)),
            _ => {}
        }
        self.issuer().map(drop)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Looks at the published states.
    pub fn states<T>(&self, look: impl FnOnce(&StatusTree) -> T) -> Result<T, IssueError> {
        let (_, seen) = self.log.board.with_status(look).ok_or_else(IssueError::list_not_ready)?;
        Ok(seen)
    }

    /// Whether documents of this type may be issued with this token.
    pub fn allows(&self, token: &Token, document_type: &str) -> Result<(), IssueError> {
        let granted = token.is_for(document_type);
        let not_allowed = || IssueError::TypeNotAllowed(document_type.to_owned());
        let in_scope = match self.issuer() {
            Ok(issuer) => issuer.scope.iter().any(|scope| scope == document_type),
            // What was issued before the office was retired can still be asked for.
            Err(_) => true,
        };
        if granted && in_scope { Ok(()) } else { Err(not_allowed()) }
    }

    /// Issues a document, or gives the receipt of the one that this key was used for before.
    pub async fn issue(self: &Arc<Self>, order: Order) -> Outcome {
        let mut ticket = match self.take_in(order)? {
            Taken::Waits(ticket) => ticket,
            Taken::Issued { root, order } => {
                let desk = Arc::clone(self);
                let again = tokio::task::spawn_blocking(move || desk.again(&root, &order));
                return again.await.unwrap_or(Err(IssueError::Stopping));
            }
        };
        // What is begun goes on, whether or not somebody waits for it.
        match tokio::time::timeout(PATIENCE, ticket.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(IssueError::Stopping)),
            Ok(Err(_)) => Err(IssueError::Stopping),
            Err(_) => Err(IssueError::Unconfirmed),
        }
    }

    fn take_in(&self, order: Order) -> Result<Taken, IssueError> {
        let order = Arc::new(order);
        let mut counter = self.lock();
        match counter.known.get(&order.key) {
            Some(Known::InHand { order: same, outcome }) => {
                let same = same.document == order.document;
                return match same {
                    true => Ok(Taken::Waits(outcome.subscribe())),
                    false => Err(IssueError::KeyReused),
                };
            }
            Some(Known::Issued { root }) => return Ok(Taken::Issued { root: *root, order }),
            None => {}
        }
        if counter.closed {
            return Err(IssueError::Stopping);
        }
        let full = counter.waiting.len() >= WAITING
            || counter.waiting_bytes >= WAITING_BYTES
            || counter.known.len() >= REMEMBERED;
        if full {
            return Err(IssueError::Full);
        }
        let (outcome, ticket) = watch::channel(None);
        counter.waiting_bytes += order.bytes();
        counter.waiting.push_back(Arc::clone(&order));
        counter.known.insert(order.key, Known::InHand { order, outcome });
        drop(counter);
        self.arrived.notify_one();
        Ok(Taken::Waits(ticket))
    }

    /// The issuer's entry in force.
    pub(super) fn issuer(&self) -> Result<IssuerState, IssueError> {
        let issuers = self.log.issuers();
        let public = self.office.public();
        match issuers.iter().find(|issuer| issuer.key == public) {
            Some(issuer) if issuer.retired => Err(IssueError::Retired),
            Some(issuer) => Ok(issuer.clone()),
            None => Err(IssueError::NotAdmitted),
        }
    }

    /// The receipt of a document that was issued before. Blocks.
    fn again(&self, root: &Hash, order: &Order) -> Outcome {
        let fault = |error: &dyn std::error::Error| {
            let office = &self.office.name;
            tracing::error!(office, %root, %error, "a receipt cannot be made again");
            IssueError::Fault
        };
        let (plan, answer) = self.batches.read(root).map_err(|e| fault(&e))?;
        let planned = plan.documents.iter().find(|planned| planned.key() == order.key);
        let planned = planned.ok_or_else(|| fault(&PlanError::OtherRoot))?;
        let document = planned.document().map_err(|e| fault(&e))?;
        if document != order.document {
            return Err(IssueError::KeyReused);
        }
        let made = plan.batch().and_then(|batch| {
            self.issued(&plan, planned, &batch, &answer).map(|(issued, _)| issued)
        });
        made.map_err(|e| fault(&e))
    }

    /// Returns as soon as something waits, with what goes into the next batch.
    pub(super) async fn take(&self) -> Vec<Arc<Order>> {
        loop {
            let taken = self.take_now();
            if !taken.is_empty() {
                return taken;
            }
            // One permit is kept if an order comes between the look and this.
            self.arrived.notified().await;
        }
    }

    fn take_now(&self) -> Vec<Arc<Order>> {
        let mut counter = self.lock();
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < DOCUMENTS && bytes < BATCH_BYTES - TEXT_BYTES {
            let Some(order) = counter.waiting.pop_front() else { break };
            bytes += order.bytes();
            taken.push(order);
        }
        counter.waiting_bytes = counter.waiting_bytes.saturating_sub(bytes);
        taken
    }

    /// Tells everyone who asked about this key what became of it.
    pub(super) fn tell(counter: &mut Counter, key: Hash, outcome: Outcome, next: Option<Known>) {
        let before = match next {
            Some(next) => counter.known.insert(key, next),
            None => counter.known.remove(&key),
        };
        if let Some(Known::InHand { outcome: waiting, .. }) = before {
            waiting.send_replace(Some(outcome));
        }
    }

    /// Takes nothing more in and tells all who wait that the node stops.
    pub(super) fn close(&self) {
        let mut counter = self.lock();
        counter.closed = true;
        counter.waiting.clear();
        for (_, known) in counter.known.drain() {
            if let Known::InHand { outcome, .. } = known {
                outcome.send_replace(Some(Err(IssueError::Stopping)));
            }
        }
    }

    /// Forgets the keys of batches that are gone.
    pub(super) fn forget(&self, gone: &HashSet<Hash>) {
        let mut counter = self.lock();
        counter.finished.retain(|(_, root)| !gone.contains(root));
        counter
            .known
            .retain(|_, known| !matches!(known, Known::Issued { root } if gone.contains(root)));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Counter> {
        self.counter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Taken {
    Waits(watch::Receiver<Option<Outcome>>),
    Issued { root: Hash, order: Arc<Order> },
}
