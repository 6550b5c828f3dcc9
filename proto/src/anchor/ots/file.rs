//! The detached file: the digest of a file and its timestamp.

use alloc::vec::Vec;

use super::{OtsError, Timestamp, wire};
use crate::bytes::Reader;
use crate::hash::Hash;
use crate::limits;

const MAGIC: &[u8; 31] = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94";
const VERSION: u64 = 1;
const SHA256: u8 = 0x08;

/// An `.ots` file about something of which the SHA-256 is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DetachedFile {
    timestamp: Timestamp,
    digest: Hash,
}

impl DetachedFile {
    /// The file for a timestamp whose message is a SHA-256.
    pub fn new(timestamp: Timestamp) -> Result<DetachedFile, OtsError> {
        let digest = Hash::from_slice(timestamp.message()).ok_or(OtsError::OtherMessage)?;
        let file = DetachedFile { timestamp, digest };
        let (got, limit) = (file.to_bytes().len(), limits::BITCOIN_EVIDENCE_BYTES);
        if got > limit { Err(OtsError::TooLarge { got, limit }) } else { Ok(file) }
    }

    /// Reads a file. Nothing that it attests is checked.
    pub fn parse(bytes: &[u8]) -> Result<DetachedFile, OtsError> {
        let limit = limits::BITCOIN_EVIDENCE_BYTES;
        if bytes.len() > limit {
            return Err(OtsError::TooLarge { got: bytes.len(), limit });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(OtsError::Magic)?;
        let mut reader = Reader::new(rest);
        match wire::read_integer(&mut reader)? {
            VERSION => {}
            got => return Err(OtsError::Version { got }),
        }
        match reader.u8()? {
            SHA256 => {}
            tag => return Err(OtsError::FileHash { tag }),
        }
        let digest = reader.hash()?;
        let timestamp = Timestamp::parse(reader.rest(), &digest.0)?;
        Ok(DetachedFile { timestamp, digest })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        wire::write_integer(&mut out, VERSION);
        out.push(SHA256);
        out.extend_from_slice(&self.digest.0);
        out.extend_from_slice(&self.timestamp.to_bytes());
        out
    }

    /// The SHA-256 that was stamped.
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// The timestamp of that digest.
    pub fn timestamp(&self) -> &Timestamp {
        &self.timestamp
    }

    /// The timestamp of that digest.
    pub fn into_timestamp(self) -> Timestamp {
        self.timestamp
    }
}
