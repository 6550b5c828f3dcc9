//! Showing some fields and hiding the others: the proof that the shown ones belong to the
//! commitment.
//!
//! The proof has the order in which `rs_merkle` writes it: level by level from the leaves up, in
//! each level from left to right, the hashes that cannot be computed. `rs_merkle` builds it; this
//! file checks it, because its `verify` accepts repeated and outside indexes and trailing hashes.

use alloc::vec::Vec;

use thiserror::Error;

use crate::hash::{Hash, node_hash};
use crate::limits;

use super::commitment::{field_leaves, tree};
use super::field::Document;

/// Why shown fields do not fit a proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// The count of fields is zero or too large.
    #[error("A document has 4 to {limit} fields; this one says {got}.")]
    BadCount {
        /// Fields allowed.
        limit: u32,
        /// Fields said.
        got: u32,
    },
    /// The indexes do not grow, or one is outside the document.
    #[error("The places of the shown fields do not grow, or one is outside the document.")]
    BadIndexes,
    /// There are too few or too many hashes.
    #[error("The proof of the shown fields has the wrong count of hashes.")]
    BadProofLength,
}

/// The proof for the fields at these places; none if one is outside or they do not grow.
pub fn prove_fields(document: &Document, secret: &[u8; 32], shown: &[u32]) -> Option<Vec<Hash>> {
    let leaves = field_leaves(document, secret);
    let count = u32::try_from(leaves.len()).ok()?;
    check_indexes(count, shown.iter().copied()).ok()?;
    let places: Vec<usize> = shown.iter().filter_map(|i| usize::try_from(*i).ok()).collect();
    Some(tree(&leaves).proof(&places).proof_hashes().iter().copied().map(Hash).collect())
}

/// The root of the field tree that these leaves and this proof lead to.
pub fn root_of_fields(
    count: u32,
    shown: &[(u32, Hash)],
    proof: &[Hash],
) -> Result<Hash, DisclosureError> {
    check_indexes(count, shown.iter().map(|(index, _)| *index))?;
    let mut proof = proof.iter();
    let mut width = count;
    let mut known: Vec<(u32, Hash)> = shown.to_vec();
    while width > 1 {
        let mut above = Vec::with_capacity(known.len());
        let mut level = known.into_iter().peekable();
        while let Some((index, hash)) = level.next() {
            let sibling = index ^ 1;
            let joined = if sibling >= width {
                hash
            } else if let Some((_, right)) = level.next_if(|(next, _)| *next == sibling) {
                node_hash(&hash, &right)
            } else {
                let other = proof.next().ok_or(DisclosureError::BadProofLength)?;
                if index < sibling { node_hash(&hash, other) } else { node_hash(other, &hash) }
            };
            above.push((index >> 1, joined));
        }
        known = above;
        width = width.div_ceil(2);
    }
    match (known.first(), proof.next()) {
        (Some((_, root)), None) => Ok(*root),
        _ => Err(DisclosureError::BadProofLength),
    }
}

fn check_indexes(count: u32, shown: impl Iterator<Item = u32>) -> Result<(), DisclosureError> {
    let limit = u32::try_from(limits::FIELDS).unwrap_or(u32::MAX);
    if count == 0 || count > limit {
        return Err(DisclosureError::BadCount { limit, got: count });
    }
    let mut least = 0;
    let mut some = false;
    for index in shown {
        if index < least || index >= count {
            return Err(DisclosureError::BadIndexes);
        }
        least = index.saturating_add(1);
        some = true;
    }
    if some { Ok(()) } else { Err(DisclosureError::BadIndexes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::commitment::root;
    use crate::hash::leaf_hash;
    use proptest::prelude::*;

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// The leaves at the set bits of `mask`, and the proof that `rs_merkle` makes for them.
    fn shown(leaves: &[Hash], mask: u64) -> (Vec<(u32, Hash)>, Vec<Hash>) {
        let places: Vec<usize> = (0..leaves.len()).filter(|i| mask >> i & 1 == 1).collect();
        let proof = tree(leaves).proof(&places);
        let proof = proof.proof_hashes().iter().copied().map(Hash).collect();
        (places.iter().map(|i| (*i as u32, leaves[*i])).collect(), proof)
    }

    #[test]
    fn every_choice_of_up_to_nine_fields() {
        for count in 1..=9 {
            let leaves = leaves(count);
            let want = root(&tree(&leaves));
            for mask in 1..1u64 << count {
                let (shown, proof) = shown(&leaves, mask);
                assert_eq!(root_of_fields(count, &shown, &proof), Ok(want), "{count} {mask:b}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_choice_of_any_count(count in 1u32..=64, mask in 1u64.., flip in 0usize..4096) {
            let leaves = leaves(count);
            let want = root(&tree(&leaves));
            let (mut shown, mut proof) = shown(&leaves, mask | 1);
            prop_assert_eq!(root_of_fields(count, &shown, &proof), Ok(want));
            // Any change of a hash, of a leaf or of the length is noticed.
            let mut longer = proof.clone();
            longer.push(Hash([0; 32]));
            prop_assert_eq!(
                root_of_fields(count, &shown, &longer),
                Err(DisclosureError::BadProofLength)
            );
            let at = flip % (shown.len() + proof.len());
            match at.checked_sub(shown.len()) {
                Some(at) => proof[at].0[flip % 32] ^= 1,
                None => shown[at].1.0[flip % 32] ^= 1,
            }
            prop_assert_ne!(root_of_fields(count, &shown, &proof), Ok(want));
            if proof.pop().is_some() {
                let short = Err(DisclosureError::BadProofLength);
                prop_assert_eq!(root_of_fields(count, &shown, &proof), short);
            }
        }
    }

    #[test]
    fn hostile_indexes_are_refused() {
        let hash = leaf_hash(b"");
        let bad = Err(DisclosureError::BadIndexes);
        assert_eq!(root_of_fields(4, &[], &[]), bad);
        assert_eq!(root_of_fields(4, &[(0, hash), (0, hash)], &[]), bad);
        assert_eq!(root_of_fields(4, &[(1, hash), (0, hash)], &[]), bad);
        assert_eq!(root_of_fields(4, &[(4, hash)], &[]), bad);
        assert_eq!(root_of_fields(4, &[(u32::MAX, hash)], &[]), bad);
        for got in [0, 65, u32::MAX] {
            let limit = 64;
            let bad = Err(DisclosureError::BadCount { limit, got });
            assert_eq!(root_of_fields(got, &[(0, hash)], &[]), bad);
        }
    }
}
