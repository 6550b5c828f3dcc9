//! Evidence that ends: renewed in time, that of other nodes too.
//!
//! Who made a root renews its evidence. If that does not happen - its node may be gone for good -
//! every node that has a clock of the kind does so when half of the time for it has passed, and
//! keeps it under the name of the clock that made it. Two may do so at once: both have evidence
//! then that lasts, and neither takes the other's.

use std::sync::Arc;
use std::time::Duration;

use proto::hash::{Hash, Timestamp};
use serde_json::json;

use super::{Keeper, path};
use crate::anchor::ledger::{Held, Job, Progress, RENEW, What, file_name};
use crate::anchor::outside::{Ages, Outside, Renewed, Step, StepError};

/// How often it is looked whether evidence ends soon.
pub(super) const LOOK: Duration = Duration::from_secs(86_400);
/// Evidence that may end soon.
struct Aging {
    clock: Arc<str>,
    root: Hash,
    held: Held,
    lead_s: u64,
}

impl Keeper {
    /// Whether this clock renews for one that this node does not have, or has no more: the first
    /// one whose evidence ends does. Time-stamps can be renewed by any authority that the
    /// federation names.
    pub(in crate::anchor) fn stands_in(&self, outside: &dyn Outside, clock: &str) -> bool {
        let mut ages = self.clocks.iter().filter(|planned| planned.outside.ages().is_some());
        ages.next().is_some_and(|first| first.outside.name() == outside.name())
            && !self.clocks.iter().any(|planned| planned.outside.name() == clock)
    }

    /// Opens again what ends soon. Blocks.
    pub(super) fn renew(&self, outside: &dyn Outside, ages: &dyn Ages) {
        let now = self.clock.now();
        for Aging { clock, root, held, lead_s } in self.aging(outside, ages.lead_s(), now) {
            let ends = match held.ends {
                Some(ends) => ends,
                // Older lines do not say it.
                None => {
                    let Some(evidence) = self.evidence(&clock, &root, held) else { continue };
                    let ends = ages.ends(&root, &evidence, now);
                    self.ledger().ends(&clock, &root, ends);
                    ends
                }
            };
            if ends <= now || ends.0 >= now.0.saturating_add(lead_s) {
                continue;
            }
            let (state, again) = (json!({ RENEW: held.number }), now.0);
            let words = "it ages and is renewed".to_owned();
            let open = What::Open { clock: clock.to_string(), state, again, words, cost: None };
            if let Err(error) = self.note(&root, open) {
                tracing::warn!(%error, %root, "evidence that ages was not renewed");
            }
        }
    }

    /// What ends soon, or of which it is not known when it ends.
    fn aging(&self, outside: &dyn Outside, lead_s: u64, now: Timestamp) -> Vec<Aging> {
        let ledger = self.ledger();
        let mut found = Vec::new();
        for (root, anchored) in &ledger.anchors().roots {
            for (clock, job) in &anchored.jobs {
                let Some(held) = to_renew(job).filter(|held| held.kind == outside.kind()) else {
                    continue;
                };
                let lead_s = if job.from.is_some() { lead_s / 2 } else { lead_s };
                let soon = now.0.saturating_add(lead_s);
                let lasts = held.ends.is_some_and(|ends| ends <= now || ends.0 >= soon);
                if !lasts && (**clock == *outside.name() || self.stands_in(outside, clock)) {
                    found.push(Aging { clock: Arc::clone(clock), root: *root, held, lead_s });
                }
            }
        }
        found
    }

    /// A step of a renewal.
    pub(super) async fn renew_step(
        &self,
        ages: &dyn Ages,
        clock: &str,
        root: &Hash,
        now: Timestamp,
    ) -> Result<Step, StepError> {
        let held = self.ledger().anchors().job(clock, root).and_then(|job| job.evidence);
        let evidence = tokio::task::block_in_place(|| self.evidence(clock, root, held?));
        let missing = || StepError::Later("the evidence to renew cannot be read".to_owned());
        Ok(match ages.renew(root, evidence.ok_or_else(missing)?, now).await? {
            Renewed::Done { evidence, words } => Step::Done { evidence, words, cost: None },
            Renewed::Later { again_s, words } => {
                let number = held.map_or(0, |held| held.number);
                Step::Open { state: json!({ RENEW: number }), again_s, words, cost: None }
            }
        })
    }

    fn evidence(&self, clock: &str, root: &Hash, held: Held) -> Option<Vec<u8>> {
        match self.store.read(&path(root, &file_name(clock, held.number))) {
            Ok(evidence) => evidence,
            Err(error) => {
                tracing::warn!(%error, %root, clock, "evidence cannot be read");
                None
            }
        }
    }
}

fn to_renew(job: &Job) -> Option<Held> {
    job.evidence.filter(|_| !matches!(job.progress, Progress::Open { .. }))
}
