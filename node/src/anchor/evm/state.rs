//! What a chain's clock has to remember of a root between two steps.

use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::transaction::{ANCHOR_GAS, Fee};
use crate::anchor::outside::{Cost, Step, StepError};

/// A transaction that was signed for a root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What is sent.
    pub raw: Bytes,
    /// Its hash, by which the chain names it.
    pub hash: B256,
    /// How many the account sent before.
    pub nonce: u64,
    /// The most for each gas.
    pub max: u128,
    /// The tip of it.
    pub tip: Option<u128>,
    /// When it was signed.
    pub time: u64,
    /// Hashes of those with the same nonce that it takes the place of.
    pub former: Vec<B256>,
}

impl Signed {
    /// What it offers for gas.
    pub fn fee(&self) -> Fee {
        Fee { max: self.max, tip: self.tip }
    }
}

/// A step that is tried again.
pub fn later(error: impl std::fmt::Display) -> StepError {
    StepError::Later(error.to_string())
}

/// There is more to do.
pub fn open(state: Option<Signed>, again_s: u64, words: String) -> Step {
    let cost = state.as_ref().map(|signed| {
        let amount = signed.fee().most(ANCHOR_GAS);
        Cost { amount, unit: "wei" }
    });
    let state = serde_json::to_value(state).unwrap_or_default();
    Step::Open { state, again_s, words, cost }
}

/// Nothing was signed yet.
pub fn waits(again_s: u64, words: String) -> Step {
    Step::Open { state: Value::Null, again_s, words, cost: None }
}
