//! Revocations against a model that knows nothing of pieces, trees or runs: a list of owners and
//! states, one for each status index.

mod world;

use proptest::prelude::*;
use proto::hash::{LeafIndex, StatusIndex};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{
    Entry, Found, Lookup, Refusal, Revocation, RevocationStatement, State, StatusState, StatusTree,
    plan,
};
use proto::note::SigningKey;
use world::*;

/// Whose a document is and what became of it, by status index.
type Model = Vec<(LeafIndex, StatusState)>;

#[derive(Clone, Debug)]
struct Try {
    office: u8,
    signer: u8,
    state: u8,
    ranges: Vec<(u64, u64)>,
}

fn attempt() -> impl Strategy<Value = Try> {
    let ranges = prop::collection::vec((0u64..2600, 0u64..1500), 1..4);
    (0u8..2, 0u8..3, 0u8..4, ranges).prop_map(|(office, signer, state, mut ranges)| {
        ranges.sort();
        let mut apart: Vec<(u64, u64)> = Vec::new();
        for (first, more) in ranges {
            let first = apart.last().map_or(first, |(_, last)| first.max(last + 2));
            apart.push((first, first + more));
        }
        Try { office, signer, state, ranges: apart }
    })
}

fn key_of(tried: &Try) -> (Signer, SigningKey) {
    match tried.signer {
        0 => (Signer::Issuer, issuer_key(tried.office + 1)),
        1 => (Signer::Administration, administration(1)),
        _ => (Signer::LastWord, administration(1)),
    }
}

fn revocation(log: &Log, tried: &Try) -> Revocation {
    let (signer, key) = key_of(tried);
    let id = LeafIndex(u64::from(tried.office));
    let issuer = log.state.issuer_in_force(id).unwrap();
    let sequence = issuer.last_sequence(signer) + 1;
    let range =
        |(first, last): &(u64, u64)| Range { first: StatusIndex(*first), last: StatusIndex(*last) };
    let ranges = tried.ranges.iter().map(range).collect();
    let state = StatusState::from_bits(tried.state).unwrap();
    let statement = RevocationStatement::new(id, sequence, signer, state, ranges).unwrap();
    statement.sign(&log.rules.place(), &key).unwrap()
}

/// What the model says, and what it is afterwards.
fn judge(model: &Model, entry: &Revocation) -> Option<Model> {
    let statement = &entry.statement;
    let mut after = model.clone();
    for range in statement.ranges() {
        for index in range.first.0..=range.last.0 {
            let (owner, state) = after.get_mut(index as usize)?;
            let fits = *owner == statement.issuer;
            if !fits || !statement.signer.may_change(*state, statement.state) {
                return None;
            }
            *state = statement.state;
        }
    }
    Some(after)
}

/// A log in which two offices issued in turn, and its model.
fn two_offices(turns: &[(u8, u8)]) -> (Log, Model) {
    let mut log = Log::new(&federation(), 1).with_all_kinds();
    let keys = [issuer_key(1), issuer_key(2)];
    log.admit("Office 0", &keys[0], &["a"]);
    log.admit("Office 1", &keys[1], &["a"]);
    let mut model = Model::new();
    for (number, (office, documents)) in (0u8..).zip(turns) {
        let id = LeafIndex(u64::from(*office));
        let papers = (0..=*documents).map(|n| document(n ^ number)).collect();
        let paper = log.issue(id, &keys[usize::from(*office)], papers);
        let width = paper.entry.submission.statement.width() as usize;
        model.extend(vec![(id, StatusState::Valid); width]);
    }
    (log, model)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_decides_as_a_plain_list_would(
        turns in prop::collection::vec((0u8..2, 0u8..200), 4..16),
        tries in prop::collection::vec((attempt(), any::<bool>()), 1..12),
    ) {
        let (mut log, mut model) = two_offices(&turns);
        let mut board: StatusTree = log.state.status().clone();
        for (tried, kept) in tries {
            let entry = revocation(&log, &tried);
            let want = judge(&model, &entry);
            let entry = Entry::Revocation(entry);
            let (before, found) = (log.state.clone(), log.seen.find(&plan(&entry)));
            let took = log.state.apply(&log.rules, &entry, &found, None).is_ok();
            prop_assert_eq!(took, want.is_some(), "{:?}", &tried);
            let Some(after) = want else {
                prop_assert_eq!(&log.state, &before, "a refusal changes nothing");
                continue;
            };
            if !kept {
                log.state.rollback();
                prop_assert_eq!(&log.state, &before);
                continue;
            }
            board.follow(&log.state.status_changes()).unwrap();
            log.state.commit();
            model = after;
            prop_assert_eq!(board.root(), log.state.status().root());
            prop_assert_eq!(&board, log.state.status());
        }
        for (index, (_, state)) in (0..).zip(&model) {
            prop_assert_eq!(log.state.status().state(StatusIndex(index)), Some(*state));
        }
        prop_assert_eq!(&State::from_bytes(&log.state.to_bytes()).unwrap(), &log.state);
    }
}

#[test]
fn a_batch_can_be_revoked_in_the_round_that_enters_it() {
    let mut log = Log::new(&federation(), 1).with_all_kinds();
    let key = issuer_key(1);
    let id = log.admit("Office 0", &key, &["a"]);
    let (_, _, submission) = log.prepare(id, &key, vec![document(1)]);
    let issuance = Entry::Issuance(submission.entry(StatusIndex(0)));
    let none = Found::default();
    log.state.apply(&log.rules, &issuance, &none, None).unwrap();
    let tried = Try { office: 0, signer: 0, state: 3, ranges: vec![(0, 15)] };
    let entry = Entry::Revocation(revocation(&log, &tried));
    assert_eq!(plan(&entry), Lookup::Runs(vec![StatusIndex(15)]));
    let found = log.seen.find(&plan(&entry));
    assert_eq!(found.runs, [None], "not committed");
    log.state.apply(&log.rules, &entry, &found, None).unwrap();
    assert_eq!(log.state.status().state(StatusIndex(15)), Some(StatusState::Revoked));
    log.state.rollback();
    let gone = log.state.apply(&log.rules, &entry, &found, None);
    let (first, last) = (StatusIndex(0), StatusIndex(15));
    assert_eq!(gone, Err(Refusal::RangeNotOwned { first, last }));
}

#[test]
fn an_answer_that_is_missing_is_taken_for_no() {
    let (mut log, _) = two_offices(&[(0, 0)]);
    let tried = Try { office: 0, signer: 0, state: 1, ranges: vec![(0, 3)] };
    let entry = Entry::Revocation(revocation(&log, &tried));
    let refused = log.state.apply(&log.rules, &entry, &Found::default(), None).unwrap_err();
    assert_eq!(refused.code(), "range-not-owned");
}
