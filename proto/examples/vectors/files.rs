//! Cases for tlog proofs, policies, tile paths and entry bundles.

use super::*;
use crate::tree::{Tree, entry};
use proto::cosignature;
use proto::hash::{LeafIndex, Timestamp, leaf_hash};
use proto::limits;
use proto::merkle::plan;
use proto::tile::bundle;
use proto::tlog_proof::TlogProof;

pub fn cases() -> Vec<Case> {
    let mut cases = tlog_proofs();
    cases.extend(policies());
    cases.extend(tile_paths());
    cases.extend(bundles());
    cases
}

fn tlog_proofs() -> Vec<Case> {
    let tree = Tree::of(300);
    let (index, size) = (LeafIndex(257), tree.size());
    let proof = tree.prove(&plan::inclusion(index, size).unwrap());
    let checkpoint = signed(300, tree.root(300));
    let file = |extra: Option<&[u8]>| {
        let (extra, proof) = (extra.map(Into::into), proof.clone());
        lossless(TlogProof { extra, index, proof, checkpoint: checkpoint.clone() }.to_bytes())
    };
    let case = |name: &str, expect: &str, body: &str| {
        Case::new("tlog-proof", name, expect, body.as_bytes())
            .with("origin", ORIGIN)
            .with("key", log_key().verifier_key())
            .with("leaf", leaf_hash(&entry(257)).to_hex())
    };
    let text = file(Some(b"extra bytes"));
    let with = |name: &str, expect: &str, from: &str, to: &str| {
        case(name, expect, &replaced(&text, from, to))
    };
    let line = |line: usize, error: &str| format!("Line {{ line: {line}, error: {error} }}");
    let first = proof[0].to_base64();
    let extra = "extra ZXh0cmEgYnl0ZXM=\n";
    let many = format!("{first}\n").repeat(60) + &first;
    let head = "c2sp.org/tlog-proof@v1\n";
    vec![
        case("good-with-extra", "ok 257", &text),
        case("good-without-extra", "ok 257", &file(None)),
        case("good-with-empty-extra", "ok 257", &file(Some(b""))),
        with("other-version", "WrongFirstLine", "@v1", "@v2"),
        with("byte-order-mark", "WrongFirstLine", head, &format!("\u{feff}{head}")),
        with("extra-twice", &line(3, "WrongKeyword"), extra, &extra.repeat(2)),
        with("extra-after-index", &line(2, "WrongKeyword"), &format!("{extra}index"), "Index"),
        with("extra-not-canonical", &line(2, "BadBase64"), "ZXM=\n", "ZXN=\n"),
        with("extra-without-space", &line(2, "WrongKeyword"), "extra ", "extra"),
        with("index-with-leading-zero", &line(3, "BadDecimal"), "index 257", "index 0257"),
        with("no-index", &line(3, "WrongKeyword"), "index 257\n", ""),
        with("other-index", "RootMismatch", "index 257", "index 258"),
        with("index-beyond-size", "IndexBeyondSize", "index 257", "index 300"),
        with("hash-missing", "WrongLength { want: 7, got: 6 }", &format!("{first}\n"), ""),
        with("hash-twice", "WrongLength { want: 7, got: 8 }", &first, &format!("{first}\n{first}")),
        with("short-hash", &line(4, "BadLength { want: 32, got: 30 }"), &first, &first[..40]),
        with("hash-with-space", &line(4, "BadBase64"), &first, &format!(" {first}")),
        with("more-than-63-hashes", "TooManyHashes", &first, &many),
        with(
            "no-empty-line",
            &line(11, "BadBase64"),
            &format!("\n\n{ORIGIN}"),
            &format!("\n{ORIGIN}"),
        ),
        with("other-log", "OtherOrigin", &format!("{ORIGIN}\n300"), "log.example/2027\n300"),
        with("other-size", "Signature(BadSignature { key: 0 })", "\n300\n", "\n301\n"),
        case("other-leaf", "RootMismatch", &text).with_leaf(&entry(0)),
        case("cut-off", "Checkpoint(Note(BadSignatureLine { line: 1 }))", text.trim_end()),
        case("empty", "WrongFirstLine", ""),
    ]
}

impl Case {
    fn with_leaf(mut self, entry: &[u8]) -> Case {
        self.headers.retain(|(name, _)| name != "leaf");
        self.with("leaf", leaf_hash(entry).to_hex())
    }
}

fn policies() -> Vec<Case> {
    let witness = |number: u8| {
        let kind =
            if number.is_multiple_of(2) { KeyType::SubtreeV1 } else { KeyType::CosignatureV1 };
        key(&format!("w{number}.example"), kind, 40 + number)
    };
    let keys = |text: &str| {
        let mut text = text.replace("<L>", &log_key().verifier_key().to_string());
        for number in 1..=3 {
            let vkey = witness(number).verifier_key().to_string();
            text = text.replace(&format!("<W{number}>"), &vkey);
        }
        text
    };
    let case = |name: &str, expect: &str, text: &str| {
        Case::new("policy", name, expect, keys(text).as_bytes())
    };
    let by = |numbers: &[u8]| {
        let signed = signed(7, Hash([0x5a; 32]));
        let cosign = |number: &u8| {
            let (key, time) = (witness(*number), Timestamp(1_777_816_859));
            cosignature::sign(&key, signed.checkpoint(), time, &[0; 32]).unwrap()
        };
        let lines: Vec<_> = numbers.iter().map(cosign).collect();
        proto::text::base64_encode(&signed.with_added(&lines).unwrap().to_bytes())
    };
    let good = "# two of three\nlog <L> https://log.example/\n\nwitness A <W1>\n\
        \twitness B <W2> https://b.example/ \nwitness C <W3>\ngroup G 2 A B C\nquorum G\n";
    let two = "log <L>\nwitness A <W1>\nwitness B <W2>\n";
    let bad = |name: &str, expect: &str, lines: &str| case(name, expect, &format!("{two}{lines}"));
    let key_error = "BadKey { line: 1, error: WrongId }";
    vec![
        case("good", "ok", good).with("checkpoint", by(&[1, 3])),
        case("good-none", "ok", "log <L>\nquorum none\n").with("checkpoint", by(&[])),
        bad("good-all", "ok", "group G all A B\nquorum G\n").with("checkpoint", by(&[1, 2])),
        bad("good-any", "ok", "group G any A B\nquorum G\n").with("checkpoint", by(&[2])),
        bad("good-names-are-octets", "ok", "group \u{212a} 1 A B\nquorum \u{212a}\n"),
        case("too-few-cosigners", "InsufficientQuorum", good).with("checkpoint", by(&[2])),
        bad("one-of-all-missing", "InsufficientQuorum", "group G all A B\nquorum G\n")
            .with("checkpoint", by(&[1, 3])),
        case("log-not-listed", "UnknownLog", "quorum none\n").with("checkpoint", by(&[])),
        bad("no-quorum", "NotOneQuorum", ""),
        bad("two-quorums", "NotOneQuorum", "quorum A\nquorum A\n"),
        bad("unknown-word", "BadLine { line: 4 }", "monitor C\nquorum A\n"),
        bad("group-without-members", "BadLine { line: 4 }", "group G any\nquorum G\n"),
        bad("name-twice", "DuplicateName", "group A 1 B\nquorum A\n"),
        bad("group-called-none", "DuplicateName", "group none 1 B\nquorum none\n"),
        bad("none-as-member", "UnknownName", "group G 1 none\nquorum G\n"),
        bad("group-before-its-member", "UnknownName", "group G 1 C\nwitness C <W3>\nquorum G\n"),
        bad("quorum-of-nobody", "UnknownName", "quorum G\n"),
        bad("member-of-two-groups", "MemberTwice", "group G 1 A\ngroup H 1 A\nquorum G\n"),
        bad("threshold-too-large", "BadThreshold", "group G 3 A B\nquorum G\n"),
        bad("threshold-zero", "BadThreshold", "group G 0 A B\nquorum G\n"),
        bad("threshold-with-leading-zero", "BadThreshold", "group G 01 A B\nquorum G\n"),
        bad("witness-key-twice", "DuplicateKey", "witness C <W1>\nquorum A\n"),
        bad("log-key-twice", "DuplicateKey", "log <L>\nquorum A\n"),
        bad("log-key-as-witness", "NotAWitnessKey", "witness C <L>\nquorum A\n"),
        bad("witness-key-as-log", "NotALogKey", "log <W3>\nquorum A\n"),
        bad("control-character", "BadCharacter { line: 4 }", "quorum\u{b}A\n"),
        bad("no-final-newline", "MissingNewline", "quorum A"),
        case(
            "mistyped-key",
            key_error,
            "log foo+00000000+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n",
        ),
        case("empty", "NotOneQuorum", ""),
    ]
}

fn tile_paths() -> Vec<Case> {
    let case = |name: &str, expect: &str, path: &str| {
        Case::new("tile-path", name, expect, format!("{path}\n").as_bytes())
    };
    vec![
        case("good-first", "ok", "tile/0/000"),
        case("good-partial", "ok", "tile/0/000.p/1"),
        case("good-example-of-the-specification", "ok", "tile/3/x001/x234/067"),
        case("good-zeros-inside", "ok", "tile/0/x001/x000/000.p/255"),
        case("good-entries", "ok", "tile/entries/x001/000.p/17"),
        case("good-last-of-the-largest-log", "ok", "tile/0/x036/x028/x797/x018/x963/967.p/255"),
        case("behind-the-last", "Impossible", "tile/0/x036/x028/x797/x018/x963/967"),
        case("level-that-no-log-has", "Impossible", "tile/8/000.p/1"),
        case("index-of-65-bits", "Impossible", "tile/0/x036/x893/x488/x147/x419/x103/232"),
        case("slash-in-front", "NotATile", "/tile/0/000"),
        case("level-64", "BadLevel", "tile/64/000"),
        case("level-with-leading-zero", "BadLevel", "tile/00/000"),
        case("level-missing", "BadIndex", "tile/0/"),
        case("two-digits", "BadIndex", "tile/0/00"),
        case("four-digits", "BadIndex", "tile/0/0000"),
        case("x-missing", "BadIndex", "tile/0/001/000"),
        case("x-at-the-end", "BadIndex", "tile/0/x001"),
        case("zeros-in-front", "BadIndex", "tile/0/x000/001"),
        case("upper-case-x", "BadIndex", "tile/0/X001/000"),
        case("sign", "BadIndex", "tile/0/-01"),
        case("parent-folder", "BadIndex", "tile/0/../000"),
        case("width-0", "BadWidth", "tile/0/000.p/0"),
        case("width-256", "BadWidth", "tile/0/000.p/256"),
        case("width-with-leading-zero", "BadWidth", "tile/0/000.p/01"),
        case("width-missing", "BadWidth", "tile/0/000.p/"),
        case("slash-at-the-end", "BadIndex", "tile/0/000/"),
        case("empty", "NotATile", ""),
    ]
}

fn bundles() -> Vec<Case> {
    let bytes = bundle::to_bytes(&[&b"one"[..], b"", &[0xff; 300]]).unwrap();
    let case = |name: &str, expect: &str, width: u32, bytes: &[u8]| {
        Case::new("bundle", name, expect, bytes).with("width", width)
    };
    let longer = [&bytes[..], &[0]].concat();
    let many = vec![0; 2 * usize::from(limits::TILE_WIDTH)];
    vec![
        case("good", "ok", 3, &bytes),
        case("good-256-empty-entries", "ok", 256, &many),
        case("cut-off", "Bytes(Truncated { want: 300, have: 299 })", 3, &bytes[..bytes.len() - 1]),
        case("one-byte-more", "Bytes(Trailing { extra: 1 })", 3, &longer),
        case("one-entry-more", "Bytes(Trailing { extra: 302 })", 2, &bytes),
        case("one-entry-less", "Bytes(Truncated { want: 2, have: 0 })", 4, &bytes),
        case("257-entries", "TooManyEntries { got: 257 }", 257, &bytes),
        case("long-length", "Bytes(Truncated { want: 65535, have: 0 })", 1, &[0xff, 0xff]),
    ]
}
