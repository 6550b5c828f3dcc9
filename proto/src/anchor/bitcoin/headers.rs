//! A chain of headers, checked from the block which the federation names.
//!
//! The input is the headers one after the other, that block's first. Each names the one before it,
//! has the target that the rules ask for and a hash that meets it, and is later than the median of
//! the eleven before it. That block's height is a multiple of 2,016, so that every change of the
//! target can be computed. Whether another chain has more work is for whoever brings the bytes;
//! [`Headers::work`] says how much this one has.

use alloc::vec::Vec;

use thiserror::Error;

use super::header::{BlockHash, HEADER_BYTES, Header};
use super::target::Target;
use crate::anchor::clocks::{Bitcoin, Network};
use crate::hash::Timestamp;
use crate::limits;

/// Blocks from one change of the target to the next.
const PERIOD: u64 = 2016;

/// Headers whose median a time must be above.
const MEDIAN: usize = 11;

/// Why bytes are no chain of headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum HeadersError {
    /// There is no header, or a part of one at the end.
    #[error("Headers have 80 bytes each; {got} bytes are not one or more of them.")]
    Length {
        /// Bytes found.
        got: usize,
    },
    /// More headers than are looked at.
    #[error("There are more than {} headers.", limits::BITCOIN_HEADERS)]
    TooMany,
    /// The federation names a block from which targets cannot be computed.
    #[error("The height of the federation's block, {height}, is not a multiple of 2016.")]
    BaseHeight {
        /// Height of that block.
        height: u64,
    },
    /// The first header is not of the federation's block.
    #[error("The first header is not of the block that the federation names.")]
    Base,
    /// A header does not follow the one before it.
    #[error("The header of block {height} does not follow the one before it.")]
    Link {
        /// Height of the block.
        height: u64,
    },
    /// A header has another target than it must have.
    #[error("The header of block {height} has another target than the rules ask for.")]
    Target {
        /// Height of the block.
        height: u64,
    },
    /// A header's hash is above its target.
    #[error("The header of block {height} does not have the work that it claims.")]
    Work {
        /// Height of the block.
        height: u64,
    },
    /// A header is not later than the median of the eleven before it.
    #[error("The header of block {height} goes back in time.")]
    Time {
        /// Height of the block.
        height: u64,
    },
}

/// A chain of headers that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Headers {
    base: Bitcoin,
    raw: Vec<[u8; HEADER_BYTES]>,
    tip: Header,
    work: u128,
}

impl Headers {
    /// Checks headers, of which the first is that of the block which the federation names.
    pub fn verify(base: &Bitcoin, bytes: &[u8]) -> Result<Headers, HeadersError> {
        if !base.height.is_multiple_of(PERIOD) {
            return Err(HeadersError::BaseHeight { height: base.height });
        }
        let (first, rest) = bytes
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(HeadersError::Length { got: bytes.len() })?;
        let tip = Header::parse(first);
        if tip.hash.0 != base.hash {
            return Err(HeadersError::Base);
        }
        let height = base.height;
        let limit = match base.network {
            Network::Main => Target::from_bits(Target::LIMIT_MAIN),
            Network::Regtest => Target::from_bits(Target::LIMIT_REGTEST),
        };
        let target = Target::from_bits(tip.bits).filter(|target| limit >= Some(*target));
        let target = target.ok_or(HeadersError::Target { height })?;
        let work = target.work();
        let mut headers = Headers { base: *base, raw: [*first].to_vec(), tip, work };
        if !rest.is_empty() {
            headers.extend(rest)?;
        }
        Ok(headers)
    }

    /// Checks more headers, of which the first follows the last one that is there. If one of them
    /// is refused, none is taken.
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), HeadersError> {
        let (new, rest) = bytes.as_chunks::<HEADER_BYTES>();
        if new.is_empty() || !rest.is_empty() {
            return Err(HeadersError::Length { got: bytes.len() });
        }
        if self.raw.len().saturating_add(new.len()) > limits::BITCOIN_HEADERS {
            return Err(HeadersError::TooMany);
        }
        let before = (self.raw.len(), self.tip, self.work);
        let taken = self.take(new);
        if taken.is_err() {
            self.raw.truncate(before.0);
            (self.tip, self.work) = (before.1, before.2);
        }
        taken
    }

    fn take(&mut self, new: &[[u8; HEADER_BYTES]]) -> Result<(), HeadersError> {
        let start = self.raw.len().saturating_sub(MEDIAN);
        let last = self.raw.iter().skip(start).map(|raw| Header::parse(raw).time);
        let mut times: Vec<Timestamp> = last.collect();
        // The same for 2,016 blocks.
        let mut known: Option<(u32, Target, u128)> = None;
        for raw in new {
            let header = Header::parse(raw);
            let height = self.tip_height().saturating_add(1);
            if header.previous != self.tip.hash {
                return Err(HeadersError::Link { height });
            }
            if Some(header.bits) != self.bits_of(height) {
                return Err(HeadersError::Target { height });
            }
            let (target, work) = match known {
                Some((bits, target, work)) if bits == header.bits => (target, work),
                _ => {
                    let target = Target::from_bits(header.bits);
                    let target = target.ok_or(HeadersError::Target { height })?;
                    (target, target.work())
                }
            };
            known = Some((header.bits, target, work));
            if !target.is_met(&header.hash.0) {
                return Err(HeadersError::Work { height });
            }
            if median(&times).is_some_and(|median| header.time <= median) {
                return Err(HeadersError::Time { height });
            }
            if times.len() == MEDIAN {
                times.remove(0);
            }
            times.push(header.time);
            self.raw.push(*raw);
            self.tip = header;
            self.work = self.work.saturating_add(work);
        }
        Ok(())
    }

    /// The target, in short form, of the block behind the last one.
    fn bits_of(&self, height: u64) -> Option<u32> {
        match self.base.network {
            Network::Regtest => Some(Target::LIMIT_REGTEST),
            Network::Main if !height.is_multiple_of(PERIOD) => Some(self.tip.bits),
            Network::Main => {
                let first = self.at(height.checked_sub(PERIOD)?)?;
                let seconds = i64::try_from(self.tip.time.0).ok()?;
                let seconds = seconds.checked_sub(i64::try_from(first.time.0).ok()?)?;
                Some(Target::from_bits(self.tip.bits)?.after_period(seconds).to_bits())
            }
        }
    }

    /// The header at a height, if it is there.
    pub fn at(&self, height: u64) -> Option<Header> {
        let place = usize::try_from(height.checked_sub(self.base.height)?).ok()?;
        self.raw.get(place).map(Header::parse)
    }

    /// The block with which they begin.
    pub fn base(&self) -> &Bitcoin {
        &self.base
    }

    /// The last header.
    pub fn tip(&self) -> &Header {
        &self.tip
    }

    /// Height of the last header.
    pub fn tip_height(&self) -> u64 {
        let count = u64::try_from(self.raw.len()).unwrap_or(u64::MAX);
        self.base.height.saturating_add(count.saturating_sub(1))
    }

    /// Hash of the last header.
    pub fn tip_hash(&self) -> BlockHash {
        self.tip.hash
    }

    /// How many hashes they took on average, together.
    pub fn work(&self) -> u128 {
        self.work
    }

    /// The bytes that were checked.
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.as_flattened()
    }
}

/// The sixth of eleven times; `None` if there are fewer.
fn median(times: &[Timestamp]) -> Option<Timestamp> {
    let mut sorted: [Timestamp; MEDIAN] = times.try_into().ok()?;
    sorted.sort_unstable();
    Some(sorted[MEDIAN / 2])
}
