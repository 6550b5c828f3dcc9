//! Status lists against a federation: what counts, and what a lying node could send.

mod world;

use proto::document::commitment::commit;
use proto::federation::Federation;
use proto::hash::{StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{Entry, Pointer, RevocationStatement, StatusState, StatusTree};
use proto::status_list::{StatusList, StatusListError};
use world::*;

/// A closed log in which documents 0 to 2 of office 0 were suspended, superseded by document 3,
/// and revoked.
fn withdrawn() -> (Federation, Log, Paper) {
    let federation = federation();
    let mut log = Log::new(&federation, 1).with_all_kinds();
    let key = issuer_key(1);
    let id = log.admit("Office 0", &key, &["a"]);
    let paper = log.issue(id, &key, (0..4).map(document).collect());
    let commitment = |at: usize| commit(&paper.documents[at], &paper.secrets[at]);
    let states = [StatusState::Suspended, StatusState::Superseded, StatusState::Revoked];
    for (index, state) in (0..).zip(states) {
        let ranges = vec![Range { first: StatusIndex(index), last: StatusIndex(index) }];
        let statement = RevocationStatement::new(id, index + 1, Signer::Issuer, state, ranges);
        let mut statement = statement.unwrap();
        if state == StatusState::Superseded {
            let pointer = Pointer::new(&commitment(1), &commitment(3));
            statement = statement.naming(vec![pointer]).unwrap();
        }
        log.push(&Entry::Revocation(statement.sign(&log.rules.place(), &key).unwrap()));
    }
    log.close(T0);
    (federation, log, paper)
}

fn list_of(log: &Log, status: &StatusTree, time: Timestamp) -> StatusList {
    let last = proto::hash::LeafIndex(log.len() - 1);
    StatusList::new(log.published(), time, log.prove(last), status)
}

#[test]
fn a_list_tells_every_state_and_the_successor_to_who_holds_the_receipt() {
    let (federation, log, paper) = withdrawn();
    let bytes = list_of(&log, log.state.status(), T0).to_bytes();
    let list = StatusList::parse(&bytes).unwrap().verify(&federation, &[]).unwrap();
    let states: Vec<_> = (0..16).map(|i| list.state(StatusIndex(i)).unwrap().bits()).collect();
    assert_eq!(states[..5], [1, 2, 3, 0, 0]);
    assert_eq!((list.state(StatusIndex(16)), list.time()), (None, T0));
    let receipt = log.receipt(&federation, &paper, 1);
    let old = receipt.disclosure.commitment().unwrap();
    let new = list.successor(StatusIndex(1)).unwrap().open(&old);
    let successor = log.receipt(&federation, &paper, 3);
    assert_eq!(new, Some(successor.disclosure.commitment().unwrap()));
    // The holder of a redacted receipt is told as well, and nobody else.
    let redacted = receipt.redact(&[0]).unwrap().disclosure.commitment().unwrap();
    assert_eq!(list.successor(StatusIndex(1)).unwrap().open(&redacted), new);
    assert_eq!(list.successor(StatusIndex(1)).unwrap().open(&new.unwrap()), None);
    assert_eq!(list.successor(StatusIndex(0)), None);
}

#[test]
fn a_list_that_is_not_the_snapshots_counts_for_nothing() {
    let (federation, log, _) = withdrawn();
    let verify = |list: StatusList| list.verify(&federation, &[]).map(|_| ());
    assert_eq!(verify(list_of(&log, log.state.status(), T0)), Ok(()));
    let mut hidden = log.state.status().clone();
    hidden.set(StatusIndex(2), StatusState::Valid).unwrap();
    let mut longer = log.state.status().clone();
    longer.extend(1).unwrap();
    for other in [&hidden, &longer, &StatusTree::new()] {
        assert_eq!(verify(list_of(&log, other, T0)), Err(StatusListError::OtherList));
    }
    let later = Timestamp(T0.0 + 1);
    assert_eq!(verify(list_of(&log, log.state.status(), later)), Err(StatusListError::OtherList));
}

#[test]
fn an_old_list_is_not_shown_under_a_newer_checkpoint() {
    let (federation, mut log, _) = withdrawn();
    let old = log.state.status().clone();
    let ranges = vec![Range { first: StatusIndex(3), last: StatusIndex(3) }];
    let id = proto::hash::LeafIndex(0);
    let statement =
        RevocationStatement::new(id, 9, Signer::Issuer, StatusState::Revoked, ranges).unwrap();
    log.push(&Entry::Revocation(statement.sign(&log.rules.place(), &issuer_key(1)).unwrap()));
    log.close(Timestamp(T0.0 + 60));
    for time in [T0, Timestamp(T0.0 + 60)] {
        let refused = list_of(&log, &old, time).verify(&federation, &[]).unwrap_err();
        assert_eq!(refused, StatusListError::OtherList);
    }
}

#[test]
fn too_few_cosigners_do_not_make_a_list_count() {
    let (federation, log, _) = withdrawn();
    let list = list_of(&log, log.state.status(), T0);
    let two = log.publish(&[(1, T0), (2, T0)]);
    let refused = list.clone().with_checkpoint(two).verify(&federation, &[]).unwrap_err();
    assert_eq!(refused.code(), "checkpoint-untrusted");
    assert!(list.verify(&federation, &[]).is_ok());
}
