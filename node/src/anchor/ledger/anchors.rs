//! What the lines of the ledger come to: every root, and how far each clock is with it.
//!
//! All of it is in memory as long as the node runs, so roots and jobs are kept small: names of
//! clocks and operators once, files by their number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proto::anchor::Kind;
use proto::anchor::list::numbered;
use proto::hash::{Hash, Timestamp};
use serde_json::Value;

use super::{Spent, What, is_renewal};

/// How far a clock is with a root.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// It was not asked yet.
    Due,
    /// There is more to do.
    Open {
        /// What the next step needs.
        state: Box<Value>,
        /// When that is due.
        again: Timestamp,
    },
    /// There is evidence.
    Done,
    /// It has given up.
    Refused,
}

/// A piece of evidence that is on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Its kind.
    pub kind: Kind,
    /// The number in the name of its file, behind the clock's.
    pub number: u32,
    /// When it ends to prove anything, as far as that was looked at.
    pub ends: Option<Timestamp>,
}

/// A clock and a root.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// How far it is.
    pub progress: Progress,
    /// The newest words about it.
    pub words: Box<str>,
    /// The newest evidence, of any clock of this name.
    pub evidence: Option<Held>,
    /// What it has cost so far.
    pub cost: Option<Box<Spent>>,
    /// The operator whose node brought the evidence; `None` if it was this one.
    pub from: Option<Arc<str>>,
}

impl Job {
    fn new() -> Job {
        let words = Box::from("");
        Job { progress: Progress::Due, words, evidence: None, cost: None, from: None }
    }
}

/// The name of a file of evidence.
pub fn file_name(clock: &str, number: u32) -> String {
    format!("{clock}.{number}")
}

/// A federation root and what became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Anchored {
    /// When it was made, or first seen here.
    pub time: Timestamp,
    /// Each clock that has to do with it, sorted by name.
    pub jobs: Vec<(Arc<str>, Job)>,
}

impl Anchored {
    /// How far this clock is.
    pub fn job(&self, clock: &str) -> Option<&Job> {
        let at = self.jobs.binary_search_by(|(name, _)| (**name).cmp(clock)).ok()?;
        self.jobs.get(at).map(|(_, job)| job)
    }

    /// The newest evidence of each clock: its name, the kind, the file.
    pub fn evidence(&self) -> impl Iterator<Item = (&str, Kind, String)> {
        self.jobs.iter().filter_map(|(clock, job)| {
            let held = job.evidence?;
            Some((&**clock, held.kind, file_name(clock, held.number)))
        })
    }

    fn job_mut(&mut self, clock: &Arc<str>) -> &mut Job {
        let found = self.jobs.binary_search_by(|(name, _)| name.cmp(clock));
        let at = found.unwrap_or_else(|at| {
            self.jobs.reserve_exact(1);
            self.jobs.insert(at, (Arc::clone(clock), Job::new()));
            at
        });
        &mut self.jobs[at].1
    }
}

/// All that one clock has done.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Tally {
    /// With which roots it is not at an end.
    pub open: BTreeSet<Hash>,
    /// When the newest root was made for which it has evidence.
    pub proven: Option<Timestamp>,
    /// When it was first given a root by this node.
    pub first: Option<Timestamp>,
    /// When it was last given one by this node.
    pub made: Option<Timestamp>,
    /// When the evidence ends that it brought last.
    pub ends: Option<Timestamp>,
    /// Pieces of evidence that it has brought to this node.
    pub brought: u64,
    /// What it has cost.
    pub spent: u128,
    /// Of what.
    pub unit: String,
}

/// Everything that the ledger says.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Anchors {
    /// Every root.
    pub roots: BTreeMap<Hash, Anchored>,
    /// The same by their time.
    pub times: BTreeSet<(Timestamp, Hash)>,
    /// Every clock, also those of other nodes.
    pub clocks: BTreeMap<Arc<str>, Tally>,
    /// Pieces of evidence that each operator's node brought.
    pub kept: BTreeMap<Arc<str>, u64>,
    /// Roots that this node has made.
    pub made: u64,
}

impl Anchors {
    /// How far a clock is with a root.
    pub fn job(&self, clock: &str, root: &Hash) -> Option<&Job> {
        self.roots.get(root)?.job(clock)
    }

    /// Whether this is what was known before: a look at a clock that found nothing new.
    pub(super) fn knows(&self, root: &Hash, what: &What) -> bool {
        let What::Open { clock, state, words, cost, .. } = what else { return false };
        let Some(job) = self.job(clock, root) else { return false };
        let Progress::Open { state: known, .. } = &job.progress else { return false };
        let same_cost = cost.is_none() || cost.as_ref() == job.cost.as_deref();
        **known == *state && *job.words == **words && same_cost
    }

    /// Remembers when evidence ends of which no line says it.
    pub fn ends(&mut self, clock: &str, root: &Hash, ends: Timestamp) {
        let Some((name, _)) = self.clocks.get_key_value(clock) else { return };
        let name = Arc::clone(name);
        let Some(anchored) = self.roots.get_mut(root) else { return };
        let job = anchored.job_mut(&name);
        if let Some(held) = &mut job.evidence {
            held.ends = Some(ends);
        }
        if let (None, Some(tally)) = (&job.from, self.clocks.get_mut(clock)) {
            tally.ends = tally.ends.max(Some(ends));
        }
    }

    /// Takes in what happened to a root; `false` if it could not be understood.
    pub(super) fn take(&mut self, root: Hash, time: Timestamp, what: What) -> bool {
        let times = &mut self.times;
        let anchored = self.roots.entry(root).or_insert_with(|| {
            times.insert((time, root));
            Anchored { time, jobs: Vec::new() }
        });
        let made = anchored.time;
        match what {
            What::Made { clocks } => {
                self.made = self.made.saturating_add(1);
                for clock in clocks {
                    let (name, tally) = named(&mut self.clocks, &clock);
                    tally.first = tally.first.or(Some(time));
                    tally.made = Some(time);
                    if anchored.job_mut(&name).progress == Progress::Due {
                        tally.open.insert(root);
                    }
                }
            }
            What::Open { clock, state, again, words, cost } => {
                let (name, tally) = named(&mut self.clocks, &clock);
                let job = anchored.job_mut(&name);
                let (state, again) = (Box::new(state), Timestamp(again));
                (job.progress, job.words) = (Progress::Open { state, again }, words.into());
                spend(tally, job, cost);
                tally.open.insert(root);
            }
            What::Done { clock, kind, file, words, cost, ends } => {
                let Some(held) = held(&kind, &file, ends) else { return false };
                let (name, tally) = named(&mut self.clocks, &clock);
                let job = anchored.job_mut(&name);
                (job.words, job.from) = (words.into(), None);
                spend(tally, job, cost);
                tally.ends = ends.map(Timestamp).or(tally.ends);
                tally.brought = tally.brought.saturating_add(1);
                prove(tally, job, held, made);
                end(tally, job, Progress::Done, &root);
            }
            What::Refused { clock, words } => {
                let (name, tally) = named(&mut self.clocks, &clock);
                let job = anchored.job_mut(&name);
                job.words = words.into();
                end(tally, job, Progress::Refused, &root);
            }
            What::Kept { clock, kind, file, from, ends } => {
                let Some(held) = held(&kind, &file, ends) else { return false };
                let (name, tally) = named(&mut self.clocks, &clock);
                let (from, pieces) = named(&mut self.kept, &from);
                *pieces = pieces.saturating_add(1);
                let job = anchored.job_mut(&name);
                job.from = Some(from);
                prove(tally, job, held, made);
                // What this node has begun, and may have paid for, it brings to its end.
                if !matches!(&job.progress, Progress::Open { state, .. } if !is_renewal(state)) {
                    end(tally, job, Progress::Done, &root);
                }
            }
        }
        true
    }
}

/// There is evidence about a root that was made then.
fn prove(tally: &mut Tally, job: &mut Job, held: Option<Held>, made: Timestamp) {
    job.evidence = held;
    tally.proven = tally.proven.max(Some(made));
}

/// The clock has no more to do with this root.
fn end(tally: &mut Tally, job: &mut Job, progress: Progress, root: &Hash) {
    job.progress = progress;
    tally.open.remove(root);
}

/// What a line says of a piece of evidence; `None` if it cannot be understood.
fn held(kind: &str, file: &str, ends: Option<u64>) -> Option<Option<Held>> {
    let (kind, (_, number)) = (Kind::parse(kind)?, numbered(file));
    // No node gives a number of 0: whatever the file is, it is not served.
    let held = Held { kind, number, ends: ends.map(Timestamp) };
    Some(Some(held).filter(|held| held.number > 0))
}

/// A root's cost is what it has cost so far: the new one takes the place of the one before.
fn spend(tally: &mut Tally, job: &mut Job, cost: Option<Spent>) {
    let Some(cost) = cost else { return };
    let amount = |cost: &Spent| cost.amount.parse::<u128>().unwrap_or(0);
    let before = job.cost.as_deref().map_or(0, amount);
    tally.spent = tally.spent.saturating_add(amount(&cost).saturating_sub(before));
    tally.unit.clone_from(&cost.unit);
    job.cost = Some(Box::new(cost));
}

/// What belongs to a name, and the name as it is kept.
fn named<'a, T: Default>(all: &'a mut BTreeMap<Arc<str>, T>, name: &str) -> (Arc<str>, &'a mut T) {
    let known = all.get_key_value(name).map(|(known, _)| Arc::clone(known));
    let name = known.unwrap_or_else(|| Arc::from(name));
    let belongs = all.entry(Arc::clone(&name)).or_default();
    (name, belongs)
}
