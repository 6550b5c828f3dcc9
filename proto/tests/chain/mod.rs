//! A chain of one block, made up: accounts, the contract with some roots in it, a header over both.

#![allow(dead_code, reason = "each user needs a part")]

use alloy_primitives::{B256, U256};
use alloy_rlp::{Encodable, Header};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles, TrieAccount};
use proto::anchor::clocks::Chain;
use proto::anchor::evm::{EvmEvidence, KnownBlock, keccak256, slot};
use proto::hash::{Hash, sha256};

/// The federation's contract in this chain.
pub const CONTRACT: [u8; 20] = [0xc0; 20];
pub const CHAIN_ID: u64 = 31_337;
pub const BLOCK_TIME: u64 = 1_777_820_400;
pub const BLOCK_NUMBER: u64 = 23_000_000;

/// What stands in the block's state and header.
#[derive(Clone)]
pub struct Block {
    /// Accounts beside the contract.
    pub accounts: u64,
    /// Roots in the contract, each with its time.
    pub roots: Vec<(Hash, u64)>,
    pub code: Vec<u8>,
    /// The address at which the contract stands.
    pub address: [u8; 20],
    pub time: u64,
    /// Fields behind the twelve that all forks have.
    pub further: Vec<Vec<u8>>,
}

impl Default for Block {
    fn default() -> Block {
        let roots = (0..20).map(|n| (root(n), BLOCK_TIME - 12 * (n + 1))).collect();
        // Extra data, mix hash, nonce, base fee: a block of the London fork.
        let further = vec![vec![], vec![0; 32], vec![0; 8], vec![7]];
        let (address, code) = (CONTRACT, b"code".to_vec());
        Block { accounts: 50, roots, code, address, time: BLOCK_TIME, further }
    }
}

/// A federation root.
pub fn root(number: u64) -> Hash {
    sha256(&number.to_be_bytes())
}

/// The line of the federation file.
pub fn line() -> Chain {
    let code_hash = keccak256(b"code").0;
    Chain { name: "example".into(), id: CHAIN_ID, contract: CONTRACT, code_hash }
}

/// The block as a verifier knows it that has it from its own node.
pub fn known(evidence: &EvmEvidence) -> KnownBlock {
    let hash = keccak256(&evidence.header);
    KnownBlock { chain_id: CHAIN_ID, number: BLOCK_NUMBER, hash }
}

impl Block {
    /// What a node of the chain would answer about a root.
    pub fn evidence(&self, root: &Hash) -> EvmEvidence {
        let values = self.roots.iter().map(|(root, time)| (slot(root), alloy_rlp::encode(time)));
        let (storage_root, storage) = trie(values.collect(), &slot(root));
        let mut accounts: Vec<(Hash, Vec<u8>)> = (0..self.accounts)
            .map(|n| (keccak256(&n.to_be_bytes()), alloy_rlp::encode(TrieAccount::default())))
            .collect();
        let code_hash = B256::from(keccak256(&self.code).0);
        let contract = TrieAccount::new(1, U256::ZERO, storage_root, code_hash);
        accounts.push((keccak256(&self.address), alloy_rlp::encode(contract)));
        let (state_root, account) = state(accounts, &keccak256(&CONTRACT));
        let header = self.header(&state_root);
        EvmEvidence { chain_id: CHAIN_ID, header, account, storage }
    }

    fn header(&self, state_root: &B256) -> Vec<u8> {
        let (hash, bloom) = (vec![1; 32], vec![0; 256]);
        let mut fields = vec![hash.clone(), hash.clone(), vec![2; 20], state_root.to_vec()];
        fields.extend([hash.clone(), hash, bloom]);
        for number in [0, BLOCK_NUMBER, 30_000_000, 21_000, self.time] {
            fields.push(number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect());
        }
        fields.extend(self.further.iter().cloned());
        list(&fields)
    }
}

/// An RLP list of strings.
pub fn list(fields: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = Vec::new();
    for field in fields {
        field.as_slice().encode(&mut payload);
    }
    let mut bytes = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut bytes);
    [bytes, payload].concat()
}

/// Root of the trie with these values under the hashes of these places, and the proof for one.
pub fn trie(values: Vec<(Hash, Vec<u8>)>, target: &Hash) -> (B256, Vec<Vec<u8>>) {
    let hashed = values.into_iter().map(|(place, value)| (keccak256(&place.0), value));
    state(hashed.collect(), &keccak256(&target.0))
}

/// The same, with keys that are hashes already.
fn state(mut values: Vec<(Hash, Vec<u8>)>, target: &Hash) -> (B256, Vec<Vec<u8>>) {
    if values.is_empty() {
        return (EMPTY_ROOT_HASH, Vec::new());
    }
    values.sort();
    let retainer = ProofRetainer::new(vec![Nibbles::unpack(target.0)]);
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    for (key, value) in values {
        builder.add_leaf(Nibbles::unpack(key.0), &value);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes().into_nodes_sorted();
    (root, nodes.into_iter().map(|(_, node)| node.to_vec()).collect())
}
