//! What `apply` must know of a log that is too big to keep in the state: whether a batch root is
//! there already, and whose status indexes are.
//!
//! Status indexes are given out batch by batch. Batches of one issuer that follow each other make
//! one [`Run`], so one look tells whether a whole range is an issuer's, however many batches it
//! holds. A node answers from its index, an auditor from [`Seen`].

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::hash::{Hash, LeafIndex, StatusIndex};

use super::State;
use super::entry::Entry;

/// Status indexes of one issuer, from the first up to where the next run begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The first.
    pub first: StatusIndex,
    /// The issuer's id.
    pub issuer: LeafIndex,
}

/// What to look up in the log up to the last commit before an entry is applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// Nothing.
    Nothing,
    /// Whether this batch root is there.
    Batch(Hash),
    /// The last run that begins at or before each of these.
    Runs(Vec<StatusIndex>),
}

/// What was found. The default is what an empty log gives.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    /// Whether the batch root is there.
    pub batch: bool,
    /// The runs, in the order asked for.
    pub runs: Vec<Option<Run>>,
}

/// What must be looked up before [`State::apply`].
pub fn plan(entry: &Entry) -> Lookup {
    match entry {
        Entry::Issuance(issuance) => Lookup::Batch(issuance.submission.statement.batch_root),
        Entry::Revocation(revocation) => {
            Lookup::Runs(revocation.statement.ranges().iter().map(|range| range.last).collect())
        }
        Entry::Issuer(_) | Entry::Snapshot(_) => Lookup::Nothing,
    }
}

/// The lookups of a log in memory, for auditors.
#[derive(Clone, Default, Debug)]
pub struct Seen {
    batches: BTreeSet<Hash>,
    runs: BTreeMap<StatusIndex, LeafIndex>,
}

impl Seen {
    /// Answers.
    pub fn find(&self, lookup: &Lookup) -> Found {
        match lookup {
            Lookup::Nothing => Found::default(),
            Lookup::Batch(root) => Found { batch: self.batches.contains(root), ..Found::default() },
            Lookup::Runs(at) => {
                let runs = at.iter().map(|index| {
                    let (first, issuer) = self.runs.range(..=*index).next_back()?;
                    Some(Run { first: *first, issuer: *issuer })
                });
                Found { runs: runs.collect(), ..Found::default() }
            }
        }
    }

    /// Takes over what was applied since the last commit. Comes right before the commit.
    pub fn keep(&mut self, state: &State) {
        self.batches.extend(&state.batches);
        self.runs.extend(state.new_runs().iter().map(|run| (run.first, run.issuer)));
    }
}
