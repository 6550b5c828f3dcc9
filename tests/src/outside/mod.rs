//! Other people's programs that the stories start: chains, their compilers and tools.
//!
//! They are looked for where `.ci/run` puts them, `target/tools`. Without one, what needs it is
//! skipped and says so; `BELEG_OUTSIDE=required` (CI) makes that an error.

pub mod bitcoin;
pub mod evm;
pub mod tsa;

use crate::process::workspace;
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// A file of an npm package.
pub fn npm(file: &str) -> Result<Option<PathBuf>> {
    let path = workspace().join("target/tools/node_modules").join(file);
    let package = file.split('/').take(if file.starts_with('@') { 2 } else { 1 });
    let package = package.collect::<Vec<_>>().join("/");
    let install = format!("npm install --prefix target/tools --no-save --ignore-scripts {package}");
    found(path, &install)
}

/// The path, if something is there; what puts it there is said otherwise.
pub fn found(path: PathBuf, install: &str) -> Result<Option<PathBuf>> {
    if path.exists() {
        return Ok(Some(path));
    }
    let required = std::env::var_os("BELEG_OUTSIDE").is_some_and(|value| value == "required");
    ensure!(!required, "{} is missing, and BELEG_OUTSIDE requires it", path.display());
    println!("skipped: {} is missing (`{install}`)", path.display());
    Ok(None)
}
