//! What people and other nodes see of the anchors: how each clock is doing, and which evidence
//! there is.

use std::collections::BTreeSet;
use std::time::Duration;

use proto::anchor::Kind;
use proto::anchor::list::{Listed, numbered};
use proto::hash::{Hash, Timestamp};
use proto::time::Month;

use super::keeper::{Failing, KeepError, Keeper, Planned, path};
use super::ledger::What;
use super::outside::Report;
use crate::store::StoreError;

/// How a clock is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClockState {
    /// Its name.
    pub name: String,
    /// What it brings.
    pub kind: Kind,
    /// Pause between two roots.
    pub every: Option<Duration>,
    /// When a root was first given to it.
    pub first_asked: Option<Timestamp>,
    /// The newest root for which it has brought evidence was made then.
    pub proven: Option<Timestamp>,
    /// Roots for which it still works.
    pub open: usize,
    /// Why its steps fail.
    pub failing: Option<Failing>,
    /// Money and certificates.
    pub report: Report,
}

impl Keeper {
    /// How long a clock may bring nothing until that is an alarm.
    pub fn late_after_s(&self) -> u64 {
        self.late_after.as_secs()
    }

    /// How each clock is doing.
    pub fn states(&self) -> Vec<ClockState> {
        let (ledger, failing) = (self.ledger(), self.failing());
        let anchors = ledger.anchors();
        let state = |planned: &Planned| {
            let name = planned.outside.name();
            let failing = failing.iter().filter(|((clock, _), _)| clock == name);
            ClockState {
                name: name.to_owned(),
                kind: planned.outside.kind(),
                every: planned.every,
                first_asked: anchors.first.get(name).copied(),
                proven: anchors.proven.get(name).copied(),
                open: anchors.open.get(name).map_or(0, BTreeSet::len),
                failing: failing.map(|(_, failing)| failing).min_by_key(|f| f.since).cloned(),
                report: planned.outside.report(),
            }
        };
        self.clocks.iter().map(state).collect()
    }

    /// The evidence about roots that were made in a month, oldest first; the newest of each clock.
    pub fn list(&self, month: Month) -> Vec<Listed> {
        let (start, end) = month.bounds();
        let ledger = self.ledger();
        let anchors = ledger.anchors();
        let mut listed = Vec::new();
        for (time, root) in anchors.times.range((start, Hash([0; 32]))..(end, Hash([0; 32]))) {
            let jobs = anchors.roots.get(root).into_iter().flat_map(|anchored| &anchored.jobs);
            for (kind, file) in jobs.filter_map(|(_, job)| job.evidence.clone()) {
                listed.push(Listed { time: *time, root: *root, kind, file });
            }
        }
        listed
    }

    /// Whether this piece of evidence, or a newer one of its clock, is kept.
    pub fn has(&self, one: &Listed) -> bool {
        let (clock, number) = one.clock();
        let ledger = self.ledger();
        let job = ledger.anchors().roots.get(&one.root).and_then(|root| root.jobs.get(clock));
        let kept = job.and_then(|job| job.evidence.as_ref());
        kept.is_some_and(|(_, kept)| numbered(kept).1 >= number)
    }

    /// Whether the statement of a root, and the checkpoints that it names, are kept.
    pub fn knows(&self, root: &Hash) -> bool {
        self.ledger().anchors().roots.contains_key(root)
    }

    /// Keeps evidence of another node about a root whose statement is kept. Blocks.
    pub fn keep(&self, peer: &str, one: &Listed, bytes: Vec<u8>) -> Result<(), KeepError> {
        self.store.write_once(vec![(path(&one.root, &one.file), bytes)])?;
        let (clock, kind) = (one.clock().0.to_owned(), one.kind.name().to_owned());
        let (file, from) = (one.file.clone(), peer.to_owned());
        self.note(&one.root, What::Kept { clock, kind, file, from })
    }

    /// A public file of a root. Blocks.
    pub fn file(&self, root: &Hash, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.store.read(&path(root, file)) {
            // Nothing of that name was ever written.
            Err(StoreError::BadPath { .. }) => Ok(None),
            read => read,
        }
    }
}
