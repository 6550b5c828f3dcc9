//! 1. Twelve times a folder is issued and the issuer's tool is killed at a random moment.
//! 2. It is started again, and killed again every second time; then it may finish.
//! 3. Every document has its receipt, and all are VALID.
//! 4. The log holds one issuance for each folder: nothing was issued twice.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, documents_in, expect, receipt};
use anyhow::Result;
use e2e::process::{Process, run};
use e2e::world::World;
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 12;

#[test]
fn an_interrupted_issue_is_finished_and_never_repeated() -> Result<()> {
    let mut town = Town::start()?;
    let mut folders = Vec::new();
    for round in 0..ROUNDS {
        // 1.
        let folder = town.letters(&format!("letters-{round}"), 25)?;
        let mut issue = town.office.issue_tool(TYPE);
        issue.args(["--unit", "Front desk"]).arg(&folder);
        killed_at_random(&mut issue, &town)?;
        // 2.
        let mut again = town.office.issue_tool(TYPE);
        again.args(["--unit", "Front desk", "--skip-issued"]).arg(&folder);
        if round % 2 == 0 {
            killed_at_random(&mut again, &town)?;
        }
        expect(&town.office.resume()?, 0);
        expect(&run(&mut again)?, 0);
        folders.push(folder);
    }
    // 3.
    for folder in &folders {
        for document in documents_in(folder)? {
            assert!(receipt(&document).is_file(), "{} has no receipt", document.display());
        }
        expect(&town.world.verify(&[folder], &[])?, 0);
    }
    // 4.
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), ROUNDS);
    town.world.stop_all()
}

fn killed_at_random(command: &mut Command, town: &Town) -> Result<()> {
    let mut byte = [0];
    getrandom::fill(&mut byte)?;
    let process = Process::start(command, &town.folder("issuer.txt"))?;
    std::thread::sleep(Duration::from_millis(u64::from(byte[0]) * 3 / 2));
    process.kill();
    Ok(())
}
