//! The list of a dossier: one line for each document and receipt.
//!
//! ```text
//! beleg.dossier/v1
//! <SHA-256, hex> <bytes> <name>
//! ```

use super::name::check_name;
use super::refusal::DossierError;
use crate::hash::Hash;
use crate::limits;
use crate::text;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const FIRST_LINE: &str = "beleg.dossier/v1";
/// What the name of a receipt ends with.
const RECEIPT: &str = ".tlog-proof";

/// A line of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Digest of the content.
    pub sha256: Hash,
    /// Its length.
    pub length: u32,
    /// The name, with slashes between folders.
    pub name: String,
}

/// A document, and its receipt if it does not carry it. Both are places in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paired {
    /// The document.
    pub document: usize,
    /// The receipt beside it; without one it has to be a sealed PDF.
    pub receipt: Option<usize>,
}

/// The files of a dossier, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    files: Vec<Listed>,
}

impl List {
    /// A list of these files, which are put in order.
    pub fn new(mut files: Vec<Listed>) -> Result<List, DossierError> {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let list = List { files };
        list.check()?;
        Ok(list)
    }

    /// The files.
    pub fn files(&self) -> &[Listed] {
        &self.files
    }

    /// Reads the text; only one spelling is accepted.
    pub fn parse(bytes: &[u8]) -> Result<List, DossierError> {
        let text = text::lines_utf8(bytes, limits::DOSSIER_LIST_BYTES);
        let mut lines = text.map_err(|_| DossierError::List)?.lines();
        if lines.next() != Some(FIRST_LINE) {
            return Err(DossierError::List);
        }
        let mut files = Vec::new();
        for line in lines {
            if files.len() >= limits::DOSSIER_FILES {
                return Err(DossierError::TooMany);
            }
            let (digest, rest) = line.split_once(' ').ok_or(DossierError::List)?;
            let (length, name) = rest.split_once(' ').ok_or(DossierError::List)?;
            let sha256 = Hash::from_hex(digest).map_err(|_| DossierError::List)?;
            let length = text::decimal(length).ok().and_then(|n| u32::try_from(n).ok());
            let length = length.ok_or(DossierError::List)?;
            files.push(Listed { sha256, length, name: name.into() });
        }
        let list = List { files };
        let sorted = list.files.is_sorted_by(|a, b| a.name < b.name);
        if !sorted || list.to_text().as_bytes() != bytes {
            return Err(DossierError::List);
        }
        list.check()?;
        Ok(list)
    }

    /// The text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for Listed { sha256, length, name } in &self.files {
            text.push_str(&format!("{} {length} {name}\n", sha256.to_hex()));
        }
        text
    }

    /// Names that can be written side by side on any system, and a document for each receipt.
    fn check(&self) -> Result<(), DossierError> {
        if self.files.is_empty() {
            return Err(DossierError::Empty);
        }
        if self.files.len() > limits::DOSSIER_FILES {
            return Err(DossierError::TooMany);
        }
        let mut names = BTreeSet::new();
        for file in &self.files {
            check_name(&file.name)?;
            if !names.insert(file.name.to_lowercase()) {
                return Err(DossierError::NameTwice);
            }
        }
        // A folder cannot have the name of a file.
        let folder = |name: &String| {
            let ends = name.match_indices('/').map(|(at, _)| at);
            ends.filter_map(|at| name.get(..at)).any(|folder| names.contains(folder))
        };
        if names.iter().any(folder) {
            return Err(DossierError::NameTwice);
        }
        self.pairs().map(|_| ())
    }

    /// Which files belong together.
    pub fn pairs(&self) -> Result<Vec<Paired>, DossierError> {
        let mut receipts = BTreeMap::new();
        for (place, file) in self.files.iter().enumerate() {
            if let Some(document) = file.name.strip_suffix(RECEIPT) {
                receipts.insert(document, place);
            }
        }
        let mut pairs = Vec::new();
        for (document, file) in self.files.iter().enumerate() {
            if !file.name.ends_with(RECEIPT) {
                let receipt = receipts.remove(file.name.as_str());
                pairs.push(Paired { document, receipt });
            }
        }
        if receipts.is_empty() { Ok(pairs) } else { Err(DossierError::ReceiptAlone) }
    }
}
