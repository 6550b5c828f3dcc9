//! `hosted init|token|issued`: offices for which this node issues.
//!
//! They work on the office's folder beside the config file, whether the node runs or not: a running
//! node sees changed tokens at once, and a new office at its next start.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use proto::hash::{Hash, Timestamp, sha256};
use proto::ledger::Place;
use proto::time::utc;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{CommandError, Output, federation, plain};
use crate::args::{self, HostedOffice, Token};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::hosted::journal;
use crate::hosted::office::{self, Founding, OfficeError};
use crate::hosted::token::{self, Entrance, Grant, TokenError};
use crate::lines::FileError;

/// Bytes that are read of a certificate's file.
const PEM_BYTES: u64 = 64 * 1024;

/// Why a command about a hosted office did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostedError {
    /// The office's folder.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// A token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not a certificate.
    #[error("{file}: there is no certificate in PEM to be read\ngive the client's certificate")]
    Certificate {
        /// The file.
        file: String,
    },
    /// The node has no log to issue in.
    #[error("{config}: this node writes no log\nan office is hosted where its authority's log is")]
    NoLog {
        /// The config file.
        config: String,
    },
    /// The federation file does not name the log.
    #[error("{origin}: the federation file names no such log\ncorrect the option origin")]
    UnknownLog {
        /// The origin in the config file.
        origin: String,
    },
}

pub(super) fn run(args: args::Hosted, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut out = Output(out);
    match args {
        args::Hosted::Init { office, name, types } => init(&office, &name, &types, &mut out),
        args::Hosted::Token(args) => tokens(args, &mut out),
        args::Hosted::Issued { office, reference, status } => {
            let folder = existing(&office)?;
            Ok(issued(&folder, reference.as_deref(), status, &mut out)?)
        }
    }
}

fn init(
    office: &HostedOffice,
    name: &str,
    types: &[String],
    out: &mut Output<'_>,
) -> Result<(), CommandError> {
    let config = Config::read(&office.config)?;
    let log = config
        .log
        .as_ref()
        .ok_or_else(|| HostedError::NoLog { config: office.config.display().to_string() })?;
    let federation = federation::read(&config.federation)?;
    if federation.current().authority_by_origin(&log.origin).is_none() {
        return Err(HostedError::UnknownLog { origin: log.origin.clone() }.into());
    }
    let place = Place { federation: federation.id(), origin: &log.origin };
    let folder = config.hosted.join(&office.office);
    let new = Founding { short: &office.office, name, types };
    office::found(&folder, &place, new).map_err(HostedError::from)?;
    let folder = folder.display();
    out.line(&format!("wrote {folder}/key, {folder}/key.pub and {folder}/office.toml"));
    out.line(&format!("wrote {folder}/request"));
    out.line("");
    out.line("Hand the request to the authority's administrator, who admits it elsewhere with");
    out.line("  beleg-node issuer admit request --key ADMINISTRATION --federation FEDERATION");
    out.line("Then start the node again and make a token with beleg-node hosted token create.");
    Ok(())
}

fn tokens(args: Token, out: &mut Output<'_>) -> Result<(), CommandError> {
    match args {
        Token::Create { office, name, may, types, rate, certificate, both } => {
            let folder = existing(&office)?;
            let settings = office::settings(&folder).map_err(HostedError::from)?;
            let entrance = match certificate.as_deref().map(digest_of).transpose()? {
                Some(digest) if both => Entrance::Both(digest),
                Some(digest) => Entrance::Certificate(digest),
                None => Entrance::Text,
            };
            let _lock = token::lock(&folder).map_err(HostedError::from)?;
            let grant = Grant { name: &name, may: &may, types: &types, rate, entrance };
            let made = token::create(&folder, &office.office, &settings.types, grant, now());
            match made.map_err(HostedError::from)? {
                (id, Some(text)) => {
                    out.line(&text);
                    out.line("");
                    out.line(&format!(
                        "This is token {id}. It is shown this once and cannot be shown again."
                    ));
                }
                (id, None) => {
                    out.line(&format!(
                        "This is token {id}; the certificate lets in, with no text."
                    ));
                }
            }
        }
        Token::List { office } => list(&existing(&office)?, out)?,
        Token::Revoke { office, id } => {
            let folder = existing(&office)?;
            let _lock = token::lock(&folder).map_err(HostedError::from)?;
            token::revoke(&folder, &id, now()).map_err(HostedError::from)?;
            out.line(&format!("token {id} is revoked"));
        }
    }
    Ok(())
}

/// The digest of the first certificate in a PEM file.
fn digest_of(file: &Path) -> Result<Hash, HostedError> {
    let bad = || HostedError::Certificate { file: file.display().to_string() };
    let mut pem = Vec::new();
    let read = fs::File::open(file).and_then(|f| f.take(PEM_BYTES).read_to_end(&mut pem));
    read.map_err(|_| bad())?;
    let certificate = CertificateDer::from_pem_slice(&pem).map_err(|_| bad())?;
    Ok(sha256(&certificate))
}

fn list(folder: &Path, out: &mut Output<'_>) -> Result<(), HostedError> {
    let tally = journal::tally(folder)?;
    for token in token::read(folder)? {
        let (count, last) = tally.get(&token.id).copied().unwrap_or_default();
        let last = if count == 0 { "never".to_owned() } else { utc(Timestamp(last)) };
        let may: Vec<&str> = token.may.iter().map(|may| may.word()).collect();
        let may = may.join(",");
        let state = if token.revoked.is_some() { "revoked" } else { "in-force" };
        out.line(&format!(
            "{}  {state}  {} a minute  {count} issued  last {last}  {}  {may}  {}  {}",
            token.id,
            token.rate,
            token.types.join(","),
            token.shown(),
            plain(&token.name),
        ));
    }
    Ok(())
}

fn issued(
    folder: &Path,
    reference: Option<&str>,
    status: Option<u64>,
    out: &mut Output<'_>,
) -> Result<(), HostedError> {
    journal::read(folder, &mut |line| {
        for document in line.documents {
            let other = reference.is_some_and(|want| document.reference.as_deref() != Some(want))
                || status.is_some_and(|want| document.status != want);
            if !other {
                out.line(&format!(
                    "{}  {}  {}  {}",
                    document.status,
                    utc(Timestamp(line.time)),
                    document.document_type,
                    plain(document.reference.as_deref().unwrap_or("-")),
                ));
            }
        }
    })?;
    Ok(())
}

/// The folder of an office that is there.
fn existing(office: &HostedOffice) -> Result<PathBuf, CommandError> {
    if !office::is_short_name(&office.office) {
        let name = office.office.clone();
        return Err(HostedError::from(OfficeError::Name { name }).into());
    }
    let folder = Config::read(&office.config)?.hosted.join(&office.office);
    office::settings(&folder).map_err(HostedError::from)?;
    Ok(folder)
}

fn now() -> Timestamp {
    SystemClock.now()
}

#[cfg(test)]
mod tests;
