//! From fields to the commitment: one salted leaf per field, their RFC 6962 root, a labelled hash.
//!
//! ```text
//! salt_i     = SHA-256("beleg/salt/v1\0" || secret[32] || u32 i)
//! leaf_i     = leaf_hash(salt_i || u8 name length || name || u32 value length || value)
//! commitment = SHA-256("beleg/commitment/v1\0" || u32 field count || root of the leaves)
//! ```
//!
//! All salts come from one secret, so a full receipt stores one and a redacted one only the salts
//! of what it shows. Whoever does not know a salt cannot guess the value from the leaf.

use alloc::vec::Vec;

use rs_merkle::{Hasher, MerkleTree};

use crate::hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash, sha256_parts};

use super::field::{Document, Field};

const SALT_LABEL: &[u8] = b"beleg/salt/v1\0";
const COMMITMENT_LABEL: &[u8] = b"beleg/commitment/v1\0";

/// The RFC 6962 hash for `rs_merkle`.
#[derive(Clone, Copy, Debug)]
pub struct Rfc6962;

impl Hasher for Rfc6962 {
    type Hash = [u8; 32];

    fn hash(data: &[u8]) -> [u8; 32] {
        leaf_hash(data).0
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        match right {
            Some(right) => node_hash(&Hash(*left), &Hash(*right)).0,
            None => *left,
        }
    }
}

/// The tree over these leaf hashes.
pub(super) fn tree(leaves: &[Hash]) -> MerkleTree<Rfc6962> {
    let leaves: Vec<[u8; 32]> = leaves.iter().map(|leaf| leaf.0).collect();
    MerkleTree::from_leaves(&leaves)
}

/// The root of a tree that `rs_merkle` built.
pub(super) fn root(tree: &MerkleTree<Rfc6962>) -> Hash {
    tree.root().map_or(EMPTY_ROOT, Hash)
}

/// The salt of the field at this place.
pub fn salt(secret: &[u8; 32], index: u32) -> [u8; 32] {
    sha256_parts(&[SALT_LABEL, secret, &index.to_be_bytes()]).0
}

/// The leaf hash of a field.
pub fn field_leaf(salt: &[u8; 32], field: &Field) -> Hash {
    let (name, value) = (field.name().as_bytes(), field.value().as_bytes());
    let name_len = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let value_len = u32::try_from(value.len()).unwrap_or(u32::MAX);
    sha256_parts(&[&[0], salt, &[name_len], name, &value_len.to_be_bytes(), value])
}

/// The leaf hashes of all fields of a document, in their order.
pub fn field_leaves(document: &Document, secret: &[u8; 32]) -> Vec<Hash> {
    let salted = |(index, field)| field_leaf(&salt(secret, index), field);
    (0u32..).zip(document.fields()).map(salted).collect()
}

/// The commitment over a count of fields and the root of their leaves.
pub fn commitment(count: u32, root: &Hash) -> Hash {
    sha256_parts(&[COMMITMENT_LABEL, &count.to_be_bytes(), &root.0])
}

/// The commitment of a document.
pub fn commit(document: &Document, secret: &[u8; 32]) -> Hash {
    let leaves = field_leaves(document, secret);
    let count = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
    commitment(count, &root(&tree(&leaves)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Content, ContentDigest};

    /// RFC 6962 section 2.1, written down as the text has it.
    fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY_ROOT,
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&naive_root(&leaves[..split]), &naive_root(&leaves[split..]))
            }
        }
    }

    #[test]
    fn small_trees_are_rfc_6962_trees() {
        let leaves: Vec<Hash> = (0..=70u8).map(|i| leaf_hash(&[i])).collect();
        for size in 0..leaves.len() {
            assert_eq!(root(&tree(&leaves[..size])), naive_root(&leaves[..size]), "{size}");
        }
    }

    #[test]
    fn every_part_changes_the_commitment() {
        let digest = ContentDigest { sha256: Hash([1; 32]), length: 3, sha512: None };
        let content = Content::new(digest, "application/pdf").unwrap();
        let make = |unit: &str, others: Vec<Field>| {
            Document::build(&content, "t", unit, None, others).unwrap()
        };
        let document = make("u", alloc::vec![Field::new("ab", "c").unwrap()]);
        let before = commit(&document, &[7; 32]);
        assert_eq!(before, commit(&document, &[7; 32]));
        assert_ne!(before, commit(&document, &[8; 32]));
        assert_ne!(before, commit(&make("v", document.fields()[4..].to_vec()), &[7; 32]));
        // The border between name and value is part of the leaf.
        let moved = make("u", alloc::vec![Field::new("a", "bc").unwrap()]);
        assert_ne!(before, commit(&moved, &[7; 32]));
        assert_ne!(salt(&[7; 32], 0), salt(&[7; 32], 1));
        assert_ne!(commitment(4, &Hash([0; 32])), commitment(5, &Hash([0; 32])));
    }
}
