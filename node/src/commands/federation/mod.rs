//! `federation create|sign|show`: the file that says who belongs.
//!
//! A version is written once, by whoever prepares it, and then carried from operator to operator;
//! each looks at it (`show`) and signs it on the machine that has the governance key.

mod create;
mod draft;
mod show;

#[cfg(test)]
pub(super) mod tests;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use proto::federation::{Federation, FederationError, Operator};
use proto::limits;
use proto::note::KeyType;

use super::{CommandError, Output, io_error, read_bounded};
use crate::args;
use crate::keys;
use draft::Draft;

pub use create::CreateError;

pub(super) fn run(args: args::Federation, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    match args {
        args::Federation::Create(args) => create::run(&args, &mut out),
        args::Federation::Sign { federation, key } => sign(&federation, &key, &mut out),
        args::Federation::Show { federation } => {
            let draft = read_draft(&federation)?;
            show::all(&draft, &mut out).map_err(|e| unreadable(&federation, e))
        }
    }
}

/// Reads a complete federation file.
pub(super) fn read(file: &Path) -> Result<Federation, CommandError> {
    let bytes = read_bounded(file, limits::FEDERATION_BYTES)?;
    Federation::parse(&bytes).map_err(|source| CommandError::Federation {
        file: file.display().to_string(),
        source,
        next_step: "ask another operator for the complete file; federation show says what is there",
    })
}

fn sign(file: &Path, key: &Path, out: &mut Output<'_>) -> Result<(), CommandError> {
    let mut draft = read_draft(file)?;
    let key = keys::load(key, KeyType::Ed25519)?;
    let is_governance = |o: &Operator| o.governance == *key.verifier_key();
    if !draft.signers().operators.iter().any(is_governance) {
        let (file, key) = (file.display().to_string(), key.verifier_key().name().to_owned());
        return Err(CommandError::NotGovernance { file, key });
    }
    let refused = |error| unreadable(file, error);
    let added = draft.sign(&key).map_err(refused)?;
    show::head(&draft, out);
    if added {
        let bytes = draft.to_bytes().map_err(refused)?;
        replace(file, &bytes)?;
        out.line(&format!("signed with {}", key.verifier_key().name()));
    } else {
        out.line(&format!("was already signed with {}", key.verifier_key().name()));
    }
    show::progress(&draft, out).map_err(refused)
}

fn read_draft(file: &Path) -> Result<Draft, CommandError> {
    let bytes = read_bounded(file, limits::FEDERATION_BYTES)?;
    Draft::parse(&bytes).map_err(|error| unreadable(file, error))
}

fn unreadable(file: &Path, source: FederationError) -> CommandError {
    let next_step = "this is not a file that federation create and sign have written; ask who \
                     prepared it for a fresh copy";
    CommandError::Federation { file: file.display().to_string(), source, next_step }
}

/// Replaces a file as a whole.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    let written = File::create(new).and_then(|mut open| {
        open.write_all(bytes)?;
        open.sync_all()
    });
    written.map_err(|e| io_error(new, "write", e))?;
    fs::rename(new, file).map_err(|e| io_error(file, "replace", e))
}
