//! Entry bundles (tlog-tiles#log-entries): entries one after the other, each behind its 16-bit
//! length.
//!
//! ```text
//! u16 length | entry | u16 length | entry | ...
//! ```

use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::limits;

/// Why bytes are no bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bytes end too early or go on too long.
    #[error("The entry bundle is cut off or too long.")]
    Bytes(#[from] BytesError),
    /// There are more entries than a bundle holds.
    #[error("The entry bundle has {got} entries and at most 256 are allowed.")]
    TooManyEntries {
        /// Entries found.
        got: usize,
    },
    /// An entry is longer than its length can say.
    #[error("An entry has {got} bytes and at most 65535 are allowed.")]
    EntryTooLong {
        /// Bytes of the entry.
        got: usize,
    },
}

/// The `width` entries of a bundle; nothing may follow them.
pub fn parse(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    if width > limits::TILE_WIDTH {
        return Err(BundleError::TooManyEntries { got: usize::from(width) });
    }
    let mut reader = Reader::new(bytes);
    let entries = (0..width).map(|_| reader.prefixed16()).collect::<Result<Vec<_>, _>>()?;
    reader.finish()?;
    Ok(entries)
}

/// The bundle of these entries.
pub fn to_bytes<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BundleError> {
    if entries.len() > usize::from(limits::TILE_WIDTH) {
        return Err(BundleError::TooManyEntries { got: entries.len() });
    }
    let mut writer = Writer::new();
    for entry in entries {
        let entry = entry.as_ref();
        let too_long = |_| BundleError::EntryTooLong { got: entry.len() };
        writer.prefixed16(entry).map_err(too_long)?;
    }
    Ok(writer.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn bundles_are_read_back() {
        let entries = [&b"one"[..], b"", b"three"];
        let bytes = to_bytes(&entries).unwrap();
        assert_eq!(bytes, b"\0\x03one\0\0\0\x05three");
        assert_eq!(parse(&bytes, 3).unwrap(), entries);
        assert_eq!(parse(&bytes, 2), Err(BytesError::Trailing { extra: 7 }.into()));
        assert_eq!(parse(&bytes, 4), Err(BytesError::Truncated { want: 2, have: 0 }.into()));
        assert_eq!(parse(b"", 0).unwrap(), Vec::<&[u8]>::new());
    }

    #[test]
    fn bounds() {
        let longest = vec![7u8; limits::ENTRY_BYTES];
        let bytes = to_bytes(&vec![&longest; 256]).unwrap();
        assert_eq!(bytes.len(), limits::BUNDLE_BYTES);
        assert_eq!(parse(&bytes, 256).unwrap().len(), 256);
        assert_eq!(parse(&bytes, 257), Err(BundleError::TooManyEntries { got: 257 }));
        assert_eq!(to_bytes(&vec![""; 257]), Err(BundleError::TooManyEntries { got: 257 }));
        let long = vec![0u8; limits::ENTRY_BYTES + 1];
        assert_eq!(to_bytes(&[long]), Err(BundleError::EntryTooLong { got: 65_536 }));
    }
}
