//! Status lists against a federation: what counts, and what a lying node could send.

mod world;

use proto::checkpoint::SignedCheckpoint;
use proto::document::commitment::commit;
use proto::federation::{Federation, Version};
use proto::hash::{StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{Entry, Pointer, RevocationStatement, StatusState, StatusTree};
use proto::receipt::Receipt;
use proto::status_list::{StatusList, StatusListError, VerifiedStatusList};
use proto::verify::{Question, Reason, StatusSource, verify};
use world::*;

/// A closed log in which documents 0 to 2 of office 0 were suspended, superseded by document 3,
/// and revoked.
fn withdrawn() -> (Federation, Log, Paper) {
    let federation = federation();
    let mut log = Log::new(&federation, 1).with_all_kinds();
    let key = issuer_key(1);
    let id = log.admit("Office 0", &key, &["school.certificate"]);
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

#[test]
fn lines_of_several_mirrors_make_a_quorum_and_a_false_one_spoils_nothing() {
    let (federation, log, _) = withdrawn();
    let of = |operator: u8| log.publish(&[(operator, T0)]);
    let list = list_of(&log, log.state.status(), T0).with_checkpoint(of(1));
    let mut later = Log::new(&federation, 1);
    later.close(T0);
    // What operator 2 cosigned of another tree, shown by operator 4.
    let moved = later.publish(&[(2, T0)]);
    let false_line = of(4).with_added(&moved.note().signatures()[1..]).unwrap();
    let verify = |notes: &[SignedCheckpoint]| {
        let gathered = federation.gathered(list.checkpoint(), notes);
        let list = list.clone().with_checkpoint(gathered).verify(&federation, &[]);
        list.map(|list| list.published().cosigners().len()).map_err(|error| error.code())
    };
    assert_eq!(verify(&[of(1), of(2)]), Err("checkpoint-untrusted"));
    assert_eq!(verify(&[of(2), of(3)]), Ok(3));
    assert_eq!(verify(&[false_line.clone(), of(3)]), Ok(3), "operators 1, 3 and 4");
    assert_eq!(verify(&[false_line, of(2)]), Ok(3), "operators 1, 2 and 4");
    // A note over another tree gives nothing.
    let other = later.publish(&[(2, T0), (3, T0), (4, T0)]);
    assert_eq!(verify(&[other]), Err("checkpoint-untrusted"));
}

#[test]
fn the_verdict_says_where_the_status_was_seen_and_what_took_the_documents_place() {
    let (federation, log, paper) = withdrawn();
    let list = list_of(&log, log.state.status(), T0).verify(&federation, &[]).unwrap();
    let ask = |receipt: &Receipt, lists: &[VerifiedStatusList]| {
        let bytes = receipt.to_bytes().unwrap();
        let question = Question { lists, ..Question::new(None, &bytes, &federation, NOW) };
        let facts = verify(&question).facts;
        let (status, document) = (facts.status.unwrap(), facts.document.unwrap());
        (status.source, status.state, status.successor, document.commitment)
    };
    let commitment = |at: usize| commit(&paper.documents[at], &paper.secrets[at]);
    let receipt = log.receipt(&federation, &paper, 1);
    let (own, list) = (StatusSource::Receipt, [list]);
    let superseded = StatusState::Superseded;
    assert_eq!(ask(&receipt, &[]), (own, superseded, None, commitment(1)));
    let without = Receipt { status: None, ..receipt };
    let told = (StatusSource::List, superseded, Some(commitment(3)), commitment(1));
    assert_eq!(ask(&without, &list), told);
    assert_eq!(ask(&without.redact(&[0]).unwrap(), &list), told);
    let suspended = Receipt { status: None, ..log.receipt(&federation, &paper, 0) };
    let told = (StatusSource::List, StatusState::Suspended, None, commitment(0));
    assert_eq!(ask(&suspended, &list), told);
}

#[test]
fn a_list_that_another_federation_vouches_for_says_nothing() {
    let (federation, log, paper) = withdrawn();
    let version = Version { name: "Another federation".into(), ..first() };
    let another = Federation::parse(&founded(&version, &[1, 2, 3])).unwrap();
    let mut elsewhere = Log::new(&another, 1);
    let id = elsewhere.admit("Office 0", &issuer_key(1), &["a"]);
    elsewhere.issue(id, &issuer_key(1), vec![document(7)]);
    elsewhere.close(T0);
    let list = list_of(&elsewhere, elsewhere.state.status(), T0).verify(&another, &[]).unwrap();
    assert_eq!(list.published().origin(), log.rules.origin());
    let receipt = Receipt { status: None, ..log.receipt(&federation, &paper, 3) };
    let bytes = receipt.to_bytes().unwrap();
    let status = |lists: &[VerifiedStatusList]| {
        let question = Question { lists, ..Question::new(None, &bytes, &federation, NOW) };
        verify(&question).status.reason
    };
    let own = list_of(&log, log.state.status(), T0).verify(&federation, &[]).unwrap();
    assert_eq!(status(std::slice::from_ref(&list)), Reason::StatusMissing);
    assert_eq!(status(&[list, own]), Reason::StatusValid);
}
