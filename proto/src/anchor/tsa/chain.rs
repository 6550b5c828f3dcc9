//! The bytes of the evidence: time-stamps in a row, each with what it takes to check it later.
//!
//! ```text
//! u8 version = 1
//! per time-stamp, the oldest first, at least one:
//!   u16 length || TimeStampToken, DER
//!   u8 count, each u16 length || certificate, DER
//!   u8 count, each u32 length || certificate revocation list, DER
//! ```
//!
//! The first time-stamp is over the federation root, which is its SHA-256 message imprint. Each
//! later one is over the evidence as it was before it: all bytes in front of it, the version byte
//! included. So a time-stamp covers the tokens, the certificates and the revocation lists before
//! it, as time-stamp renewal of RFC 4998 (section 5.2) has it, and evidence only grows.

use alloc::vec::Vec;

use thiserror::Error;

use super::algorithm::Digest;
use crate::bytes::{BytesError, Reader, Writer};
use crate::hash::Hash;
use crate::limits;

const VERSION: u8 = 1;

/// Why bytes are not a chain of time-stamps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A version that this program does not know.
    #[error("The evidence has version {got}, which this program does not know.")]
    UnknownVersion {
        /// Version found.
        got: u8,
    },
    /// More bytes or parts than are allowed.
    #[error("The evidence is too large: {got} where at most {limit} are allowed.")]
    TooMany {
        /// Most that is allowed.
        limit: usize,
        /// How much there is.
        got: usize,
    },
    /// No time-stamp.
    #[error("The evidence holds no time-stamp.")]
    Empty,
    /// A length leads out of the bytes.
    #[error("The parts of the evidence do not fit: {0}")]
    Bytes(#[from] BytesError),
}

/// One time-stamp. Nothing in it is checked.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Stamp {
    /// The TimeStampToken, DER.
    pub token: Vec<u8>,
    /// Certificates beside those in the token, DER: the authority's and those above it.
    pub certificates: Vec<Vec<u8>>,
    /// Certificate revocation lists, DER.
    pub lists: Vec<Vec<u8>>,
}

/// Time-stamps in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The time-stamps, the oldest first.
    pub stamps: Vec<Stamp>,
}

impl Chain {
    /// Reads the bytes. What is read is written back to the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Chain, ChainError> {
        within(limits::TSA_EVIDENCE_BYTES, bytes.len())?;
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            got => return Err(ChainError::UnknownVersion { got }),
        }
        let mut stamps = Vec::new();
        while reader.remaining() > 0 {
            stamps.push(read_stamp(&mut reader)?);
            within(limits::TSA_STAMPS, stamps.len())?;
        }
        if stamps.is_empty() { Err(ChainError::Empty) } else { Ok(Chain { stamps }) }
    }

    /// Writes the bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ChainError> {
        self.bytes_before(self.stamps.len())
    }

    /// The evidence as it was before the time-stamp of this index.
    fn bytes_before(&self, index: usize) -> Result<Vec<u8>, ChainError> {
        within(limits::TSA_STAMPS, self.stamps.len())?;
        let mut writer = Writer::new();
        writer.u8(VERSION);
        for stamp in self.stamps.iter().take(index) {
            writer.prefixed16(&stamp.token)?;
            writer.u8(count(limits::TSA_CERTIFICATES, stamp.certificates.len())?);
            for certificate in &stamp.certificates {
                writer.prefixed16(certificate)?;
            }
            writer.u8(count(limits::TSA_LISTS, stamp.lists.len())?);
            for list in &stamp.lists {
                writer.prefixed32(list)?;
            }
        }
        within(limits::TSA_EVIDENCE_BYTES, writer.as_bytes().len())?;
        Ok(writer.into_bytes())
    }

    /// What the time-stamp of this index must be over.
    pub fn imprint(
        &self,
        index: usize,
        root: &Hash,
        digest: Digest,
    ) -> Result<Vec<u8>, ChainError> {
        match index {
            0 => Ok(root.0.to_vec()),
            _ => Ok(digest.of(&self.bytes_before(index)?)),
        }
    }
}

fn read_stamp(reader: &mut Reader<'_>) -> Result<Stamp, ChainError> {
    let token = reader.prefixed16()?.to_vec();
    let mut stamp = Stamp { token, ..Stamp::default() };
    let certificates = usize::from(reader.u8()?);
    within(limits::TSA_CERTIFICATES, certificates)?;
    for _ in 0..certificates {
        stamp.certificates.push(reader.prefixed16()?.to_vec());
    }
    let lists = usize::from(reader.u8()?);
    within(limits::TSA_LISTS, lists)?;
    for _ in 0..lists {
        stamp.lists.push(reader.prefixed32()?.to_vec());
    }
    Ok(stamp)
}

fn count(limit: usize, got: usize) -> Result<u8, ChainError> {
    within(limit, got)?;
    u8::try_from(got).map_err(|_| ChainError::TooMany { limit, got })
}

fn within(limit: usize, got: usize) -> Result<(), ChainError> {
    if got > limit { Err(ChainError::TooMany { limit, got }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn chain() -> Chain {
        let stamp = |byte: u8| Stamp {
            token: vec![byte; 300],
            certificates: vec![vec![byte; 2], vec![]],
            lists: vec![vec![byte; 70_000]],
        };
        Chain { stamps: vec![stamp(1), stamp(2)] }
    }

    #[test]
    fn what_is_written_is_read() {
        let chain = chain();
        let bytes = chain.to_bytes().unwrap();
        assert_eq!(Chain::parse(&bytes).as_ref(), Ok(&chain));
        for length in 0..bytes.len() {
            // A cut between two time-stamps leaves a chain of the first.
            let cut = Chain::parse(&bytes[..length]);
            assert_eq!(cut.is_ok(), length == 1 + (bytes.len() - 1) / 2, "{length}");
        }
    }

    #[test]
    fn a_time_stamp_is_over_what_was_there_before_it() {
        let chain = chain();
        let first = Chain { stamps: chain.stamps[..1].to_vec() }.to_bytes().unwrap();
        let root = Hash([7; 32]);
        assert_eq!(chain.imprint(0, &root, Digest::Sha256), Ok(vec![7; 32]));
        for digest in [Digest::Sha256, Digest::Sha512] {
            assert_eq!(chain.imprint(1, &root, digest), Ok(digest.of(&first)));
        }
    }

    #[test]
    fn too_much_is_refused() {
        let with = |change: fn(&mut Chain)| {
            let mut chain = chain();
            change(&mut chain);
            chain.to_bytes()
        };
        let too_many = |got| matches!(got, Err(ChainError::TooMany { .. }));
        assert!(too_many(with(|c| c.stamps = vec![Stamp::default(); limits::TSA_STAMPS + 1])));
        assert!(too_many(with(|c| c.stamps[0].certificates = vec![vec![]; 9])));
        assert!(too_many(with(|c| c.stamps[0].lists = vec![vec![]; 9])));
        assert!(too_many(with(|c| c.stamps[0].lists = vec![vec![0; 250_000]])));
        assert!(matches!(with(|c| c.stamps[0].token = vec![0; 65_536]), Err(ChainError::Bytes(_))));
        let mut many = vec![1];
        for _ in 0..=limits::TSA_STAMPS {
            many.extend([0, 0, 0, 0]);
        }
        let got = limits::TSA_STAMPS + 1;
        let limit = limits::TSA_STAMPS;
        assert_eq!(Chain::parse(&many), Err(ChainError::TooMany { limit, got }));
        assert_eq!(Chain::parse(&[1]), Err(ChainError::Empty));
        assert_eq!(Chain::parse(&[2]), Err(ChainError::UnknownVersion { got: 2 }));
        assert!(too_many(Chain::parse(&vec![1; limits::TSA_EVIDENCE_BYTES + 1]).map(|_| vec![])));
        let bytes = [&[1, 0, 0][..], &[9], &[0; 18], &[0]].concat();
        assert!(too_many(Chain::parse(&bytes).map(|_| vec![])));
    }
}
