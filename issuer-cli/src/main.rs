//! `beleg-issuer`: the issuing office's tool. It hashes documents, has their batch entered in the
//! ledger, checks what comes back and writes each document's receipt beside it. Documents never
//! leave the machine that it runs on.

mod args;
mod audit;
mod book;
mod chance;
mod change;
mod client;
mod collect;
mod counts;
mod deliver;
mod durable;
mod embed;
mod finish;
#[cfg(test)]
#[path = "../../verifier-cli/tests/fixture/world.rs"]
mod fixture;
mod hot_folder;
mod journal;
mod later;
mod ledger;
mod list;
mod media;
mod office;
mod outcome;
mod plan;
mod prepare;
mod reach;
mod report;
mod run;
mod select;
mod settings;
mod sheet;
mod upgrade;
mod watch;

use args::change::Supersede;
use args::{Args, Command, Output};
use change::approve;
use change::outcome::Changed;
use clap::Parser as _;
use outcome::Outcomes;
use proto::ledger::StatusState;
use run::RunError;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let screen = report::Screen::default();
    let mut told = std::collections::BTreeSet::new();
    let printed = match Args::parse().command {
        Command::Init(args) => sentences(run::init(&args)),
        Command::Rotate(args) => sentences(run::rotate(&args, &screen)),
        Command::Issue(args) => outcomes(run::issue(&args, &screen), args.output),
        Command::Sheet(args) => said(sheet::run(&args)),
        Command::Upgrade(args) => said(upgrade::run(&args)),
        Command::Journal(args) => said(later::journal(&args)),
        Command::Counts(args) => said(counts::run(&args)),
        Command::WatchLedger(args) => loop {
            let printed = said(later::watch_ledger(&args, &mut told));
            if args.once || args.seen.is_some() || printed.is_err() {
                break printed;
            }
            std::thread::sleep(std::time::Duration::from_secs(args.every));
        },
        Command::Watch(args) => {
            let quiet = Output { json: false, quiet: true };
            outcomes(hot_folder::watch(&args, &screen), quiet)
        }
        Command::Resume(args) => resume(&args, &screen),
        Command::Revoke(args) => {
            changes(change::change(&args, StatusState::Revoked, None, &screen), args.how.output)
        }
        Command::Suspend(args) => {
            changes(change::change(&args, StatusState::Suspended, None, &screen), args.how.output)
        }
        Command::Reinstate(args) => {
            changes(change::change(&args, StatusState::Valid, None, &screen), args.how.output)
        }
        Command::Supersede(Supersede { change: args, by }) => {
            let done = change::change(&args, StatusState::Superseded, by.as_deref(), &screen);
            changes(done, args.how.output)
        }
        Command::Approve(args) => changes(approve::approve(&args, &screen), args.output),
        Command::Approver(args) => sentences(approve::approver(&args)),
    };
    match printed {
        Ok(code) => ExitCode::from(code),
        // A reader that went away before the end has seen what it wanted; the work is done.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(error) => {
            report::failure(&format!("The result cannot be printed: {error}."), "Check the disk.");
            ExitCode::from(2)
        }
    }
}

fn sentences(result: Result<Vec<String>, RunError>) -> io::Result<u8> {
    match result {
        Ok(sentences) => report::done(&sentences).map(|()| 0),
        Err(error) => Ok(failed(&error)),
    }
}

fn said(result: Result<report::Said, RunError>) -> io::Result<u8> {
    match result {
        Ok(said) => report::said(&said),
        Err(error) => Ok(failed(&error)),
    }
}

fn outcomes(result: Result<Outcomes, RunError>, output: Output) -> io::Result<u8> {
    match result {
        Ok(outcomes) => report::outcomes(&outcomes, output).map(|()| outcomes.exit()),
        Err(error) => Ok(failed(&error)),
    }
}

fn changes(result: Result<Changed, RunError>, output: Output) -> io::Result<u8> {
    match result {
        Ok(changed) => report::changes(&changed, output).map(|()| changed.exit()),
        Err(error) => Ok(failed(&error)),
    }
}

/// Batches first, then changes of status; what is not finished goes before everything else.
fn resume(args: &args::Resume, screen: &report::Screen) -> io::Result<u8> {
    let issued = outcomes(run::resume(args, screen), args.output)?;
    match change::resume(&args.dir, screen) {
        Ok(changed) if changed == Changed::default() => Ok(issued),
        changed => {
            let done = changes(changed, args.output)?;
            let rank = |code: &u8| [0, 1, 4, 3, 2].iter().position(|known| known == code);
            Ok([issued, done].into_iter().max_by_key(rank).unwrap_or(2))
        }
    }
}

fn failed(error: &RunError) -> u8 {
    report::failure(&error.to_string(), error.next_step());
    error.exit()
}
