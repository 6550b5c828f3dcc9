//! Receipts with evidence of outside clocks: the one spelling and order of the member `anchors`,
//! and its bounds. What the evidence is worth, a receipt does not say.

use crate::case::Case;
use crate::receipts::{good, json, text};
use crate::replaced;
use proto::anchor::statement::Head;
use proto::anchor::{Evidence, Kind};
use proto::hash::{Hash, TreeSize};
use proto::limits::{ANCHOR_EVIDENCE, RECEIPT_ANCHORS};
use proto::receipt::{Anchor, Receipt};
use proto::text::base64_encode;

fn evidence(kind: Kind, byte: u8) -> Evidence {
    Evidence { kind, bytes: vec![byte; 3] }
}

/// An anchor of the receipt's log at this size; its hashes are made up.
fn anchor(receipt: &Receipt, size: u64, signatures: u8) -> Anchor {
    let origin = receipt.checkpoint.checkpoint().origin();
    let (root, signatures) = (Hash([size as u8; 32]), Hash([signatures; 32]));
    Anchor {
        head: Head::new(origin, TreeSize(size), root, signatures).unwrap(),
        consistency: vec![Hash([1; 32]), Hash([2; 32])],
        index: 3,
        path: vec![Hash([3; 32]); 4],
        evidence: [(Kind::Bitcoin, 0), (Kind::Evm, 1), (Kind::Tsa, 2)]
            .map(|(kind, byte)| evidence(kind, byte))
            .to_vec(),
    }
}

fn with(anchors: Vec<Anchor>) -> Receipt {
    Receipt { anchors, ..good() }
}

fn one() -> Receipt {
    with(vec![anchor(&good(), 9, 0)])
}

/// Anchors as they come; a receipt is written whatever their order.
fn case(name: &str, expect: &str, anchors: Vec<Anchor>) -> Case {
    Case::new("receipt", name, expect, text(&with(anchors)).as_bytes())
}

pub fn cases() -> Vec<Case> {
    [orders(), bounds(), spellings()].into_iter().flatten().collect()
}

fn orders() -> Vec<Case> {
    let at = |size, signatures| anchor(&good(), size, signatures);
    let of = |pieces: &[(Kind, u8)]| {
        let pieces = pieces.iter().map(|(kind, byte)| evidence(*kind, *byte));
        vec![Anchor { evidence: pieces.collect(), ..at(9, 0) }]
    };
    let other = "NotCanonical";
    let (origin, size) = (at(9, 0).head.checkpoint().origin().to_owned(), TreeSize(9));
    let head = Head::new(&origin, size, Hash([8; 32]), Hash([0; 32])).unwrap();
    let other_root = Anchor { head, ..at(9, 0) };
    let redacted = one().redact(&[4]).unwrap();
    vec![
        case("good-anchors", "ok full 8 of 8", vec![at(3, 9), at(9, 0), at(9, 1)]),
        Case::new(
            "receipt",
            "good-anchors-redacted",
            "ok redacted 5 of 8",
            text(&redacted).as_bytes(),
        ),
        case("good-anchor-without-evidence", "ok full 8 of 8", of(&[])),
        case("good-anchor-two-of-a-kind", "ok full 8 of 8", of(&[(Kind::Tsa, 1), (Kind::Tsa, 2)])),
        case("anchors-not-by-size", other, vec![at(9, 0), at(3, 0)]),
        case("anchors-not-by-signatures", other, vec![at(9, 1), at(9, 0)]),
        case("anchor-twice", other, vec![at(9, 0), at(9, 0)]),
        case("anchor-twice-with-another-root", other, vec![at(9, 0), other_root]),
        case("evidence-not-by-kind", other, of(&[(Kind::Tsa, 0), (Kind::Bitcoin, 1)])),
        case("evidence-not-by-bytes", other, of(&[(Kind::Evm, 2), (Kind::Evm, 1)])),
        case("evidence-twice", other, of(&[(Kind::Tsa, 1), (Kind::Tsa, 1)])),
    ]
}

fn bounds() -> Vec<Case> {
    let full = good();
    let anchors = |count: usize| (0..count).map(|at| anchor(&full, 9 + at as u64, 0)).collect();
    let pieces = |count: usize| {
        let evidence = (0..count).map(|at| evidence(Kind::Tsa, at as u8)).collect();
        vec![Anchor { evidence, ..anchor(&full, 9, 0) }]
    };
    let hashes = |count: usize| vec![Hash([7; 32]); count];
    let path = |count| vec![Anchor { path: hashes(count), ..anchor(&full, 9, 0) }];
    let proof = |count| vec![Anchor { consistency: hashes(count), ..anchor(&full, 9, 0) }];
    let number = |name: &str, from: &str, to: &str| {
        json(&one(), name, "BadNumber", |text| replaced(text, from, to))
    };
    vec![
        case("good-anchors-8", "ok full 8 of 8", anchors(RECEIPT_ANCHORS)),
        case("anchors-9", "TooMany", anchors(RECEIPT_ANCHORS + 1)),
        case("good-evidence-8", "ok full 8 of 8", pieces(ANCHOR_EVIDENCE)),
        case("evidence-9", "TooMany", pieces(ANCHOR_EVIDENCE + 1)),
        case("good-anchor-path-of-63", "ok full 8 of 8", path(63)),
        case("anchor-path-of-64", "TooMany", path(64)),
        case("anchor-consistency-of-64", "TooMany", proof(64)),
        number(
            "anchor-index-beyond-2-53",
            "\"index\":3,\"path\"",
            "\"index\":9007199254740993,\"path\"",
        ),
        number("anchor-size-beyond-2-53", "\"size\":9,", "\"size\":9007199254740993,"),
    ]
}

fn spellings() -> Vec<Case> {
    let one = one();
    let hash = Hash([3; 32]).to_base64();
    let case = |name: &str, expect: &str, from: &str, to: &str| {
        json(&one, name, expect, |text| replaced(text, from, to))
    };
    let short = base64_encode(&[3; 31]);
    vec![
        json(&good(), "anchors-empty", "NotCanonical", |text| {
            format!("{},\"anchors\":[]}}", text.strip_suffix('}').unwrap())
        }),
        json(&good(), "anchors-null", "BadJson", |text| {
            format!("{},\"anchors\":null}}", text.strip_suffix('}').unwrap())
        }),
        case("anchor-unknown-member", "BadJson", "{\"size\":9,", "{\"x\":1,\"size\":9,"),
        case("anchor-member-missing", "BadJson", "\"index\":3,\"path\"", "\"path\""),
        case(
            "anchor-member-twice",
            "BadJson",
            "\"index\":3,\"path\"",
            "\"index\":3,\"index\":3,\"path\"",
        ),
        json(&one, "anchor-members-swapped", "NotCanonical", |text| {
            let root = format!("\"root\":\"{}\"", Hash([9; 32]).to_base64());
            replaced(text, &format!("\"size\":9,{root}"), &format!("{root},\"size\":9"))
        }),
        case(
            "evidence-unknown-member",
            "BadJson",
            "{\"kind\":\"evm\",",
            "{\"x\":1,\"kind\":\"evm\",",
        ),
        case("evidence-of-unknown-kind", "UnknownEvidence", "\"evm\"", "\"EVM\""),
        case("evidence-base64-not-padded", "Text(BadBase64)", "\"AQEB\"", "\"AQEBAQ\""),
        json(&one, "anchor-hash-too-short", "Text(BadLength { want: 32, got: 31 })", |text| {
            text.replacen(&hash, &short, 1)
        }),
    ]
}
