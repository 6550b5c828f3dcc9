//! The issuance: one signed batch root.
//!
//! ```text
//! u8 version 1, u8 kind 2, u64 issuer entry, batch root[32], u8 height   <- signed part
//! signature[64]                                                          <- a submission ends here
//! u64 first status index, filled in by the log
//! ```

use alloc::vec::Vec;

use crate::bytes::{Reader, Writer};
use crate::document::batch;
use crate::hash::{Hash, LeafIndex, StatusIndex};
use crate::note::{BadSignature, KeyError, SigningKey};

use super::entry::{self, EntryError};
use super::place::{Place, Signed};

/// Bytes of a submission.
pub const SUBMISSION_BYTES: usize = 107;

/// The part of an issuance that is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IssuanceStatement {
    /// Index of the issuer's entry in force.
    pub issuer: LeafIndex,
    /// Root of the batch tree.
    pub batch_root: Hash,
    /// Height of the batch tree, 4 to 20.
    pub height: u8,
}

/// What an issuer sends to a node: an issuance without its status index. Not checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Submission {
    /// The signed part.
    pub statement: IssuanceStatement,
    /// By the issuer's key.
    pub signature: [u8; 64],
}

/// An issuance as it stands in the log. The signature is not checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Issuance {
    /// What the issuer sent.
    pub submission: Submission,
    /// The status index of the first leaf of the batch.
    pub first_status: StatusIndex,
}

impl IssuanceStatement {
    /// The bytes that are signed, before label and place.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(entry::VERSION).u8(entry::ISSUANCE).u64(self.issuer.0);
        writer.hash(&self.batch_root).u8(self.height);
        writer.into_bytes()
    }

    /// How many status indexes the batch takes: two to the power of its height.
    pub fn width(&self) -> u64 {
        batch::width(self.height).unwrap_or(0)
    }

    /// Signs with the issuer's key.
    pub fn sign(&self, place: &Place<'_>, key: &SigningKey) -> Result<Submission, KeyError> {
        let signature = Signed::Issuance.sign(place, &self.to_bytes(), key)?;
        Ok(Submission { statement: *self, signature })
    }

    fn read(reader: &mut Reader<'_>) -> Result<IssuanceStatement, EntryError> {
        let issuer = LeafIndex(entry::read_number(reader)?);
        let batch_root = reader.hash()?;
        let height = reader.u8()?;
        if batch::width(height).is_none() {
            return Err(EntryError::BadHeight { found: height });
        }
        Ok(IssuanceStatement { issuer, batch_root, height })
    }
}

impl Submission {
    /// Reads a submission: exactly 107 bytes. The signature is not checked.
    pub fn parse(bytes: &[u8]) -> Result<Submission, EntryError> {
        let mut reader = Reader::new(bytes);
        match entry::read_head(&mut reader)? {
            entry::ISSUANCE => {}
            found => return Err(EntryError::UnknownKind { found }),
        }
        let submission = Submission::read(&mut reader)?;
        reader.finish()?;
        Ok(submission)
    }

    /// The bytes that [`Submission::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.statement.to_bytes();
        bytes.extend_from_slice(&self.signature);
        bytes
    }

    /// The entry with the status index that the log fills in.
    pub fn entry(&self, first_status: StatusIndex) -> Issuance {
        Issuance { submission: *self, first_status }
    }

    /// Checks the signature by an issuer's key.
    pub fn verify(&self, place: &Place<'_>, key: &[u8; 32]) -> Result<(), BadSignature> {
        Signed::Issuance.verify(place, &self.statement.to_bytes(), key, &self.signature)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Submission, EntryError> {
        let statement = IssuanceStatement::read(reader)?;
        Ok(Submission { statement, signature: reader.array()? })
    }
}

impl Issuance {
    /// The bytes of the entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.submission.to_bytes();
        bytes.extend_from_slice(&self.first_status.0.to_be_bytes());
        bytes
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Issuance, EntryError> {
        let submission = Submission::read(reader)?;
        let first_status = StatusIndex(entry::read_number(reader)?);
        Ok(Issuance { submission, first_status })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Entry;

    #[test]
    fn one_spelling() {
        let statement =
            IssuanceStatement { issuer: LeafIndex(7), batch_root: Hash([3; 32]), height: 4 };
        let submission = Submission { statement, signature: [5; 64] };
        let bytes = submission.to_bytes();
        assert_eq!(bytes.len(), SUBMISSION_BYTES);
        assert_eq!(Submission::parse(&bytes), Ok(submission));
        assert!(Submission::parse(&bytes[..106]).is_err());
        let entry = submission.entry(StatusIndex(32)).to_bytes();
        assert_eq!(entry[..107], bytes);
        let parsed = Entry::parse(&entry).unwrap();
        assert_eq!(parsed, Entry::Issuance(submission.entry(StatusIndex(32))));
        assert_eq!(parsed.to_bytes(), entry);
        // An entry is no submission and a submission no entry.
        assert!(Submission::parse(&entry).is_err());
        assert!(Entry::parse(&bytes).is_err());
        assert_eq!(statement.width(), 16);
    }

    #[test]
    fn numbers_are_bounded() {
        let submission = |issuer, height| {
            let batch_root = Hash([3; 32]);
            let statement = IssuanceStatement { issuer: LeafIndex(issuer), batch_root, height };
            Submission { statement, signature: [5; 64] }
        };
        for height in [0, 3, 21, 255] {
            let refused = Submission::parse(&submission(0, height).to_bytes());
            assert_eq!(refused, Err(EntryError::BadHeight { found: height }));
        }
        for issuer in [(1 << 53) + 1, u64::MAX] {
            let refused = Submission::parse(&submission(issuer, 4).to_bytes());
            assert_eq!(refused, Err(EntryError::NumberTooLarge));
        }
        let entry = submission(0, 4).entry(StatusIndex(u64::MAX)).to_bytes();
        assert_eq!(Entry::parse(&entry), Err(EntryError::NumberTooLarge));
    }
}
