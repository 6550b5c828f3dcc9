//! The mirror protocol (tlog-mirror): entries on their way to a mirror, and what a mirror decides.
//!
//! The order that always holds: mirror checkpoint <= next entry <= size of the pending checkpoint,
//! and each pending checkpoint is consistent with the one before. The optional `sign-subtree` call
//! and pruning are left out: mirrors of a federation keep everything.

pub mod add_entries;
pub mod decide;
pub mod decoder;
pub mod info;

pub use add_entries::{Header, Package, PackageRange};
pub use decoder::{Decoder, Event};
pub use info::MirrorInfo;
