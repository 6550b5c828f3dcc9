//! What can happen to documents, disks, keys and the tool between reading and the last receipt.
//!
//! `moved` a document changes, moves or goes; `disk` there is no room; `killed` the tool is ended
//! at each of its system calls that make something durable; `keys` the office's key changes.

mod disk;
mod keys;
mod killed;
mod moved;

use crate::town::{TYPE, Town, expect};
use anyhow::Result;
use e2e::process::{Output, run};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two data centres away: the log takes a batch and cannot publish it.
const AWAY: [usize; 2] = [0, 1];

/// Issues while no quorum can be had, so that the batch waits for `resume`.
fn issue_and_wait(town: &mut Town, paths: &[&Path]) -> Result<()> {
    town.office.set_patience(1)?;
    AWAY.iter().for_each(|&number| town.world.kill(number));
    let said = town.office.issue(TYPE, paths)?;
    expect(&said, 3);
    assert!(said.stdout.contains("quorum-missing"), "{}", said.stdout);
    AWAY.iter().try_for_each(|&number| town.world.start(number))?;
    AWAY.iter().try_for_each(|&number| town.world.wait_ready(number))?;
    town.office.set_patience(60)
}

/// The state that a run prints for a document, and its code if there is one.
fn state<'a>(said: &'a Output, document: &Path) -> Vec<&'a str> {
    let name = document.to_string_lossy();
    let lines = said.stdout.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let mut of = lines.filter(|words| words.get(1).is_some_and(|path| *path == name));
    let words = of.next().unwrap_or_default();
    assert!(of.next().is_none(), "{name} is named twice:\n{}", said.stdout);
    words.into_iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, word)| word).collect()
}

/// Everything in a folder, in order of name, hidden files too.
fn names_in(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// What an interrupted run may leave beside documents or in the office; none may stay.
fn assert_nothing_left_over(folders: &[PathBuf]) -> Result<()> {
    for folder in folders {
        let hidden: Vec<String> =
            names_in(folder)?.into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(hidden.is_empty(), "{} holds {hidden:?}", folder.display());
    }
    Ok(())
}

/// `command` under strace with this fault injected; `None` where processes cannot be traced.
pub fn traced(command: &Command, fault: &str) -> Result<Option<Output>> {
    let mut probe = Command::new("strace");
    if !run(probe.args(["-qq", "-o", "/dev/null", "true"])).is_ok_and(|said| said.code == 0) {
        println!("skipped: no right to trace processes here");
        return Ok(None);
    }
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", fault]);
    strace.arg(command.get_program()).args(command.get_args());
    run(&mut strace).map(Some)
}
