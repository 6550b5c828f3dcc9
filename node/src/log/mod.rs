//! The authority's own log: what waits, the only writer, publication to a quorum, proofs.

pub mod pool;
pub mod publish;
pub mod recover;
