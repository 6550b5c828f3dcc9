//! What is believed after a restart, and what a damaged folder costs: a rebuild, nothing else.

use super::*;

fn hash(n: u64) -> Hash {
    sha256(&n.to_be_bytes())
}

fn mark(n: u64) -> Mark {
    Mark { size: TreeSize(n), root: hash(n) }
}

/// An index with batches 0..100 of the log "log" and a mark at 100.
fn filled(folder: &Path, state: &[u8]) {
    let index = Index::open(folder).unwrap();
    let log = index.log("log").unwrap();
    assert_eq!((log.mark(), log.state().unwrap()), (None, None));
    let batches: Vec<_> = (0..100).map(|n| (hash(n), LeafIndex(n))).collect();
    log.insert(&batches, &[]).unwrap();
    log.set_mark(mark(100), state).unwrap();
}

fn opened(folder: &Path) -> LogIndex {
    Index::open(folder).unwrap().log("log").unwrap()
}

#[test]
fn what_a_mark_covers_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state: Vec<u8> = (0..10_000u32).map(|n| n as u8).collect();
    filled(folder.path(), &state);
    let log = opened(folder.path());
    assert_eq!(log.mark(), Some(mark(100)));
    assert_eq!(log.state().unwrap(), Some(state));
    assert_eq!(log.batch(&hash(7)).unwrap(), Some(LeafIndex(7)));
    assert_eq!(log.batch(&hash(100)).unwrap(), None);
}

#[test]
fn dumps_grow_shrink_and_alternate() {
    let folder = tempfile::tempdir().unwrap();
    let lens = [0, 5, 4095, 4096, 4097, 100_000, 3, 9000, 0, 1];
    for (n, len) in lens.iter().enumerate() {
        let log = opened(folder.path());
        let dump = vec![n as u8; *len];
        log.set_mark(mark(n as u64), &dump).unwrap();
        assert_eq!(log.state().unwrap(), Some(dump.clone()));
        drop(log);
        let log = opened(folder.path());
        assert_eq!((log.mark(), log.state().unwrap()), (Some(mark(n as u64)), Some(dump)));
    }
}

#[test]
fn without_its_mark_nothing_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), b"state");
    fs::remove_file(folder.path().join("mark")).unwrap();
    let log = opened(folder.path());
    assert_eq!((log.mark(), log.batch(&hash(7)).unwrap()), (None, None));
}

#[test]
fn a_mark_without_its_dump_gives_no_state() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), b"state");
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    let log = opened(folder.path());
    assert_eq!(log.mark(), Some(mark(100)));
    assert_eq!(log.state().unwrap(), None);
    log.clear().unwrap();
    assert_eq!(opened_again(log, folder.path()).mark(), None);
}

fn opened_again(log: LogIndex, folder: &Path) -> LogIndex {
    drop(log);
    opened(folder)
}

#[test]
fn damaged_files_start_empty() {
    let folder = tempfile::tempdir().unwrap();
    for damaged in ["mark", "sled/conf", "sled/db"] {
        filled(folder.path(), b"state");
        let file = folder.path().join(damaged);
        let len = fs::metadata(&file).unwrap().len();
        fs::write(&file, vec![0x5a; usize::try_from(len).unwrap()]).unwrap();
        let log = opened(folder.path());
        assert!(log.state().unwrap().is_none(), "{damaged}");
        drop(log);
        fs::remove_dir_all(folder.path()).unwrap();
    }
}

#[test]
fn logs_do_not_touch_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    let (one, two) = (index.log("log").unwrap(), index.log("mirror/ab").unwrap());
    one.insert(&[(hash(1), LeafIndex(1))], &[]).unwrap();
    one.set_mark(mark(2), b"one").unwrap();
    two.set_mark(mark(3), b"two").unwrap();
    assert_eq!(two.batch(&hash(1)).unwrap(), None);
    one.clear().unwrap();
    assert_eq!((one.mark(), two.mark()), (None, Some(mark(3))));
    assert_eq!(one.batch(&hash(1)).unwrap(), None);
    drop((one, two, index));
    let index = Index::open(folder.path()).unwrap();
    assert_eq!(index.log("mirror/ab").unwrap().state().unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(index.log("log").unwrap().mark(), None);
}

#[test]
fn marks_are_read_strictly() {
    let line = format!("log 5 {} 1 9 {}", hash(1), hash(2));
    assert!(parse_marks(&format!("{FIRST_LINE}\n{line}\n")).is_some_and(|m| m.len() == 1));
    for bad in [
        String::new(),
        FIRST_LINE.to_owned(),
        format!("{FIRST_LINE}\n{line}"),
        format!("beleg.index/v2\n{line}\n"),
        format!("{FIRST_LINE}\n{line} x\n"),
        format!("{FIRST_LINE}\n{}\n", line.replace(" 1 9", " 2 9")),
        format!("{FIRST_LINE}\n{}\n", line.replace(" 5 ", " five ")),
    ] {
        assert!(parse_marks(&bad).is_none(), "{bad:?}");
    }
}
