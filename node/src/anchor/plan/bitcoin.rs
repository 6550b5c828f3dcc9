//! The clocks of the sections `[anchor.ots]` and `[anchor.bitcoin]`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proto::anchor::clocks::Network;
use proto::federation::Federation;

use crate::anchor::bitcoin::rpc::Rpc;
use crate::anchor::bitcoin::{CoinError, Purse, Settings, Transactions, hrp};
use crate::anchor::calendars::{self, CalendarError, Calendars};
use crate::anchor::keeper::Planned;
use crate::anchor::outside::Outside;
use crate::client::{ClientError, Timeouts};
use crate::config::{AnchorConfig, BitcoinOptions, OtsOptions};

/// Until a connection to a calendar stands.
const CONNECT: Duration = Duration::from_secs(10);

/// Why one of them cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The federation does not say which Bitcoin chain counts.
    #[error(
        "[anchor]: the federation names no Bitcoin block from which headers count\nremove \
         [anchor.ots] and [anchor.bitcoin], or sign a version of the federation file that does"
    )]
    NoChain,
    /// More calendars must take a root than there are.
    #[error("[anchor.ots]: need must be from 1 to the number of calendars\nchange it")]
    Need,
    /// A funding output that is none.
    #[error("[anchor.bitcoin]: {output} is no output\nwrite TXID:OUTPUT")]
    Funding {
        /// What was written.
        output: String,
    },
    /// Fees that leave no room.
    #[error("[anchor.bitcoin]: fee_floor must be 1 or more, and fee_cap not below it\nchange them")]
    Fees,
    /// An address.
    #[error("[anchor]: {0}\ncorrect the address")]
    Address(#[from] ClientError),
    /// An address of a calendar.
    #[error("[anchor.ots]: {0}\ncorrect the address")]
    Calendar(#[from] CalendarError),
    /// The key.
    #[error("[anchor.bitcoin]: {0}\ncorrect the option key, or the file")]
    Coin(#[from] CoinError),
}

/// Their names.
pub(super) fn names(config: &AnchorConfig) -> Vec<String> {
    let calendars = config.ots.as_ref().map(|_| "ots");
    let own = config.bitcoin.as_ref().and_then(|options| options.key.as_ref());
    calendars.into_iter().chain(own.map(|_| "bitcoin")).map(str::to_owned).collect()
}

/// Those that are configured. Paths are relative to `folder`; journals lie in `anchors`.
pub(super) fn clocks(
    config: &AnchorConfig,
    folder: &Path,
    anchors: &Path,
    federation: &Federation,
) -> Result<Vec<Planned>, SetupError> {
    let mut planned = Vec::new();
    let network = federation.current().clocks.bitcoin.map(|bitcoin| bitcoin.network);
    let node = config.bitcoin.as_ref().map(|options| {
        Rpc::new(&options.rpc, folder.join(&options.credentials)).map(|rpc| (options, rpc))
    });
    let node = node.transpose()?;
    if let Some(options) = &config.ots {
        network.ok_or(SetupError::NoChain)?;
        let rpc = node.as_ref().map(|(_, rpc)| rpc.clone());
        planned.push(plan(calendars(options, rpc)?, options.every_s));
    }
    if let Some((options, rpc)) = node
        && let Some(key) = &options.key
    {
        let network = network.ok_or(SetupError::NoChain)?;
        let clock = transactions(options, rpc, &folder.join(key), network, anchors.to_owned())?;
        planned.push(plan(clock, options.every_s));
    }
    Ok(planned)
}

fn plan(outside: impl Outside + 'static, every_s: Option<u64>) -> Planned {
    Planned { outside: Arc::new(outside), every: every_s.map(Duration::from_secs) }
}

fn calendars(options: &OtsOptions, node: Option<Rpc>) -> Result<Calendars, SetupError> {
    if !(1..=options.calendars.len()).contains(&options.need) {
        return Err(SetupError::Need);
    }
    let settings = calendars::Settings {
        calendars: options.calendars.clone(),
        also: options.also.clone(),
        need: options.need,
        poll_s: options.poll_s,
        timeouts: Timeouts { connect: CONNECT, request: Duration::from_secs(options.timeout_s) },
    };
    Ok(Calendars::new(&settings, node)?)
}

fn transactions(
    options: &BitcoinOptions,
    rpc: Rpc,
    key: &Path,
    network: Network,
    anchors: PathBuf,
) -> Result<Transactions, SetupError> {
    if options.fee_floor == 0 || options.fee_cap < options.fee_floor {
        return Err(SetupError::Fees);
    }
    let outputs = options
        .funding
        .iter()
        .map(|output| output.parse().map_err(|_| SetupError::Funding { output: output.clone() }));
    let settings = Settings {
        funding: outputs.collect::<Result<_, _>>()?,
        fee_floor: options.fee_floor,
        fee_cap: options.fee_cap,
        within_blocks: options.within_blocks,
        bump_after: options.bump_after.max(1),
        depth: options.depth,
        poll_s: options.poll_s,
    };
    let purse = Purse::open(key, hrp(network))?;
    Ok(Transactions::new(rpc, purse, settings, anchors))
}
