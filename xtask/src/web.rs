//! The page's module, `verifier-web/built/beleg.wasm`: made from the sources, and compared with
//! what is in the tree. Whoever runs a node needs neither this nor the compiler it takes.
//!
//! It needs a compiler with the sources of the standard library: Debian's (`rustc-web`,
//! `rust-web-src`), or this toolchain's with `rustup component add rust-src`. `BUILD` beside the
//! module records the compiler and every package with its version as `Cargo.lock` has it; only the
//! same compiler gives the same bytes.

use crate::steps;
use anyhow::{Context, Result, ensure};
use e2e::process::{cargo, run, workspace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGE: &str = "beleg-web";
/// A panic is a trap: its words, and where it was, are of no use to a page.
const FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none \
                     -Zfmt-debug=none";

/// What was made, and from what.
struct Built {
    module: Vec<u8>,
    record: String,
}

/// Writes the module and its record into the tree.
pub fn write() -> Result<()> {
    let compiler = compiler()?.context(
        "no compiler with the sources of the standard library: install rustc-web and rust-web-src, \
         or run `rustup component add rust-src`",
    )?;
    let built = build(&compiler)?;
    std::fs::write(folder().join("beleg.wasm"), &built.module)?;
    std::fs::write(folder().join("BUILD"), &built.record)?;
    println!("{} bytes", built.module.len());
    Ok(())
}

/// Builds the module and requires that it is what is in the tree.
pub fn compare() -> Result<()> {
    let Some(compiler) = compiler()? else {
        println!(
            "skipped: no compiler with the sources of the standard library (`cargo xtask web`)"
        );
        return Ok(());
    };
    let kept = std::fs::read_to_string(folder().join("BUILD"))?;
    let built = build(&compiler)?;
    if kept.lines().next() != built.record.lines().next() {
        println!("built, not compared: another compiler made what is in the tree");
        return Ok(());
    }
    let same = kept == built.record && std::fs::read(folder().join("beleg.wasm"))? == built.module;
    ensure!(same, "the page's module is not what the code makes today: run `cargo xtask web`");
    Ok(())
}

fn folder() -> PathBuf {
    workspace().join("verifier-web/built")
}

/// Debian's compiler, or this toolchain's, whichever has the sources.
fn compiler() -> Result<Option<PathBuf>> {
    let debian = Path::new("/usr/bin/rustc");
    if debian.exists() && Path::new("/usr/lib/rustlib/src/rust/library").exists() {
        return Ok(Some(debian.to_owned()));
    }
    let sources = sysroot()?.join("lib/rustlib/src/rust/library");
    Ok(sources.exists().then(|| PathBuf::from("rustc")))
}

fn sysroot() -> Result<PathBuf> {
    let printed = run(Command::new("rustc").args(["--print", "sysroot"]))?.ok()?;
    Ok(PathBuf::from(printed.trim()))
}

fn build(compiler: &Path) -> Result<Built> {
    let host = run(Command::new("rustc").arg("-vV"))?.ok()?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what it runs on")?;
    let linker = sysroot()?.join("lib/rustlib").join(host).join("bin/rust-lld");
    let mut build = cargo();
    build.env("RUSTC", compiler).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAGS);
    build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    build.args(["build", "--locked", "-p", PACKAGE, "--lib", "--profile", "web"]);
    build.args(["--target", TARGET, "--target-dir", "target/web"]);
    steps::run(build.arg("-Zbuild-std=std,panic_abort"))?;
    let module = workspace().join("target/web").join(TARGET).join("web/web.wasm");
    Ok(Built { module: std::fs::read(module)?, record: record(compiler)? })
}

/// The compiler on the first line, then every package that is in the module.
fn record(compiler: &Path) -> Result<String> {
    let version = run(Command::new(compiler).arg("--version"))?.ok()?;
    let mut tree = cargo();
    tree.args(["tree", "--locked", "-p", PACKAGE, "--target", TARGET, "--edges", "normal"]);
    let tree = run(tree.args(["--prefix", "none", "--format", "{p}"]))?.ok()?;
    // What follows the version is a folder of this machine, or says that it stood there before.
    let package = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let packages: BTreeSet<String> = tree.lines().map(package).collect();
    let packages: Vec<String> = packages.into_iter().collect();
    Ok(format!("{}\n{FLAGS}\n{}\n", version.trim(), packages.join("\n")))
}
