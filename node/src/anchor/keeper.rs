//! The anchors of a node: makes statements on schedule, walks each clock through its steps, keeps
//! what comes back.
//!
//! Every clock has a task of its own, so that one that stalls delays nobody. Publishing never waits
//! for any of this. What is public lies in `anchors/ROOT/` as write-once files: `statement`,
//! `checkpoints`, and one for each piece of evidence.

mod renew;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::anchor::statement::{Head, Statement, StatementError};
use proto::checkpoint::SignedCheckpoint;
use proto::document::batch::BatchError;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::ledger::{Ledger, Progress, What, file_name, is_renewal};
use super::outside::{Outside, Step, StepError};
use crate::clock::Clock;
use crate::lines::FileError;
use crate::store::{Store, StoreError};

/// The folder of anchors in the data folder.
pub const FOLDER: &str = "anchors";
/// The statement of a root.
pub const STATEMENT: &str = "statement";
/// The signed checkpoints that it names.
pub const CHECKPOINTS: &str = "checkpoints";
/// The file by which `anchor now` asks.
pub const NOW_FILE: &str = "now";
/// How often it is looked whether something is due.
const LOOK: Duration = Duration::from_secs(1);
/// Longest pause before a step that failed is tried again.
const LONGEST_PAUSE_S: u64 = 3600;
/// Roots with which a clock goes on in one turn.
const STEPS: usize = 64;

/// A clock, and how often it is asked by itself.
#[derive(Clone)]
pub struct Planned {
    /// The clock.
    pub outside: Arc<dyn Outside>,
    /// Pause between two roots; `None`: on demand alone.
    pub every: Option<Duration>,
}

/// Gives the newest published checkpoint of every log that the node holds.
pub type Heads = dyn Fn() -> Vec<SignedCheckpoint> + Send + Sync;

/// Why an anchor could not be made or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] FileError),
    /// A public file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoints make no statement.
    #[error("{0}")]
    Statement(#[from] StatementError),
    /// An outside clock did not go on.
    #[error("{0}")]
    Later(String),
    /// There are too many of them.
    #[error("{0}")]
    Tree(#[from] BatchError),
}

/// A clock whose steps fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// The newest sentence.
    pub words: String,
    tries: u32,
    until: Timestamp,
}

/// The anchors of a node.
pub struct Keeper {
    folder: PathBuf,
    pub(super) store: Arc<dyn Store>,
    ledger: Mutex<Ledger>,
    pub(super) clocks: Vec<Planned>,
    pub(super) late_after: Duration,
    federation: Arc<Federation>,
    heads: Box<Heads>,
    clock: Arc<dyn Clock>,
    /// By the clock's name and the root.
    failing: Mutex<BTreeMap<(String, Hash), Failing>>,
    made: Notify,
}

/// What a keeper is made of.
pub struct Parts {
    /// The data folder.
    pub data: PathBuf,
    /// Its files.
    pub store: Arc<dyn Store>,
    /// The clocks.
    pub clocks: Vec<Planned>,
    /// How long one may bring nothing.
    pub late_after: Duration,
    /// The federation.
    pub federation: Arc<Federation>,
    /// The checkpoints.
    pub heads: Box<Heads>,
    /// The node's own clock.
    pub clock: Arc<dyn Clock>,
}

impl Keeper {
    /// Opens the ledger.
    pub fn open(parts: Parts) -> Result<Keeper, KeepError> {
        let folder = parts.data.join(FOLDER);
        std::fs::create_dir_all(&folder)
            .map_err(|e| crate::lines::io_error(&folder, "create folder", e))?;
        crate::store::sync_folder(&parts.data)?;
        Ok(Keeper {
            ledger: Mutex::new(Ledger::open(&folder)?),
            folder,
            store: parts.store,
            clocks: parts.clocks,
            late_after: parts.late_after,
            federation: parts.federation,
            heads: parts.heads,
            clock: parts.clock,
            failing: Mutex::default(),
            made: Notify::new(),
        })
    }

    /// Works until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        for planned in self.clocks.clone() {
            tasks.spawn(Arc::clone(&self).serve(planned.outside));
        }
        loop {
            let keeper = Arc::clone(&self);
            let look = move || {
                let made = keeper.make_due();
                keeper.measure();
                made
            };
            let looked = tokio::task::spawn_blocking(look).await;
            match looked {
                Ok(Ok(true)) => self.made.notify_waiters(),
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(error)) => tracing::warn!(%error, "no anchor was made"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Makes a statement if one is due; `false` if none is. Blocks.
    fn make_due(&self) -> Result<bool, KeepError> {
        let asked = self.asked()?;
        let now = self.clock.now();
        let due = |planned: &&Planned| {
            let name = planned.outside.name();
            let wanted =
                asked.as_ref().is_some_and(|names| names.is_empty() || names.contains(name));
            let last = self.ledger().anchors().clocks.get(name).and_then(|tally| tally.made);
            let every = planned.every.map(|every| every.as_secs());
            wanted || every.is_some_and(|every| last.is_none_or(|last| last.0 + every <= now.0))
        };
        let due: Vec<String> =
            self.clocks.iter().filter(due).map(|p| p.outside.name().to_owned()).collect();
        let made = match due.is_empty() {
            true => false,
            false => self.make(due, now)?.is_some(),
        };
        if asked.is_some() && (made || self.clocks.is_empty()) {
            let path = self.folder.join(NOW_FILE);
            let removed = std::fs::remove_file(&path);
            removed.map_err(|e| crate::lines::io_error(&path, "remove", e))?;
        }
        Ok(made)
    }

    /// What `anchor now` asked for: the names of clocks, all of them if there is none.
    fn asked(&self) -> Result<Option<BTreeSet<String>>, KeepError> {
        let path = self.folder.join(NOW_FILE);
        match std::fs::read_to_string(&path) {
            Ok(names) => Ok(Some(names.lines().map(str::to_owned).collect())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(crate::lines::io_error(&path, "read", e).into()),
        }
    }

    /// Makes a statement for these clocks, durably; nothing while no log has published. Blocks.
    pub fn make(&self, clocks: Vec<String>, now: Timestamp) -> Result<Option<Hash>, KeepError> {
        let published = (self.heads)();
        let minimal = published.iter().filter_map(|signed| self.federation.minimal(signed).ok());
        let mut notes: Vec<SignedCheckpoint> = minimal.collect();
        notes.sort_by(|a, b| a.checkpoint().origin().cmp(b.checkpoint().origin()));
        if notes.is_empty() {
            return Ok(None);
        }
        let heads = notes.iter().map(Head::of).collect::<Result<_, _>>()?;
        let statement = Statement::new(self.federation.id(), heads)?;
        let checkpoints: Vec<u8> = notes.iter().flat_map(SignedCheckpoint::to_bytes).collect();
        let root = self.publish(&statement, checkpoints)?;
        self.ledger().note(&root, What::Made { clocks }, now)?;
        tracing::info!(%root, logs = notes.len(), "a federation root was made");
        Ok(Some(root))
    }

    /// Puts a statement and its checkpoints on the disk.
    pub(super) fn publish(
        &self,
        statement: &Statement,
        checkpoints: Vec<u8>,
    ) -> Result<Hash, KeepError> {
        let root = statement.tree()?.root();
        self.store.write_once(vec![
            (path(&root, STATEMENT), statement.to_bytes()),
            (path(&root, CHECKPOINTS), checkpoints),
        ])?;
        Ok(root)
    }

    /// The task of one clock.
    async fn serve(self: Arc<Self>, outside: Arc<dyn Outside>) {
        let mut renewed: Option<Instant> = None;
        loop {
            for (clock, root) in self.due(&*outside) {
                self.step(&*outside, &clock, root).await;
            }
            if let Some(ages) = outside.ages()
                && renewed.is_none_or(|at| at.elapsed() > renew::LOOK)
            {
                renewed = Some(Instant::now());
                tokio::task::block_in_place(|| self.renew(&*outside, ages));
            }
            let _ = tokio::time::timeout(LOOK, self.made.notified()).await;
        }
    }

    /// For which clocks and roots this clock has something to do now: new roots first, however much
    /// has to be renewed.
    fn due(&self, outside: &dyn Outside) -> Vec<(Arc<str>, Hash)> {
        let now = self.clock.now();
        let (ledger, failing) = (self.ledger(), self.failing());
        let anchors = ledger.anchors();
        let (mut new, mut open) = (Vec::new(), Vec::new());
        for (clock, tally) in &anchors.clocks {
            let own = **clock == *outside.name();
            if !own && !self.stands_in(outside, clock) {
                continue;
            }
            for root in &tally.open {
                let rests = failing.get(&(clock.to_string(), *root)).is_some_and(|f| f.until > now);
                let Some(job) = anchors.job(clock, root).filter(|_| !rests) else { continue };
                match &job.progress {
                    Progress::Open { again, .. } if *again > now => {}
                    Progress::Open { state, .. } if own || is_renewal(state) => {
                        open.push((Arc::clone(clock), *root));
                    }
                    Progress::Due if own => new.push((Arc::clone(clock), *root)),
                    _ => {}
                }
            }
        }
        new.into_iter().chain(open).take(STEPS).collect()
    }

    /// One step of the work of `clock`, which may be another one than the clock that does it.
    async fn step(&self, outside: &dyn Outside, clock: &Arc<str>, root: Hash) {
        let now = self.clock.now();
        let state = match self.progress(clock, &root) {
            Some(Progress::Due) => None,
            Some(Progress::Open { state, .. }) => Some(*state),
            // Another node has brought evidence since this was due.
            _ => return,
        };
        let step = match (state, outside.ages()) {
            (Some(state), Some(ages)) if is_renewal(&state) => {
                self.renew_step(ages, clock, &root, now).await
            }
            (state, _) => outside.step(&root, state.as_ref(), now).await,
        };
        // The disk may take its time; the threads that answer requests do not wait for it.
        let noted = tokio::task::block_in_place(|| match step {
            Ok(Step::Open { state, again_s, words, cost }) => {
                let (again, cost) = (now.0.saturating_add(again_s), cost.map(Into::into));
                let clock = clock.to_string();
                self.note(&root, What::Open { clock, state, again, words, cost })
            }
            Ok(Step::Done { evidence, words, cost }) => {
                let ends = outside.ages().map(|ages| ages.ends(&root, &evidence, now).0);
                let kind = outside.kind().name().to_owned();
                self.write(clock, &root, None, evidence, |file| {
                    tracing::info!(%clock, %root, file, "an outside clock has answered");
                    let (clock, cost) = (clock.to_string(), cost.map(Into::into));
                    What::Done { clock, kind, file, words, cost, ends }
                })
            }
            Err(StepError::Refused(words)) => {
                tracing::warn!(%clock, words, %root, "a clock has given up");
                self.note(&root, What::Refused { clock: clock.to_string(), words })
            }
            Err(StepError::Later(words)) => Err(KeepError::Later(words)),
        });
        let key = (clock.to_string(), root);
        match noted {
            Ok(()) => drop(self.failing().remove(&key)),
            Err(error) => self.fail(outside.name(), key, error.to_string(), now),
        }
    }

    /// Writes evidence, under the number that is wanted or the next one that is free, and the line
    /// that names it. One at a time: other nodes' evidence takes numbers too.
    pub(super) fn write(
        &self,
        clock: &str,
        root: &Hash,
        wanted: Option<u32>,
        evidence: Vec<u8>,
        what: impl FnOnce(String) -> What,
    ) -> Result<(), KeepError> {
        let mut ledger = self.ledger();
        let held = ledger.anchors().job(clock, root).and_then(|job| job.evidence);
        let mut number = held.map_or(0, |held| held.number).saturating_add(1);
        number = number.max(wanted.unwrap_or(0));
        let file = loop {
            let file = file_name(clock, number);
            match self.store.write_once(vec![(path(root, &file), evidence.clone())]) {
                // A crash left it there before its line was written, so nobody was told of it.
                Err(StoreError::Conflict { .. }) => number = number.saturating_add(1),
                written => break written.map(|()| file)?,
            }
        };
        Ok(ledger.note(root, what(file), self.clock.now())?)
    }

    fn fail(&self, outside: &str, key: (String, Hash), words: String, now: Timestamp) {
        let mut failing = self.failing();
        let before = failing.get(&key);
        let tries = before.map_or(0, |f| f.tries).saturating_add(1);
        let pause = 1u64.checked_shl(tries.min(16)).unwrap_or(LONGEST_PAUSE_S).min(LONGEST_PAUSE_S);
        if before.is_none_or(|before| before.words != words) {
            tracing::warn!(clock = key.0, root = %key.1, words, "an outside clock fails");
        }
        metrics::counter!("beleg_anchor_failures_total", "clock" => outside.to_owned())
            .increment(1);
        let since = before.map_or(now, |before| before.since);
        let until = Timestamp(now.0.saturating_add(pause));
        failing.insert(key, Failing { since, words, tries, until });
    }

    pub(super) fn note(&self, root: &Hash, what: What) -> Result<(), KeepError> {
        Ok(self.ledger().note(root, what, self.clock.now())?)
    }

    fn progress(&self, clock: &str, root: &Hash) -> Option<Progress> {
        self.ledger().anchors().job(clock, root).map(|job| job.progress.clone())
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn failing(&self) -> MutexGuard<'_, BTreeMap<(String, Hash), Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a public file of a root lies in the store.
pub fn path(root: &Hash, file: &str) -> String {
    format!("{FOLDER}/{root}/{file}")
}

#[cfg(test)]
mod tests;
