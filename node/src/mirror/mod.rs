//! The cosigner's side: copies of the other authorities' logs, checked and cosigned; and the client
//! that brings a log's entries to such a mirror.

pub mod client;
pub mod duty;
#[cfg(test)]
mod duty_tests;
pub mod gossip;
pub mod receive;
pub mod service;
pub mod sight;
#[cfg(test)]
mod tests;
