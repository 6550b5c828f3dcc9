//! Cases for notes, keys, checkpoints and cosignatures.

use super::*;
use proto::cosignature::{self, subtree_v1};
use proto::hash::Timestamp;
use proto::limits;
use proto::note::{Note, NoteSignature};

/// The example of signed-note#example.
const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

const TEXT: &str = "a line\n\nand one more\n";

pub fn cases() -> Vec<Case> {
    let mut cases = notes();
    cases.extend(vkeys());
    cases.extend(signing_keys());
    cases.extend(checkpoints());
    cases.extend(cosignatures());
    cases
}

/// A line with the name and id of a key and other bytes for a signature.
fn forged(key: &SigningKey, len: usize) -> NoteSignature {
    let mut bytes = key.verifier_key().id().0.to_be_bytes().to_vec();
    bytes.resize(4 + len, 7);
    let name = key.verifier_key().name();
    let line = format!("\u{2014} {name} {}", proto::text::base64_encode(&bytes));
    NoteSignature::parse_line(&line).unwrap()
}

fn note(lines: Vec<NoteSignature>) -> Vec<u8> {
    Note::new(TEXT, lines).unwrap().to_bytes()
}

fn notes() -> Vec<Case> {
    let case = |name: &str, expect: &str, body: &[u8]| Case::new("note", name, expect, body);
    let spec = |name: &str, expect: &str, from: &str, to: &str| {
        let body = replaced(SPEC_NOTE, from, to);
        case(name, expect, body.as_bytes()).with("key", SPEC_VKEY)
    };
    let (one, two) =
        (key("one.example", KeyType::Ed25519, 1), key("two.example", KeyType::Ed25519, 2));
    let (vone, vtwo) = (one.verifier_key(), two.verifier_key());
    let (by_one, by_two) = (one.sign_note(TEXT).unwrap(), two.sign_note(TEXT).unwrap());
    let same_name = key("one.example", KeyType::Ed25519, 3).sign_note("other\n").unwrap();
    let many = |count| note(vec![by_one.clone(); count]);
    let limit = limits::NOTE_SIGNATURES;
    let too_many = format!("TooManySignatures {{ limit: {limit} }}");
    let one_more = [many(limit), (by_one.to_line() + "\n").into_bytes()].concat();
    let extra = [SPEC_NOTE, "\u{2014} example.com/foo\n"].concat();
    vec![
        case("good-example-of-the-specification", "ok 0", SPEC_NOTE.as_bytes())
            .with("key", SPEC_VKEY),
        case("good-two-keys", "ok 0 1", &note(vec![by_two.clone(), by_one.clone()]))
            .with("key", vone)
            .with("key", vtwo),
        case("good-unknown-key-is-ignored", "ok 0", &note(vec![forged(&two, 64), by_one.clone()]))
            .with("key", vone),
        case("good-same-name-other-id-is-ignored", "ok 0", &note(vec![same_name, by_one.clone()]))
            .with("key", vone),
        case(
            "good-unknown-type-is-ignored",
            "ok 0",
            &note(vec![forged(&two, 5000), by_one.clone()]),
        )
        .with("key", vone),
        case("good-one-key-twice", "ok 0", &many(2)).with("key", vone),
        case("good-as-many-signatures-as-allowed", "ok 0", &many(limit)).with("key", vone),
        case("too-many-signatures", &too_many, &one_more).with("key", vone),
        case("no-known-key", "NoKnownKey", &note(vec![by_two.clone()])).with("key", vone),
        case("no-key-at-all", "NoKnownKey", &note(vec![by_two])),
        case(
            "forged-beside-a-good-one",
            "BadSignature { key: 0 }",
            &note(vec![by_one, forged(&one, 64)]),
        )
        .with("key", vone),
        case("forged-and-too-short", "BadSignature { key: 0 }", &note(vec![forged(&one, 63)]))
            .with("key", vone),
        spec("changed-text", "BadSignature { key: 0 }", "an example", "no example"),
        spec("changed-signature", "BadSignature { key: 0 }", "kn8srV", "kn8srW"),
        spec("no-empty-line", "MissingSeparator", "\n\n", "\n"),
        spec("no-text", "MissingSeparator", "This is an example message.\n", ""),
        spec("no-final-newline", "BadSignatureLine { line: 1 }", "aQM=\n", "aQM="),
        spec("empty-line-at-the-end", "NoSignatures", "aQM=\n", "aQM=\n\n"),
        spec("hyphen-for-dash", "BadSignatureLine { line: 1 }", "\u{2014} ", "- "),
        spec("no-space-after-dash", "BadSignatureLine { line: 1 }", "\u{2014} ", "\u{2014}"),
        spec("two-spaces", "BadSignatureLine { line: 1 }", "foo Uw", "foo  Uw"),
        spec("unicode-space-in-name", "BadSignatureLine { line: 1 }", "/foo ", "/f\u{2009}oo "),
        spec("plus-in-name", "BadSignatureLine { line: 1 }", "/foo ", "/f+oo "),
        spec("no-padding", "BadSignatureLine { line: 1 }", "aQM=", "aQM"),
        spec("unused-bits-set", "BadSignatureLine { line: 1 }", "aQM=", "aQN="),
        spec("url-safe-base64", "BadSignatureLine { line: 1 }", "Tnagv1YEq6", "Tnagv1YE-6"),
        spec("carriage-return", "Text(ControlCharacter)", "message.\n", "message.\r\n"),
        spec("tab", "Text(ControlCharacter)", "an example", "an\texample"),
        case("line-without-signature", "BadSignatureLine { line: 2 }", extra.as_bytes())
            .with("key", SPEC_VKEY),
        case("only-a-key-id", "BadSignatureLine { line: 1 }", b"text\n\n\xe2\x80\x94 a AAAAAA==\n"),
        case("not-utf-8", "Text(NotUtf8)", b"te\xfft\n\n\xe2\x80\x94 a AAAAAAA=\n"),
        case("empty", "MissingSeparator", b""),
    ]
}

fn vkeys() -> Vec<Case> {
    let case = |name: &str, expect: &str, line: &str| {
        Case::new("vkey", name, expect, format!("{line}\n").as_bytes())
    };
    let spec = |name: &str, expect: &str, from: &str, to: &str| {
        case(name, expect, &replaced(SPEC_VKEY, from, to))
    };
    let vkey = |kind| key("cosigner.example", kind, 4).verifier_key().to_string();
    // Type 0x01 and the identity point, for which anybody can sign.
    let weak = "weak.example+44d37d36+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let not_a_point = "weak.example+00000000+AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    vec![
        case("good-example-of-the-specification", "ok", SPEC_VKEY),
        case("good-type-01", "ok", &vkey(KeyType::Ed25519)),
        case("good-type-04", "ok", &vkey(KeyType::CosignatureV1)),
        case("good-type-06", "ok", &vkey(KeyType::SubtreeV1)),
        case("weak-key", "WeakPublicKey", weak),
        case("not-a-point", "BadPublicKey", not_a_point),
        spec("wrong-id", "WrongId", "530d903a", "530d903b"),
        spec("wrong-name", "WrongId", "foo", "bar"),
        spec("upper-case-id", "BadForm", "530d903a", "530D903A"),
        spec("short-id", "BadForm", "530d903a", "530d903"),
        spec("no-id", "BadForm", "+530d903a", ""),
        spec("no-name", "BadName", "example.com/foo", ""),
        spec("space-in-name", "BadName", "foo", "f oo"),
        spec("long-name", "BadName", "foo", &"o".repeat(256)),
        spec("type-02", "UnknownType { found: 2 }", "+Aek", "+Auk"),
        spec("type-ff", "UnknownType { found: 255 }", "+Aek", "+/+k"),
        spec("cut-off", "BadForm", "v3U2k", ""),
        spec("short-key", "BadLength", "3U2k", ""),
        spec("padding", "BadForm", "v3U2k", "v3U2k="),
        spec("longer-than-any-key", "TooLong", "v3U2k", &"A".repeat(limits::KEY_LINE_BYTES)),
        spec("space-at-the-end", "BadForm", "v3U2k", "v3U2k "),
        case("empty", "BadForm", ""),
    ]
}

fn signing_keys() -> Vec<Case> {
    let case = |name: &str, expect: &str, file: &str| {
        Case::new("signing-key", name, expect, file.as_bytes())
    };
    let kinds = [
        ("good-type-01", KeyType::Ed25519),
        ("good-type-04", KeyType::CosignatureV1),
        ("good-type-06", KeyType::SubtreeV1),
    ];
    let mut cases: Vec<Case> = kinds
        .into_iter()
        .map(|(name, kind)| {
            let key = key("key.example", kind, 9);
            case(name, &format!("ok {}", key.verifier_key()), &key.to_file())
        })
        .collect();
    let file = key("key.example", KeyType::Ed25519, 9).to_file();
    let with = |name: &str, expect: &str, from: &str, to: &str| {
        case(name, expect, &replaced(&file, from, to))
    };
    cases.extend([
        with("no-newline", "BadForm", "\n", ""),
        with("two-newlines", "BadForm", "\n", "\n\n"),
        with("public-key", "BadForm", "PRIVATE+KEY+", ""),
        with("other-name", "WrongId", "key.example", "yek.example"),
        with("other-type", "WrongId", "+AQkJ", "+BAkJ"),
        with("unknown-type", "UnknownType { found: 2 }", "+AQkJ", "+AgkJ"),
        with("seed-in-hexadecimal", "BadForm", "+AQkJ", "+01:09"),
        case("short-seed", "BadLength", &(file[..file.len() - 5].to_string() + "\n")),
    ]);
    cases
}

fn checkpoints() -> Vec<Case> {
    let root = Hash([0x5a; 32]);
    let good = signed(20_852_163, root);
    let text = lossless(good.to_bytes());
    let log = log_key();
    let case = |name: &str, expect: &str, body: &str| {
        Case::new("checkpoint", name, expect, body.as_bytes())
            .with("origin", ORIGIN)
            .with("key", log.verifier_key())
    };
    let with = |name: &str, expect: &str, from: &str, to: &str| {
        case(name, expect, &replaced(&text, from, to))
    };
    let line = |line: usize, error: &str| format!("Line {{ line: {line}, error: {error} }}");
    let head = format!("{ORIGIN}\n20852163\n");
    let base64 = root.to_base64();
    let other = key("stranger.example", KeyType::Ed25519, 3);
    let stranger =
        good.with_signatures(vec![other.sign_note(good.note().text()).unwrap()]).unwrap();
    let more = good.with_added(stranger.note().signatures()).unwrap();
    let extended = format!("{head}{base64}\nan extension\n");
    let extended_note = Note::new(&extended, vec![log.sign_note(&extended).unwrap()]).unwrap();
    let ok = format!("ok 20852163 {base64}");
    vec![
        case("good", &ok, &text),
        case("good-with-another-signature", &ok, &lossless(more.to_bytes())),
        case("good-with-extension", &ok, &lossless(extended_note.to_bytes())),
        case("not-signed-by-the-log", "Signature(NoKnownKey)", &lossless(stranger.to_bytes())),
        with("other-size", "Signature(BadSignature { key: 0 })", "\n20852163\n", "\n20852164\n"),
        with("other-origin", "OtherOrigin", &head, "log.example/2027\n20852163\n"),
        with("no-origin", "BadOrigin", &head, "\n20852163\n"),
        with("long-origin", "BadOrigin", &head, &format!("{}\n20852163\n", "o".repeat(256))),
        with("leading-zero", &line(2, "BadDecimal"), "\n20852163\n", "\n020852163\n"),
        with("plus-sign", &line(2, "BadDecimal"), "\n20852163\n", "\n+20852163\n"),
        with("size-is-2-to-the-63", "SizeTooLarge", "\n20852163\n", "\n9223372036854775808\n"),
        with("short-root", &line(3, "BadLength { want: 32, got: 30 }"), &base64, &base64[..40]),
        with("root-with-unused-bits", &line(3, "BadBase64"), "Wlo=\n\n", "Wlp=\n\n"),
        with("no-root", &line(3, "MissingLine"), &format!("{base64}\n"), ""),
        with("empty-extension-line", "BadExtension", &base64, &format!("{base64}\n")),
        with(
            "too-many-extension-lines",
            "BadExtension",
            &base64,
            &(base64.clone() + &"\nx".repeat(17)),
        ),
        with("no-signature", "Note(NoSignatures)", &text[text.find('\u{2014}').unwrap()..], ""),
    ]
}

fn cosignatures() -> Vec<Case> {
    let checkpoint = signed(7, Hash([0x5a; 32]));
    let time = Timestamp(1_777_816_859);
    let v1 = key("w1.example", KeyType::CosignatureV1, 11);
    let v6 = key("w1.example", KeyType::SubtreeV1, 12);
    let cosign = |key: &SigningKey, time: u64| {
        cosignature::sign(key, checkpoint.checkpoint(), Timestamp(time), &[0; 32]).unwrap()
    };
    let case = |name: &str, expect: &str, cosigner: &SigningKey, lines: &[NoteSignature]| {
        let signed = checkpoint.with_added(lines).unwrap();
        Case::new("cosignature", name, expect, &signed.to_bytes())
            .with("cosigner", cosigner.verifier_key())
    };
    let retimed = |line: NoteSignature, time: u64| {
        let mut bytes = line.id().0.to_be_bytes().to_vec();
        bytes.extend_from_slice(&time.to_be_bytes());
        bytes.extend_from_slice(&line.signature()[8..]);
        let (name, bytes) = (line.name(), proto::text::base64_encode(&bytes));
        NoteSignature::parse_line(&format!("\u{2014} {name} {bytes}")).unwrap()
    };
    let statement = subtree_v1::Statement::of(checkpoint.checkpoint());
    let timeless = subtree_v1::sign(&v6, &statement, Timestamp(0), &[0; 32]).unwrap();
    let other = signed(8, Hash([0x5a; 32]));
    let mut cases = vec![
        case("good-none", "ok none", &v1, &[cosign(&v6, time.0)]),
        case("type-06-time-is-zero", "ZeroTime", &v6, &[timeless]),
    ];
    for (kind, key) in [("type-04", &v1), ("type-06", &v6)] {
        let name = |name: &str| format!("{kind}-{name}");
        let good = cosign(key, time.0);
        let elsewhere = cosignature::sign(key, other.checkpoint(), time, &[0; 32]).unwrap();
        let largest = retimed(good.clone(), limits::TIMESTAMP + 1);
        let expect = |time: u64| format!("ok {time}");
        let twice = [cosign(key, time.0 + 9), good.clone()];
        cases.extend([
            case(&format!("good-{kind}"), &expect(time.0), key, std::slice::from_ref(&good)),
            case(&format!("good-{kind}-twice"), &expect(time.0), key, &twice),
            case(
                &format!("good-{kind}-latest"),
                &expect(limits::TIMESTAMP),
                key,
                &[cosign(key, limits::TIMESTAMP)],
            ),
            case(&name("other-time"), "BadSignature", key, &[retimed(good.clone(), time.0 + 1)]),
            case(&name("time-too-large"), "TimeTooLarge", key, &[largest]),
            case(&name("of-another-checkpoint"), "BadSignature", key, &[elsewhere]),
            case(&name("too-short"), "BadLength", key, &[forged(key, good.signature().len() - 1)]),
            case(&name("too-long"), "BadLength", key, &[forged(key, good.signature().len() + 1)]),
            case(
                &name("without-time"),
                "BadLength",
                key,
                &[forged(key, good.signature().len() - 8)],
            ),
            case(
                &name("bad-beside-a-good-one"),
                "BadSignature",
                key,
                &[good.clone(), retimed(good, 5)],
            ),
        ]);
    }
    cases.push(case("type-04-time-is-zero", "ZeroTime", &v1, &[retimed(cosign(&v1, 5), 0)]));
    cases
}
