//! Which transactions were signed, durably, before any of them is sent.
//!
//! ```text
//! {"bitcoin":1,"root":hex,"signed":{"transaction":hex,"fee":n,"height":n}}
//! {"bitcoin":1,"root":hex,"mined":true}
//! ```
//!
//! A root has several transactions if its fee was raised. Only the change of the last root's is
//! spent, and only when that is in a block: so there is one transaction on its way at a time.

use std::path::Path;

use proto::hash::Hash;
use serde::{Deserialize, Serialize};

use super::coins::{Coin, Signed};
use crate::lines::{self, FileError, Lines};

/// The file, in the folder of anchors.
pub const FILE: &str = "bitcoin";
/// Longest line that is read.
const LINE_BYTES: u64 = 16 * 1024;
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    bitcoin: u8,
    root: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<Written>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    mined: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    transaction: String,
    fee: u64,
    height: u64,
}

/// A transaction and the height of the chain when it was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The root.
    pub root: Hash,
    /// The transaction.
    pub signed: Signed,
    /// Height of the last block then.
    pub height: u64,
}

/// The journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    lines: Lines,
    entries: Vec<Entry>,
    /// The root whose transaction is on its way.
    open: Option<Hash>,
}

impl Journal {
    /// Opens the file, made if it is not there.
    pub fn open(folder: &Path) -> Result<Journal, FileError> {
        let lines = Lines::open(folder, FILE)?;
        let (mut entries, mut open) = (Vec::new(), None);
        lines::walk(&folder.join(FILE), LINE_BYTES, &mut |line: Line| {
            let Ok(root) = Hash::from_hex(&line.root) else { return false };
            if let Some(written) = line.signed {
                let signed = Signed::parse(&written.transaction, written.fee);
                let Some(signed) = signed else { return false };
                entries.push(Entry { root, signed, height: written.height });
                open = Some(root);
            }
            if line.mined && open == Some(root) {
                open = None;
            }
            line.bitcoin == VERSION
        })?;
        Ok(Journal { lines, entries, open })
    }

    /// The transactions of a root, oldest first.
    pub fn of(&self, root: &Hash) -> Vec<Entry> {
        self.entries.iter().filter(|entry| entry.root == *root).cloned().collect()
    }

    /// Whether another root's transaction is on its way.
    pub fn is_busy(&self, root: &Hash) -> bool {
        self.open.is_some_and(|open| open != *root)
    }

    /// The change of the newest transactions.
    pub fn changes(&self, count: usize) -> Vec<Coin> {
        self.entries.iter().rev().take(count).filter_map(|entry| entry.signed.change()).collect()
    }

    /// Writes down a transaction.
    pub fn signed(&mut self, entry: Entry) -> Result<(), FileError> {
        let Entry { root, signed, height } = &entry;
        let written = Written { transaction: signed.to_hex(), fee: signed.fee, height: *height };
        let root = root.to_hex();
        self.lines.append(&Line { bitcoin: VERSION, root, signed: Some(written), mined: false })?;
        self.open = Some(entry.root);
        self.entries.push(entry);
        Ok(())
    }

    /// Writes down that one of a root's transactions is in a block.
    pub fn mined(&mut self, root: &Hash) -> Result<(), FileError> {
        if self.open == Some(*root) {
            let line = Line { bitcoin: VERSION, root: root.to_hex(), signed: None, mined: true };
            self.lines.append(&line)?;
            self.open = None;
        }
        Ok(())
    }
}
