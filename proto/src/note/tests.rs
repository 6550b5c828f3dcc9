//! Tests of notes.

use super::*;
use alloc::{format, vec};

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const TEXT: &str = "This is an example message.\n";
const LINE: &str = "\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";

fn key() -> VerifierKey {
    VerifierKey::parse(VKEY).unwrap()
}

fn example() -> alloc::string::String {
    format!("{TEXT}\n{LINE}\n")
}

fn signer(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, KeyType::Ed25519, &[seed; 32]).unwrap()
}

#[test]
fn the_example_of_the_specification_verifies() {
    let note = Note::parse(example().as_bytes()).unwrap();
    assert_eq!(note.text(), TEXT);
    assert_eq!(note.to_bytes(), example().as_bytes());
    assert_eq!(note.verify(&[&key()]), Ok(vec![0]));
}

#[test]
fn a_changed_text_is_refused() {
    let note = Note::parse(example().replace("an example", "no example").as_bytes()).unwrap();
    assert_eq!(note.verify(&[&key()]), Err(VerifyError::BadSignature { key: 0 }));
}

#[test]
fn unknown_keys_are_ignored_and_known_ones_must_verify() {
    let (a, b, c) = (signer("a", 1), signer("b", 2), signer("c", 3));
    let unknown = c.sign_note("another text\n").unwrap();
    let signed = |key: &SigningKey| key.sign_note(TEXT).unwrap();
    let keys = [a.verifier_key(), b.verifier_key()];

    let note = Note::new(TEXT, vec![unknown.clone(), signed(&b)]).unwrap();
    assert_eq!(note.verify(&keys), Ok(vec![1]));
    let note = Note::new(TEXT, vec![signed(&b), signed(&a), signed(&b)]).unwrap();
    assert_eq!(note.verify(&keys), Ok(vec![0, 1]));
    let note = Note::new(TEXT, vec![unknown]).unwrap();
    assert_eq!(note.verify(&keys), Err(VerifyError::NoKnownKey));
    // One good line does not make up for a bad one in the name of a known key.
    let forged = NoteSignature::by(a.verifier_key(), vec![0; 64]);
    let note = Note::new(TEXT, vec![signed(&a), forged, signed(&b)]).unwrap();
    assert_eq!(note.verify(&keys), Err(VerifyError::BadSignature { key: 0 }));
    // The same name with another id is another key.
    let same_name = signer("a", 9).sign_note("another text\n").unwrap();
    let note = Note::new(TEXT, vec![same_name, signed(&b)]).unwrap();
    assert_eq!(note.verify(&keys), Ok(vec![1]));
}

#[test]
fn cosigner_keys_do_not_sign_texts() {
    let cosigner = SigningKey::from_seed("w", KeyType::CosignatureV1, &[1; 32]).unwrap();
    let signature = cosigner.sign_ed25519(TEXT.as_bytes()).unwrap().to_vec();
    let note = Note::new(TEXT, vec![cosigner.line(signature)]).unwrap();
    assert_eq!(note.verify(&[cosigner.verifier_key()]), Err(VerifyError::NoKnownKey));
}

#[test]
fn the_last_empty_line_parts_text_and_signatures() {
    for text in ["\n", "a\n", "a\n\n", "a\n\nb\n", "\n\n\n", "\u{2014} a AAAAAAA=\n\nb\n"] {
        let bytes = format!("{text}\n{LINE}\n");
        let note = Note::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.text(), text);
        assert_eq!(note.to_bytes(), bytes.as_bytes());
    }
}

#[test]
fn what_is_no_note() {
    use NoteError::*;
    let malformed = |line| BadSignatureLine { line };
    for (bytes, want) in [
        ("", MissingSeparator),
        ("text\n", MissingSeparator),
        ("text\n<LINE>\n", MissingSeparator),
        ("\n<LINE>\n", MissingSeparator),
        ("text\n\n", NoSignatures),
        ("text\n\n<LINE>\n\n", NoSignatures),
        ("text\n\n<LINE>", malformed(1)),
        ("text\n\n<LINE>\nnot a line\n", malformed(2)),
        ("text\n\n- a AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014}a AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014} a\n", malformed(1)),
        ("text\n\n\u{2014}  AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014} a+b AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014} a\u{2003}b AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014} a b AAAAAAA=\n", malformed(1)),
        ("text\n\n\u{2014} a AAAAAAA= \n", malformed(1)),
        ("text\n\n\u{2014} a AAAAAAB=\n", malformed(1)),
        ("text\n\n\u{2014} a AAAAAA==\n", malformed(1)),
        ("te\txt\n\n<LINE>\n", Text(TextError::ControlCharacter)),
        ("text\r\n\n<LINE>\n", Text(TextError::ControlCharacter)),
    ] {
        let bytes = bytes.replace("<LINE>", LINE);
        assert_eq!(Note::parse(bytes.as_bytes()), Err(want), "{bytes:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(Text(TextError::NotUtf8)));
    assert_eq!(Note::new("no newline", vec![]), Err(MissingSeparator));
    assert_eq!(Note::new("text\n", vec![]), Err(NoSignatures));
}

#[test]
fn sixteen_signatures_and_more_are_accepted_up_to_the_limit() {
    let lines = |count: usize| format!("text\n\n{}", format!("{LINE}\n").repeat(count));
    for count in [1, 16, limits::NOTE_SIGNATURES] {
        assert!(Note::parse(lines(count).as_bytes()).is_ok());
    }
    let limit = limits::NOTE_SIGNATURES;
    let got = Note::parse(lines(limit + 1).as_bytes());
    assert_eq!(got, Err(NoteError::TooManySignatures { limit }));
    let long = "a".repeat(limits::NOTE_BYTES + 1);
    assert!(matches!(
        Note::parse(long.as_bytes()),
        Err(NoteError::Text(TextError::TooLong { .. }))
    ));
}

#[test]
fn lines_of_an_answer_are_read_back() {
    let bytes = format!("{LINE}\n{LINE}\n");
    let lines = parse_signature_lines(bytes.as_bytes()).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(signature_lines(&lines), bytes.as_bytes());
    assert_eq!(parse_signature_lines(b""), Err(NoteError::NoSignatures));
    assert_eq!(parse_signature_lines(b"\n"), Err(NoteError::BadSignatureLine { line: 1 }));
}
