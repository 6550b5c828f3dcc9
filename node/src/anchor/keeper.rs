//! The anchors of a node: makes statements on schedule, walks each clock through its steps, keeps
//! what comes back.
//!
//! Every clock has a task of its own, so that one that stalls delays nobody. Publishing never waits
//! for any of this. What is public lies in `anchors/ROOT/` as write-once files: `statement`,
//! `checkpoints`, and one for each piece of evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::anchor::list::numbered;
use proto::anchor::statement::{Head, Statement, StatementError};
use proto::checkpoint::SignedCheckpoint;
use proto::document::batch::BatchError;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::ledger::{Ledger, Progress, What};
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
/// How often it is looked whether evidence ages.
const RENEW: Duration = Duration::from_secs(86_400);
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
            let looked = tokio::task::spawn_blocking(move || keeper.make_due()).await;
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
            let last = self.ledger().anchors().made.get(name).copied();
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
            for root in self.due(outside.name()) {
                self.step(&*outside, root).await;
            }
            if outside.ages() && renewed.is_none_or(|at| at.elapsed() > RENEW) {
                renewed = Some(Instant::now());
                tokio::task::block_in_place(|| self.renew(&*outside));
            }
            let _ = tokio::time::timeout(LOOK, self.made.notified()).await;
        }
    }

    /// The roots for which a clock has something to do now.
    fn due(&self, clock: &str) -> Vec<Hash> {
        let now = self.clock.now();
        let (ledger, failing) = (self.ledger(), self.failing());
        let anchors = ledger.anchors();
        let due = |root: &&Hash| {
            let job = anchors.roots.get(*root).and_then(|anchored| anchored.jobs.get(clock));
            let rests = failing.get(&(clock.to_owned(), **root)).is_some_and(|f| f.until > now);
            let waits = |again: &Timestamp| *again > now;
            match job.map(|job| &job.progress) {
                Some(Progress::Open { again, .. }) if waits(again) => false,
                _ => !rests,
            }
        };
        let open = anchors.open.get(clock).into_iter().flatten();
        open.filter(due).take(STEPS).copied().collect()
    }

    async fn step(&self, outside: &dyn Outside, root: Hash) {
        let now = self.clock.now();
        let state = self.state(outside.name(), &root);
        let step = outside.step(&root, state.as_ref(), now).await;
        let clock = outside.name().to_owned();
        let key = (clock.clone(), root);
        // The disk may take its time; the threads that answer requests do not wait for it.
        let noted = tokio::task::block_in_place(|| match step {
            Ok(Step::Open { state, again_s, words, cost }) => {
                let (again, cost) = (now.0.saturating_add(again_s), cost.map(Into::into));
                self.note(&root, What::Open { clock, state, again, words, cost })
            }
            Ok(Step::Done { evidence, words, cost }) => {
                let cost = cost.map(Into::into);
                self.done(outside, &root, evidence, |kind, file| What::Done {
                    clock,
                    kind,
                    file,
                    words,
                    cost,
                })
            }
            Err(StepError::Refused(words)) => {
                tracing::warn!(clock, %root, words, "a clock has given up");
                self.note(&root, What::Refused { clock, words })
            }
            Err(StepError::Later(words)) => Err(KeepError::Later(words)),
        });
        match noted {
            Ok(()) => drop(self.failing().remove(&key)),
            Err(error) => self.fail(key, error.to_string(), now),
        }
    }

    fn done(
        &self,
        outside: &dyn Outside,
        root: &Hash,
        evidence: Vec<u8>,
        what: impl FnOnce(String, String) -> What,
    ) -> Result<(), KeepError> {
        let before = self.evidence_file(outside.name(), root);
        let number = before.map_or(0, |file| numbered(&file).1);
        let file = format!("{}.{}", outside.name(), number.saturating_add(1));
        self.store.write_once(vec![(path(root, &file), evidence)])?;
        tracing::info!(clock = outside.name(), %root, file, "an outside clock has answered");
        self.note(root, what(outside.kind().name().to_owned(), file))
    }

    /// Opens again what ages.
    fn renew(&self, outside: &dyn Outside) {
        let clock = outside.name().to_owned();
        let now = self.clock.now();
        let roots: Vec<Hash> = self.ledger().anchors().roots.keys().copied().collect();
        for root in roots {
            if self.state(&clock, &root).is_some() {
                continue;
            }
            let Some(file) = self.evidence_file(&clock, &root) else { continue };
            let Ok(Some(evidence)) = self.store.read(&path(&root, &file)) else { continue };
            let Some(state) = outside.renewal(&root, &evidence, now) else { continue };
            let (clock, words, again) = (clock.clone(), "it ages and is renewed".to_owned(), now.0);
            let open = What::Open { clock, state, again, words, cost: None };
            if let Err(error) = self.note(&root, open) {
                tracing::warn!(%error, %root, "evidence that ages was not renewed");
            }
        }
    }

    fn fail(&self, key: (String, Hash), words: String, now: Timestamp) {
        let mut failing = self.failing();
        let before = failing.get(&key);
        let tries = before.map_or(0, |f| f.tries).saturating_add(1);
        let pause = 1u64.checked_shl(tries.min(16)).unwrap_or(LONGEST_PAUSE_S).min(LONGEST_PAUSE_S);
        if before.is_none_or(|before| before.words != words) {
            tracing::warn!(clock = key.0, root = %key.1, words, "an outside clock fails");
        }
        metrics::counter!("beleg_anchor_failures_total", "clock" => key.0.clone()).increment(1);
        let since = before.map_or(now, |before| before.since);
        let until = Timestamp(now.0.saturating_add(pause));
        failing.insert(key, Failing { since, words, tries, until });
    }

    pub(super) fn note(&self, root: &Hash, what: What) -> Result<(), KeepError> {
        Ok(self.ledger().note(root, what, self.clock.now())?)
    }

    fn state(&self, clock: &str, root: &Hash) -> Option<Value> {
        let ledger = self.ledger();
        match &ledger.anchors().roots.get(root)?.jobs.get(clock)?.progress {
            Progress::Open { state, .. } => Some(state.clone()),
            _ => None,
        }
    }

    fn evidence_file(&self, clock: &str, root: &Hash) -> Option<String> {
        let ledger = self.ledger();
        let job = ledger.anchors().roots.get(root)?.jobs.get(clock)?;
        job.evidence.as_ref().filter(|_| job.from.is_none()).map(|(_, file)| file.clone())
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
