//! Tests of policies.

use super::quorum::{PolicyRefusal, verify};
use super::*;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::cosignature;
use crate::hash::{Hash, Timestamp, TreeSize};
use crate::note::{NoteSignature, SigningKey};
use alloc::{format, string::String, vec};

const ORIGIN: &str = "example.com/log";

fn signer(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

fn log() -> SigningKey {
    signer(ORIGIN, KeyType::Ed25519, 1)
}

fn witness(number: u8) -> SigningKey {
    let kind = if number.is_multiple_of(2) { KeyType::SubtreeV1 } else { KeyType::CosignatureV1 };
    signer(&format!("w{number}.example"), kind, 100 + number)
}

/// `L` and `W1` to `W6` stand for keys.
fn file(lines: &str) -> String {
    let mut file = lines.replace("<L>", &format!("{}", log().verifier_key()));
    for number in 1..=6 {
        let key = format!("{}", witness(number).verifier_key());
        file = file.replace(&format!("<W{number}>"), &key);
    }
    file
}

/// The example of tlog-policy#example-policy.
const EXAMPLE: &str = "log <L>\n\nwitness X1 <W1>\nwitness X2 <W2>\nwitness X3 <W3>\n\
    group X-witnesses 2 X1 X2 X3\n\n  # a comment\n\twitness Y1 <W4> https://y1.example/ \n\
    witness Y2 <W5>\nwitness Y3 <W6>\ngroup Y-witnesses any Y1 Y2 Y3\n\
    group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";

fn checkpoint(witnesses: &[u8]) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(ORIGIN, TreeSize(3), Hash([3; 32])).unwrap();
    let signed = SignedCheckpoint::sign(checkpoint, &log()).unwrap();
    let cosign = |number: &u8| {
        let key = witness(*number);
        cosignature::sign(&key, signed.checkpoint(), Timestamp(5), &[0; 32]).unwrap()
    };
    let lines: Vec<NoteSignature> = witnesses.iter().map(cosign).collect();
    signed.with_added(&lines).unwrap()
}

#[test]
fn the_example_is_read_and_written() {
    let policy = parse(file(EXAMPLE).as_bytes()).unwrap();
    assert_eq!(policy.logs().len(), 1);
    assert_eq!(policy.witnesses().len(), 6);
    assert_eq!(policy.witnesses()[3].url, Word::new(b"https://y1.example/").ok());
    assert_eq!(policy.groups()[2].threshold, 2);
    let written = policy.to_bytes();
    assert_eq!(parse(&written).as_ref(), Ok(&policy));
    assert_eq!(parse(&written).unwrap().to_bytes(), written);
}

#[test]
fn the_quorum_of_the_example() {
    let policy = parse(file(EXAMPLE).as_bytes()).unwrap();
    let enough: [&[u8]; 3] = [&[1, 2, 4], &[2, 3, 5], &[1, 2, 3, 4, 5, 6]];
    for witnesses in enough {
        assert_eq!(verify(&policy, &checkpoint(witnesses)), Ok(()), "{witnesses:?}");
    }
    let too_few: [&[u8]; 4] = [&[], &[1, 2, 3], &[1, 4, 5, 6], &[1, 1, 4]];
    for witnesses in too_few {
        let refused = verify(&policy, &checkpoint(witnesses));
        assert_eq!(refused, Err(PolicyRefusal::InsufficientQuorum), "{witnesses:?}");
    }
}

#[test]
fn bad_signatures_refuse_even_a_quorum() {
    let policy = parse(file(EXAMPLE).as_bytes()).unwrap();
    let good = checkpoint(&[1, 2, 4]);
    let forge = |key: &SigningKey| {
        let forged = NoteSignature::by(key.verifier_key(), vec![0; 72]);
        verify(&policy, &good.with_added(&[forged]).unwrap())
    };
    assert!(matches!(forge(&witness(5)), Err(PolicyRefusal::BadCosignature(_))));
    assert_eq!(forge(&log()), Err(PolicyRefusal::BadLogSignature));
    assert_eq!(forge(&signer("stranger", KeyType::Ed25519, 9)), Ok(()));
    let none = parse(file("log <L>\nquorum none\n").as_bytes()).unwrap();
    assert_eq!(verify(&none, &checkpoint(&[])), Ok(()));
    let no_log = parse(b"quorum none\n").unwrap();
    assert_eq!(verify(&no_log, &checkpoint(&[])), Err(PolicyRefusal::UnknownLog));
    let unsigned = good.with_signatures(good.note().signatures()[1..].to_vec()).unwrap();
    assert_eq!(verify(&policy, &unsigned), Err(PolicyRefusal::NotSigned));
}

#[test]
fn a_log_may_sign_with_ml_dsa() {
    let key = signer(ORIGIN, KeyType::SubtreeV1, 7);
    let policy = parse(format!("log {}\nquorum none\n", key.verifier_key()).as_bytes()).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, TreeSize(3), Hash([3; 32])).unwrap();
    let statement = cosignature::subtree_v1::Statement::of(&checkpoint);
    let line = cosignature::subtree_v1::sign(&key, &statement, Timestamp(0), &[0; 32]).unwrap();
    let unsigned = SignedCheckpoint::sign(checkpoint.clone(), &log()).unwrap();
    assert_eq!(verify(&policy, &unsigned), Err(PolicyRefusal::NotSigned));
    let signed = unsigned.with_signatures(vec![line]).unwrap();
    assert_eq!(verify(&policy, &signed), Ok(()));
    let forged = NoteSignature::by(key.verifier_key(), vec![0; 2428]);
    let signed = signed.with_added(&[forged]).unwrap();
    assert_eq!(verify(&policy, &signed), Err(PolicyRefusal::BadLogSignature));
}

#[test]
fn what_is_no_policy() {
    use PolicyError::*;
    for (lines, want) in [
        ("", NotOneQuorum),
        ("log <L>\n", NotOneQuorum),
        ("quorum none\nquorum none\n", NotOneQuorum),
        ("quorum none", MissingNewline),
        ("quorum none\r\n", BadCharacter { line: 1 }),
        ("quorum none\n\x7f\n", BadCharacter { line: 2 }),
        ("quorum\n", BadLine { line: 1 }),
        ("quorum none none\n", BadLine { line: 1 }),
        ("\nlogs <L>\nquorum none\n", BadLine { line: 2 }),
        ("log <L> url url\nquorum none\n", BadLine { line: 1 }),
        ("log <L>x\nquorum none\n", BadKey { line: 1, error: KeyError::BadForm }),
        ("log <W1>\nquorum none\n", NotALogKey),
        ("witness A <L>\nquorum A\n", NotAWitnessKey),
        ("log <L>\nlog <L>\nquorum none\n", DuplicateKey),
        ("witness A <W1>\nwitness B <W1>\nquorum none\n", DuplicateKey),
        ("witness A <W1>\nwitness A <W2>\nquorum none\n", DuplicateName),
        ("witness none <W1>\nquorum none\n", DuplicateName),
        ("witness A <W1>\ngroup A 1 A\nquorum none\n", DuplicateName),
        ("quorum A\nwitness A <W1>\n", UnknownName),
        ("group G 1 A\nwitness A <W1>\nquorum none\n", UnknownName),
        ("group G 1 G\nquorum none\n", UnknownName),
        ("witness A <W1>\ngroup G 1 A none\nquorum none\n", UnknownName),
        ("witness A <W1>\ngroup G 1 A\ngroup H 1 A\nquorum none\n", MemberTwice),
        ("witness A <W1>\ngroup G 1 A A\nquorum none\n", MemberTwice),
        ("witness A <W1>\ngroup G 1\nquorum none\n", BadLine { line: 2 }),
        ("witness A <W1>\ngroup G 0 A\nquorum none\n", BadThreshold),
        ("witness A <W1>\ngroup G 2 A\nquorum none\n", BadThreshold),
        ("witness A <W1>\ngroup G 01 A\nquorum none\n", BadThreshold),
        ("witness A <W1>\ngroup G most A\nquorum none\n", BadThreshold),
    ] {
        assert_eq!(parse(file(lines).as_bytes()).unwrap_err(), want, "{lines:?}");
    }
}

#[test]
fn names_are_octets() {
    let mut lines = file("witness K <W1>\nwitness ~ <W2>\nquorum K\n").into_bytes();
    let last = lines.len() - 2;
    let tilde = lines.iter().rposition(|octet| *octet == b'~').unwrap();
    (lines[tilde], lines[last]) = (0xff, 0xff);
    let policy = parse(&lines).unwrap();
    assert_eq!(policy.quorum().unwrap().as_bytes(), [0xff]);
    assert_eq!(policy.to_bytes(), lines);
    assert_eq!(Word::new(b""), Err(PolicyError::BadWord));
    assert_eq!(Word::new(b"a b"), Err(PolicyError::BadWord));
}

#[test]
fn thirty_two_of_each_and_more() {
    let many = |count: u8| {
        let mut lines = String::new();
        for number in 0..count {
            let seed = |kind| signer(&format!("k{number}"), kind, number);
            let (log, cosigner) = (seed(KeyType::Ed25519), seed(KeyType::CosignatureV1));
            lines += &format!("log {}\n", log.verifier_key());
            lines += &format!("witness w{number} {}\n", cosigner.verifier_key());
            lines += &format!("group g{number} all w{number}\n");
        }
        lines + "quorum g0\n"
    };
    assert!(parse(many(32).as_bytes()).is_ok());
    let too_long = vec![b'#'; limits::POLICY_BYTES + 1];
    assert_eq!(parse(&too_long), Err(PolicyError::TooLong { limit: limits::POLICY_BYTES }));
    let mut groups = String::from("witness a <W1>\n");
    (0..=limits::POLICY_NAMES).for_each(|n| groups += &format!("group {n} 1 a\n"));
    let refused = parse(file(&groups).as_bytes()).unwrap_err();
    assert_eq!(refused, PolicyError::TooMany { limit: limits::POLICY_NAMES });
}
