//! `killed_at_each_step`
//! 1. The tool is ended at the n-th call of each system call that makes something durable or
//!    visible, for each n until it gets through.
//! 2. `resume` is ended once at the same call, then it may finish; then the folder is issued
//!    again, as a person would who does not know how far it came.
//! 3. Every document has one receipt, all are VALID, and nothing half written lies anywhere.
//! 4. The log holds one issuance for each folder.
//!
//! `a_disk_that_fails`
//! 1. Each of these calls fails once with an input/output error, at each of its places.
//! 2. No document is called issued whose receipt was not made durable; `resume` ends it.

use super::{assert_nothing_left_over, names_in, traced};
use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::process::run;
use e2e::world::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What makes bytes durable, gives them their name, or takes a name away.
const CALLS: [&str; 4] = ["fsync", "renameat2", "rename", "unlink"];
const KILLED: i32 = 128 + 9;

fn issue(town: &Town, folder: &Path) -> Command {
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", "Front desk", "--skip-issued"]).arg(folder);
    issue
}

fn resume(town: &Town) -> Command {
    let mut resume = town.world.issuer_tool();
    resume.arg("resume").arg("--dir").arg(town.office.folder());
    resume
}

#[test]
fn killed_at_each_step() -> Result<()> {
    let mut town = Town::start()?;
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut kills = 0;
    for call in CALLS {
        for nth in 1..50 {
            // 1. More documents than writers, so that some write twice.
            let folder = town.letters(&format!("{call}-{nth}"), 18)?;
            let fault = format!("inject={call}:signal=KILL:when={nth}");
            let Some(said) = traced(&issue(&town, &folder), &fault)? else { return Ok(()) };
            folders.push(folder.clone());
            if said.code != KILLED {
                expect(&said, 0);
                break;
            }
            kills += 1;
            // 2.
            let again = traced(&resume(&town), &fault)?;
            kills += usize::from(again.is_some_and(|said| said.code == KILLED));
            expect(&town.office.resume()?, 0);
            expect(&run(&mut issue(&town, &folder))?, 0);
        }
    }
    assert!(kills >= 12, "only {kills} kills");
    println!("{kills} kills, {} folders", folders.len());
    // 3.
    for folder in &folders {
        assert_eq!(names_in(folder)?.len(), 36, "{}", folder.display());
        expect(&town.world.verify(&[folder], &[])?, 0);
    }
    assert_nothing_left_over(&folders)?;
    let batches = town.office.folder().join("batches");
    assert_nothing_left_over(&[batches.clone(), batches.join("done")])?;
    // 4.
    assert_issuances(&town, folders.len())?;
    town.world.stop_all()
}

#[test]
fn a_disk_that_fails() -> Result<()> {
    let mut town = Town::start()?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for call in CALLS {
        for nth in 1..50 {
            // 1.
            let folder = town.letters(&format!("{call}-{nth}"), 18)?;
            let fault = format!("inject={call}:error=EIO:when={nth}");
            let Some(said) = traced(&issue(&town, &folder), &fault)? else { return Ok(()) };
            folders.push(folder.clone());
            if said.code == 0 {
                break;
            }
            // 2.
            assert!([2, 3].contains(&said.code), "{}\n{}{}", said.code, said.stdout, said.stderr);
            assert!(said.stderr.contains("Input/output error"), "{}", said.stderr);
            expect(&town.office.resume()?, 0);
            expect(&run(&mut issue(&town, &folder))?, 0);
        }
    }
    for folder in &folders {
        assert_eq!(names_in(folder)?.len(), 36, "{}", folder.display());
        expect(&town.world.verify(&[folder], &[])?, 0);
    }
    assert_nothing_left_over(&folders)?;
    assert_issuances(&town, folders.len())?;
    town.world.stop_all()
}

fn assert_issuances(town: &Town, want: usize) -> Result<()> {
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), want);
    Ok(())
}
