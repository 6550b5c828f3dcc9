//! What was anchored, what is open, what it cost: a file that only grows, private to the node.
//!
//! ```text
//! {"anchor":1,"time":n,"root":hex,"what":WHAT}
//! WHAT = {"made":{"clocks":[s]}}
//!      | {"open":{"clock":s,"state":json,"again":n,"words":s,"cost":COST?}}
//!      | {"done":{"clock":s,"kind":s,"file":s,"words":s,"cost":COST?}}
//!      | {"refused":{"clock":s,"words":s}} | {"kept":{"clock":s,"kind":s,"file":s,"from":s}}
//! COST = {"amount":s,"unit":s}
//! ```
//!
//! A line is durable before anything happens that rests on it: a state before the next step, a file
//! of evidence before the line that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proto::anchor::Kind;
use proto::hash::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outside::Cost;
use crate::lines::{self, FileError, Lines};

/// The file, in the folder of anchors.
pub const FILE: &str = "ledger";
/// Longest line that is read.
const LINE_BYTES: u64 = 1024 * 1024;
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    anchor: u8,
    time: u64,
    root: String,
    what: What,
}

/// Something that happened to a root.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum What {
    /// Its statement is on the disk, and it goes to these clocks.
    Made {
        /// Their names.
        clocks: Vec<String>,
    },
    /// A clock has gone a step.
    Open {
        /// Its name.
        clock: String,
        /// What its next step needs.
        state: Value,
        /// When that is due.
        again: u64,
        /// In words.
        words: String,
        /// What it has cost so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Spent>,
    },
    /// A clock has brought evidence, which is on the disk.
    Done {
        /// Its name.
        clock: String,
        /// The kind of evidence.
        kind: String,
        /// The name of the file.
        file: String,
        /// In words.
        words: String,
        /// What it has cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Spent>,
    },
    /// A clock has given up.
    Refused {
        /// Its name.
        clock: String,
        /// Why.
        words: String,
    },
    /// Another node brought the evidence, and it was checked here.
    Kept {
        /// The name of the clock there.
        clock: String,
        /// The kind of evidence.
        kind: String,
        /// The name of the file.
        file: String,
        /// The operator whose node it is.
        from: String,
    },
}

/// Money that was spent, as the file has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Decimal digits: it may be more than JSON holds.
    pub amount: String,
    /// Of what.
    pub unit: String,
}

impl From<Cost> for Spent {
    fn from(cost: Cost) -> Spent {
        Spent { amount: cost.amount.to_string(), unit: cost.unit.to_owned() }
    }
}

/// How far a clock is with a root.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// It was not asked yet.
    Due,
    /// There is more to do.
    Open {
        /// What the next step needs.
        state: Value,
        /// When that is due.
        again: Timestamp,
    },
    /// There is evidence.
    Done,
    /// It has given up.
    Refused,
}

/// A clock and a root.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// How far it is.
    pub progress: Progress,
    /// The newest words about it.
    pub words: String,
    /// The newest evidence, of any clock of this name: its kind and file.
    pub evidence: Option<(Kind, String)>,
    /// What it has cost so far.
    pub cost: Option<Spent>,
    /// The operator whose node brought it; `None` if it was this one.
    pub from: Option<String>,
    /// When that was.
    pub time: Timestamp,
}

/// A federation root and what became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Anchored {
    /// When it was made, or first seen here.
    pub time: Timestamp,
    /// Each clock that has to do with it.
    pub jobs: BTreeMap<String, Job>,
}

impl Anchored {
    fn job(&mut self, clock: &str, time: Timestamp) -> &mut Job {
        let new = Job {
            progress: Progress::Due,
            words: String::new(),
            evidence: None,
            cost: None,
            from: None,
            time,
        };
        let job = self.jobs.entry(clock.to_owned()).or_insert(new);
        job.time = time;
        job
    }
}

/// Everything that the file says.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Anchors {
    /// Every root.
    pub roots: BTreeMap<Hash, Anchored>,
    /// The same by their time.
    pub times: BTreeSet<(Timestamp, Hash)>,
    /// With which roots each clock is not at an end.
    pub open: BTreeMap<String, BTreeSet<Hash>>,
    /// When the newest root was made for which each clock has evidence.
    pub proven: BTreeMap<String, Timestamp>,
    /// When each clock was first given one by this node.
    pub first: BTreeMap<String, Timestamp>,
    /// When each clock was last given one by this node.
    pub made: BTreeMap<String, Timestamp>,
}

/// The ledger, open for writing.
#[derive(Debug)]
pub struct Ledger {
    lines: Lines,
    anchors: Anchors,
}

impl Ledger {
    /// Opens the file, made if it is not there.
    pub fn open(folder: &Path) -> Result<Ledger, FileError> {
        let lines = Lines::open(folder, FILE)?;
        let anchors = read(folder)?;
        Ok(Ledger { lines, anchors })
    }

    /// Everything so far.
    pub fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Writes down what happened, durably.
    pub fn note(&mut self, root: &Hash, what: What, now: Timestamp) -> Result<(), FileError> {
        let line = Line { anchor: VERSION, time: now.0, root: root.to_hex(), what };
        self.lines.append(&line)?;
        take(&mut self.anchors, *root, line);
        Ok(())
    }
}

/// Reads the file; a node may be writing to it.
pub fn read(folder: &Path) -> Result<Anchors, FileError> {
    let mut anchors = Anchors::default();
    lines::walk(&folder.join(FILE), LINE_BYTES, &mut |line: Line| {
        let Ok(root) = Hash::from_hex(&line.root) else { return false };
        line.anchor == VERSION && take(&mut anchors, root, line)
    })?;
    Ok(anchors)
}

/// Whether the line could be understood.
fn take(anchors: &mut Anchors, root: Hash, line: Line) -> bool {
    let time = Timestamp(line.time);
    let anchored = anchors.roots.entry(root).or_insert_with(|| {
        anchors.times.insert((time, root));
        Anchored { time, jobs: BTreeMap::new() }
    });
    let clock = match line.what {
        What::Made { clocks } => {
            for clock in clocks {
                anchors.first.entry(clock.clone()).or_insert(time);
                anchors.made.insert(clock.clone(), time);
                if anchored.job(&clock, time).progress == Progress::Due {
                    anchors.open.entry(clock).or_default().insert(root);
                }
            }
            return true;
        }
        What::Open { clock, state, again, words, cost } => {
            let job = anchored.job(&clock, time);
            job.progress = Progress::Open { state, again: Timestamp(again) };
            (job.words, job.cost) = (words, cost.or(job.cost.take()));
            anchors.open.entry(clock).or_default().insert(root);
            return true;
        }
        What::Done { clock, kind, file, words, cost } => {
            let Some(kind) = Kind::parse(&kind) else { return false };
            let job = anchored.job(&clock, time);
            (job.progress, job.evidence) = (Progress::Done, Some((kind, file)));
            (job.words, job.cost) = (words, cost.or(job.cost.take()));
            clock
        }
        What::Refused { clock, words } => {
            let job = anchored.job(&clock, time);
            (job.progress, job.words) = (Progress::Refused, words);
            clock
        }
        What::Kept { clock, kind, file, from } => {
            let Some(kind) = Kind::parse(&kind) else { return false };
            let job = anchored.job(&clock, time);
            (job.progress, job.evidence) = (Progress::Done, Some((kind, file)));
            job.from = Some(from);
            clock
        }
    };
    if let Some(open) = anchors.open.get_mut(&clock) {
        open.remove(&root);
    }
    let made = anchored.time;
    if anchored.jobs.get(&clock).is_some_and(|job| job.evidence.is_some()) {
        let proven = anchors.proven.entry(clock).or_insert(made);
        *proven = made.max(*proven);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::hash::sha256;
    use serde_json::json;

    fn open(state: Value, again: u64) -> What {
        let (clock, words) = ("ots".to_owned(), "waits".to_owned());
        let cost = Some(Cost { amount: u128::MAX, unit: "wei" }.into());
        What::Open { clock, state, again, words, cost }
    }

    #[test]
    fn what_was_noted_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (sha256(b"a"), sha256(b"b"));
        let mut ledger = Ledger::open(folder.path()).unwrap();
        let clocks = vec!["ots".to_owned(), "tsa-x".to_owned()];
        ledger.note(&a, What::Made { clocks }, Timestamp(5)).unwrap();
        ledger.note(&a, open(json!({"step": 1}), 9), Timestamp(6)).unwrap();
        ledger.note(&b, What::Made { clocks: vec!["ots".to_owned()] }, Timestamp(7)).unwrap();
        let words = "no".to_owned();
        let refused = What::Refused { clock: "tsa-x".to_owned(), words };
        ledger.note(&a, refused, Timestamp(8)).unwrap();
        let before = ledger.anchors().clone();
        drop(ledger);
        // Half a line was never told to anybody.
        let path = folder.path().join(FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        let whole = bytes.len();
        bytes.extend_from_slice(b"{\"anchor\":1,\"time\":9,");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(folder.path()).unwrap(), before);
        let ledger = Ledger::open(folder.path()).unwrap();
        assert_eq!(ledger.anchors(), &before);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole as u64);
        let job = &before.roots[&a].jobs["ots"];
        let again = Timestamp(9);
        assert_eq!(job.progress, Progress::Open { state: json!({"step": 1}), again });
        assert_eq!(job.cost.as_ref().unwrap().amount, u128::MAX.to_string());
        assert_eq!(before.roots[&a].jobs["tsa-x"].progress, Progress::Refused);
        assert_eq!(before.roots[&b].jobs["ots"].progress, Progress::Due);
    }

    #[test]
    fn a_damaged_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for line in ["{}", "{\"anchor\":2,\"time\":1,\"root\":\"\",\"what\":{}}", "x"] {
            std::fs::write(folder.path().join(FILE), format!("{line}\n")).unwrap();
            assert!(matches!(Ledger::open(folder.path()), Err(FileError::Damaged { .. })));
        }
    }
}
