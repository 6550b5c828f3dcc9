//! The anchors as numbers for Prometheus; docs/operating.md has the table.
//!
//! They are made of the ledger, so that they count from its first line and not from the last start.

use super::keeper::Keeper;

impl Keeper {
    /// Says how things are now.
    pub(super) fn measure(&self) {
        for state in self.states() {
            let labels = [("clock", state.name)];
            metrics::gauge!("beleg_anchor_open", &labels).set(state.open as f64);
            if let Some(proven) = state.proven {
                let time = metrics::gauge!("beleg_anchor_proven_timestamp_seconds", &labels);
                time.set(proven.0 as f64);
            }
            if let Some(ends) = state.ends {
                let time = metrics::gauge!("beleg_anchor_ends_timestamp_seconds", &labels);
                time.set(ends.0 as f64);
            }
            if let Some(money) = state.money {
                let [clock] = labels;
                let (left, unit) = whole(money.left, money.unit);
                let labels = [clock, ("unit", unit.to_owned())];
                metrics::gauge!("beleg_anchor_money_left", &labels).set(left as f64);
                let (price, _) = whole(money.per_anchor, money.unit);
                metrics::gauge!("beleg_anchor_price", &labels).set(price as f64);
            }
        }
        let ledger = self.ledger();
        let anchors = ledger.anchors();
        metrics::counter!("beleg_anchor_roots_total").absolute(anchors.made);
        for (clock, tally) in anchors.clocks.iter().filter(|(_, tally)| tally.first.is_some()) {
            let clock = ("clock", clock.to_string());
            let labels = [clock.clone()];
            metrics::counter!("beleg_anchor_evidence_total", &labels).absolute(tally.brought);
            if !tally.unit.is_empty() {
                let (spent, unit) = whole(tally.spent, &tally.unit);
                let labels = [clock, ("unit", unit.to_owned())];
                metrics::counter!("beleg_anchor_spent_total", &labels).absolute(spent);
            }
        }
        for (operator, pieces) in &anchors.kept {
            let labels = [("operator", operator.to_string())];
            metrics::counter!("beleg_anchor_kept_total", &labels).absolute(*pieces);
        }
    }
}

/// An amount that a counter can hold.
fn whole(amount: u128, unit: &str) -> (u64, &str) {
    const GWEI: u128 = 1_000_000_000;
    let (amount, unit) = if unit == "wei" { (amount / GWEI, "gwei") } else { (amount, unit) };
    (u64::try_from(amount).unwrap_or(u64::MAX), unit)
}
