//! 1. An office issues; `watch-ledger` finds nothing that its journal does not know.
//! 2. A thief with the office's key issues behind its back: `watch-ledger` says so, with the index,
//!    exits with 1, and calls the alarm command.
//! 3. The office's own node is gone: its peers' copies tell the same.
//! 4. The office has looked into the entry and says so: no alarm any more.

use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::http;
use e2e::process::{Output, run};
use std::fs;

fn watch(town: &Town, args: &[&str]) -> Result<Output> {
    let mut tool = town.world.issuer_tool();
    run(tool.arg("watch-ledger").arg("--dir").arg(town.office.folder()).args(args))
}

#[test]
fn a_stolen_key_is_noticed() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    let said = watch(&town, &["--once"])?;
    expect(&said, 0);
    // 2.
    let heard = town.folder("alarm.txt");
    let settings = town.office.folder().join("issuer.toml");
    let command = format!("alarm_command = [\"tee\", \"{}\"]\n", heard.display());
    fs::write(&settings, fs::read_to_string(&settings)? + &command)?;
    town.office.set_patience(5)?;
    let theft = town.desk()?.sign_new(4)?;
    let node = town.world.address(HOME);
    let answer = http::post(node, "/v1/issuances?wait_s=20", &theft)?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let said = watch(&town, &["--once"])?;
    expect(&said, 1);
    assert!(said.stdout.contains("issues documents in this office's name"), "{said:?}");
    let index = said.stdout.split(' ').nth(2).unwrap_or("").to_owned();
    assert!(fs::read_to_string(&heard)?.contains(&format!("entry {index} ")));
    // 3.
    town.world.kill(HOME);
    expect(&watch(&town, &["--once"])?, 1);
    // 4.
    expect(&watch(&town, &["--seen", &index])?, 0);
    expect(&watch(&town, &["--once"])?, 0);
    town.world.stop_all()
}
