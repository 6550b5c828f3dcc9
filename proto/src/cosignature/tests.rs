//! Tests of both types of cosignature.

use super::*;
use crate::hash::{Hash, TreeSize};
use alloc::{vec, vec::Vec};

const TIME: Timestamp = Timestamp(1_777_816_859);
const KINDS: [KeyType; 2] = [KeyType::CosignatureV1, KeyType::SubtreeV1];

fn cosigner(kind: KeyType) -> SigningKey {
    SigningKey::from_seed("witness.example/w1", kind, &[4; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("example.com/log", TreeSize(9), Hash([8; 32])).unwrap()
}

fn signed_by_log() -> SignedCheckpoint {
    let log = SigningKey::from_seed("example.com/log", KeyType::Ed25519, &[1; 32]).unwrap();
    SignedCheckpoint::sign(checkpoint(), &log).unwrap()
}

#[test]
fn both_types_sign_and_verify() {
    for kind in KINDS {
        let key = cosigner(kind);
        let line = sign(&key, &checkpoint(), TIME, &[0; 32]).unwrap();
        assert_eq!(verify_line(key.verifier_key(), &checkpoint(), &line), Ok(TIME));
        let signed = signed_by_log();
        assert_eq!(verify(key.verifier_key(), &signed), Ok(None));
        let later = sign(&key, &checkpoint(), Timestamp(TIME.0 + 9), &[1; 32]).unwrap();
        let signed = signed.with_added(&[later, line]).unwrap();
        assert_eq!(verify(key.verifier_key(), &signed), Ok(Some(TIME)));
    }
}

#[test]
fn another_checkpoint_time_or_name_is_refused() {
    let others = [
        Checkpoint::new("example.com/lob", TreeSize(9), Hash([8; 32])),
        Checkpoint::new("example.com/log", TreeSize(10), Hash([8; 32])),
        Checkpoint::new("example.com/log", TreeSize(9), Hash([9; 32])),
    ];
    for kind in KINDS {
        let key = cosigner(kind);
        let public = key.verifier_key();
        let line = sign(&key, &checkpoint(), TIME, &[0; 32]).unwrap();
        for other in &others {
            let refused = verify_line(public, other.as_ref().unwrap(), &line);
            assert_eq!(refused, Err(CosignatureError::BadSignature));
        }
        for byte in [0, 7, 8, line.signature().len() - 1] {
            let mut signature = line.signature().to_vec();
            signature[byte] ^= 1;
            let line = NoteSignature::by(public, signature);
            assert!(verify_line(public, &checkpoint(), &line).is_err(), "{byte}");
        }
        let stranger = SigningKey::from_seed("witness.example/w2", kind, &[4; 32]).unwrap();
        let refused = verify_line(stranger.verifier_key(), &checkpoint(), &line);
        assert_eq!(refused, Err(CosignatureError::OtherKey));
        // One bad line outweighs a good one.
        let forged = NoteSignature::by(public, vec![1; line.signature().len()]);
        let signed = signed_by_log().with_added(&[line, forged]).unwrap();
        assert_eq!(verify(public, &signed), Err(CosignatureError::BadSignature));
    }
}

#[test]
fn only_ml_dsa_names_the_cosigner() {
    for (kind, want) in [
        (KeyType::CosignatureV1, Ok(TIME)),
        (KeyType::SubtreeV1, Err(CosignatureError::BadSignature)),
    ] {
        let line = sign(&cosigner(kind), &checkpoint(), TIME, &[0; 32]).unwrap();
        let other = SigningKey::from_seed("witness.example/w2", kind, &[4; 32]).unwrap();
        let line = NoteSignature::by(other.verifier_key(), line.signature().to_vec());
        assert_eq!(verify_line(other.verifier_key(), &checkpoint(), &line), want);
    }
}

#[test]
fn times_are_bounded() {
    let too_large = Timestamp(limits::TIMESTAMP + 1);
    for kind in KINDS {
        let key = cosigner(kind);
        let signed = |time| sign(&key, &checkpoint(), time, &[0; 32]);
        assert_eq!(signed(Timestamp(0)), Err(CosignatureError::ZeroTime));
        assert_eq!(signed(too_large), Err(CosignatureError::TimeTooLarge));
        assert!(signed(Timestamp(limits::TIMESTAMP)).is_ok());
        let good = signed(TIME).unwrap();
        for (time, want) in
            [(0u64, CosignatureError::ZeroTime), (too_large.0, CosignatureError::TimeTooLarge)]
        {
            let mut signature = good.signature().to_vec();
            signature[..8].copy_from_slice(&time.to_be_bytes());
            let line = NoteSignature::by(key.verifier_key(), signature);
            let refused = verify_line(key.verifier_key(), &checkpoint(), &line).unwrap_err();
            // A zero time is well-formed in a subtree cosignature, so there the signature is first.
            assert!(refused == want || kind == KeyType::SubtreeV1 && time == 0, "{refused:?}");
        }
    }
    // A real signature with a zero time.
    let key = cosigner(KeyType::SubtreeV1);
    let statement_of = checkpoint();
    let statement = subtree_v1::Statement::of(&statement_of);
    let line = subtree_v1::sign(&key, &statement, Timestamp(0), &[0; 32]).unwrap();
    assert_eq!(subtree_v1::verify(key.verifier_key(), &statement, &line), Ok(Timestamp(0)));
    let refused = verify_line(key.verifier_key(), &checkpoint(), &line);
    assert_eq!(refused, Err(CosignatureError::ZeroTime));
}

#[test]
fn lengths_and_key_types_are_checked() {
    for kind in KINDS {
        let key = cosigner(kind);
        let line = sign(&key, &checkpoint(), TIME, &[0; 32]).unwrap();
        let bytes = line.signature().to_vec();
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        for bad in [&bytes[..bytes.len() - 1], &bytes[..8], &bytes[..1], &longer] {
            let line = NoteSignature::by(key.verifier_key(), bad.to_vec());
            let refused = verify_line(key.verifier_key(), &checkpoint(), &line);
            assert_eq!(refused, Err(CosignatureError::BadLength));
        }
    }
    let log = SigningKey::from_seed("w", KeyType::Ed25519, &[1; 32]).unwrap();
    let refused = sign(&log, &checkpoint(), TIME, &[0; 32]);
    assert_eq!(refused, Err(CosignatureError::WrongKeyType));
    assert_eq!(v1::sign(&log, &checkpoint(), TIME), Err(CosignatureError::WrongKeyType));
}

#[test]
fn subtrees_inside_the_tree_have_no_time() {
    let key = cosigner(KeyType::SubtreeV1);
    let hash = Hash([7; 32]);
    let statement = subtree_v1::Statement { origin: "o", start: 8, end: 13, hash: &hash };
    let refused = subtree_v1::sign(&key, &statement, TIME, &[0; 32]);
    assert_eq!(refused, Err(CosignatureError::TimeOfSubtree));
    let line = subtree_v1::sign(&key, &statement, Timestamp(0), &[0; 32]).unwrap();
    assert_eq!(subtree_v1::verify(key.verifier_key(), &statement, &line), Ok(Timestamp(0)));
    let other = subtree_v1::Statement { start: 0, ..statement };
    let refused = subtree_v1::verify(key.verifier_key(), &other, &line);
    assert_eq!(refused, Err(CosignatureError::BadSignature));
}

#[test]
fn randomness_changes_the_signature_and_nothing_else() {
    let key = cosigner(KeyType::SubtreeV1);
    let one = sign(&key, &checkpoint(), TIME, &[0; 32]).unwrap();
    let same = sign(&key, &checkpoint(), TIME, &[0; 32]).unwrap();
    let two = sign(&key, &checkpoint(), TIME, &[1; 32]).unwrap();
    assert_eq!(one, same);
    assert_ne!(one, two);
    assert_eq!(verify_line(key.verifier_key(), &checkpoint(), &two), Ok(TIME));
}
