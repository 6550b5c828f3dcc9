//! A node's data, whole and then damaged in every file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::anchor::clocks::Clocks;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::federation::{Authority, EntryForm, Federation, Operator, Version, sign};
use proto::hash::{Hash, Timestamp, TreeSize, sha256};
use proto::note::{KeyType, Note, SigningKey};
use proto::time::Date;

use super::run;
use crate::commands::Output;
use crate::config::Config;
use crate::replica::fixture::Author;
use crate::store::{FileStore, Store};

const ORIGIN: &str = "a.example/log";

fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

fn log_key() -> SigningKey {
    key(ORIGIN, KeyType::Ed25519, 10)
}

fn cosigners() -> [SigningKey; 2] {
    let name = "a.example/cosigner";
    [key(name, KeyType::CosignatureV1, 11), key(name, KeyType::SubtreeV1, 12)]
}

/// A federation of one, with the administration key of the author of entries.
fn federation() -> Vec<u8> {
    let governance = key("a.example/governance", KeyType::Ed25519, 13);
    let [ed25519, ml_dsa] = cosigners();
    let form = |kind: &str| EntryForm { kind: kind.to_owned(), version: 1 };
    let version = Version {
        name: "One town".to_owned(),
        number: 1,
        previous: None,
        expires: Date::parse("2036-12-31").unwrap(),
        quorum: 1,
        faults: 0,
        status_age_s: 86_400,
        entries: ["issuance", "issuer", "snapshot"].map(form).to_vec(),
        operators: vec![Operator {
            name: "a".to_owned(),
            url: "http://a.example".to_owned(),
            governance: governance.verifier_key().clone(),
            cosigner_ed25519: ed25519.verifier_key().clone(),
            cosigner_ml_dsa: ml_dsa.verifier_key().clone(),
        }],
        authorities: vec![Authority {
            name: "a".to_owned(),
            operator: "a".to_owned(),
            url: "http://a.example".to_owned(),
            log: log_key().verifier_key().clone(),
            administration: Author::new().admin().clone(),
            display_name: "Town of A".to_owned(),
        }],
        pins: Vec::new(),
        clocks: Clocks::default(),
    };
    let signature = sign(&version, &governance).unwrap();
    Note::new(&version.to_text(), vec![signature]).unwrap().to_bytes()
}

fn checkpoint((size, root): (TreeSize, Hash), cosigned: bool) -> Vec<u8> {
    let checkpoint = Checkpoint::new(ORIGIN, size, root).unwrap();
    let mut signed = SignedCheckpoint::sign(checkpoint, &log_key()).unwrap();
    for key in cosigners().iter().filter(|_| cosigned) {
        let line = cosignature::sign(key, signed.checkpoint(), Timestamp(5), &[0; 32]).unwrap();
        signed = signed.with_added(&[line]).unwrap();
    }
    signed.to_bytes()
}

struct Node {
    folder: tempfile::TempDir,
}

impl Node {
    /// A node with a log of two published rounds, 300 entries and some, written by this author.
    fn with_log(author: &Author) -> Node {
        let node = Node { folder: tempfile::tempdir().unwrap() };
        fs::write(node.path("federation"), federation()).unwrap();
        let config = format!(
            "listen = \"127.0.0.1:1\"\ndata = \"data\"\nfederation = \"federation\"\n\
             origin = \"{ORIGIN}\"\nlog_key = \"log\"\n"
        );
        fs::write(node.path("node.toml"), config).unwrap();
        let store = Arc::new(FileStore::open(&node.path("data")).unwrap());
        let index = node.path("index");
        let mut replica = author.open(store.clone(), &index, TreeSize(0)).unwrap();
        for numbers in [0..40, 100..360] {
            author.apply_round(&mut replica, numbers);
            let head = replica.write().unwrap();
            store.replace("log/pending", &checkpoint(head, false)).unwrap();
            store.replace("log/checkpoint", &checkpoint(head, true)).unwrap();
        }
        node
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Turns the log into a mirror of it.
    fn into_mirror(self) -> (Node, PathBuf) {
        let hash = sha256(ORIGIN.as_bytes()).to_hex();
        fs::create_dir(self.path("data/mirror")).unwrap();
        let mirror = self.path(&format!("data/mirror/{hash}"));
        fs::rename(self.path("data/log"), &mirror).unwrap();
        let config = fs::read_to_string(self.path("node.toml")).unwrap();
        let lines = config.lines().filter(|l| !l.starts_with("origin") && !l.starts_with("log"));
        fs::write(self.path("node.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
        (self, mirror)
    }

    fn fsck(&self) -> (bool, String) {
        let config = Config::read(&self.path("node.toml")).unwrap();
        let mut out = Vec::new();
        let clean = run(&config, &mut Output(&mut out)).unwrap();
        (clean, String::from_utf8(out).unwrap())
    }

    fn finds(&self, want: &str) {
        let (clean, said) = self.fsck();
        assert!(!clean && said.contains(want), "{want}: {said}");
    }

    fn is_clean(&self) -> String {
        let (clean, said) = self.fsck();
        assert!(clean, "{said}");
        said
    }
}

fn author() -> Author {
    Author::under(Federation::parse(&federation()).unwrap().rules_for(ORIGIN).unwrap())
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { files_below(&p) } else { vec![p] }).collect()
}

#[test]
fn a_whole_log_is_one_line() {
    let said = Node::with_log(&author()).is_clean();
    assert_eq!(said.lines().count(), 1);
    assert!(said.starts_with("log a.example/log: 303 entries, root "), "{said}");
    assert!(said.ends_with("checkpoint at 303: ok\n"), "{said}");
}

#[test]
fn every_changed_bit_and_every_file_that_is_needed_is_found() {
    let node = Node::with_log(&author());
    let files = files_below(&node.path("data/log"));
    assert!(files.len() > 8);
    for file in files {
        let good = fs::read(&file).unwrap();
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file, bad).unwrap();
            assert!(!node.fsck().0, "{} at {at}", file.display());
        }
        fs::write(&file, &good[..good.len() - 1]).unwrap();
        assert!(!node.fsck().0, "{} cut off", file.display());
        fs::remove_file(&file).unwrap();
        let name = file.display().to_string();
        // A size that is published no more, or a place that has its full file.
        let superseded = name.contains("000.p") && !name.contains("/tile/1/");
        // Without its checkpoint the log is one that has not published anything yet.
        let spare = superseded || name.ends_with("log/checkpoint");
        assert_eq!(node.fsck().0, spare, "{name} removed");
        fs::write(&file, good).unwrap();
    }
    node.is_clean();
}

#[test]
fn checkpoints_must_be_signed_published_and_in_order() {
    let node = Node::with_log(&author());
    let (published, pending) = (node.path("data/log/checkpoint"), node.path("data/log/pending"));
    let good = fs::read(&published).unwrap();
    let head = |size| (TreeSize(size), sha256(b"other"));
    fs::write(&published, checkpoint(head(303), true)).unwrap();
    node.finds("log/checkpoint: the entries lead to another root at size 303");
    fs::write(&published, checkpoint(head(42), true)).unwrap();
    node.finds("another root at size 42");
    fs::write(&published, fs::read(&pending).unwrap()).unwrap();
    node.finds("Only 0 of the 1 operators needed have cosigned");
    fs::write(&published, &good).unwrap();
    fs::write(&pending, checkpoint(head(400), false)).unwrap();
    node.finds("log/tile/entries/001.p/144: missing");
    fs::write(&pending, checkpoint(head(42), false)).unwrap();
    node.finds("log/pending: of size 42, smaller than the published 303");
    fs::write(&pending, "hello\n").unwrap();
    node.finds("log/pending: not a checkpoint");
}

#[test]
fn entries_under_other_rules_are_found_by_index() {
    // The same keys, another federation: every signature and snapshot is in the wrong place.
    let node = Node::with_log(&Author::new());
    node.finds("entry 0: admin-signature-bad");
    node.finds("100 problems or more");
}

#[test]
fn strange_files_are_found_and_unfinished_rounds_are_not_a_problem() {
    let node = Node::with_log(&author());
    fs::write(node.path("data/log/tile/0/002"), "a round that was not signed").unwrap();
    let said = node.is_clean();
    assert!(said.contains("1 files of an unfinished round: ok"), "{said}");
    fs::write(node.path("data/log/tile/0/1"), "x").unwrap();
    node.finds("log/tile/0/1: no file of a log has this name");
}

#[test]
fn a_mirror_may_wait_for_entries_but_not_for_those_it_cosigned() {
    let (node, mirror) = Node::with_log(&author()).into_mirror();
    let said = node.is_clean();
    assert!(said.starts_with("mirror a.example/log: 303 entries"), "{said}");
    let later = checkpoint((TreeSize(900), sha256(b"later")), false);
    fs::write(mirror.join("pending"), later).unwrap();
    node.is_clean();
    fs::remove_file(mirror.join("tile/entries/001.p/47")).unwrap();
    node.finds("tile/entries/001.p/47: missing");
    fs::create_dir(node.path("data/mirror/00")).unwrap();
    node.finds("mirror mirror/00: 0 entries");
    node.finds("mirror/00: no log of the federation belongs here");
}
