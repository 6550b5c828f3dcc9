//! `beleg-issuer`: the issuing office's tool.
mod args; mod chance; mod client; mod collect; mod durable; mod journal; mod media; mod plan; mod prepare; mod settings; mod watch;
fn main() {}
