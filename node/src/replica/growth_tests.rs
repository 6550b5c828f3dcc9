//! Files that grow, proofs that are read from them, and files that were changed.

use std::sync::Arc;

use proto::hash::{Hash, LeafIndex, TreeSize, leaf_hash};
use proto::merkle::{Subtree, consistency, inclusion, root_of, subtree};
use proto::tile::path::parse;

use super::growth::{Growth, Partials};
use super::reader::{ReadError, TileReader};
use crate::store::Store;
use crate::store::memory::MemoryStore;

fn entries(count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|n| n.to_be_bytes().repeat(1 + (n % 5) as usize)).collect()
}

fn grown(steps: &[u64]) -> (MemoryStore, Growth, Vec<Vec<u8>>) {
    let store = MemoryStore::new();
    let all = entries(steps.iter().sum());
    let mut growth = Growth::empty(Arc::new(store.clone()), "log");
    let mut from = 0;
    for step in steps {
        growth.write(&all[from..from + *step as usize], Partials::Write).unwrap();
        from += *step as usize;
    }
    (store, growth, all)
}

fn loaded(store: &MemoryStore, size: u64) -> Result<Growth, ReadError> {
    let mut growth = Growth::empty(Arc::new(store.clone()), "log");
    growth.load(TreeSize(size))?;
    Ok(growth)
}

/// All files below a folder.
fn files(store: &dyn Store, folder: &str) -> Vec<String> {
    let paths = store.list(folder).unwrap().into_iter();
    paths
        .flat_map(|path| if path.ends_with('/') { files(store, &path) } else { vec![path] })
        .collect()
}

fn check_all(reader: &TileReader, all: &[Vec<u8>]) {
    let size = reader.size().0;
    let leaves: Vec<Hash> = all.iter().take(size as usize).map(|e| leaf_hash(e)).collect();
    let (first, end) = (LeafIndex(0), LeafIndex(size));
    assert_eq!(reader.entries(first, end).unwrap(), all[..size as usize]);
    assert_eq!(reader.leaf_hashes(first, end).unwrap(), leaves);
    let root = root_of(&leaves);
    for at in (0..=size).step_by(1 + size as usize / 15).chain([size]) {
        let old = root_of(&leaves[..at as usize]);
        assert_eq!(reader.root_at(TreeSize(at)).unwrap(), old);
        let proof = reader.prove_consistency(TreeSize(at), TreeSize(size)).unwrap();
        consistency::verify(TreeSize(at), &old, TreeSize(size), &root, &proof).unwrap();
        for within in [TreeSize(size), TreeSize(at + 1)].iter().filter(|s| s.0 <= size && at < s.0)
        {
            let index = LeafIndex(at);
            assert_eq!(reader.entry(index).unwrap(), all[at as usize]);
            let proof = reader.prove_inclusion(index, *within).unwrap();
            let root = root_of(&leaves[..within.0 as usize]);
            inclusion::verify(&leaves[at as usize], index, *within, &root, &proof).unwrap();
        }
    }
    for start in (0..size).step_by(256 * (1 + size as usize / 2560)) {
        let part = Subtree::new(start, size.min(start + 256)).unwrap();
        let hash = root_of(&leaves[part.start() as usize..part.end() as usize]);
        assert_eq!(reader.subtree_hash(part).unwrap(), hash);
        let proof = reader.prove_subtree(part, TreeSize(size)).unwrap();
        subtree::verify(part, &hash, TreeSize(size), &root, &proof).unwrap();
    }
}

#[test]
fn however_it_grew_everything_can_be_read_and_proved() {
    for steps in
        [&[1][..], &[255, 1, 1], &[256], &[1, 1, 600, 7], &[300, 0, 300], &[65_536 + 300, 1]]
    {
        let (store, growth, all) = grown(steps);
        let leaves: Vec<Hash> = all.iter().map(|e| leaf_hash(e)).collect();
        assert_eq!(growth.root(), root_of(&leaves));
        check_all(growth.reader(), &all);
        let fresh = loaded(&store, all.len() as u64).unwrap();
        assert_eq!(fresh.root(), growth.root());
        check_all(fresh.reader(), &all);
    }
}

#[test]
fn every_file_has_the_name_of_a_tile_and_no_file_is_superfluous() {
    let (store, growth, all) = grown(&[200, 56, 300]);
    let names = files(&store, "log");
    for name in &names {
        parse(name.strip_prefix("log/").unwrap()).unwrap();
    }
    let places = |level: &str| names.iter().filter(|n| n.contains(level)).count();
    assert_eq!((places("tile/entries/"), places("tile/0/"), places("tile/1/")), (4, 4, 2));
    growth.remove_partials(TreeSize(0), growth.size()).unwrap();
    let left = [
        "log/tile/0/000",
        "log/tile/0/001",
        "log/tile/0/002.p/44",
        "log/tile/1/000.p/1",
        "log/tile/1/000.p/2",
        "log/tile/entries/000",
        "log/tile/entries/001",
        "log/tile/entries/002.p/44",
    ];
    assert_eq!(files(&store, "log"), left);
    // An earlier size is read from the full files now.
    for size in [200, 256, 556] {
        check_all(loaded(&store, size).unwrap().reader(), &all);
    }
}

#[test]
fn recovery_growth_writes_the_same_files_without_sizes_in_between() {
    let (once, _, all) = grown(&[700]);
    let store = MemoryStore::new();
    let mut growth = Growth::empty(Arc::new(store.clone()), "log");
    for part in all.chunks(100) {
        growth.write(part, Partials::Omit).unwrap();
    }
    growth.write_partials().unwrap();
    assert_eq!(files(&store, "log"), files(&once, "log"));
    check_all(growth.reader(), &all);
}

#[test]
fn asking_beyond_the_log_is_refused() {
    let (_, growth, _) = grown(&[300]);
    let reader = growth.reader();
    let (in_log, beyond) = (LeafIndex(299), LeafIndex(300));
    assert!(reader.entry(in_log).is_ok());
    assert!(matches!(reader.entry(beyond), Err(ReadError::Beyond { .. })));
    assert!(reader.entry(LeafIndex(u64::MAX)).is_err());
    assert!(matches!(reader.root_at(TreeSize(301)), Err(ReadError::Beyond { .. })));
    assert!(reader.prove_inclusion(beyond, TreeSize(301)).is_err());
    assert!(matches!(reader.prove_inclusion(beyond, TreeSize(300)), Err(ReadError::Proof(_))));
    assert!(reader.prove_consistency(TreeSize(2), TreeSize(1)).is_err());
    assert!(reader.prove_consistency(TreeSize(0), TreeSize(301)).is_err());
    assert_eq!(reader.entries(in_log, LeafIndex(5)).unwrap(), Vec::<Vec<u8>>::new());
}

/// Reads everything there is; the first complaint ends it.
fn read_all(store: &MemoryStore, size: u64) -> Result<(), ReadError> {
    let growth = loaded(store, size)?;
    let reader = growth.reader();
    reader.entries(LeafIndex(0), LeafIndex(size))?;
    (0..size).try_for_each(|n| reader.prove_inclusion(LeafIndex(n), TreeSize(size)).map(drop))
}

#[test]
fn a_changed_or_missing_file_is_found_when_it_is_read() {
    let (good, growth, _) = grown(&[600]);
    let root = growth.root();
    for path in files(&good, "log") {
        let bytes = good.read(&path).unwrap().unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        let short = bytes[..bytes.len() - 1].to_vec();
        for bad in [Some(flipped), Some(short), None] {
            let (store, ..) = grown(&[600]);
            match &bad {
                Some(bytes) => store.tamper(&path, bytes),
                None => store.remove(&path).unwrap(),
            }
            // The edge is compared with a trusted root by who opens it.
            let edge_differs = loaded(&store, 600).map(|g| g.root() != root).unwrap_or(true);
            let found = read_all(&store, 600);
            assert!(edge_differs || found.is_err(), "{path} {}", bad.is_some());
        }
    }
}
