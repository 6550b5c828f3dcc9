//! The chain, the quorum and the pins, with real keys.

use alloc::{format, string::String, vec, vec::Vec};

use super::*;
use crate::anchor::clocks::Clocks;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::cosignature;
use crate::hash::{TreeSize, leaf_hash};
use crate::merkle::root_of;
use crate::note::{KeyType, Note, SigningKey};
use crate::time::Date;

fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

fn governance(operator: u8) -> SigningKey {
    key(&format!("op{operator}.example/governance"), KeyType::Ed25519, 10 + operator)
}

fn cosigners(operator: u8) -> [SigningKey; 2] {
    let name = format!("op{operator}.example/cosigner");
    [
        key(&name, KeyType::CosignatureV1, 20 + operator),
        key(&name, KeyType::SubtreeV1, 30 + operator),
    ]
}

fn log(authority: u8) -> SigningKey {
    key(&format!("log{authority}.example"), KeyType::Ed25519, 40 + authority)
}

fn operator(number: u8) -> Operator {
    let [ed, ml] = cosigners(number);
    Operator {
        name: format!("op{number}"),
        url: format!("http://127.0.0.1:{number}"),
        governance: governance(number).verifier_key().clone(),
        cosigner_ed25519: ed.verifier_key().clone(),
        cosigner_ml_dsa: ml.verifier_key().clone(),
    }
}

fn authority(number: u8) -> Authority {
    Authority {
        name: format!("town{number}"),
        operator: format!("op{number}"),
        url: format!("https://town{number}.example"),
        log: log(number).verifier_key().clone(),
        administration: key(&format!("admin{number}"), KeyType::Ed25519, 50 + number)
            .verifier_key()
            .clone(),
        display_name: format!("Town of Example {number}"),
    }
}

fn first() -> Version {
    Version {
        name: "Example federation".into(),
        number: 1,
        previous: None,
        expires: Date::parse("2030-12-31").unwrap(),
        quorum: 3,
        faults: 1,
        status_age_s: 86_400,
        entries: vec![EntryForm { kind: "issuance".into(), version: 1 }],
        operators: (1..=4).map(operator).collect(),
        authorities: (1..=2).map(authority).collect(),
        pins: vec![],
        clocks: Clocks::default(),
    }
}

fn signed(version: &Version, signers: &[u8], before: Option<&Federation>) -> Vec<u8> {
    let sign = |number: &u8| match before {
        None => sign(version, &governance(*number)).unwrap(),
        Some(before) => sign_next(before, version, &governance(*number)).unwrap(),
    };
    let lines = signers.iter().map(sign).collect();
    Note::new(&version.to_text(), lines).unwrap().to_bytes()
}

fn federation() -> Federation {
    Federation::parse(&signed(&first(), &[1, 2, 3], None)).unwrap()
}

fn tree(size: u64, salt: &str) -> Vec<crate::hash::Hash> {
    (0..size).map(|i| leaf_hash(format!("{salt}{i}").as_bytes())).collect()
}

fn checkpoint(leaves: &[crate::hash::Hash], who: &[(u8, u64)]) -> SignedCheckpoint {
    let size = TreeSize(leaves.len() as u64);
    let head = Checkpoint::new("log1.example", size, root_of(leaves)).unwrap();
    let mut lines = vec![];
    for (operator, time) in who {
        for key in cosigners(*operator) {
            lines.push(cosignature::sign(&key, &head, Timestamp(*time), &[0; 32]).unwrap());
        }
    }
    SignedCheckpoint::sign(head, &log(1)).unwrap().with_added(&lines).unwrap()
}

/// The second version: operator 4 is replaced, log 1 is pinned at five entries.
fn second(first: &Federation) -> Version {
    let mut version = first.current().clone();
    version.number = 2;
    version.previous = Some(first.current().hash());
    version.operators[3] = operator(5);
    version.operators[3].name = "op4".into();
    let leaves = tree(5, "");
    version.pins = vec![
        Pin { origin: "log1.example".into(), size: TreeSize(5), root: root_of(&leaves) },
        Pin { origin: "log2.example".into(), size: TreeSize(0), root: crate::hash::EMPTY_ROOT },
    ];
    version
}

#[test]
fn a_file_is_read_back() {
    let one = federation();
    assert_eq!(Federation::parse(&one.to_bytes()).as_ref(), Ok(&one));
    let mut bytes = one.to_bytes();
    bytes.extend(signed(&second(&one), &[1, 2, 4], Some(&one)));
    let two = Federation::parse(&bytes).unwrap();
    assert_eq!(two.to_bytes(), bytes);
    assert_eq!(two.id(), one.id());
    assert_eq!(two.current().number, 2);
    assert!(two.continues(&one) && !one.continues(&two));
}

#[test]
fn a_version_needs_the_signatures_of_the_one_before() {
    let one = federation();
    let mut bytes = one.to_bytes();
    bytes.extend(signed(&second(&one), &[1, 2], Some(&one)));
    let error = Federation::parse(&bytes).unwrap_err();
    let few = FederationError::TooFewSignatures { have: 2, need: 3 };
    assert_eq!(error, FederationError::InVersion { version: 2, error: few.into() });
    // The operator that only the second version has cannot vote for it.
    assert_eq!(
        sign_next(&one, &second(&one), &governance(5)).unwrap_err(),
        FederationError::UnknownOperator
    );
}

#[test]
fn one_operator_signing_twice_counts_once() {
    let version = first();
    let line = sign(&version, &governance(1)).unwrap();
    let lines = vec![line.clone(), line.clone(), line, sign(&version, &governance(2)).unwrap()];
    let bytes = Note::new(&version.to_text(), lines).unwrap().to_bytes();
    let few = FederationError::TooFewSignatures { have: 2, need: 3 };
    let error = Federation::parse(&bytes).unwrap_err();
    assert_eq!(error, FederationError::InVersion { version: 1, error: few.into() });
}

#[test]
fn an_address_that_would_not_be_read_back_is_refused() {
    let changes: [fn(&mut Version); 2] =
        [|v| v.operators[1].url.push('/'), |v| v.authorities[0].url.clear()];
    for change in changes {
        let mut version = first();
        change(&mut version);
        assert_eq!(version.check(), Err(FederationError::BadUrl));
    }
}

#[test]
fn what_a_version_may_not_say() {
    type Change = fn(&mut Version);
    let cases: [(Change, FederationError); 8] = [
        (|v| v.quorum = 2, FederationError::UnsafeQuorum { operators: 4, quorum: 2, faults: 1 }),
        (|v| v.quorum = 4, FederationError::UnsafeQuorum { operators: 4, quorum: 4, faults: 1 }),
        (|v| v.operators.swap(0, 1), FederationError::NotSorted),
        (|v| v.operators[1].governance = operator(1).governance, FederationError::KeyTwice),
        (|v| v.authorities[1].log = authority(1).log, FederationError::BadOrigin),
        (|v| v.authorities[1].operator = "nobody".into(), FederationError::UnknownOperator),
        (
            |v| v.operators[0].cosigner_ml_dsa = operator(5).cosigner_ml_dsa,
            FederationError::CosignerNames,
        ),
        (|v| v.number = 2, FederationError::WrongPrevious { version: 2 }),
    ];
    for (change, error) in cases {
        let mut version = first();
        change(&mut version);
        assert_eq!(version.check(), Err(error.clone()));
        assert_eq!(Version::parse(&version.to_text()), Err(error));
    }
    let text = first().to_text();
    let broken: [(&str, &str); 5] = [
        ("version 1", "version 01"),
        ("expires 2030-12-31", "expires 2030-13-31"),
        ("quorum 3 faults 1", "quorum 3 faults  1"),
        ("entries issuance/1", "entries issuance/1 "),
        ("operator op1 http://127.0.0.1:1 ", "operator op1 ftp://127.0.0.1:1 "),
    ];
    for (from, to) in broken {
        let text: String = text.replace(from, to);
        assert!(matches!(Version::parse(&text), Err(FederationError::AtLine { .. })), "{to}");
    }
}

#[test]
fn clocks_outside_are_named_one_line_each() {
    let (contract, code) = ("1a".repeat(20), "2b".repeat(32));
    let block = format!("{}{}", "00".repeat(8), "3c".repeat(24));
    let lines = [
        format!("bitcoin main 921312 {block}"),
        format!("evm chain-a 1 {contract} {code}"),
        format!("evm chain-b 2 {contract} {code}"),
        "tsa stamps MIIB".into(),
        "tsa-algorithm rsa-2048 2029-12-31".into(),
        "tsa-algorithm sha256 none".into(),
    ];
    let mut version = first();
    for line in lines.iter().rev() {
        set_clock(&mut version.clocks, line).unwrap();
    }
    let text = version.to_text();
    assert!(text.ends_with(&(lines.join("\n") + "\n")), "{text}");
    assert_eq!(Version::parse(&text).as_ref(), Ok(&version));
    let hash = version.clocks.bitcoin.unwrap().hash;
    assert_eq!((hash[0], hash[31]), (0x3c, 0), "in the order in which it is computed");
    let changed = |from: &str, to: &str| Version::parse(&text.replace(from, to)).unwrap_err();
    for (from, to, code) in [
        ("bitcoin main 921312", "bitcoin main 921313", "height-bad"),
        ("bitcoin main 921312", "bitcoin main 9999999999999072", "height-bad"),
        ("bitcoin main", "bitcoin mainnet", "line-malformed"),
        ("evm chain-b 2 ", "evm chain-b 02 ", "line-malformed"),
        ("evm chain-b", "evm chain-a", "not-sorted"),
        ("evm chain-b", "evm Chain-b", "name-bad"),
        ("tsa stamps MIIB", "tsa stamps MIIB=", "line-malformed"),
        ("tsa stamps MIIB", "tsa stamps ", "line-malformed"),
        ("tsa stamps MIIB", "tsa stamps MIIB MIIB", "line-malformed"),
        ("sha256 none", "sha256 never", "line-malformed"),
    ] {
        assert_eq!(changed(from, to).code(), code, "{from} -> {to}");
    }
    let mut clocks = version.clocks.clone();
    for named in ["bitcoin", "evm chain-a", "tsa stamps", "tsa-algorithm sha256"] {
        assert!(drop_clock(&mut clocks, named) && !drop_clock(&mut clocks, named), "{named}");
    }
    assert_eq!((clocks.chains.len(), clocks.algorithms.len()), (1, 1));
}

#[test]
fn a_quorum_of_operators_publishes() {
    let (federation, leaves) = (federation(), tree(3, ""));
    let published =
        federation.verify_checkpoint(&checkpoint(&leaves, &[(1, 50), (3, 70), (2, 60)]), &[]);
    let published = published.unwrap();
    assert_eq!(published.proven_time(), Timestamp(70));
    let four = checkpoint(&leaves, &[(1, 50), (4, 90), (3, 70), (2, 60)]);
    let minimal = federation.minimal(&four).unwrap();
    assert_eq!(minimal.note().signatures().len(), 7);
    let published = federation.verify_checkpoint(&minimal, &[]).unwrap();
    assert_eq!(published.proven_time(), Timestamp(70));
    let two = checkpoint(&leaves, &[(1, 50), (2, 60), (5, 70)]);
    let missing = Untrusted::QuorumMissing { have: 2, need: 3 };
    assert_eq!(federation.verify_checkpoint(&two, &[]), Err(missing));
}

#[test]
fn an_operator_counts_once_and_only_with_both_signatures() {
    let (federation, leaves) = (federation(), tree(3, ""));
    let missing = Untrusted::QuorumMissing { have: 2, need: 3 };
    let twice = checkpoint(&leaves, &[(1, 50), (2, 60), (2, 61)]);
    assert_eq!(federation.verify_checkpoint(&twice, &[]), Err(missing));
    let full = checkpoint(&leaves, &[(1, 50), (2, 60), (3, 70)]);
    for left_out in 5..=6 {
        let mut lines = full.note().signatures().to_vec();
        lines.remove(left_out);
        let half = full.with_signatures(lines).unwrap();
        assert_eq!(federation.verify_checkpoint(&half, &[]), Err(missing));
    }
    let unsigned = full.with_signatures(full.note().signatures()[1..].to_vec()).unwrap();
    assert_eq!(federation.verify_checkpoint(&unsigned, &[]), Err(Untrusted::LogUnsigned));
    let moved = checkpoint(&tree(4, ""), &[(3, 70)]).note().signatures()[1].clone();
    let mut lines = full.note().signatures().to_vec();
    lines[5] = moved;
    let moved = full.with_signatures(lines).unwrap();
    assert_eq!(federation.verify_checkpoint(&moved, &[]), Err(Untrusted::Cosignature));
}

#[test]
fn dropped_keys_count_only_up_to_the_pin() {
    let one = federation();
    let mut bytes = one.to_bytes();
    bytes.extend(signed(&second(&one), &[1, 2, 3], Some(&one)));
    let two = Federation::parse(&bytes).unwrap();
    let who = [(1, 50), (2, 60), (4, 70)];
    let at_pin = checkpoint(&tree(5, ""), &who);
    assert_eq!(two.verify_checkpoint(&at_pin, &[]).unwrap().version(), 1);
    for other in [checkpoint(&tree(5, "x"), &who), checkpoint(&tree(6, ""), &who)] {
        assert_eq!(two.verify_checkpoint(&other, &[]), Err(Untrusted::OldKeys));
    }
    let leaves = tree(5, "");
    let older = checkpoint(&leaves[..4], &who);
    assert_eq!(two.verify_checkpoint(&older, &[]), Err(Untrusted::OldKeys));
    // From four leaves to five: the root of the four, and the fifth.
    let link = Link { version: 2, proof: vec![leaves[4]] };
    assert_eq!(two.verify_checkpoint(&older, core::slice::from_ref(&link)).unwrap().version(), 1);
    let forged = checkpoint(&tree(4, "x"), &who);
    assert_eq!(two.verify_checkpoint(&forged, &[link]), Err(Untrusted::OldKeys));
    let newer = checkpoint(&tree(9, ""), &[(1, 50), (2, 60), (3, 70)]);
    assert_eq!(two.verify_checkpoint(&newer, &[]).unwrap().version(), 2);
}
