//! From a chain's options to its clock.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proto::federation::Federation;

use super::{EvmClock, EvmKeyError, Key, Limits, OpenError, Settings};
use crate::anchor::keeper::Planned;
use crate::config::{EvmConfig, Pkcs11Config};

const GWEI: u128 = 1_000_000_000;
/// Ten blocks of Ethereum: what is entered is final after fifteen minutes.
const POLL_S: u64 = 120;

/// Why a chain cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The federation does not know it.
    #[error("the federation file has no chain of this name\nadd it there, or take this one out")]
    NotNamed,
    /// Nobody pays, or two do.
    #[error("give either key or pkcs11: who pays")]
    OneKey,
    /// Keys in modules were left out of this program.
    #[cfg(not(feature = "pkcs11"))]
    #[error("this beleg-node was built without PKCS#11\nbuild it with the feature pkcs11")]
    NoModules,
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The clock of a chain. Paths in the options are relative to `folder`; what is spent is counted in
/// `counts`.
pub fn planned(
    config: &EvmConfig,
    folder: &Path,
    counts: &Path,
    federation: &Federation,
) -> Result<Planned, ChainError> {
    let every = config.every_s.map(Duration::from_secs);
    let clock = clock(config, folder, counts, federation)?;
    Ok(Planned { outside: Arc::new(clock), every })
}

/// The same, not yet planned.
pub fn clock(
    config: &EvmConfig,
    folder: &Path,
    counts: &Path,
    federation: &Federation,
) -> Result<EvmClock, ChainError> {
    let mut chains = federation.current().clocks.chains.iter();
    let chain = chains.find(|chain| chain.name == config.chain).ok_or(ChainError::NotNamed)?;
    let wei = |gwei: u64| u128::from(gwei).saturating_mul(GWEI);
    let limits = Limits {
        fee: wei(config.max_fee_gwei),
        anchor: config.max_per_anchor_gwei.map_or(u128::MAX, wei),
        day: wei(config.max_per_day_gwei),
    };
    let key = key(config.key.as_deref(), config.pkcs11.as_ref(), folder)?;
    let (chain, rpc) = (chain.clone(), config.rpc.clone());
    let poll_s = config.poll_s.unwrap_or(POLL_S).max(1);
    let settings = Settings { chain, rpc, confirmations: config.confirmations, poll_s, limits };
    Ok(EvmClock::open(settings, Arc::new(key), counts)?)
}

/// The key that pays: of a file, or of a module.
pub fn key(
    file: Option<&Path>,
    module: Option<&Pkcs11Config>,
    folder: &Path,
) -> Result<Key, ChainError> {
    let opened: Result<Key, EvmKeyError> = match (file, module) {
        (Some(file), None) => Key::load(&folder.join(file)),
        #[cfg(feature = "pkcs11")]
        (None, Some(place)) => {
            let pin = folder.join(&place.pin);
            let place = Pkcs11Config { pin, ..place.clone() };
            super::pkcs11::Module::open(&place).map(Key::Module)
        }
        #[cfg(not(feature = "pkcs11"))]
        (None, Some(_)) => return Err(ChainError::NoModules),
        _ => return Err(ChainError::OneKey),
    };
    Ok(opened.map_err(OpenError::from)?)
}
