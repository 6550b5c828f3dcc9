//! Verdicts on content and issuer. The scene of all verdicts is here.

use crate::case::Case;
use crate::world::{Log, NOW, Paper, T0, digest, document, federation, file, issuer_key};
use proto::anchor::statement::{Head, Statement};
use proto::anchor::{Evidence, Kind};
use proto::document::commitment::salt;
use proto::document::{ContentDigest, Field};
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex, Timestamp};
use proto::ledger::{IssuanceStatement, Issuer, Place};
use proto::receipt::{Anchor, Disclosure, Receipt, ShownField};

/// The good verdict.
pub const VALID: &str = "VALID valid content-matches issuer-proven time-proven status-valid";

/// Log 1 of two: issuers in entries 0 and 1, three documents in entry 2, a snapshot in entry 3.
pub struct Scene {
    pub federation: Federation,
    pub log: Log,
    pub paper: Paper,
    pub other: Log,
}

pub fn scene() -> Scene {
    let federation = federation();
    let (mut log, mut other) = (Log::new(&federation, 1), Log::new(&federation, 2));
    for log in [&mut log, &mut other] {
        log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
        log.admit("Dog office", &issuer_key(2), &["dog.permit"]);
    }
    let documents = (0..3).map(document).collect();
    let paper = log.issue(LeafIndex(0), &issuer_key(1), documents);
    other.issue(LeafIndex(0), &issuer_key(1), vec![document(9)]);
    log.close(T0);
    other.close(T0);
    Scene { federation, log, paper, other }
}

impl Scene {
    pub fn receipt(&self) -> Receipt {
        self.log.receipt(&self.federation, &self.paper, 0)
    }
}

/// The question whether this receipt is that of document 0.
pub fn case(name: &str, expect: &str, receipt: &Receipt) -> Case {
    let receipt = receipt.to_bytes().unwrap();
    with(name, expect, &receipt, Some(&digest(&file(0))), "good-first", NOW)
}

pub fn with(
    name: &str,
    expect: &str,
    receipt: &[u8],
    content: Option<&ContentDigest>,
    federation: &str,
    now: Timestamp,
) -> Case {
    let mut case = Case::new("verdict", name, expect, receipt).with("federation", federation);
    if let Some(content) = content {
        case = case.with("content", format!("{} {}", content.sha256, content.length));
    }
    case.with("now", now)
}

/// A verdict that is INVALID for this content.
pub fn bad_content(code: &str) -> String {
    format!("INVALID {code} {code} issuer-proven time-proven status-valid")
}

/// A verdict that is INVALID for this issuer; the rest of the receipt is as it should be.
pub fn bad_issuer(code: &str) -> String {
    format!("INVALID {code} not-judged {code} time-proven status-valid")
}

/// The same when the entry that follows from the receipt is another one, and so is not in the log.
fn bad_entry(code: &str) -> String {
    format!("INVALID {code} not-judged {code} inclusion-proof-bad status-valid")
}

pub fn cases() -> Vec<Case> {
    [good(), contents(), fields(), issuers(), anchors()].into_iter().flatten().collect()
}

fn good() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let second = scene.log.receipt(&scene.federation, &scene.paper, 1);
    let of_second = digest(&file(1));
    let second = second.to_bytes().unwrap();
    vec![
        case("good-full", VALID, &full),
        case("good-redacted", VALID, &full.redact(&[4]).unwrap()),
        case("good-redacted-to-the-least", VALID, &full.redact(&[]).unwrap()),
        with("good-second-of-the-batch", VALID, &second, Some(&of_second), "good-first", NOW),
    ]
}

/// Evidence of an outside clock that the federation does not name, and asked for or not.
fn anchors() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let head = Head::of(&scene.log.published()).unwrap();
    let statement = Statement::new(scene.federation.id(), vec![head.clone()]).unwrap();
    let path = statement.tree().unwrap().path(0).unwrap();
    let evidence = vec![Evidence { kind: Kind::Bitcoin, bytes: vec![0] }];
    let good = Anchor { head, consistency: vec![], index: 0, path, evidence };
    let false_one = Anchor { consistency: vec![Hash([1; 32])], ..good.clone() };
    let anchored = |anchor: &Anchor| full.with_anchor(anchor).unwrap();
    let missing = "CANNOT TELL anchor-missing content-matches issuer-proven anchor-missing \
                   status-valid";
    let wrong = "INVALID anchor-false content-matches issuer-proven anchor-false status-valid";
    vec![
        case("good-anchored", VALID, &anchored(&good)),
        case("good-with-false-evidence", VALID, &anchored(&false_one)),
        case("anchor-missing", missing, &anchored(&good)).with("require", "bitcoin"),
        case("anchor-of-another-kind", missing, &anchored(&false_one)).with("require", "tsa"),
        case("anchor-false", wrong, &anchored(&false_one)).with("require", "bitcoin"),
    ]
}

fn contents() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let bytes = full.to_bytes().unwrap();
    let own = digest(&file(0));
    let ask = |name, expect: &str, content: Option<&ContentDigest>| {
        with(name, expect, &bytes, content, "good-first", NOW)
    };
    let longer = ContentDigest { length: own.length + 1, ..own };
    let only_receipt =
        "CANNOT TELL content-not-given content-not-given issuer-proven time-proven status-valid";
    vec![
        ask("another-document", &bad_content("content-differs"), Some(&digest(&file(1)))),
        ask("another-length", &bad_content("content-differs"), Some(&longer)),
        ask("receipt-alone", only_receipt, None),
    ]
}

/// A redacted receipt that shows other fields.
fn shown(receipt: &Receipt, change: impl FnOnce(&mut Vec<ShownField>, &mut Vec<Hash>)) -> Receipt {
    let Disclosure::Redacted { count, mut fields, mut proof } = receipt.disclosure.clone() else {
        panic!("a full receipt")
    };
    change(&mut fields, &mut proof);
    Receipt { disclosure: Disclosure::Redacted { count, fields, proof }, ..receipt.clone() }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn fields() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    let redacted = full.redact(&[4, 7]).unwrap();
    let field = |name: &str, value: &str| Field::new(name, value).unwrap();
    let grade =
        |receipt: &Receipt| shown(receipt, |fields, _| fields[5].field = field("grade", "1.0"));
    let Disclosure::Full { secret, mut fields } = full.disclosure.clone() else { panic!() };
    fields[7] = field("grade", "1.0");
    let better = Receipt { disclosure: Disclosure::Full { secret, fields }, ..full.clone() };
    let unproven = "INVALID fields-proof-bad fields-proof-bad not-judged not-judged status-valid";
    let lost = "INVALID batch-path-bad batch-path-bad not-judged not-judged status-valid";
    let hidden = "INVALID mandatory-field-hidden mandatory-field-hidden issuer-proven time-proven \
                  status-valid";
    let hide = |place: u32| {
        // What the holder's own tool would never write: a proof that leaves out a fixed field.
        let Disclosure::Full { secret, fields } = &full.disclosure else { panic!() };
        let document = proto::document::Document::new(fields.clone()).unwrap();
        let places: Vec<u32> = (0..8).filter(|at| *at != place).collect();
        let proof = proto::document::disclosure::prove_fields(&document, secret, &places);
        let show = |index: u32| {
            let field = fields[index as usize].clone();
            ShownField { index, field, salt: salt(secret, index) }
        };
        let shown = places.iter().map(|index| show(*index)).collect();
        let disclosure = Disclosure::Redacted { count: 8, fields: shown, proof: proof.unwrap() };
        Receipt { disclosure, ..full.clone() }
    };
    let changed = bad_entry("issuance-signature-bad");
    let mut shorter = full.clone();
    shorter.batch_path.pop();
    let mut longer = full.clone();
    longer.batch_path = vec![Hash([1; 32]); 21];
    vec![
        case("field-changed", &changed, &better),
        case("field-changed-in-a-redacted-receipt", &changed, &grade(&redacted)),
        case("content-hidden", &unjudged(hidden), &hide(0)),
        case("type-hidden", &unscoped(hidden), &hide(1)),
        case("unit-hidden", hidden, &hide(2)),
        case("valid-until-hidden", hidden, &hide(3)),
        case("salt-changed", &changed, &shown(&redacted, |fields, _| fields[0].salt[0] ^= 1)),
        case("field-proof-changed", &changed, &shown(&redacted, |_, proof| proof[0].0[0] ^= 1)),
        case(
            "field-proof-too-short",
            unproven,
            &shown(&redacted, |_, proof| {
                proof.pop();
            }),
        ),
        case(
            "field-proof-too-long",
            unproven,
            &shown(&redacted, |_, proof| {
                proof.push(Hash([1; 32]));
            }),
        ),
        case(
            "field-twice-at-one-place",
            unproven,
            &shown(&redacted, |fields, _| {
                fields[5].index = 4;
            }),
        ),
        case("field-outside", unproven, &shown(&redacted, |fields, _| fields[5].index = 8)),
        case(
            "batch-path-of-3",
            lost,
            &Receipt { batch_path: full.batch_path[..3].into(), ..full.clone() },
        ),
        case("batch-path-of-21", lost, &longer),
        case(
            "batch-index-outside",
            &lost.replace("status-valid", "status-index-outside"),
            &Receipt { batch_index: 16, ..full.clone() },
        ),
        case(
            "batch-index-of-a-neighbour",
            &bad_entry("issuance-signature-bad"),
            &Receipt { batch_index: 1, ..full },
        ),
    ]
}

/// Without the field `content` the receipt is of no document at all.
fn unjudged(expect: &str) -> String {
    expect.to_string()
}

/// Without the field `type` nobody can say whether it is in scope.
fn unscoped(expect: &str) -> String {
    expect.replace("issuer-proven", "type-out-of-scope")
}

fn issuers() -> Vec<Case> {
    let scene = scene();
    let full = scene.receipt();
    // A stranger with an entry of his own making, which no log holds.
    let stranger = issuer_key(9);
    let place = scene.log.rules.place();
    let forged = {
        let statement = proto::ledger::IssuerStatement::new(
            None,
            "School of Example",
            &crate::world::public(&stranger),
            &["school.certificate"],
        );
        let request = proto::ledger::IssuerRequest::sign(&place, statement.unwrap(), &stranger);
        request.unwrap().admit(&stranger).unwrap()
    };
    let sign = |statement: IssuanceStatement, place: &Place<'_>| {
        statement.sign(place, &stranger).unwrap().signature
    };
    let statement = full.issuance().unwrap().submission.statement;
    let by_stranger =
        Receipt { issuer: forged, signature: sign(statement, &place), ..full.clone() };
    let signature = Receipt { signature: [1; 64], ..full.clone() };
    let neighbour = scene.log.admission("Dog office", &issuer_key(2), &["dog.permit"]);
    let borrowed = Receipt {
        issuer: neighbour,
        issuer_index: LeafIndex(1),
        issuer_proof: scene.log.prove(LeafIndex(1)),
        ..full.clone()
    };
    let mut wider = full.clone();
    wider.issuer = Issuer {
        statement: proto::ledger::IssuerStatement::new(
            None,
            "School of Example",
            full.issuer.statement.key(),
            &["dog.permit", "school.certificate"],
        )
        .unwrap(),
        ..full.issuer.clone()
    };
    let mut proof = full.clone();
    proof.issuer_proof[0].0[0] ^= 1;
    let elsewhere = Receipt {
        index: scene.log.receipt(&scene.federation, &scene.paper, 0).index,
        checkpoint: scene.other.published(),
        proof: scene.other.prove(LeafIndex(2)),
        issuer_proof: scene.other.prove(LeafIndex(0)),
        status: None,
        ..full.clone()
    };
    vec![
        case("issuer-unknown", &bad_entry("issuer-unknown"), &by_stranger),
        case("issuer-with-a-wider-scope", &bad_issuer("issuer-unknown"), &wider),
        case("issuer-proof-changed", &bad_issuer("issuer-unknown"), &proof),
        case("issuer-of-another-office", &bad_entry("issuance-signature-bad"), &borrowed),
        case("issuance-signature-changed", &bad_entry("issuance-signature-bad"), &signature),
        case(
            "proof-from-another-log",
            "INVALID signature-moved not-judged signature-moved inclusion-proof-bad status-missing",
            &elsewhere,
        ),
    ]
}
