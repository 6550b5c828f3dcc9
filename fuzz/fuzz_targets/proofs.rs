//! Inclusion, consistency and subtree proofs of any numbers and hashes: an answer, never a panic,
//! and only with the exact count of hashes can it be yes.
#![no_main]

use proto::hash::{Hash, LeafIndex, TreeSize};
use proto::merkle::{Subtree, consistency, inclusion, path, plan, subtree};

libfuzzer_sys::fuzz_target!(|input: ((u64, u64, u64), Vec<[u8; 32]>)| {
    let ((a, b, c), hashes) = input;
    let hashes: Vec<Hash> = hashes.into_iter().map(Hash).collect();
    let Some((leaf, proof)) = hashes.split_first() else { return };
    if let Ok(root) = inclusion::root(leaf, LeafIndex(a), TreeSize(b), proof) {
        assert!(inclusion::verify(leaf, LeafIndex(a), TreeSize(b), &root, proof).is_ok());
        assert_eq!(plan::inclusion(LeafIndex(a), TreeSize(b)).is_ok(), true);
    }
    let _ = consistency::verify(TreeSize(a), leaf, TreeSize(b), leaf, proof);
    if let Ok(part) = Subtree::new(a, b) {
        let verified = subtree::verify(part, leaf, TreeSize(c), leaf, proof);
        let walk = path::walk(part, TreeSize(c));
        assert_eq!(walk.is_ok(), plan::subtree(part, TreeSize(c)).is_ok());
        if verified.is_ok() {
            assert_eq!(walk.unwrap().proof_len(), proof.len());
        }
    }
});
