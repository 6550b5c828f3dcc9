//! OpenTimestamps: the bounded codec of `.ots` files and of what calendars answer.
//!
//! A [`Timestamp`] is a tree: a message, operations that lead from it to other messages, and
//! attestations about those. The format is what the reference implementation writes,
//! python-opentimestamps; there is no other text of it (`docs/formats.md` has the table). Of the
//! ways in which it can be read, only the one in which it is written counts: attestations first,
//! everything sorted, nothing twice, integers in their shortest form.
//!
//! Left out: hashes of files other than SHA-256, the operation `keccak256`, which no calendar uses,
//! and what any attestation is worth; [`super::bitcoin`] judges those of blocks.

mod attestation;
mod change;
mod file;
mod op;
mod timestamp;
mod wire;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use attestation::{Attestation, Uri};
pub use file::DetachedFile;
pub use op::Op;
pub use timestamp::Timestamp;

use crate::bytes::BytesError;
use crate::limits;

/// Why bytes are no timestamp, or why none can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum OtsError {
    /// The bytes end too early, or something follows.
    #[error("This is not a whole OpenTimestamps file: {0}")]
    Bytes(#[from] BytesError),
    /// The first bytes are others.
    #[error("This is not an OpenTimestamps file: its first bytes are others.")]
    Magic,
    /// A version that does not exist yet.
    #[error("The OpenTimestamps file has version {got}; version 1 is known.")]
    Version {
        /// Version found.
        got: u64,
    },
    /// The file was hashed with something else.
    #[error("The OpenTimestamps file is about a hash that is not SHA-256 (operation {tag:#04x}).")]
    FileHash {
        /// Operation found.
        tag: u8,
    },
    /// An integer has 64 bits or more, or is longer than it needs to be.
    #[error("An integer in the OpenTimestamps file is too large or not in its shortest form.")]
    Integer,
    /// An operation that the format does not have.
    #[error("The OpenTimestamps file holds the operation {tag:#04x}, which is not known.")]
    UnknownOp {
        /// Operation found.
        tag: u8,
    },
    /// An operation that the format has, but nobody writes.
    #[error("The OpenTimestamps file holds the operation keccak256, which is not computed here.")]
    Keccak,
    /// Nothing, or too much, to put in front or behind.
    #[error("An operation adds {got} bytes; it must be 1 to {} bytes.", limits::OTS_MESSAGE_BYTES)]
    Argument {
        /// Bytes found.
        got: usize,
    },
    /// An operation makes a message that is too long.
    #[error("A message grows to {got} bytes; at most {} are allowed.", limits::OTS_MESSAGE_BYTES)]
    Message {
        /// Bytes of the message.
        got: usize,
    },
    /// An attestation is too long.
    #[error("An attestation has {got} bytes; at most {} are allowed.", limits::OTS_PAYLOAD_BYTES)]
    Payload {
        /// Bytes found.
        got: usize,
    },
    /// The address of a calendar is too long or holds a character that it must not.
    #[error("The address of a calendar is too long or holds a character that is not allowed.")]
    Uri,
    /// The path to an attestation has too many operations.
    #[error("A path has more than {} operations.", limits::OTS_DEPTH)]
    TooDeep,
    /// There are too many operations.
    #[error("There are more than {} operations.", limits::OTS_OPS)]
    TooManyOps,
    /// The bytes are more than a timestamp may have.
    #[error("The OpenTimestamps file has {got} bytes; at most {limit} are allowed.")]
    TooLarge {
        /// Bytes found.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Parts stand in another order than they are written in, or twice.
    #[error("The OpenTimestamps file is not in the order in which such files are written.")]
    Order,
    /// Two timestamps that are not of one message.
    #[error("The two timestamps are about different messages.")]
    OtherMessage,
    /// No attestation of this calendar waits for this answer.
    #[error("The calendar answers what nobody waits for.")]
    NotAwaited,
}
