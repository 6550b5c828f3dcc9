//! Evidence of every kind, judged by what is at hand.

use core::fmt;

use super::bitcoin::{self, BitcoinFacts, BitcoinProblem, Headers};
use super::clocks::Clocks;
use super::evm::{self, EvmFacts, EvmProblem, KnownBlock};
use super::tsa::{self, TsaFacts, TsaProblem};
use super::{Evidence, Kind};
use crate::hash::{Hash, Timestamp};

/// What a verifier knows of outside clocks from its own nodes or files, and never from evidence.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outside<'a> {
    /// Bitcoin headers. They count only if they begin with the block that the federation names.
    pub headers: Option<&'a Headers>,
    /// Blocks of EVM chains.
    pub blocks: &'a [KnownBlock],
}

/// What good evidence says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proven {
    /// Of the Bitcoin chain.
    Bitcoin(BitcoinFacts),
    /// Of an EVM chain.
    Evm(EvmFacts),
    /// Of a time-stamping authority.
    Tsa(TsaFacts),
}

impl Proven {
    /// The root existed not later than this, as that clock tells the time.
    pub fn time(&self) -> Timestamp {
        match self {
            Proven::Bitcoin(facts) => facts.time,
            Proven::Evm(facts) => facts.time,
            Proven::Tsa(facts) => facts.time,
        }
    }
}

/// Why evidence does not count, or not here.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The tree that was anchored is not one that holds the receipt's.
    OtherTree,
    /// The path from the head to the federation root is malformed.
    BadPath,
    /// The federation does not name Bitcoin as a clock.
    BitcoinNotNamed,
    /// Of the Bitcoin chain.
    Bitcoin(BitcoinProblem),
    /// Of an EVM chain.
    Evm(EvmProblem),
    /// Of a time-stamping authority.
    Tsa(TsaProblem),
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::OtherTree => "anchor-other-tree",
            Problem::BadPath => "anchor-bad-path",
            Problem::BitcoinNotNamed => "anchor-bitcoin-not-named",
            Problem::Bitcoin(problem) => problem.code(),
            Problem::Evm(problem) => problem.code(),
            Problem::Tsa(problem) => problem.code(),
        }
    }

    /// Whether the evidence is false. Otherwise nothing can be said here, or not yet.
    pub fn is_false(&self) -> bool {
        match self {
            Problem::OtherTree | Problem::BadPath => true,
            Problem::BitcoinNotNamed => false,
            Problem::Bitcoin(problem) => problem.is_false(),
            Problem::Evm(problem) => problem.is_false(),
            Problem::Tsa(problem) => problem.is_false(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::OtherTree => {
                f.write_str("What was anchored does not hold this document's log.")
            }
            Problem::BadPath => f.write_str("The path to the federation root is malformed."),
            Problem::BitcoinNotNamed => f.write_str("The federation does not name Bitcoin."),
            Problem::Bitcoin(problem) => problem.fmt(f),
            Problem::Evm(problem) => problem.fmt(f),
            Problem::Tsa(problem) => problem.fmt(f),
        }
    }
}

/// Judges evidence about a federation root.
pub fn judge(
    evidence: &Evidence,
    root: &Hash,
    clocks: &Clocks,
    outside: &Outside<'_>,
    now: Timestamp,
) -> Result<Proven, Problem> {
    let bytes = &evidence.bytes;
    match evidence.kind {
        Kind::Bitcoin => {
            let base = clocks.bitcoin.ok_or(Problem::BitcoinNotNamed)?;
            let headers = outside.headers.filter(|headers| *headers.base() == base);
            let judged = bitcoin::verify(bytes, root, headers);
            judged.map(Proven::Bitcoin).map_err(Problem::Bitcoin)
        }
        Kind::Evm => {
            let judged = evm::verify(bytes, root, &clocks.chains, outside.blocks);
            judged.map(Proven::Evm).map_err(Problem::Evm)
        }
        Kind::Tsa => {
            let judged = tsa::verify(bytes, root, clocks, now);
            judged.map(Proven::Tsa).map_err(Problem::Tsa)
        }
    }
}
