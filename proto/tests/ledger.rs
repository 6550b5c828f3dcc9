//! The rules of the ledger with real signatures, and properties over random ledgers.

mod world;

use proptest::prelude::*;
use proto::hash::{LeafIndex, StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{
    AdminKey, Entry, FederationId, Found, IssuanceStatement, Issuer, IssuerRequest,
    IssuerStatement, Lookup, Previous, Refusal, RevocationStatement, Rules, Seen, Snapshot, State,
    StatusState, Submission, plan,
};
use proto::note::SigningKey;
use world::*;

fn log() -> Log {
    Log::new(&federation(), 1).with_all_kinds()
}

/// A change of an issuer's key, name or scope, signed by both keys.
fn change(log: &Log, id: u64, replaces: u64, name: &str, key: &SigningKey) -> Entry {
    let previous = Previous { id: LeafIndex(id), replaces: LeafIndex(replaces) };
    let statement = IssuerStatement::new(Some(previous), name, &public(key), &["a"]).unwrap();
    let request = IssuerRequest::sign(&log.rules.place(), statement, key).unwrap();
    Entry::Issuer(request.admit(&administration(1)).unwrap())
}

fn retire(log: &Log, entry: LeafIndex) -> Entry {
    let issuer = log.state.issuer_in_force(entry).unwrap();
    Entry::Issuer(Issuer::retire(&log.rules.place(), issuer, &administration(1)).unwrap())
}

fn issuance(log: &Log, issuer: u64, key: &SigningKey, number: u8) -> Submission {
    log.prepare(LeafIndex(issuer), key, vec![document(number)]).2
}

#[test]
fn an_issuer_is_admitted_changed_and_retired() {
    let mut log = log();
    let (one, two, three) = (issuer_key(1), issuer_key(2), issuer_key(3));
    let id = log.admit("Office", &one, &["a", "b"]);
    assert_eq!(log.state.issuer_by_key(&public(&one)).unwrap().id, id);
    log.push(&Entry::Issuance(issuance(&log, 0, &one, 1).entry(StatusIndex(0))));
    // The same key may go on with another name and scope.
    let renamed = log.push(&change(&log, 0, 0, "New office", &one));
    assert!(log.state.issuer_in_force(id).is_none());
    assert_eq!(log.state.issuer_in_force(renamed).unwrap().name, "New office");
    let rotated = log.push(&change(&log, 0, renamed.0, "New office", &two));
    let issuer = log.state.issuer_in_force(rotated).unwrap();
    assert_eq!((issuer.id, issuer.key), (id, public(&two)));
    assert!(log.state.issuer_by_key(&public(&one)).is_none());
    // The old key is worth nothing, under the old entry or the new one.
    let old = issuance(&log, id.0, &one, 2).entry(StatusIndex(16));
    assert_eq!(log.judge(&Entry::Issuance(old)), Err(Refusal::IssuerNotInForce(id)));
    let old = issuance(&log, rotated.0, &one, 2).entry(StatusIndex(16));
    assert_eq!(log.judge(&Entry::Issuance(old)), Err(Refusal::IssuanceSignatureBad));
    // It never comes back, for this issuer or for another.
    let back = change(&log, id.0, rotated.0, "New office", &one);
    assert_eq!(log.judge(&back), Err(Refusal::KeyUsedBefore));
    let back = Entry::Issuer(log.admission("Other", &one, &["a"]));
    assert_eq!(log.judge(&back), Err(Refusal::KeyUsedBefore));
    for name in ["Office", "New office"] {
        let same = Entry::Issuer(log.admission(name, &three, &["a"]));
        assert_eq!(log.judge(&same), Err(Refusal::NameUsedBefore));
    }
    let retired = log.push(&retire(&log, rotated));
    assert!(log.state.issuer_in_force(retired).unwrap().retired);
    let late = issuance(&log, retired.0, &two, 3).entry(StatusIndex(16));
    assert_eq!(log.judge(&Entry::Issuance(late)), Err(Refusal::IssuerRetired));
    let again = change(&log, id.0, retired.0, "New office", &three);
    assert_eq!(log.judge(&again), Err(Refusal::IssuerRetired));
    assert_eq!(log.state.issuers().count(), 1);
}

#[test]
fn issuer_entries_are_not_replayed_or_borrowed() {
    let federation = federation();
    let mut log = log();
    let key = issuer_key(1);
    let admission = log.admission("Office", &key, &["a"]);
    // From another log, another federation, or with another authority's key.
    let other = Log::new(&federation, 2).admission("Office", &key, &["a"]);
    assert_eq!(log.judge(&Entry::Issuer(other)), Err(Refusal::AdminSignatureBad));
    let elsewhere = Rules::new(
        FederationId([9; 32]),
        log.rules.origin(),
        vec![AdminKey { key: public(&administration(1)), until: None }],
    );
    let refused =
        State::new().apply(&elsewhere, &Entry::Issuer(admission.clone()), &Found::default(), None);
    assert_eq!(refused, Err(Refusal::AdminSignatureBad));
    // The key did not ask for it.
    let stolen = Issuer { key_signature: Some([1; 64]), ..admission.clone() };
    assert_eq!(log.judge(&Entry::Issuer(stolen)), Err(Refusal::KeySignatureBad));
    // The administration key issues nothing.
    let admin = log.admission("Office", &administration(1), &["a"]);
    assert_eq!(log.judge(&Entry::Issuer(admin)), Err(Refusal::KeyWithTwoPurposes));
    log.push(&Entry::Issuer(admission.clone()));
    assert_eq!(log.judge(&Entry::Issuer(admission)), Err(Refusal::KeyUsedBefore));
    // A rotation replaces the entry in force and no other.
    let rotation = change(&log, 0, 0, "Office", &issuer_key(2));
    let at = log.push(&rotation);
    assert_eq!(log.judge(&rotation), Err(Refusal::ReplacesNotInForce { in_force: at }));
    let unknown = change(&log, 1, 1, "Office", &issuer_key(3));
    assert_eq!(log.judge(&unknown), Err(Refusal::IssuerUnknown(LeafIndex(1))));
    // A retirement that borrows another key or name.
    let mut issuer = log.state.issuer_in_force(at).unwrap().clone();
    issuer.name = "Else".into();
    let renamed = Issuer::retire(&log.rules.place(), &issuer, &administration(1)).unwrap();
    assert_eq!(log.judge(&Entry::Issuer(renamed)), Err(Refusal::RetirementChangesIssuer));
}

#[test]
fn issuances_follow_each_other() {
    let mut log = log();
    let (one, two) = (issuer_key(1), issuer_key(2));
    log.admit("One", &one, &["a"]);
    log.admit("Two", &two, &["a"]);
    let judge = |log: &mut Log, submission: Submission, first: u64| {
        log.judge(&Entry::Issuance(submission.entry(StatusIndex(first))))
    };
    let first = issuance(&log, 0, &one, 1);
    for got in [1, 16, 1 << 53] {
        let (want, got) = (StatusIndex(0), StatusIndex(got));
        assert_eq!(judge(&mut log, first, got.0), Err(Refusal::StatusIndexWrong { want, got }));
    }
    for issuer in [2, 3, 1 << 53] {
        let none = Submission {
            statement: IssuanceStatement { issuer: LeafIndex(issuer), ..first.statement },
            ..first
        };
        assert_eq!(judge(&mut log, none, 0), Err(Refusal::IssuerNotInForce(LeafIndex(issuer))));
    }
    // One issuer's signature under another's entry; another height; another log.
    let height = IssuanceStatement { height: 5, ..first.statement };
    let borrowed = IssuanceStatement { issuer: LeafIndex(1), ..first.statement };
    let elsewhere = issuance(&Log::new(&federation(), 2), 0, &one, 1);
    for bad in [
        Submission { statement: height, ..first },
        Submission { statement: borrowed, ..first },
        elsewhere,
    ] {
        assert_eq!(judge(&mut log, bad, 0), Err(Refusal::IssuanceSignatureBad));
    }
    let entry = Entry::Issuance(first.entry(StatusIndex(0)));
    assert_eq!(plan(&entry), Lookup::Batch(first.statement.batch_root));
    let there = Found { batch: true, ..Found::default() };
    let known = log.state.apply(&log.rules, &entry, &there, None);
    assert_eq!(known, Err(Refusal::BatchDuplicate));
    // Twice before a commit: the state knows that itself. After it, the caller does.
    log.state.apply(&log.rules, &entry, &Found::default(), None).unwrap();
    let again = Entry::Issuance(first.entry(StatusIndex(16)));
    assert_eq!(
        log.state.apply(&log.rules, &again, &Found::default(), None),
        Err(Refusal::BatchDuplicate)
    );
    log.state.rollback();
    assert_eq!(log.state.apply(&log.rules, &entry, &Found::default(), None), Ok(()));
}

#[test]
fn snapshots_show_the_list_as_it_is() {
    let mut log = log();
    let key = issuer_key(1);
    log.admit("Office", &key, &["a"]);
    log.push(&Entry::Issuance(issuance(&log, 0, &key, 1).entry(StatusIndex(0))));
    assert!(!log.state.closing());
    let good = log.state.snapshot(&log.rules, T0);
    assert_eq!((good.status_length, log.judge(&Entry::Snapshot(good))), (16, Ok(())));
    let zero = Refusal::SnapshotTimeZero;
    for (bad, want) in [
        (Snapshot { status_length: 15, ..good }, Refusal::SnapshotStatusWrong),
        (Snapshot { status_root: log.root(1), ..good }, Refusal::SnapshotStatusWrong),
        (Snapshot { federation: FederationId([0; 32]), ..good }, Refusal::SnapshotFederationWrong),
        (Snapshot { time: Timestamp(0), ..good }, zero),
    ] {
        assert_eq!(log.judge(&Entry::Snapshot(bad)), Err(want));
    }
    log.close(T0);
    assert!(log.state.closing());
    let back = Snapshot { time: Timestamp(T0.0 - 1), ..good };
    let refused = Refusal::SnapshotTimeGoesBack { last: T0, got: back.time };
    assert_eq!(log.judge(&Entry::Snapshot(back)), Err(refused));
    assert_eq!(log.judge(&Entry::Snapshot(good)), Ok(()), "the same second again");
    // Five seconds ahead of the clock, and six.
    for (ahead, allowed) in [(5, true), (6, false)] {
        let time = Timestamp(T0.0 + ahead);
        let entry = Entry::Snapshot(Snapshot { time, ..good });
        let answer = log.state.apply(&log.rules, &entry, &Found::default(), Some(T0));
        assert_eq!(answer.is_ok(), allowed, "{ahead}");
        log.state.rollback();
    }
}

#[test]
fn a_dropped_administration_key_counts_up_to_the_pin() {
    let one = federation();
    let mut log = Log::new(&one, 1);
    let (old, new) = (administration(1), key("new", proto::note::KeyType::Ed25519, 200));
    log.admit("One", &issuer_key(1), &["a"]);
    log.close(T0);
    let mut version = next_version(&one, &[&log, &Log::new(&one, 2)]);
    version.authorities[0].administration = new.verifier_key().clone();
    log.rules = grown(&one, &version).rules_for(log.rules.origin()).unwrap();
    let mut replayed = State::new();
    for entry in &log.entries {
        let entry = Entry::parse(entry).unwrap();
        replayed.apply(&log.rules, &entry, &Found::default(), None).unwrap();
    }
    replayed.commit();
    assert_eq!(replayed, log.state);
    let admission = |admin: &SigningKey| {
        let place = log.rules.place();
        let issuer = issuer_key(2);
        let statement = IssuerStatement::new(None, "Two", &public(&issuer), &["a"]).unwrap();
        let request = IssuerRequest::sign(&place, statement, &issuer).unwrap();
        Entry::Issuer(request.admit(admin).unwrap())
    };
    let (by_old, by_new) = (admission(&old), admission(&new));
    assert_eq!(log.judge(&by_old), Err(Refusal::AdminSignatureBad));
    assert_eq!(log.judge(&by_new), Ok(()));
}

/// What a random ledger does next.
#[derive(Clone, Debug)]
enum Step {
    Admit(u8),
    Rotate(u8),
    Retire(u8),
    Issue(u8, u8),
    Revoke(u8, u8, u8, u8),
    Close(u16),
    Commit,
    Rollback,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u8..20).prop_map(Step::Admit),
        (0u8..6).prop_map(Step::Rotate),
        (0u8..6).prop_map(Step::Retire),
        (0u8..6, 0u8..40).prop_map(|(issuer, number)| Step::Issue(issuer, number)),
        (0u8..6, 0u8..60, 0u8..20, 0u8..4)
            .prop_map(|(i, at, more, s)| Step::Revoke(i, at, more, s)),
        (0u16..900).prop_map(Step::Close),
        Just(Step::Commit),
        Just(Step::Rollback),
    ]
}

/// The entry of a step, if there is one that the rules may allow.
fn entry(log: &Log, step: &Step) -> Option<Entry> {
    let nth = |at: u8| log.state.issuers().nth(usize::from(at));
    Some(match step {
        Step::Admit(seed) => {
            Entry::Issuer(log.admission(&format!("Office {seed}"), &issuer_key(*seed), &["a"]))
        }
        Step::Rotate(at) => {
            let issuer = nth(*at)?;
            let key = issuer_key(50 + (log.state.size().0 % 90) as u8);
            change(log, issuer.id.0, issuer.entry.0, &issuer.name, &key)
        }
        Step::Retire(at) => retire(log, nth(*at)?.entry),
        Step::Issue(at, number) => {
            let issuer = nth(*at)?;
            let key = (0..150).map(issuer_key).find(|key| public(key) == issuer.key)?;
            let submission = issuance(log, issuer.entry.0, &key, *number);
            Entry::Issuance(submission.entry(log.state.next_status()))
        }
        Step::Revoke(at, first, more, state) => {
            let (id, place) = (nth(*at)?.id, log.rules.place());
            let signer = if *more % 2 == 0 { Signer::Administration } else { Signer::LastWord };
            let sequence = nth(*at)?.admin_sequence + u64::from(*first % 2);
            let first = StatusIndex(u64::from(*first));
            let ranges = vec![Range { first, last: StatusIndex(first.0 + u64::from(*more)) }];
            let state = StatusState::from_bits(*state)?;
            let statement = RevocationStatement::new(id, sequence, signer, state, ranges).unwrap();
            Entry::Revocation(statement.sign(&place, &administration(1)).unwrap())
        }
        Step::Close(seconds) => {
            let time = Timestamp(log.state.last_time().0 + u64::from(*seconds));
            Entry::Snapshot(log.state.snapshot(&log.rules, time))
        }
        Step::Commit | Step::Rollback => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_rolled_back_never_was(steps in prop::collection::vec(step(), 1..60)) {
        let mut log = log();
        let (mut committed, mut kept) = (State::new(), Vec::new());
        let mut seen = Seen::default();
        let mut applied: Vec<Entry> = Vec::new();
        for step in steps {
            match &step {
                Step::Commit => {
                    seen.keep(&log.state);
                    log.state.commit();
                    committed = log.state.clone();
                    kept.append(&mut applied);
                }
                Step::Rollback => {
                    log.state.rollback();
                    applied.clear();
                    prop_assert_eq!(&log.state, &committed);
                }
                _ => {
                    let Some(entry) = entry(&log, &step) else { continue };
                    let found = seen.find(&plan(&entry));
                    let before = log.state.clone();
                    match log.state.apply(&log.rules, &entry, &found, None) {
                        Ok(()) => applied.push(entry),
                        Err(_) => prop_assert_eq!(&log.state, &before, "a refusal changes nothing"),
                    }
                }
            }
        }
        log.state.rollback();
        prop_assert_eq!(&log.state, &committed);
        // A dump loads to the same state, and a replay gives it as well.
        let dump = log.state.to_bytes();
        prop_assert_eq!(&State::from_bytes(&dump).unwrap(), &log.state);
        let (mut replayed, mut replayed_seen) = (State::new(), Seen::default());
        for entry in &kept {
            let bytes = entry.to_bytes();
            let parsed = Entry::parse(&bytes).unwrap();
            prop_assert_eq!(parsed.to_bytes(), bytes);
            let found = replayed_seen.find(&plan(&parsed));
            replayed.apply(&log.rules, &parsed, &found, None).unwrap();
            replayed_seen.keep(&replayed);
            replayed.commit();
        }
        prop_assert_eq!(&replayed, &log.state);
        prop_assert_eq!(replayed.size().0, kept.len() as u64);
    }

    #[test]
    fn a_damaged_dump_does_not_load(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut log = log();
        log.admit("Office", &issuer_key(1), &["a"]);
        log.close(T0);
        let mut dump = log.state.to_bytes();
        let at = at.index(dump.len());
        dump[at] ^= 1 << bit;
        prop_assert!(State::from_bytes(&dump).is_err());
        prop_assert!(State::from_bytes(&dump[..at]).is_err());
    }

    #[test]
    fn entries_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 1u8..5) {
        let bytes = [&[1, kind], &bytes[..]].concat();
        if let Ok(entry) = Entry::parse(&bytes) {
            prop_assert_eq!(entry.to_bytes(), bytes);
            let _ = log().judge(&entry);
        }
    }
}
