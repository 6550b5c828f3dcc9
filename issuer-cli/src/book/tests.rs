//! The journal across crashes: cut at every byte, keys without lines, batches begun twice.

use super::keys::{Part, Ring};
use super::*;
use crate::deliver;
use crate::plan::tests::plan;
use std::fs;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_777_816_859);
const ENTERED: Entered = Entered { index: 12, first_status: 32 };

fn good_plan() -> Plan {
    let mut plan = plan();
    for document in &mut plan.documents {
        let claims = std::sync::Arc::make_mut(&mut document.claims);
        claims.unit = "Registry 3".into();
        claims.reference = Some("AZ-7".into());
    }
    plan
}

fn fields(plan: &Plan) -> Vec<Document> {
    plan.documents.iter().map(|planned| deliver::fields(planned).unwrap()).collect()
}

fn record(book: &mut Book, plan: &Plan, resumed: bool) {
    book.record(plan, &fields(plan), ENTERED, resumed, NOW).unwrap();
}

fn lines(office: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    read::walk(&lines_path(office), &mut |hashed| {
        lines.push(hashed.line);
        Ok(())
    })
    .unwrap();
    lines
}

fn office() -> (TempDir, Book) {
    let dir = tempfile::tempdir().unwrap();
    let book = Book::open(dir.path()).unwrap();
    (dir, book)
}

#[test]
fn what_is_about_a_person_is_sealed_and_opens_again() {
    let (dir, mut book) = office();
    record(&mut book, &good_plan(), false);
    let text = fs::read_to_string(lines_path(dir.path())).unwrap();
    let secret = hex::encode([9; 32]);
    for word in ["a b.pdf", "AZ-7", "Registry", &secret, "0303030303"] {
        assert!(!text.contains(word), "{word}");
    }
    let lines = lines(dir.path());
    assert!(matches!(&lines[0].what, What::Batch(batch) if batch.documents == 2));
    let What::Document(first) = &lines[1].what else { panic!("a document") };
    assert_eq!(
        (first.status, first.left, first.document_type.as_str()),
        (41, 1, "residence.certificate")
    );
    let ring = Ring::read(&keys_path(dir.path())).unwrap();
    let Part::Open(part) = ring.open(&first.sealed, 41) else { panic!("open") };
    let personal = Personal::parse(&part).unwrap();
    assert_eq!((personal.file.as_str(), personal.value("reference")), ("/a b.pdf", Some("AZ-7")));
    assert_eq!(personal.digest(), Some(hex::encode([3; 32]).as_str()));
    assert_eq!(personal.secret, [9; 32]);
}

#[test]
fn a_batch_begun_twice_stands_there_once() {
    let (dir, mut book) = office();
    record(&mut book, &good_plan(), false);
    drop(book);
    let mut book = Book::open(dir.path()).unwrap();
    record(&mut book, &good_plan(), true);
    book.know_key(&[4; 32], NOW).unwrap();
    book.know_key(&[4; 32], NOW).unwrap();
    assert_eq!(lines(dir.path()).len(), 4);
    assert_eq!(check::check(dir.path()).unwrap().faults, Vec::<String>::new());
}

#[test]
fn cut_at_any_byte_the_journal_goes_on_with_whole_batches() {
    let (dir, mut book) = office();
    book.know_key(&[4; 32], NOW).unwrap();
    record(&mut book, &good_plan(), false);
    let one = fs::read(lines_path(dir.path())).unwrap();
    let mut second = good_plan();
    second.head.root = [6; 32];
    record(&mut book, &second, false);
    drop(book);
    let (all, keys) =
        (fs::read(lines_path(dir.path())).unwrap(), fs::read(keys_path(dir.path())).unwrap());
    let key_line = one.iter().position(|b| *b == b'\n').unwrap() + 1;
    for cut in (0..=all.len()).rev() {
        fs::write(lines_path(dir.path()), &all[..cut]).unwrap();
        fs::write(keys_path(dir.path()), &keys).unwrap();
        let mut book = Book::open(dir.path()).unwrap();
        let want = match cut {
            _ if cut == all.len() => all.len(),
            _ if cut >= one.len() => one.len(),
            _ if cut >= key_line => key_line,
            _ => 0,
        };
        assert_eq!(fs::read(lines_path(dir.path())).unwrap(), all[..want], "cut at {cut}");
        record(&mut book, &good_plan(), true);
        record(&mut book, &second, true);
        let findings = check::check(dir.path()).unwrap();
        assert_eq!((findings.documents, findings.faults.len()), (4, 0), "cut at {cut}");
    }
}

#[test]
fn keys_without_lines_are_cut_off_and_lines_without_keys_are_refused() {
    let (dir, mut book) = office();
    record(&mut book, &good_plan(), false);
    drop(book);
    let keys = fs::read(keys_path(dir.path())).unwrap();
    fs::write(keys_path(dir.path()), [keys.as_slice(), &[7; 45]].concat()).unwrap();
    drop(Book::open(dir.path()).unwrap());
    assert_eq!(fs::read(keys_path(dir.path())).unwrap(), keys);
    fs::write(keys_path(dir.path()), &keys[..32]).unwrap();
    assert!(matches!(Book::open(dir.path()), Err(BookError::KeysMissing { line: 2 })));
}

#[test]
fn erasing_destroys_one_part_and_the_chain_still_checks() {
    let (dir, mut book) = office();
    record(&mut book, &good_plan(), false);
    let key = fs::read(keys_path(dir.path())).unwrap()[..32].to_vec();
    let before = fs::read(lines_path(dir.path())).unwrap();
    book.erase(&[(0, Some(41))], NOW).unwrap();
    let after = fs::read(lines_path(dir.path())).unwrap();
    assert_eq!(after[..before.len()], before, "nothing is written over");
    let keys = fs::read(keys_path(dir.path())).unwrap();
    assert!(!keys.windows(32).any(|window| window == key));
    let findings = check::check(dir.path()).unwrap();
    assert_eq!((findings.documents, findings.erased, findings.faults.len()), (2, 1, 0));
    // An old copy of the keys brings back what was erased: that is found.
    fs::write(keys_path(dir.path()), [key.as_slice(), &keys[32..]].concat()).unwrap();
    let faults = check::check(dir.path()).unwrap().faults;
    assert!(faults.len() == 1 && faults[0].contains("backup"), "{faults:?}");
    // A crash between the key and the line is found, too, and the book opens.
    fs::write(lines_path(dir.path()), &before).unwrap();
    fs::write(keys_path(dir.path()), &keys).unwrap();
    drop(Book::open(dir.path()).unwrap());
    let faults = check::check(dir.path()).unwrap().faults;
    assert!(faults.len() == 1 && faults[0].contains("again"), "{faults:?}");
}

#[test]
fn a_changed_line_a_missing_line_and_a_moved_line_are_found() {
    let (dir, mut book) = office();
    record(&mut book, &good_plan(), false);
    book.know_key(&[4; 32], NOW).unwrap();
    let text = fs::read_to_string(lines_path(dir.path())).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for changed in [
        text.replace("\"status\":41", "\"status\":42"),
        [lines[0], lines[2], lines[3]].map(|l| format!("{l}\n")).concat(),
        [lines[0], lines[2], lines[1], lines[3]].map(|l| format!("{l}\n")).concat(),
        text.replacen("\"number\":1", "\"number\":5", 1),
    ] {
        fs::write(lines_path(dir.path()), changed).unwrap();
        let found = check::check(dir.path());
        assert!(matches!(found, Err(BookError::Read(ReadError::Chain { .. }))), "{found:?}");
    }
    fs::write(lines_path(dir.path()), text.replace("{\"journal\":1", "{\"journal\":2")).unwrap();
    assert!(matches!(check::check(dir.path()), Err(BookError::Read(ReadError::Damaged { .. }))));
}
