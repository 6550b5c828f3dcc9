//! What a hosted office does with its changes, one after the other:
//!
//! 1. what is asked for stands in the record, and so does the approval if it needs one;
//! 2. the entry is signed with the next number and written down;
//! 3. it is given to the log, as anybody's revocation is;
//! 4. when it is published, the record says where;
//! 5. who asked is told.
//!
//! A crash after any step leaves a line from which the next start goes on. The same bytes are one
//! entry to the log however often they come. If another entry has used the number meanwhile, the
//! statement is signed anew: the ledger never takes the old one any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proto::ledger::cover::{BatchShape, Cover};
use proto::ledger::{Entry, EntryError, Pointer, RevocationStatement};
use tokio::sync::watch;

use super::book::{Change, Signed, What};
use super::refusal::ChangeRefusal;
use crate::hosted::desk::{Desk, IssueError};
use crate::hosted::journal::Drawer;
use crate::hosted::work::turned_on;
use crate::log::SubmitError;
use crate::log::pool::{Outcome, PoolError, Refused};

/// Pause before a step is tried again.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1_000 });
/// A wait for the publication is begun anew after this.
const WAIT: Duration = Duration::from_secs(600);
/// The ledger's word for a number that was used.
const NUMBER_USED: &str = "sequence-not-grown";

/// Why a change is not finished yet.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error("the node stops")]
    Stopping,
    #[error("{0}")]
    NotNow(ChangeRefusal),
    #[error(transparent)]
    Submit(SubmitError),
    #[error("the change cannot be signed: {0}")]
    Sign(#[from] proto::note::KeyError),
    #[error("the change makes no entry: {0}")]
    Entry(#[from] EntryError),
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    #[error("another entry has used the number of this change")]
    NumberUsed,
    #[error("a part of the work stopped unexpectedly")]
    Panicked,
}

impl From<IssueError> for Stuck {
    fn from(error: IssueError) -> Stuck {
        Stuck::NotNow(error.into())
    }
}

impl Desk {
    /// Finishes what was begun, then works until the node is to stop.
    pub async fn run_changes(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let next = self.changes.lock().queue.pop_front();
            let finished = match next {
                Some(id) => self.carry_out(&id, &stop).await,
                None => tokio::select! {
                    () = turned_on(&mut stop) => false,
                    () = self.changes.arrived.notified() => true,
                },
            };
            if !finished {
                break;
            }
        }
        let mut inner = self.changes.lock();
        inner.closed = true;
        // Who waits learns that nothing more comes now.
        for open in inner.open.values() {
            open.over.send_replace(true);
        }
    }

    /// Takes a change to its end; `false` if the node stops before that.
    async fn carry_out(self: &Arc<Self>, id: &str, stop: &watch::Receiver<bool>) -> bool {
        let mut stop = stop.clone();
        loop {
            let error = match self.advance(id).await {
                Ok(()) => return true,
                Err(Stuck::Stopping) => return false,
                Err(error) => error,
            };
            let office = &self.office.name;
            tracing::warn!(office, id, %error, "a change is not finished and is tried again");
            if tokio::time::timeout(PAUSE, turned_on(&mut stop)).await.is_ok() {
                return false;
            }
        }
    }

    async fn advance(self: &Arc<Self>, id: &str) -> Result<(), Stuck> {
        let known = self.changes.lock().known(id).cloned();
        let Some(change) = known.filter(|change| change.end.is_none()) else { return Ok(()) };
        // Step 2.
        let signed = match change.signed.clone() {
            Some(signed) => signed,
            None => match self.apart(move |desk| desk.sign(&change)).await? {
                Some(signed) => signed,
                None => return Ok(()),
            },
        };
        // Steps 3 to 5.
        loop {
            let bytes = signed.entry.clone();
            let submitted = self.apart(move |desk| Ok(desk.log.submit_revocation(&bytes))).await?;
            let outcome = match submitted {
                Ok(submitted) => self.log.wait(submitted, WAIT).await,
                Err(SubmitError::Refused(refused)) => Some(Outcome::Refused(refused)),
                Err(SubmitError::Pool(PoolError::Stopping)) => return Err(Stuck::Stopping),
                Err(error) => return Err(Stuck::Submit(error)),
            };
            match outcome {
                Some(Outcome::Published(index)) => {
                    let id = id.to_owned();
                    let what = What::Entered { index: index.0 };
                    return self.apart(move |desk| desk.note(&id, what)).await;
                }
                Some(Outcome::Stopped) => return Err(Stuck::Stopping),
                Some(Outcome::Refused(refused)) => {
                    let id = id.to_owned();
                    return self.apart(move |desk| desk.not_taken(&id, refused)).await;
                }
                None => {}
            }
        }
    }

    /// Signs a change and writes the entry down; none if it is refused for good.
    fn sign(&self, change: &Change) -> Result<Option<Signed>, Stuck> {
        let statement = match self.statement(change) {
            Ok(statement) => statement,
            Err(Stuck::NotNow(refusal)) if refusal.is_final() => {
                let (code, message) = (refusal.code().to_owned(), refusal.to_string());
                self.note(&change.id, What::Refused { code, message })?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.sign_statement(&change.id, statement).map(Some)
    }

    fn sign_statement(&self, id: &str, statement: RevocationStatement) -> Result<Signed, Stuck> {
        let sequence = self.issuer()?.sequence.max(self.changes.lock().sequence).saturating_add(1);
        let statement = statement.renumbered(sequence)?;
        let entry = statement.sign(&self.log.rules.place(), &self.office.key)?.to_bytes();
        let signed = Signed { sequence, entry };
        self.note(id, What::Signed(signed.clone()))?;
        Ok(signed)
    }

    /// What is to be signed, by the ledger as it is now.
    fn statement(&self, change: &Change) -> Result<RevocationStatement, Stuck> {
        let asked = &change.asked;
        let named = asked.named();
        let selection = self.selection(&named).map_err(Stuck::NotNow)?;
        let issuer = self.issuer()?;
        let shape = |(first, drawer): (&u64, &Drawer)| (*first, drawer.shape);
        let batches: BTreeMap<u64, BatchShape> = selection.batches.iter().map(shape).collect();
        let documents =
            asked.documents.iter().map(|(status, _)| (*status, asked.pointer)).collect();
        let unchanged = asked.unchanged.iter().copied().collect();
        let statements = self.judged(&selection, |judge| {
            let cover = Cover {
                state: asked.state.0,
                documents: &documents,
                unchanged: &unchanged,
                batches: &batches,
                tree: judge.tree,
            };
            Ok(cover.statements(issuer.id, 1, &mut noise))
        });
        let mut statements = statements.map_err(Stuck::NotNow)??;
        match (statements.pop(), statements.pop()) {
            (Some(statement), None) => Ok(statement),
            // A change has no more documents than one entry has ranges.
            _ => Err(EntryError::BadRanges.into()),
        }
    }

    /// The log does not take the entry.
    fn not_taken(&self, id: &str, refused: Refused) -> Result<(), Stuck> {
        if refused.code == NUMBER_USED {
            let known = self.changes.lock().known(id).cloned();
            let entry = known.and_then(|change| change.signed).map(|signed| signed.entry);
            let parsed = entry.as_deref().map(Entry::parse).transpose()?;
            let Some(Entry::Revocation(old)) = parsed else {
                return Err(EntryError::BadChoice.into());
            };
            self.sign_statement(id, old.statement)?;
            // The next attempt sends what was signed now.
            return Err(Stuck::NumberUsed);
        }
        let office = &self.office.name;
        tracing::error!(office, id, code = refused.code, "the ledger refuses a change: {refused}");
        let (code, message) = (refused.code.to_owned(), refused.sentence);
        self.note(id, What::Refused { code, message })
    }

    fn note(&self, id: &str, what: What) -> Result<(), Stuck> {
        let entered = match &what {
            What::Entered { index } => Some(*index),
            _ => None,
        };
        let noted = self.changes.lock().note(id, what, self.clock.now());
        noted.map_err(|error| self.unreadable(&error))?;
        if let Some(index) = entered {
            let office = &self.office.name;
            tracing::info!(office, id, index, "the state of documents is changed");
            metrics::counter!("beleg_hosted_changes_total", "office" => office.clone())
                .increment(1);
        }
        Ok(())
    }

    /// Runs work that blocks.
    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk) -> Result<T, Stuck> + Send + 'static,
    ) -> Result<T, Stuck> {
        let desk = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&desk));
        done.await.unwrap_or(Err(Stuck::Panicked))
    }
}

/// A pointer that leads nowhere.
fn noise() -> Result<Pointer, Stuck> {
    let mut bytes = [0; 40];
    getrandom::fill(&mut bytes)?;
    Ok(Pointer(bytes))
}
