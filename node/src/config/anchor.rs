//! The section `[anchor]`: which outside clocks this node asks, and how often.

use std::time::Duration;

use serde::Deserialize;

const LATE_S: u64 = 48 * 3600;

/// The outside clocks of a node. Without the section it asks none, and still keeps and serves what
/// other nodes have.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorConfig {
    /// Seconds without evidence of a clock that is asked by itself, until there is an alarm.
    late_after_s: Option<u64>,
}

impl AnchorConfig {
    /// How long a clock may bring nothing.
    pub fn late_after(&self) -> Duration {
        Duration::from_secs(self.late_after_s.unwrap_or(LATE_S))
    }
}
