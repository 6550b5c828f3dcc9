//! `evm`: a chain before the federation knows it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `evm`
#[derive(Subcommand, Debug)]
pub enum Evm {
    /// Prints the account that a key pays from: it needs money.
    Address(KeyPlace),
    /// Puts the contract into a chain, and prints the line for the federation file.
    Deploy(Deploy),
}

/// Where the key is that pays: a file, or a PKCS#11 module.
#[derive(Args, Debug)]
#[group(required = true)]
pub struct KeyPlace {
    /// File with the key: 64 hexadecimal digits, mode 0600.
    #[arg(long, conflicts_with_all = ["module", "token", "label", "pin"])]
    pub key: Option<PathBuf>,
    /// PKCS#11 module, a shared library.
    #[arg(long, requires_all = ["token", "label", "pin"])]
    pub module: Option<PathBuf>,
    /// The token's label.
    #[arg(long, requires = "module")]
    pub token: Option<String>,
    /// The key's label.
    #[arg(long, requires = "module")]
    pub label: Option<String>,
    /// File with the PIN, mode 0600.
    #[arg(long, requires = "module")]
    pub pin: Option<PathBuf>,
}

/// `evm deploy`
#[derive(Args, Debug)]
pub struct Deploy {
    /// Short name that the federation will call the chain.
    #[arg(long)]
    pub name: String,
    /// Address of a node of the chain: JSON-RPC over HTTP.
    #[arg(long)]
    pub rpc: String,
    /// The key that pays.
    #[command(flatten)]
    pub key: KeyPlace,
    /// The most for each gas, in gwei; 250,000 gas may be taken.
    #[arg(long)]
    pub max_fee_gwei: u64,
}
