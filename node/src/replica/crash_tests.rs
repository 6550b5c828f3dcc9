//! Every write of a run fails, in each way that a write can fail; then the process starts again.
//!
//! The run is the sequencer's and the mirror's use of a replica: write, replace `pending`, replace
//! `checkpoint`, tell the replica. After every crash the log must be the one that `pending` names,
//! everything published must be in it, and the run must be able to go on with *other* entries.

use std::sync::Arc;

use proto::hash::{Hash, LeafIndex, TreeSize, leaf_hash};
use proto::merkle::root_of;

use super::fixture::Author;
use super::{Replica, ReplicaError};
use crate::store::Store;
use crate::store::memory::{Fault, MemoryStore};

const FAULTS: [Fault; 3] = [Fault::NotApplied, Fault::Applied, Fault::HalfApplied];
/// Issuances in each round: partial tiles, one that fills up, several tiles at once.
const ROUNDS: [u64; 5] = [2, 251, 1, 270, 1];

type Head = (TreeSize, Hash);

fn note((size, root): Head) -> Vec<u8> {
    format!("{size} {root}").into_bytes()
}

fn noted(store: &dyn Store, path: &str) -> Head {
    let empty = (TreeSize(0), proto::hash::EMPTY_ROOT);
    store.read(path).unwrap().map_or(empty, |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        let (size, root) = text.split_once(' ').unwrap();
        (TreeSize(size.parse().unwrap()), Hash::from_hex(root).unwrap())
    })
}

/// Steps 2 to 6 of one round.
fn publish(store: &dyn Store, replica: &mut Replica) -> Result<(), ReplicaError> {
    let head = replica.write()?;
    store.replace("log/pending", &note(head))?;
    store.replace("log/checkpoint", &note(head))?;
    replica.published(head.0)?;
    replica.tidy(head.0)
}

/// The log must be whole: all roots, entries and tiles, also without the index.
fn check(author: &Author, store: &MemoryStore, replica: &Replica) {
    let pending = noted(store, "log/pending");
    assert_eq!((replica.size(), replica.root()), pending);
    assert_eq!(replica.applied(), pending.0);
    let published = noted(store, "log/checkpoint");
    let reader = replica.reader();
    assert_eq!(reader.root_at(published.0).unwrap(), published.1);
    let entries = reader.entries(LeafIndex(0), LeafIndex(pending.0.0)).unwrap();
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    assert_eq!(root_of(&leaves), pending.1);
    let folder = tempfile::tempdir().unwrap();
    let rebuilt = author.open(Arc::new(store.clone()), folder.path(), pending.0).unwrap();
    assert_eq!((rebuilt.root(), rebuilt.state()), (pending.1, replica.state()));
}

#[test]
fn a_log_survives_a_crash_at_every_write() {
    let author = Author::new();
    for fault in FAULTS {
        for at in 0..3 * ROUNDS.len() as u64 {
            let (store, folder) = (MemoryStore::new(), tempfile::tempdir().unwrap());
            let open = || {
                let limit = noted(&store, "log/pending").0;
                author.open(Arc::new(store.clone()), folder.path(), limit).unwrap()
            };
            let mut replica = open();
            // Not the first: opening wrote nothing, so the run's writes are counted from here.
            store.fail_after(at, fault);
            let mut crashes = 0;
            let mut next = 0;
            for count in ROUNDS {
                author.apply_round(&mut replica, next..next + count);
                next += 1000;
                if publish(&store, &mut replica).is_err() {
                    crashes += 1;
                    store.heal();
                    drop(replica);
                    replica = open();
                    check(&author, &store, &replica);
                }
            }
            assert_eq!(crashes, 1, "{fault:?} at {at}");
            check(&author, &store, &replica);
        }
    }
}

#[test]
fn recovery_itself_may_crash() {
    let author = Author::new();
    for fault in FAULTS {
        let (store, folder) = (MemoryStore::new(), tempfile::tempdir().unwrap());
        let mut replica = author.open(Arc::new(store.clone()), folder.path(), TreeSize(0)).unwrap();
        author.apply_round(&mut replica, 0..600);
        publish(&store, &mut replica).unwrap();
        let limit = replica.size();
        drop(replica);
        // Tiles are gone and the index too, so that recovery has much to write.
        for level in ["log/tile/0", "log/tile/1"] {
            store.remove(level).unwrap();
        }
        let mut tries = 0;
        for at in 0.. {
            let index = tempfile::tempdir().unwrap();
            store.fail_after(at, fault);
            let opened = author.open(Arc::new(store.clone()), index.path(), limit);
            store.heal();
            tries += 1;
            if let Ok(replica) = opened {
                check(&author, &store, &replica);
                break;
            }
        }
        assert!(tries > 1, "{fault:?}");
    }
}

#[test]
fn a_mirror_goes_on_where_its_files_end() {
    let author = Author::new();
    let source_index = tempfile::tempdir().unwrap();
    let source_store = Arc::new(MemoryStore::new());
    let mut source = author.open(source_store, source_index.path(), TreeSize(0)).unwrap();
    author.apply_round(&mut source, 0..700);
    let (size, root) = source.write().unwrap();
    let all = source.reader().entries(LeafIndex(0), LeafIndex(size.0)).unwrap();
    for fault in FAULTS {
        for at in 0..4 {
            let (store, folder) = (MemoryStore::new(), tempfile::tempdir().unwrap());
            let open = || author.open(Arc::new(store.clone()), folder.path(), size).unwrap();
            let mut mirror = open();
            store.fail_after(at, fault);
            let mut crashed = false;
            while mirror.size() < size {
                // One package of entries, as they come over the wire.
                let from = mirror.size().0 as usize;
                for entry in &all[from..all.len().min((from / 256 + 1) * 256)] {
                    mirror.apply(entry, None).unwrap();
                }
                if mirror.write().is_err() {
                    crashed = true;
                    store.heal();
                    drop(mirror);
                    mirror = open();
                    assert!(mirror.size().0 as usize >= from, "{fault:?} at {at}");
                }
            }
            store.heal();
            mirror.published(size).unwrap();
            mirror.tidy(size).unwrap();
            assert_eq!((mirror.root(), mirror.state()), (root, source.state()));
            assert!(crashed || at == 3);
        }
    }
}
