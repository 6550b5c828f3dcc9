//! The fields of a block header that an anchor needs, out of its RLP (yellow paper, section 4.4).
//!
//! The first twelve fields have been the same in every fork; what follows them differs from chain
//! to chain and is only counted. Nothing here says that the block is in a chain: that is what its
//! hash is for.

use alloy_rlp::{Decodable, Header as Rlp};
use thiserror::Error;

use super::keccak256;
use crate::hash::{Hash, Timestamp};
use crate::limits;

/// What a header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BlockHeader {
    /// Keccak-256 of the whole header, by which the chain names the block.
    pub hash: Hash,
    /// Root of the trie of accounts.
    pub state_root: [u8; 32],
    /// The block's number.
    pub number: u64,
    /// The block's time, in POSIX seconds.
    pub time: Timestamp,
}

/// Why bytes are no block header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The bytes are not one RLP list.
    #[error("The block header is not one list in RLP.")]
    NotAList,
    /// A field is missing, or is not what stands at this place in a header.
    #[error("Field {field} of the block header is missing or not what belongs there.")]
    BadField {
        /// Place of the field, counted from zero.
        field: usize,
    },
    /// More fields than any fork has.
    #[error("The block header has more than {limit} fields.")]
    TooManyFields {
        /// Fields allowed.
        limit: usize,
    },
}

impl BlockHeader {
    /// Reads a header.
    pub fn parse(bytes: &[u8]) -> Result<BlockHeader, HeaderError> {
        let mut outside = bytes;
        let inside = Rlp::decode_bytes(&mut outside, true).map_err(|_| HeaderError::NotAList)?;
        if !outside.is_empty() {
            return Err(HeaderError::NotAList);
        }
        let mut fields = Fields { rest: inside, field: 0 };
        fields.string(32)?; // parent
        fields.string(32)?; // ommers
        fields.string(20)?; // beneficiary
        let state_root = fields.array()?;
        fields.string(32)?; // transactions
        fields.string(32)?; // receipts
        fields.string(256)?; // bloom
        fields.any()?; // difficulty: may need more than 64 bits
        let number = fields.number()?;
        fields.number()?; // gas limit
        fields.number()?; // gas used
        let time = Timestamp(fields.number()?);
        while !fields.rest.is_empty() {
            fields.any()?;
            if fields.field > limits::EVM_HEADER_ITEMS {
                return Err(HeaderError::TooManyFields { limit: limits::EVM_HEADER_ITEMS });
            }
        }
        Ok(BlockHeader { hash: keccak256(bytes), state_root, number, time })
    }
}

struct Fields<'a> {
    rest: &'a [u8],
    field: usize,
}

impl<'a> Fields<'a> {
    /// The string at this place.
    fn any(&mut self) -> Result<&'a [u8], HeaderError> {
        let bad = HeaderError::BadField { field: self.field };
        let string = Rlp::decode_bytes(&mut self.rest, false).map_err(|_| bad)?;
        self.field = self.field.saturating_add(1);
        Ok(string)
    }

    /// The string of this length at this place.
    fn string(&mut self, length: usize) -> Result<&'a [u8], HeaderError> {
        let bad = HeaderError::BadField { field: self.field };
        let string = self.any()?;
        if string.len() == length { Ok(string) } else { Err(bad) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HeaderError> {
        let bad = HeaderError::BadField { field: self.field };
        self.any()?.try_into().map_err(|_| bad)
    }

    /// The number at this place: no leading zeros, at most 64 bits.
    fn number(&mut self) -> Result<u64, HeaderError> {
        let bad = HeaderError::BadField { field: self.field };
        let number = u64::decode(&mut self.rest).map_err(|_| bad)?;
        self.field = self.field.saturating_add(1);
        Ok(number)
    }
}

#[cfg(test)]
mod tests;
