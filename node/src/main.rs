//! The program `beleg-node`: reads the command line, runs the command, says how it went.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use node::args::CommandLine;
use node::commands;

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help and version are no errors, and clap knows which stream each belongs to.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match commands::run(line.command, &mut io::stdout()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("beleg-node: {error}");
            ExitCode::FAILURE
        }
    }
}
