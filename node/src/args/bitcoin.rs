//! `bitcoin`: before a node anchors by transactions of its own.

use std::path::PathBuf;

use clap::Subcommand;
use proto::anchor::clocks::Network;

/// `bitcoin`
#[derive(Subcommand, Debug)]
pub enum Bitcoin {
    /// Prints the address to which money for a node's own transactions is sent.
    Address {
        /// File with the key: 64 hexadecimal digits, mode 0600.
        #[arg(long)]
        key: PathBuf,
        /// The network that the federation file names: main or regtest.
        #[arg(long, default_value = "main", value_parser = network)]
        network: Network,
    },
}

fn network(word: &str) -> Result<Network, &'static str> {
    Network::parse(word).ok_or("it is main or regtest")
}
