//! Names of files in a dossier: such that every system can write them, where they belong and
//! nowhere else, and that no two fall together.

use crate::document::field::is_plain;
use crate::limits;

/// Why a name is not allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Too long as a whole, or in one of its parts.
    #[error("it is too long")]
    Long,
    /// An empty part: a leading, doubled or last slash.
    #[error("a part of it is empty")]
    Empty,
    /// A part that starts with a full stop: hidden, or the way up.
    #[error("a part of it starts with a full stop")]
    Dot,
    /// A character that some system takes for something else than a letter, or that is not seen.
    #[error("it has a character that not every system can write, or that is not seen")]
    Letter,
    /// An end that some systems drop.
    #[error("a part of it ends in a full stop or a blank")]
    Ending,
}

/// Bytes of one part: what file systems take.
const PART_BYTES: usize = 255;

/// Checks the name of a file in a dossier; parts are separated by slashes.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.len() > limits::DOSSIER_NAME_BYTES {
        return Err(NameError::Long);
    }
    for part in name.split('/') {
        if part.is_empty() {
            return Err(NameError::Empty);
        }
        if part.len() > PART_BYTES {
            return Err(NameError::Long);
        }
        if part.starts_with('.') {
            return Err(NameError::Dot);
        }
        if part.ends_with(['.', ' ']) {
            return Err(NameError::Ending);
        }
        if !is_plain(part) || part.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) {
            return Err(NameError::Letter);
        }
    }
    Ok(())
}
