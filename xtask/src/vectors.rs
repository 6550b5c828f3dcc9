//! The test vectors of `proto/tests/testdata`: written by the examples `vectors*` of proto from
//! fixed seeds, and compared with what is in the tree.

use crate::steps;
use anyhow::{Result, ensure};
use e2e::process::{run, workspace};
use std::process::Command;

/// Where the vectors are.
const FOLDER: &str = "proto/tests/testdata";

/// Writes all vectors into the tree.
pub fn write() -> Result<()> {
    for example in examples()? {
        steps::run_cargo(&["run", "--quiet", "-p", "beleg-proto", "--example", &example])?;
    }
    Ok(())
}

/// Writes them and requires that nothing has changed by it.
pub fn compare() -> Result<()> {
    let before = state()?;
    write()?;
    let after = state()?;
    ensure!(
        before == after,
        "the vectors in {FOLDER} are not what proto makes today.\n{after}\nFormats are promised: \
         if this change is meant, it needs a new version byte and new files beside the old ones."
    );
    Ok(())
}

/// What differs from the last commit, with content.
fn state() -> Result<String> {
    let git = |args: &[&str]| {
        run(Command::new("git").current_dir(workspace()).args(args).args(["--", FOLDER]))?.ok()
    };
    let new = git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok(git(&["diff", "HEAD", "--stat", "-p"])? + &new)
}

fn examples() -> Result<Vec<String>> {
    let folder = workspace().join("proto/examples");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        names.extend(name.filter(|name| name.starts_with("vectors")));
    }
    names.sort();
    Ok(names)
}
