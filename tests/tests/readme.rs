//! Every `sh` block of README.md and docs/tutorial.md runs, in order, and succeeds. The demo folder
//! they speak of is put into a temporary one; `cargo xtask test` is left out, as it runs us.

use anyhow::{Context, Result};
use e2e::process::{binaries, run, workspace};
use std::fs;
use std::process::Command;

#[test]
fn what_the_readme_shows_runs() -> Result<()> {
    shown_commands_run("README.md")
}

#[test]
fn what_the_tutorial_shows_runs() -> Result<()> {
    shown_commands_run("docs/tutorial.md")
}

fn shown_commands_run(page: &str) -> Result<()> {
    let text = fs::read_to_string(workspace().join(page))?;
    let blocks = sh_blocks(&text);
    assert!(!blocks.is_empty(), "{page} shows no commands");
    let dir = tempfile::tempdir()?;
    let demo = dir.path().join("demo");
    let demo = demo.to_str().context("a temporary folder has a plain name")?;
    let folder = binaries().verifier.parent().context("a binary lies in a folder")?;
    let mut script = String::from("set -euo pipefail\n");
    for line in blocks.lines().filter(|line| line.trim() != "cargo xtask test") {
        let line = line
            .replace("cargo xtask demo", "cargo xtask demo --dir demo")
            .replace("target/debug", &folder.display().to_string())
            .replace("--dir demo", &format!("--dir {demo}"))
            .replace(" demo/", &format!(" {demo}/"));
        script.push_str(&format!("{line}\n"));
    }
    let mut bash = Command::new("bash");
    bash.current_dir(workspace()).arg("-c").arg(&script).env("TMPDIR", dir.path());
    let said = run(&mut bash)?;
    assert_eq!(said.code, 0, "\n{script}\n{}{}", said.stdout, said.stderr);
    Ok(())
}

/// The lines of all blocks marked `sh`.
fn sh_blocks(text: &str) -> String {
    let mut inside = false;
    let mut lines = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside && line == "```sh";
        } else if inside {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}
