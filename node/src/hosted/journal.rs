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

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use proto::hash::Hash;
use serde::{Deserialize, Serialize};

use super::{FileError, io_error};

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
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Opens the journal of an office, made if it is not there, and cuts off half a line.
    pub fn open(office: &Path) -> Result<Journal, FileError> {
        let path = office.join(FILE);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(|e| io_error(&path, "open", e))?;
        whole_lines(&mut file)
            .and_then(|length| file.set_len(length))
            .and_then(|()| file.sync_all())
            .map_err(|e| io_error(&path, "read", e))?;
        crate::store::sync_folder(office)?;
        Ok(Journal { path, file })
    }

    /// Writes a batch down, durably, unless it stands there.
    pub fn put(&mut self, line: &Line, resumed: bool) -> Result<(), FileError> {
        if resumed {
            let mut there = false;
            walk(&self.path, &mut |found| there |= found.root == line.root)?;
            if there {
                return Ok(());
            }
        }
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        let end = self.file.seek(SeekFrom::End(0));
        let end = end.map_err(|e| io_error(&self.path, "write", e))?;
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_all());
        written.map_err(|e| {
            // Half a line must not stand before the next one. If this fails too, the next start
            // cuts it off.
            let _ = self.file.set_len(end);
            io_error(&self.path, "write", e)
        })
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

fn walk(path: &Path, show: &mut dyn FnMut(Line)) -> Result<(), FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io_error(path, "read", e)),
    };
    let mut reader = BufReader::new(file);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut text);
        read.map_err(|e| io_error(path, "read", e))?;
        if text.last() != Some(&b'\n') {
            return Ok(());
        }
        match serde_json::from_slice::<Line>(&text) {
            Ok(line) if line.journal == VERSION => show(line),
            _ => return Err(FileError::Damaged { file: path.display().to_string() }),
        }
    }
}

/// The length of a file up to its last newline.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = [0u8; 4096];
    while end > 0 {
        let part = end.min(4096);
        file.seek(SeekFrom::Start(end - part))?;
        let block = block.get_mut(..part as usize).unwrap_or_default();
        file.read_exact(block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - part + at as u64 + 1);
        }
        end -= part;
    }
    Ok(0)
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
