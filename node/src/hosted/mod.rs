//! Hosted offices: this node hashes, signs and writes receipts for an office whose program can do
//! no more than HTTP. `docs/hosted.md` says what it trusts.
//!
//! Trusted or not: whoever holds an office's folder holds its key and can issue in its name, of its
//! document types, until the authority retires the key; the administration key never comes here.
//! The bytes of a document are hashed as they come and are nowhere afterwards.
//!
//! Permissions and the second person in [`changes`] are this program's rules and not the ledger's,
//! which knows the office's key and nobody behind it.
//!
//! Order of a batch, in [`work`]: plan durable, submitted to the log, published, receipts checked,
//! journal durable, answer durable, receipts handed out. A crash after any step leaves a plan that
//! the next start takes up; the log knows a batch by its root and enters it once.

pub mod batches;
pub mod changes;
pub mod claims;
pub mod desk;
pub mod journal;
pub mod office;
pub mod plan;
mod rate;
pub mod ring;
pub mod token;
mod work;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::federation::Federation;
use proto::time::Date;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::lines::FileError;
use crate::log::Log;
use desk::Desk;
use office::Office;
use plan::Plan;
use ring::{Shown, Use};
use token::{May, Token};

/// Forms that are read at one time.
const UPLOADS: usize = if cfg!(test) { 4 } else { 64 };

/// Journals that are searched at one time.
const SEARCHES: usize = 8;

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
    /// The token is not for this.
    #[error("this token may not {}", .0.word())]
    NotPermitted(May),
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
    searches: Semaphore,
    clock: Arc<dyn Clock>,
    /// Proxies whose word about client certificates is taken.
    proxies: Vec<IpAddr>,
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
        proxies: &[IpAddr],
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
        let hosted = Hosted {
            desks,
            uploads: Semaphore::new(UPLOADS),
            searches: Semaphore::new(SEARCHES),
            clock: Arc::clone(clock),
            proxies: proxies.to_vec(),
        };
        Ok(Opened { hosted: Arc::new(hosted), begun })
    }

    /// What the handlers work on.
    pub fn hosted(&self) -> Arc<Hosted> {
        Arc::clone(&self.hosted)
    }

    /// Lets every office work until the node is to stop.
    pub fn start(self, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for (desk, plans) in self.begun {
            tasks.push(tokio::spawn(Arc::clone(&desk).run_changes(stop.clone())));
            tasks.push(tokio::spawn(desk.run(plans, stop.clone())));
        }
        tasks
    }
}

impl Hosted {
    /// Lets a request in by what it shows. Reads a file if the tokens were changed.
    pub fn admit(&self, shown: &Shown) -> Result<Pass, Denied> {
        let mut found = Vec::new();
        for desk in self.desks.values() {
            // A token's text names its office.
            let other = shown.token.as_deref().and_then(|text| text.split_once('.'));
            if shown.token.is_some() && other.is_none_or(|(name, _)| name != desk.office.name) {
                continue;
            }
            if let Some(token) = desk.office.tokens.find(shown)? {
                found.push(Pass { desk: Arc::clone(desk), token });
            }
        }
        // A certificate that two offices know does not say for which of them it was shown.
        match found.pop() {
            Some(pass) if found.is_empty() => Ok(pass),
            _ => Err(Denied::Unknown),
        }
    }

    /// Whether what a proxy at this address says of client certificates is believed.
    pub fn trusts(&self, proxy: IpAddr) -> bool {
        self.proxies.contains(&proxy.to_canonical())
    }

    /// Room to read one form; `None` if as many are being read as may.
    pub fn room(&self) -> Option<SemaphorePermit<'_>> {
        self.uploads.try_acquire().ok()
    }

    /// Room to search one journal; `None` if as many are being searched as may.
    pub fn search_room(&self) -> Option<SemaphorePermit<'_>> {
        self.searches.try_acquire().ok()
    }

    /// The day.
    pub fn today(&self) -> Option<Date> {
        Date::of(self.clock.now())
    }
}

impl Pass {
    /// Whether the token lets do that.
    pub fn may(&self, what: May) -> Result<(), Denied> {
        if self.token.may(what) { Ok(()) } else { Err(Denied::NotPermitted(what)) }
    }

    /// Counts against the token's rate, or says how long to wait.
    pub fn count(&self, what: Use) -> Result<(), Duration> {
        self.desk.office.tokens.take(&self.token, what, Instant::now())
    }
}
