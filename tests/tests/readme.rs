//! 1. Every `sh` block of README.md runs, in order, and succeeds. The demo folder they speak of is
//!    put into a temporary one; `cargo xtask test` is left out, as it runs us.
//! 2. So does every one of docs/tutorial.md, in an empty folder and with ports that are free.

use anyhow::{Context, Result};
use e2e::page::blocks;
use e2e::process::{binaries, free_port, run, workspace};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn what_the_readme_shows_runs() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let demo = dir.path().join("demo").display().to_string();
    let mut script = String::new();
    for line in sh_blocks("README.md")?.lines().filter(|line| *line != "cargo xtask test") {
        let line = line
            .replace("cargo xtask demo", &format!("cargo xtask demo --dir {demo}"))
            .replace("target/debug", &bin_folder()?)
            .replace(" demo/", &format!(" {demo}/"));
        script.push_str(&format!("{line}\n"));
    }
    assert!(script.contains("cargo xtask demo"), "the README shows no demo");
    succeeds(&script, workspace())
}

#[test]
fn what_the_tutorial_shows_runs() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut script = sh_blocks("docs/tutorial.md")?;
    // The page counts on from the first port, so the four free ones have to be neighbours.
    let first = free_ports_in_a_row()?;
    for number in 0..4 {
        script = script.replace(&(8101 + number).to_string(), &(first + number).to_string());
    }
    script.insert_str(0, &format!("export PATH=\"{}:$PATH\"\n", bin_folder()?));
    succeeds(&script, dir.path())
}

fn free_ports_in_a_row() -> Result<u16> {
    for _ in 0..50 {
        let first = free_port()?;
        let free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (first + 1..first + 4).all(free) {
            return Ok(first);
        }
    }
    anyhow::bail!("no four neighbouring ports are free")
}

fn succeeds(script: &str, folder: &Path) -> Result<()> {
    // Whatever happens, the nodes that the script has started end with it.
    let script =
        format!("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
    let said = run(Command::new("bash").current_dir(folder).arg("-c").arg(&script))?;
    assert_eq!(said.code, 0, "\n{script}\n{}{}", said.stdout, said.stderr);
    Ok(())
}

fn bin_folder() -> Result<String> {
    let folder = binaries().verifier.parent().context("a binary lies in a folder")?;
    Ok(folder.display().to_string())
}

/// The lines of all blocks marked `sh`.
fn sh_blocks(page: &str) -> Result<String> {
    let text = fs::read_to_string(workspace().join(page))?;
    let blocks = blocks(&text).into_iter().filter(|(word, _)| word == "sh");
    Ok(blocks.map(|(_, lines)| lines).collect())
}
