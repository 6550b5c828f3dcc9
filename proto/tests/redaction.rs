//! Showing less: every choice of fields, one after the other, and what can be learned from what is
//! left. A hidden field with few possible values, such as a grade, must not be found by trying.

mod world;

use proptest::prelude::*;
use proto::anchor::statement::{Head, Statement};
use proto::anchor::{Evidence, Kind};
use proto::document::Field;
use proto::document::commitment::{field_leaf, salt};
use proto::hash::Hash;
use proto::receipt::cover::{Cover, CoverError};
use proto::receipt::{Disclosure, Receipt};
use proto::sheet::{Comparison, Sheet};
use proto::tile::grow::Edge;
use proto::verify::{Question, Reason, verify};
use std::collections::BTreeSet;
use world::*;

const REFERENCE: u32 = 5;
const HOLDER: u32 = 6;
const GRADE: u32 = 7;

/// Receipts of two documents with equal fields, each with a secret of its own.
fn twins() -> (proto::federation::Federation, [Receipt; 2]) {
    let federation = federation();
    let mut log = Log::new(&federation, 1);
    let key = issuer_key(1);
    let issuer = log.admit("School of Example", &key, &["school.certificate"]);
    let paper = log.issue(issuer, &key, vec![document(1), document(1)]);
    log.close(T0);
    let receipts = [0, 1].map(|at| log.receipt(&federation, &paper, at));
    (federation, receipts)
}

/// Everything in a receipt that could be a hash or a salt of a field.
fn hashes(receipt: &Receipt) -> BTreeSet<[u8; 32]> {
    let mut all: BTreeSet<[u8; 32]> = receipt.batch_path.iter().map(|hash| hash.0).collect();
    all.insert(receipt.disclosure.commitment().unwrap().0);
    if let Disclosure::Redacted { fields, proof, .. } = &receipt.disclosure {
        all.extend(proof.iter().map(|hash| hash.0));
        all.extend(fields.iter().map(|shown| shown.salt));
        all.extend(fields.iter().map(|shown| field_leaf(&shown.salt, &shown.field).0));
    }
    all
}

/// The leaves that somebody can make who tries a value with every salt that the known bytes give.
fn tried(field: &Field, known: &BTreeSet<[u8; 32]>) -> BTreeSet<[u8; 32]> {
    let from_secret = |secret: &[u8; 32]| (0..64).map(|i| salt(secret, i)).collect::<Vec<_>>();
    let mut salts: BTreeSet<[u8; 32]> = known.iter().flat_map(from_secret).collect();
    salts.extend(known);
    salts.insert([0; 32]);
    salts.iter().map(|salt| field_leaf(salt, field).0).collect()
}

fn grades() -> impl Iterator<Item = Field> {
    (10..=60).map(|grade| Field::new("grade", &format!("{}.{}", grade / 10, grade % 10)).unwrap())
}

#[test]
fn a_hidden_grade_is_not_found_by_trying_all_grades() {
    let (_, [receipt, _]) = twins();
    let redacted = receipt.redact(&[4, 5, HOLDER]).unwrap();
    let left = hashes(&redacted);
    // The leaf of the grade itself is in what is left: it is the salt that keeps it from being
    // read.
    let Disclosure::Full { secret, .. } = receipt.disclosure else { panic!("not a full receipt") };
    let leaf = |grade: &Field| field_leaf(&salt(&secret, GRADE), grade).0;
    assert!(grades().any(|grade| left.contains(&leaf(&grade))));
    for grade in grades() {
        assert!(tried(&grade, &left).is_disjoint(&left), "found {}", grade.value());
    }
    // The same search finds it at once in the hands of somebody who has the secret.
    let mut more = left.clone();
    more.insert(secret);
    let found: Vec<String> = grades()
        .filter(|grade| !tried(grade, &more).is_disjoint(&left))
        .map(|grade| grade.value().to_owned())
        .collect();
    assert_eq!(found, ["1.3"]);
    // Which is why the secret is nowhere in the file.
    let extra = proto::tlog_proof::TlogProof::parse(&redacted.to_bytes().unwrap()).unwrap().extra;
    let json = String::from_utf8(extra.unwrap()).unwrap();
    assert!(!json.contains("secret") && !json.contains(&Hash(secret).to_base64()));
    assert!(!json.contains(&Hash(salt(&secret, GRADE)).to_base64()));
}

#[test]
fn documents_with_equal_fields_share_no_hash() {
    let (_, [one, two]) = twins();
    let fields = |receipt: &Receipt| -> Vec<Field> {
        receipt.disclosure.shown().map(|(_, field)| field.clone()).collect()
    };
    assert_eq!(fields(&one), fields(&two));
    for shown in [&[][..], &[4], &[5, 7], &[4, 5, 6, 7]] {
        let of_fields = |receipt: &Receipt| {
            let redacted = receipt.redact(shown).unwrap();
            // The two stand in one batch, so they share the upper part of its path, as any two do.
            hashes(&Receipt { batch_path: Vec::new(), ..redacted })
        };
        let (one, two) = (of_fields(&one), of_fields(&two));
        assert!(one.len() > 4 && one.is_disjoint(&two), "{shown:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A receipt that passed through several hands, each of which hid something, is VALID and shows
    /// what all of them left.
    #[test]
    fn any_fields_hidden_in_any_steps_verify(steps in prop::collection::vec(0u32..16, 1..5)) {
        let (federation, [mut receipt, _]) = twins();
        let content = digest(&file(1));
        let mut left = 15;
        for step in steps {
            left &= step;
            let kept: Vec<u32> = (0..4).filter(|bit| left >> bit & 1 == 1).map(|b| b + 4).collect();
            receipt = receipt.redact(&kept).unwrap();
            let bytes = receipt.to_bytes().unwrap();
            let (content, federation) = (Some(&content), &federation);
            let verdict = verify(&Question::new(content, &bytes, federation, NOW));
            prop_assert_eq!(verdict.reason, Reason::Valid);
            let document = verdict.facts.document.unwrap();
            let shown: Vec<u32> = document.shown.iter().map(|(place, ..)| *place).collect();
            prop_assert_eq!(shown, [&[0, 1, 2, 3][..], &kept].concat());
        }
    }
}

#[test]
fn a_sheet_is_of_one_document_also_when_its_receipt_shows_less() {
    let (_, [receipt, other]) = twins();
    let sheet = Sheet::of(&receipt, &["reference", "grade", "none-such"]).unwrap();
    let names: Vec<&str> = sheet.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["type", "unit", "valid-until", "reference", "grade"]);
    assert_eq!(sheet.compare(&receipt), Comparison::Same);
    assert_eq!(sheet.compare(&other), Comparison::Other);
    assert_eq!(sheet.compare(&receipt.redact(&[REFERENCE, GRADE]).unwrap()), Comparison::Same);
    assert_eq!(sheet.compare(&receipt.redact(&[REFERENCE]).unwrap()), Comparison::Hidden);
    // Whoever writes another grade on the paper is found out by a receipt that shows it.
    let link = sheet.to_link("https://check.example/").unwrap();
    let body = link.split_once("#s1.").unwrap().1.replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - body.len() % 4) % 4);
    let mut body = proto::text::base64_decode(&(body + &padding)).unwrap();
    let length = body.len();
    assert_eq!(&body[length - 3..], b"1.3");
    body[length - 1] = b'0';
    let body = proto::text::base64_encode(&body).replace('+', "-").replace('/', "_");
    let forged = Sheet::scanned(&format!("s1.{}", body.trim_end_matches('='))).unwrap();
    assert_eq!(forged.compare(&receipt), Comparison::Other);
    assert_eq!(forged.compare(&receipt.redact(&[REFERENCE]).unwrap()), Comparison::Hidden);
}

#[test]
fn an_anchor_is_found_for_a_receipt_and_survives_redaction() {
    let (federation, [receipt, _]) = twins();
    let mut log = Log::new(&federation, 1);
    let key = issuer_key(1);
    let issuer = log.admit("School of Example", &key, &["school.certificate"]);
    log.issue(issuer, &key, vec![document(1), document(1)]);
    log.close(T0);
    let size = receipt.checkpoint.checkpoint().size();
    log.close(proto::hash::Timestamp(T0.0 + 60));
    let later = log.published();
    let heads = |signed: &proto::checkpoint::SignedCheckpoint| {
        let statement = Statement::new(federation.id(), vec![Head::of(signed).unwrap()]).unwrap();
        let root = statement.tree().unwrap().root();
        (statement, root)
    };
    let (statement, root) = heads(&later);
    let cover = Cover::of(&receipt, &statement, &root).unwrap();
    assert!(cover.anchored() > size);
    let mut edge = Edge::empty();
    let written = edge.grow(&log.leaves(cover.anchored().0 as usize)).unwrap();
    let tile = |id: &proto::tile::TileId| {
        let found = written.iter().find(|tile| tile.id == *id).unwrap();
        found.bytes.clone()
    };
    let tiles: Vec<Vec<u8>> = cover.tiles().iter().map(tile).collect();
    let stamp = |bytes: &[u8]| Evidence { kind: Kind::Tsa, bytes: bytes.to_vec() };
    let mut broken = tiles.clone();
    broken[0][0] ^= 1;
    let other = cover.clone().finish(&broken, vec![stamp(b"a")]);
    assert_eq!(other, Err(CoverError::OtherTree));
    let anchor = cover.finish(&tiles, vec![stamp(b"a")]).unwrap();
    assert_eq!(anchor.root(federation.id()), Ok(root));

    let with = receipt.with_anchor(&anchor).unwrap();
    assert!(with.has_evidence(Kind::Tsa) && !with.has_evidence(Kind::Evm));
    let with = with.renewed(&root, &stamp(b"ab")).unwrap();
    assert_eq!(with.anchors[0].evidence, [stamp(b"ab")]);
    assert!(with.renewed(&root, &stamp(b"ab")).is_none());
    let redacted = Receipt::parse(&with.redact(&[4, 5]).unwrap().to_bytes().unwrap()).unwrap();
    assert_eq!(redacted.anchors, with.anchors);

    // What does not cover: an earlier tree, another root, another federation, another log's tree.
    let earlier = Receipt { checkpoint: later.clone(), ..receipt.clone() };
    let (old, old_root) = heads(&receipt.checkpoint);
    let early = CoverError::TooEarly { anchored: size, size: later.checkpoint().size() };
    assert_eq!(Cover::of(&earlier, &old, &old_root).unwrap_err(), early);
    assert_eq!(Cover::of(&receipt, &old, &root).unwrap_err(), CoverError::OtherRoot);
    let stranger = Receipt { federation: proto::ledger::FederationId([1; 32]), ..receipt.clone() };
    assert_eq!(Cover::of(&stranger, &old, &old_root).unwrap_err(), CoverError::OtherFederation);
    let rewritten = Head::new(later.checkpoint().origin(), size, Hash([9; 32]), Hash([9; 32]));
    let rewritten = Statement::new(federation.id(), vec![rewritten.unwrap()]).unwrap();
    let root = rewritten.tree().unwrap().root();
    assert_eq!(Cover::of(&receipt, &rewritten, &root).unwrap_err(), CoverError::OtherTree);
}
