//! `beleg-issuer`: the issuing office's tool.
mod args; mod chance; mod client; mod collect; mod durable; mod media; mod plan; mod settings; mod watch;
fn main() {}
