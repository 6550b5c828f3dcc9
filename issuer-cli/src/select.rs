//! Which documents of the journal are meant: by the file, by its receipt, by reference, by status
//! index, by the time of issue.
//!
//! A receipt names a document only if its fields and path lead to the root of a batch that the
//! journal holds, at the place that it says: a forged receipt selects nothing.

use crate::book::keys::{Part, Ring};
use crate::book::line::{Batch, Personal, What};
use crate::book::{BookError, keys_path, lines_path, read};
use proto::hash::{Hash, Timestamp};
use proto::limits;
use proto::receipt::Receipt;
use proto::time::utc;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use verifier::input::{self, Digester};
use verifier::{sealed, walk};

/// What may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// A document or a receipt.
    File(PathBuf),
    Reference(String),
    Status(u64),
    /// Everything that was issued in this time, both ends included.
    Between(Timestamp, Timestamp),
}

impl Selector {
    /// What a text means: a file that is there (counted from `base`), `status:` and an index, or
    /// else a reference.
    pub fn of(text: &str, base: &Path) -> Selector {
        let path = base.join(text);
        let index = text.strip_prefix("status:").and_then(|index| index.parse().ok());
        match index {
            _ if path.exists() => Selector::File(path),
            Some(index) => Selector::Status(index),
            None => Selector::Reference(text.to_owned()),
        }
    }
}

/// A document that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub status: u64,
    pub slot: u64,
    pub document_type: String,
    /// Unless it was erased.
    pub personal: Option<Personal>,
    pub root: Hash,
    /// Status index of its batch's place 0.
    pub batch: u64,
}

/// A batch with a document that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawer {
    pub origin: String,
    /// Index of the issuer's entry that was in force.
    pub issuer: u64,
    pub width: u64,
    /// All of its documents.
    pub documents: u64,
}

/// A selector that selects nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which of the selectors.
    pub at: usize,
    pub code: &'static str,
    pub sentence: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Selection {
    /// By status index.
    pub documents: BTreeMap<u64, Chosen>,
    /// By the status index of their place 0.
    pub batches: BTreeMap<u64, Drawer>,
    /// The status indexes that each selector has selected.
    pub hits: Vec<Vec<u64>>,
    pub faults: Vec<Fault>,
}

/// What selectors look for in the journal, each with the places of those that do.
#[derive(Default)]
struct Wanted {
    digests: HashMap<String, Vec<usize>>,
    /// Batch root and first status index.
    places: HashMap<(u64, Hash, u64), Vec<usize>>,
    references: HashMap<String, Vec<usize>>,
    statuses: HashMap<u64, Vec<usize>>,
    times: Vec<(u64, u64, usize)>,
}

impl Wanted {
    fn add(&mut self, at: usize, selector: &Selector) -> Result<(), String> {
        match selector {
            Selector::Reference(text) => {
                self.references.entry(text.clone()).or_default().push(at);
            }
            Selector::Status(index) => self.statuses.entry(*index).or_default().push(at),
            Selector::Between(from, to) => self.times.push((from.0, to.0, at)),
            Selector::File(path) => match looked_at(path)? {
                Look::Place(place) => self.places.entry(place).or_default().push(at),
                Look::Digest(digest) => self.digests.entry(digest).or_default().push(at),
            },
        }
        Ok(())
    }

    fn hits(
        &self,
        time: u64,
        drawer: (Hash, u64),
        status: u64,
        of: Option<&Personal>,
    ) -> Vec<usize> {
        let place = self.places.get(&(status, drawer.0, drawer.1));
        let digest = of.and_then(Personal::digest).and_then(|d| self.digests.get(d));
        let reference = of.and_then(|p| p.value("reference"));
        let reference = reference.and_then(|text| self.references.get(text));
        let found = [place, digest, reference, self.statuses.get(&status)];
        let inside = |(from, to, _): &&(u64, u64, usize)| (*from..=*to).contains(&time);
        let times = self.times.iter().filter(inside).map(|(.., at)| *at);
        let mut hits: Vec<usize> = found.into_iter().flatten().flatten().copied().collect();
        hits.extend(times);
        hits
    }
}

/// Finds the documents in the journal of an office.
pub fn select(office: &Path, selectors: &[Selector]) -> Result<Selection, BookError> {
    let mut selection =
        Selection { hits: vec![Vec::new(); selectors.len()], ..Selection::default() };
    let mut wanted = Wanted::default();
    for (at, selector) in selectors.iter().enumerate() {
        if let Err(sentence) = wanted.add(at, selector) {
            selection.faults.push(Fault { at, code: "file-unreadable", sentence });
        }
    }
    let ring = Ring::read(&keys_path(office))?;
    let mut batch: Option<Batch> = None;
    read::walk(&lines_path(office), &mut |hashed| {
        let issued = match hashed.line.what {
            What::Batch(found) => {
                batch = Some(found);
                return Ok(());
            }
            What::Document(issued) => issued,
            _ => return Ok(()),
        };
        let Some(batch) = &batch else { return Ok(()) };
        let personal = match ring.open(&issued.sealed, issued.status) {
            Part::Open(part) => Personal::parse(&part),
            Part::Erased | Part::Damaged => None,
        };
        let (status, drawer) = (issued.status, (batch.root, batch.first_status));
        let hits = wanted.hits(hashed.line.time, drawer, status, personal.as_ref());
        if hits.is_empty() {
            return Ok(());
        }
        hits.into_iter().for_each(|at| selection.hits[at].push(status));
        let drawer = || Drawer {
            origin: batch.origin.clone(),
            issuer: batch.issuer,
            width: 1 << batch.height,
            documents: batch.documents,
        };
        selection.batches.entry(batch.first_status).or_insert_with(drawer);
        let chosen = Chosen {
            status,
            slot: issued.sealed.slot,
            document_type: issued.document_type,
            personal,
            root: batch.root,
            batch: batch.first_status,
        };
        selection.documents.insert(status, chosen);
        Ok(())
    })?;
    for (at, selector) in selectors.iter().enumerate() {
        let told = selection.faults.iter().any(|fault| fault.at == at);
        if selection.hits[at].is_empty() && !told {
            let name = name(selector);
            let sentence = format!("{name}: this office's journal holds no such document.");
            selection.faults.push(Fault { at, code: "not-in-journal", sentence });
        }
    }
    Ok(selection)
}

/// A selector as a person wrote it.
pub fn name(selector: &Selector) -> String {
    match selector {
        Selector::File(path) => verifier::shown::path(path).into_owned(),
        Selector::Reference(text) => format!("reference {}", verifier::shown::text(text)),
        Selector::Status(index) => format!("status index {index}"),
        Selector::Between(from, to) => format!("{} to {}", utc(*from), utc(*to)),
    }
}

/// What a file names.
enum Look {
    Place((u64, Hash, u64)),
    Digest(String),
}

fn looked_at(path: &Path) -> Result<Look, String> {
    let shown = verifier::shown::path(path);
    if let Some(receipt) = receipt_of(path)? {
        let issuance = receipt.issuance().map_err(|why| format!("{shown}: {why}"))?;
        let root = issuance.submission.statement.batch_root;
        return Ok(Look::Place((receipt.status_index().0, root, issuance.first_status.0)));
    }
    let digest = Digester::new().digest(path, false, |_| {});
    let (digest, _) = digest.map_err(|why| format!("{shown}: {why}."))?;
    Ok(Look::Digest(digest.sha256.to_hex()))
}

/// The receipt that a path is, that lies beside it, or that is sealed into it.
fn receipt_of(path: &Path) -> Result<Option<Receipt>, String> {
    let beside = walk::receipt_path(path);
    if walk::is_receipt(path) {
        return read_receipt(path).map(Some);
    }
    if beside.is_file() {
        return read_receipt(&beside).map(Some);
    }
    if !sealed::claims(path) {
        return Ok(None);
    }
    let shown = verifier::shown::path(path);
    let opened = sealed::open(path).map_err(|why| format!("{shown}: {why}."))?;
    let receipt = opened.map(|opened| Receipt::parse(&opened.receipt)).transpose();
    receipt.map_err(|why| format!("{shown}: {why}"))
}

/// Reads a receipt; nothing in it is checked.
pub fn read_receipt(path: &Path) -> Result<Receipt, String> {
    let shown = verifier::shown::path(path);
    let bytes = input::read_bounded(path, limits::TLOG_PROOF_BYTES)
        .map_err(|why| format!("{shown}: {why}."))?;
    Receipt::parse(&bytes).map_err(|why| format!("{shown}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_pdf_stands_for_its_document() {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier-cli/tests/testdata");
        let good = vectors.join("sealed/good.pdf");
        let receipt = sealed::open(&good).unwrap().unwrap().receipt;
        let receipt = Receipt::parse(&receipt).unwrap();
        match looked_at(&good).unwrap() {
            Look::Place((status, ..)) => assert_eq!(status, receipt.status_index().0),
            Look::Digest(_) => panic!("the seal was not seen"),
        }
        // A seal that does not hold names nothing.
        let folder = tempfile::tempdir().unwrap();
        let changed = folder.path().join("changed.sealed.pdf");
        let mut bytes = std::fs::read(&good).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&changed, bytes).unwrap();
        assert!(looked_at(&changed).is_err());
    }
}
