//! The rules for revocations: who may change which documents to what.

use crate::case::Case;
use crate::rules::{case, change, new_log};
use crate::world::{Log, T0, administration, document, issuer_key};
use proto::hash::{Hash, LeafIndex, StatusIndex};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{Entry, Issuer, Pointer, Revocation, RevocationStatement, StatusState};
use proto::note::SigningKey;

/// Entry 0 admits office 0, entry 1 admits office 1; office 0 has the status indexes 0 to 31 and 48
/// to 63, office 1 has 32 to 47. The list is closed at the end.
fn log() -> Log {
    let mut log = new_log().with_all_kinds();
    let (zero, one) = (issuer_key(1), issuer_key(2));
    log.admit("Office 0", &zero, &["a"]);
    log.admit("Office 1", &one, &["a"]);
    log.issue(LeafIndex(0), &zero, vec![document(1)]);
    log.issue(LeafIndex(0), &zero, vec![document(2)]);
    log.issue(LeafIndex(1), &one, vec![document(3)]);
    log.issue(LeafIndex(0), &zero, vec![document(4)]);
    log.close(T0);
    log
}

/// What one revocation of office 0 says.
#[derive(Clone)]
struct Word<'a> {
    sequence: u64,
    signer: Signer,
    state: StatusState,
    ranges: &'a [(u64, u64)],
}

const REVOKE: Word<'static> =
    Word { sequence: 1, signer: Signer::Issuer, state: StatusState::Revoked, ranges: &[(0, 0)] };

fn statement(word: &Word<'_>) -> RevocationStatement {
    let range =
        |(first, last): &(u64, u64)| Range { first: StatusIndex(*first), last: StatusIndex(*last) };
    let ranges = word.ranges.iter().map(range).collect();
    let id = LeafIndex(0);
    RevocationStatement::new(id, word.sequence, word.signer, word.state, ranges).unwrap()
}

fn signed(log: &Log, word: &Word<'_>, key: &SigningKey) -> Entry {
    Entry::Revocation(statement(word).sign(&log.rules.place(), key).unwrap())
}

pub fn cases() -> Vec<Case> {
    [owners(), signers(), sequences(), transitions(), successors()].into_iter().flatten().collect()
}

fn owners() -> Vec<Case> {
    let log = log();
    let key = issuer_key(1);
    let of = |name: &str, expect: &str, ranges: &[(u64, u64)]| {
        case(&log, name, expect, &signed(&log, &Word { ranges, ..REVOKE }, &key))
    };
    vec![
        of("good-revocation-of-one", "ok", &[(0, 0)]),
        of("good-revocation-over-two-batches", "ok", &[(3, 31), (48, 63)]),
        of("revocation-into-another-issuer", "range-not-owned", &[(3, 32)]),
        of("revocation-over-another-issuer", "range-not-owned", &[(3, 48)]),
        of("revocation-of-another-issuer", "range-not-owned", &[(0, 0), (33, 33)]),
        of("revocation-beyond-the-list", "range-not-owned", &[(63, 64)]),
        of("revocation-far-beyond-the-list", "range-not-owned", &[(1 << 40, 1 << 40)]),
    ]
}

fn signers() -> Vec<Case> {
    let log = log();
    let (zero, one, admin) = (issuer_key(1), issuer_key(2), administration(1));
    let by = |name: &str, expect: &str, signer, key: &SigningKey| {
        case(&log, name, expect, &signed(&log, &Word { signer, ..REVOKE }, key))
    };
    let bad = "revocation-signature-bad";
    let unsigned = Revocation { statement: statement(&REVOKE), signature: [1; 64] };
    let elsewhere = signed(&Log::new(&crate::world::federation(), 2), &REVOKE, &zero);
    let unknown = {
        let ranges = vec![Range { first: StatusIndex(0), last: StatusIndex(0) }];
        let (id, state) = (LeafIndex(5), StatusState::Revoked);
        let statement = RevocationStatement::new(id, 1, Signer::Issuer, state, ranges).unwrap();
        Entry::Revocation(statement.sign(&log.rules.place(), &zero).unwrap())
    };
    let mut rotated = new_log().with_all_kinds();
    rotated.admit("Office 0", &zero, &["a"]);
    rotated.issue(LeafIndex(0), &zero, vec![document(1)]);
    rotated.push(&change(&rotated, 0, 0, "Office 0", &one));
    let mut retired = new_log().with_all_kinds();
    retired.admit("Office 0", &zero, &["a"]);
    retired.issue(LeafIndex(0), &zero, vec![document(1)]);
    let office = retired.state.issuer_in_force(LeafIndex(0)).unwrap();
    let end = Issuer::retire(&retired.rules.place(), office, &admin).unwrap();
    retired.push(&Entry::Issuer(end));
    let last = Word { signer: Signer::Administration, ..REVOKE };
    vec![
        by("good-revocation-by-the-administration", "ok", Signer::Administration, &admin),
        by("good-revocation-by-the-last-word-of-all", "ok", Signer::LastWord, &admin),
        by("revocation-by-another-issuer", bad, Signer::Issuer, &one),
        by("revocation-by-the-issuer-as-administration", bad, Signer::Administration, &zero),
        by("revocation-by-the-issuer-as-last-word", bad, Signer::LastWord, &zero),
        by("revocation-by-the-administration-as-issuer", bad, Signer::Issuer, &admin),
        case(&log, "revocation-by-nobody", bad, &Entry::Revocation(unsigned)),
        case(&log, "revocation-for-another-log", bad, &elsewhere),
        case(&log, "revocation-of-an-unknown-issuer", "issuer-unknown", &unknown),
        case(&rotated, "revocation-by-the-old-key", bad, &signed(&rotated, &REVOKE, &zero)),
        case(&rotated, "good-revocation-by-the-new-key", "ok", &signed(&rotated, &REVOKE, &one)),
        case(
            &retired,
            "revocation-by-a-retired-issuer",
            "issuer-retired",
            &signed(&retired, &REVOKE, &zero),
        ),
        case(
            &retired,
            "good-revocation-for-a-retired-issuer",
            "ok",
            &signed(&retired, &last, &admin),
        ),
    ]
}

fn sequences() -> Vec<Case> {
    let mut log = log();
    let (key, admin) = (issuer_key(1), administration(1));
    let suspend = Word { state: StatusState::Suspended, sequence: 7, ..REVOKE };
    let first = signed(&log, &suspend, &key);
    log.push(&first);
    log.close(T0);
    let next = |sequence| Word { sequence, ..REVOKE };
    let other = Word { signer: Signer::Administration, ..next(1) };
    let used = "sequence-not-grown";
    vec![
        case(&log, "revocation-replayed", used, &first),
        case(&log, "revocation-with-a-used-number", used, &signed(&log, &next(7), &key)),
        case(&log, "revocation-with-an-earlier-number", used, &signed(&log, &next(6), &key)),
        case(&log, "revocation-numbered-zero", used, &signed(&log, &next(0), &key)),
        case(&log, "good-revocation-with-the-next-number", "ok", &signed(&log, &next(8), &key)),
        case(&log, "good-revocation-with-a-gap", "ok", &signed(&log, &next(900), &key)),
        case(&log, "good-revocation-with-numbers-apart", "ok", &signed(&log, &other, &admin)),
    ]
}

fn transitions() -> Vec<Case> {
    let mut log = log();
    let (key, admin) = (issuer_key(1), administration(1));
    for (sequence, state, ranges) in [
        (1, StatusState::Suspended, &[(1, 1)]),
        (2, StatusState::Superseded, &[(2, 2)]),
        (3, StatusState::Revoked, &[(3, 3)]),
    ] {
        let entry = signed(&log, &Word { sequence, state, ranges, ..REVOKE }, &key);
        log.push(&entry);
    }
    log.close(T0);
    let mut cases = Vec::new();
    let states = [
        ("valid", StatusState::Valid),
        ("suspended", StatusState::Suspended),
        ("superseded", StatusState::Superseded),
        ("revoked", StatusState::Revoked),
    ];
    let signers = [
        ("issuer", Signer::Issuer, &key),
        ("administration", Signer::Administration, &admin),
        ("last-word", Signer::LastWord, &admin),
    ];
    for (at, (from, _)) in states.iter().enumerate() {
        for (to, state) in states {
            for (by, signer, key) in signers {
                let open = at < 2 || *from == to || by == "last-word";
                let expect = if open { "ok" } else { "state-final" };
                let ranges = &[(at as u64, at as u64)];
                let entry = signed(&log, &Word { sequence: 9, signer, state, ranges }, key);
                let good = if open { "good-" } else { "" };
                cases.push(case(&log, &format!("{good}{from}-to-{to}-by-{by}"), expect, &entry));
            }
        }
    }
    // One document that may not change refuses the whole entry.
    let all = Word { sequence: 9, state: StatusState::Suspended, ranges: &[(0, 15)], ..REVOKE };
    cases.push(case(
        &log,
        "suspension-over-a-revoked-one",
        "state-final",
        &signed(&log, &all, &key),
    ));
    cases
}

fn successors() -> Vec<Case> {
    let log = log();
    let word = Word { state: StatusState::Superseded, ranges: &[(4, 5)], ..REVOKE };
    let pointers = [1, 2].map(|n| Pointer::new(&Hash([n; 32]), &Hash([n + 9; 32])));
    let named = statement(&word).naming(pointers.to_vec()).unwrap();
    let entry = Entry::Revocation(named.sign(&log.rules.place(), &issuer_key(1)).unwrap());
    vec![case(&log, "good-superseding-with-successors", "ok", &entry)]
}
