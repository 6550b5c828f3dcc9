//! What people and other nodes see of the anchors: how each clock is doing, which evidence there is.

use std::collections::BTreeSet;
use std::time::Duration;

use proto::anchor::Kind;
use proto::hash::{Hash, Timestamp};
use proto::time::{DAY_S, Date};

use super::keeper::{Failing, Keeper, Planned, path};
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
    /// When a root was last given to it.
    pub asked: Option<Timestamp>,
    /// The newest root for which it has brought evidence was made then.
    pub proven: Option<Timestamp>,
    /// Roots for which it still works.
    pub open: usize,
    /// Why its steps fail.
    pub failing: Option<Failing>,
    /// Money and certificates.
    pub report: Report,
}

/// A piece of evidence that there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// When the root was made, or first seen here.
    pub time: Timestamp,
    /// The root.
    pub root: Hash,
    /// What kind it is.
    pub kind: Kind,
    /// The name of its file.
    pub file: String,
}

impl Keeper {
    /// How each clock is doing.
    pub fn states(&self) -> Vec<ClockState> {
        let (ledger, failing) = (self.ledger(), self.failing());
        let anchors = ledger.anchors();
        let state = |planned: &Planned| {
            let name = planned.outside.name();
            let has_evidence = |root: &Hash| {
                let job = anchors.roots.get(root).and_then(|anchored| anchored.jobs.get(name));
                job.is_some_and(|job| job.evidence.is_some())
            };
            let mut newest = anchors.times.iter().rev();
            let failing = failing.iter().filter(|((clock, _), _)| clock == name);
            ClockState {
                name: name.to_owned(),
                kind: planned.outside.kind(),
                every: planned.every,
                asked: anchors.made.get(name).copied(),
                proven: newest.find(|(_, root)| has_evidence(root)).map(|(time, _)| *time),
                open: anchors.open.get(name).map_or(0, BTreeSet::len),
                failing: failing.map(|(_, failing)| failing).min_by_key(|f| f.since).cloned(),
                report: planned.outside.report(),
            }
        };
        self.clocks.iter().map(state).collect()
    }

    /// The evidence about roots that were made in a month, `2026-11`, oldest first; the newest of
    /// each clock.
    pub fn list(&self, month: &str) -> Vec<Listed> {
        let Some((start, end)) = bounds(month) else { return Vec::new() };
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

    /// A public file of a root. Blocks.
    pub fn file(&self, root: &Hash, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.store.read(&path(root, file)) {
            // Nothing of that name was ever written.
            Err(StoreError::BadPath { .. }) => Ok(None),
            read => read,
        }
    }
}

/// When a month begins and ends.
fn bounds(month: &str) -> Option<(Timestamp, Timestamp)> {
    let first = Date::parse(&format!("{month}-01")).ok()?;
    let next = match first.month() {
        12 => Date::new(first.year().checked_add(1)?, 1, 1),
        month => Date::new(first.year(), month + 1, 1),
    };
    let day = |date: Date| Some(Timestamp(u64::try_from(date.day_number()).ok()? * DAY_S));
    Some((day(first)?, day(next.ok()?)?))
}
