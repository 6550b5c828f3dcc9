//! EVM chains: a root in the storage of a contract, proven down to a block hash.
//!
//! The contract (`contracts/BelegAnchor.sol`) maps each root to the time of the block in which it
//! came first. The evidence is a block header and the two proofs of EIP-1186: the account of the
//! contract under the header's state root, and the slot of the root under the account's storage
//! root. Address and code of the contract come from the federation file, the block's hash from the
//! verifier ([`KnownBlock`]): a header alone proves nothing, because anybody can make one.
//!
//! Left out: whether the block is final. The chain decides that, and whoever hands over its hash
//! answers for it.

pub mod blocks;
pub mod evidence;
pub mod header;
mod trie;

use alloc::string::String;
use alloc::vec::Vec;

use alloy_rlp::Decodable;
use alloy_trie::TrieAccount;
use thiserror::Error;

pub use blocks::{BlocksError, KnownBlock, KnownBlocks};
pub use evidence::{EvidenceError, EvmEvidence};
pub use header::{BlockHeader, HeaderError};

use super::clocks::Chain;
use crate::hash::{Hash, Timestamp};
use crate::time::utc;

/// The slot of the contract's mapping, its only variable.
const MAPPING_SLOT: [u8; 32] = [0; 32];

/// What good evidence shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvmFacts {
    /// The chain, as the federation calls it.
    pub chain: String,
    /// When the root came first, as that block's maker said.
    pub time: Timestamp,
    /// Number of the block whose state shows it; the same or a later one.
    pub number: u64,
    /// Hash of that block.
    pub block: Hash,
}

/// Why evidence shows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EvmProblem {
    /// The bytes are no evidence.
    #[error(transparent)]
    Malformed(#[from] EvidenceError),
    /// The header is none.
    #[error(transparent)]
    BadHeader(#[from] HeaderError),
    /// The federation file names no such chain.
    #[error("The federation file names no chain with id {chain_id}.")]
    ChainNotNamed {
        /// Chain id in the evidence.
        chain_id: u64,
    },
    /// The account proof does not lead to an account of the contract.
    #[error("The block's state, as it is proven, does not have the federation's contract.")]
    NoContract,
    /// The account of the contract has other code.
    #[error("The contract has other code than the federation file says.")]
    OtherCode,
    /// The storage proof does not lead to the root's place.
    #[error("The proof does not lead into the contract's storage.")]
    StorageNotProven,
    /// The contract does not have the root.
    #[error("The contract does not have this root.")]
    NotInContract,
    /// The contract's time is later than the block.
    #[error("The contract says {}, and its block was made before that.", utc(*.time))]
    TimeAhead {
        /// Time in the contract.
        time: Timestamp,
        /// Time of the block.
        block: Timestamp,
    },
    /// Nobody said whether this block is in the chain.
    #[error("Whether block {number} of chain {chain} has this hash is not known here.")]
    BlockNotKnown {
        /// The chain's name.
        chain: String,
        /// The block's number.
        number: u64,
    },
    /// The chain has another block with this number.
    #[error("Chain {chain} has another block {number}: this one is not in it, or is no more.")]
    OtherBlock {
        /// The chain's name.
        chain: String,
        /// The block's number.
        number: u64,
    },
}

impl EvmProblem {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            EvmProblem::Malformed(_) => "anchor-malformed",
            EvmProblem::BadHeader(_) => "anchor-bad-header",
            EvmProblem::ChainNotNamed { .. } => "anchor-chain-not-named",
            EvmProblem::NoContract => "anchor-no-contract",
            EvmProblem::OtherCode => "anchor-other-code",
            EvmProblem::StorageNotProven => "anchor-storage-not-proven",
            EvmProblem::NotInContract => "anchor-not-in-contract",
            EvmProblem::TimeAhead { .. } => "anchor-time-ahead",
            EvmProblem::BlockNotKnown { .. } => "anchor-block-not-known",
            EvmProblem::OtherBlock { .. } => "anchor-other-block",
        }
    }

    /// Whether the evidence is wrong, and not only without a judge here.
    pub fn is_false(&self) -> bool {
        !matches!(self, EvmProblem::ChainNotNamed { .. } | EvmProblem::BlockNotKnown { .. })
    }
}

/// Checks evidence for a federation root against the chains of the federation file and the blocks
/// that the verifier knows.
///
/// What is wrong in itself is false with any chain: so proofs come before the block's hash.
pub fn verify(
    evidence: &[u8],
    root: &Hash,
    chains: &[Chain],
    known: &[KnownBlock],
) -> Result<EvmFacts, EvmProblem> {
    let evidence = EvmEvidence::parse(evidence)?;
    let header = BlockHeader::parse(&evidence.header)?;
    let chain_id = evidence.chain_id;
    // A chain may stand there twice, with the contract of former years.
    let mut problem = EvmProblem::ChainNotNamed { chain_id };
    for chain in chains.iter().filter(|chain| chain.id == chain_id) {
        match anchored_at(&evidence, &header, root, chain) {
            Ok(time) => {
                judge_block(&header, chain, known)?;
                let (number, block) = (header.number, header.hash);
                return Ok(EvmFacts { chain: chain.name.clone(), time, number, block });
            }
            Err(found) => problem = found,
        }
    }
    Err(problem)
}

/// Keccak-256, by which the chains hash.
pub fn keccak256(bytes: &[u8]) -> Hash {
    Hash(alloy_primitives::keccak256(bytes).0)
}

/// The slot of the contract's storage in which the time of this root stands.
pub fn slot(root: &Hash) -> Hash {
    let mut place: Vec<u8> = root.0.to_vec();
    place.extend_from_slice(&MAPPING_SLOT);
    keccak256(&place)
}

/// The time in the contract, which is in the state of this block.
fn anchored_at(
    evidence: &EvmEvidence,
    header: &BlockHeader,
    root: &Hash,
    chain: &Chain,
) -> Result<Timestamp, EvmProblem> {
    let state_root = Hash(header.state_root);
    let account = trie::value(&state_root, &keccak256(&chain.contract), &evidence.account);
    let account = account.ok().flatten().ok_or(EvmProblem::NoContract)?;
    let account: TrieAccount = whole(&account).ok_or(EvmProblem::NoContract)?;
    if account.code_hash.0 != chain.code_hash {
        return Err(EvmProblem::OtherCode);
    }
    let storage_root = Hash(account.storage_root.0);
    let place = keccak256(&slot(root).0);
    let value = trie::value(&storage_root, &place, &evidence.storage);
    let value = value.map_err(|_| EvmProblem::StorageNotProven)?;
    let value = value.ok_or(EvmProblem::NotInContract)?;
    let time = Timestamp(whole(&value).ok_or(EvmProblem::StorageNotProven)?);
    if time.0 == 0 {
        return Err(EvmProblem::NotInContract);
    }
    if time > header.time {
        return Err(EvmProblem::TimeAhead { time, block: header.time });
    }
    Ok(time)
}

fn judge_block(
    header: &BlockHeader,
    chain: &Chain,
    known: &[KnownBlock],
) -> Result<(), EvmProblem> {
    let place = (chain.id, header.number);
    let mut same_place = known.iter().filter(|block| (block.chain_id, block.number) == place);
    let (name, number) = (chain.name.clone(), header.number);
    match same_place.next() {
        None => Err(EvmProblem::BlockNotKnown { chain: name, number }),
        Some(block) if block.hash != header.hash => {
            Err(EvmProblem::OtherBlock { chain: name, number })
        }
        Some(_) => Ok(()),
    }
}

/// The one RLP value that these bytes are.
fn whole<T: Decodable>(mut bytes: &[u8]) -> Option<T> {
    let value = T::decode(&mut bytes).ok()?;
    bytes.is_empty().then_some(value)
}
