//! 1. An office issues a letter. Later a thief with a copy of its folder issues two of their own.
//! 2. `issuer contain --list-only` lists what the key signed since; a dry run signs nothing.
//! 3. The authority's node is dead: the revocation is held by the three others.
//! 4. It is back: the same command retires the key and suspends everything of the time. The letter
//!    from before still stands; the thief issues nothing more.
//! 5. One of the letters was the office's own after all: its batch is reinstated.
//! 6. What is revoked for good is INVALID for everybody, the letter from before VALID; it stays so
//!    until the administration key says its last word.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect};
use crate::withdraw::{read, state, states};
use anyhow::{Context, Result};
use e2e::process::{Output, run};
use e2e::world::{MEMBERS, World};
use proto::ledger::StatusState;
use proto::ledger::reading::Replay;
use proto::time::Date;
use std::process::Command;

fn issuer(town: &Town, what: &str, args: &[&str]) -> Result<Output> {
    let mut tool = town.world.node_tool();
    tool.args(["issuer", what, "--authority", MEMBERS[HOME].0, "--issuer", "Front desk"]);
    tool.arg("--federation").arg(town.world.federation());
    run(tool.arg("--key").arg(town.world.administration_key(HOME)).args(args))
}

/// The time of the log's newest snapshot, as the command line takes it, a second later.
fn next_second(town: &Town) -> Result<String> {
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    let rules = desk.federation.rules_for(&World::origin(HOME)).context("rules")?;
    let time = Replay::of(&rules, &log.entries)?.state.last_time().0 + 1;
    let day = Date::of(proto::hash::Timestamp(time)).context("a day")?;
    Ok(format!("{day}T{:02}:{:02}:{:02}Z", time % 86_400 / 3600, time / 60 % 60, time % 60))
}

#[test]
fn a_stolen_key_is_contained() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let before = town.letter("before.pdf")?;
    expect(&town.office.issue(TYPE, &[&before])?, 0);
    let from = next_second(&town)?;
    let thief = town.folder("thief");
    expect(&run(Command::new("cp").arg("-a").arg(town.office.folder()).arg(&thief))?, 0);
    let forged = [town.letter("forged-1.pdf")?, town.letter("forged-2.pdf")?];
    for document in &forged {
        // Snapshots are dated to the second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let mut issue = town.world.issuer_tool();
        issue.arg("issue").arg(document).args(["--type", TYPE, "--unit", "Thief"]);
        expect(&run(issue.arg("--dir").arg(&thief))?, 0);
    }
    // 2.
    let said = issuer(&town, "contain", &["--from", &from, "--list-only"])?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("2 batches with 32 places for documents\n"), "{said:?}");
    let said = issuer(&town, "contain", &["--from", &from, "--dry-run"])?;
    expect(&said, 0);
    assert!(said.stdout.contains("suspended, places now: 32 valid; 0 are final"), "{said:?}");
    // 3.
    town.world.kill(HOME);
    let contain = ["--from", &from, "--yes"];
    let said = issuer(&town, "contain", &contain)?;
    expect(&said, 1);
    assert!(said.stdout.contains("auental: held; bergfeld: held; seewald: held"), "{said:?}");
    assert!(said.stderr.contains("3 nodes have it"), "{said:?}");
    // 4.
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    let said = issuer(&town, "contain", &contain)?;
    expect(&said, 0);
    assert!(said.stdout.contains("it issues nothing more"), "{said:?}");
    let list = states(&town)?;
    assert_eq!(state(&list, &before)?, StatusState::Valid);
    for document in &forged {
        assert_eq!(state(&list, document)?, StatusState::Suspended);
    }
    let late = town.letter("late.pdf")?;
    let mut issue = town.world.issuer_tool();
    issue.arg("issue").arg(&late).args(["--type", TYPE, "--unit", "Thief"]);
    assert_ne!(run(issue.arg("--dir").arg(&thief))?.code, 0);
    // 5.
    let first = read(&forged[0])?.first_status.0;
    let status = [first.to_string(), (first + 15).to_string()];
    let one = ["--status", &status[0], &status[1], "--yes"];
    expect(&issuer(&town, "reinstate", &one)?, 0);
    let list = states(&town)?;
    assert_eq!(state(&list, &forged[0])?, StatusState::Valid);
    assert_eq!(state(&list, &forged[1])?, StatusState::Suspended);
    // 6.
    let revoke = ["--from", &from, "--state", "revoked", "--yes"];
    expect(&issuer(&town, "contain", &revoke)?, 0);
    let list = town.folder("list");
    let file = e2e::http::read(town.world.address(HOME), "/v1/status-list")?;
    std::fs::write(&list, file.body)?;
    let list = ["--no-store", "--status-list", &list.display().to_string()];
    expect(&town.world.verify(&[&before], &list)?, 0);
    for document in &forged {
        let said = town.world.verify(&[document], &list)?;
        expect(&said, 1);
        assert!(said.stdout.contains("INVALID"), "{said:?}");
    }
    let said = issuer(&town, "reinstate", &one)?;
    expect(&said, 0);
    assert!(said.stdout.contains("16 are final and stay"), "{said:?}");
    assert_eq!(state(&states(&town)?, &forged[0])?, StatusState::Revoked);
    let word = ["--status", &status[0], &status[1], "--last-word", "--yes"];
    expect(&issuer(&town, "reinstate", &word)?, 0);
    assert_eq!(state(&states(&town)?, &forged[0])?, StatusState::Valid);
    town.world.stop_all()
}
