//! What the node is doing about its log, in words for `/readyz` and for whoever reads the journal.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::hash::{Timestamp, TreeSize};

/// A round may look for its quorum this long before the node calls itself not ready.
const QUORUM_PATIENCE: Duration = Duration::from_secs(10);

/// What the log is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Phase {
    /// This node writes no log.
    NoLog,
    /// The restart rule: the peers are asked what they hold of the log.
    AskingPeers {
        /// Operators that have not answered.
        missing: Vec<String>,
    },
    /// Entries that this node lost come from the peers.
    CatchingUp {
        /// Entries that are here.
        have: TreeSize,
        /// Entries of the newest checkpoint.
        want: TreeSize,
    },
    /// A peer holds a checkpoint whose entries nobody has shown.
    EntriesMissing {
        /// Entries of that checkpoint.
        want: TreeSize,
    },
    /// Rounds are published as they should be.
    Running,
    /// A round waits for cosignatures.
    Gathering {
        /// Its size.
        size: TreeSize,
        /// Since when.
        since: Instant,
    },
    /// The clock stands behind the last snapshot.
    ClockBehind {
        /// What the clock says.
        now: Timestamp,
        /// Time of the last snapshot.
        last: Timestamp,
    },
    /// The log has shown two faces; it signs no more.
    Split,
    /// The node is about to stop.
    Stopping,
}

/// The state of the node as others see it.
#[derive(Debug)]
pub struct Health(Mutex<(Phase, Instant)>);

/// What `/readyz` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Whether submissions are published.
    pub ready: bool,
    /// A stable word.
    pub state: &'static str,
    /// A sentence.
    pub message: String,
    /// Operators that are waited for.
    pub missing: Vec<String>,
    /// Since when that is so.
    pub since: Instant,
}

impl Health {
    /// A node in this phase.
    pub fn new(phase: Phase) -> Health {
        Health(Mutex::new((phase, Instant::now())))
    }

    /// Enters a phase and says whether it is another one than before.
    pub fn enter(&self, phase: Phase) -> bool {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other = std::mem::discriminant(&now.0) != std::mem::discriminant(&phase);
        // Rounds come and go all the time; together they are one state.
        let rounds = |phase: &Phase| matches!(phase, Phase::Running | Phase::Gathering { .. });
        if other && !(rounds(&now.0) && rounds(&phase)) {
            now.1 = Instant::now();
        }
        now.0 = phase;
        other
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// What `/readyz` says now.
    pub fn report(&self) -> Report {
        let (phase, entered) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ready = match &phase {
            Phase::NoLog | Phase::Running => true,
            Phase::Gathering { since, .. } => since.elapsed() < QUORUM_PATIENCE,
            _ => false,
        };
        let missing = match &phase {
            Phase::AskingPeers { missing } => missing.clone(),
            _ => Vec::new(),
        };
        let since = match &phase {
            Phase::Gathering { since, .. } if !ready => *since,
            _ => entered,
        };
        Report { ready, state: word(&phase), message: sentence(&phase), missing, since }
    }
}

fn word(phase: &Phase) -> &'static str {
    match phase {
        Phase::NoLog => "no-log",
        Phase::AskingPeers { .. } => "asking-peers",
        Phase::CatchingUp { .. } => "catching-up",
        Phase::EntriesMissing { .. } => "entries-missing",
        Phase::Running => "running",
        Phase::Gathering { .. } => "gathering",
        Phase::ClockBehind { .. } => "clock-behind",
        Phase::Split => "split-view",
        Phase::Stopping => "stopping",
    }
}

fn sentence(phase: &Phase) -> String {
    match phase {
        Phase::NoLog => "This node mirrors and cosigns; it writes no log of its own.".to_owned(),
        Phase::AskingPeers { missing } => format!(
            "Before its first signature this node asks every peer for the newest checkpoint of its \
             log; not yet answered: {}. Start those nodes, or start this one with --without-peer \
             NAME.",
            missing.join(", ")
        ),
        Phase::CatchingUp { have, want } => {
            format!(
                "This node lost entries of its log and fetches them from peers: {have} of {want}."
            )
        }
        Phase::EntriesMissing { want } => format!(
            "A peer holds a checkpoint of this log with {want} entries, and no peer has shown them \
             all. Bring this node's data back from its newest backup, or start the other peers."
        ),
        Phase::Running => "Submissions are published.".to_owned(),
        Phase::Gathering { size, .. } => {
            format!("The checkpoint of {size} entries waits for the cosignatures of a quorum.")
        }
        Phase::ClockBehind { now, last } => format!(
            "The clock of this computer ({now}) stands behind the log's last snapshot ({last}); \
             nothing is signed until it is set."
        ),
        Phase::Split => "This log has signed two histories; it signs no more. The files under \
                         /evidence show both; tell the operators of the federation."
            .to_owned(),
        Phase::Stopping => "This node is about to stop.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_its_peers_says_whom_it_waits_for() {
        let health = Health::new(Phase::NoLog);
        assert!(health.report().ready);
        let missing = vec!["north".to_owned(), "west".to_owned()];
        assert!(health.enter(Phase::AskingPeers { missing: missing.clone() }));
        assert!(!health.enter(Phase::AskingPeers { missing: missing.clone() }));
        let report = health.report();
        assert_eq!((report.ready, report.state), (false, "asking-peers"));
        assert_eq!(report.missing, missing);
        assert!(report.message.contains("north, west"));
    }

    #[test]
    fn a_round_that_finds_no_quorum_makes_the_node_not_ready_in_time() {
        let health = Health::new(Phase::Running);
        let now = Instant::now();
        health.enter(Phase::Gathering { size: TreeSize(3), since: now });
        assert!(health.report().ready);
        if let Some(long_ago) = now.checked_sub(QUORUM_PATIENCE) {
            let running = health.report().since;
            health.enter(Phase::Gathering { size: TreeSize(3), since: long_ago });
            assert!(!health.report().ready && health.report().since == long_ago);
            health.enter(Phase::Running);
            assert_eq!(health.report().since, running);
        }
    }
}
