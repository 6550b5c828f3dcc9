//! The Beleg node as a library, for its own binary only.

pub mod clock;
pub mod config;
pub mod keys;
pub mod store;
pub mod telemetry;
