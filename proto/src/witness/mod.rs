//! The witness protocol (tlog-witness): the request, its answers, and what a cosigner decides.
//!
//! Mirrors take the same request to learn of a new checkpoint (tlog-mirror#add-checkpoint). The
//! optional `sign-subtree` call is left out: nobody in a federation asks for it.

pub mod add_checkpoint;
pub mod decide;

pub use add_checkpoint::AddCheckpoint;
