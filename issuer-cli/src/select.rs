//! Which documents of the journal are meant: by the file, by its receipt, by reference, by status
//! index.
//!
//! A receipt names a document only if its fields and path lead to the root of a batch that the
//! journal holds, at the place that it says: a forged receipt selects nothing.

use crate::book::keys::{Part, Ring};
use crate::book::line::{Personal, What};
use crate::book::{BookError, keys_path, lines_path, read};
use proto::hash::Hash;
use proto::limits;
use proto::receipt::Receipt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use verifier::input::{self, Digester};
use verifier::walk;

/// What may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// A document or a receipt.
    File(PathBuf),
    Reference(String),
    Status(u64),
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
}

/// What was found.
#[derive(Debug, Default)]
pub struct Selection {
    /// By status index.
    pub documents: BTreeMap<u64, Chosen>,
    /// What selected nothing, and why.
    pub faults: Vec<String>,
}

/// What a selector looks for in the journal.
enum Wanted {
    Digest(String),
    Place { root: Hash, first_status: u64, status: u64 },
    Reference(String),
    Status(u64),
}

/// Finds the documents in the journal of an office.
pub fn select(office: &Path, selectors: &[Selector]) -> Result<Selection, BookError> {
    let mut selection = Selection::default();
    let mut wanted = Vec::new();
    for selector in selectors {
        match want(selector) {
            Ok(want) => wanted.push((name(selector), want)),
            Err(fault) => selection.faults.push(fault),
        }
    }
    let ring = Ring::read(&keys_path(office))?;
    let mut hit = BTreeSet::new();
    let mut batch = None;
    read::walk(&lines_path(office), &mut |hashed| {
        let issued = match hashed.line.what {
            What::Batch(found) => {
                batch = Some(found);
                return Ok(());
            }
            What::Document(issued) => issued,
            _ => return Ok(()),
        };
        let (root, first) = batch.as_ref().map_or((Hash([0; 32]), 0), |b| (b.root, b.first_status));
        let personal = match ring.open(&issued.sealed, issued.status) {
            Part::Open(part) => Personal::parse(&part),
            Part::Erased | Part::Damaged => None,
        };
        let mut meant = false;
        for (at, (_, want)) in wanted.iter().enumerate() {
            let matches = match want {
                Wanted::Digest(digest) => {
                    personal.as_ref().and_then(Personal::digest) == Some(digest)
                }
                Wanted::Place { root: r, first_status, status } => {
                    (*r, *first_status, *status) == (root, first, issued.status)
                }
                Wanted::Reference(reference) => {
                    personal.as_ref().and_then(|p| p.value("reference")) == Some(reference)
                }
                Wanted::Status(status) => *status == issued.status,
            };
            if matches {
                hit.insert(at);
                meant = true;
            }
        }
        if meant {
            let (status, slot) = (issued.status, issued.sealed.slot);
            let document_type = issued.document_type;
            let chosen = Chosen { status, slot, document_type, personal, root };
            selection.documents.insert(status, chosen);
        }
        Ok(())
    })?;
    for (at, (name, _)) in wanted.iter().enumerate() {
        if !hit.contains(&at) {
            let fault = format!("{name}: this office's journal holds no such document.");
            selection.faults.push(fault);
        }
    }
    Ok(selection)
}

fn name(selector: &Selector) -> String {
    match selector {
        Selector::File(path) => verifier::shown::path(path).into_owned(),
        Selector::Reference(text) => format!("reference {}", verifier::shown::text(text)),
        Selector::Status(index) => format!("status index {index}"),
    }
}

fn want(selector: &Selector) -> Result<Wanted, String> {
    let path = match selector {
        Selector::File(path) => path,
        Selector::Reference(text) => return Ok(Wanted::Reference(text.clone())),
        Selector::Status(index) => return Ok(Wanted::Status(*index)),
    };
    let beside = walk::receipt_path(path);
    let receipt = if walk::is_receipt(path) { path } else { &beside };
    if walk::is_receipt(path) || beside.is_file() {
        let shown = verifier::shown::path(receipt);
        let bytes = input::read_bounded(receipt, limits::TLOG_PROOF_BYTES)
            .map_err(|why| format!("{shown}: {why}."))?;
        let receipt = Receipt::parse(&bytes).map_err(|why| format!("{shown}: {why}"))?;
        let issuance = receipt.issuance().map_err(|why| format!("{shown}: {why}"))?;
        return Ok(Wanted::Place {
            root: issuance.submission.statement.batch_root,
            first_status: issuance.first_status.0,
            status: receipt.status_index().0,
        });
    }
    let digest = Digester::new().digest(path, false, |_| {});
    let (digest, _) = digest.map_err(|why| format!("{}: {why}.", verifier::shown::path(path)))?;
    Ok(Wanted::Digest(digest.sha256.to_hex()))
}
