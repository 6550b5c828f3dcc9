//! The revocation: documents change their status. The format is fixed; no federation version puts
//! the kind in force yet, so a log refuses it.
//!
//! ```text
//! u8 version 1, u8 kind 3, u64 issuer id, u64 sequence, u8 signer (0 issuer, 1 administration),
//! u8 state (0 valid, 1 suspended, 2 superseded, 3 revoked),
//! u16 count of (u64 first, u64 last), ascending, without touching each other   <- signed part
//! signature[64]
//! ```

use alloc::vec::Vec;

use crate::bytes::{Reader, Writer};
use crate::hash::{LeafIndex, StatusIndex};
use crate::limits;
use crate::note::{KeyError, SigningKey};

use super::entry::{self, EntryError};
use super::place::{Place, Signed};
use super::status::StatusState;

/// Whose key signs a revocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signer {
    /// The issuer's key in force.
    Issuer,
    /// The administration key.
    Administration,
}

/// Status indexes from the first to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// The first.
    pub first: StatusIndex,
    /// The last.
    pub last: StatusIndex,
}

/// The part of a revocation that is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RevocationStatement {
    /// Index of the issuer's first entry.
    pub issuer: LeafIndex,
    /// Grows with every revocation of this signer.
    pub sequence: u64,
    /// Who signs.
    pub signer: Signer,
    /// The new state.
    pub state: StatusState,
    ranges: Vec<Range>,
}

/// A revocation entry. The signature is not checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// The signed part.
    pub statement: RevocationStatement,
    /// By the signer's key.
    pub signature: [u8; 64],
}

impl RevocationStatement {
    /// Puts a statement together.
    pub fn new(
        issuer: LeafIndex,
        sequence: u64,
        signer: Signer,
        state: StatusState,
        ranges: Vec<Range>,
    ) -> Result<RevocationStatement, EntryError> {
        check_ranges(&ranges)?;
        if issuer.0.max(sequence) > limits::JSON_INTEGER {
            return Err(EntryError::NumberTooLarge);
        }
        Ok(RevocationStatement { issuer, sequence, signer, state, ranges })
    }

    /// The status indexes whose state changes.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The bytes that are signed, before label and place.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(entry::VERSION).u8(entry::REVOCATION).u64(self.issuer.0).u64(self.sequence);
        writer.u8(match self.signer {
            Signer::Issuer => 0,
            Signer::Administration => 1,
        });
        writer.u8(self.state.bits());
        writer.u16(u16::try_from(self.ranges.len()).unwrap_or(u16::MAX));
        for range in &self.ranges {
            writer.u64(range.first.0).u64(range.last.0);
        }
        writer.into_bytes()
    }

    /// Signs with the issuer's or the administration key.
    pub fn sign(self, place: &Place<'_>, key: &SigningKey) -> Result<Revocation, KeyError> {
        let signature = Signed::Revocation.sign(place, &self.to_bytes(), key)?;
        Ok(Revocation { statement: self, signature })
    }
}

impl Revocation {
    /// The bytes of the entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.statement.to_bytes();
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Revocation, EntryError> {
        let issuer = LeafIndex(entry::read_number(reader)?);
        let sequence = entry::read_number(reader)?;
        let signer = match reader.u8()? {
            0 => Signer::Issuer,
            1 => Signer::Administration,
            _ => return Err(EntryError::BadChoice),
        };
        let state = StatusState::from_bits(reader.u8()?).ok_or(EntryError::BadChoice)?;
        let count = usize::from(reader.u16()?);
        if count > limits::REVOCATION_RANGES {
            return Err(EntryError::BadRanges);
        }
        let mut ranges = Vec::with_capacity(count);
        for _ in 0..count {
            let first = StatusIndex(reader.u64()?);
            ranges.push(Range { first, last: StatusIndex(reader.u64()?) });
        }
        let statement = RevocationStatement::new(issuer, sequence, signer, state, ranges)?;
        Ok(Revocation { statement, signature: reader.array()? })
    }
}

fn check_ranges(ranges: &[Range]) -> Result<(), EntryError> {
    let good_count = (1..=limits::REVOCATION_RANGES).contains(&ranges.len());
    let mut least = 0;
    for range in ranges {
        let inside = range.last.0 < limits::JSON_INTEGER;
        if range.first.0 < least || range.last < range.first || !inside {
            return Err(EntryError::BadRanges);
        }
        // One index between two ranges at least, else they would be one.
        least = range.last.0.saturating_add(2);
    }
    if good_count { Ok(()) } else { Err(EntryError::BadRanges) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Entry;

    fn range(first: u64, last: u64) -> Range {
        Range { first: StatusIndex(first), last: StatusIndex(last) }
    }

    fn statement(ranges: Vec<Range>) -> Result<RevocationStatement, EntryError> {
        let state = StatusState::Revoked;
        RevocationStatement::new(LeafIndex(1), 2, Signer::Administration, state, ranges)
    }

    #[test]
    fn one_spelling() {
        let most: Vec<Range> = (0..4000).map(|i| range(i * 3, i * 3 + 1)).collect();
        for ranges in [alloc::vec![range(0, 0), range(2, 9)], most] {
            let statement = statement(ranges).unwrap();
            let bytes = Revocation { statement, signature: [3; 64] }.to_bytes();
            let parsed = Entry::parse(&bytes).unwrap();
            assert!(matches!(&parsed, Entry::Revocation(_)));
            assert_eq!(parsed.to_bytes(), bytes);
            assert!(Entry::parse(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn ranges_have_one_spelling() {
        let too_many = (0..4001).map(|i| range(i * 3, i * 3 + 1)).collect();
        for bad in [
            alloc::vec![],
            alloc::vec![range(1, 0)],
            alloc::vec![range(0, 3), range(3, 4)],
            alloc::vec![range(0, 3), range(4, 5)],
            alloc::vec![range(5, 6), range(0, 1)],
            alloc::vec![range(0, u64::MAX)],
            too_many,
        ] {
            assert_eq!(statement(bad), Err(EntryError::BadRanges));
        }
    }

    #[test]
    fn choices_are_checked() {
        let bytes = Revocation {
            statement: statement(alloc::vec![range(0, 0)]).unwrap(),
            signature: [3; 64],
        }
        .to_bytes();
        for (at, value) in [(18, 2), (19, 4), (2, 1)] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            assert!(Entry::parse(&bytes).is_err(), "{at}");
        }
    }
}
