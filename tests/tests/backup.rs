//! 1. A document is issued; the node is stopped and its data folder copied.
//! 2. More is issued; the node is killed and the old copy put in place of its data.
//! 3. With no peer alive it starts, refuses to sign, and says so.
//! 4. With its peers alive it catches up and goes on: the log contains everything.
//! 5. All receipts are VALID, and `fsck` is clean.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::http;
use e2e::process::run;
use e2e::world::World;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn a_restored_backup_does_not_fork_the_log() -> Result<()> {
    let mut town = Town::start()?;
    let desk = town.desk()?;
    let data = town.world.node_folder(HOME).join("data");
    let copy = town.folder("old-copy");
    // 1.
    let first = town.letter("first.pdf")?;
    expect(&town.office.issue(TYPE, &[&first])?, 0);
    assert_eq!(town.world.stop(HOME)?, 0);
    copy_folder(&data, &copy)?;
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    // 2.
    let second = town.letter("second.pdf")?;
    expect(&town.office.issue(TYPE, &[&second])?, 0);
    let node = town.world.address(HOME);
    let before = Log::read(node, &World::origin(HOME), &desk.federation)?;
    (0..4).for_each(|number| town.world.kill(number));
    std::fs::remove_dir_all(&data)?;
    copy_folder(&copy, &data)?;
    // 3.
    town.world.start(HOME)?;
    std::thread::sleep(Duration::from_secs(3));
    let ready = http::read(node, "/readyz")?;
    assert_eq!(ready.status, 503, "{}", ready.text());
    let submission = desk.sign_new(4)?;
    let refused = http::post(node, "/v1/issuances?wait_s=1", &submission)?;
    assert!([202, 503].contains(&refused.status), "{}: {}", refused.status, refused.text());
    // 4.
    town.world.start_all()?;
    town.world.wait_ready(HOME)?;
    let answer = http::post(node, "/v1/issuances?wait_s=30", &submission)?;
    desk.check(&submission, &answer)?;
    let after = Log::read(node, &World::origin(HOME), &desk.federation)?;
    assert!(after.entries.starts_with(&before.entries), "the log does not contain what it had");
    // 5.
    expect(&town.world.verify(&[&first, &second], &[])?, 0);
    town.world.stop_all()?;
    for number in 0..4 {
        expect(&town.world.fsck(number)?, 0);
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("-a").arg(from).arg(to))?.ok()?;
    Ok(())
}
