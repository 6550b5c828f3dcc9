//! Tests of the ledger rules that need nothing but this module.

use super::*;
use crate::ledger::{FederationId, Lookup, plan};

#[test]
fn an_empty_log_takes_only_what_needs_no_issuer() {
    let rules = Rules::new(FederationId([1; 32]), "a.example/log", alloc::vec![]);
    let mut state = State::new();
    assert!(!state.closing());
    let snapshot = Entry::Snapshot(state.snapshot(&rules, Timestamp(9)));
    assert_eq!(plan(&snapshot), Lookup::Nothing);
    state.apply(&rules, &snapshot, &Found::default(), Some(Timestamp(4))).unwrap();
    assert!(state.closing() && state.is_changed());
    let late = Entry::Snapshot(state.snapshot(&rules, Timestamp(10)));
    let ahead = Refusal::SnapshotTimeAhead { now: Timestamp(4), got: Timestamp(10) };
    assert_eq!(state.apply(&rules, &late, &Found::default(), Some(Timestamp(4))), Err(ahead));
    state.rollback();
    assert_eq!(state, State::new());
}
