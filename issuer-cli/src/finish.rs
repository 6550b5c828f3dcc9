//! One planned batch, from wherever it stands to its end. A fresh batch and one that an interrupted
//! run left behind go through the same steps:
//!
//! 1. ask the node for the batch, unless it was planned just now;
//! 2. if the node does not have it: sign it anew if the key was rotated, and send it;
//! 3. check the answer, write the batch into the office's journal, write the receipts;
//! 4. move the plan.
//!
//! A crash after any step leaves a plan that the next run takes up at step 1. The node knows a
//! batch by its root and enters it once, so sending it again is harmless.

use crate::book::Book;
use crate::client::{Client, ClientError, IssuerRow, Progress, Refusal};
use crate::deliver::{self, DeliverError};
use crate::journal::{Entered, Journal};
use crate::office::OfficeError;
use crate::outcome::{Outcome, State, Why};
use crate::plan::Plan;
use crate::prepare::{self, PrepareError, Seat};
use crate::watch::Watch;
use proto::federation::Federation;
use proto::hash::{LeafIndex, Timestamp};
use proto::ledger::Place;
use proto::note::SigningKey;
use proto::receipt::answer::IssuanceAnswer;
use std::cell::RefCell;
use std::io;

/// Everything that a batch needs besides its plan.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub client: &'a Client,
    pub journal: &'a Journal,
    pub book: &'a RefCell<Book>,
    pub federation: &'a Federation,
    pub place: Place<'a>,
    /// The key that signs and its entry; an office that was retired has none, and still gets the
    /// receipts of what the ledger holds.
    pub seat: Result<(&'a SigningKey, &'a IssuerRow), &'a OfficeError>,
    pub watch: &'a dyn Watch,
    pub now: fn() -> Timestamp,
}

/// Why a batch is not finished. Its plan stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    #[error("The batch's plan cannot be written: {0}.")]
    Journal(#[from] io::Error),
    #[error("{0}")]
    NoKey(String),
    #[error("The batch was planned for another federation or another authority's log.")]
    OtherPlace,
}

impl FinishError {
    /// A stable word.
    pub fn code(&self) -> &'static str {
        match self {
            FinishError::Client(ClientError::Away(_)) => "node-away",
            FinishError::Client(ClientError::Busy) => "node-busy",
            FinishError::Client(ClientError::Quorum) => "quorum-missing",
            FinishError::Client(ClientError::Refused { .. }) => "node-refuses",
            FinishError::Client(ClientError::NotANode(_)) => "not-a-node",
            FinishError::Prepare(_) => "plan-damaged",
            FinishError::Deliver(DeliverError::Write(_) | DeliverError::Book(_))
            | FinishError::Journal(_) => "not-written",
            FinishError::Deliver(_) => "answer-not-believed",
            FinishError::NoKey(_) => "office-has-no-key",
            FinishError::OtherPlace => "other-federation",
        }
    }
}

/// What the node did with a batch.
enum Reply {
    Published(Vec<u8>),
    /// The ledger's rules are against it.
    Against(Refusal),
}

/// Takes a batch to its end.
pub fn finish(desk: &Desk<'_>, plan: &mut Plan, fresh: bool) -> Result<Vec<Outcome>, FinishError> {
    let here = (desk.place.federation.0, desk.place.origin);
    if (plan.head.federation, plan.head.origin.as_str()) != here {
        return Err(FinishError::OtherPlace);
    }
    let batch = prepare::batch(plan)?;
    let reply = reply(desk, plan, fresh)?;
    let body = match reply {
        Reply::Published(body) => body,
        Reply::Against(refusal) => {
            desk.journal.refused(plan, &refusal.error)?;
            return Ok(refused(plan, &refusal));
        }
    };
    let answer = IssuanceAnswer::parse(&body).map_err(DeliverError::from)?;
    let entered =
        Entered { index: answer.proof.index.0, first_status: answer.entry.first_status.0 };
    let outcomes = deliver::deliver(
        plan,
        &batch,
        &answer,
        desk.federation,
        (desk.now)(),
        desk.journal,
        &mut |fields| {
            let now = (desk.now)();
            desk.book.borrow_mut().record(plan, fields, entered, !fresh, now)
        },
        desk.watch,
    )?;
    if outcomes.iter().all(|outcome| outcome.state != State::Waiting) {
        let words: Vec<&str> = outcomes.iter().map(|outcome| outcome.state.word()).collect();
        desk.journal.done(plan, entered, &words)?;
    }
    Ok(outcomes)
}

fn reply(desk: &Desk<'_>, plan: &mut Plan, fresh: bool) -> Result<Reply, FinishError> {
    if !fresh {
        match desk.client.ask(&plan.head.root(), desk.watch)? {
            Progress::Published(body) => return Ok(Reply::Published(body)),
            Progress::Waiting => {}
            Progress::Unknown => sign_anew(desk, plan)?,
        }
    }
    match send(desk, plan)? {
        // The key was rotated while the batch waited, so that its turn came too late. What the
        // ledger refuses it never takes later, so the new key may sign the same batch.
        Reply::Against(refusal) if refusal.error == "issuer-not-in-force" => {
            let before = plan.head.key;
            sign_anew(desk, plan)?;
            if plan.head.key == before { Ok(Reply::Against(refusal)) } else { send(desk, plan) }
        }
        reply => Ok(reply),
    }
}

fn send(desk: &Desk<'_>, plan: &Plan) -> Result<Reply, FinishError> {
    match desk.client.issue(&plan.head.submission, desk.watch) {
        Ok(body) => Ok(Reply::Published(body)),
        // 422 is what the ledger's rules say; other refusals are about the way there.
        Err(ClientError::Refused { status: 422, refusal }) => Ok(Reply::Against(refusal)),
        Err(error) => Err(error.into()),
    }
}

/// The node does not have the batch, so what was signed counts for nothing yet: if the office's key
/// was rotated since, the new one signs the same root.
fn sign_anew(desk: &Desk<'_>, plan: &mut Plan) -> Result<(), FinishError> {
    let (key, row) = desk.seat.map_err(|why| FinishError::NoKey(why.to_string()))?;
    if (plan.head.issuer, plan.head.key) == (row.index, row.key) {
        return Ok(());
    }
    let seat = Seat {
        federation: desk.place.federation,
        origin: desk.place.origin,
        issuer: LeafIndex(row.index),
        key,
    };
    prepare::sign(plan, &seat).map_err(PrepareError::from)?;
    desk.journal.put(plan)?;
    Ok(())
}

fn refused(plan: &Plan, refusal: &Refusal) -> Vec<Outcome> {
    let sentence = format!("{} {}", refusal.message, refusal.next_step);
    let why = Why::new(&refusal.error, sentence.trim_end());
    let outcome =
        |path: &std::path::PathBuf| Outcome::new(State::Refused, path.clone(), Some(why.clone()));
    plan.documents.iter().map(|document| outcome(&document.path)).collect()
}
