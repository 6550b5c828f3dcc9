//! Hosted offices: this node hashes, signs and writes receipts for an office whose program can do
//! no more than HTTP. `docs/hosted.md` says what it trusts.
//!
//! Trusted or not: whoever holds an office's folder holds its key and can issue in its name, of its
//! document types, until the authority retires the key; the administration key never comes here.
//! The bytes of a document are hashed as they come and are nowhere afterwards.
//!
//! Order of a batch, in [`work`]: plan durable, submitted to the log, published, receipts checked,
//! journal durable, answer durable, receipts handed out. A crash after any step leaves a plan that
//! the next start takes up; the log knows a batch by its root and enters it once.

pub mod batches;
pub mod claims;
pub mod desk;
pub mod journal;
pub mod office;
pub mod plan;
mod rate;
pub mod token;
mod work;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::federation::Federation;
use proto::time::Date;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::log::Log;
use crate::store::StoreError;
use desk::Desk;
use office::Office;
use plan::Plan;
use token::Token;

/// Forms that are read at one time.
const UPLOADS: usize = if cfg!(test) { 4 } else { 64 };

/// Why a file of a hosted office cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not what was written.
    #[error("{file}: this file is damaged\nbring it back from a backup; do not delete it")]
    Damaged {
        /// The file.
        file: String,
    },
}

pub(crate) fn io_error(path: &Path, action: &'static str, source: io::Error) -> FileError {
    StoreError::Io { path: path.display().to_string(), action, source }.into()
}

/// Why hosted offices cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There are some, and no log to issue in.
    #[error(
        "{folder}: this node hosts offices and writes no log\n\
         set origin and log_key, or move the folder away"
    )]
    NoLog {
        /// The folder.
        folder: String,
    },
    /// A batch that was begun for another log.
    #[error(
        "{folder}: a batch was begun for another federation or log\n\
         put the federation file and origin back that it was begun with, and let it finish"
    )]
    OtherLog {
        /// The office's folder.
        folder: String,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// No token, or none in force.
    #[error("no token in force")]
    Unknown,
    /// The tokens cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A request that was let in.
#[derive(Clone)]
pub struct Pass {
    /// The office.
    pub desk: Arc<Desk>,
    /// The token that it showed.
    pub token: Arc<Token>,
}

/// All offices that this node hosts.
pub struct Hosted {
    desks: BTreeMap<String, Arc<Desk>>,
    uploads: Semaphore,
    clock: Arc<dyn Clock>,
}

/// The offices with what each has begun and not finished.
pub struct Opened {
    hosted: Arc<Hosted>,
    begun: Vec<(Arc<Desk>, Vec<Plan>)>,
}

impl Opened {
    /// Reads the batches of all offices. Blocks.
    pub fn open(
        offices: Vec<Office>,
        log: &Arc<Log>,
        federation: &Arc<Federation>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Opened, OpenError> {
        let (mut desks, mut begun) = (BTreeMap::new(), Vec::new());
        for office in offices {
            let name = office.name.clone();
            let (log, federation) = (Arc::clone(log), Arc::clone(federation));
            let (desk, plans) = Desk::open(office, log, federation, Arc::clone(clock))?;
            let desk = Arc::new(desk);
            desks.insert(name, Arc::clone(&desk));
            begun.push((desk, plans));
        }
        let (uploads, clock) = (Semaphore::new(UPLOADS), Arc::clone(clock));
        Ok(Opened { hosted: Arc::new(Hosted { desks, uploads, clock }), begun })
    }

    /// What the handlers work on.
    pub fn hosted(&self) -> Arc<Hosted> {
        Arc::clone(&self.hosted)
    }

    /// Lets every office work until the node is to stop.
    pub fn start(self, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let run =
            |(desk, plans): (Arc<Desk>, Vec<Plan>)| tokio::spawn(desk.run(plans, stop.clone()));
        self.begun.into_iter().map(run).collect()
    }
}

impl Hosted {
    /// Lets a request in by the token that it shows. Reads a file if the tokens were changed.
    pub fn admit(&self, token: &str) -> Result<Pass, Denied> {
        let (office, _) = token.split_once('.').ok_or(Denied::Unknown)?;
        let desk = self.desks.get(office).ok_or(Denied::Unknown)?;
        let token = desk.office.tokens.find(token)?.ok_or(Denied::Unknown)?;
        Ok(Pass { desk: Arc::clone(desk), token })
    }

    /// Room to read one form; `None` if as many are being read as may.
    pub fn room(&self) -> Option<SemaphorePermit<'_>> {
        self.uploads.try_acquire().ok()
    }

    /// The day.
    pub fn today(&self) -> Option<Date> {
        Date::of(self.clock.now())
    }
}

impl Pass {
    /// Counts a document against the token's rate, or says how long to wait.
    pub fn count(&self) -> Result<(), Duration> {
        self.desk.office.tokens.take(&self.token, Instant::now())
    }
}
