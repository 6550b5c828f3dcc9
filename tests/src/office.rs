//! An issuing office of a federation: its folder, and `beleg-issuer` in it.

use crate::process::{Output, run};
use crate::world::set_option;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An issuing office with its key.
#[derive(Clone, Debug)]
pub struct Office {
    pub(crate) tool: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Office {
    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that it hands to its authority.
    pub(crate) fn request(&self) -> String {
        self.folder.join("request").display().to_string()
    }

    /// Sets how long it goes on asking a node that is away.
    pub fn set_patience(&self, seconds: u64) -> Result<()> {
        set_option(&self.folder.join("issuer.toml"), "patience_s", seconds)
    }

    /// `beleg-issuer issue`, ready for paths and more arguments.
    pub fn issue_tool(&self, document_type: &str) -> Command {
        let mut tool = Command::new(&self.tool);
        tool.arg("issue").arg("--dir").arg(&self.folder).args(["--type", document_type]);
        tool
    }

    /// Issues files and folders.
    pub fn issue(&self, document_type: &str, paths: &[&Path]) -> Result<Output> {
        run(self.issue_tool(document_type).args(["--unit", "Front desk"]).args(paths))
    }

    /// `beleg-issuer WHAT`, for example `revoke`, ready for more arguments.
    pub fn tool(&self, what: &str) -> Command {
        let mut tool = Command::new(&self.tool);
        tool.arg(what).arg("--dir").arg(&self.folder);
        tool
    }

    /// Finishes what was begun.
    pub fn resume(&self) -> Result<Output> {
        run(&mut self.tool("resume"))
    }
}
