//! 1. Twelve documents in two folders are read and planned while the quorum is missing.
//! 2. They are changed, moved, deleted, replaced; receipts get in the way; one folder goes away.
//! 3. `resume` delivers what it can, keeps the other receipts, names each reason, and waits for
//!    the folder; what lay there before is untouched.
//! 4. The folder comes back: `resume` ends it. Every receipt, delivered or kept, is VALID for
//!    the bytes that were read.

use super::{assert_nothing_left_over, issue_and_wait, names_in, state};
use crate::ledger::Log;
use crate::town::{HOME, Town, expect, receipt};
use anyhow::Result;
use e2e::process::run;
use e2e::world::World;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

#[test]
fn whatever_happens_to_a_document_its_receipt_is_kept() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("outbox", 11)?;
    let away = town.letters("shelf", 1)?;
    // The same letter number gives the same bytes: this one is to differ.
    fs::write(away.join("letter-00000.pdf"), "on the shelf")?;
    let shelf = town.folder("shelf-elsewhere");
    let letter = |number: usize| folder.join(format!("letter-{number:05}.pdf"));
    let before: Vec<Vec<u8>> = (0..11).map(|n| fs::read(letter(n))).collect::<Result<_, _>>()?;
    issue_and_wait(&mut town, &[&folder, &away])?;
    // 2.
    change_everything(&letter, &before)?;
    fs::rename(&away, &shelf)?;
    // 3.
    let said = town.office.resume()?;
    expect(&said, 3);
    let shelved = away.join("letter-00000.pdf");
    assert_eq!(state(&said, &shelved), ["waiting", "folder-away"]);
    assert_outcomes(&said, &letter)?;
    let nothing = ["letter-00000.pdf"];
    assert_eq!(names_in(&shelf)?, nothing);
    // 4.
    fs::rename(&shelf, &away)?;
    let said = town.office.resume()?;
    expect(&said, 4);
    assert_eq!(state(&said, &shelved), ["issued"]);
    assert_outcomes(&said, &letter)?;
    expect(&town.office.resume()?, 0);
    assert_nothing_left_over(&[folder.clone(), away.clone()])?;
    let kept = town.office.folder().join("undelivered");
    let names = names_in(&kept)?;
    assert_eq!(names.len(), 9, "{names:?}");
    expect(&town.world.verify(&[&letter(0), &letter(5), &shelved], &[])?, 0);
    let restored = town.folder("restored");
    fs::create_dir(&restored)?;
    for name in &names {
        // ROOT-PLACE-NAME, where NAME is the receipt's own.
        let own = name.splitn(3, '-').nth(2).expect("three parts");
        let number: usize = own[7..12].parse()?;
        fs::write(restored.join(own.trim_end_matches(".tlog-proof")), &before[number])?;
        fs::copy(kept.join(name), restored.join(own))?;
    }
    expect(&town.world.verify(&[&restored], &[])?, 0);
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), 1);
    town.world.stop_all()
}

fn change_everything(
    letter: &impl Fn(usize) -> std::path::PathBuf,
    before: &[Vec<u8>],
) -> Result<()> {
    fs::write(letter(1), "another text")?;
    // The same length and time: only the file system's own mark tells.
    let modified = fs::metadata(letter(2))?.modified()?;
    let mut bytes = before[2].clone();
    bytes[100] ^= 1;
    fs::write(letter(2), bytes)?;
    File::options()
        .write(true)
        .open(letter(2))?
        .set_times(FileTimes::new().set_modified(modified))?;
    fs::rename(letter(3), letter(3).with_extension("moved"))?;
    fs::remove_file(letter(4))?;
    // The same bytes again, as from a backup.
    fs::remove_file(letter(5))?;
    fs::write(letter(5), &before[5])?;
    fs::write(receipt(&letter(6)), "somebody's")?;
    fs::create_dir(receipt(&letter(7)))?;
    symlink("nowhere", receipt(&letter(8)))?;
    fs::remove_file(letter(9))?;
    fs::create_dir(letter(9))?;
    fs::remove_file(letter(10))?;
    assert_eq!(run(Command::new("mkfifo").arg(letter(10)))?.code, 0);
    Ok(())
}

fn assert_outcomes(
    said: &e2e::process::Output,
    letter: &impl Fn(usize) -> std::path::PathBuf,
) -> Result<()> {
    let want: [&[&str]; 11] = [
        &["issued"],
        &["undelivered", "file-changed"],
        &["undelivered", "file-changed"],
        &["undelivered", "file-gone"],
        &["undelivered", "file-gone"],
        &["issued"],
        &["undelivered", "receipt-in-the-way"],
        &["undelivered", "receipt-in-the-way"],
        &["undelivered", "receipt-in-the-way"],
        &["undelivered", "file-changed"],
        &["undelivered", "file-changed"],
    ];
    for (number, want) in want.iter().enumerate() {
        assert_eq!(state(said, &letter(number)), *want, "letter {number}");
    }
    assert_eq!(fs::read(receipt(&letter(6)))?, b"somebody's");
    assert!(receipt(&letter(7)).is_dir());
    assert_eq!(fs::read_link(receipt(&letter(8)))?, Path::new("nowhere"));
    for number in [1, 2, 3, 4, 9, 10] {
        assert!(!receipt(&letter(number)).exists(), "letter {number} has a receipt");
    }
    Ok(())
}
