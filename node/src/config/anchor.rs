//! The section `[anchor]`: which outside clocks this node asks, and how often.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

const LATE_S: u64 = 48 * 3600;

/// The outside clocks of a node. Without the section it asks none, and still keeps and serves what
/// other nodes have.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorConfig {
    /// Seconds without evidence of a clock that is asked by itself, until there is an alarm.
    late_after_s: Option<u64>,
    /// EVM chains.
    #[serde(default)]
    pub evm: Vec<EvmConfig>,
}

/// An EVM chain.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvmConfig {
    /// Its name in the federation file, which has its id and the contract.
    pub chain: String,
    /// Address of a node of the chain: JSON-RPC over HTTP.
    pub rpc: String,
    /// A file with the key that pays.
    pub key: Option<PathBuf>,
    /// A key that pays, in a PKCS#11 module.
    pub pkcs11: Option<Pkcs11Config>,
    /// Seconds between two roots; on demand alone if it is not said.
    pub every_s: Option<u64>,
    /// Seconds between two looks at the chain.
    pub poll_s: Option<u64>,
    /// Blocks on top of one that counts, where the chain does not say what is final.
    pub confirmations: Option<u64>,
    /// The most for each gas, in gwei.
    pub max_fee_gwei: u64,
    /// The most for a root, in gwei; what the fee allows if it is not said.
    pub max_per_anchor_gwei: Option<u64>,
    /// The most in 24 hours, in gwei.
    pub max_per_day_gwei: u64,
}

/// A key in a PKCS#11 module.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs11Config {
    /// The module, a shared library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub label: String,
    /// A file with the PIN.
    pub pin: PathBuf,
}

impl AnchorConfig {
    /// How long a clock may bring nothing.
    pub fn late_after(&self) -> Duration {
        Duration::from_secs(self.late_after_s.unwrap_or(LATE_S))
    }
}
