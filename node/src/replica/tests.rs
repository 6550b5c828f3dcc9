//! What a replica promises while it lives and after it was opened again.

use std::fs;
use std::sync::Arc;

use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize, sha256};
use proto::ledger::Refusal;

use super::fixture::{Author, PREFIX};
use super::{ApplyError, ReadError, Replica, ReplicaError};
use crate::store::memory::{Fault, MemoryStore};
use crate::store::{FileStore, Index, Mark, Store, StoreError};

struct World {
    author: Author,
    store: MemoryStore,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        World { author: Author::new(), store: MemoryStore::new(), folder }
    }

    fn open(&self, limit: u64) -> Result<Replica, ReplicaError> {
        self.author.open(Arc::new(self.store.clone()), self.folder.path(), TreeSize(limit))
    }

    /// A log of one published round, closed as an ordered stop does. Its issuances are 0..count.
    fn with_round(count: u64) -> (World, u64) {
        let world = World::new();
        let mut replica = world.open(0).unwrap();
        world.author.apply_round(&mut replica, 0..count);
        let (size, _) = replica.write().unwrap();
        replica.published(size).unwrap();
        replica.tidy(size).unwrap();
        replica.close(size).unwrap();
        (world, size.0)
    }
}

fn batch(number: u64) -> Hash {
    sha256(&number.to_be_bytes())
}

fn refusal(result: Result<LeafIndex, ApplyError>) -> Refusal {
    match result.unwrap_err() {
        ApplyError::Refused(refusal) => refusal,
        ApplyError::Replica(error) => panic!("{error}"),
    }
}

#[test]
fn refused_entries_change_nothing_and_rollback_takes_back() {
    let (world, size) = World::with_round(3);
    let mut replica = world.open(size).unwrap();
    let (root, state) = (replica.root(), replica.state().clone());
    assert_eq!(refusal(replica.apply(b"", None)).code(), "entry-malformed");
    assert_eq!(refusal(replica.apply(&[1, 9], None)).code(), "entry-kind-unknown");
    let mut forged = world.author.issuance(replica.state(), 50);
    *forged.get_mut(60).unwrap() ^= 1;
    assert_eq!(refusal(replica.apply(&forged, None)).code(), "issuance-signature-bad");
    let ahead = replica.state().snapshot(&world.author.rules, Timestamp(100)).to_bytes();
    assert_eq!(refusal(replica.apply(&ahead, Some(Timestamp(0)))).code(), "snapshot-time-ahead");
    assert_eq!((replica.root(), replica.state()), (root, &state));
    world.author.apply_round(&mut replica, 10..12);
    assert_eq!((replica.size().0, replica.applied().0), (size, size + 3));
    replica.rollback();
    assert_eq!((replica.applied().0, replica.state()), (size, &state));
    assert_eq!(replica.write().unwrap(), (TreeSize(size), root));
}

#[test]
fn a_batch_gets_one_index_at_every_stage_of_its_life() {
    let (world, size) = World::with_round(3);
    let mut replica = world.open(size).unwrap();
    let batches = replica.batches();
    let again = |replica: &mut Replica, number| {
        let entry = world.author.issuance(replica.state(), number);
        assert_eq!(refusal(replica.apply(&entry, None)), Refusal::BatchDuplicate, "{number}");
    };
    again(&mut replica, 1); // published by an earlier process
    assert_eq!(batches.find(&batch(1)).unwrap(), Some(LeafIndex(2)));
    world.author.apply_round(&mut replica, 7..8);
    again(&mut replica, 7); // applied
    assert_eq!(batches.find(&batch(7)).unwrap(), None);
    replica.write().unwrap();
    again(&mut replica, 7); // written
    assert_eq!(batches.find(&batch(7)).unwrap(), Some(LeafIndex(size)));
    replica.published(replica.size()).unwrap();
    replica.tidy(replica.size()).unwrap();
    again(&mut replica, 7); // published
    assert_eq!(batches.find(&batch(7)).unwrap(), Some(LeafIndex(size)));
    let limit = replica.size().0;
    drop((replica, batches));
    let mut replica = world.open(limit).unwrap();
    again(&mut replica, 7); // after a crash, beyond the mark
    again(&mut replica, 2);
    assert_eq!(replica.batches().find(&batch(99)).unwrap(), None);
}

#[test]
fn deleting_the_index_costs_nothing_but_a_replay() {
    let (world, size) = World::with_round(300);
    let with = world.open(size).unwrap();
    let (root, state) = (with.root(), with.state().clone());
    drop(with);
    fs::remove_dir_all(world.folder.path()).unwrap();
    let without = world.open(size).unwrap();
    assert_eq!((without.root(), without.state()), (root, &state));
    assert_eq!(without.batches().find(&batch(299)).unwrap(), Some(LeafIndex(300)));
}

#[test]
fn nothing_beyond_the_mark_is_believed() {
    let (world, size) = World::with_round(3);
    let index = Index::open(world.folder.path()).unwrap().log(PREFIX).unwrap();
    // A round that a recovery took away, lookups for entries that hold something else.
    index.insert(&[(batch(50), LeafIndex(size)), (batch(51), LeafIndex(1))], &[]).unwrap();
    index.insert(&[(batch(52), LeafIndex(u64::MAX))], &[]).unwrap();
    index.set_mark(index.mark().unwrap(), &index.state().unwrap().unwrap()).unwrap();
    drop(index);
    let mut replica = world.open(size).unwrap();
    for number in [50, 51, 52] {
        assert_eq!(replica.batches().find(&batch(number)).unwrap(), None);
    }
    world.author.apply_round(&mut replica, 50..53);
    replica.write().unwrap();
    assert_eq!(replica.batches().find(&batch(51)).unwrap(), Some(LeafIndex(size + 1)));
}

#[test]
fn a_mark_or_state_that_does_not_fit_the_files_is_not_believed() {
    let (world, size) = World::with_round(3);
    let good = world.open(size).unwrap().state().clone();
    let (other, other_size) = World::with_round(5);
    let other = other.open(other_size).unwrap();
    let root = world.open(size).unwrap().root();
    for (mark, dump) in [
        (Mark { size: TreeSize(size), root: other.root() }, good.to_bytes()),
        (Mark { size: TreeSize(size - 1), root }, good.to_bytes()),
        (Mark { size: TreeSize(size + 2), root }, good.to_bytes()),
        (Mark { size: TreeSize(size), root }, other.state().to_bytes()),
        (Mark { size: TreeSize(size), root }, b"no state".to_vec()),
    ] {
        let index = Index::open(world.folder.path()).unwrap().log(PREFIX).unwrap();
        index.set_mark(mark, &dump).unwrap();
        drop(index);
        let replica = world.open(size).unwrap();
        assert_eq!((replica.root(), replica.state()), (root, &good), "{mark:?}");
        assert_eq!(replica.batches().find(&batch(2)).unwrap(), Some(LeafIndex(3)));
    }
}

#[test]
fn after_a_failed_write_only_opening_again_helps() {
    let (world, size) = World::with_round(3);
    let mut replica = world.open(size).unwrap();
    world.author.apply_round(&mut replica, 9..10);
    world.store.fail_after(0, Fault::Applied);
    let error = replica.write().unwrap_err();
    assert!(!error.is_fatal(), "{error}");
    world.store.heal();
    let unusable = |error: ReplicaError| matches!(error, ReplicaError::Unusable { .. });
    assert!(replica.write().is_err_and(unusable));
    assert!(replica.published(TreeSize(size)).is_err_and(unusable));
    let applied = replica.apply(b"", None);
    assert!(matches!(applied, Err(ApplyError::Replica(ReplicaError::Unusable { .. }))));
    drop(replica);
    let mut replica = world.open(size).unwrap();
    // Other bytes in the same places: the files of the failed round are gone.
    world.author.apply_round(&mut replica, 20..23);
    replica.write().unwrap();
}

#[test]
fn partial_files_go_when_a_published_tree_needs_none_of_them() {
    let (world, size) = World::with_round(3);
    let mut replica = world.open(size).unwrap();
    world.author.apply_round(&mut replica, 100..400);
    let (grown, _) = replica.write().unwrap();
    let partials = || world.store.list("log/tile/0/000.p").unwrap().len();
    assert_eq!(partials(), 1);
    replica.published(grown).unwrap();
    replica.tidy(grown).unwrap();
    assert_eq!((partials(), world.store.list("log/tile/entries/000.p").unwrap().len()), (0, 0));
    // A backup with the earlier pending checkpoint comes back: its partial files too.
    drop(replica);
    let replica = world.open(size).unwrap();
    assert_eq!((replica.size().0, partials()), (size, 1));
    assert_eq!(replica.state().size().0, size);
    assert_eq!(world.store.list("log/tile/0").unwrap(), ["log/tile/0/000.p/"]);
    assert_eq!(world.store.list("log/tile/1").unwrap(), [""; 0]);
}

#[test]
fn files_that_break_a_rule_or_the_tree_stop_the_start() {
    let (world, size) = World::with_round(300);
    let reopen_without_index = || {
        fs::remove_dir_all(world.folder.path()).unwrap();
        world.open(size)
    };
    let bundle = world.store.read("log/tile/entries/000").unwrap().unwrap();
    let mut forged = bundle.clone();
    *forged.last_mut().unwrap() ^= 1;
    world.store.tamper("log/tile/entries/000", &forged);
    let error = reopen_without_index().err().unwrap();
    assert!(matches!(error, ReplicaError::Rule { .. }) && error.is_fatal(), "{error}");
    world.store.tamper("log/tile/entries/000", &bundle);
    let tile = world.store.read("log/tile/0/000").unwrap().unwrap();
    let mut wrong = tile.clone();
    *wrong.first_mut().unwrap() ^= 1;
    world.store.tamper("log/tile/0/000", &wrong);
    let error = reopen_without_index().err().unwrap();
    let conflict = |e: &ReplicaError| {
        matches!(e, ReplicaError::Read(ReadError::Store(StoreError::Conflict { .. })))
    };
    assert!(conflict(&error) && error.is_fatal(), "{error}");
    world.store.tamper("log/tile/0/000", &tile);
    // A tile that is missing is made again.
    world.store.remove("log/tile/0/000").unwrap();
    reopen_without_index().unwrap();
    assert_eq!(world.store.read("log/tile/0/000").unwrap(), Some(tile));
    // A bundle that is missing ends the log: the caller sees that the pending one is larger.
    world.store.remove("log/tile/entries/000").unwrap();
    assert_eq!(reopen_without_index().unwrap().size(), TreeSize(0));
}

#[test]
fn the_same_on_real_files() {
    let folder = tempfile::tempdir().unwrap();
    let author = Author::new();
    let mut size = TreeSize(0);
    for round in 0..6 {
        let store = Arc::new(FileStore::open(&folder.path().join("data")).unwrap());
        let mut replica = author.open(store, &folder.path().join("index"), size).unwrap();
        assert_eq!(replica.size(), size);
        author.apply_round(&mut replica, round * 100..round * 100 + 100);
        // The process is killed after this write in every second round, so what is beyond the
        // size that was promised is taken away again.
        let (written, root) = replica.write().unwrap();
        if round % 2 == 0 {
            replica.published(written).unwrap();
            replica.tidy(written).unwrap();
            size = written;
            assert_eq!(replica.reader().root_at(size).unwrap(), root);
        }
    }
    assert_eq!(size.0, 1 + 3 * 101);
}
