//! Claims that are refused, and plans that give the batch which was signed.

use super::*;
use proto::document::ContentDigest;
use proto::ledger::Submission;
use proto::note::KeyType;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use verifier::input::Stamp;

pub(crate) fn claims() -> Claims {
    Claims {
        document_type: "residence.certificate".into(),
        unit: "Registry 3".into(),
        valid_until: "none".into(),
        date: Some("2026-05-03".into()),
        reference: Some("A 1".into()),
        others: vec![("pages".into(), "2".into())],
    }
}

fn candidates(count: u64) -> Vec<Candidate> {
    let candidate = |i: u64| Candidate {
        path: PathBuf::from(format!("dir/{i}.pdf")),
        digest: ContentDigest { sha256: proto::hash::sha256(&[i as u8]), length: i, sha512: None },
        stamp: Stamp { file: (1, i), size: i, modified: (0, 0) },
        noted: None,
        media_type: "application/pdf".into(),
        claims: Arc::new(claims()),
    };
    (0..count).map(candidate).collect()
}

fn faults(change: impl Fn(&mut Claims), media_type: Option<&str>) -> Vec<String> {
    let mut claims = claims();
    change(&mut claims);
    let today = Date::parse("2026-05-04").ok();
    check(&claims, media_type, today).into_iter().map(|f| f.field).collect()
}

#[test]
fn every_bad_claim_is_named_at_once() {
    assert!(faults(|_| {}, Some("text/plain")).is_empty());
    let all = faults(
        |c| {
            c.document_type = "Zeugnis".into();
            c.unit = "a\u{202e}b".into();
            c.valid_until = "tomorrow".into();
            c.date = Some("2026-02-30".into());
            c.reference = Some(String::new());
            c.others = vec![("Name".into(), "x".into())];
        },
        Some("pdf"),
    );
    let want = ["type", "unit", "valid-until", "date", "reference", "Name", "media-type"];
    assert_eq!(all, want);
    assert_eq!(faults(|c| c.valid_until = "2026-05-03".into(), None), ["valid-until"]);
    assert!(faults(|c| c.valid_until = "2026-05-04".into(), None).is_empty());
    let twice = vec![("a".into(), "1".into()), ("a".into(), "2".into())];
    assert_eq!(faults(|c| c.others = twice.clone(), None), ["fields"]);
    let fixed = vec![("unit".into(), "another".into())];
    assert_eq!(faults(|c| c.others = fixed.clone(), None), ["fields"]);
}

#[test]
fn a_plan_signs_the_batch_that_its_documents_give() {
    let key = SigningKey::from_seed("office", KeyType::Ed25519, &[3; 32]).unwrap();
    let federation = FederationId([9; 32]);
    let seat = Seat { federation, origin: "example.org/log", issuer: LeafIndex(4), key: &key };
    for (count, height) in [(1, 4), (16, 4), (17, 5)] {
        let plan = plan(candidates(count), &seat, Timestamp(7)).unwrap();
        assert_eq!((plan.head.height, plan.documents.len() as u64), (height, count));
        let batch = batch(&plan).unwrap();
        let submission = Submission::parse(&plan.head.submission).unwrap();
        assert_eq!(submission.statement.batch_root, batch.root());
        assert_eq!(submission.statement.height, height);
        let place = Place { federation, origin: "example.org/log" };
        assert!(submission.verify(&place, &plan.head.key).is_ok());
        let places: BTreeSet<u32> = plan.documents.iter().map(|d| d.place).collect();
        assert_eq!(places.len() as u64, count);
        let secrets: BTreeSet<_> = plan.documents.iter().map(|d| d.secret).collect();
        assert_eq!(secrets.len() as u64, count);
        assert!(plan.documents.iter().all(|d| d.path.is_absolute()));
    }
}

#[test]
fn a_plan_that_was_changed_gives_another_root() {
    let key = SigningKey::from_seed("office", KeyType::Ed25519, &[3; 32]).unwrap();
    let federation = FederationId([9; 32]);
    let seat = Seat { federation, origin: "example.org/log", issuer: LeafIndex(4), key: &key };
    let good = plan(candidates(3), &seat, Timestamp(7)).unwrap();
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        batch(&plan).is_err()
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|p| p.documents[0].place = p.documents[1].place));
    assert!(refused(&|p| p.documents[0].place = 16));
    assert!(refused(&|p| p.documents[0].secret[0] ^= 1));
    assert!(refused(&|p| p.documents[0].digest.length += 1));
    assert!(refused(&|p| Arc::make_mut(&mut p.documents[0].claims).unit.push('x')));
    assert!(refused(&|p| p.head.padding[0] ^= 1));
    assert!(refused(&|p| p.head.height = 3));
    // Another seat signs the same batch.
    let other = SigningKey::from_seed("office", KeyType::Ed25519, &[4; 32]).unwrap();
    let mut again = good.clone();
    sign(&mut again, &Seat { issuer: LeafIndex(8), key: &other, ..seat }).unwrap();
    assert_eq!((again.head.root, again.head.issuer), (good.head.root, 8));
    assert_ne!(again.head.submission, good.head.submission);
}
