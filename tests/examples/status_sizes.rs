//! How large status lists and the status proofs in receipts are, for docs/benchmarks.md. Lists and
//! receipts are the real formats; which documents are withdrawn follows from a fixed seed.

use flate2::Compression;
use flate2::write::GzEncoder;
use proto::hash::{Hash, StatusIndex};
use proto::ledger::StatusTree;
use proto::ledger::status::Piece;
use proto::receipt::{Receipt, StatusProof};
use proto::status_list::StatusList;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

/// A receipt with the signatures of a quorum of three.
const RECEIPT: &[u8] = include_bytes!("../../proto/tests/testdata/receipt/good-full");

/// Hashes in the proof that a snapshot closes a tree of a million entries, at most.
const PROOF: usize = 20;

fn main() {
    let start = RECEIPT.windows(2).position(|two| two == b"\n\n").expect("headers") + 2;
    let receipt = Receipt::parse(&RECEIPT[start..]).expect("a good receipt");
    println!("| documents | withdrawn | proof in a receipt | list | list, gzip |");
    println!("|---|---|---|---|---|");
    for documents in [1_000, 1_000_000, 100_000_000] {
        let range = 10_000.min(documents / 2);
        for (name, withdrawn) in [
            ("none".to_owned(), BTreeSet::new()),
            ("0.1 % at random".to_owned(), random(documents, documents / 1000)),
            ("1 % at random".to_owned(), random(documents, documents / 100)),
            (format!("one range of {range}"), (documents / 3..documents / 3 + range).collect()),
        ] {
            let tree = tree(documents, &withdrawn);
            let (proof, list) = (proof_bytes(&receipt, &tree), list(&receipt, &tree));
            let zipped = gzip(&list).len();
            println!("| {documents} | {name} | {proof} | {} | {zipped} |", list.len());
        }
    }
}

/// So many different indexes below `documents` (SplitMix64).
fn random(documents: u64, count: u64) -> BTreeSet<u64> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % documents
    };
    let mut chosen = BTreeSet::new();
    while (chosen.len() as u64) < count {
        chosen.insert(next());
    }
    chosen
}

/// A list in which these documents are revoked.
fn tree(documents: u64, withdrawn: &BTreeSet<u64>) -> StatusTree {
    let mut pieces: BTreeMap<u64, Piece> = BTreeMap::new();
    for index in withdrawn {
        let piece = pieces.entry(index / 1024).or_insert([0; 256]);
        piece[(index % 1024 / 4) as usize] |= 3 << (2 * (index % 4));
    }
    StatusTree::from_pieces(documents, pieces).expect("pieces inside of the list")
}

/// Bytes by which the status proof of a document makes a receipt longer.
fn proof_bytes(receipt: &Receipt, tree: &StatusTree) -> usize {
    let status = StatusProof {
        checkpoint: None,
        time: receipt.status.as_ref().expect("a status").time,
        length: tree.length(),
        root: tree.root(),
        proof: vec![Hash([7; 32]); PROOF],
        piece: tree.prove(StatusIndex(tree.length() / 2)).expect("a document of the list"),
    };
    let size = |status| {
        let receipt = Receipt { status, ..receipt.clone() };
        receipt.to_bytes().expect("it can be written").len()
    };
    size(Some(status)) - size(None)
}

fn list(receipt: &Receipt, tree: &StatusTree) -> Vec<u8> {
    let time = receipt.status.as_ref().expect("a status").time;
    StatusList::new(receipt.checkpoint.clone(), time, vec![Hash([7; 32]); PROOF], tree).to_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}
