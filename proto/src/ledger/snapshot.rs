//! The snapshot: the status list of everything in the log, at a time. Every published checkpoint
//! ends in one, so one look tells the state of all that the checkpoint holds.
//!
//! ```text
//! u8 version 1, u8 kind 4, federation id[32], u64 time, u64 status length, status root[32]
//! ```
//!
//! It is not signed: the log signs it with the checkpoint. The federation id binds every published
//! tree to its federation.

use alloc::vec::Vec;

use crate::bytes::{Reader, Writer};
use crate::hash::{Hash, Timestamp};

use super::entry::{self, EntryError};
use super::place::FederationId;

/// A snapshot entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// The federation of the log.
    pub federation: FederationId,
    /// When the log made it.
    pub time: Timestamp,
    /// Count of status indexes in use.
    pub status_length: u64,
    /// Root of the status list.
    pub status_root: Hash,
}

impl Snapshot {
    /// The bytes of the entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(entry::VERSION).u8(entry::SNAPSHOT).bytes(&self.federation.0);
        writer.u64(self.time.0).u64(self.status_length).hash(&self.status_root);
        writer.into_bytes()
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Snapshot, EntryError> {
        Ok(Snapshot {
            federation: FederationId(reader.array()?),
            time: Timestamp(entry::read_number(reader)?),
            status_length: entry::read_number(reader)?,
            status_root: reader.hash()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Entry;

    #[test]
    fn one_spelling() {
        let snapshot = Snapshot {
            federation: FederationId([1; 32]),
            time: Timestamp(1_777_816_859),
            status_length: 48,
            status_root: Hash([2; 32]),
        };
        let bytes = snapshot.to_bytes();
        assert_eq!(bytes.len(), 82);
        assert_eq!(Entry::parse(&bytes), Ok(Entry::Snapshot(snapshot)));
        assert!(Entry::parse(&bytes[..81]).is_err());
        assert!(Entry::parse(&[&bytes[..], &[0]].concat()).is_err());
        let late = Snapshot { time: Timestamp(u64::MAX), ..snapshot };
        assert_eq!(Entry::parse(&late.to_bytes()), Err(EntryError::NumberTooLarge));
    }
}
