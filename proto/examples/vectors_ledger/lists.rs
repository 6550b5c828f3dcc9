//! Verdicts with status lists at hand: lists and the receipt's own status proof, in every order of
//! age.

use crate::case::Case;
use crate::verdicts::{VALID, with};
use crate::world::{
    Log, Paper, STATUS_AGE_S as DAY, T0, digest, document, document_of, federation, file,
    issuer_key,
};
use proto::document::commitment::commit;
use proto::federation::Federation;
use proto::hash::{LeafIndex, StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{Entry, Pointer, RevocationStatement, StatusState};
use proto::receipt::{Receipt, StatusProof};
use proto::status_list::StatusList;
use proto::text::base64_encode;

pub fn cases() -> Vec<Case> {
    [newest(), withdrawn(), elsewhere(), receipts(), moments()].into_iter().flatten().collect()
}

fn status(word: &str, code: &str) -> String {
    format!("{word} {code} content-matches issuer-proven time-proven {code}")
}

/// So many days after the document was published.
fn day(number: u64) -> u64 {
    T0.0 + number * DAY
}

/// A log whose document 0 was published on day 0.
struct Scene {
    federation: Federation,
    log: Log,
    paper: Paper,
    receipt: Receipt,
    /// Revocations so far.
    said: u64,
}

impl Scene {
    fn new() -> Scene {
        Scene::of("school.certificate", None)
    }

    fn of(document_type: &str, last_day: Option<&str>) -> Scene {
        let federation = federation();
        let mut log = Log::new(&federation, 1).with_all_kinds();
        let key = issuer_key(1);
        let issuer = log.admit("School of Example", &key, &["school.certificate"]);
        let documents = vec![document_of(0, document_type, last_day), document(1)];
        let paper = log.issue(issuer, &key, documents);
        log.close(T0);
        let receipt = log.receipt(&federation, &paper, 0);
        Scene { federation, log, paper, receipt, said: 0 }
    }

    /// Document 0 changes its state, and the log closes on that day.
    fn on(&mut self, number: u64, state: StatusState) -> String {
        self.said += 1;
        let ranges = vec![Range { first: StatusIndex(0), last: StatusIndex(0) }];
        let id = LeafIndex(0);
        let statement = RevocationStatement::new(id, self.said, Signer::Issuer, state, ranges);
        let mut statement = statement.unwrap();
        if state == StatusState::Superseded {
            let commitment = |at: usize| commit(&self.paper.documents[at], &self.paper.secrets[at]);
            let pointer = Pointer::new(&commitment(0), &commitment(1));
            statement = statement.naming(vec![pointer]).unwrap();
        }
        let entry = statement.sign(&self.log.rules.place(), &issuer_key(1)).unwrap();
        self.log.push(&Entry::Revocation(entry));
        self.close(number)
    }

    /// The list with which the log closes on that day.
    fn close(&mut self, number: u64) -> String {
        self.log.close(Timestamp(day(number)));
        list(&self.log)
    }

    fn with_status(&self) -> Receipt {
        let fresh = self.log.fresh_status(self.receipt.status_index());
        Receipt { status: Some(fresh), ..self.receipt.clone() }
    }
}

fn list(log: &Log) -> String {
    let (checkpoint, last) = (log.published(), LeafIndex(log.len() - 1));
    let (time, status) = (log.state.last_time(), log.state.status());
    base64_encode(&StatusList::new(checkpoint, time, log.prove(last), status).to_bytes())
}

fn ask(name: &str, expect: &str, receipt: &Receipt, lists: &[&String], now: u64) -> Case {
    let (receipt, content) = (receipt.to_bytes().unwrap(), digest(&file(0)));
    let case = with(name, expect, &receipt, Some(&content), "good-first", Timestamp(now));
    lists.iter().fold(case, |case, list| case.with("list", list))
}

fn newest() -> Vec<Case> {
    let mut scene = Scene::new();
    let first = scene.close(1);
    let suspended = scene.on(4, StatusState::Suspended);
    let reinstated = scene.on(5, StatusState::Valid);
    let receipt = &scene.receipt;
    let none = Receipt { status: None, ..receipt.clone() };
    let stale = status("CANNOT TELL", "status-stale");
    let now = day(5) + 60;
    // 2028-01-01 00:00:00 UTC, the first second after the federation file's last day.
    let over = 1_830_297_600;
    let mut late = Scene::new();
    late.log.close(Timestamp(over - 100));
    let late = list(&late.log);
    let expired = status("CANNOT TELL", "federation-expired");
    let future = status("CANNOT TELL", "status-in-future");
    vec![
        ask("good-list-newer-than-the-receipt", VALID, receipt, &[&reinstated], now),
        ask("good-status-in-the-list-alone", VALID, &none, &[&reinstated], now),
        ask("good-newest-of-two-lists", VALID, receipt, &[&reinstated, &suspended], now),
        ask("good-newest-of-two-lists-last", VALID, receipt, &[&suspended, &reinstated], now),
        ask("good-list-a-day-old", VALID, receipt, &[&first], day(2)),
        ask("list-stale", &stale, receipt, &[&first], day(2) + 1),
        ask("list-in-future", &future, receipt, &[&reinstated], day(5) - 301),
        ask("good-list-a-little-ahead", VALID, receipt, &[&reinstated], day(5) - 300),
        ask("list-of-an-expired-federation", &expired, receipt, &[&late], over),
    ]
}

fn withdrawn() -> Vec<Case> {
    let lists = |state| {
        let mut scene = Scene::new();
        let before = scene.close(1);
        let after = scene.on(2, state);
        (scene.receipt, before, after)
    };
    let bad = |code: &str| status("INVALID", code);
    let stale = status("CANNOT TELL", "status-stale");
    let (now, later) = (day(2) + 60, day(90));
    let (receipt, before, revoked) = lists(StatusState::Revoked);
    let redacted = receipt.redact(&[]).unwrap();
    let (_, _, superseded) = lists(StatusState::Superseded);
    let (_, _, suspended) = lists(StatusState::Suspended);
    let ended = {
        let mut scene = Scene::of("school.certificate", Some("2026-05-04"));
        let list = scene.close(3);
        ask("list-valid-and-last-day-over", &bad("expired"), &scene.receipt, &[&list], day(3))
    };
    vec![
        ask("list-revoked", &bad("revoked"), &receipt, &[&revoked], now),
        ask("list-revoked-and-an-older-one", &bad("revoked"), &receipt, &[&revoked, &before], now),
        ask("list-revoked-redacted", &bad("revoked"), &redacted, &[&revoked], now),
        ask("list-revoked-long-ago", &bad("revoked"), &receipt, &[&revoked], later),
        ask("list-superseded", &bad("superseded"), &receipt, &[&superseded], now),
        ask("list-superseded-long-ago", &bad("superseded"), &receipt, &[&superseded], later),
        ask("list-suspended", &bad("suspended"), &receipt, &[&suspended], now),
        ask("list-suspended-long-ago", &stale, &receipt, &[&suspended], later),
        ended,
    ]
}

/// Lists that say nothing of the document.
fn elsewhere() -> Vec<Case> {
    let scene = Scene::new();
    let receipt = &scene.receipt;
    let none = Receipt { status: None, ..receipt.clone() };
    let mut early = Log::new(&scene.federation, 1);
    early.close(Timestamp(day(5)));
    let early = list(&early);
    let mut other = Log::new(&scene.federation, 2).with_all_kinds();
    let key = issuer_key(1);
    let issuer = other.admit("School of Example", &key, &["school.certificate"]);
    other.issue(issuer, &key, vec![document(9)]);
    let ranges = vec![Range { first: StatusIndex(0), last: StatusIndex(15) }];
    let statement =
        RevocationStatement::new(issuer, 1, Signer::Issuer, StatusState::Revoked, ranges);
    let entry = statement.unwrap().sign(&other.rules.place(), &key).unwrap();
    other.push(&Entry::Revocation(entry));
    other.close(T0);
    let other = list(&other);
    // The log gave the first status index, so the issuer's signature does not cover it.
    let moved = Receipt { first_status: StatusIndex(1), ..none.clone() };
    let unproven = "INVALID inclusion-proof-bad content-matches issuer-proven \
                    inclusion-proof-bad status-missing";
    let missing = status("CANNOT TELL", "status-missing");
    let (now, own) = (T0.0 + 60, list(&scene.log));
    vec![
        ask("good-list-older-than-the-document", VALID, receipt, &[&early], now),
        ask("list-older-than-the-document", &missing, &none, &[&early], now),
        ask("good-list-of-another-log", VALID, receipt, &[&other], now),
        ask("list-of-another-log", &missing, &none, &[&other], now),
        ask("list-for-a-place-that-is-not-proven", unproven, &moved, &[&own], now),
    ]
}

/// Receipts with a status proof of their own that is newer, too weak, or false.
fn receipts() -> Vec<Case> {
    let mut scene = Scene::new();
    let suspended = scene.on(1, StatusState::Suspended);
    let reinstated = scene.on(2, StatusState::Valid);
    let valid = scene.with_status();
    scene.on(3, StatusState::Revoked);
    let revoked = scene.with_status();
    let now = day(3);
    let own = valid.status.clone().unwrap();
    let times = [(1, Timestamp(day(2))), (2, Timestamp(day(2)))];
    let two = StatusProof { checkpoint: Some(scene.log.publish(&times)), ..own.clone() };
    let weak = Receipt { status: Some(two), ..valid.clone() };
    let mut piece = own;
    piece.piece.piece[255] = 3;
    let wrong = Receipt { status: Some(piece), ..valid.clone() };
    let bad = |code: &str| status("INVALID", code);
    vec![
        ask("good-receipt-newer-than-the-list", VALID, &valid, &[&suspended], now),
        ask("receipt-newer-than-the-list", &bad("revoked"), &revoked, &[&reinstated], now),
        ask("good-list-for-a-weak-status", VALID, &weak, &[&reinstated], now),
        ask("list-for-a-false-status", &bad("status-proof-bad"), &wrong, &[&reinstated], now),
    ]
}

/// Published on day 0, seen to stand on day 1, seen to be revoked on day 5.
fn moments() -> Vec<Case> {
    let mut scene = Scene::new();
    let first = scene.close(1);
    let revoked = scene.on(5, StatusState::Revoked);
    let on = |name: &str, expect: &str, moment: u64| {
        let lists = [&revoked, &first];
        ask(name, expect, &scene.receipt, &lists, day(100)).with("at", moment)
    };
    let missing = status("CANNOT TELL", "status-history-missing");
    let bad = status("INVALID", "revoked");
    let early = "CANNOT TELL not-yet-proven-at content-matches issuer-proven not-yet-proven-at";
    vec![
        on("good-at-between-receipt-and-list", VALID, day(1) - 1),
        on("good-at-the-time-of-the-list", VALID, day(1)),
        on("good-at-a-day-after-the-list", VALID, day(2)),
        on("at-between-two-lists", &missing, day(2) + 1),
        on("at-just-before-the-list", &missing, day(5) - 1),
        on("at-the-time-of-the-list", &bad, day(5)),
        on("at-long-after-the-list", &bad, day(99)),
        on("at-before-receipt-and-lists", &format!("{early} status-history-missing"), T0.0 - 1),
    ]
}
