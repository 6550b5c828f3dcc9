//! The operations that lead from one message to the next.

use alloc::vec::Vec;

use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{OtsError, wire};
use crate::bytes::Reader;
use crate::hash::Hash;
use crate::limits::OTS_MESSAGE_BYTES;

/// An operation. The order is the one in which timestamps are written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Op {
    /// SHA-1. A collision does no harm here: both messages existed when the hash did.
    Sha1,
    /// RIPEMD-160.
    Ripemd160,
    /// SHA-256.
    Sha256,
    /// These bytes behind the message: 1 to 4,096.
    Append(Vec<u8>),
    /// These bytes in front of the message: 1 to 4,096.
    Prepend(Vec<u8>),
    /// The bytes from the last to the first.
    Reverse,
    /// Lower-case hexadecimal digits.
    Hexlify,
}

impl Op {
    /// The message that this operation makes of another.
    pub fn apply(&self, message: &[u8]) -> Result<Vec<u8>, OtsError> {
        let made = match self {
            Op::Sha1 => Sha1::digest(message).to_vec(),
            Op::Ripemd160 => Ripemd160::digest(message).to_vec(),
            Op::Sha256 => Sha256::digest(message).to_vec(),
            Op::Append(suffix) => [message, suffix].concat(),
            Op::Prepend(prefix) => [prefix, message].concat(),
            Op::Reverse => message.iter().rev().copied().collect(),
            Op::Hexlify => hex::encode(message).into_bytes(),
        };
        match made.len() {
            got if got > OTS_MESSAGE_BYTES => Err(OtsError::Message { got }),
            _ => Ok(made),
        }
    }

    /// The message that these operations make of another, one after the other.
    pub fn apply_all(ops: &[Op], message: &[u8]) -> Result<Vec<u8>, OtsError> {
        ops.iter().try_fold(message.to_vec(), |message, op| op.apply(&message))
    }

    /// From a leaf's hash to the root of a tree in which it stands at `index`: the hashes of
    /// RFC 6962, where all leaves have the same height.
    pub fn climb(mut index: u64, path: &[Hash]) -> Vec<Op> {
        let mut ops = Vec::new();
        for sibling in path {
            if index & 1 == 0 {
                ops.push(Op::Append(sibling.0.to_vec()));
                ops.push(Op::Prepend([1].to_vec()));
            } else {
                ops.push(Op::Prepend([&[1], &sibling.0[..]].concat()));
            }
            ops.push(Op::Sha256);
            index >>= 1;
        }
        ops
    }

    /// The operation behind its tag, which was read already.
    pub(super) fn read(tag: u8, reader: &mut Reader<'_>) -> Result<Op, OtsError> {
        Ok(match tag {
            0x02 => Op::Sha1,
            0x03 => Op::Ripemd160,
            0x08 => Op::Sha256,
            0x67 => return Err(OtsError::Keccak),
            0xf0 => Op::Append(argument(reader)?),
            0xf1 => Op::Prepend(argument(reader)?),
            0xf2 => Op::Reverse,
            0xf3 => Op::Hexlify,
            _ => return Err(OtsError::UnknownOp { tag }),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Op::Sha1 => 0x02,
            Op::Ripemd160 => 0x03,
            Op::Sha256 => 0x08,
            Op::Append(_) => 0xf0,
            Op::Prepend(_) => 0xf1,
            Op::Reverse => 0xf2,
            Op::Hexlify => 0xf3,
        });
        if let Op::Append(argument) | Op::Prepend(argument) = self {
            wire::write_bytes(out, argument);
        }
    }

    /// Refuses an argument that could not be read back.
    pub(super) fn check(&self) -> Result<(), OtsError> {
        match self {
            Op::Append(argument) | Op::Prepend(argument) => check_argument(argument),
            _ => Ok(()),
        }
    }
}

fn argument(reader: &mut Reader<'_>) -> Result<Vec<u8>, OtsError> {
    let argument = wire::read_bytes(reader)?;
    check_argument(argument)?;
    Ok(argument.to_vec())
}

fn check_argument(argument: &[u8]) -> Result<(), OtsError> {
    match argument.len() {
        1..=OTS_MESSAGE_BYTES => Ok(()),
        got => Err(OtsError::Argument { got }),
    }
}
