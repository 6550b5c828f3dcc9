//! The Beleg node as a library, for its own binary only.

pub mod client;
pub mod clock;
pub mod config;
pub mod cosigner;
pub mod evidence;
pub mod health;
pub mod http;
pub mod keys;
pub mod log;
pub mod replica;
pub mod shelf;
pub mod halt;
pub mod mirror;
pub mod store;
pub mod telemetry;
