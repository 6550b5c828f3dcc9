//! What a hosted office does with its orders, one batch after the other:
//!
//! 1. plan the batch and write the plan down;
//! 2. submit it to the log, unless the log has it, signed anew if the office's entry was replaced;
//! 3. wait until it is published; check each receipt as a verifier would;
//! 4. write the batch into the journal, then the log's answer beside the plan;
//! 5. hand the receipts out.
//!
//! What arrives meanwhile shares the next batch. A step that fails is tried again after a pause,
//! for ever: from step 1 on the batch is finished, by this process or the next. Step 4 before 5:
//! nobody gets a receipt that the journal does not know.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use proto::document::batch::Batch;
use proto::document::{ContentDigest, Document};
use proto::hash::Hash;
use proto::receipt::answer::IssuanceAnswer;
use proto::verify::{Known as Checked, LineState, Question, Reason, verify_with};
use tokio::sync::watch;

use super::desk::{Desk, IssueError, Issued, Known, Order};
use super::journal::{Line, Written};
use super::plan::{Plan, PlanError, Planned, Seat};
use crate::lines::FileError;
use crate::log::pool::{Outcome, PoolError, Refused};
use crate::log::prove::ProveError;
use crate::log::{SubmitError, Submitted};

/// Pause before a step is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked for batches whose time is over.
const TICK: Duration = Duration::from_secs(60);
/// A wait for the publication is begun anew after this.
const WAIT: Duration = Duration::from_secs(600);
/// The ledger's word for an entry that was replaced or retired.
const NOT_IN_FORCE: &str = "issuer-not-in-force";

/// Why a batch is not finished yet.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error("the node stops")]
    Stopping,
    #[error("the ledger refuses: {0}")]
    Refused(Refused),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Submit(SubmitError),
    #[error(transparent)]
    Prove(#[from] ProveError),
    #[error("the receipt does not stand up to checking: {}", .0.sentence())]
    NotValid(Reason),
    #[error("a part of the work stopped unexpectedly")]
    Panicked,
}

impl Desk {
    /// Finishes what was begun, then works until the node is to stop.
    pub async fn run(self: Arc<Self>, begun: Vec<Plan>, mut stop: watch::Receiver<bool>) {
        for plan in begun {
            if !self.finish(plan, true, &stop).await {
                return self.close();
            }
        }
        let mut tick = tokio::time::interval(TICK);
        loop {
            let orders = tokio::select! {
                () = turned_on(&mut stop) => break,
                orders = self.take() => orders,
                _ = tick.tick() => {
                    self.destroy_old().await;
                    continue;
                }
            };
            match self.plan(&orders) {
                Ok(plan) => {
                    if !self.finish(plan, false, &stop).await {
                        break;
                    }
                }
                Err(error) => self.refuse(orders.iter().map(|order| order.key), &error),
            }
        }
        self.close();
    }

    fn plan(&self, orders: &[Arc<Order>]) -> Result<Plan, IssueError> {
        let issuer = self.issuer()?;
        let (place, key) = (self.log.rules.place(), &self.office.key);
        let seat = Seat { place, issuer: issuer.entry, key };
        Plan::new(orders, &seat, self.clock.now()).map_err(|error| {
            tracing::error!(office = self.office.name, %error, "a batch cannot be planned");
            IssueError::Fault
        })
    }

    /// Takes a batch to its end; `false` if the node stops before that.
    async fn finish(
        self: &Arc<Self>,
        plan: Plan,
        resumed: bool,
        stop: &watch::Receiver<bool>,
    ) -> bool {
        let (mut plan, mut again, mut stop) = (Arc::new(plan), resumed, stop.clone());
        let root = plan.root();
        loop {
            let error = match self.attempt(&mut plan, again).await {
                Ok(issued) => {
                    self.hand_out(&plan, issued);
                    return true;
                }
                Err(Stuck::Stopping) => return false,
                Err(Stuck::Refused(refused)) => match self.refused(&plan, refused).await {
                    Ok(()) => return true,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            let office = &self.office.name;
            tracing::error!(office, %root, %error, "a batch is not finished and is tried again");
            again = true;
            if tokio::time::timeout(PAUSE, turned_on(&mut stop)).await.is_ok() {
                return false;
            }
        }
    }

    /// Steps 1 to 4.
    async fn attempt(
        self: &Arc<Self>,
        plan: &mut Arc<Plan>,
        again: bool,
    ) -> Result<Vec<Issued>, Stuck> {
        // Step 1. A plan that is there already is written once more: whether it was durable is not
        // known.
        self.blocking(plan, |desk, plan| Ok(desk.batches.put(&plan)?)).await?;
        // Step 2 and the first half of 3.
        let index = loop {
            let submitted = self.blocking(plan, |desk, plan| desk.submit(&plan)).await;
            let outcome = match submitted {
                Ok(submitted) => self.log.wait(submitted, WAIT).await,
                Err(Stuck::Refused(refused)) => Some(Outcome::Refused(refused)),
                Err(error) => return Err(error),
            };
            match outcome {
                Some(Outcome::Published(index)) => break index,
                Some(Outcome::Stopped) => return Err(Stuck::Stopping),
                Some(Outcome::Refused(refused)) => {
                    // What the ledger refuses it never takes later, so the same batch may be signed
                    // again for the entry that is in force now.
                    let anew = self.sign_anew(plan, &refused)?;
                    *plan = anew.ok_or(Stuck::Refused(refused))?;
                    self.blocking(plan, |desk, plan| Ok(desk.batches.put(&plan)?)).await?;
                }
                None => {}
            }
        };
        self.blocking(plan, move |desk, plan| {
            let answer = desk.log.answer(index)?;
            desk.deliver(&plan, &answer, again)
        })
        .await
    }

    fn submit(&self, plan: &Plan) -> Result<Submitted, Stuck> {
        let found = self.log.find(&plan.root()).map_err(|e| Stuck::Submit(e.into()))?;
        if let Some(found) = found {
            return Ok(found);
        }
        self.log.submit_issuance(&plan.submission).map_err(|error| match error {
            SubmitError::Refused(refused) => Stuck::Refused(refused),
            SubmitError::Pool(PoolError::Stopping) => Stuck::Stopping,
            error => Stuck::Submit(error),
        })
    }

    fn sign_anew(&self, plan: &Plan, refused: &Refused) -> Result<Option<Arc<Plan>>, Stuck> {
        let issuer = self.issuer().ok().filter(|issuer| issuer.entry.0 != plan.issuer);
        let Some(issuer) = issuer.filter(|_| refused.code == NOT_IN_FORCE) else { return Ok(None) };
        let (place, key) = (self.log.rules.place(), &self.office.key);
        let mut plan = plan.clone();
        plan.sign(&Seat { place, issuer: issuer.entry, key }).map_err(PlanError::from)?;
        Ok(Some(Arc::new(plan)))
    }

    /// The second half of step 3, and step 4.
    fn deliver(
        &self,
        plan: &Plan,
        answer: &IssuanceAnswer,
        again: bool,
    ) -> Result<Vec<Issued>, Stuck> {
        let batch = plan.batch()?;
        let mut known = Checked::default();
        let mut issued = Vec::with_capacity(plan.documents.len());
        let mut line = Line::new(self.clock.now().0, self.log.rules.place().origin, &plan.root());
        line.issuer = answer.entry.submission.statement.issuer.0;
        line.index = answer.proof.index.0;
        line.first_status = answer.entry.first_status.0;
        line.height = batch.height();
        for planned in &plan.documents {
            let (one, document) = self.issued(plan, planned, &batch, answer)?;
            self.check(&mut known, &document.content().digest, &one.receipt)?;
            line.documents.push(Written {
                status: one.status,
                document_type: document.value("type").unwrap_or_default().to_owned(),
                token: planned.token.clone(),
                reference: document.value("reference").map(str::to_owned),
            });
            issued.push(one);
        }
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).put(&line, again)?;
        self.batches.answer(&plan.root(), answer)?;
        Ok(issued)
    }

    /// A document of a published batch, with its receipt.
    pub(super) fn issued(
        &self,
        plan: &Plan,
        planned: &Planned,
        batch: &Batch,
        answer: &IssuanceAnswer,
    ) -> Result<(Issued, Document), PlanError> {
        let document = planned.document()?;
        let receipt = plan.receipt(planned, batch, answer, &self.federation)?;
        let issued = Issued {
            status: receipt.status_index().0,
            receipt: Bytes::from(receipt.to_bytes()?),
            origin: self.log.rules.place().origin.to_owned(),
            index: receipt.index.0,
        };
        Ok((issued, document))
    }

    /// Asks what everybody will ask. A document that has run out or was withdrawn before its batch
    /// was finished has a receipt too, which says so.
    fn check(
        &self,
        known: &mut Checked,
        digest: &ContentDigest,
        receipt: &[u8],
    ) -> Result<(), Stuck> {
        let question = Question::new(Some(digest), receipt, &self.federation, self.clock.now());
        let verdict = verify_with(known, &question);
        let mut lines = [&verdict.content, &verdict.issuer, &verdict.time].into_iter();
        let stands = matches!(
            verdict.status.reason,
            Reason::StatusValid
                | Reason::Expired
                | Reason::Suspended
                | Reason::Superseded
                | Reason::Revoked
        );
        let good = stands && lines.all(|line| line.state == LineState::Good);
        if good { Ok(()) } else { Err(Stuck::NotValid(verdict.reason)) }
    }

    /// Step 5.
    fn hand_out(&self, plan: &Plan, issued: Vec<Issued>) {
        let (root, documents) = (plan.root(), plan.documents.len());
        let office = &self.office.name;
        tracing::info!(office, %root, documents, "issued");
        metrics::counter!("beleg_hosted_documents_total", "office" => office.clone())
            .increment(documents as u64);
        let mut counter = self.lock();
        counter.finished.push_back((plan.created, root));
        for (planned, issued) in plan.documents.iter().zip(issued) {
            Desk::tell(&mut counter, planned.key(), Ok(issued), Some(Known::Issued { root }));
        }
    }

    /// The ledger takes the batch never: nothing was issued, and nothing of it is kept.
    async fn refused(self: &Arc<Self>, plan: &Arc<Plan>, refused: Refused) -> Result<(), Stuck> {
        let office = &self.office.name;
        tracing::error!(office, code = refused.code, "the ledger refuses a batch: {refused}");
        self.blocking(plan, |desk, plan| Ok(desk.batches.destroy(&plan.root())?)).await?;
        let error = match self.issuer() {
            Err(error) => error,
            Ok(_) => IssueError::Refused(refused),
        };
        self.refuse(plan.documents.iter().map(Planned::key), &error);
        Ok(())
    }

    fn refuse(&self, keys: impl Iterator<Item = Hash>, error: &IssueError) {
        let mut counter = self.lock();
        keys.for_each(|key| Desk::tell(&mut counter, key, Err(error.clone()), None));
    }

    /// Destroys the batches whose receipts can no longer be asked for.
    async fn destroy_old(self: &Arc<Self>) {
        let keep = self.office.settings.keep_hours.saturating_mul(3_600);
        let limit = self.clock.now().0.saturating_sub(keep);
        let old = self
            .lock()
            .finished
            .iter()
            .filter(|(created, _)| *created < limit)
            .copied()
            .collect::<Vec<_>>();
        if old.is_empty() {
            return;
        }
        let gone: HashSet<Hash> = old.into_iter().map(|(_, root)| root).collect();
        // Forgotten first: nobody is told of a receipt that is being destroyed.
        self.forget(&gone);
        let desk = Arc::clone(self);
        let destroyed = tokio::task::spawn_blocking(move || {
            gone.iter().try_for_each(|root| desk.batches.destroy(root))
        });
        if let Ok(Err(error)) = destroyed.await {
            let office = &self.office.name;
            tracing::error!(office, %error, "old secrets are not destroyed; start the node again");
        }
    }

    /// Runs work that blocks.
    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        plan: &Arc<Plan>,
        work: impl FnOnce(Arc<Desk>, Arc<Plan>) -> Result<T, Stuck> + Send + 'static,
    ) -> Result<T, Stuck> {
        let (desk, plan) = (Arc::clone(self), Arc::clone(plan));
        let done = tokio::task::spawn_blocking(move || work(desk, plan));
        done.await.unwrap_or(Err(Stuck::Panicked))
    }
}

pub(super) async fn turned_on(switch: &mut watch::Receiver<bool>) {
    // An error means that nobody can turn it on any more: the node is gone.
    let _ = switch.wait_for(|on| *on).await;
}
