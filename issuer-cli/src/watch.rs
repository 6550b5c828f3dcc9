//! What a person is told while they wait. The screen is one listener, tests are the other.

/// A step long enough to need a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading and hashing; counted in bytes.
    Hashing,
    /// Making, checking and writing receipts; counted in documents.
    Receipts,
}

/// Why the next answer takes a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The node does not answer.
    NodeAway,
    /// The node has more to do than it takes on.
    NodeBusy,
    /// The node has what was sent, and the quorum has not confirmed it yet.
    Quorum,
}

/// Listens to a long run. Called from several threads at once.
pub trait Watch: Sync {
    /// A step begins that has this much to do.
    fn begin(&self, step: Step, total: u64);
    /// This much more is done.
    fn advance(&self, by: u64);
    /// The step is over.
    fn end(&self);
    /// Nothing happens for a while, for this reason.
    fn waiting(&self, why: Wait);
}

/// Nobody listens.
#[cfg(test)]
pub struct Nobody;

#[cfg(test)]
impl Watch for Nobody {
    fn begin(&self, _: Step, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
    fn waiting(&self, _: Wait) {}
}
