//! The Beleg node as a library, for its own binary only.

pub mod store;
