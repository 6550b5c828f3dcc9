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
    /// OpenTimestamps calendars.
    pub ots: Option<OtsOptions>,
    /// The operator's own Bitcoin node.
    pub bitcoin: Option<BitcoinOptions>,
    /// EVM chains.
    #[serde(default)]
    pub evm: Vec<EvmConfig>,
    /// Time-stamping authorities.
    #[serde(default)]
    pub tsa: Vec<TsaConfig>,
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

const TSA_TIMEOUT_S: u64 = 30;
const RENEW_DAYS: u64 = 90;

/// A time-stamping authority (RFC 3161).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsaConfig {
    /// Short name: the clock is called `tsa-NAME`.
    pub name: String,
    /// Where it answers.
    pub url: String,
    /// Seconds between two roots; none: on demand alone.
    every_s: Option<u64>,
    /// The policy wanted, an object identifier; none takes the authority's own.
    pub policy: Option<String>,
    /// Files with certificates between the authority's and the root, if its answers lack them.
    #[serde(default)]
    pub certificates: Vec<PathBuf>,
    /// Addresses of revocation lists, beside those that the certificates name.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Days before the end of a certificate or algorithm at which time-stamps are renewed.
    renew_days: Option<u64>,
    /// Seconds for a question and its answer.
    timeout_s: Option<u64>,
}

impl TsaConfig {
    /// The pause between two roots.
    pub fn every(&self) -> Option<Duration> {
        self.every_s.map(Duration::from_secs)
    }

    /// Days before the end at which time-stamps are renewed.
    pub fn renew_days(&self) -> u64 {
        self.renew_days.unwrap_or(RENEW_DAYS)
    }

    /// Seconds for a question and its answer.
    pub fn timeout_s(&self) -> u64 {
        self.timeout_s.unwrap_or(TSA_TIMEOUT_S)
    }
}

/// The section `[anchor.ots]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtsOptions {
    /// Where roots are sent.
    pub calendars: Vec<String>,
    /// Where answers are fetched too.
    #[serde(default)]
    pub also: Vec<String>,
    /// How many calendars must take a root.
    #[serde(default = "default::one")]
    pub need: usize,
    /// Seconds between two roots; none by itself if it is not said.
    pub every_s: Option<u64>,
    /// Seconds between two looks for an answer.
    #[serde(default = "default::calendar_poll")]
    pub poll_s: u64,
    /// Seconds for an answer.
    #[serde(default = "default::calendar_timeout")]
    pub timeout_s: u64,
}

/// The section `[anchor.bitcoin]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BitcoinOptions {
    /// Address of the node's JSON-RPC.
    pub rpc: String,
    /// The file with `user:password`: the node's cookie, or one's own.
    pub credentials: PathBuf,
    /// The key that pays; without it the node only checks what calendars say.
    pub key: Option<PathBuf>,
    /// Outputs that pay, as `TXID:OUTPUT`.
    #[serde(default)]
    pub funding: Vec<String>,
    /// Seconds between two roots; none by itself if it is not said.
    pub every_s: Option<u64>,
    /// Satoshi for a virtual byte, at least.
    #[serde(default = "default::fee_floor")]
    pub fee_floor: u64,
    /// At most.
    #[serde(default = "default::fee_cap")]
    pub fee_cap: u64,
    /// Blocks in which a transaction should be in one.
    #[serde(default = "default::within_blocks")]
    pub within_blocks: u32,
    /// Blocks without it until its fee is raised.
    #[serde(default = "default::bump_after")]
    pub bump_after: u64,
    /// Blocks on top of it that make it final; never less than six.
    #[serde(default = "default::depth")]
    pub depth: u64,
    /// Seconds between two looks.
    #[serde(default = "default::block_poll")]
    pub poll_s: u64,
}

mod default {
    pub(super) fn one() -> usize {
        1
    }
    pub(super) fn calendar_poll() -> u64 {
        1800
    }
    pub(super) fn calendar_timeout() -> u64 {
        30
    }
    pub(super) fn block_poll() -> u64 {
        600
    }
    pub(super) fn fee_floor() -> u64 {
        1
    }
    pub(super) fn fee_cap() -> u64 {
        100
    }
    pub(super) fn within_blocks() -> u32 {
        12
    }
    pub(super) fn bump_after() -> u64 {
        12
    }
    pub(super) fn depth() -> u64 {
        proto::limits::BITCOIN_DEPTH
    }
}
