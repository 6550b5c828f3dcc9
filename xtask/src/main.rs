//! The project's own chores: `cargo xtask NAME`. What each does stands in the file of that name.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

mod bench;
mod contract;
mod demo;
mod fuzz;
mod soak;
mod steps;
mod test;
mod tidy;
mod vectors;
mod web;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own chores")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Show the whole service on this machine, in a minute
    Demo(demo::Args),
    /// Measure speed on this machine; prints Markdown
    Bench(bench::Args),
    /// Run every check and test: the only gate
    Test(test::Args),
    /// Check the rules of style that no other tool checks
    Tidy,
    /// Write the test vectors anew from their fixed seeds
    Vectors,
    /// Compile the contract of the EVM chains anew (needs node and solc from npm)
    Contract,
    /// Build the page's module anew (needs a compiler for wasm32)
    Web,
    /// Run each fuzz target for a while
    Fuzz(fuzz::Args),
    /// Run the stories that are too slow for every change
    Soak(soak::Args),
}

fn main() -> ExitCode {
    match run(&Args::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<()> {
    match chore {
        Chore::Demo(args) => demo::run_demo(args),
        Chore::Bench(args) => bench::run_bench(args),
        Chore::Test(args) => test::run(args),
        Chore::Tidy => tidy::run(),
        Chore::Vectors => vectors::write(),
        Chore::Contract => contract::write(),
        Chore::Web => web::write(),
        Chore::Fuzz(args) => fuzz::run(args),
        Chore::Soak(args) => soak::run(args),
    }
}
