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
    climb(count, shown, proof, |_| ())
}

/// The proof for fewer fields than `proof` is for: nothing else is needed, because each hash that
/// it holds either stands in the old proof or can be computed from what that one shows.
pub fn narrow_proof(
    count: u32,
    shown: &[(u32, Hash)],
    proof: &[Hash],
    kept: &[u32],
) -> Result<Vec<Hash>, DisclosureError> {
    check_indexes(count, kept.iter().copied())?;
    if kept.iter().any(|index| shown.binary_search_by_key(index, |(place, _)| *place).is_err()) {
        return Err(DisclosureError::BadIndexes);
    }
    let mut kept = kept.to_vec();
    let mut narrow = Vec::new();
    climb(count, shown, proof, |level| {
        for index in &kept {
            let sibling = index ^ 1;
            if kept.binary_search(&sibling).is_err() {
                let known = level.iter().find(|(place, _)| *place == sibling);
                narrow.extend(known.map(|(_, hash)| *hash));
            }
        }
        kept.iter_mut().for_each(|index| *index >>= 1);
        kept.dedup();
    })?;
    Ok(narrow)
}

/// Computes the root; each level of the tree, from the leaves up and without the root, is handed to
/// `level` with all nodes that the leaves and the proof give, in order.
fn climb(
    count: u32,
    shown: &[(u32, Hash)],
    proof: &[Hash],
    mut level: impl FnMut(&[(u32, Hash)]),
) -> Result<Hash, DisclosureError> {
    check_indexes(count, shown.iter().map(|(index, _)| *index))?;
    let mut proof = proof.iter();
    let mut width = count;
    let mut known: Vec<(u32, Hash)> = shown.to_vec();
    while width > 1 {
        let mut above = Vec::with_capacity(known.len());
        let mut nodes = Vec::with_capacity(known.len().saturating_mul(2));
        let mut rest = known.into_iter().peekable();
        while let Some((index, hash)) = rest.next() {
            let sibling = index ^ 1;
            if sibling >= width {
                nodes.push((index, hash));
                above.push((index >> 1, hash));
                continue;
            }
            let (left, right) = if let Some((_, right)) = rest.next_if(|(i, _)| *i == sibling) {
                (hash, right)
            } else {
                let other = *proof.next().ok_or(DisclosureError::BadProofLength)?;
                if index < sibling { (hash, other) } else { (other, hash) }
            };
            nodes.extend([(index & !1, left), (index | 1, right)]);
            above.push((index >> 1, node_hash(&left, &right)));
        }
        level(&nodes);
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

    #[test]
    fn every_choice_from_every_choice_of_seven_fields() {
        let leaves = leaves(7);
        for mask in 1..1u64 << 7 {
            let (all, proof) = shown(&leaves, mask);
            for fewer in (1..=mask).filter(|fewer| fewer & !mask == 0) {
                let (kept, want) = shown(&leaves, fewer);
                let kept: Vec<u32> = kept.iter().map(|(index, _)| *index).collect();
                assert_eq!(narrow_proof(7, &all, &proof, &kept), Ok(want), "{mask:b} {fewer:b}");
            }
            let hidden: Vec<u32> = (0..7).filter(|i| mask >> i & 1 == 0).collect();
            for index in hidden {
                let bad = Err(DisclosureError::BadIndexes);
                assert_eq!(narrow_proof(7, &all, &proof, &[index]), bad, "{mask:b} {index}");
            }
        }
    }

    proptest! {
        /// Hiding step by step gives what `rs_merkle` makes in one step, byte for byte.
        #[test]
        fn narrowing_is_what_rs_merkle_makes(
            count in 1u32..=64, mask in any::<u64>(), cut in any::<u64>(), at in 0u32..64,
        ) {
            let leaves = leaves(count);
            let always = 1 << (at % count);
            let (all, proof) = shown(&leaves, mask | always);
            let (kept, want) = shown(&leaves, mask & cut | always);
            let places: Vec<u32> = kept.iter().map(|(index, _)| *index).collect();
            let narrow = narrow_proof(count, &all, &proof, &places).unwrap();
            prop_assert_eq!(&narrow, &want);
            let root = root_of_fields(count, &kept, &narrow);
            prop_assert_eq!(root, root_of_fields(count, &all, &proof));
        }

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
