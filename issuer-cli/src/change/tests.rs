//! Orders in the journal: whole or not there, open until they are entered or refused, and signed
//! anew without changing anything but the number.

use super::judge::Item;
use super::*;
use crate::book::keys::Ring;
use crate::book::line::{Approval, What};
use crate::book::{check, keys_path, lines_path, read};
use proto::hash::{Hash, StatusIndex, Timestamp};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{FederationId, Place, Pointer, RevocationStatement};
use proto::note::{KeyType, SigningKey};
use std::fs;

const NOW: Timestamp = Timestamp(1_777_816_859);
const PLACE: Place<'_> = Place { federation: FederationId([1; 32]), origin: "city.example/log" };

fn key() -> SigningKey {
    SigningKey::from_seed("office", KeyType::Ed25519, &[3; 32]).unwrap()
}

fn signed(sequence: u64, first: u64, last: u64) -> Revocation {
    let ranges = vec![Range { first: StatusIndex(first), last: StatusIndex(last) }];
    let (signer, state) = (Signer::Issuer, StatusState::Superseded);
    let statement = RevocationStatement::new(LeafIndex(4), sequence, signer, state, ranges);
    let count = last - first + 1;
    let pointers = (0..count).map(|at| Pointer([at as u8; 40])).collect();
    statement.unwrap().naming(pointers).unwrap().sign(&PLACE, &key()).unwrap()
}

fn items() -> BTreeMap<u64, Item> {
    let item = |status: u64| Item {
        name: format!("letter {status}"),
        status,
        from: StatusState::Valid,
        reason: Some("fraud".into()),
        pointer: None,
    };
    [7, 9].map(|status| (status, item(status))).into()
}

fn write(book: &mut Book, entries: &[Revocation], approval: Option<Approval>) {
    let state = StatusState::Superseded;
    order::write(book, state, &items(), entries, [5; 32], approval, NOW).unwrap();
}

#[test]
fn an_order_is_whole_or_not_there_and_its_reasons_are_sealed() {
    let dir = tempfile::tempdir().unwrap();
    write(&mut Book::open(dir.path()).unwrap(), &[signed(3, 7, 7), signed(4, 9, 9)], None);
    let lines = lines_path(dir.path());
    let (all, keys) = (fs::read(&lines).unwrap(), fs::read(keys_path(dir.path())).unwrap());
    assert!(!String::from_utf8_lossy(&all).contains("fraud"));
    for cut in (0..all.len()).rev() {
        fs::write(&lines, &all[..cut]).unwrap();
        fs::write(keys_path(dir.path()), &keys).unwrap();
        drop(Book::open(dir.path()).unwrap());
        assert_eq!(order::read_orders(dir.path()).unwrap().open, [], "cut at {cut}");
        assert_eq!(fs::read(&lines).unwrap(), b"", "cut at {cut}");
    }
    fs::write(&lines, &all).unwrap();
    fs::write(keys_path(dir.path()), &keys).unwrap();
    let orders = order::read_orders(dir.path()).unwrap();
    assert_eq!((orders.open.len(), orders.sequence), (2, 4));
    assert_eq!(orders.open[0].statement().unwrap(), signed(3, 7, 7).statement);
    assert_eq!(check::check(dir.path()).unwrap().faults, Vec::<String>::new());
    let ring = Ring::read(&keys_path(dir.path())).unwrap();
    let mut reasons = Vec::new();
    read::walk(&lines, &mut |hashed| {
        if let What::Reason(reason) = hashed.line.what {
            reasons.push(reason::shown(ring.open(&reason.sealed, reason.status)));
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(reasons, ["fraud", "fraud"]);
}

#[test]
fn what_is_entered_refused_or_signed_anew_is_not_open_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::open(dir.path()).unwrap();
    write(&mut book, &[signed(3, 7, 7), signed(4, 9, 9)], None);
    let open = order::read_orders(dir.path()).unwrap().open;
    let statement = open[0].statement().unwrap();
    let anew = statement.renumbered(8).unwrap();
    assert_eq!((anew.sequence, anew.ranges()), (8, statement.ranges()));
    assert!(anew.successors().eq(statement.successors()));
    let entry = anew.sign(&PLACE, &key()).unwrap();
    let again = order::change(&entry, [5; 32], 0, Some(open[0].number));
    let number = book.note(What::Change(Box::new(again)), NOW).unwrap();
    let orders = order::read_orders(dir.path()).unwrap();
    let sequences: Vec<u64> = orders.open.iter().map(|open| open.change.sequence).collect();
    assert_eq!((sequences, orders.sequence), (vec![4, 8], 8));
    book.note(What::Entered { change: number, index: 11 }, NOW).unwrap();
    let code = "state-final".to_owned();
    book.note(What::Refused { change: open[1].number, code }, NOW).unwrap();
    assert_eq!(order::read_orders(dir.path()).unwrap().open, []);
}

#[test]
fn proposals_and_approvers_are_known_from_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::open(dir.path()).unwrap();
    let approval = Approval {
        proposal: Hash([8; 32]),
        approver: "B. Second".into(),
        key: Hash([9; 32]),
        signature: vec![1; 64],
    };
    write(&mut book, &[signed(3, 7, 7)], Some(approval));
    for (name, key) in [("A", Some("one")), ("B", Some("two")), ("A", None)] {
        let (name, key) = (name.to_owned(), key.map(str::to_owned));
        book.note(What::Approver { name, key }, NOW).unwrap();
    }
    let orders = order::read_orders(dir.path()).unwrap();
    assert_eq!(orders.proposals, [Hash([8; 32])]);
    assert_eq!(orders.approvers, [("B".to_owned(), "two".to_owned())].into());
}
