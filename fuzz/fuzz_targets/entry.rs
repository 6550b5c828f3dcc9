//! Ledger entries, submissions, requests and dumps of the state: what is read is written back to
//! the same bytes, and no entry can do more than the rules allow.
#![no_main]

use beleg_fuzz::world::{NOW, World};
use proto::ledger::{Entry, Found, IssuerRequest, State, Submission};
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn entry(input: &[u8]) {
    if let Ok(submission) = Submission::parse(input) {
        assert_eq!(submission.to_bytes(), input);
    }
    let Ok(entry) = Entry::parse(input) else { return };
    assert_eq!(entry.to_bytes(), input);
    let rules = WORLD.federation.rules_for("a.example/log").unwrap();
    let mut state = State::from_bytes(&WORLD.state.to_bytes()).unwrap();
    let before = state.to_bytes();
    if state.apply(&rules, &entry, &Found::default(), Some(NOW)).is_ok() {
        // Only a later snapshot needs no signature, and the good issuance comes only once.
        let good = matches!(entry, Entry::Snapshot(_)) || WORLD.entries[1][..100] == input[..100];
        assert!(good, "{entry:?}");
    }
    state.rollback();
    assert_eq!(state.to_bytes(), before);
}

fn dump(input: &[u8]) {
    if let Ok(state) = State::from_bytes(input) {
        assert_eq!(state.to_bytes(), input);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for good in &WORLD.entries {
        beleg_fuzz::run_on(data, good, entry);
    }
    beleg_fuzz::run_on(data, &WORLD.state.to_bytes(), dump);
    beleg_fuzz::run_on(data, WORLD.request.as_bytes(), |input| {
        if let Ok(request) = IssuerRequest::parse(input) {
            assert_eq!(request.to_text().as_bytes(), input);
        }
    });
});
