//! Entries: the bytes that a log holds. The first byte is the version, the second the kind.
//!
//! ```text
//! 1 issuer | 2 issuance | 3 revocation | 4 snapshot
//! ```
//!
//! Parsing is canonical: what parses is written back to the same bytes. It checks no signature and
//! no rule of the ledger. An unknown version or kind is refused, never skipped.

use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{BytesError, Reader};
use crate::hash::LeafIndex;
use crate::limits;
use crate::note::KeyError;

use super::{Issuance, Issuer, Revocation, Snapshot};

/// The version byte of every entry so far.
pub const VERSION: u8 = 1;
/// Kind of an issuer entry.
pub const ISSUER: u8 = 1;
/// Kind of an issuance.
pub const ISSUANCE: u8 = 2;
/// Kind of a revocation.
pub const REVOCATION: u8 = 3;
/// Kind of a snapshot.
pub const SNAPSHOT: u8 = 4;

/// Why bytes are no entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The entry is larger than any entry may be.
    #[error("The entry has {got} bytes and at most 65,535 are allowed.")]
    TooLarge {
        /// Bytes found.
        got: usize,
    },
    /// The version byte is unknown.
    #[error("The entry has version {found}, which this program does not know; update it.")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// The kind byte is unknown, or another one was expected.
    #[error("The entry has kind {found}, which is unknown here.")]
    UnknownKind {
        /// The kind byte.
        found: u8,
    },
    /// The entry is cut off or longer than it says.
    #[error("The entry is malformed: {0}")]
    Bytes(#[from] BytesError),
    /// An index, a number or a time is too large.
    #[error("The entry holds a number that is too large.")]
    NumberTooLarge,
    /// A byte that chooses between cases has another value.
    #[error("The entry holds a choice that does not exist.")]
    BadChoice,
    /// The id of an issuer and the entry replaced do not go together.
    #[error("The issuer entry names an id without an entry that it replaces, or the other way.")]
    BadPrevious,
    /// The name of an issuer is empty, too long or not plain text.
    #[error("An issuer's name has 1 to 200 bytes of plain text without outer spaces.")]
    BadName,
    /// The key algorithm is unknown.
    #[error("The entry names key algorithm {found}, which this program does not know; update it.")]
    UnknownAlgorithm {
        /// The algorithm byte.
        found: u8,
    },
    /// The public key is no key, or one for which anybody can sign.
    #[error("The issuer's key cannot be used: {0}")]
    BadKey(KeyError),
    /// The scope is empty, too long, not sorted, or holds what is no document type.
    #[error("An issuer's scope has 1 to 64 document types, sorted, each once.")]
    BadScope,
    /// The height of a batch is outside what is allowed.
    #[error("A batch has a height of 4 to 20; this one says {found}.")]
    BadHeight {
        /// The height.
        found: u8,
    },
    /// Ranges of a revocation are none, too many, not ascending, overlapping or adjacent.
    #[error("The ranges of a revocation ascend, do not touch, and are 1 to 4,000.")]
    BadRanges,
    /// A revocation changes more documents than one entry may.
    #[error("A revocation changes at most 4,194,304 documents, and this one {got}; use several.")]
    TooManyDocuments {
        /// Documents in its ranges.
        got: u64,
    },
    /// Successors are named for some documents, for what is not superseded, or for too many.
    #[error("A revocation names a successor for each document that it supersedes, or for none.")]
    BadSuccessors,
}

impl EntryError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            EntryError::TooLarge { .. } => "entry-too-large",
            EntryError::UnknownVersion { .. } => "entry-version-unknown",
            EntryError::UnknownKind { .. } => "entry-kind-unknown",
            EntryError::Bytes(_)
            | EntryError::NumberTooLarge
            | EntryError::BadChoice
            | EntryError::BadPrevious => "entry-malformed",
            EntryError::BadName => "issuer-name-bad",
            EntryError::UnknownAlgorithm { .. } => "key-algorithm-unknown",
            EntryError::BadKey(KeyError::WeakPublicKey) => "key-weak",
            EntryError::BadKey(_) => "key-bad",
            EntryError::BadScope => "scope-bad",
            EntryError::BadHeight { .. } => "batch-height-bad",
            EntryError::BadRanges => "ranges-bad",
            EntryError::TooManyDocuments { .. } => "documents-too-many",
            EntryError::BadSuccessors => "successors-bad",
        }
    }
}

/// An entry of any kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// An issuer is admitted, changed or retired.
    Issuer(Issuer),
    /// A batch is issued.
    Issuance(Issuance),
    /// The status of documents changes.
    Revocation(Revocation),
    /// The status list at a time.
    Snapshot(Snapshot),
}

impl Entry {
    /// Reads an entry. No signature is checked.
    pub fn parse(bytes: &[u8]) -> Result<Entry, EntryError> {
        if bytes.len() > limits::ENTRY_BYTES {
            return Err(EntryError::TooLarge { got: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        let entry = match read_head(&mut reader)? {
            ISSUER => Entry::Issuer(Issuer::read(&mut reader)?),
            ISSUANCE => Entry::Issuance(Issuance::read(&mut reader)?),
            REVOCATION => Entry::Revocation(Revocation::read(&mut reader)?),
            SNAPSHOT => Entry::Snapshot(Snapshot::read(&mut reader)?),
            found => return Err(EntryError::UnknownKind { found }),
        };
        reader.finish()?;
        Ok(entry)
    }

    /// The bytes that [`Entry::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Entry::Issuer(entry) => entry.to_bytes(),
            Entry::Issuance(entry) => entry.to_bytes(),
            Entry::Revocation(entry) => entry.to_bytes(),
            Entry::Snapshot(entry) => entry.to_bytes(),
        }
    }
}

/// Reads the version and gives the kind.
pub(super) fn read_head(reader: &mut Reader<'_>) -> Result<u8, EntryError> {
    match reader.u8()? {
        VERSION => Ok(reader.u8()?),
        found => Err(EntryError::UnknownVersion { found }),
    }
}

/// Reads a number that every reader of JSON can hold.
pub(super) fn read_number(reader: &mut Reader<'_>) -> Result<u64, EntryError> {
    let number = reader.u64()?;
    if number <= limits::JSON_INTEGER { Ok(number) } else { Err(EntryError::NumberTooLarge) }
}

/// Reads an index that may be absent, which is written as 64 set bits.
pub(super) fn read_optional(reader: &mut Reader<'_>) -> Result<Option<LeafIndex>, EntryError> {
    match reader.u64()? {
        u64::MAX => Ok(None),
        index if index <= limits::JSON_INTEGER => Ok(Some(LeafIndex(index))),
        _ => Err(EntryError::NumberTooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_entry() {
        for (bytes, want) in [
            (&[][..], "entry-malformed"),
            (&[1], "entry-malformed"),
            (&[0, 1], "entry-version-unknown"),
            (&[2, 4], "entry-version-unknown"),
            (&[1, 0], "entry-kind-unknown"),
            (&[1, 5], "entry-kind-unknown"),
            (&[1, 1], "entry-malformed"),
            (&[1, 2], "entry-malformed"),
            (&[1, 3], "entry-malformed"),
            (&[1, 4], "entry-malformed"),
            (&[1; 65_536], "entry-too-large"),
        ] {
            assert_eq!(Entry::parse(bytes).unwrap_err().code(), want, "{} bytes", bytes.len());
        }
    }
}
