//! Receipts and verdicts: what a person with a document in hand is told.

mod world;

use proto::hash::{StatusIndex, Timestamp};
use proto::receipt::answer::IssuanceAnswer;
use proto::receipt::{Receipt, ReceiptError};
use proto::verify::{Known, LineState, Question, Reason, Verdict, Word, verify, verify_with};
use world::*;

/// One issuer, one batch of three documents, published.
fn scene() -> (proto::federation::Federation, Log, Paper) {
    let federation = federation();
    let mut log = Log::new(&federation, 1);
    let key = issuer_key(1);
    let issuer = log.admit("School of Example", &key, &["school.certificate"]);
    let paper = log.issue(issuer, &key, (0..3).map(document).collect());
    log.close(T0);
    (federation, log, paper)
}

fn ask(federation: &proto::federation::Federation, receipt: &[u8], number: u8) -> Verdict {
    ask_at(federation, receipt, number, NOW)
}

fn ask_at(
    federation: &proto::federation::Federation,
    receipt: &[u8],
    number: u8,
    now: Timestamp,
) -> Verdict {
    let content = digest(&file(number));
    verify(&Question::new(Some(&content), receipt, federation, now))
}

#[test]
fn a_document_is_valid_and_the_verdict_says_what_was_proven() {
    let (federation, log, paper) = scene();
    for at in 0..3 {
        let receipt = log.receipt(&federation, &paper, at);
        let bytes = receipt.to_bytes().unwrap();
        assert_eq!(Receipt::parse(&bytes), Ok(receipt.clone()));
        let verdict = ask(&federation, &bytes, at as u8);
        assert_eq!(verdict.reason, Reason::Valid, "{verdict:#?}");
        assert_eq!(verdict.word, Word::Valid);
        assert!(verdict.lines().iter().all(|(_, line)| line.state == LineState::Good));
        let facts = verdict.facts;
        let log_facts = facts.log.unwrap();
        assert_eq!(log_facts.authority_name, "Town of Example 1");
        assert_eq!(log_facts.proven_time, Timestamp(T0.0 + 1));
        assert_eq!(log_facts.operators, ["op1", "op2", "op3"]);
        assert_eq!(facts.issuer.unwrap().name, "School of Example");
        let document = facts.document.unwrap();
        assert_eq!(document.shown.len(), 8);
        assert_eq!((document.hidden, document.batch_width), (0, 16));
        assert_eq!(document.claimed_date.unwrap().to_string(), "2026-05-02");
        let status = facts.status.unwrap();
        assert_eq!((status.as_of, status.index), (T0, StatusIndex(at as u64)));
        // The raw entry is what other people's tools need.
        assert_eq!(receipt.entry().unwrap(), log.entries[1]);
    }
}

#[test]
fn every_redaction_is_valid_and_says_how_many_are_hidden() {
    let (federation, log, paper) = scene();
    let receipt = log.receipt(&federation, &paper, 1);
    for mask in 0u32..16 {
        let shown: Vec<u32> =
            (0..4).filter(|bit| mask >> bit & 1 == 1).map(|bit| bit + 4).collect();
        let redacted = receipt.redact(&shown).unwrap();
        let bytes = redacted.to_bytes().unwrap();
        assert_eq!(Receipt::parse(&bytes), Ok(redacted.clone()));
        let verdict = ask(&federation, &bytes, 1);
        assert_eq!(verdict.reason, Reason::Valid, "{mask:b} {verdict:#?}");
        let document = verdict.facts.document.unwrap();
        assert_eq!(document.hidden, 4 - mask.count_ones());
        let text = String::from_utf8(bytes).unwrap();
        let extra = text.lines().nth(1).unwrap().strip_prefix("extra ").unwrap();
        let json = String::from_utf8(proto::text::base64_decode(extra).unwrap()).unwrap();
        assert_eq!(json.contains("Jane Example"), mask & 4 != 0);
        assert!(!json.contains("secret"));
        // Hidden step by step, it is what is hidden at once; what is hidden stays so.
        for fewer in 0u32..16 {
            let kept: Vec<u32> =
                (0..4).filter(|bit| fewer >> bit & 1 == 1).map(|bit| bit + 4).collect();
            let again = redacted.redact(&kept);
            if fewer & !mask == 0 {
                assert_eq!(again, receipt.redact(&kept), "{mask:b} {fewer:b}");
            } else {
                assert_eq!(again, Err(ReceiptError::AlreadyHidden), "{mask:b} {fewer:b}");
            }
        }
    }
    assert_eq!(receipt.redact(&[8]), Err(ReceiptError::BadNumber));
}

#[test]
fn what_was_asked_before_changes_no_verdict() {
    let (federation, log, paper) = scene();
    let mut known = Known::default();
    let stranger = {
        let mut version = first();
        version.name = "Another federation".into();
        proto::federation::Federation::parse(&founded(&version, &[1, 2, 3])).unwrap()
    };
    for round in 0..2 {
        for at in 0..3 {
            let receipt = log.receipt(&federation, &paper, at);
            let bytes = receipt.to_bytes().unwrap();
            let forged = Receipt { signature: [1; 64], ..receipt }.to_bytes().unwrap();
            for federation in [&federation, &stranger] {
                for now in [NOW, Timestamp(NOW.0 + 10 * STATUS_AGE_S), Timestamp(1)] {
                    for receipt in [&bytes, &forged] {
                        let content = digest(&file(at as u8));
                        let question = Question::new(Some(&content), receipt, federation, now);
                        let remembered = verify_with(&mut known, &question);
                        assert_eq!(remembered, verify(&question), "round {round}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_answer_is_read_back_and_belongs_to_its_batch() {
    let (federation, log, paper) = scene();
    let answer = log.answer(&paper, &log.published());
    let body = answer.to_json();
    assert_eq!(IssuanceAnswer::parse(&body), Ok(answer.clone()));
    assert!(IssuanceAnswer::parse(&body[..body.len() - 1]).is_err());
    let wrong = |document: usize, secret: usize, at: u64| {
        let (document, secret) = (&paper.documents[document], &paper.secrets[secret]);
        answer.receipt(&federation, document, secret, &paper.batch, at).unwrap_err()
    };
    assert_eq!(wrong(0, 0, 1), ReceiptError::OtherBatch);
    assert_eq!(wrong(0, 1, 0), ReceiptError::OtherBatch);
    assert_eq!(wrong(0, 0, 16), ReceiptError::BadNumber);
    // More cosignatures than a quorum are left out of the receipt.
    let time = Timestamp(T0.0 + 9);
    let all = log.publish(&[(1, time), (2, T0), (3, T0), (4, T0)]);
    let answer = log.answer(&paper, &all);
    let (document, secret) = (&paper.documents[0], &paper.secrets[0]);
    let receipt = answer.receipt(&federation, document, secret, &paper.batch, 0).unwrap();
    assert_eq!(receipt.checkpoint.note().signatures().len(), 7);
    let verdict = ask(&federation, &receipt.to_bytes().unwrap(), 0);
    assert_eq!(verdict.word, Word::Valid);
    assert_eq!(verdict.facts.log.unwrap().operators, ["op2", "op3", "op4"]);
}

#[test]
fn a_fresh_status_can_come_later() {
    let (federation, mut log, paper) = scene();
    let receipt = log.receipt(&federation, &paper, 0);
    let later = Timestamp(T0.0 + 2 * STATUS_AGE_S);
    let stale = ask_at(&federation, &receipt.to_bytes().unwrap(), 0, later);
    assert_eq!((stale.word, stale.reason), (Word::CannotTell, Reason::StatusStale));
    assert_eq!(stale.content.state, LineState::Good);
    // The log grows: other batches, then a snapshot of today.
    let key = issuer_key(1);
    for number in 0..40 {
        log.issue(proto::hash::LeafIndex(0), &key, vec![document(number + 10)]);
    }
    log.close(later);
    let status = Some(log.fresh_status(receipt.status_index()));
    let fresh = Receipt { status, ..receipt.clone() };
    let verdict = ask_at(&federation, &fresh.to_bytes().unwrap(), 0, later);
    assert_eq!(verdict.word, Word::Valid, "{verdict:#?}");
    assert_eq!(verdict.facts.status.unwrap().as_of, later);
    let none = Receipt { status: None, ..receipt };
    let verdict = ask_at(&federation, &none.to_bytes().unwrap(), 0, NOW);
    assert_eq!(verdict.reason, Reason::StatusMissing);
}
