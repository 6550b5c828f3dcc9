//! The rules of the ledger: one entry after others, and what `apply` says.

use crate::case::Case;
use crate::withdrawals;
use crate::world::{Log, T0, administration, document, federation, issuer_key, public};
use proto::hash::{Hash, LeafIndex, StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{
    Entry, FederationId, IssuanceStatement, Issuer, IssuerRequest, IssuerStatement, Previous,
    RevocationStatement, Snapshot, StatusState, Submission,
};
use proto::note::SigningKey;
use proto::text::base64_encode;

/// A case: the entries of `log`, then `entry`.
pub fn case(log: &Log, name: &str, expect: &str, entry: &Entry) -> Case {
    let admin = hex::encode(public(&administration(1)));
    let mut case = Case::new("apply", name, expect, &entry.to_bytes())
        .with("federation", log.rules.federation())
        .with("origin", log.rules.origin())
        .with("admin", admin);
    for entry in &log.entries {
        case = case.with("entry", base64_encode(entry));
    }
    case
}

pub fn cases() -> Vec<Case> {
    [admissions(), changes(), issuances(), snapshots(), revocations(), withdrawals::cases()]
        .into_iter()
        .flatten()
        .collect()
}

pub fn new_log() -> Log {
    Log::new(&federation(), 1)
}

/// Entry 0 admits an issuer with key 1.
fn with_issuer() -> Log {
    let mut log = new_log();
    log.admit("Office", &issuer_key(1), &["a"]);
    log
}

fn issuer(log: &Log, name: &str, key: &SigningKey) -> Entry {
    Entry::Issuer(log.admission(name, key, &["a"]))
}

pub fn change(log: &Log, id: u64, replaces: u64, name: &str, key: &SigningKey) -> Entry {
    let previous = Previous { id: LeafIndex(id), replaces: LeafIndex(replaces) };
    let statement = IssuerStatement::new(Some(previous), name, &public(key), &["a"]).unwrap();
    let request = IssuerRequest::sign(&log.rules.place(), statement, key).unwrap();
    Entry::Issuer(request.admit(&administration(1)).unwrap())
}

fn admissions() -> Vec<Case> {
    let (empty, one) = (new_log(), with_issuer());
    let key = issuer_key(1);
    let good = empty.admission("Office", &key, &["a"]);
    let other_log = Log::new(&federation(), 2);
    let bad_key = Issuer { key_signature: Some([1; 64]), ..good.clone() };
    let bad_admin = Issuer { admin_signature: good.key_signature.unwrap(), ..good.clone() };
    vec![
        case(&empty, "good-admission", "ok", &Entry::Issuer(good)),
        case(&empty, "admission-not-by-its-key", "key-signature-bad", &Entry::Issuer(bad_key)),
        case(&empty, "admission-by-nobody", "admin-signature-bad", &Entry::Issuer(bad_admin)),
        case(
            &empty,
            "admission-of-another-log",
            "admin-signature-bad",
            &issuer(&other_log, "Office", &key),
        ),
        case(
            &empty,
            "admission-of-the-administration-key",
            "key-with-two-purposes",
            &issuer(&empty, "Office", &administration(1)),
        ),
        case(&one, "admission-again", "key-used-before", &issuer(&one, "Office", &key)),
        case(&one, "admission-of-a-used-key", "key-used-before", &issuer(&one, "New", &key)),
        case(
            &one,
            "admission-of-a-used-name",
            "name-used-before",
            &issuer(&one, "Office", &issuer_key(2)),
        ),
    ]
}

fn changes() -> Vec<Case> {
    let one = with_issuer();
    let mut rotated = with_issuer();
    rotated.push(&change(&rotated, 0, 0, "Office", &issuer_key(2)));
    let retire = |log: &Log, entry| {
        let issuer = log.state.issuer_in_force(LeafIndex(entry)).unwrap();
        Issuer::retire(&log.rules.place(), issuer, &administration(1)).unwrap()
    };
    let mut retired = with_issuer();
    retired.push(&Entry::Issuer(retire(&retired, 0)));
    let mut renamed = one.state.issuer_in_force(LeafIndex(0)).unwrap().clone();
    renamed.name = "Else".into();
    let renamed = Issuer::retire(&one.rules.place(), &renamed, &administration(1)).unwrap();
    let to = |log: &Log, replaces, seed| change(log, 0, replaces, "Office", &issuer_key(seed));
    vec![
        case(&one, "good-rotation", "ok", &to(&one, 0, 2)),
        case(&one, "good-same-key-again", "ok", &to(&one, 0, 1)),
        case(&one, "good-retirement", "ok", &Entry::Issuer(retire(&one, 0))),
        case(&rotated, "rotation-replayed", "replaces-not-in-force", &to(&rotated, 0, 2)),
        case(&rotated, "rotation-back-to-an-old-key", "key-used-before", &to(&rotated, 1, 1)),
        case(&retired, "rotation-after-retirement", "issuer-retired", &to(&retired, 1, 3)),
        case(
            &one,
            "rotation-of-nobody",
            "issuer-unknown",
            &change(&one, 5, 5, "Office", &issuer_key(2)),
        ),
        case(
            &one,
            "retirement-with-another-name",
            "retirement-changes-issuer",
            &Entry::Issuer(renamed),
        ),
    ]
}

fn issuances() -> Vec<Case> {
    let (one, key) = (with_issuer(), issuer_key(1));
    let prepare = |log: &Log, issuer, key: &SigningKey| {
        log.prepare(LeafIndex(issuer), key, vec![document(0)]).2
    };
    let good = prepare(&one, 0, &key);
    let at = |submission: Submission, first| Entry::Issuance(submission.entry(StatusIndex(first)));
    let changed = |statement: IssuanceStatement| at(Submission { statement, ..good }, 0);
    let mut issued = with_issuer();
    issued.push(&at(good, 0));
    let mut closed = with_issuer();
    closed.close(T0);
    let mut rotated = with_issuer();
    rotated.push(&change(&rotated, 0, 0, "Office", &issuer_key(2)));
    let mut retired = with_issuer();
    let state = retired.state.issuer_in_force(LeafIndex(0)).unwrap().clone();
    let entry = Issuer::retire(&retired.rules.place(), &state, &administration(1)).unwrap();
    retired.push(&Entry::Issuer(entry));
    let bad = "issuance-signature-bad";
    vec![
        case(&one, "good-issuance", "ok", &at(good, 0)),
        case(&one, "good-batch-not-known", "ok", &at(good, 0)).with("known", "no"),
        case(&one, "batch-known", "batch-duplicate", &at(good, 0)).with("known", "yes"),
        case(&one, "status-too-far", "status-index-wrong", &at(good, 16)),
        case(&issued, "status-again", "status-index-wrong", &at(prepare(&issued, 0, &key), 0))
            .with("known", "no"),
        case(
            &one,
            "other-root",
            bad,
            &changed(IssuanceStatement { batch_root: Hash([1; 32]), ..good.statement }),
        ),
        case(
            &one,
            "other-height",
            bad,
            &changed(IssuanceStatement { height: 5, ..good.statement }),
        ),
        case(&one, "other-issuers-key", bad, &at(prepare(&one, 0, &issuer_key(2)), 0)),
        case(
            &one,
            "issuance-of-another-log",
            bad,
            &at(prepare(&Log::new(&federation(), 2), 0, &key), 0),
        ),
        case(
            &closed,
            "issuer-is-a-snapshot",
            "issuer-not-in-force",
            &at(prepare(&closed, 1, &key), 0),
        ),
        case(&one, "issuer-not-there", "issuer-not-in-force", &at(prepare(&one, 9, &key), 0)),
        case(
            &rotated,
            "issuer-replaced",
            "issuer-not-in-force",
            &at(prepare(&rotated, 0, &key), 0),
        ),
        case(&rotated, "issuer-with-the-old-key", bad, &at(prepare(&rotated, 1, &key), 0)),
        case(&retired, "issuer-retired", "issuer-retired", &at(prepare(&retired, 1, &key), 0)),
    ]
}

fn snapshots() -> Vec<Case> {
    let mut log = with_issuer();
    log.close(T0);
    let good = log.state.snapshot(&log.rules, T0);
    let at = |seconds: u64| Entry::Snapshot(Snapshot { time: Timestamp(seconds), ..good });
    let changed = |snapshot| Entry::Snapshot(snapshot);
    let now = |case: Case| case.with("now", T0);
    vec![
        case(&log, "good-same-second", "ok", &at(T0.0)),
        now(case(&log, "good-five-seconds-ahead", "ok", &at(T0.0 + 5))),
        now(case(&log, "six-seconds-ahead", "snapshot-time-ahead", &at(T0.0 + 6))),
        case(&log, "good-replayed-without-a-clock", "ok", &at(T0.0 + 6)),
        case(&log, "time-goes-back", "snapshot-time-goes-back", &at(T0.0 - 1)),
        case(&new_log(), "time-zero", "snapshot-time-zero", &at(0)),
        case(
            &log,
            "snapshot-of-another-federation",
            "snapshot-federation-wrong",
            &changed(Snapshot { federation: FederationId([0; 32]), ..good }),
        ),
        case(
            &log,
            "length-too-large",
            "snapshot-status-wrong",
            &changed(Snapshot { status_length: 16, ..good }),
        ),
        case(
            &log,
            "other-status-root",
            "snapshot-status-wrong",
            &changed(Snapshot { status_root: Hash([1; 32]), ..good }),
        ),
    ]
}

fn revocations() -> Vec<Case> {
    let log = with_issuer();
    let range = Range { first: StatusIndex(0), last: StatusIndex(0) };
    let (id, state) = (LeafIndex(0), StatusState::Revoked);
    let statement = RevocationStatement::new(id, 1, Signer::Issuer, state, vec![range]);
    let entry = statement.unwrap().sign(&log.rules.place(), &issuer_key(1)).unwrap();
    let old = ["issuance", "issuer", "snapshot"];
    let case = case(&log, "revocation", "kind-not-in-force", &Entry::Revocation(entry));
    vec![old.iter().fold(case, |case, kind| case.with("kind", kind))]
}
