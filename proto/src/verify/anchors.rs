//! What clocks outside the federation say of a receipt's tree. It decides nothing unless the
//! question asks for a kind of evidence.

use alloc::vec::Vec;

use super::Question;
use super::known::Known;
use super::reason::Reason;
use crate::anchor::judge::{Problem, Proven, judge};
use crate::anchor::{Evidence, Kind};
use crate::federation::PublishedCheckpoint;
use crate::hash::{Hash, TreeSize};
use crate::merkle::consistency;
use crate::receipt::{Anchor, Receipt};

/// A piece of evidence that a receipt carries, judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnchorFacts {
    /// What kind it is.
    pub kind: Kind,
    /// Size of the tree that was anchored.
    pub size: TreeSize,
    /// The federation root that went outside, if the path leads to one.
    pub root: Option<Hash>,
    /// What it proves, or why it does not.
    pub outcome: Result<Proven, Problem>,
}

impl AnchorFacts {
    fn is_false(&self) -> bool {
        self.outcome.as_ref().is_err_and(Problem::is_false)
    }
}

/// Judges all evidence that the receipt carries; of each kind what proves the earliest time first.
pub(super) fn check(
    known: &mut Known,
    receipt: &Receipt,
    published: &PublishedCheckpoint,
    question: &Question<'_>,
) -> Vec<AnchorFacts> {
    let mut all = Vec::new();
    for anchor in &receipt.anchors {
        let root = root(receipt, published, anchor);
        for evidence in &anchor.evidence {
            let outcome = match &root {
                Ok(root) => judge_once(known, evidence, root, question),
                Err(problem) => Err(problem.clone()),
            };
            let (kind, size) = (evidence.kind, anchor.head.checkpoint().size());
            all.push(AnchorFacts { kind, size, root: root.clone().ok(), outcome });
        }
    }
    all.sort_by_key(|facts| {
        let time = facts.outcome.as_ref().ok().map(Proven::time);
        (facts.kind, time.is_none(), time)
    });
    all
}

/// What becomes of the line *time* if kinds of evidence are asked for.
pub(super) fn required(time: Reason, facts: &[AnchorFacts], question: &Question<'_>) -> Reason {
    if time != Reason::TimeProven {
        return time;
    }
    let of = |kind: Kind| facts.iter().filter(move |facts| facts.kind == kind);
    let lacking = question.require.iter().copied().filter(|kind| {
        let good = of(*kind).any(|facts| facts.outcome.is_ok());
        !good
    });
    let judged = lacking.map(|kind| {
        let is_false = of(kind).any(AnchorFacts::is_false);
        if is_false { Reason::AnchorFalse(kind) } else { Reason::AnchorMissing(kind) }
    });
    judged.max_by_key(Reason::state).unwrap_or(time)
}

/// The federation root under which the receipt's tree stands.
fn root(
    receipt: &Receipt,
    published: &PublishedCheckpoint,
    anchor: &Anchor,
) -> Result<Hash, Problem> {
    let (old, new) = (published, anchor.head.checkpoint());
    consistency::verify(old.size(), old.root(), new.size(), new.root(), &anchor.consistency)
        .map_err(|_| Problem::OtherTree)?;
    anchor.root(receipt.federation).map_err(|_| Problem::BadPath)
}

fn judge_once(
    known: &mut Known,
    evidence: &Evidence,
    root: &Hash,
    question: &Question<'_>,
) -> Result<Proven, Problem> {
    let Question { outside, now, federation, .. } = question;
    let clocks = &federation.current().clocks;
    let key = (evidence.clone(), *root, *now);
    known.anchors_with(outside).get(key, |_| judge(evidence, root, clocks, outside, *now))
}
