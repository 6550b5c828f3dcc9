//! The documents of a journal, one row each, with the last state that the office gave them.

use super::keys::{Part, Ring};
use super::line::{Personal, Sealed, What};
use super::{BookError, keys_path, lines_path, read};
use crate::change::reason;
use proto::ledger::StatusState;
use std::collections::BTreeMap;
use std::path::Path;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When it was written down, by this machine's clock.
    pub time: u64,
    pub status: u64,
    /// Index of its batch's entry.
    pub index: u64,
    pub document_type: String,
    pub state: StatusState,
    /// Why it got that state.
    pub reason: String,
    /// None if it was erased.
    pub personal: Option<Personal>,
}

impl Row {
    /// What stands in a field, if that is still known.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.personal.as_ref().and_then(|personal| personal.value(name))
    }
}

/// All of them, in the order in which they were written down.
pub fn rows(office: &Path) -> Result<Vec<Row>, BookError> {
    let ring = Ring::read(&keys_path(office))?;
    let mut rows: Vec<Row> = Vec::new();
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let (mut index, mut changes) = (0, BTreeMap::new());
    let mut reasons: BTreeMap<u64, Sealed> = BTreeMap::new();
    read::walk(&lines_path(office), &mut |hashed| {
        let line = hashed.line;
        match line.what {
            What::Batch(batch) => index = batch.index,
            What::Document(issued) => {
                let personal = match ring.open(&issued.sealed, issued.status) {
                    Part::Open(part) => Personal::parse(&part),
                    Part::Erased | Part::Damaged => None,
                };
                places.insert(issued.status, rows.len());
                rows.push(Row {
                    time: line.time,
                    status: issued.status,
                    index,
                    document_type: issued.document_type,
                    state: StatusState::Valid,
                    reason: String::new(),
                    personal,
                });
            }
            What::Change(change) => {
                changes.insert(line.number, change);
            }
            What::Reason(reason) => {
                reasons.insert(reason.status, reason.sealed);
            }
            What::Entered { change, .. } => {
                let Some(change) = changes.remove(&change) else { return Ok(()) };
                for (first, last) in &change.ranges {
                    for (status, at) in places.range(first..=last) {
                        let sealed = reasons.get(status).map(|sealed| ring.open(sealed, *status));
                        rows[*at].state = change.state;
                        rows[*at].reason = sealed.map_or_else(String::new, reason::shown);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(rows)
}
