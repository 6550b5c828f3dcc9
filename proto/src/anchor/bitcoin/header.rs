//! A block header: 80 bytes, every integer with its low byte first.
//!
//! ```text
//! version 4 | hash of the header before 32 | Merkle root 32 | time 4 | bits 4 | nonce 4
//! ```

use core::fmt;

use crate::bytes::Reader;
use crate::hash::{Hash, Timestamp, sha256};

/// Bytes of a header.
pub const HEADER_BYTES: usize = 80;

/// SHA-256 of the SHA-256: how Bitcoin hashes headers, transactions and nodes of its trees.
pub fn sha256d(bytes: &[u8]) -> [u8; 32] {
    sha256(&sha256(bytes).0).0
}

/// The hash of a header, in the order in which it is computed. It is shown from its last byte on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockHash(pub [u8; 32]);

impl BlockHash {
    /// Reads what is shown: 64 lower-case hexadecimal digits.
    pub fn from_shown(text: &str) -> Option<BlockHash> {
        let mut bytes = Hash::from_hex(text).ok()?.0;
        bytes.reverse();
        Some(BlockHash(bytes))
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What stands in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Hash of the header before.
    pub previous: BlockHash,
    /// Root over the transactions.
    pub merkle_root: [u8; 32],
    /// When its miner says that it was made.
    pub time: Timestamp,
    /// The target, in short form.
    pub bits: u32,
    /// Its own hash.
    pub hash: BlockHash,
}

impl Header {
    /// Takes the bytes apart. Every 80 bytes are a header; whether it counts is checked elsewhere.
    pub fn parse(bytes: &[u8; HEADER_BYTES]) -> Header {
        let mut reader = Reader::new(bytes);
        // The fields have 80 bytes together, so that none of them is ever missing.
        let _version = reader.u32();
        let previous = BlockHash(reader.array().unwrap_or_default());
        let merkle_root = reader.array().unwrap_or_default();
        let mut integer = || u32::from_le_bytes(reader.array().unwrap_or_default());
        let (time, bits) = (integer(), integer());
        let hash = BlockHash(sha256d(bytes));
        Header { previous, merkle_root, time: Timestamp(u64::from(time)), bits, hash }
    }
}
