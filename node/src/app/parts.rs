//! What a node is made of.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::anchor::keeper::Planned;
use crate::client::Timeouts;
use crate::clock::Clock;
use crate::identity::Identity;
use crate::log::sequencer::Rhythm;
use crate::store::{IndexError, LogIndex, Store};

/// Opens the index of one log.
pub type OpenIndex = dyn Fn(&str) -> Result<LogIndex, IndexError> + Send + Sync;

/// What a node is made of. Tests bring their own store and clock.
pub struct Parts {
    /// Who it is.
    pub identity: Identity,
    /// Where its files are.
    pub store: Arc<dyn Store>,
    /// Where its index is.
    pub open_index: Arc<OpenIndex>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// When rounds start.
    pub rhythm: Rhythm,
    /// Submissions that may wait.
    pub pool: usize,
    /// How long peers may take.
    pub timeouts: Timeouts,
    /// Pause between two rounds of gossip.
    pub gossip: Duration,
    /// The folder of the hosted offices.
    pub hosted: Option<PathBuf>,
    /// How the pages look.
    pub page: site::Settings,
    /// Where anchors are kept, and the clocks that are asked.
    pub anchors: Option<Anchors>,
    /// Proxies whose word about client certificates is taken.
    pub proxies: Vec<IpAddr>,
    /// How long a log has to include a revocation that is held here.
    pub grace: Duration,
}

/// The outside clocks of a node.
pub struct Anchors {
    /// The data folder.
    pub data: PathBuf,
    /// The clocks.
    pub clocks: Vec<Planned>,
    /// How long one may bring nothing.
    pub late_after: Duration,
}
