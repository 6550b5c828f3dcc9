//! What each command does. Results go to the writer that is given, one stable line each where a
//! program may read them; errors are two lines: what is wrong, what to do.

mod anchor;
mod bitcoin;
#[cfg(feature = "evm")]
mod evm;
mod federation;
mod hosted;
mod init;
mod issuer;
mod key;
mod page;

use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use proto::federation::FederationError;

use crate::app::{self, AppError};
use crate::args::{Command, Serve};
use crate::config::{Config, ConfigError, ServeOptions};
use crate::fsck::{self, FsckError};
use crate::http;
use crate::keys::KeyError;

pub use anchor::AnchorError;
pub use bitcoin::BitcoinError;
#[cfg(feature = "evm")]
pub use evm::EvmError;
pub use federation::CreateError;
pub use hosted::HostedError;
pub use init::InitError;
pub use issuer::IssuerError;
pub use page::PageError;

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// `init`.
    #[error(transparent)]
    Init(#[from] InitError),
    /// `federation create`.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// `issuer ...`.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// `hosted ...`.
    #[error(transparent)]
    Hosted(#[from] HostedError),
    /// `page`.
    #[error(transparent)]
    Page(#[from] PageError),
    /// `anchor ...`.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// `bitcoin ...`.
    #[error(transparent)]
    Bitcoin(#[from] BitcoinError),
    /// `evm ...`.
    #[cfg(feature = "evm")]
    #[error(transparent)]
    Evm(#[from] EvmError),
    /// `fsck` could not look; what it finds is a result and no error.
    #[error(transparent)]
    Fsck(#[from] FsckError),
    /// `serve`.
    #[error(transparent)]
    App(#[from] AppError),
    /// A federation file.
    #[error("{file}: {source}\n{next_step}")]
    Federation {
        /// The file.
        file: String,
        /// What is wrong.
        source: FederationError,
        /// What to do.
        next_step: &'static str,
    },
    /// A key that may not sign a version of the federation.
    #[error(
        "{file}: {key} is not a governance key of the operators that sign this version\n\
         the operators of the version before sign; federation show lists their keys"
    )]
    NotGovernance {
        /// The federation file.
        file: String,
        /// Name of the key.
        key: String,
    },
    /// A file or the output cannot be read or written.
    #[error("{file}: cannot {action}: {source}\ncheck the path and who may use it")]
    Io {
        /// The file.
        file: String,
        /// What was tried.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file that must not be there.
    #[error("{file}: this file exists and is not overwritten\nchoose another name")]
    Exists {
        /// The file.
        file: String,
    },
    /// A file is larger than it can be.
    #[error(
        "{file}: larger than the {limit} bytes that it can have\ncheck that it is the right file"
    )]
    TooLarge {
        /// The file.
        file: String,
        /// The limit in bytes.
        limit: usize,
    },
}

/// Runs a command.
pub fn run(command: Command, out: &mut dyn Write) -> Result<ExitCode, CommandError> {
    match command {
        Command::Init(args) => init::run(&args, out)?,
        Command::Serve(args) => serve(args)?,
        Command::Fsck(args) => {
            let clean = fsck::run(&Config::read(&args.config)?, &mut Output(out))?;
            return Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Key(args) => key::run(&args, out)?,
        Command::Federation(args) => federation::run(args, out)?,
        Command::Issuer(args) => issuer::run(args, out)?,
        Command::Hosted(args) => hosted::run(args, out)?,
        Command::Anchor(args) => {
            let good = anchor::run(args, &mut Output(out))?;
            return Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Bitcoin(args) => bitcoin::run(args, out)?,
        #[cfg(feature = "evm")]
        Command::Evm(args) => evm::run(args, out)?,
        Command::Page(args) => page::run(&args, out)?,
        Command::Openapi => Output(out).line(http::description().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Where lines go. A reader that has gone away (`| head`) is no reason to complain.
pub(crate) struct Output<'a>(pub(crate) &'a mut dyn Write);

impl Output<'_> {
    /// Writes one line.
    pub(crate) fn line(&mut self, line: &str) {
        let _ = writeln!(self.0, "{line}");
    }
}

fn serve(args: Serve) -> Result<(), CommandError> {
    let config = Config::read(&args.config)?;
    let options = ServeOptions { without_peers: args.without_peer };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| io_error(Path::new("beleg-node"), "start threads", e))?;
    Ok(runtime.block_on(app::serve(config, options))?)
}

/// Runs a short exchange with a node.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| io_error(Path::new("beleg-node"), "start", e))?;
    Ok(runtime.block_on(work))
}

fn io_error(file: &Path, action: &'static str, source: io::Error) -> CommandError {
    CommandError::Io { file: file.display().to_string(), action, source }
}

/// Writes a file that was not there, durably but for its name in the folder.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    let mut open = opened.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CommandError::Exists { file: file.display().to_string() },
        _ => io_error(file, "create", e),
    })?;
    open.write_all(bytes).and_then(|()| open.sync_all()).map_err(|e| io_error(file, "write", e))
}

/// Reads a file of at most `limit` bytes; a larger one is an error, never a shorter read.
fn read_bounded(file: &Path, limit: usize) -> Result<Vec<u8>, CommandError> {
    use std::io::Read;
    let open = std::fs::File::open(file).map_err(|e| io_error(file, "open", e))?;
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    open.take(most).read_to_end(&mut bytes).map_err(|e| io_error(file, "read", e))?;
    if bytes.len() > limit {
        return Err(CommandError::TooLarge { file: file.display().to_string(), limit });
    }
    Ok(bytes)
}

/// Text of others, made fit for one line of a terminal.
fn plain(text: &str) -> String {
    text.chars().take(500).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
