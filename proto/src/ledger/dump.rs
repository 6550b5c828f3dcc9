//! The state as bytes, for the index of a node: a way to start without replaying the whole log.
//!
//! ```text
//! u8 version 2, u64 size, u64 last time, u8 closing, u64 issuer entries, u64 status length,
//! u64 count of (u64 piece index, piece[256]), u64 count of (u64 status index, pointer[40]),
//! u8 0 | u8 1 (u64 first, u64 issuer) for the newest run,
//! u32 count of issuers (u64 id, u64 entry, u8 retired, u64 sequence, u64 administration's
//! sequence, u8 + name, key[32], u16 count of u8 + type), u32 count of former keys (key[32], u64
//! id), u32 count of former names (u8 + name, u64 id), SHA-256 of all before
//! ```
//!
//! The files of the log are the truth; a dump that does not load costs a replay. The checksum finds
//! damage, not malice: whoever can write the index can write what he wants.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::hash::{LeafIndex, StatusIndex, sha256};
use crate::limits;

use super::lookup::Run;
use super::state::{IssuerState, State};
use super::status::StatusTree;
use super::successor::Pointer;

const VERSION: u8 = 2;

/// Why a dump does not load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The checksum is wrong.
    #[error("The saved ledger state is damaged; it is rebuilt from the log's files.")]
    Damaged,
    /// Another version of this program wrote it.
    #[error("The saved ledger state has version {found}; it is rebuilt from the log's files.")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// The parts do not fit together.
    #[error("The saved ledger state is inconsistent; it is rebuilt from the log's files.")]
    Inconsistent,
}

impl From<BytesError> for DumpError {
    fn from(_: BytesError) -> DumpError {
        DumpError::Damaged
    }
}

impl State {
    /// The state as bytes. What is not committed is written as if it were.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION).u64(self.size).u64(self.last_time).u8(u8::from(self.closing));
        writer.u64(self.issuer_entries).u64(self.status.length());
        writer.u64(u64::try_from(self.status.changed().len()).unwrap_or(u64::MAX));
        for (at, piece) in self.status.changed() {
            writer.u64(*at).bytes(piece);
        }
        writer.u64(u64::try_from(self.status.successors().len()).unwrap_or(u64::MAX));
        for (index, pointer) in self.status.successors() {
            writer.u64(index.0).bytes(&pointer.0);
        }
        match self.last_run {
            None => writer.u8(0),
            Some(run) => writer.u8(1).u64(run.first.0).u64(run.issuer.0),
        };
        write_count(&mut writer, self.issuers.len());
        for issuer in self.issuers.values() {
            writer.u64(issuer.id.0).u64(issuer.entry.0).u8(u8::from(issuer.retired));
            writer.u64(issuer.sequence).u64(issuer.admin_sequence);
            write_text(&mut writer, &issuer.name);
            writer.bytes(&issuer.key);
            writer.u16(u16::try_from(issuer.scope.len()).unwrap_or(u16::MAX));
            issuer.scope.iter().for_each(|scope| write_text(&mut writer, scope));
        }
        let issuer = |id: &LeafIndex| self.issuers.get(id);
        let former_keys: Vec<_> = (self.keys.iter())
            .filter(|(key, id)| issuer(id).is_none_or(|issuer| issuer.key != **key))
            .collect();
        write_count(&mut writer, former_keys.len());
        for (key, id) in former_keys {
            writer.bytes(key).u64(id.0);
        }
        let former_names: Vec<_> = (self.names.iter())
            .filter(|(name, id)| issuer(id).is_none_or(|issuer| issuer.name != **name))
            .collect();
        write_count(&mut writer, former_names.len());
        for (name, id) in former_names {
            write_text(&mut writer, name);
            writer.u64(id.0);
        }
        let checksum = sha256(writer.as_bytes());
        writer.hash(&checksum);
        writer.into_bytes()
    }

    /// Reads what [`State::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<State, DumpError> {
        let (body, checksum) = bytes.split_last_chunk::<32>().ok_or(DumpError::Damaged)?;
        if sha256(body).0 != *checksum {
            return Err(DumpError::Damaged);
        }
        let mut reader = Reader::new(body);
        match reader.u8()? {
            VERSION => {}
            found => return Err(DumpError::UnknownVersion { found }),
        }
        let mut state = State {
            size: reader.u64()?,
            last_time: reader.u64()?,
            closing: reader.u8()? == 1,
            issuer_entries: reader.u64()?,
            ..State::new()
        };
        state.status = read_status(&mut reader)?;
        state.last_run = match reader.u8()? {
            0 => None,
            _ => {
                let first = StatusIndex(reader.u64()?);
                Some(Run { first, issuer: LeafIndex(reader.u64()?) })
            }
        };
        for _ in 0..read_count(&mut reader, limits::ISSUERS)? {
            state.load_issuer(read_issuer(&mut reader)?)?;
        }
        for _ in 0..read_count(&mut reader, limits::ISSUER_ENTRIES)? {
            let (key, id) = (reader.array()?, LeafIndex(reader.u64()?));
            let new = state.keys.insert(key, id).is_none();
            state.check_new(new, id)?;
        }
        for _ in 0..read_count(&mut reader, limits::ISSUER_ENTRIES)? {
            let (name, id) = (read_text(&mut reader)?, LeafIndex(reader.u64()?));
            let new = state.names.insert(name, id).is_none();
            state.check_new(new, id)?;
        }
        reader.finish()?;
        if state.size > limits::JSON_INTEGER || state.issuer_entries > state.size {
            return Err(DumpError::Inconsistent);
        }
        Ok(state)
    }

    fn load_issuer(&mut self, issuer: IssuerState) -> Result<(), DumpError> {
        let id = issuer.id;
        let new = self.in_force.insert(issuer.entry, id).is_none()
            && self.keys.insert(issuer.key, id).is_none()
            && self.names.insert(issuer.name.clone(), id).is_none();
        let in_order = id <= issuer.entry && issuer.entry.0 < self.size;
        let unknown = self.issuers.insert(id, issuer).is_none();
        if in_order && unknown { self.check_new(new, id) } else { Err(DumpError::Inconsistent) }
    }

    fn check_new(&self, new: bool, id: LeafIndex) -> Result<(), DumpError> {
        if new && self.issuers.contains_key(&id) { Ok(()) } else { Err(DumpError::Inconsistent) }
    }
}

fn read_status(reader: &mut Reader<'_>) -> Result<StatusTree, DumpError> {
    let length = reader.u64()?;
    let mut changed = BTreeMap::new();
    // The count allocates nothing: each piece must be there.
    for _ in 0..reader.u64()? {
        changed.insert(reader.u64()?, reader.array()?);
    }
    let mut successors = BTreeMap::new();
    for _ in 0..reader.u64()? {
        successors.insert(StatusIndex(reader.u64()?), Pointer(reader.array()?));
    }
    let tree = StatusTree::from_pieces(length, changed).ok_or(DumpError::Inconsistent)?;
    Ok(tree.with_successors(successors))
}

fn read_issuer(reader: &mut Reader<'_>) -> Result<IssuerState, DumpError> {
    let (id, entry) = (LeafIndex(reader.u64()?), LeafIndex(reader.u64()?));
    let retired = reader.u8()? == 1;
    let (sequence, admin_sequence) = (reader.u64()?, reader.u64()?);
    let (name, key) = (read_text(reader)?, reader.array()?);
    let mut scope = Vec::new();
    for _ in 0..reader.u16()? {
        scope.push(read_text(reader)?);
    }
    Ok(IssuerState { id, entry, name, key, scope, retired, sequence, admin_sequence })
}

fn read_count(reader: &mut Reader<'_>, limit: usize) -> Result<u32, DumpError> {
    let count = reader.u32()?;
    let good = usize::try_from(count).is_ok_and(|count| count <= limit);
    if good { Ok(count) } else { Err(DumpError::Inconsistent) }
}

fn write_count(writer: &mut Writer, count: usize) {
    writer.u32(u32::try_from(count).unwrap_or(u32::MAX));
}

fn read_text(reader: &mut Reader<'_>) -> Result<String, DumpError> {
    let text = core::str::from_utf8(reader.prefixed8()?).map_err(|_| DumpError::Damaged)?;
    Ok(text.to_string())
}

/// Names and types are at most 200 bytes long.
fn write_text(writer: &mut Writer, text: &str) {
    writer.u8(u8::try_from(text.len()).unwrap_or(u8::MAX)).bytes(text.as_bytes());
}
