//! A small federation in memory, all from fixed seeds: keys, versions, logs, documents, receipts.
//!
//! Four operators of which one may fail, two authorities, one log each. Times are fixed.

#![allow(dead_code, unused_imports, reason = "each user needs a part")]

mod log;

pub use log::{Log, Paper};

use proto::anchor::clocks::Clocks;
use proto::checkpoint::SignedCheckpoint;
use proto::document::{Content, ContentDigest, Document, Field};
use proto::federation::{
    Authority, EntryForm, Federation, Operator, Pin, Version, sign, sign_next,
};
use proto::hash::{Timestamp, TreeSize, sha256};
use proto::note::{KeyType, Note, SigningKey};
use proto::time::Date;

/// 2026-05-03 14:00:00 UTC: when the logs publish first.
pub const T0: Timestamp = Timestamp(1_777_816_800);

/// An hour later: when verifiers look.
pub const NOW: Timestamp = Timestamp(T0.0 + 3600);

/// The identity lines of the two logs.
pub const ORIGINS: [&str; 2] = ["town1.example/log", "town2.example/log"];

/// Greatest age of a status: a day.
pub const STATUS_AGE_S: u64 = 86_400;

pub fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

pub fn public(key: &SigningKey) -> [u8; 32] {
    *key.verifier_key().ed25519_public_key().unwrap()
}

pub fn governance(operator: u8) -> SigningKey {
    key(&format!("op{operator}.example/governance"), KeyType::Ed25519, 10 + operator)
}

pub fn cosigners(operator: u8) -> [SigningKey; 2] {
    let name = format!("op{operator}.example/cosigner");
    [
        key(&name, KeyType::CosignatureV1, 20 + operator),
        key(&name, KeyType::SubtreeV1, 30 + operator),
    ]
}

pub fn log_key(authority: u8) -> SigningKey {
    key(ORIGINS[usize::from(authority) - 1], KeyType::Ed25519, 40 + authority)
}

pub fn administration(authority: u8) -> SigningKey {
    key(&format!("town{authority}.example/administration"), KeyType::Ed25519, 50 + authority)
}

pub fn issuer_key(seed: u8) -> SigningKey {
    key("issuer", KeyType::Ed25519, 100 + seed)
}

pub fn operator(number: u8) -> Operator {
    let [ed, ml] = cosigners(number);
    Operator {
        name: format!("op{number}"),
        url: format!("https://op{number}.example"),
        governance: governance(number).verifier_key().clone(),
        cosigner_ed25519: ed.verifier_key().clone(),
        cosigner_ml_dsa: ml.verifier_key().clone(),
    }
}

pub fn authority(number: u8) -> Authority {
    Authority {
        name: format!("town{number}"),
        operator: format!("op{number}"),
        url: format!("https://town{number}.example"),
        log: log_key(number).verifier_key().clone(),
        administration: administration(number).verifier_key().clone(),
        display_name: format!("Town of Example {number}"),
    }
}

/// The first version.
pub fn first() -> Version {
    let form = |kind: &str| EntryForm { kind: kind.into(), version: 1 };
    Version {
        name: "Example federation".into(),
        number: 1,
        previous: None,
        expires: Date::parse("2027-12-31").unwrap(),
        quorum: 3,
        faults: 1,
        status_age_s: STATUS_AGE_S,
        entries: ["issuance", "issuer", "snapshot"].map(form).into(),
        operators: (1..=4).map(operator).collect(),
        authorities: (1..=2).map(authority).collect(),
        pins: vec![],
        clocks: Clocks::default(),
    }
}

/// A first version, signed.
pub fn founded(version: &Version, signers: &[u8]) -> Vec<u8> {
    let lines = signers.iter().map(|op| sign(version, &governance(*op)).unwrap()).collect();
    Note::new(&version.to_text(), lines).unwrap().to_bytes()
}

/// The file of a federation with one more version, signed.
pub fn continued(before: &Federation, version: &Version, signers: &[u8]) -> Vec<u8> {
    let lines = signers.iter().map(|op| sign_next(before, version, &governance(*op)).unwrap());
    let note = Note::new(&version.to_text(), lines.collect()).unwrap();
    [before.to_bytes(), note.to_bytes()].concat()
}

pub fn federation() -> Federation {
    Federation::parse(&founded(&first(), &[1, 2, 3])).unwrap()
}

/// The version after the newest, with the logs pinned where they stand; the caller changes it.
pub fn next_version(before: &Federation, logs: &[&Log]) -> Version {
    let mut version = before.current().clone();
    version.number += 1;
    version.previous = Some(before.current().hash());
    let pin = |log: &&Log| Pin {
        origin: log.rules.origin().into(),
        size: TreeSize(log.entries.len() as u64),
        root: log.root(log.entries.len()),
    };
    version.pins = logs.iter().map(pin).collect();
    version.pins.sort_by(|a, b| a.origin.cmp(&b.origin));
    version
}

/// A federation that continues with one more version, signed by three of the first four.
pub fn grown(before: &Federation, version: &Version) -> Federation {
    Federation::parse(&continued(before, version, &[1, 2, 3])).unwrap()
}

/// The bytes of a document.
pub fn file(number: u8) -> Vec<u8> {
    format!("This is document {number}.\n").into_bytes()
}

pub fn digest(file: &[u8]) -> ContentDigest {
    ContentDigest { sha256: sha256(file), length: file.len() as u64, sha512: None }
}

/// A document with fields of every sort.
pub fn document(number: u8) -> Document {
    document_of(number, "school.certificate", Some("2031-12-31"))
}

pub fn document_of(number: u8, document_type: &str, valid_until: Option<&str>) -> Document {
    let content = Content::new(digest(&file(number)), "text/plain").unwrap();
    let field = |name: &str, value: &str| Field::new(name, value).unwrap();
    let others = vec![
        field("date", "2026-05-02"),
        field("reference", &format!("A {number}")),
        field("holder", "Jane Example"),
        field("grade", "1.3"),
    ];
    let valid_until = valid_until.map(|day| Date::parse(day).unwrap());
    Document::build(&content, document_type, "School office", valid_until, others).unwrap()
}

pub fn secret(number: u8) -> [u8; 32] {
    sha256(&[b's', number]).0
}

/// The checkpoint with other signature lines: those for which `keep` says so, and `more`.
pub fn with_lines(
    signed: &SignedCheckpoint,
    keep: impl Fn(&str) -> bool,
    more: &[&SignedCheckpoint],
) -> SignedCheckpoint {
    let own = signed.note().signatures().iter().filter(|line| keep(line.name()));
    let others = more.iter().flat_map(|signed| signed.note().signatures());
    let lines = own.chain(others).cloned().collect();
    signed.with_signatures(lines).unwrap()
}
