//! What evidence says of itself, for a person to read. Nothing is judged here: anybody can write
//! anything into it. [`super::judge`] is what counts.

use alloc::vec::Vec;

use super::bitcoin::{self, BitcoinClaim};
use super::evm::{BlockHeader, EvmEvidence, EvmProblem};
use super::judge::Problem;
use super::tsa::{self, StampClaim};
use super::{Evidence, Kind};

/// What evidence claims, by its kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Of the Bitcoin chain.
    Bitcoin(BitcoinClaim),
    /// Of an EVM chain: a proof under the state of a block.
    Evm {
        /// The chain's id (EIP-155).
        chain_id: u64,
        /// The block.
        header: BlockHeader,
    },
    /// Of time-stamping authorities: time-stamps, the oldest first.
    Tsa(Vec<StampClaim>),
}

/// Reads what evidence claims; an error is why it cannot be read.
pub fn read(evidence: &Evidence) -> Result<Claim, Problem> {
    let bytes = &evidence.bytes;
    match evidence.kind {
        Kind::Bitcoin => bitcoin::claim(bytes).map(Claim::Bitcoin).map_err(Problem::Bitcoin),
        Kind::Evm => evm(bytes).map_err(Problem::Evm),
        Kind::Tsa => tsa::claims(bytes).map(Claim::Tsa).map_err(Problem::Tsa),
    }
}

fn evm(bytes: &[u8]) -> Result<Claim, EvmProblem> {
    let evidence = EvmEvidence::parse(bytes)?;
    let header = BlockHeader::parse(&evidence.header)?;
    Ok(Claim::Evm { chain_id: evidence.chain_id, header })
}
