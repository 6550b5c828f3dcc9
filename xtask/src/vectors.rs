//! The test vectors in `PACKAGE/tests/testdata`: written by the examples `vectors*` of the package
//! from fixed seeds, and compared with what is in the tree.

use crate::steps;
use anyhow::{Result, ensure};
use e2e::process::{run, workspace};
use std::process::Command;

/// Folder and name of the packages that have vectors.
const PACKAGES: [(&str, &str); 2] = [("proto", "beleg-proto"), ("verifier-cli", "beleg")];

/// Writes all vectors into the tree.
pub fn write() -> Result<()> {
    for (folder, package) in PACKAGES {
        for example in examples(folder)? {
            steps::run_cargo(&["run", "--quiet", "-p", package, "--example", &example])?;
        }
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
        "the vectors in the tree are not what the code makes today.\n{after}\nFormats are \
         promised: if this change is meant, it needs a new version byte and new files beside the \
         old ones."
    );
    Ok(())
}

/// What differs from the last commit, with content.
fn state() -> Result<String> {
    let folders = PACKAGES.map(|(folder, _)| format!("{folder}/tests/testdata"));
    let git = |args: &[&str]| {
        run(Command::new("git").current_dir(workspace()).args(args).arg("--").args(&folders))?.ok()
    };
    let new = git(&["ls-files", "--others", "--exclude-standard"])?;
    Ok(git(&["diff", "HEAD", "--stat", "-p"])? + &new)
}

fn examples(folder: &str) -> Result<Vec<String>> {
    let folder = workspace().join(folder).join("examples");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        names.extend(name.filter(|name| name.starts_with("vectors")));
    }
    names.sort();
    Ok(names)
}
