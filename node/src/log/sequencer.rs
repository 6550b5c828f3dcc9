//! The only writer of the log, one round in flight. The steps are those of DESIGN section 8 and of
//! `docs/storage.md`, which says what a crash right after each leaves:
//!
//! 1. `apply` what waits, and the snapshot that closes the round
//! 2. entry bundles and tiles durable
//! 3. checkpoint signed, `pending` durably replaced: from here the log stands by it
//! 4. sent to all peers at once, cosignatures gathered
//! 5. public `checkpoint` durably replaced
//! 6. index updated
//! 7. answers released
//!
//! A write that fails has an unknown outcome, so it stops the process, and the next start finds
//! out. Without a quorum, step 4 goes on with the same checkpoint, over restarts too: another one
//! of the same size would be a split view.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Timestamp, TreeSize};
use proto::ledger::StatusChanges;
use tokio::sync::watch;

use super::Log;
use super::board::Published;
use super::pool::{Outcome, Taken};
use super::publish::Publisher;
use super::writer::{Prepared, Step, WriteError, Writer};
use crate::clock::Clock;
use crate::evidence::Evidence;
use crate::health::Phase;
use crate::mirror::client::Offer;

/// How long a stop waits for the quorum of the round in flight.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// How often a clock that stands behind is looked at again.
const CLOCK_PAUSE: Duration = Duration::from_millis(500);
/// After this time without a quorum the journal says so, once a round.
const QUORUM_PATIENCE: Duration = Duration::from_secs(5);

/// When rounds start and how large they get.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Shortest time between two starts.
    pub interval: Duration,
    /// Longest time without a publication.
    pub idle: Duration,
    /// Submissions taken into one round.
    pub most: usize,
}

/// The writer's task.
pub struct Sequencer {
    /// The log as handlers see it.
    pub log: Arc<Log>,
    /// Sends rounds out.
    pub publisher: Publisher,
    /// Split views; one of this log ends its signing.
    pub evidence: Arc<Evidence>,
    /// The time of snapshots.
    pub clock: Arc<dyn Clock>,
    /// When rounds start.
    pub rhythm: Rhythm,
    /// True when the node is to stop.
    pub stop: watch::Receiver<bool>,
}

/// A round whose checkpoint is signed.
struct Round {
    offer: Arc<Offer>,
    outcomes: Vec<(Taken, Outcome)>,
    issuers_changed: bool,
    status: StatusChanges,
    started: Instant,
}

/// How step 4 ended.
enum Gathered {
    Quorum(SignedCheckpoint),
    Stopped,
}

impl Sequencer {
    /// Runs rounds until the node is to stop. `standing` is a checkpoint that was signed before and
    /// is not published.
    pub async fn run(
        mut self,
        writer: Writer,
        standing: Option<SignedCheckpoint>,
    ) -> Result<(), WriteError> {
        let published = self.log.board.published().map_or(TreeSize(0), |p| p.size());
        let mut writer = writer;
        let mut last_start: Option<Instant> = None;
        let mut due_since = Instant::now();
        let outcome = async {
            if let Some(signed) = standing {
                tracing::info!(
                    origin = self.origin(),
                    size = signed.checkpoint().size().0,
                    "publishing the checkpoint that was signed before the start"
                );
                let started = Instant::now();
                let offer;
                (writer, offer) = on_writer(writer, move |w| w.offer(signed, published)).await?;
                let (outcomes, offer) = (Vec::new(), Arc::new(offer));
                // What it changed was forgotten with the last process; the board looks for itself.
                let status = StatusChanges::default();
                let round = Round { offer, outcomes, issuers_changed: true, status, started };
                writer = self.publish(writer, round).await?;
            }
            while self.next_round(last_start, due_since, writer.state().last_time()).await {
                let idle_due = Instant::now() >= due_since;
                let started = Instant::now();
                last_start = Some(started);
                let (now, taken) = (self.clock.now(), self.log.pool.take(self.rhythm.most));
                let prepared;
                (writer, prepared) =
                    on_writer(writer, move |w| w.prepare(taken, now, idle_due)).await?;
                let Prepared { offer, decided, outcomes, issuers_changed, status } = prepared;
                self.log.pool.finish(decided);
                let Some(offer) = offer else { continue };
                let offer = Arc::new(offer);
                let round = Round { offer, outcomes, issuers_changed, status, started };
                writer = self.publish(writer, round).await?;
                due_since = Instant::now() + self.rhythm.idle;
            }
            let size = self.log.shelf.size();
            on_writer(writer, move |w| w.close(size)).await.map(|_| ())
        };
        let outcome = outcome.await;
        self.log.health.enter(Phase::Stopping);
        self.log.pool.close();
        outcome
    }

    /// Waits until a round is due; false if the node is to stop.
    async fn next_round(
        &mut self,
        last_start: Option<Instant>,
        idle_at: Instant,
        last_time: Timestamp,
    ) -> bool {
        loop {
            if *self.stop.borrow() {
                return false;
            }
            if self.evidence.is_split(self.origin()) {
                self.log.health.enter(Phase::Split);
                return !stopped(&mut self.stop).await;
            }
            tokio::select! {
                () = self.log.pool.wait() => {}
                () = tokio::time::sleep_until(idle_at.into()) => {}
                // A split view of this log or of another one: looked at above.
                () = self.evidence.recorded() => continue,
                _ = stopped(&mut self.stop) => return false,
            }
            if let Some(start) = last_start {
                // More may arrive meanwhile and shares the round. For a lone client this is past.
                let next = start + self.rhythm.interval;
                tokio::select! {
                    () = tokio::time::sleep_until(next.into()) => {}
                    _ = stopped(&mut self.stop) => return false,
                }
            }
            if self.clock_is_good(last_time) {
                self.log.health.enter(Phase::Running);
                return true;
            }
            tokio::select! {
                () = tokio::time::sleep(CLOCK_PAUSE) => {}
                _ = stopped(&mut self.stop) => return false,
            }
        }
    }

    /// The log does not sign while its clock stands behind its last snapshot.
    fn clock_is_good(&self, last: Timestamp) -> bool {
        let now = self.clock.now();
        if now >= last && now.0 > 0 {
            return true;
        }
        if self.log.health.enter(Phase::ClockBehind { now, last }) {
            tracing::error!(
                origin = self.origin(),
                now = now.0,
                last = last.0,
                "the clock of this computer stands behind the log's last snapshot; \
                 nothing is signed until it is set"
            );
        }
        false
    }

    /// Steps 4 to 7.
    async fn publish(&mut self, writer: Writer, round: Round) -> Result<Writer, WriteError> {
        let signed = match self.gather(&round).await {
            Gathered::Quorum(signed) => signed,
            // Recovery finds `pending` and goes on with it.
            Gathered::Stopped => return Ok(writer),
        };
        let (log, issuers_changed) = (Arc::clone(&self.log), round.issuers_changed);
        let status = round.status;
        let work = move |w: &mut Writer| {
            w.publish(&signed)?;
            let published =
                Published::read(&log.shelf.reader(), signed.clone()).map_err(Step::Publish.at())?;
            let published = published.ok_or(WriteError::NotClosing)?;
            log.shelf.show_checkpoint(signed.to_bytes().into());
            log.shelf.show_files(published.size());
            w.index(published.size())?;
            log.board.publish(published, w.state(), &status, issuers_changed);
            Ok(())
        };
        let (writer, ()) = on_writer(writer, work).await?;
        let size = round.offer.size();
        let entries = round.outcomes.len();
        // Step 7.
        self.log.pool.finish(round.outcomes);
        let (writer, ()) = on_writer(writer, move |w| w.tidy(size)).await?;
        self.log.health.enter(Phase::Running);
        let took = round.started.elapsed();
        metrics::counter!("beleg_rounds_total").increment(1);
        metrics::counter!("beleg_submissions_published_total").increment(entries as u64);
        metrics::histogram!("beleg_round_seconds").record(took.as_secs_f64());
        metrics::gauge!("beleg_published_size").set(size.0 as f64);
        tracing::debug!(
            origin = self.origin(),
            size = size.0,
            submissions = entries,
            duration_ms = took.as_millis() as u64,
            "round published"
        );
        Ok(writer)
    }

    /// Step 4. It ends with a quorum, or when the node is to stop.
    async fn gather(&mut self, round: &Round) -> Gathered {
        let size = round.offer.size();
        let origin = round.offer.signed().checkpoint().origin();
        self.log.health.enter(Phase::Gathering { size, since: Instant::now() });
        let patience = async {
            tokio::time::sleep(QUORUM_PATIENCE).await;
            tracing::warn!(
                origin,
                size = size.0,
                "no quorum has cosigned this checkpoint yet; nothing is published until one has"
            );
            std::future::pending::<()>().await;
        };
        let mut stop = self.stop.clone();
        let stop = async {
            stopped(&mut stop).await;
            tokio::time::sleep(STOP_PATIENCE).await;
        };
        tokio::select! {
            signed = self.publisher.gather(&round.offer) => Gathered::Quorum(signed),
            () = stop => Gathered::Stopped,
            () = patience => Gathered::Stopped,
        }
    }

    fn origin(&self) -> &str {
        self.log.rules.origin()
    }
}

/// Returns true when the node is to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) -> bool {
    // An error means that nobody can ask any more: the process ends.
    let _ = stop.wait_for(|stop| *stop).await;
    true
}

/// Lends the writer to a blocking thread.
async fn on_writer<T: Send + 'static>(
    mut writer: Writer,
    work: impl FnOnce(&mut Writer) -> Result<T, WriteError> + Send + 'static,
) -> Result<(Writer, T), WriteError> {
    let work = move || work(&mut writer).map(|done| (writer, done));
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(WriteError::Interrupted),
    }
}
