//! What an outside clock is to the node: it takes a federation root and brings evidence, in steps.

use std::future::Future;
use std::pin::Pin;

use proto::anchor::Kind;
use proto::hash::{Hash, Timestamp};
use serde_json::Value;

/// Work that ends in a `T`.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A clock outside the federation.
pub trait Outside: Send + Sync {
    /// Short name, in the ledger, in file names and metrics: `ots`, `bitcoin`, `evm-NAME`,
    /// `tsa-NAME`.
    fn name(&self) -> &str;

    /// The kind of evidence that it brings.
    fn kind(&self) -> Kind;

    /// Goes one step on with a root. `state` is what the step before returned, nothing at first.
    /// The ledger makes the state durable before the next step: what costs money or cannot be
    /// repeated is decided and signed in one step and sent in the next, so that a crash between
    /// them sends the same thing again. Evidence is checked before it is `Done`.
    fn step<'a>(
        &'a self,
        root: &'a Hash,
        state: Option<&'a Value>,
        now: Timestamp,
    ) -> Work<'a, Result<Step, StepError>>;

    /// How its evidence is renewed, if it ends.
    fn ages(&self) -> Option<&dyn Ages> {
        None
    }

    /// The money that is left, if it costs any.
    fn money(&self) -> Option<Money> {
        None
    }
}

/// A clock whose evidence ends unless it is renewed in time.
pub trait Ages: Send + Sync {
    /// For how many seconds before its end evidence is renewed.
    fn lead_s(&self) -> u64;

    /// When this evidence ends; `now`, if it proves nothing here.
    fn ends(&self, root: &Hash, evidence: &[u8], now: Timestamp) -> Timestamp;

    /// Renews evidence, of this clock or of another one of its kind.
    fn renew<'a>(
        &'a self,
        root: &'a Hash,
        evidence: Vec<u8>,
        now: Timestamp,
    ) -> Work<'a, Result<Renewed, StepError>>;
}

/// Where a renewal led.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Renewed {
    /// Newer evidence would end no later: it is tried again.
    Later {
        /// Seconds until then.
        again_s: u64,
        /// One sentence for people.
        words: String,
    },
    /// There is evidence that lasts longer.
    Done {
        /// Its bytes.
        evidence: Vec<u8>,
        /// One sentence for people.
        words: String,
    },
}

/// Where a step led.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// There is more to do.
    Open {
        /// What the next step needs; secret to the node.
        state: Value,
        /// Seconds until the next step.
        again_s: u64,
        /// One sentence for people.
        words: String,
        /// What this root has cost so far.
        cost: Option<Cost>,
    },
    /// There is evidence.
    Done {
        /// Its bytes, in the form of the kind.
        evidence: Vec<u8>,
        /// One sentence for people.
        words: String,
        /// What this root has cost.
        cost: Option<Cost>,
    },
}

/// Money that was spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// How much.
    pub amount: u128,
    /// Of what: `sat` or `wei`.
    pub unit: &'static str,
}

/// Money that is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Money {
    /// How much.
    pub left: u128,
    /// What an anchor costs now.
    pub per_anchor: u128,
    /// Of what: `sat` or `wei`.
    pub unit: &'static str,
}

/// Why a step led nowhere. Each holds one sentence for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// It is tried again from the same state, with growing pauses.
    #[error("{0}")]
    Later(String),
    /// It is given up for this root.
    #[error("{0}")]
    Refused(String),
}
