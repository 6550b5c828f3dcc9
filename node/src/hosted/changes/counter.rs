//! What the handlers call: asking for a change, deciding about one, looking.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use proto::hash::{Hash, sha256_parts};

use super::book::{Asked, Change, End, Progress, What, Who, Word, id_of};
use super::judge::{Asking, Judge};
use super::refusal::ChangeRefusal;
use super::{ALONE, OPEN, Ticket};
use crate::hosted::desk::{Desk, IssueError};
use crate::hosted::journal::{self, Selection};
use crate::hosted::token::{May, Token};
use crate::lines::FileError;

const REQUEST_LABEL: &[u8] = b"beleg-node/change-request/v1\0";
/// How long a request waits for its entry.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });

impl Asking {
    /// Stands for the request. The receipt does not count: it only helps to do what is asked for.
    fn digest(&self) -> [u8; 32] {
        let (documents, reason) = (&self.documents, &self.reason);
        let said = (self.state.word(), documents, self.successor, reason);
        // Texts and numbers always serialise.
        sha256_parts(&[REQUEST_LABEL, &serde_json::to_vec(&said).unwrap_or_default()]).0
    }
}

impl Who {
    fn of(token: &Token) -> Who {
        Who { token: token.id.clone(), name: token.name.clone() }
    }
}

impl Desk {
    /// Asks for a change, or tells what became of the same request.
    pub async fn change(
        self: &Arc<Self>,
        token: &Arc<Token>,
        key: &Hash,
        asking: Asking,
    ) -> Result<Change, ChangeRefusal> {
        let (token, id) = (Arc::clone(token), id_of(key));
        let ticket = self.behind(move |desk| desk.take_in_change(&token, &id, &asking)).await?;
        self.outcome(ticket).await
    }

    /// Says yes or no to a change that waits.
    pub async fn decide(
        self: &Arc<Self>,
        token: &Arc<Token>,
        id: &str,
        approved: bool,
    ) -> Result<Change, ChangeRefusal> {
        let (token, id) = (Arc::clone(token), id.to_owned());
        let ticket = self.behind(move |desk| desk.take_decision(&token, &id, approved)).await?;
        match ticket {
            // Who says no is not told that it was refused.
            Ticket::Rests(change) if !approved => Ok(*change),
            ticket => self.outcome(ticket).await,
        }
    }

    /// A change that this token may see. Blocks.
    pub fn seen_change(&self, token: &Token, id: &str) -> Result<Change, ChangeRefusal> {
        let found = self.changes.find(id).map_err(|error| self.unreadable(&error))?;
        found.filter(|change| sees(token, change)).ok_or(ChangeRefusal::NoSuchChange)
    }

    /// The open and the latest changes that this token may see. Blocks.
    pub fn seen_changes(&self, token: &Token) -> Vec<Change> {
        let mut changes = self.changes.list(self.clock.now());
        changes.retain(|change| sees(token, change));
        changes
    }

    /// The same outcome for who waits and for who asks again.
    async fn outcome(self: &Arc<Self>, ticket: Ticket) -> Result<Change, ChangeRefusal> {
        let change = match ticket {
            Ticket::Rests(change) => *change,
            Ticket::Moves(id, mut over) => {
                // What is begun goes on, whether or not somebody waits for it.
                let _ = tokio::time::timeout(PATIENCE, over.wait_for(|over| *over)).await;
                let known = self.changes.lock().known(&id).cloned();
                known.ok_or(IssueError::Stopping)?
            }
        };
        match (change.progress(self.clock.now()), &change.end) {
            (Progress::Expired, _) => Err(ChangeRefusal::Expired),
            (Progress::Rejected, _) => Err(ChangeRefusal::Rejected),
            (_, Some(End::Refused { code, message })) => {
                let (code, message) = (code.clone(), message.clone());
                Err(ChangeRefusal::Ledger { code, message })
            }
            _ => Ok(change),
        }
    }

    fn take_in_change(
        &self,
        token: &Token,
        id: &str,
        asking: &Asking,
    ) -> Result<Ticket, ChangeRefusal> {
        if let Some(ticket) = self.asked_before(id, asking)? {
            return Ok(ticket);
        }
        let named = asking.check()?;
        let all: BTreeSet<u64> = named.iter().copied().chain(asking.successor).collect();
        let selection = self.selection(&all)?;
        let judged = self.judged(&selection, |judge| {
            let judged = judge.judge(token, &named, asking.state)?;
            asking.successor.map_or(Ok(()), |new| judge.successor(token, new))?;
            Ok(judged)
        })?;
        let asked = Asked {
            request: asking.digest(),
            by: Who::of(token),
            state: Word(asking.state),
            waits: judged.documents.len() > ALONE,
            documents: judged.documents.into_iter().map(|(at, from)| (at, Word(from))).collect(),
            unchanged: judged.unchanged.into_iter().collect(),
            types: judged.types.into_iter().collect(),
            successor: asking.successor,
            pointer: self.pointer(asking, &selection)?,
            reason: asking.reason.clone(),
        };
        let now = self.clock.now();
        let mut inner = self.changes.lock();
        inner.sweep(now);
        // The same request may have come in meanwhile.
        if inner.known(id).is_none() {
            if inner.closed {
                return Err(IssueError::Stopping.into());
            }
            if inner.open.len() >= OPEN {
                return Err(ChangeRefusal::TooManyOpen);
            }
            let waits = asked.waits;
            let noted = inner.note(id, What::Asked(Box::new(asked)), now);
            noted.map_err(|error| self.unreadable(&error))?;
            if !waits {
                inner.queue.push_back(id.to_owned());
                self.changes.arrived.notify_one();
            }
        }
        drop(inner);
        self.asked_before(id, asking)?.ok_or(ChangeRefusal::NoSuchChange)
    }

    /// What became of a request that came before.
    fn asked_before(&self, id: &str, asking: &Asking) -> Result<Option<Ticket>, ChangeRefusal> {
        let found = self.changes.find(id).map_err(|error| self.unreadable(&error))?;
        let Some(change) = found else { return Ok(None) };
        if change.asked.request != asking.digest() {
            return Err(IssueError::KeyReused.into());
        }
        let ticket = self.changes.lock().ticket(id, self.clock.now());
        Ok(Some(ticket.unwrap_or(Ticket::Rests(Box::new(change)))))
    }

    fn take_decision(
        &self,
        token: &Token,
        id: &str,
        approved: bool,
    ) -> Result<Ticket, ChangeRefusal> {
        let change = self.seen_change(token, id)?;
        if let Some(ticket) = self.decided_before(token, &change, approved)? {
            return Ok(ticket);
        }
        if approved {
            self.check_approval(token, &change)?;
        }
        let now = self.clock.now();
        let mut inner = self.changes.lock();
        let waits = |change: &Change| change.progress(now) == Progress::Waits;
        if !inner.known(id).is_some_and(waits) {
            drop(inner);
            let change = self.seen_change(token, id)?;
            let before = self.decided_before(token, &change, approved)?;
            return before.ok_or(ChangeRefusal::NoSuchChange);
        }
        let by = Who::of(token);
        let what = if approved { What::Approved(by) } else { What::Rejected(by) };
        inner.note(id, what, now).map_err(|error| self.unreadable(&error))?;
        if approved {
            inner.queue.push_back(id.to_owned());
            self.changes.arrived.notify_one();
        }
        inner.ticket(id, now).ok_or(ChangeRefusal::NoSuchChange)
    }

    /// Whether this token has decided so before; a refusal if nothing is to be decided.
    fn decided_before(
        &self,
        token: &Token,
        change: &Change,
        approved: bool,
    ) -> Result<Option<Ticket>, ChangeRefusal> {
        let now = self.clock.now();
        let progress = change.progress(now);
        match &change.decided {
            None if progress == Progress::Waits => Ok(None),
            Some(decided) if decided.approved == approved && decided.by.token == token.id => {
                let ticket = self.changes.lock().ticket(&change.id, now);
                Ok(Some(ticket.unwrap_or_else(|| Ticket::Rests(Box::new(change.clone())))))
            }
            _ if progress == Progress::Expired => Err(ChangeRefusal::Expired),
            _ => Err(ChangeRefusal::NotWaiting(progress.word())),
        }
    }

    /// Whether the second person may approve it, and the ledger is still as the first one saw it.
    fn check_approval(&self, token: &Token, change: &Change) -> Result<(), ChangeRefusal> {
        let asked = &change.asked;
        if asked.by.token == token.id {
            return Err(ChangeRefusal::OwnChange);
        }
        let named = asked.named();
        let selection = self.selection(&named)?;
        let judged = self.judged(&selection, |judge| judge.judge(token, &named, asked.state.0))?;
        let same = |(status, was): &(u64, Word)| {
            let is = judged.documents.get(status).copied().unwrap_or(asked.state.0);
            let changed = ChangeRefusal::StateChanged { status: *status, was: was.0, is };
            if is == was.0 { Ok(()) } else { Err(changed) }
        };
        asked.documents.iter().try_for_each(same)
    }

    /// What the journal says of documents.
    pub(super) fn selection(&self, wanted: &BTreeSet<u64>) -> Result<Selection, ChangeRefusal> {
        let selected = journal::select(&self.office.folder, wanted);
        selected.map_err(|error| self.unreadable(&error).into())
    }

    /// Judges with the status list that is published.
    pub(super) fn judged<T>(
        &self,
        selection: &Selection,
        judge: impl FnOnce(&Judge<'_>) -> Result<T, ChangeRefusal>,
    ) -> Result<T, ChangeRefusal> {
        let issuer = self.issuer()?;
        let origin = self.log.rules.place().origin;
        let look = |tree: &_| judge(&Judge { origin, issuer: &issuer, selection, tree });
        self.states(look)?
    }

    pub(super) fn unreadable(&self, error: &FileError) -> IssueError {
        let office = &self.office.name;
        tracing::error!(office, %error, "the office's files cannot be read or written");
        IssueError::Fault
    }

    /// Runs work that blocks.
    async fn behind<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk) -> Result<T, ChangeRefusal> + Send + 'static,
    ) -> Result<T, ChangeRefusal> {
        let desk = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&desk)).await;
        done.unwrap_or_else(|_| Err(IssueError::Stopping.into()))
    }
}

/// Who may change or approve something sees the changes of the types that the token is for.
fn sees(token: &Token, change: &Change) -> bool {
    let may = token.may(May::Withdraw) || token.may(May::Approve);
    may && change.asked.types.iter().all(|document_type| token.is_for(document_type))
}
