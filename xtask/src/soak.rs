//! `cargo xtask soak`: the stories that are too slow for every change, against a Bitcoin Core that
//! is built here from the sources in the crate `libbitcoinkernel-sys`.

use crate::steps;
use anyhow::{Context, Result, ensure};
use e2e::outside::bitcoin::CORE;
use e2e::process::{cargo, workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate with the sources, and its version.
const SOURCES: [&str; 2] = ["libbitcoinkernel-sys", "0.4.1"];
/// A node without wallet, window and everything else that is not needed; the crate leaves out the
/// table of networks that the last option would put into it.
const OPTIONS: [&str; 11] = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_DAEMON=ON",
    "-DBUILD_CLI=OFF",
    "-DBUILD_TX=OFF",
    "-DBUILD_UTIL=OFF",
    "-DBUILD_BITCOIN_BIN=OFF",
    "-DBUILD_TESTS=OFF",
    "-DENABLE_WALLET=OFF",
    "-DENABLE_IPC=OFF",
    "-DENABLE_EXTERNAL_SIGNER=OFF",
    "-DWITH_EMBEDDED_ASMAP=OFF",
];

/// How long.
#[derive(clap::Args)]
pub struct Args {
    /// Minutes for each story that can go on for ever
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Only the stories with this in their names
    #[arg(long, default_value = "")]
    story: String,
}

/// Builds what is missing and runs the stories.
pub fn run(args: &Args) -> Result<()> {
    if !workspace().join(CORE).exists() {
        build_core()?;
    }
    let mut stories = cargo();
    stories.env("BELEG_OUTSIDE", "required");
    stories.env("BELEG_SOAK_S", args.minutes.saturating_mul(60).to_string());
    stories.args(["test", "--workspace", "--test", "soak", "--", "--nocapture", &args.story]);
    steps::run(&mut stories)
}

fn build_core() -> Result<()> {
    for (tool, package) in [("cmake", "cmake"), ("ninja", "ninja-build")] {
        let there = steps::exists(Command::new(tool).arg("--version"));
        ensure!(
            there,
            "{tool} is missing, which builds Bitcoin Core: run `apt-get install {package} g++ \
             pkg-config libboost-dev libevent-dev`"
        );
    }
    let folder = workspace().join("target/tools/core");
    let (sources, build) = (sources(&folder.join("sources"))?, folder.join("build"));
    println!("== Bitcoin Core is built, once: about a quarter of an hour on two cores");
    let mut configure = Command::new("cmake");
    configure.args(["-G", "Ninja", "-S"]).arg(sources.join("bitcoin")).arg("-B").arg(&build);
    steps::run(configure.args(OPTIONS))?;
    steps::run(Command::new("ninja").arg("-C").arg(&build).arg("bitcoind"))?;
    let program = workspace().join(CORE);
    std::fs::create_dir_all(program.parent().context("no folder")?)?;
    std::fs::rename(build.join("bin/bitcoind"), program)?;
    Ok(std::fs::remove_dir_all(build)?)
}

/// Has cargo fetch the crate, and says where it put it.
fn sources(folder: &Path) -> Result<PathBuf> {
    let [name, version] = SOURCES;
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    let manifest = folder.join("Cargo.toml");
    let needs = format!("[dependencies]\n{name} = \"={version}\"\n[workspace]\n");
    let text = format!("[package]\nname = \"sources\"\nversion = \"0.0.0\"\n{needs}");
    std::fs::write(&manifest, text)?;
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    let answer = metadata.output().context("cannot run cargo metadata")?;
    let said = String::from_utf8_lossy(&answer.stderr);
    ensure!(answer.status.success(), "cargo cannot fetch {name}: {said}");
    let answer: Value = serde_json::from_slice(&answer.stdout)?;
    let packages = answer["packages"].as_array().context("no packages")?;
    let path = packages.iter().find(|package| package["name"] == name);
    let path = path.and_then(|package| package["manifest_path"].as_str()).context("no crate")?;
    Ok(Path::new(path).parent().context("no folder")?.to_owned())
}
