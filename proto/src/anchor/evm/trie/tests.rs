//! Hostile nodes: paths that are longer than a key, nodes in nodes, and what is no node.

use alloc::vec;
use alloc::vec::Vec;

use alloy_rlp::Encodable;
use alloy_trie::nodes::{BranchNode, ExtensionNode, LeafNode, RlpNode};
use alloy_trie::{Nibbles, TrieMask};

use super::*;
use crate::anchor::evm::keccak256;

fn bytes(node: impl Encodable) -> Vec<u8> {
    alloy_rlp::encode(node)
}

/// A proof of these nodes, each of which has to name the next; the root names the first.
fn check(nodes: Vec<Vec<u8>>) -> Result<Option<Vec<u8>>, NotProven> {
    value(&keccak256(&nodes[0]), &Hash([0; 32]), &nodes)
}

fn named(node: &[u8]) -> RlpNode {
    RlpNode::word_rlp(&B256::from(keccak256(node).0))
}

fn nibbles(count: usize) -> Nibbles {
    Nibbles::from_nibbles(vec![0; count])
}

fn leaf(count: usize) -> Vec<u8> {
    bytes(LeafNode::new(nibbles(count), vec![1; 40]))
}

/// A branch with one child, at nibble zero.
fn branch(child: RlpNode) -> Vec<u8> {
    bytes(BranchNode::new(vec![child], TrieMask::new(1)))
}

#[test]
fn a_path_has_the_length_of_a_key() {
    assert_eq!(check(vec![leaf(64)]), Ok(Some(vec![1; 40])));
    for (first, second, good) in [(1, 63, true), (2, 63, false), (64, 64, false), (64, 0, true)] {
        let leaf = leaf(second);
        let extension = bytes(ExtensionNode::new(nibbles(first), named(&leaf)));
        assert_eq!(check(vec![extension, leaf]).is_ok(), good, "{first} {second}");
    }
    let (mut node, mut nodes) = (leaf(0), vec![leaf(0)]);
    for _ in 0..64 {
        node = branch(named(&node));
        nodes.insert(0, node.clone());
    }
    assert_eq!(check(nodes.clone()), Ok(Some(vec![1; 40])));
    nodes.insert(0, branch(named(&node)));
    assert_eq!(check(nodes), Err(NotProven));
}

#[test]
fn a_node_in_a_node_is_refused() {
    let small = bytes(LeafNode::new(nibbles(10), vec![1]));
    assert!(small.len() < 32);
    let inside = RlpNode::from_raw(&small).unwrap();
    assert_eq!(check(vec![branch(inside.clone())]), Err(NotProven));
    let extension = bytes(ExtensionNode::new(nibbles(54), inside));
    assert_eq!(check(vec![extension]), Err(NotProven));
}

#[test]
fn what_is_no_node() {
    let mut trailing = leaf(64);
    trailing.push(0);
    let nodes: [&[u8]; 6] = [b"", &[0x80], &[0xc0], &[0x01], &[0xc2, 0x80, 0x80], &trailing];
    for node in nodes {
        assert_eq!(check(vec![node.to_vec()]), Err(NotProven), "{node:?}");
    }
}

#[test]
fn nothing_is_shown_by_a_whole_path_only() {
    let other = bytes(LeafNode::new(Nibbles::from_nibbles([1; 64]), vec![1; 40]));
    assert_eq!(check(vec![other]), Ok(None));
    let below = leaf(63);
    assert_eq!(check(vec![branch(named(&below))]), Err(NotProven));
    let elsewhere = bytes(BranchNode::new(vec![named(&below)], TrieMask::new(2)));
    assert_eq!(check(vec![elsewhere.clone()]), Ok(None));
    assert_eq!(check(vec![elsewhere, below]), Err(NotProven));
    assert_eq!(value(&Hash(EMPTY_ROOT_HASH.0), &Hash([0; 32]), &[]), Ok(None));
    assert_eq!(value(&Hash([1; 32]), &Hash([0; 32]), &[]), Err(NotProven));
}
