//! The Beleg node as a library, for its own binary only.

pub mod alarms;
pub mod anchor;
pub mod app;
pub mod args;
pub mod client;
pub mod clock;
pub mod commands;
pub mod config;
pub mod cosigner;
pub mod evidence;
pub mod fsck;
pub mod gzip;
pub mod halt;
pub mod health;
pub mod hosted;
pub mod http;
pub mod identity;
pub mod keys;
pub mod lines;
pub mod lists;
pub mod log;
pub mod mirror;
pub mod pages;
pub mod pem;
pub mod replica;
pub mod shelf;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod testing;
