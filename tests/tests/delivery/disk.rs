//! `no_room_for_receipts`
//! 1. Documents lie on a disk of 2 MB that has room for some of their receipts only.
//! 2. The others wait and say so; what was written is whole, and nothing half written is left.
//! 3. Room is made: `resume` writes the rest, and all are VALID.
//!
//! `no_room_in_the_office`
//! 1. The office's disk is full: nothing is planned, nothing is sent.
//! 2. It is full when a receipt must be kept there: the batch waits.
//! 3. Room is made: the receipt is kept, the batch ends.
//!
//! `no_file_may_grow`
//! 1. Files may have 4 KB at most (RLIMIT_FSIZE), as with a quota: receipts are longer.
//! 2. With the signal ignored the receipts wait; without, the tool is killed half way.
//! 3. Without the limit `resume` ends it and leaves nothing behind.

use super::{assert_nothing_left_over, issue_and_wait, names_in, state};
use crate::full_disk::{SmallDisk, fill};
use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::process::run;
use e2e::world::World;
use std::fs;
use std::process::Command;

#[test]
fn no_room_for_receipts() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.folder("outbox");
    let Some(_disk) = SmallDisk::mount(&folder, "2m") else { return Ok(()) };
    let names: Vec<String> = (0..12).map(|number| format!("{number}.txt")).collect();
    names.iter().try_for_each(|name| fs::write(folder.join(name), name))?;
    fill(&folder.join(".ballast"))?;
    let room = fs::OpenOptions::new().write(true).open(folder.join(".ballast"))?;
    room.set_len(room.metadata()?.len() - 100_000)?;
    drop(room);
    // 2.
    let said = town.office.issue(TYPE, &[&folder])?;
    expect(&said, 3);
    let mut written = 0;
    for name in &names {
        let document = folder.join(name);
        match state(&said, &document)[..] {
            ["issued"] => {
                expect(&town.world.verify(&[&document], &[])?, 0);
                written += 1;
            }
            ["waiting", "receipt-not-written"] => assert!(!receipt(&document).exists()),
            ref other => panic!("{other:?}"),
        }
    }
    assert!((1..12).contains(&written), "{written} written");
    assert!(said.stderr.contains("space") && said.stderr.contains("resume"), "{}", said.stderr);
    assert_eq!(names_in(&folder)?.len(), 1 + 12 + written);
    // 3.
    fs::remove_file(folder.join(".ballast"))?;
    expect(&town.office.resume()?, 0);
    expect(&town.world.verify(&[&folder], &[])?, 0);
    assert_eq!(names_in(&folder)?.len(), 24);
    assert_issuances(&town, 1)?;
    town.world.stop_all()
}

#[test]
fn no_room_in_the_office() -> Result<()> {
    let mut town = Town::start()?;
    let batches = town.office.folder().join("batches");
    let undelivered = town.office.folder().join("undelivered");
    let Some(_disk) = SmallDisk::mount(&batches, "1m") else { return Ok(()) };
    let Some(_kept) = SmallDisk::mount(&undelivered, "1m") else { return Ok(()) };
    let document = town.letter("letter.pdf")?;
    let bytes = fs::read(&document)?;
    // 1.
    fs::create_dir_all(batches.join("done"))?;
    fs::create_dir_all(batches.join("refused"))?;
    fill(&batches.join("ballast"))?;
    let said = town.office.issue(TYPE, &[&document])?;
    expect(&said, 2);
    assert!(said.stderr.contains("space"), "{}", said.stderr);
    assert_eq!(names_in(&batches)?, ["ballast", "done", "refused"]);
    assert_issuances(&town, 0)?;
    fs::remove_file(batches.join("ballast"))?;
    // 2.
    issue_and_wait(&mut town, &[&document])?;
    fs::remove_file(&document)?;
    fill(&undelivered.join("ballast"))?;
    let said = town.office.resume()?;
    expect(&said, 3);
    assert_eq!(state(&said, &document), ["waiting", "not-written"]);
    assert_eq!(names_in(&undelivered)?, ["ballast"]);
    // 3.
    fs::remove_file(undelivered.join("ballast"))?;
    let said = town.office.resume()?;
    expect(&said, 4);
    assert_eq!(state(&said, &document), ["undelivered", "file-gone"]);
    let kept = names_in(&undelivered)?;
    assert_eq!(kept.len(), 1, "{kept:?}");
    fs::write(&document, bytes)?;
    fs::copy(undelivered.join(&kept[0]), receipt(&document))?;
    expect(&town.world.verify(&[&document], &[])?, 0);
    assert_issuances(&town, 1)?;
    town.world.stop_all()
}

#[test]
fn no_file_may_grow() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("outbox", 4)?;
    issue_and_wait(&mut town, &[&folder])?;
    // 2.
    let limited = |first: &str| {
        let mut shell = Command::new("sh");
        let script = format!("{first} ulimit -f 8; exec \"$@\"");
        shell.args(["-c", &script, "sh"]).arg(town.world.issuer_tool().get_program());
        shell.arg("resume").arg("--dir").arg(town.office.folder());
        run(&mut shell)
    };
    let said = limited("trap '' XFSZ;")?;
    expect(&said, 3);
    assert!(said.stdout.contains("\treceipt-not-written\n"), "{}", said.stdout);
    assert_eq!(names_in(&folder)?.len(), 4, "{:?}", names_in(&folder)?);
    assert_eq!(limited("")?.code, 128 + 25);
    // 3.
    expect(&town.office.resume()?, 0);
    expect(&town.world.verify(&[&folder], &[])?, 0);
    assert_eq!(names_in(&folder)?.len(), 8);
    assert_nothing_left_over(&[folder, town.office.folder().join("batches")])?;
    assert_issuances(&town, 1)?;
    town.world.stop_all()
}

fn assert_issuances(town: &Town, want: usize) -> Result<()> {
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), want);
    Ok(())
}
