//! The federation file: who belongs, whose keys count, how many must have cosigned.
//!
//! The file is the whole history: signed notes, version 1 first, one after the other. Whoever hands
//! over version 1 is trusted for it; every later version is signed by a quorum of the governance
//! keys of the one before. [`version`] is the text, [`chain`] how one version signs the next,
//! [`trust`] which checkpoints count.
//!
//! What it does not do: remember which version was seen last. Who keeps the file does
//! ([`Federation::continues`]).

mod chain;
mod clocks;
mod export;
mod rules;
mod trust;
mod version;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use thiserror::Error;

pub use crate::ledger::FederationId;
pub use chain::{ChainNote, sign, sign_next};
pub use clocks::{drop_clock, set_clock};
pub use trust::{Link, PublishedCheckpoint, Untrusted};
pub use version::{Authority, EntryForm, FIRST_LINE, Operator, Pin, Version};

use crate::hash::Timestamp;
use crate::note::{KeyError, NoteError, VerifyError};
use crate::text::TextError;

/// Why bytes are no federation file.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FederationError {
    /// A line of a version is wrong; lines are counted from the first of that version.
    #[error("Line {line} of the version: {error}")]
    AtLine {
        /// The line.
        line: usize,
        /// What is wrong with it.
        error: alloc::boxed::Box<FederationError>,
    },
    /// A version of the chain is wrong.
    #[error("Federation version {version}: {error}")]
    InVersion {
        /// Its place in the file, counted from 1.
        version: u64,
        /// What is wrong with it.
        error: alloc::boxed::Box<FederationError>,
    },
    /// The bytes do not start as a federation file does.
    #[error("This is not a federation file: its first line is not \"beleg.federation/v1\".")]
    NotAFederation,
    /// The file is larger than any federation file.
    #[error("The federation file is larger than {limit} bytes.")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A line is not spelt as it must be.
    #[error("the line is not written as docs/formats.md says.")]
    BadLine,
    /// The text reads, but another spelling of it is the right one.
    #[error("The text is not in its one right spelling.")]
    NotCanonical,
    /// A text is malformed.
    #[error("{0}")]
    Text(#[from] TextError),
    /// A key is malformed.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The note around the text is malformed.
    #[error("{0}")]
    Note(#[from] NoteError),
    /// A key of the wrong purpose stands here.
    #[error("a key of another type is needed here.")]
    WrongKeyType,
    /// A short name may hold a-z, 0-9 and hyphens; a displayed one no control characters.
    #[error("a name is empty, too long, or holds characters that it may not hold.")]
    BadName,
    /// A URL starts with http:// or https:// and does not end with a slash.
    #[error("a URL must start with http:// or https://, and must not end with a slash.")]
    BadUrl,
    /// Operators, authorities, pins or entries are not sorted, or one stands there twice.
    #[error("Operators, authorities, pins and entries must be sorted, each only once.")]
    NotSorted,
    /// More operators, authorities or versions than are allowed.
    #[error("There are more operators, authorities or versions than a federation can have.")]
    TooMany,
    /// The quorum cannot keep one history.
    #[error(
        "A quorum of {quorum} among {operators} operators, {faults} of which may fail, is not \
         safe: twice the quorum must be more than operators plus faults, and the quorum at most \
         operators less faults."
    )]
    UnsafeQuorum {
        /// Operators named.
        operators: u64,
        /// Cosigners needed.
        quorum: u64,
        /// Cosigners that may fail.
        faults: u64,
    },
    /// One public key stands in two places.
    #[error("One public key is used in two places; every key has one purpose.")]
    KeyTwice,
    /// The two cosigner keys of an operator have different names.
    #[error("The two cosigner keys of an operator must have the same name.")]
    CosignerNames,
    /// An authority names an operator that is not there.
    #[error("An authority names an operator that the federation does not have.")]
    UnknownOperator,
    /// Two authorities share an origin, or one is too long.
    #[error("Two authorities have the same log origin, or an origin is too long.")]
    BadOrigin,
    /// Headers cannot be checked from this block on.
    #[error("The height of the Bitcoin block must be a multiple of 2,016.")]
    BadHeight,
    /// The version does not follow the one before it.
    #[error("Version {version} does not follow the version before it in the file.")]
    WrongPrevious {
        /// The number it gives itself.
        version: u64,
    },
    /// The pins are not those of the logs of the version before, or go back.
    #[error(
        "Version {version} must pin each log of the version before, none smaller than it was \
         pinned there, and no other log."
    )]
    WrongPins {
        /// The version.
        version: u64,
    },
    /// Too few governance keys have signed.
    #[error("Only {have} of the {need} governance signatures that it needs are there.")]
    TooFewSignatures {
        /// Valid signatures of different operators.
        have: u64,
        /// Signatures needed.
        need: u64,
    },
    /// A governance signature does not verify.
    #[error("{0}")]
    Signature(#[from] VerifyError),
}

impl FederationError {
    /// A stable code for programs; that of the cause, wherever in the file it is.
    pub fn code(&self) -> &'static str {
        match self {
            FederationError::AtLine { error, .. } | FederationError::InVersion { error, .. } => {
                error.code()
            }
            FederationError::NotAFederation => "not-a-federation",
            FederationError::TooLarge { .. } => "federation-too-large",
            FederationError::BadLine | FederationError::Text(_) => "line-malformed",
            FederationError::NotCanonical => "not-canonical",
            FederationError::Key(KeyError::WeakPublicKey) => "key-weak",
            FederationError::Key(_) => "key-malformed",
            FederationError::Note(_) => "note-malformed",
            FederationError::WrongKeyType => "key-type-wrong",
            FederationError::BadName => "name-bad",
            FederationError::BadUrl => "url-bad",
            FederationError::NotSorted => "not-sorted",
            FederationError::TooMany => "too-many",
            FederationError::UnsafeQuorum { .. } => "quorum-unsafe",
            FederationError::KeyTwice => "key-twice",
            FederationError::CosignerNames => "cosigner-names-differ",
            FederationError::UnknownOperator => "operator-unknown",
            FederationError::BadOrigin => "origin-bad",
            FederationError::BadHeight => "height-bad",
            FederationError::WrongPrevious { .. } => "previous-wrong",
            FederationError::WrongPins { .. } => "pins-wrong",
            FederationError::TooFewSignatures { .. } => "signatures-too-few",
            FederationError::Signature(_) => "signature-bad",
        }
    }

    fn at_line(self, line: usize) -> FederationError {
        FederationError::AtLine { line, error: self.into() }
    }
}

/// A federation whose whole chain of versions is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Federation {
    id: FederationId,
    /// Oldest first, never empty.
    notes: Vec<ChainNote>,
    current: Version,
}

impl Federation {
    /// Reads a federation file and checks every version of it against the one before.
    pub fn parse(bytes: &[u8]) -> Result<Federation, FederationError> {
        let notes = chain::parse(bytes)?;
        let first = notes.first().ok_or(FederationError::NotAFederation)?;
        let current = notes.last().ok_or(FederationError::NotAFederation)?.version.clone();
        Ok(Federation { id: FederationId(first.version.hash().0), current, notes })
    }

    /// The bytes that [`Federation::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.notes.iter().flat_map(|note| note.note.to_bytes()).collect()
    }

    /// The federation's id.
    pub fn id(&self) -> FederationId {
        self.id
    }

    /// The newest version: the one that says who belongs today.
    pub fn current(&self) -> &Version {
        &self.current
    }

    /// All versions, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> + ExactSizeIterator {
        self.notes.iter().map(|note| &note.version)
    }

    /// The version with this number.
    pub fn version(&self, number: u64) -> Option<&Version> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        self.notes.get(place).map(|note| &note.version)
    }

    /// Whether the newest version still says that something is fresh.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.current.expires.end()
    }

    /// Whether this file is `older` with nothing or more behind it: the only way to go on.
    pub fn continues(&self, older: &Federation) -> bool {
        self.versions().len() >= older.versions().len()
            && self.versions().zip(older.versions()).all(|(new, old)| new == old)
    }
}
