//! `cargo xtask test`: the steps in order; the first that fails ends it.

use crate::{contract, steps, tidy, vectors, web};
use anyhow::{Context, Result};
use clap::ValueEnum;
use e2e::process::cargo;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// All steps, or one.
#[derive(clap::Args)]
pub struct Args {
    /// Only this step
    #[arg(long, value_enum)]
    step: Option<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Step {
    /// Layout of the sources
    Fmt,
    /// The rules of style that no other tool checks
    Tidy,
    /// Compiler and clippy warnings, all of them errors here
    Clippy,
    /// proto and seal compile for a machine without an operating system
    Wasm,
    /// The page's module in the tree is what the code makes
    Web,
    /// The compiled contract in the tree is what the compiler makes
    Contract,
    /// The vectors in the tree are what the code makes
    Vectors,
    /// Licences, sources and versions of what we depend on
    Deny,
    /// Every test of the workspace
    Cargo,
}

/// Runs the steps.
pub fn run(args: &Args) -> Result<()> {
    for step in Step::value_variants() {
        if args.step.is_some_and(|only| only != *step) {
            continue;
        }
        let start = Instant::now();
        println!("== {step:?}");
        perform(*step).with_context(|| format!("step {step:?}"))?;
        println!("== {step:?}: done in {:.1} s", start.elapsed().as_secs_f32());
    }
    Ok(())
}

fn perform(step: Step) -> Result<()> {
    match step {
        Step::Fmt => steps::run_cargo(&["fmt", "--all", "--check"]),
        Step::Tidy => tidy::run(),
        Step::Clippy => {
            // All targets are those that `cargo test` runs; the slow stories are not among them.
            for targets in [&["--all-targets"][..], &["--test", "soak"]] {
                let args = [&["clippy", "--workspace"], targets, &["--", "-D", "warnings"]];
                steps::run_cargo(&args.concat())?;
            }
            Ok(())
        }
        Step::Wasm => wasm(),
        Step::Web => web::compare(),
        Step::Contract => contract::compare(),
        Step::Vectors => vectors::compare(),
        Step::Deny => deny(),
        Step::Cargo => steps::run_cargo(&["test", "--workspace"]),
    }
}

/// The target is not part of the pinned toolchain, so that nobody needs it to run a node. Where
/// it is missing, Debian's compiler with the sources of the standard library serves as well.
fn wasm() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let packages = ["-p", "beleg-proto", "-p", "beleg-seal"];
    let check = [&["check", "--target", TARGET, "--target-dir", "target/wasm"], &packages[..]];
    let check = check.concat();
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8(sysroot.stdout)?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).is_dir() {
        return steps::run_cargo(&check);
    }
    if Path::new("/usr/bin/rustc").exists() && Path::new("/usr/lib/rustlib/src/rust").exists() {
        let mut debian = cargo();
        debian.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
        return steps::run(debian.args(check).arg("-Zbuild-std=core,alloc"));
    }
    println!("skipped: no {TARGET} here (`rustup target add {TARGET}`)");
    Ok(())
}

fn deny() -> Result<()> {
    if !steps::exists(cargo().args(["deny", "--version"])) {
        println!("skipped: no cargo-deny here (`cargo install cargo-deny`)");
        return Ok(());
    }
    steps::run_cargo(&["deny", "--workspace", "check", "bans", "licenses", "sources"])
}
