//! An order in the journal: what is to change, why, and the signed entries, written down before
//! the first of them is sent. What is neither entered nor refused is open, and `resume` sends the
//! same bytes again.

use super::judge::{Item, known_name};
use super::reason;
use crate::book::keys::{Part, Ring};
use crate::book::line::{Approval, Change, Order, Personal, Reason, What};
use crate::book::{Book, BookError, keys_path, lines_path, read};
use proto::hash::{Hash, Timestamp};
use proto::ledger::{Entry, Revocation, RevocationStatement, StatusState};
use std::collections::BTreeMap;
use std::path::Path;

/// A signed entry that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The line that holds it.
    pub number: u64,
    pub change: Change,
}

impl Open {
    /// What was signed. None if the line holds no revocation, which this program never writes.
    pub fn statement(&self) -> Option<RevocationStatement> {
        match Entry::parse(&self.change.entry) {
            Ok(Entry::Revocation(revocation)) => Some(revocation.statement),
            _ => None,
        }
    }
}

/// What the journal knows about changes.
#[derive(Debug, Default)]
pub struct Orders {
    /// In order of their lines.
    pub open: Vec<Open>,
    /// The highest number that was ever signed.
    pub sequence: u64,
    /// Proposals that were approved and entered upon.
    pub proposals: Vec<Hash>,
    /// Public keys of those who may approve, as verifier keys, by name.
    pub approvers: BTreeMap<String, String>,
}

/// Reads the journal.
pub fn read_orders(office: &Path) -> Result<Orders, BookError> {
    let mut orders = Orders::default();
    let mut open: BTreeMap<u64, Change> = BTreeMap::new();
    read::walk(&lines_path(office), &mut |hashed| {
        match hashed.line.what {
            What::Order(order) => orders.proposals.extend(order.approval.map(|a| a.proposal)),
            What::Change(change) => {
                orders.sequence = orders.sequence.max(change.sequence);
                change.again.map(|before| open.remove(&before));
                open.insert(hashed.line.number, *change);
            }
            What::Entered { change, .. } | What::Refused { change, .. } => {
                open.remove(&change);
            }
            What::Approver { name, key: Some(key) } => {
                orders.approvers.insert(name, key);
            }
            What::Approver { name, key: None } => {
                orders.approvers.remove(&name);
            }
            _ => {}
        }
        Ok(())
    })?;
    orders.open = open.into_iter().map(|(number, change)| Open { number, change }).collect();
    Ok(orders)
}

/// The line of a signed entry.
pub fn change(entry: &Revocation, key: [u8; 32], left: u64, again: Option<u64>) -> Change {
    let statement = &entry.statement;
    let range = |range: &proto::ledger::revocation::Range| (range.first.0, range.last.0);
    Change {
        state: statement.state,
        ranges: statement.ranges().iter().map(range).collect(),
        sequence: statement.sequence,
        left,
        key: Hash(key),
        entry: entry.to_bytes(),
        again,
    }
}

/// Writes an order down, whole or not at all.
pub fn write(
    book: &mut Book,
    state: StatusState,
    items: &BTreeMap<u64, Item>,
    entries: &[Revocation],
    key: [u8; 32],
    approval: Option<Approval>,
    now: Timestamp,
) -> Result<(), BookError> {
    let mut sealer = book.sealer()?;
    let with_reason = items.values().filter(|item| item.reason.is_some()).count();
    let mut left = (with_reason + entries.len()) as u64;
    let mut whats =
        vec![What::Order(Order { state, documents: items.len() as u64, left, approval })];
    for item in items.values() {
        let Some(reason) = &item.reason else { continue };
        left -= 1;
        let (status, sealed) = (item.status, reason::to_bytes(reason));
        let sealed = sealer.seal(status, &sealed)?;
        whats.push(What::Reason(Reason { status, left, sealed }));
    }
    for entry in entries {
        left -= 1;
        whats.push(What::Change(Box::new(change(entry, key, left, None))));
    }
    book.append(sealer.keys(), whats, now)
}

/// The documents in the ranges of these changes, by status index, as the journal names them.
pub fn documents(office: &Path, open: &[Open]) -> Result<BTreeMap<u64, String>, BookError> {
    let ring = Ring::read(&keys_path(office))?;
    let mut ranges: Vec<(u64, u64)> =
        open.iter().flat_map(|open| open.change.ranges.iter().copied()).collect();
    ranges.sort_unstable();
    let mut names = BTreeMap::new();
    read::walk(&lines_path(office), &mut |hashed| {
        let What::Document(issued) = hashed.line.what else { return Ok(()) };
        let before = ranges.partition_point(|(first, _)| *first <= issued.status);
        let inside = before.checked_sub(1).is_some_and(|at| issued.status <= ranges[at].1);
        if inside {
            let personal = match ring.open(&issued.sealed, issued.status) {
                Part::Open(part) => Personal::parse(&part),
                Part::Erased | Part::Damaged => None,
            };
            names.insert(issued.status, known_name(personal.as_ref(), issued.status));
        }
        Ok(())
    })?;
    Ok(names)
}
