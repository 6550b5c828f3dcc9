//! Properties of trees: what is planned from tiles is what the RFC defines, it verifies, and
//! nothing that was changed does.

mod tree;

use proptest::prelude::*;
use proto::hash::{Hash, LeafIndex, TreeSize};
use proto::limits;
use proto::merkle::{Subtree, consistency, inclusion, plan, subtree};
use proto::tile::grow::Edge;
use tree::{Tree, half, mth};

/// PATH of RFC 6962, section 2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(half(leaves.len()));
    let (mut proof, sibling) = match index.checked_sub(left.len()) {
        None => (path(index, left), right),
        Some(index) => (path(index, right), left),
    };
    proof.push(mth(sibling));
    proof
}

/// SUBPROOF of RFC 6962, section 2.1.2.
fn subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![mth(leaves)] };
    }
    let (left, right) = leaves.split_at(half(leaves.len()));
    let (mut proof, sibling) = if old <= left.len() {
        (subproof(old, left, known), right)
    } else {
        (subproof(old - left.len(), right, false), left)
    };
    proof.push(mth(sibling));
    proof
}

/// SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs, section 4.4.1.
fn subtree_subproof(start: usize, end: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if start == 0 && end == leaves.len() {
        return if known { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = half(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, sibling) = if end <= k {
        (subtree_subproof(start, end, left, known), right)
    } else if k <= start {
        (subtree_subproof(start - k, end - k, right, known), left)
    } else {
        assert_eq!(start, 0, "only a subtree that starts at 0 can reach across");
        (subtree_subproof(0, end - k, right, false), left)
    };
    proof.push(mth(sibling));
    proof
}

/// Every way in which a proof can differ a little.
fn mutations(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for place in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[place].0[place % 32] ^= 1 << (place % 8);
        all.push(changed);
        let mut shorter = proof.to_vec();
        shorter.remove(place);
        all.push(shorter);
        let mut twice = proof.to_vec();
        twice.insert(place, proof[place]);
        all.push(twice);
        if place > 0 && proof[place] != proof[place - 1] {
            let mut swapped = proof.to_vec();
            swapped.swap(place, place - 1);
            all.push(swapped);
        }
    }
    for place in [0, proof.len()] {
        let mut longer = proof.to_vec();
        longer.insert(place, Hash([0; 32]));
        all.push(longer);
    }
    all
}

#[test]
fn inclusion_in_all_trees_up_to_300() {
    let tree = Tree::of(300);
    for size in 1..=300 {
        let root = tree.root(size);
        for index in 0..size {
            let (i, s) = (LeafIndex(index), TreeSize(size));
            let proof = tree.prove(&plan::inclusion(i, s).unwrap());
            assert_eq!(proof, path(index as usize, &tree.leaves[..size as usize]));
            let leaf = &tree.leaves[index as usize];
            assert_eq!(inclusion::verify(leaf, i, s, &root, &proof), Ok(()));
            assert_eq!(inclusion::root(leaf, i, s, &proof), Ok(root));
        }
    }
}

#[test]
fn a_changed_inclusion_proof_fails() {
    let tree = Tree::of(70);
    for size in 1..=70 {
        let (s, root) = (TreeSize(size), tree.root(size));
        for index in 0..size {
            let i = LeafIndex(index);
            let proof = tree.prove(&plan::inclusion(i, s).unwrap());
            let leaf = &tree.leaves[index as usize];
            for changed in mutations(&proof) {
                assert!(inclusion::verify(leaf, i, s, &root, &changed).is_err());
            }
            for other in (0..size + 2).filter(|other| *other != index) {
                assert!(inclusion::verify(leaf, LeafIndex(other), s, &root, &proof).is_err());
            }
            assert!(inclusion::verify(&Hash([1; 32]), i, s, &root, &proof).is_err());
            assert!(inclusion::verify(leaf, i, s, &Hash([1; 32]), &proof).is_err());
        }
    }
}

#[test]
fn consistency_of_all_pairs_up_to_64() {
    let tree = Tree::of(64);
    for new in 0..=64 {
        let (n, new_root) = (TreeSize(new), tree.root(new));
        for old in 0..=new {
            let (o, old_root) = (TreeSize(old), tree.root(old));
            let proof = tree.prove(&plan::consistency(o, n).unwrap());
            if old > 0 {
                assert_eq!(proof, subproof(old as usize, &tree.leaves[..new as usize], true));
            }
            assert_eq!(consistency::verify(o, &old_root, n, &new_root, &proof), Ok(()));
            for changed in mutations(&proof) {
                assert!(consistency::verify(o, &old_root, n, &new_root, &changed).is_err());
            }
            let other = Hash([1; 32]);
            assert!(consistency::verify(o, &other, n, &new_root, &proof).is_err());
            if old > 0 {
                assert!(consistency::verify(o, &old_root, n, &other, &proof).is_err());
            }
            for wrong in (0..=new).filter(|wrong| *wrong != old) {
                // Another old size never has this old root.
                let wrong = TreeSize(wrong);
                assert!(consistency::verify(wrong, &old_root, n, &new_root, &proof).is_err());
            }
        }
    }
}

#[test]
fn all_subtrees_of_all_trees_up_to_64() {
    let tree = Tree::of(64);
    for size in 1..=64 {
        let (s, root) = (TreeSize(size), tree.root(size));
        for start in 0..size {
            for end in start + 1..=size {
                let Ok(part) = Subtree::new(start, end) else { continue };
                let hash = mth(&tree.leaves[start as usize..end as usize]);
                let proof = tree.prove(&plan::subtree(part, s).unwrap());
                let leaves = &tree.leaves[..size as usize];
                assert_eq!(proof, subtree_subproof(start as usize, end as usize, leaves, true));
                assert_eq!(tree.planned_root(&plan::subtree_root(part, s).unwrap()), hash);
                assert_eq!(subtree::verify(part, &hash, s, &root, &proof), Ok(()));
                for changed in mutations(&proof) {
                    assert!(subtree::verify(part, &hash, s, &root, &changed).is_err());
                }
                assert!(subtree::verify(part, &Hash([1; 32]), s, &root, &proof).is_err());
                assert!(subtree::verify(part, &hash, s, &Hash([1; 32]), &proof).is_err());
            }
        }
    }
}

#[test]
fn every_leaf_of_300_trees_grows_the_same_tiles() {
    // One leaf at a time and all at once end in the same edge.
    let tree = Tree::of(300);
    let mut edge = Edge::empty();
    for (size, leaf) in (1u64..).zip(&tree.leaves) {
        edge.grow(&[*leaf]).unwrap();
        let mut at_once = Edge::empty();
        at_once.grow(&tree.leaves[..size as usize]).unwrap();
        assert_eq!(edge, at_once);
        assert_eq!(edge.root(), tree.planned_root(&plan::root(TreeSize(size)).unwrap()));
    }
}

fn size() -> impl Strategy<Value = u64> {
    prop_oneof![0..1000u64, any::<u64>(), limits::TREE_SIZE - 1000..=limits::TREE_SIZE + 1]
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70)
}

proptest! {
    #[test]
    fn any_numbers_get_an_answer(
        (a, b, c) in (size(), size(), size()),
        proof in hashes(),
        (one, two) in (any::<[u8; 32]>(), any::<[u8; 32]>()),
    ) {
        let (one, two) = (Hash(one), Hash(two));
        prop_assert!(inclusion::verify(&one, LeafIndex(a), TreeSize(b), &two, &proof).is_err());
        let same = consistency::verify(TreeSize(a), &one, TreeSize(b), &two, &proof);
        prop_assert!(same.is_err());
        if let Ok(part) = Subtree::new(a, b) {
            prop_assert!(subtree::verify(part, &one, TreeSize(c), &two, &proof).is_err());
            let _ = plan::subtree(part, TreeSize(c));
        }
        let _ = plan::inclusion(LeafIndex(a), TreeSize(b));
        let _ = plan::consistency(TreeSize(a), TreeSize(b));
        let _ = plan::root(TreeSize(a));
        let _ = plan::inclusion(LeafIndex(a), TreeSize(b)).map(|plan| plan.finish(&[[0u8; 32]]));
    }

    #[test]
    fn a_path_that_fits_is_followed(start in size(), width in 1..300u64, size in size()) {
        // The length of a proof follows from the walk, so any hashes of that count lead somewhere.
        if let Ok(part) = Subtree::new(start, start.saturating_add(width))
            && let Ok(walk) = proto::merkle::path::walk(part, TreeSize(size))
        {
            prop_assert!(walk.steps.len() <= 63);
            let proof = vec![Hash([7; 32]); walk.proof_len()];
            prop_assert!(walk.climb(&Hash([1; 32]), &proof).is_ok());
            prop_assert_eq!(walk.proof_ranges().len(), walk.proof_len());
        }
    }

    #[test]
    fn consistency_is_transitive(sizes in prop::array::uniform3(0..2000u64)) {
        let mut sizes = sizes;
        sizes.sort_unstable();
        let tree = Tree::of(2000);
        for (old, new) in [(0, 1), (1, 2), (0, 2)] {
            let (old, new) = (TreeSize(sizes[old]), TreeSize(sizes[new]));
            let proof = tree.prove(&plan::consistency(old, new).unwrap());
            let (old_root, new_root) = (tree.root(old.0), tree.root(new.0));
            prop_assert_eq!(consistency::verify(old, &old_root, new, &new_root, &proof), Ok(()));
        }
    }
}
