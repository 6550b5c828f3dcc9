//! What people and other nodes see of the anchors: how each clock is doing, and which evidence
//! there is.

use std::time::Duration;

use proto::anchor::Kind;
use proto::anchor::list::Listed;
use proto::hash::{Hash, Timestamp};
use proto::time::Month;

use super::keeper::{Failing, KeepError, Keeper, Planned, path};
use super::ledger::{Held, What};
use super::outside::Money;
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
    /// The money that is left.
    pub money: Option<Money>,
    /// When the certificate ends with which it signs.
    pub ends: Option<Timestamp>,
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
            let (outside, name) = (&*planned.outside, planned.outside.name());
            let tally = anchors.clocks.get(name);
            let does = |clock: &str| clock == name || self.stands_in(outside, clock);
            let failing = failing.iter().filter(|((clock, _), _)| does(clock));
            ClockState {
                name: name.to_owned(),
                kind: outside.kind(),
                every: planned.every,
                first_asked: tally.and_then(|tally| tally.first),
                proven: tally.and_then(|tally| tally.proven),
                open: tally.map_or(0, |tally| tally.open.len()),
                failing: failing.map(|(_, failing)| failing).min_by_key(|f| f.since).cloned(),
                money: outside.money(),
                ends: tally.and_then(|tally| tally.ends),
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
            let anchored = anchors.roots.get(root).into_iter();
            for (_, kind, file) in anchored.flat_map(|anchored| anchored.evidence()) {
                listed.push(Listed { time: *time, root: *root, kind, file });
            }
        }
        listed
    }

    /// Whether this piece of evidence, or a newer one of its clock, is kept.
    pub fn has(&self, one: &Listed) -> bool {
        let (clock, number) = one.clock();
        let job = self.held(clock, &one.root);
        job.is_some_and(|held| held.number >= number)
    }

    /// When the evidence ends that is kept in the place of this piece, if that is known.
    pub fn ends(&self, one: &Listed) -> Option<Timestamp> {
        self.held(one.clock().0, &one.root)?.ends
    }

    fn held(&self, clock: &str, root: &Hash) -> Option<Held> {
        self.ledger().anchors().job(clock, root)?.evidence
    }

    /// Whether the statement of a root, and the checkpoints that it names, are kept.
    pub fn knows(&self, root: &Hash) -> bool {
        self.ledger().anchors().roots.contains_key(root)
    }

    /// When the oldest root was made.
    pub fn first(&self) -> Option<Timestamp> {
        self.ledger().anchors().times.first().map(|(time, _)| *time)
    }

    /// Keeps evidence of another node about a root whose statement is kept. Blocks.
    pub fn keep(
        &self,
        peer: &str,
        one: &Listed,
        bytes: Vec<u8>,
        ends: Option<Timestamp>,
    ) -> Result<(), KeepError> {
        let ((clock, number), kind) = (one.clock(), one.kind.name().to_owned());
        let (from, ends) = (peer.to_owned(), ends.map(|ends| ends.0));
        self.write(clock, &one.root, Some(number), bytes, |file| What::Kept {
            clock: clock.to_owned(),
            kind,
            file,
            from,
            ends,
        })?;
        self.failing().remove(&(clock.to_owned(), one.root));
        Ok(())
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
