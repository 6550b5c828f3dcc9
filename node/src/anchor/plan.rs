//! From the config file to the clocks that the node asks.

use std::path::Path;

use proto::federation::Federation;

use super::keeper::Planned;
use crate::config::AnchorConfig;

/// Why a clock cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {}

/// The clocks that the section `[anchor]` names. Paths in it are relative to `folder`.
pub fn clocks(
    _config: &AnchorConfig,
    _folder: &Path,
    _federation: &Federation,
) -> Result<Vec<Planned>, PlanError> {
    Ok(Vec::new())
}
