//! `beleg-issuer`: the issuing office's tool.
mod args;
mod chance;
mod client;
mod collect;
mod durable;
#[cfg(test)]
#[path = "../../verifier-cli/tests/fixture/mod.rs"]
mod fixture;
mod journal;
mod media;
mod office;
mod outcome;
mod plan;
mod prepare;
mod report;
mod settings;
mod watch;
fn main() {}
