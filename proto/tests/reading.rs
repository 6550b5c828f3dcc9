//! A log read from copies: which checkpoint counts, which bytes are its own, what they add up to.

mod world;

use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::{StatusIndex, Timestamp};
use proto::ledger::reading::{Reading, ReadingError, Replay, vouched};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{Entry, RevocationStatement, StatusState};
use proto::tile::bundle;
use world::*;

const LATER: Timestamp = Timestamp(T0.0 + 60);

/// Two rounds: a batch in each, and in the second one a revocation of the first batch.
fn two_rounds() -> (Federation, Log) {
    let federation = federation();
    let mut log = Log::new(&federation, 1).with_all_kinds();
    let key = issuer_key(1);
    let id = log.admit("Office 0", &key, &["a"]);
    log.issue(id, &key, vec![document(0)]);
    log.close(T0);
    log.issue(id, &key, vec![document(1)]);
    let ranges = vec![Range { first: StatusIndex(0), last: StatusIndex(15) }];
    let (signer, state) = (Signer::Issuer, StatusState::Revoked);
    let statement = RevocationStatement::new(id, 7, signer, state, ranges).unwrap();
    log.push(&Entry::Revocation(statement.sign(&log.rules.place(), &key).unwrap()));
    log.close(LATER);
    (federation, log)
}

/// The checkpoint as mirrors show it: each with the log's line and two of its own.
fn shown_apart(whole: &SignedCheckpoint) -> Vec<SignedCheckpoint> {
    let (log, cosigned) = whole.note().signatures().split_first().unwrap();
    let with =
        |pair: &[_]| whole.with_signatures([std::slice::from_ref(log), pair].concat()).unwrap();
    cosigned.chunks(2).map(with).collect()
}

#[test]
fn lines_of_several_mirrors_make_a_quorum_and_one_mirror_does_not() {
    let (federation, log) = two_rounds();
    let whole = log.published();
    let origin = whole.checkpoint().origin();
    let apart = shown_apart(&whole);
    assert!(apart.len() > 1);
    for one in &apart {
        assert!(vouched(&federation, origin, std::slice::from_ref(one)).is_empty());
    }
    let trees = vouched(&federation, origin, &apart);
    assert_eq!(trees.len(), apart.len());
    assert_eq!(trees[0].1.size().0, log.len());
    assert!(vouched(&federation, "other.example/log", &apart).is_empty());
}

#[test]
fn what_is_not_the_log_is_refused() {
    let (federation, log) = two_rounds();
    let whole = [log.published()];
    let origin = whole[0].checkpoint().origin();
    let (_, tree) = vouched(&federation, origin, &whole).remove(0);
    let read = |entries: &[Vec<u8>]| {
        let mut reading = Reading::new(&tree);
        assert!(reading.wants().is_some());
        reading.take(&bundle::to_bytes(entries).unwrap())?;
        assert!(reading.wants().is_none());
        reading.finish()
    };
    assert_eq!(read(&log.entries), Ok(log.entries.clone()));
    let mut changed = log.entries.clone();
    changed[1][20] ^= 1;
    let short = &log.entries[1..];
    for bad in [&changed[..], short] {
        assert_eq!(read(bad), Err(ReadingError::NotTheLog));
    }
    let mut reading = Reading::new(&tree);
    assert_eq!(Reading::new(&tree).finish(), Err(ReadingError::NotTheLog), "nothing came");
    reading.take(&bundle::to_bytes(&log.entries).unwrap()).unwrap();
    assert!(reading.take(&[]).is_err(), "nothing more is wanted");
}

#[test]
fn a_replay_dates_every_batch_and_ends_in_the_same_state() {
    let (_, log) = two_rounds();
    let replay = Replay::of(&log.rules, &log.entries).unwrap();
    let dates: Vec<_> = replay.batches.iter().map(|b| (b.after.0, b.before)).collect();
    assert_eq!(dates, [(0, T0), (T0.0, LATER)]);
    let places: Vec<_> = replay.batches.iter().map(|b| (b.first_status.0, b.width)).collect();
    assert_eq!(places, [(0, 16), (16, 16)]);
    assert_eq!(replay.state.status().root(), log.state.status().root());
    assert_eq!(replay.state.issuers().next().unwrap().sequence, 7);
    let mut broken = log.entries.clone();
    broken.swap(1, 3);
    let Err(ReadingError::Against { index, .. }) = Replay::of(&log.rules, &broken) else {
        panic!("a batch with another place in the status list");
    };
    assert_eq!(index.0, 1);
}
