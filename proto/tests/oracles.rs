//! The same questions to other people's implementations: ct-merkle for trees, Cloudflare's
//! `tlog_tiles` and `signed_note` for tiles, checkpoints and notes, fips204 for ML-DSA-44.

mod tree;

use fips204::traits::{KeyGen, SerDes, Signer, Verifier};
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize};
use proto::limits;
use proto::merkle::plan;
use proto::note::{KeyType, Note, SigningKey};
use proto::tile::grow::Edge;
use proto::tile::path::{self, Resource};
use proto::tile::{TileId, hashes_at_level};
use signed_note::{StandardSigner, StandardVerifier, VerifierList};
use tree::{Tree, entry};

type CtTree = ct_merkle::mem_backed_tree::MemoryBackedTree<sha2::Sha256, Vec<u8>>;

fn concat(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

/// Compares roots and proofs of the newest tree with the oracle's.
fn compare(tree: &Tree, oracle: &CtTree, indexes: &[u64], olds: &[u64]) {
    let size = TreeSize(oracle.len());
    let root = tree.planned_root(&plan::root(size).unwrap());
    assert_eq!(oracle.root().as_bytes().as_slice(), root.0);
    for index in indexes {
        let proof = tree.prove(&plan::inclusion(LeafIndex(*index), size).unwrap());
        assert_eq!(oracle.prove_inclusion(*index as usize).as_bytes(), concat(&proof));
    }
    for old in olds {
        let proof = tree.prove(&plan::consistency(TreeSize(*old), size).unwrap());
        let added = (size.0 - old) as usize;
        assert_eq!(oracle.prove_consistency(added).as_bytes(), concat(&proof), "{old} {size}");
    }
}

#[test]
fn trees_of_all_sizes_up_to_300() {
    let tree = Tree::of(300);
    let mut oracle = CtTree::new();
    for size in 1..=300 {
        oracle.push(entry(size - 1));
        let indexes: Vec<u64> = (0..size).collect();
        let olds: Vec<u64> = (1..size).collect();
        compare(&tree, &oracle, &indexes, &olds);
    }
}

#[test]
fn large_trees() {
    let tree = Tree::of(70_000);
    let mut oracle = CtTree::new();
    for size in 1..=70_000 {
        oracle.push(entry(size - 1));
        if [65_535, 65_536, 65_537, 70_000].contains(&size) {
            let last = size - 1;
            let indexes = [0, 1, 255, 256, 257, 32_768, 65_534, last];
            compare(&tree, &oracle, &indexes, &[1, 255, 256, 257, 4097, 65_534, last]);
        }
    }
}

const SIZES: [u64; 8] = [0, 1, 255, 256, 257, 65_535, 65_536, limits::TREE_SIZE];

#[test]
fn tile_paths() {
    for level in 0..8 {
        for index in [0, 1, 999, 1000, 1_234_067, 999_999_999, (1 << 55) - 1] {
            for width in [1, 100, 255, 256] {
                let Some(tile) = TileId::new(level, index, width) else { continue };
                let theirs = tlog_tiles::Tile::new(8, level, index, u32::from(width), false);
                // Their path starts with the height, as in the Go checksum database.
                let want = theirs.path().replacen("tile/8/", "tile/", 1);
                assert_eq!(tile.path(), want);
                assert_eq!(path::parse(&want), Ok(Resource::Tile(tile)));
            }
        }
    }
}

#[test]
fn tiles_that_a_growth_writes() {
    let sizes = [0, 1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000];
    let tree = Tree::of(66_000);
    for (place, old) in sizes.iter().enumerate() {
        for new in &sizes[place..] {
            let mut edge = Edge::empty();
            edge.grow(&tree.leaves[..*old as usize]).unwrap();
            let written = edge.grow(&tree.leaves[*old as usize..*new as usize]).unwrap();
            let ours: Vec<_> = written
                .iter()
                .map(|tile| (tile.id.level(), tile.id.index(), u32::from(tile.id.width())))
                .collect();
            let theirs: Vec<_> = tlog_tiles::Tile::new_tiles(8, *old, *new)
                .iter()
                .map(|tile| (tile.level(), tile.level_index(), tile.width()))
                .collect();
            assert_eq!(ours, theirs, "{old} -> {new}");
        }
    }
}

#[test]
fn widths_of_the_last_tiles() {
    for size in SIZES {
        for level in 0..8u8 {
            let count = hashes_at_level(level, TreeSize(size));
            let last = TileId::at(level, count / 256, TreeSize(size));
            let width = (u128::from(size) / 256u128.pow(u32::from(level)) % 256) as u16;
            assert_eq!(last.map_or(0, TileId::width), width, "{size} {level}");
        }
    }
}

fn log_key() -> SigningKey {
    SigningKey::from_seed("example.com/log", KeyType::Ed25519, &[1; 32]).unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint::new("example.com/log", TreeSize(size), Hash([8; 32])).unwrap()
}

#[test]
fn checkpoints() {
    for size in [0, 1, 20_852_163, limits::TREE_SIZE] {
        let ours = checkpoint(size);
        let theirs = tlog_tiles::Checkpoint::from_bytes(ours.to_text().as_bytes()).unwrap();
        assert_eq!(theirs.size(), size);
        assert_eq!(theirs.origin(), ours.origin());
        assert_eq!(theirs.hash().0, ours.root().0);
        let written = String::from_utf8(theirs.to_bytes()).unwrap();
        assert_eq!(Checkpoint::parse(&written), Ok(ours));
    }
}

#[test]
fn notes_and_keys() {
    let key = log_key();
    let vkey = key.verifier_key().to_string();
    let verifiers = VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);

    // Ours in their hands.
    let ours = SignedCheckpoint::sign(checkpoint(7), &key).unwrap();
    let theirs = signed_note::Note::from_bytes(&ours.to_bytes()).unwrap();
    let (verified, _) = theirs.verify(&verifiers).unwrap();
    assert_eq!(verified.len(), 1);
    assert_eq!(theirs.to_bytes(), ours.to_bytes());

    // Theirs in our hands, signed with our key file.
    let signer = StandardSigner::new(key.to_file().trim_end()).unwrap();
    let text = "two lines\n\nand one more\n";
    let mut theirs = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    let ours = Note::parse(&theirs.to_bytes()).unwrap();
    assert_eq!(ours.text(), text);
    assert_eq!(ours.verify(&[key.verifier_key()]), Ok(vec![0]));
    assert_eq!(ours.to_bytes(), theirs.to_bytes());
}

#[test]
fn ml_dsa_keys_and_cosignatures() {
    let seed = [5; 32];
    let ours = SigningKey::from_seed("w.example", KeyType::SubtreeV1, &seed).unwrap();
    let (public, secret) = fips204::ml_dsa_44::KG::keygen_from_seed(&seed);
    assert_eq!(ours.verifier_key().public_key(), public.clone().into_bytes());

    // The signed message as tlog-cosignature#ml-dsa-44-signed-message has it.
    let mut message =
        b"subtree/v1\n\0\x09w.example\0\0\0\0\0\0\x12\x34\x0fexample.com/log".to_vec();
    message.extend_from_slice(&[0; 15]);
    message.push(7);
    message.extend_from_slice(&[8; 32]);
    for randomness in [[0; 32], [9; 32]] {
        let checkpoint = checkpoint(7);
        let line = cosignature::sign(&ours, &checkpoint, Timestamp(0x1234), &randomness).unwrap();
        let (time, signature) = line.signature().split_at(8);
        assert_eq!(time, [0, 0, 0, 0, 0, 0, 0x12, 0x34]);
        let theirs = secret.try_sign_with_seed(&randomness, &message, &[]).unwrap();
        assert_eq!(signature, theirs);
        assert!(public.verify(&message, &theirs, &[]));
    }
}

#[test]
fn ed25519_cosignatures() {
    use ed25519_dalek::Signer;
    let ours = SigningKey::from_seed("w.example", KeyType::CosignatureV1, &[5; 32]).unwrap();
    let line = cosignature::sign(&ours, &checkpoint(7), Timestamp(1_679_315_147), &[0; 32]);
    // The signed message as tlog-cosignature#ed25519-signed-message has it.
    let root = Hash([8; 32]).to_base64();
    let message = format!("cosignature/v1\ntime 1679315147\nexample.com/log\n7\n{root}\n");
    let theirs = ed25519_dalek::SigningKey::from_bytes(&[5; 32]).sign(message.as_bytes());
    assert_eq!(line.unwrap().signature()[8..], theirs.to_bytes());
}
