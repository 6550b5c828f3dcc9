//! From a node's answers to evidence, which is checked before anybody gets it.

use alloy_primitives::{Address, B256};
use alloy_rlp::Header as Rlp;
use proto::anchor::clocks::Chain;
use proto::anchor::evm::{self, EvmEvidence, EvmProblem, KnownBlock};
use proto::hash::Hash;

use super::rpc::{At, Block, Rpc, RpcError};

/// Why there is no evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The node does not say.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// What it says does not fit together.
    #[error("{url}: block {number}: the header does not have the block's hash")]
    Header {
        /// The node.
        url: String,
        /// The block.
        number: u64,
    },
    /// What it says is too large to be a proof.
    #[error("{url}: {problem}")]
    Problem {
        /// The node.
        url: String,
        /// What is wrong.
        problem: EvmProblem,
    },
}

/// Evidence for a root in the state of this block.
pub async fn evidence(
    rpc: &Rpc,
    chain: &Chain,
    root: &Hash,
    block: &Block,
) -> Result<Vec<u8>, ProofError> {
    let number = block.header.number;
    let url = || rpc.url().to_owned();
    let header = header(block).ok_or_else(|| ProofError::Header { url: url(), number })?;
    let (contract, slot) = (Address::from(chain.contract), B256::from(evm::slot(root).0));
    let proof = rpc.proof(contract, slot, At::Number(number)).await?;
    let nodes = |nodes: Vec<alloy_primitives::Bytes>| nodes.iter().map(|n| n.to_vec()).collect();
    let storage = proof.storage_proof.into_iter().next().map(|slot| slot.proof);
    let evidence = EvmEvidence {
        chain_id: chain.id,
        header,
        account: nodes(proof.account_proof),
        storage: nodes(storage.unwrap_or_default()),
    };
    let wrong = |problem| ProofError::Problem { url: url(), problem };
    let bytes = evidence.to_bytes().map_err(|error| wrong(error.into()))?;
    let known = KnownBlock { chain_id: chain.id, number, hash: Hash(block.hash.0) };
    evm::verify(&bytes, root, std::slice::from_ref(chain), &[known]).map_err(wrong)?;
    Ok(bytes)
}

/// The bytes of which the block's hash is the hash.
fn header(block: &Block) -> Option<Vec<u8>> {
    let as_it_is = alloy_rlp::encode(&block.header);
    let has_hash = |bytes: &[u8]| evm::keccak256(bytes).0 == block.hash.0;
    if has_hash(&as_it_is) {
        return Some(as_it_is);
    }
    let unsealed = unsealed(&block.header.extra_data)?.map(|extra| {
        let mut header = block.header.clone();
        header.extra_data = extra.into();
        alloy_rlp::encode(&header)
    });
    unsealed.into_iter().find(|bytes| has_hash(bytes))
}

/// Chains of known validators (QBFT, IBFT 2.0) put their signatures into a header after its hash is
/// made: for that, QBFT has round zero and no signatures, IBFT 2.0 neither of the fields.
fn unsealed(extra: &[u8]) -> Option<[Vec<u8>; 2]> {
    let mut rest = extra;
    let mut inside = Rlp::decode_bytes(&mut rest, true).ok()?;
    let mut items: Vec<&[u8]> = Vec::new();
    while !inside.is_empty() && items.len() < 5 {
        let start = inside;
        let length = Rlp::decode(&mut inside).ok()?.payload_length;
        inside = inside.get(length..)?;
        items.push(start.get(..start.len() - inside.len())?);
    }
    let kept = items.get(..3)?.concat();
    let list = |payload: &[u8]| {
        let mut bytes = Vec::new();
        Rlp { list: true, payload_length: payload.len() }.encode(&mut bytes);
        bytes.extend_from_slice(payload);
        bytes
    };
    let round_and_seals = [&kept[..], &[0x80, 0xc0]].concat();
    Some([list(&round_and_seals), list(&kept)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::Header;
    use alloy_primitives::{Bytes, keccak256};

    /// Vanity, one validator, no vote, round five, one signature.
    fn extra(rest: &[u8]) -> Bytes {
        let mut inside = vec![0xa0];
        inside.extend([7; 32]);
        inside.extend([0xd5, 0x94]);
        inside.extend([9; 20]);
        inside.extend([0xc0]);
        inside.extend(rest);
        let mut bytes = vec![0xf8, u8::try_from(inside.len()).unwrap()];
        bytes.extend(inside);
        bytes.into()
    }

    #[test]
    fn a_header_without_its_validators_signatures_has_the_block_hash() {
        let sealed = extra(&[&[0x05, 0xf8, 0x43, 0xb8, 0x41][..], &[1; 65]].concat());
        for hashed in [extra(&[0x80, 0xc0]), extra(&[]), sealed.clone()] {
            let header = Header { extra_data: hashed, ..Header::default() };
            let bytes = alloy_rlp::encode(&header);
            let shown = Header { extra_data: sealed.clone(), ..header };
            let block = Block { hash: keccak256(&bytes), header: shown };
            assert_eq!(super::header(&block), Some(bytes));
        }
        for extra_data in [sealed, Bytes::new(), vec![0xff; 9].into(), vec![0xc1, 0x80].into()] {
            let header = Header { extra_data, ..Header::default() };
            let block = Block { hash: B256::ZERO, header };
            assert_eq!(super::header(&block), None);
        }
    }
}
