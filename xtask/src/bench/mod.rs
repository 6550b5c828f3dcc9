//! `cargo xtask bench`: the figures of `docs/benchmarks.md`, measured here and printed as Markdown.
//!
//! Release builds, loopback, one folder. Where a figure is compared with another program's, both
//! are measured in turn in the same run.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use e2e::process::{Binaries, Profile, run};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

mod hashing;
mod page;
mod submitting;
mod verifying;

/// Where, and how much.
#[derive(clap::Args)]
pub struct Args {
    /// A folder for everything, on the disk that is to be measured; it must not exist yet
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// Only this part
    #[arg(long, value_enum)]
    part: Option<Part>,
    /// Seconds for each measurement of submissions
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Documents for the last part
    #[arg(long, default_value_t = 100_000)]
    documents: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A folder of PDFs against sha256sum
    Hashing,
    /// Submissions through one node with its quorum
    Submitting,
    /// One file, and very many
    Verifying,
    /// The page in a browser against the command line
    Page,
}

/// Measures and prints.
pub fn run_bench(args: &Args) -> Result<()> {
    ensure!(!args.dir.exists(), "{} exists: remove it or name another", args.dir.display());
    let binaries = Binaries::build(Profile::Release)?;
    fs::create_dir_all(&args.dir)?;
    let dir = fs::canonicalize(&args.dir)?;
    println!("{}\n", machine()?);
    for part in Part::value_variants() {
        if args.part.is_some_and(|only| only != *part) {
            continue;
        }
        match part {
            Part::Hashing => hashing::measure(&dir.join("hashing"), &binaries)?,
            Part::Submitting => {
                submitting::measure(&dir.join("submitting"), &binaries, args.seconds)?;
            }
            Part::Verifying => {
                verifying::measure(&dir.join("verifying"), &binaries, args.documents)?;
            }
            Part::Page => page::measure(&dir.join("page"), &binaries)?,
        }
    }
    fs::remove_dir_all(&dir)?;
    Ok(())
}

/// What it was measured on, in one line.
fn machine() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or("unknown").trim().to_owned()
    };
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let sha = if value("flags").split(' ').any(|flag| flag == "sha_ni") { ", SHA-NI" } else { "" };
    let kernel = run(Command::new("uname").arg("-sr"))?.ok()?;
    let commit = run(Command::new("git").args(["rev-parse", "--short", "HEAD"]))?.ok()?;
    let (model, kernel, commit) = (value("model name"), kernel.trim(), commit.trim());
    Ok(format!("{model}, {cores} cores{sha}; {kernel}; commit {commit}"))
}

/// The middle of some numbers.
fn median(mut numbers: Vec<f64>) -> Result<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().context("nothing was measured")
}

/// Wall time and CPU time of a command, in seconds; it must end with 0.
fn timed(command: &str) -> Result<(f64, f64)> {
    // bash measures its own child, so that neither our process nor a tool stands in between.
    let script = format!("TIMEFORMAT='%R %U %S'; time {command} >/dev/null");
    let said = run(Command::new("bash").args(["-c", &script]))?;
    ensure!(said.code == 0, "`{command}`: {said:?}");
    let numbers = said.stderr.lines().last().context("no times")?;
    let numbers: Vec<f64> = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [wall, user, system] = numbers.as_slice() else {
        anyhow::bail!("no times in: {}", said.stderr)
    };
    Ok((*wall, user + system))
}
