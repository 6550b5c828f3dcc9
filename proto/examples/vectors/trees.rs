//! Cases for inclusion, consistency and subtree proofs.

use super::*;
use crate::tree::{Tree, mth};
use proto::hash::{EMPTY_ROOT, LeafIndex};
use proto::merkle::{Subtree, plan};

pub fn cases() -> Vec<Case> {
    let tree = Tree::of(300);
    let mut cases = inclusion(&tree);
    cases.extend(consistency(&tree));
    cases.extend(subtrees(&tree));
    cases
}

/// The ways in which a proof of two hashes or more can differ a little.
fn changed(proof: &[Hash]) -> Vec<(&'static str, Vec<Hash>)> {
    let mut flipped = proof.to_vec();
    flipped[1].0[31] ^= 1;
    let mut swapped = proof.to_vec();
    swapped.swap(0, 1);
    let last = proof.len() - 1;
    let again = [proof, &proof[last..]].concat();
    vec![
        ("bit-flipped", flipped),
        ("hashes-swapped", swapped),
        ("first-hash-missing", proof[1..].to_vec()),
        ("last-hash-missing", proof[..last].to_vec()),
        ("last-hash-twice", again),
        ("hash-in-front", [&[Hash([0; 32])], proof].concat()),
        ("no-proof", Vec::new()),
    ]
}

/// What a changed proof gives, if its length does not already tell.
fn expected(name: &str, want: usize, got: usize) -> &'static str {
    if want != got {
        let text = format!("WrongLength {{ want: {want}, got: {got} }}");
        return Box::leak(text.into_boxed_str());
    }
    assert!(name == "bit-flipped" || name == "hashes-swapped");
    ""
}

fn inclusion(tree: &Tree) -> Vec<Case> {
    let proof =
        |index, size| tree.prove(&plan::inclusion(LeafIndex(index), TreeSize(size)).unwrap());
    let case = |name: &str, expect: &str, index: u64, size: u64, proof: &[Hash]| {
        Case::new("inclusion", name, expect, lines(proof).as_bytes())
            .with("index", index)
            .with("leaf", tree.leaves[index.min(299) as usize].to_base64())
            .with("size", size)
            .with("root", tree.root(size.min(300)).to_base64())
    };
    let good = |name: &str, index, size| {
        case(&format!("good-{name}"), "ok", index, size, &proof(index, size))
    };
    let mut cases = vec![
        good("one-leaf", 0, 1),
        good("first-of-two", 0, 2),
        good("second-of-two", 1, 2),
        good("last-of-three", 2, 3),
        good("of-seven", 3, 7),
        good("last-of-seven", 6, 7),
        good("last-of-256", 255, 256),
        good("last-of-257", 256, 257),
        good("of-300", 257, 300),
    ];
    let seven = proof(3, 7);
    for (name, changed) in changed(&seven) {
        let expect = match expected(name, seven.len(), changed.len()) {
            "" => "RootMismatch",
            length => length,
        };
        cases.push(case(name, expect, 3, 7, &changed));
    }
    cases.extend([
        case("other-index", "RootMismatch", 2, 7, &seven),
        case("other-depth", "WrongLength { want: 2, got: 3 }", 6, 7, &seven),
        case("other-size", "RootMismatch", 3, 8, &seven),
        case("index-is-size", "IndexBeyondSize", 7, 7, &seven),
        case("index-of-64-bits", "IndexBeyondSize", u64::MAX, 7, &seven),
        case("empty-tree", "IndexBeyondSize", 0, 0, &[]),
        case("size-is-2-to-the-63", "SizeTooLarge", 3, 1 << 63, &seven),
        case("hashes-for-one-leaf", "WrongLength { want: 0, got: 3 }", 0, 1, &seven),
    ]);
    cases
}

fn consistency(tree: &Tree) -> Vec<Case> {
    let proof = |old, size| tree.prove(&plan::consistency(TreeSize(old), TreeSize(size)).unwrap());
    let root = |size: u64| tree.root(size.min(300));
    let with = |name: &str, expect: &str, old: (u64, Hash), new: (u64, Hash), proof: &[Hash]| {
        Case::new("consistency", name, expect, lines(proof).as_bytes())
            .with("old", old.0)
            .with("old-root", old.1.to_base64())
            .with("size", new.0)
            .with("root", new.1.to_base64())
    };
    let case = |name: &str, expect: &str, old: u64, size: u64, proof: &[Hash]| {
        with(name, expect, (old, root(old)), (size, root(size)), proof)
    };
    let good =
        |name: &str, old, size| case(&format!("good-{name}"), "ok", old, size, &proof(old, size));
    let mut cases = vec![
        good("from-nothing", 0, 7),
        good("nothing-at-all", 0, 0),
        good("same-size", 7, 7),
        good("1-to-2", 1, 2),
        good("3-to-7", 3, 7),
        good("4-to-7", 4, 7),
        good("6-to-7", 6, 7),
        good("256-to-257", 256, 257),
        good("255-to-300", 255, 300),
    ];
    let three = proof(3, 7);
    for (name, changed) in changed(&three) {
        let expect = match (expected(name, three.len(), changed.len()), name) {
            // The second hash is not part of the old tree.
            ("", "bit-flipped") => "RootMismatch",
            ("", _) => "OldRootMismatch",
            (length, _) => length,
        };
        cases.push(case(name, expect, 3, 7, &changed));
    }
    let other = Hash([0x5a; 32]);
    cases.extend([
        with("other-old-root", "OldRootMismatch", (3, other), (7, root(7)), &three),
        with("other-root", "RootMismatch", (3, root(3)), (7, other), &three),
        with("same-size-other-root", "RootMismatch", (7, root(7)), (7, other), &[]),
        with("from-nothing-with-a-root", "OldRootMismatch", (0, other), (7, root(7)), &[]),
        with("nothing-with-a-root", "RootMismatch", (0, EMPTY_ROOT), (0, other), &[]),
        case("from-nothing-with-a-proof", "WrongLength { want: 0, got: 4 }", 0, 7, &three),
        case("same-size-with-a-proof", "WrongLength { want: 0, got: 4 }", 7, 7, &three),
        case("backwards", "OldBeyondSize", 7, 3, &three),
        case("other-old-size", "WrongLength { want: 1, got: 4 }", 4, 7, &three),
        case("size-is-2-to-the-63", "SizeTooLarge", 3, 1 << 63, &three),
    ]);
    cases
}

fn subtrees(tree: &Tree) -> Vec<Case> {
    let proof = |start, end, size| {
        tree.prove(&plan::subtree(Subtree::new(start, end).unwrap(), TreeSize(size)).unwrap())
    };
    let case = |name: &str, expect: &str, range: (u64, u64), size: u64, proof: &[Hash]| {
        let part = tree.leaves.get(range.0 as usize..range.1 as usize).unwrap_or_default();
        Case::new("subtree", name, expect, lines(proof).as_bytes())
            .with("start", range.0)
            .with("end", range.1)
            .with("hash", mth(part).to_base64())
            .with("size", size)
            .with("root", tree.root(size.min(300)).to_base64())
    };
    let good = |name: &str, start, end, size| {
        case(&format!("good-{name}"), "ok", (start, end), size, &proof(start, end, size))
    };
    let mut cases = vec![
        good("whole-tree", 0, 14, 14),
        good("one-leaf", 5, 6, 14),
        good("full", 8, 12, 14),
        good("partial", 8, 13, 14),
        good("partial-at-the-end", 8, 14, 14),
        good("first-bundle", 0, 256, 300),
        good("last-bundle", 256, 300, 300),
        good("cut-last-bundle", 256, 290, 300),
    ];
    let partial = proof(8, 13, 14);
    for (name, changed) in changed(&partial) {
        let expect = match (expected(name, partial.len(), changed.len()), name) {
            // The second hash is not part of the subtree.
            ("", "bit-flipped") => "RootMismatch",
            ("", _) => "OldRootMismatch",
            (length, _) => length,
        };
        cases.push(case(name, expect, (8, 13), 14, &changed));
    }
    cases.extend([
        case("empty-range", "NotASubtree", (8, 8), 14, &[]),
        case("backwards", "NotASubtree", (8, 4), 14, &[]),
        case("not-aligned", "NotASubtree", (6, 9), 14, &partial),
        case("beyond-the-tree", "OldBeyondSize", (8, 16), 14, &partial),
        case("other-range", "WrongLength { want: 2, got: 4 }", (8, 12), 14, &partial),
        case("end-is-2-to-the-63", "SizeTooLarge", (0, 1 << 63), 14, &partial),
    ]);
    cases
}
