//! `cargo xtask tidy`: the project's rules of style that no other tool checks.
//!
//! Each rule is a function from files to complaints; all complaints are shown at once.

use anyhow::{Result, ensure};
use e2e::process::{run as run_command, workspace};
use std::process::Command;

mod fences;
mod markdown;
mod sources;
mod specs;

/// A text file of the project.
struct File {
    /// Path from the top of the workspace, with `/`.
    path: String,
    text: String,
}

/// Checks everything and lists what breaks a rule.
pub fn run() -> Result<()> {
    let files = project_files()?;
    let mut complaints = Vec::new();
    for file in &files {
        sources::check(file, &mut complaints);
        fences::check(file, &mut complaints);
        markdown::check(file, &mut complaints);
    }
    specs::check(&files, &mut complaints);
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    ensure!(complaints.is_empty(), "tidy: {} complaints, listed above", complaints.len());
    println!("tidy: {} files in order", files.len());
    Ok(())
}

/// Every text file that is in the tree or about to be.
fn project_files() -> Result<Vec<File>> {
    let mut git = Command::new("git");
    git.current_dir(workspace()).args(["ls-files", "-co", "--exclude-standard"]);
    let list = run_command(&mut git)?.ok()?;
    let mut files = Vec::new();
    for path in list.lines() {
        // A file may be listed and deleted, or be no text: neither concerns these rules.
        if let Ok(bytes) = std::fs::read(workspace().join(path))
            && let Ok(text) = String::from_utf8(bytes)
        {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
