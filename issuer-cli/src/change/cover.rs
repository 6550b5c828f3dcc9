//! From documents to statements: [`proto::ledger::cover`] with this machine's randomness.

use crate::chance;
use proto::ledger::{EntryError, Pointer};
use std::io;

/// Why no entries can be made of a set of documents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CoverError {
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error("The system gives no randomness: {0}.")]
    Chance(#[from] io::Error),
}

/// A pointer that leads nowhere.
pub fn noise() -> Result<Pointer, CoverError> {
    let mut bytes = [0; 40];
    let (a, b) = (chance::secret()?, chance::secret()?);
    bytes[..32].copy_from_slice(&a);
    bytes[32..].copy_from_slice(&b[..8]);
    Ok(Pointer(bytes))
}
