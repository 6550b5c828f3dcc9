//! An `.ots` file as evidence: a stamped root, led to the Merkle root of a block.

use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use super::header::BlockHash;
use super::headers::Headers;
use crate::anchor::ots::{Attestation, DetachedFile, OtsError};
use crate::hash::{Hash, Timestamp};
use crate::limits;

/// What good evidence says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BitcoinFacts {
    /// Height of the block.
    pub height: u64,
    /// The time in its header, which its miner chose: later than the median of the eleven blocks
    /// before it, and not more than two hours ahead of the clocks of those who built on it.
    pub time: Timestamp,
    /// Its hash.
    pub block: BlockHash,
    /// Blocks on top of it.
    pub depth: u64,
}

/// What an `.ots` file claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BitcoinClaim {
    /// What it is about.
    pub digest: Hash,
    /// Heights of the blocks that it names, ascending, each once.
    pub heights: Vec<u64>,
    /// Addresses of the calendars that promise more, sorted, each once.
    pub calendars: Vec<String>,
}

/// Why evidence does not count, or not yet.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BitcoinProblem {
    /// It is no `.ots` file.
    #[error("{0}")]
    Malformed(#[from] OtsError),
    /// It is about something else.
    #[error("The OpenTimestamps file is about {0}, which is not the federation root.")]
    OtherMessage(Hash),
    /// The block does not hold it: a lie, or the block was dropped in a reorganisation.
    #[error("Bitcoin block {height} does not hold what the evidence says that it holds.")]
    NotInBlock {
        /// Height of the block.
        height: u64,
    },
    /// No headers are at hand.
    #[error("The evidence names Bitcoin block {height}, and no Bitcoin headers are at hand.")]
    NoHeaders {
        /// Height of the block.
        height: u64,
    },
    /// The headers at hand end before that block.
    #[error("The evidence names Bitcoin block {height}, and the headers at hand end at {tip}.")]
    AboveTip {
        /// Height of the block.
        height: u64,
        /// Height of the last header at hand.
        tip: u64,
    },
    /// That block is older than the federation's first.
    #[error("The evidence names Bitcoin block {height}; the federation's first one is {base}.")]
    BelowBase {
        /// Height of the block.
        height: u64,
        /// Height of the block which the federation names.
        base: u64,
    },
    /// It could still be dropped.
    #[error(
        "Bitcoin block {height} has {depth} blocks on top of it; {} are needed.",
        limits::BITCOIN_DEPTH
    )]
    NotDeepEnough {
        /// Height of the block.
        height: u64,
        /// Blocks on top of it.
        depth: u64,
    },
    /// Only calendars promise something.
    #[error("The evidence is pending: it can be completed by {}.", .calendars.join(", "))]
    Pending {
        /// Their addresses.
        calendars: Vec<String>,
    },
    /// Attestations that are not looked at.
    #[error("The OpenTimestamps file has no attestation of a Bitcoin block.")]
    NoBlock,
}

impl BitcoinProblem {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            BitcoinProblem::Malformed(_) => "anchor-ots-malformed",
            BitcoinProblem::OtherMessage(_) => "anchor-other-root",
            BitcoinProblem::NotInBlock { .. } => "anchor-not-in-block",
            BitcoinProblem::NoHeaders { .. } => "anchor-no-headers",
            BitcoinProblem::AboveTip { .. } => "anchor-above-tip",
            BitcoinProblem::BelowBase { .. } => "anchor-below-base",
            BitcoinProblem::NotDeepEnough { .. } => "anchor-not-deep-enough",
            BitcoinProblem::Pending { .. } => "anchor-pending",
            BitcoinProblem::NoBlock => "anchor-no-block",
        }
    }

    /// Whether the evidence is false. Otherwise it cannot be told, or not yet.
    pub fn is_false(&self) -> bool {
        matches!(
            self,
            BitcoinProblem::Malformed(_)
                | BitcoinProblem::OtherMessage(_)
                | BitcoinProblem::NotInBlock { .. }
        )
    }
}

/// Reads what an `.ots` file claims. Nothing of it is checked.
pub fn claim(ots: &[u8]) -> Result<BitcoinClaim, BitcoinProblem> {
    let file = DetachedFile::parse(ots)?;
    let attestations = file.timestamp().attestations();
    let height = |(_, attestation): &(&[u8], &Attestation)| match attestation {
        Attestation::Bitcoin { height } => Some(*height),
        _ => None,
    };
    let mut heights: Vec<u64> = attestations.iter().filter_map(height).collect();
    heights.sort();
    heights.dedup();
    Ok(BitcoinClaim { digest: file.digest(), heights, calendars: calendars(&attestations) })
}

/// Judges an `.ots` file about a root. Of several attestations the earliest good block counts; if
/// none is good, one that may become good says more than one that is false, and a calendar's
/// promise the least.
pub fn verify(
    ots: &[u8],
    root: &Hash,
    headers: Option<&Headers>,
) -> Result<BitcoinFacts, BitcoinProblem> {
    let file = DetachedFile::parse(ots)?;
    if file.digest() != *root {
        return Err(BitcoinProblem::OtherMessage(file.digest()));
    }
    let attestations = file.timestamp().attestations();
    let judged = attestations.iter().filter_map(|(message, attestation)| match attestation {
        Attestation::Bitcoin { height } => Some(judge(message, *height, headers)),
        _ => None,
    });
    // The first of the best, in the order of the file.
    match judged.min_by_key(rank) {
        Some(best) => best,
        None => match calendars(&attestations) {
            none if none.is_empty() => Err(BitcoinProblem::NoBlock),
            calendars => Err(BitcoinProblem::Pending { calendars }),
        },
    }
}

fn rank(judged: &Result<BitcoinFacts, BitcoinProblem>) -> (u8, u64) {
    match judged {
        Ok(facts) => (0, facts.height),
        Err(problem) if !problem.is_false() => (1, 0),
        Err(_) => (2, 0),
    }
}

fn judge(
    message: &[u8],
    height: u64,
    headers: Option<&Headers>,
) -> Result<BitcoinFacts, BitcoinProblem> {
    let headers = headers.ok_or(BitcoinProblem::NoHeaders { height })?;
    let (base, tip) = (headers.base().height, headers.tip_height());
    if height < base {
        return Err(BitcoinProblem::BelowBase { height, base });
    }
    let header = headers.at(height).ok_or(BitcoinProblem::AboveTip { height, tip })?;
    if message != header.merkle_root {
        return Err(BitcoinProblem::NotInBlock { height });
    }
    let depth = tip.saturating_sub(height);
    if depth < limits::BITCOIN_DEPTH {
        return Err(BitcoinProblem::NotDeepEnough { height, depth });
    }
    Ok(BitcoinFacts { height, time: header.time, block: header.hash, depth })
}

fn calendars(attestations: &[(&[u8], &Attestation)]) -> Vec<String> {
    let mut calendars: Vec<String> = Vec::new();
    for (_, attestation) in attestations {
        if let Attestation::Pending(uri) = attestation {
            calendars.push(String::from(uri.as_str()));
        }
    }
    calendars.sort();
    calendars.dedup();
    calendars
}
