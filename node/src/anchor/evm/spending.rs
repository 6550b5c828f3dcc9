//! What was signed with a paying key: a file that only grows, beside the ledger.
//!
//! ```text
//! {"spent":1,"time":n,"nonce":n,"root":hex,"wei":s}
//! ```
//!
//! A line is durable before the transaction leaves the process, and says the most that it can cost.
//! An account spends each nonce once, so a later line of a nonce takes the place of the one before:
//! that is how a transaction with a higher fee counts once, and how a crash pays once.

use std::collections::BTreeMap;
use std::path::Path;

use proto::hash::{Hash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lines::{self, FileError, Lines};

const VERSION: u8 = 1;
const LINE_BYTES: u64 = 1024;
const DAY_S: u64 = 86_400;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    spent: u8,
    time: u64,
    nonce: u64,
    root: String,
    wei: String,
}

/// One nonce of the account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spent {
    /// When it was last signed for.
    pub time: Timestamp,
    /// The root in the transaction.
    pub root: Hash,
    /// The most that it can cost.
    pub wei: u128,
}

/// The file, open for writing.
#[derive(Debug)]
pub struct Spending {
    lines: Lines,
    nonces: BTreeMap<u64, Spent>,
}

impl Spending {
    /// Opens the file of this name, made if it is not there.
    pub fn open(folder: &Path, name: &str) -> Result<Spending, FileError> {
        let lines = Lines::open(folder, name)?;
        let mut nonces = BTreeMap::new();
        lines::walk(lines.path(), LINE_BYTES, &mut |line: Line| {
            let (root, wei) = (Hash::from_hex(&line.root), line.wei.parse());
            let (Ok(root), Ok(wei), VERSION) = (root, wei, line.spent) else { return false };
            nonces.insert(line.nonce, Spent { time: Timestamp(line.time), root, wei });
            true
        })?;
        Ok(Spending { lines, nonces })
    }

    /// What was signed with this nonce.
    pub fn of(&self, nonce: u64) -> Option<Spent> {
        self.nonces.get(&nonce).copied()
    }

    /// The most that was spent in the 24 hours before, without this nonce.
    pub fn last_day(&self, now: Timestamp, but: u64) -> u128 {
        let since = now.0.saturating_sub(DAY_S);
        let counts = |(nonce, spent): &(&u64, &Spent)| **nonce != but && spent.time.0 > since;
        self.nonces.iter().filter(counts).fold(0, |sum, (_, spent)| sum.saturating_add(spent.wei))
    }

    /// Writes down, durably, what is about to be signed.
    pub fn note(&mut self, nonce: u64, spent: Spent) -> Result<(), FileError> {
        let Spent { time, root, wei } = spent;
        let (root, wei) = (root.to_hex(), wei.to_string());
        self.lines.append(&Line { spent: VERSION, time: time.0, nonce, root, wei })?;
        self.nonces.insert(nonce, spent);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(time: u64, wei: u128) -> Spent {
        Spent { time: Timestamp(time), root: Hash([7; 32]), wei }
    }

    #[test]
    fn a_nonce_counts_once_and_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let mut spending = Spending::open(folder.path(), "x.spending").unwrap();
        spending.note(5, spent(1000, 10)).unwrap();
        spending.note(5, spent(2000, 30)).unwrap();
        spending.note(6, spent(3000, u128::MAX - 40)).unwrap();
        drop(spending);
        let spending = Spending::open(folder.path(), "x.spending").unwrap();
        assert_eq!(spending.of(5), Some(spent(2000, 30)));
        assert_eq!(spending.of(7), None);
        assert_eq!(spending.last_day(Timestamp(3000), 7), u128::MAX - 10);
        assert_eq!(spending.last_day(Timestamp(3000), 6), 30);
        assert_eq!(spending.last_day(Timestamp(2000 + DAY_S), 6), 0);
    }

    #[test]
    fn a_damaged_file_stops_the_spending() {
        let folder = tempfile::tempdir().unwrap();
        for line in ["{}", r#"{"spent":2,"time":1,"nonce":1,"root":"","wei":"1"}"#] {
            std::fs::write(folder.path().join("x"), format!("{line}\n")).unwrap();
            let opened = Spending::open(folder.path(), "x");
            assert!(matches!(opened, Err(FileError::Damaged { .. })));
        }
    }
}
