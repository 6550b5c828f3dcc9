//! Proofs in a Merkle Patricia trie (yellow paper, appendix D), checked by `alloy-trie`.
//!
//! That library follows the nodes from root to leaf and compares each with the hash above it. It
//! panics if the path of hostile nodes is longer than a key, and it wants to know the value before;
//! so the nodes are first walked here for their lengths and for what the last one holds.
//!
//! Keys are hashes, so a node that is part of another one (one of under 32 bytes) needs keys that
//! agree in 18 nibbles and more. No trie has such; a proof with one in its path is refused.

use alloc::vec::Vec;

use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use alloy_trie::nodes::TrieNode;
use alloy_trie::proof::verify_proof;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

use crate::hash::Hash;

/// Nibbles of a key.
const KEY_NIBBLES: usize = 64;
/// Bytes of an RLP string of 32 bytes, which is how a node names another by its hash.
const HASH_RLP_BYTES: usize = 33;

/// The proof does not lead from the root to the place of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotProven;

/// What stands under `key` in the trie with this root, or none if nothing does.
pub fn value(root: &Hash, key: &Hash, proof: &[Vec<u8>]) -> Result<Option<Vec<u8>>, NotProven> {
    let root = B256::from(root.0);
    if proof.is_empty() {
        return if root == EMPTY_ROOT_HASH { Ok(None) } else { Err(NotProven) };
    }
    let value = last_value(proof)?;
    let key = Nibbles::unpack(key.0);
    let proof: Vec<Bytes> = proof.iter().map(|node| Bytes::copy_from_slice(node)).collect();
    if value.is_some() && verify_proof(root, key, value.clone(), &proof).is_ok() {
        return Ok(value);
    }
    // A leaf of another key, or a place without a child, shows that there is nothing.
    verify_proof(root, key, None, &proof).map(|()| None).map_err(|_| NotProven)
}

/// The value of the leaf at the end, if there is one.
fn last_value(proof: &[Vec<u8>]) -> Result<Option<Vec<u8>>, NotProven> {
    let (mut nibbles, mut value) = (0usize, None);
    for node in proof {
        let mut rest = &node[..];
        let decoded = TrieNode::decode(&mut rest).map_err(|_| NotProven)?;
        if !rest.is_empty() {
            return Err(NotProven);
        }
        let (taken, at_end) = match decoded {
            TrieNode::Branch(branch) => {
                if branch.stack.iter().any(|child| child.len() != HASH_RLP_BYTES) {
                    return Err(NotProven);
                }
                (1, None)
            }
            TrieNode::Extension(extension) => {
                if extension.child.len() != HASH_RLP_BYTES {
                    return Err(NotProven);
                }
                (extension.key.len(), None)
            }
            TrieNode::Leaf(leaf) => (leaf.key.len(), Some(leaf.value)),
            TrieNode::EmptyRoot => return Err(NotProven),
        };
        nibbles = nibbles.saturating_add(taken);
        if nibbles > KEY_NIBBLES {
            return Err(NotProven);
        }
        value = at_end;
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
