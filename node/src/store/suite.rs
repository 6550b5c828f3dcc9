//! What every store must do, as tests that each of them passes, and what only files can show.

use std::fs;
use std::sync::Arc;

use super::memory::MemoryStore;
use super::{FileStore, Store, StoreError};

fn blob(path: &str, text: &str) -> (String, Vec<u8>) {
    (path.to_owned(), text.as_bytes().to_vec())
}

/// Runs the contract on a fresh store; `reopen` gives the store as the next process sees it.
fn contract(reopen: &dyn Fn() -> Arc<dyn Store>) {
    write_once_keeps_the_first_bytes(&*reopen());
    replace_changes_as_a_whole(&*reopen());
    list_is_one_level_and_sorted(&*reopen());
    remove_takes_files_and_folders(&*reopen());
    bad_paths_are_refused(&*reopen());
    let store = reopen();
    assert_eq!(store.read("log/tile/0/000").unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.read("log/checkpoint").unwrap().as_deref(), Some(&b"second"[..]));
}

fn write_once_keeps_the_first_bytes(store: &dyn Store) {
    store.write_once(Vec::new()).unwrap();
    store
        .write_once(vec![blob("log/tile/0/000", "one"), blob("log/tile/entries/x001/000", "two")])
        .unwrap();
    store.write_once(vec![blob("log/tile/0/000", "one")]).unwrap();
    let other = store.write_once(vec![blob("log/tile/0/000", "other")]).unwrap_err();
    assert!(matches!(other, StoreError::Conflict { .. }) && other.is_fatal());
    assert_eq!(store.read("log/tile/0/000").unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.read("log/tile/0").unwrap(), None);
    assert_eq!(store.read("log/tile/0/000/x").unwrap(), None);
    assert_eq!(store.read("log/tile/0/001").unwrap(), None);
}

fn replace_changes_as_a_whole(store: &dyn Store) {
    store.replace("log/checkpoint", b"first").unwrap();
    store.replace("log/checkpoint", b"second").unwrap();
    assert_eq!(store.read("log/checkpoint").unwrap().as_deref(), Some(&b"second"[..]));
}

fn list_is_one_level_and_sorted(store: &dyn Store) {
    store
        .write_once(vec![blob("list/b", "1"), blob("list/a/x/y", "2"), blob("list/c", "")])
        .unwrap();
    assert_eq!(store.list("list").unwrap(), ["list/a/", "list/b", "list/c"]);
    assert_eq!(store.list("list/a/").unwrap(), ["list/a/x/"]);
    assert_eq!(store.list("nothing/here").unwrap(), [""; 0]);
    assert!(store.list("").unwrap().contains(&"list/".to_owned()));
}

fn remove_takes_files_and_folders(store: &dyn Store) {
    store
        .write_once(vec![
            blob("gone/000.p/1", "1"),
            blob("gone/000.p/2", "2"),
            blob("gone/001", "3"),
        ])
        .unwrap();
    store.remove("gone/000.p").unwrap();
    store.remove("gone/000.p/").unwrap();
    assert_eq!(store.list("gone").unwrap(), ["gone/001"]);
    store.remove("gone/001").unwrap();
    store.remove("gone/001").unwrap();
    assert_eq!(store.read("gone/001").unwrap(), None);
    // The place is free for other bytes now: that is how recovery makes room.
    store.write_once(vec![blob("gone/000.p/1", "other")]).unwrap();
    assert_eq!(store.read("gone/000.p/1").unwrap().as_deref(), Some(&b"other"[..]));
}

fn bad_paths_are_refused(store: &dyn Store) {
    for path in ["", "/etc/passwd", "../x", "log/../../x", "log//x", "log/.", "Log", "a b", "a\0b"]
    {
        let refused = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::BadPath { .. })), "{path:?}");
        };
        refused(store.read(path).map(drop));
        refused(store.write_once(vec![blob(path, "x")]));
        refused(store.replace(path, b"x"));
        refused(store.remove(path));
    }
}

#[test]
fn memory_keeps_the_contract() {
    let store = MemoryStore::new();
    contract(&|| Arc::new(store.clone()));
}

#[test]
fn files_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract(&|| Arc::new(FileStore::open(&folder.path().join("data")).unwrap()));
}

#[test]
fn a_second_node_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = FileStore::open(folder.path()).unwrap();
    let second = FileStore::open(folder.path()).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }));
    assert!(second.to_string().contains("another beleg-node is using this data folder"));
    drop(first);
    FileStore::open(folder.path()).unwrap();
}

#[test]
fn leftovers_of_a_killed_process_are_cleared_and_never_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    store.write_once(vec![blob("log/a", "1")]).unwrap();
    fs::write(folder.path().join("tmp/7"), b"half").unwrap();
    assert_eq!(store.list("log").unwrap(), ["log/a"]);
    drop(store);
    FileStore::open(folder.path()).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_file_larger_than_any_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    let file = fs::File::create(folder.path().join("huge")).unwrap();
    file.set_len(super::MAX_FILE_BYTES + 1).unwrap();
    assert!(matches!(store.read("huge"), Err(StoreError::TooLarge { .. })));
}

#[test]
fn hundreds_of_files_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    let blobs = |n: u32| (0..n).map(|i| blob(&format!("t/x{:03}/{i:03}", i / 50), &i.to_string()));
    store.write_once(blobs(300).collect()).unwrap();
    store.write_once(blobs(310).collect()).unwrap();
    for i in 0..310 {
        let bytes = store.read(&format!("t/x{:03}/{i:03}", i / 50)).unwrap().unwrap();
        assert_eq!(bytes, i.to_string().as_bytes());
    }
}
