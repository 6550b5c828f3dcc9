//! Runs other programs for the chores: at the top of the workspace, output passed through.

use anyhow::{Context, Result, ensure};
use e2e::process::{cargo, workspace};
use std::process::{Command, Stdio};

/// `cargo ARGS...`, which must succeed.
pub fn run_cargo(args: &[&str]) -> Result<()> {
    run(cargo().args(args))
}

/// Any command, which must succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.current_dir(workspace()).status();
    let status = status.with_context(|| format!("cannot run {:?}", command.get_program()))?;
    let program = command.get_program().to_string_lossy().into_owned();
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    ensure!(status.success(), "`{program} {}` failed ({status})", args.join(" "));
    Ok(())
}

/// Whether a command exists and runs here.
pub fn exists(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
