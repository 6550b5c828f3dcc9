//! The revocation: documents change their status.
//!
//! ```text
//! u8 version 1, u8 kind 3, u64 issuer id, u64 sequence,
//! u8 signer (0 issuer, 1 administration, 2 administration undoing final states),
//! u8 state (0 valid, 1 suspended, 2 superseded, 3 revoked),
//! u16 count of (u64 first, u64 last), ascending, without touching each other,
//! u16 count of successor pointers[40]: none, or if superseded one a document     <- signed part
//! signature[64]
//! ```
//!
//! Why a document was withdrawn is not in the ledger: the reason stays with the issuer.

use alloc::vec::Vec;

use crate::bytes::{Reader, Writer};
use crate::hash::{LeafIndex, StatusIndex};
use crate::limits;
use crate::note::{KeyError, SigningKey};

use super::entry::{self, EntryError};
use super::place::{Place, Signed};
use super::status::StatusState;
use super::successor::Pointer;

/// Whose key signs a revocation, and how far its word goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signer {
    /// The issuer's key in force.
    Issuer,
    /// The administration key, bound by final states as the issuer is: what it suspends and
    /// reinstates by the thousand leaves alone what was withdrawn for good.
    Administration,
    /// The administration key's last word, which undoes final states.
    LastWord,
}

impl Signer {
    fn byte(self) -> u8 {
        match self {
            Signer::Issuer => 0,
            Signer::Administration => 1,
            Signer::LastWord => 2,
        }
    }

    /// Whether this signer may change one state into the other. Saying again what is so already
    /// is allowed: a range may hold documents that were withdrawn one by one before.
    pub fn may_change(self, from: StatusState, to: StatusState) -> bool {
        let is_final = matches!(from, StatusState::Superseded | StatusState::Revoked);
        from == to || !is_final || self == Signer::LastWord
    }
}

/// Status indexes from the first to the last, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// The first.
    pub first: StatusIndex,
    /// The last.
    pub last: StatusIndex,
}

impl Range {
    /// How many documents are in it.
    pub fn documents(&self) -> u64 {
        self.last.0.saturating_sub(self.first.0).saturating_add(1)
    }
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
    successors: Vec<Pointer>,
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
        Ok(RevocationStatement { issuer, sequence, signer, state, ranges, successors: Vec::new() })
    }

    /// Names the successor of each document of the ranges, in their order.
    pub fn naming(self, successors: Vec<Pointer>) -> Result<RevocationStatement, EntryError> {
        let count = u64::try_from(successors.len()).unwrap_or(u64::MAX);
        let fits = self.state == StatusState::Superseded && count == self.documents();
        let statement = RevocationStatement { successors, ..self };
        let bytes = statement.to_bytes().len().saturating_add(64);
        if fits && bytes <= limits::ENTRY_BYTES {
            Ok(statement)
        } else {
            Err(EntryError::BadSuccessors)
        }
    }

    /// How many documents change.
    pub fn documents(&self) -> u64 {
        self.ranges.iter().fold(0, |sum, range| sum.saturating_add(range.documents()))
    }

    /// The successors by the status index of the document that they take the place of.
    pub fn successors(&self) -> impl Iterator<Item = (StatusIndex, Pointer)> {
        let indexes = self.ranges.iter().flat_map(|range| range.first.0..=range.last.0);
        indexes.map(StatusIndex).zip(self.successors.iter().copied())
    }

    /// The status indexes whose state changes.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The same statement with another number.
    pub fn renumbered(&self, sequence: u64) -> Result<RevocationStatement, EntryError> {
        if sequence > limits::JSON_INTEGER {
            return Err(EntryError::NumberTooLarge);
        }
        Ok(RevocationStatement { sequence, ..self.clone() })
    }

    /// The bytes that are signed, before label and place.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(entry::VERSION).u8(entry::REVOCATION).u64(self.issuer.0).u64(self.sequence);
        writer.u8(self.signer.byte()).u8(self.state.bits());
        writer.u16(u16::try_from(self.ranges.len()).unwrap_or(u16::MAX));
        for range in &self.ranges {
            writer.u64(range.first.0).u64(range.last.0);
        }
        writer.u16(u16::try_from(self.successors.len()).unwrap_or(u16::MAX));
        self.successors.iter().for_each(|pointer| {
            writer.bytes(&pointer.0);
        });
        writer.into_bytes()
    }

    /// Signs with the issuer's or the administration key, as the statement says.
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
            2 => Signer::LastWord,
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
        let mut statement = RevocationStatement::new(issuer, sequence, signer, state, ranges)?;
        let count = reader.u16()?;
        if count > 0 {
            let pointers = (0..count).map(|_| reader.array().map(Pointer));
            statement = statement.naming(pointers.collect::<Result<_, _>>()?)?;
        }
        Ok(Revocation { statement, signature: reader.array()? })
    }
}

fn check_ranges(ranges: &[Range]) -> Result<(), EntryError> {
    let good_count = (1..=limits::REVOCATION_RANGES).contains(&ranges.len());
    let mut least = 0;
    let mut documents = 0u64;
    for range in ranges {
        let inside = range.last.0 < limits::JSON_INTEGER;
        if range.first.0 < least || range.last < range.first || !inside {
            return Err(EntryError::BadRanges);
        }
        // One index between two ranges at least, else they would be one.
        least = range.last.0.saturating_add(2);
        documents = documents.saturating_add(range.documents());
    }
    if documents > limits::REVOCATION_DOCUMENTS {
        return Err(EntryError::TooManyDocuments { got: documents });
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
    fn an_entry_changes_a_bounded_number_of_documents() {
        let most = limits::REVOCATION_DOCUMENTS;
        assert!(statement(alloc::vec![range(0, most - 1)]).is_ok());
        let got = most + 1;
        let refused = statement(alloc::vec![range(0, 0), range(2, most + 1)]);
        assert_eq!(refused, Err(EntryError::TooManyDocuments { got }));
    }

    #[test]
    fn successors_are_named_for_all_or_none() {
        let superseding = |ranges| {
            let state = StatusState::Superseded;
            RevocationStatement::new(LeafIndex(1), 2, Signer::Issuer, state, ranges).unwrap()
        };
        let pointers = |count: u8| (0..count).map(|i| Pointer([i; 40])).collect::<Vec<_>>();
        let two = alloc::vec![range(3, 3), range(9, 9)];
        let named = superseding(two.clone()).naming(pointers(2)).unwrap();
        let all: Vec<_> = named.successors().map(|(index, _)| index.0).collect();
        assert_eq!(all, [3, 9]);
        let bytes = Revocation { statement: named.clone(), signature: [3; 64] }.to_bytes();
        assert_eq!(Entry::parse(&bytes).unwrap().to_bytes(), bytes);
        for bad in [0, 1, 3] {
            let refused = superseding(two.clone()).naming(pointers(bad));
            assert_eq!(refused, Err(EntryError::BadSuccessors), "{bad}");
        }
        assert!(statement(two).unwrap().naming(pointers(2)).is_err(), "revoked");
        let many = superseding(alloc::vec![range(0, 1999)]);
        assert_eq!(named.renumbered(limits::JSON_INTEGER + 1), Err(EntryError::NumberTooLarge));
        let again = named.renumbered(8).unwrap();
        assert_eq!((again.sequence, again.successors().count()), (8, 2));
        assert!(many.naming(alloc::vec![Pointer([1; 40]); 2000]).is_err(), "too large");
    }

    #[test]
    fn what_is_final_is_undone_by_the_last_word_alone() {
        use StatusState::{Revoked, Superseded, Suspended, Valid};
        for signer in [Signer::Issuer, Signer::Administration, Signer::LastWord] {
            for from in [Valid, Suspended, Superseded, Revoked] {
                for to in [Valid, Suspended, Superseded, Revoked] {
                    let open = matches!(from, Valid | Suspended);
                    let want = open || from == to || signer == Signer::LastWord;
                    assert_eq!(signer.may_change(from, to), want, "{signer:?} {from:?} {to:?}");
                }
            }
        }
    }

    #[test]
    fn choices_are_checked() {
        let bytes = Revocation {
            statement: statement(alloc::vec![range(0, 0)]).unwrap(),
            signature: [3; 64],
        }
        .to_bytes();
        for (at, value) in [(18, 3), (19, 4), (2, 1)] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            assert!(Entry::parse(&bytes).is_err(), "{at}");
        }
    }
}
