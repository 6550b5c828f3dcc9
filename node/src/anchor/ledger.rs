//! What was anchored, what is open, what it cost: a file that only grows, private to the node.
//!
//! ```text
//! {"anchor":1,"time":n,"root":hex,"what":WHAT}
//! WHAT = {"made":{"clocks":[s]}}
//!      | {"open":{"clock":s,"state":json,"again":n,"words":s,"cost":COST?}}
//!      | {"done":{"clock":s,"kind":s,"file":s,"words":s,"cost":COST?,"ends":n?}}
//!      | {"refused":{"clock":s,"words":s}}
//!      | {"kept":{"clock":s,"kind":s,"file":s,"from":s,"ends":n?}}
//! COST = {"amount":s,"unit":s}
//! ```
//!
//! A line is durable before anything happens that rests on it: a state before the next step, a file
//! of evidence before the line that names it.

mod anchors;

use std::path::Path;

use proto::hash::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outside::Cost;
use crate::lines::{self, FileError, Lines};

pub use anchors::{Anchored, Anchors, Held, Job, Progress, Tally, file_name};

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
        /// When it ends to prove anything, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<u64>,
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
        /// When it ends to prove anything, if it does and that can be told here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends: Option<u64>,
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

/// The word in a state that says that the newest evidence is renewed.
pub(super) const RENEW: &str = "renew";

/// Whether a state is that of a renewal.
pub(super) fn is_renewal(state: &Value) -> bool {
    state.get(RENEW).is_some()
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

    /// Writes down what happened, durably. A look that found nothing new is remembered alone.
    pub fn note(&mut self, root: &Hash, what: What, now: Timestamp) -> Result<(), FileError> {
        let line = Line { anchor: VERSION, time: now.0, root: root.to_hex(), what };
        if !self.anchors.knows(root, &line.what) {
            self.lines.append(&line)?;
        }
        self.anchors.take(*root, now, line.what);
        Ok(())
    }

    /// Remembers when evidence ends of which no line says it.
    pub fn ends(&mut self, clock: &str, root: &Hash, ends: Timestamp) {
        self.anchors.ends(clock, root, ends);
    }
}

/// Reads the file; a node may be writing to it.
pub fn read(folder: &Path) -> Result<Anchors, FileError> {
    let mut anchors = Anchors::default();
    lines::walk(&folder.join(FILE), LINE_BYTES, &mut |line: Line| {
        let Ok(root) = Hash::from_hex(&line.root) else { return false };
        line.anchor == VERSION && anchors.take(root, Timestamp(line.time), line.what)
    })?;
    Ok(anchors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::anchor::Kind;
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
        let job = before.job("ots", &a).unwrap();
        let (state, again) = (Box::new(json!({"step": 1})), Timestamp(9));
        assert_eq!(job.progress, Progress::Open { state, again });
        assert_eq!(job.cost.as_ref().unwrap().amount, u128::MAX.to_string());
        assert_eq!(before.job("tsa-x", &a).unwrap().progress, Progress::Refused);
        assert_eq!(before.job("ots", &b).unwrap().progress, Progress::Due);
        assert_eq!((before.made, before.clocks["ots"].spent), (2, u128::MAX));
    }

    #[test]
    fn lines_that_do_not_say_when_evidence_ends_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = sha256(b"a");
        let line =
            |what| format!("{{\"anchor\":1,\"time\":5,\"root\":\"{root}\",\"what\":{what}}}\n");
        let done = r#"{"done":{"clock":"tsa-a","kind":"tsa","file":"tsa-a.1","words":""}}"#;
        let kept = r#"{"kept":{"clock":"tsa-a","kind":"tsa","file":"tsa-a.2","from":"b"}}"#;
        let odd = r#"{"kept":{"clock":"x","kind":"tsa","file":"x","from":"b"}}"#;
        let path = folder.path().join(FILE);
        std::fs::write(path, [line(done), line(kept), line(odd)].concat()).unwrap();
        let mut ledger = Ledger::open(folder.path()).unwrap();
        let held = |ledger: &Ledger| ledger.anchors().job("tsa-a", &root).unwrap().evidence;
        let mut evidence = Held { kind: Kind::Tsa, number: 2, ends: None };
        assert_eq!(held(&ledger), Some(evidence));
        assert_eq!(ledger.anchors().job("x", &root).unwrap().evidence, None);
        assert_eq!(ledger.anchors().kept["b"], 2);
        ledger.ends("tsa-a", &root, Timestamp(9));
        evidence.ends = Some(Timestamp(9));
        assert_eq!(held(&ledger), Some(evidence));
        // It is not what the clock here signs with.
        assert_eq!(ledger.anchors().clocks["tsa-a"].ends, None);
    }

    #[test]
    fn what_is_begun_is_ended_though_another_node_was_faster() {
        let folder = tempfile::tempdir().unwrap();
        let root = sha256(b"a");
        let mut ledger = Ledger::open(folder.path()).unwrap();
        let kept = || {
            let [clock, file, from] = ["ots", "ots.1", "other"].map(str::to_owned);
            What::Kept { clock, kind: "bitcoin".to_owned(), file, from, ends: None }
        };
        let is_open = |ledger: &Ledger| ledger.anchors().clocks["ots"].open.contains(&root);
        ledger.note(&root, What::Made { clocks: vec!["ots".to_owned()] }, Timestamp(5)).unwrap();
        ledger.note(&root, open(json!({"step": 1}), 9), Timestamp(6)).unwrap();
        ledger.note(&root, kept(), Timestamp(7)).unwrap();
        assert!(is_open(&ledger) && ledger.anchors().job("ots", &root).unwrap().evidence.is_some());
        ledger.note(&root, open(json!({RENEW: 1}), 9), Timestamp(8)).unwrap();
        ledger.note(&root, kept(), Timestamp(9)).unwrap();
        assert!(!is_open(&ledger));
    }

    #[test]
    fn a_look_that_found_nothing_new_takes_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let root = sha256(b"a");
        let mut ledger = Ledger::open(folder.path()).unwrap();
        let bytes = || std::fs::metadata(folder.path().join(FILE)).unwrap().len();
        ledger.note(&root, open(json!({"step": 1}), 9), Timestamp(6)).unwrap();
        let before = bytes();
        ledger.note(&root, open(json!({"step": 1}), 12), Timestamp(9)).unwrap();
        assert_eq!(bytes(), before);
        let progress = &ledger.anchors().job("ots", &root).unwrap().progress;
        let (state, again) = (Box::new(json!({"step": 1})), Timestamp(12));
        assert_eq!(*progress, Progress::Open { state, again });
        ledger.note(&root, open(json!({"step": 2}), 15), Timestamp(12)).unwrap();
        assert!(bytes() > before);
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
