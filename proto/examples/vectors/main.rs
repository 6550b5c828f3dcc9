//! Writes the test vectors of trees, notes and protocols to `tests/testdata`, from fixed seeds.
//!
//! What a case must give is written here by hand and not computed, so that a mistake in the code
//! does not become an expectation. `tests/vectors.rs` compares.

#[path = "../../tests/case/mod.rs"]
mod case;
mod files;
mod notes;
mod protocols;
#[path = "../../tests/tree/mod.rs"]
mod tree;
mod trees;

use case::Case;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::hash::{Hash, TreeSize};
use proto::note::{KeyType, SigningKey};

/// The log of all cases.
const ORIGIN: &str = "log.example/2026";

fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

fn log_key() -> SigningKey {
    key(ORIGIN, KeyType::Ed25519, 1)
}

/// A checkpoint of the log, signed by it.
fn signed(size: u64, root: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, TreeSize(size), root).unwrap();
    SignedCheckpoint::sign(checkpoint, &log_key()).unwrap()
}

fn lossless(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// One hash in base64 on each line.
fn lines(hashes: &[Hash]) -> String {
    hashes.iter().map(|hash| hash.to_base64() + "\n").collect()
}

/// Replaces what must be there exactly once.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {text:?}");
    text.replace(from, to)
}

fn main() -> std::io::Result<()> {
    let parts = [notes::cases(), files::cases(), protocols::cases(), trees::cases()];
    let cases: Vec<Case> = parts.into_iter().flatten().collect();
    case::write(&cases)
}
