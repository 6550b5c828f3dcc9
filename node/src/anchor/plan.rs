//! From the config file to the clocks that the node asks.

mod bitcoin;

use std::path::Path;
use std::sync::Arc;

use proto::federation::Federation;

use super::keeper::{self, Planned};
use super::tsa;
use crate::config::AnchorConfig;

/// Why a clock cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// An EVM chain.
    #[cfg(feature = "evm")]
    #[error("chain {chain}: {error}")]
    Evm {
        /// Its name.
        chain: String,
        /// What is wrong.
        error: super::evm::ChainError,
    },
    /// EVM chains were left out of this program.
    #[cfg(not(feature = "evm"))]
    #[error("this beleg-node was built without EVM chains\nbuild it with the feature evm")]
    NoEvm,
    /// A time-stamping authority.
    #[error("tsa {name}: {source}")]
    Tsa {
        /// Its short name.
        name: String,
        /// What is wrong.
        source: tsa::SetupError,
    },
    /// Calendars or the own Bitcoin node.
    #[error(transparent)]
    Bitcoin(#[from] bitcoin::SetupError),
    /// The folder of anchors cannot be made.
    #[error(transparent)]
    Folder(#[from] crate::lines::FileError),
}

/// Their names. Nothing is opened: a node may be at work with them.
pub fn names(config: &AnchorConfig) -> Vec<String> {
    let chains = config.evm.iter().map(|chain| format!("evm-{}", chain.chain));
    let authorities = config.tsa.iter().map(|tsa| format!("tsa-{}", tsa.name));
    bitcoin::names(config).into_iter().chain(chains).chain(authorities).collect()
}

/// The clocks that the section `[anchor]` names. Paths in it are relative to `folder`; what clocks
/// keep for themselves lies in the folder of anchors under `data`.
pub fn clocks(
    config: &AnchorConfig,
    folder: &Path,
    data: &Path,
    federation: &Federation,
) -> Result<Vec<Planned>, PlanError> {
    let own = data.join(keeper::FOLDER);
    std::fs::create_dir_all(&own).map_err(|e| crate::lines::io_error(&own, "create folder", e))?;
    let mut planned = bitcoin::clocks(config, folder, &own, federation)?;
    #[cfg(feature = "evm")]
    for chain in &config.evm {
        let clock = super::evm::planned(chain, folder, &own, federation);
        let chain = chain.chain.clone();
        planned.push(clock.map_err(|error| PlanError::Evm { chain, error })?);
    }
    #[cfg(not(feature = "evm"))]
    if !config.evm.is_empty() {
        return Err(PlanError::NoEvm);
    }
    for tsa in &config.tsa {
        let outside = tsa::Authority::new(tsa, folder, federation)
            .map_err(|source| PlanError::Tsa { name: tsa.name.clone(), source })?;
        planned.push(Planned { outside: Arc::new(outside), every: tsa.every() });
    }
    Ok(planned)
}
