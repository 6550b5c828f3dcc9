//! 1. A node runs.
//! 2. A second one on the same data folder refuses to start and says why.
//! 3. The first is not disturbed.
//! 4. After a kill -9 of the first, a new one starts: the lock was the process's and not a
//!    file's.

use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::process::run;
use std::fs;

#[test]
fn a_second_node_on_one_folder_does_not_start() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    // 2.
    let config = fs::read_to_string(town.world.node_folder(HOME).join("node.toml"))?;
    let ours = town.world.address(HOME).to_string();
    let other = format!("127.0.0.1:{}", e2e::process::free_port()?);
    let second = town.world.node_folder(HOME).join("second.toml");
    fs::write(&second, config.replace(&ours, &other))?;
    let said = run(town.world.node_tool().arg("serve").arg("--config").arg(&second))?;
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("data"), "it names the folder: {said:?}");
    assert!(!said.stderr.contains("panicked"), "{said:?}");
    // 3.
    let letter = town.letter("a.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    // 4.
    town.world.kill(HOME);
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)
}
