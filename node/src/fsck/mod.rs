//! `fsck`: derives every hash from the files again, replays the ledger and compares.
//!
//! It reads entry bundles, and from them alone makes the tiles, the roots and the state that the
//! other files must agree with. It changes nothing, takes no lock, asks no network and does not
//! look at the index, which is never believed without the files. A node may run meanwhile: what
//! it writes is beyond the checkpoints that were read first.

mod log;
mod problem;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;

use proto::federation::{Federation, FederationError};
use proto::hash::sha256;
use rayon::prelude::*;

use crate::commands::Output;
use crate::config::Config;
use crate::store::{Files, StoreError};
use log::{Kind, Report, Subject};

/// Why `fsck` could not look.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsckError {
    /// The federation file cannot be read.
    #[error(
        "{file}: cannot be read: {source}\nput the federation file there, or change the config"
    )]
    Read {
        /// The file.
        file: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The federation file is none.
    #[error("{file}: {source}\nask another operator for the federation file")]
    Federation {
        /// The file.
        file: String,
        /// What is wrong.
        source: FederationError,
    },
    /// A folder or file of the data cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks everything that a node has; `true` if all fits. One line for each log, and one more for
/// each thing that is wrong.
pub(crate) fn run(config: &Config, out: &mut Output<'_>) -> Result<bool, FsckError> {
    let name = || config.federation.display().to_string();
    let bytes =
        fs::read(&config.federation).map_err(|source| FsckError::Read { file: name(), source })?;
    let federation = Federation::parse(&bytes)
        .map_err(|source| FsckError::Federation { file: name(), source })?;
    let files = Files::new(&config.data);
    let own = config.log.as_ref().map(|log| log.origin.as_str());
    let reports: Vec<Report> = subjects(&files, &federation, own)?
        .into_par_iter()
        .map(|subject| log::check(&files, &federation, subject))
        .collect();
    let mut clean = true;
    for report in &reports {
        clean &= report.problems.is_empty();
        out.line(&report.to_string());
        for problem in &report.problems {
            out.line(&format!("  {problem}"));
        }
    }
    let evidence = files.list("evidence")?.len();
    if evidence > 0 {
        out.line(&format!("evidence: {evidence} files: a log has shown two faces"));
    }
    Ok(clean)
}

/// The own log, and a mirror for every folder that is there.
fn subjects(
    files: &Files,
    federation: &Federation,
    own: Option<&str>,
) -> Result<Vec<Subject>, FsckError> {
    let mut origins: Vec<&str> = federation
        .versions()
        .flat_map(|version| version.authorities.iter().map(|authority| authority.origin()))
        .collect();
    origins.sort_unstable();
    origins.dedup();
    let mut subjects = Vec::new();
    if let Some(origin) = own {
        let (prefix, origin) = ("log".to_owned(), Some(origin.to_owned()));
        subjects.push(Subject { kind: Kind::Own, prefix, origin });
    }
    for folder in files.list("mirror")? {
        let prefix = folder.trim_end_matches('/').to_owned();
        let hash = prefix.rsplit('/').next().unwrap_or_default();
        let origin = origins.iter().find(|origin| sha256(origin.as_bytes()).to_hex() == hash);
        let origin = origin.map(|origin| (*origin).to_owned());
        subjects.push(Subject { kind: Kind::Mirror, prefix, origin });
    }
    subjects.sort_by(|a, b| (a.kind, &a.origin, &a.prefix).cmp(&(b.kind, &b.origin, &b.prefix)));
    Ok(subjects)
}
