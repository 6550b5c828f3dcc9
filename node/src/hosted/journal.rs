//! What a hosted office has issued: one line for each batch, in a file that only grows.
//!
//! ```text
//! {"journal":1,"time":n,"origin":s,"issuer":n,"root":hex,"index":n,"first_status":n,"height":n,
//!  "documents":[{"status":n,"type":s,"token":s,"reference":s?}]}
//! ```
//!
//! It is what a document is found by when it is to be withdrawn. It holds no digest, no secret and
//! of the fields the type and the reference only. A line is durable before a receipt of its batch
//! is handed out; one that a crash left half written is cut off, as nobody was told of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use proto::hash::Hash;
use proto::ledger::cover::BatchShape;
use serde::{Deserialize, Serialize};

use crate::lines::{self, FileError, Lines};

const FILE: &str = "journal";
const VERSION: u8 = 1;
/// Bytes of a line: 1,024 documents, each with a reference of 4,096 bytes, escaped.
const LINE_BYTES: u64 = 32 * 1024 * 1024;

/// A batch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    journal: u8,
    /// When it was written, by this machine's clock.
    pub time: u64,
    /// The log.
    pub origin: String,
    /// Index of the issuer's entry.
    pub issuer: u64,
    /// The batch root, in hex.
    pub root: String,
    /// Index of the issuance.
    pub index: u64,
    /// Status index of its place 0.
    pub first_status: u64,
    /// Height of the batch tree.
    pub height: u8,
    /// Its documents.
    pub documents: Vec<Written>,
}

/// A document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its status index.
    pub status: u64,
    /// Its type.
    #[serde(rename = "type")]
    pub document_type: String,
    /// The id of the token that it came with.
    pub token: String,
    /// Its reference, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Line {
    /// A line of the version that is written.
    pub fn new(time: u64, origin: &str, root: &Hash) -> Line {
        Line {
            journal: VERSION,
            time,
            origin: origin.to_owned(),
            issuer: 0,
            root: root.to_hex(),
            index: 0,
            first_status: 0,
            height: 0,
            documents: Vec::new(),
        }
    }
}

/// The journal, open for writing.
#[derive(Debug)]
pub struct Journal(Lines);

impl Journal {
    /// Opens the journal of an office, made if it is not there.
    pub fn open(office: &Path) -> Result<Journal, FileError> {
        Ok(Journal(Lines::open(office, FILE)?))
    }

    /// Writes a batch down, durably, unless it stands there.
    pub fn put(&mut self, line: &Line, resumed: bool) -> Result<(), FileError> {
        if resumed {
            let mut there = false;
            walk(self.0.path(), &mut |found| there |= found.root == line.root)?;
            if there {
                return Ok(());
            }
        }
        self.0.append(line)
    }
}

/// Shows each whole line of an office's journal; others may write to it meanwhile.
pub fn read(office: &Path, show: &mut dyn FnMut(Line)) -> Result<(), FileError> {
    walk(&office.join(FILE), show)
}

/// What was issued with each token: how many documents, and when the last one.
pub fn tally(office: &Path) -> Result<BTreeMap<String, (u64, u64)>, FileError> {
    let mut tally: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    read(office, &mut |line| {
        for document in line.documents {
            let (count, last) = tally.entry(document.token).or_default();
            (*count, *last) = (*count + 1, (*last).max(line.time));
        }
    })?;
    Ok(tally)
}

/// A document that was found, with the batch that it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entered {
    /// When its batch was written down.
    pub time: u64,
    /// Index of the issuance.
    pub index: u64,
    /// The document.
    pub document: Written,
}

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Search {
    /// Everything.
    All,
    /// Documents with this reference.
    Reference(String),
    /// The document with this status index.
    Status(u64),
}

/// The newest documents that are looked for and that `fits`, newest first; and whether there are
/// more. Reads the whole journal.
pub fn search(
    office: &Path,
    search: &Search,
    most: usize,
    fits: &dyn Fn(&Written) -> bool,
) -> Result<(Vec<Entered>, bool), FileError> {
    let (mut newest, mut more) = (VecDeque::new(), false);
    read(office, &mut |line| {
        let (time, index) = (line.time, line.index);
        for document in line.documents {
            let meant = match search {
                Search::All => true,
                Search::Reference(reference) => document.reference.as_ref() == Some(reference),
                Search::Status(status) => document.status == *status,
            };
            if meant && fits(&document) {
                newest.push_back(Entered { time, index, document });
            }
            if newest.len() > most {
                newest.pop_front();
                more = true;
            }
        }
    })?;
    Ok((newest.into_iter().rev().collect(), more))
}

/// What is said of a batch of which a document is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawer {
    /// The log.
    pub origin: String,
    /// Index of the issuer's entry.
    pub issuer: u64,
    /// The batch root, in hex.
    pub root: String,
    /// How large it is.
    pub shape: BatchShape,
}

/// The documents with some status indexes, and their batches.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Selection {
    /// By status index: the type.
    pub types: BTreeMap<u64, String>,
    /// By the status index of their place 0.
    pub batches: BTreeMap<u64, Drawer>,
}

impl Selection {
    /// The batch of a document that is in it.
    pub fn batch(&self, status: u64) -> Option<(u64, &Drawer)> {
        self.batches.range(..=status).next_back().map(|(first, drawer)| (*first, drawer))
    }
}

/// Finds documents by status index. Reads the whole journal.
pub fn select(office: &Path, wanted: &BTreeSet<u64>) -> Result<Selection, FileError> {
    let mut selection = Selection::default();
    read(office, &mut |line| {
        let width = 1u64.checked_shl(line.height.into()).unwrap_or(u64::MAX);
        let batch = line.first_status..line.first_status.saturating_add(width);
        if wanted.range(batch).next().is_none() {
            return;
        }
        let shape = BatchShape { width, documents: line.documents.len() as u64 };
        for document in line.documents {
            if wanted.contains(&document.status) {
                selection.types.insert(document.status, document.document_type);
            }
        }
        let (origin, issuer, root) = (line.origin, line.issuer, line.root);
        selection.batches.insert(line.first_status, Drawer { origin, issuer, root, shape });
    })?;
    Ok(selection)
}

fn walk(path: &Path, show: &mut dyn FnMut(Line)) -> Result<(), FileError> {
    lines::walk(path, LINE_BYTES, &mut |line: Line| {
        let known = line.journal == VERSION;
        if known {
            show(line);
        }
        known
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn line(root: u8, tokens: &[&str]) -> Line {
        let written = |token: &&str| Written {
            status: 7,
            document_type: "permit".to_owned(),
            token: (*token).to_owned(),
            reference: Some("A\n1".to_owned()),
        };
        let documents = tokens.iter().map(written).collect();
        Line { documents, ..Line::new(u64::from(root), "town.example/log", &Hash([root; 32])) }
    }

    fn roots(office: &Path) -> Vec<String> {
        let mut roots = Vec::new();
        read(office, &mut |line| roots.push(line.root)).unwrap();
        roots
    }

    #[test]
    fn a_batch_is_written_once_and_half_a_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let office = folder.path();
        assert!(roots(office).is_empty());
        Journal::open(office).unwrap().put(&line(1, &["a"]), false).unwrap();
        let whole = fs::read(office.join(FILE)).unwrap();
        for cut in [1, whole.len() / 2, whole.len() - 1] {
            fs::write(office.join(FILE), [&whole[..], &whole[..cut]].concat()).unwrap();
            assert_eq!(roots(office).len(), 1);
            let mut journal = Journal::open(office).unwrap();
            assert_eq!(fs::read(office.join(FILE)).unwrap(), whole);
            journal.put(&line(2, &["a"]), true).unwrap();
            journal.put(&line(1, &["a"]), true).unwrap();
            assert_eq!(roots(office), [Hash([1; 32]).to_hex(), Hash([2; 32]).to_hex()]);
        }
        let long = [b"x".repeat(10_000), whole].concat();
        fs::write(office.join(FILE), &long[..9_000]).unwrap();
        Journal::open(office).unwrap();
        assert_eq!(fs::metadata(office.join(FILE)).unwrap().len(), 0);
    }

    #[test]
    fn tokens_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.put(&line(5, &["a", "b", "a"]), false).unwrap();
        journal.put(&line(9, &["b"]), false).unwrap();
        let want = [("a".to_owned(), (2, 5)), ("b".to_owned(), (2, 9))];
        assert_eq!(tally(folder.path()).unwrap(), BTreeMap::from(want));
    }

    #[test]
    fn the_newest_are_found_first_and_no_more_than_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        for batch in 0..5u8 {
            let mut line = line(batch, &["a", "b"]);
            (line.first_status, line.height) = (u64::from(batch) * 16, 4);
            for (at, document) in line.documents.iter_mut().enumerate() {
                document.status = line.first_status + 3 + at as u64;
                document.reference = Some(format!("A {batch}"));
            }
            journal.put(&line, false).unwrap();
        }
        let found = |search: &Search, most, token: &str| {
            let fits = |document: &Written| document.token.starts_with(token);
            let (found, more) = super::search(folder.path(), search, most, &fits).unwrap();
            (found.iter().map(|entered| entered.document.status).collect::<Vec<_>>(), more)
        };
        assert_eq!(found(&Search::All, 3, ""), (vec![68, 67, 52], true));
        assert_eq!(found(&Search::All, 5, "a"), (vec![67, 51, 35, 19, 3], false));
        assert_eq!(found(&Search::Reference("A 2".to_owned()), 9, ""), (vec![36, 35], false));
        assert_eq!(found(&Search::Reference("A".to_owned()), 9, ""), (vec![], false));
        assert_eq!(found(&Search::Status(19), 9, ""), (vec![19], false));
        let selection = select(folder.path(), &[4, 12, 67, 500].into()).unwrap();
        assert_eq!(selection.types.keys().copied().collect::<Vec<_>>(), [4, 67]);
        assert_eq!(selection.batches.keys().copied().collect::<Vec<_>>(), [0, 64]);
        let (first, drawer) = selection.batch(67).unwrap();
        assert_eq!((first, drawer.shape), (64, BatchShape { width: 16, documents: 2 }));
    }

    #[test]
    fn a_changed_line_is_no_line() {
        let folder = tempfile::tempdir().unwrap();
        Journal::open(folder.path()).unwrap().put(&line(1, &["a"]), false).unwrap();
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        for (from, to) in [("\"journal\":1", "\"journal\":2"), ("token", "tokens"), ("[", "")] {
            fs::write(folder.path().join(FILE), text.replacen(from, to, 1)).unwrap();
            assert!(matches!(tally(folder.path()), Err(FileError::Damaged { .. })), "{from}");
        }
    }
}
