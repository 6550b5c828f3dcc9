//! `beleg`: checks documents against their receipts. It needs no account: what it trusts is the
//! federation file that it is given. No command but `update` opens a socket.

mod args;
mod bundle;
mod chains;
mod contents;
mod export;
mod extract;
mod gather;
mod judge;
mod kept;
mod layers;
mod lists;
mod moment;
mod outside;
mod paper;
mod redact;
mod renew;
mod report;
mod run;
mod store;
mod successors;
mod trouble;
mod update;
mod view;
mod words;

use args::{Args, Command};
use bundle::Bundled;
use clap::Parser as _;
use proto::sheet::Sheet;
use report::{Style, Verdicts};
use std::io;
use std::process::ExitCode;
use trouble::RunError;

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Verify(args) => verify(&args),
        Command::Update(args) => update(&args),
        Command::Inspect(args) => inspect(&args),
        Command::Extract(args) => extract(&args),
        Command::Bundle(args) => bundle(&args),
        Command::Redact(args) => redact(&args),
        Command::Policy(args) => policy(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        // A reader that went away before the end has not seen a result.
        Err(RunError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(2)
        }
        Err(error) => {
            report::failure(&error.to_string(), error.next_step());
            ExitCode::from(2)
        }
    }
}

fn verify(args: &args::Verify) -> Result<u8, RunError> {
    let single = run::is_single(args);
    let mut verdicts = Verdicts::to_stdout(Style { single, json: args.json, quiet: args.quiet });
    let summary = run::verify_all(args, &mut verdicts)?;
    verdicts.finish(&summary)?;
    Ok(summary.counts.exit())
}

fn update(args: &args::Update) -> Result<u8, RunError> {
    let updated = renew::renew(args)?;
    report::update(&updated)?;
    Ok(updated.exit())
}

fn inspect(args: &args::Inspect) -> Result<u8, RunError> {
    let Some(path) = &args.path else {
        let text = args.sheet.as_deref().unwrap_or_default();
        report::sheet(&Sheet::scanned(text)?, args.json)?;
        return Ok(0);
    };
    if args.entry.is_none() && args.evidence.is_none() && contents::is_dossier(path) {
        report::contents(&contents::contents(path)?, args.json)?;
        return Ok(0);
    }
    report::inspection(&run::inspect(path, args)?, args.json)?;
    Ok(0)
}

fn extract(args: &args::Extract) -> Result<u8, RunError> {
    for path in extract::extract(args)? {
        report::raw(format!("{}\n", verifier::shown::path(&path)).as_bytes())?;
    }
    Ok(0)
}

fn bundle(args: &args::Bundle) -> Result<u8, RunError> {
    match bundle::bundle(args)? {
        Bundled::Written { documents, bytes } => {
            let out = verifier::shown::path(&args.out);
            report::lines(&[format!("wrote {out}: {documents} documents, {bytes} bytes")])?;
            Ok(0)
        }
        Bundled::Refused(problems) => {
            report::problems(&problems);
            Ok(2)
        }
    }
}

fn redact(args: &args::Redact) -> Result<u8, RunError> {
    report::lines(&redact::words(&redact::redact(args)?))?;
    Ok(0)
}

fn policy(args: &args::Policy) -> Result<u8, RunError> {
    report::raw(&run::policy(args)?)?;
    Ok(0)
}
