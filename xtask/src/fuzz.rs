//! Runs each fuzz target of `fuzz/` for a while.

use crate::steps;
use anyhow::{Context, Result, ensure};
use e2e::process::{cargo, workspace};

/// How long, and which.
#[derive(clap::Args)]
pub struct Args {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only the target of this name
    #[arg(long)]
    target: Option<String>,
}

/// Runs the targets one after the other and stops at the first crash.
pub fn run(args: &Args) -> Result<()> {
    let has_cargo_fuzz = steps::exists(cargo().args(["fuzz", "--version"]));
    ensure!(has_cargo_fuzz, "cargo-fuzz is missing: run `cargo install cargo-fuzz`");
    for target in targets()? {
        if args.target.as_ref().is_some_and(|only| *only != target) {
            continue;
        }
        println!("== {target}: {} s", args.seconds);
        // The sanitizer flags are unstable; this lets the pinned compiler take them.
        let mut fuzz = cargo();
        fuzz.env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", &target, "--"]);
        fuzz.args([&format!("-max_total_time={}", args.seconds), "-timeout=10"]);
        fuzz.args(["-rss_limit_mb=1024", "-print_final_stats=1"]);
        steps::run(&mut fuzz)?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>> {
    let folder = workspace().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = file?.path();
        if path.extension().is_some_and(|ext| ext == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    ensure!(!names.is_empty(), "no target in {}", folder.display());
    Ok(names)
}
