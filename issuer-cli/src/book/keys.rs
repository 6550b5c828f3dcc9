//! The keys of the journal's sealed parts: one slot of 32 bytes for each, and what sealing is.
//!
//! A key seals one part and no other, so the nonce can be zero (RFC 8439, section 2.8 asks for a
//! nonce that differs for each use of a key). The number of the slot and the status index are
//! authenticated with it, so a part cannot be moved to another line.

use super::line::Sealed;
use crate::durable;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a slot.
const SLOT: u64 = 32;
/// What an erased slot holds.
const ERASED: [u8; 32] = [0; 32];
const LABEL: &[u8] = b"beleg-issuer/journal-part/v1\0";

/// The file with the keys.
#[derive(Debug)]
pub struct Keys(File);

impl Keys {
    /// Opens the file, made if it is not there.
    pub fn open(path: &Path) -> io::Result<Keys> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(durable::PRIVATE);
        Ok(Keys(options.open(path)?))
    }

    /// How many whole slots there are.
    pub fn count(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len() / SLOT)
    }

    /// Cuts off the keys that no line needs.
    pub fn cut(&mut self, slots: u64) -> io::Result<()> {
        if self.0.metadata()?.len() == slots * SLOT {
            return Ok(());
        }
        self.0.set_len(slots * SLOT)?;
        self.0.sync_all()
    }

    /// Writes new keys from a slot on; durable on return.
    pub fn put(&mut self, first: u64, keys: &[[u8; 32]]) -> io::Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.0.write_all_at(&Zeroizing::new(keys.concat()), first * SLOT)?;
        self.0.sync_all()
    }

    /// Overwrites keys in their place; durable on return.
    pub fn destroy(&mut self, slots: &[u64]) -> io::Result<()> {
        for slot in slots {
            self.0.write_all_at(&ERASED, slot * SLOT)?;
        }
        self.0.sync_all()
    }
}

/// All keys, for reading.
#[derive(Debug)]
pub struct Ring(Zeroizing<Vec<u8>>);

/// What became of a sealed part.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Open(Vec<u8>),
    Erased,
    /// The key is not there, or does not fit.
    Damaged,
}

impl Ring {
    /// Reads all keys.
    pub fn read(path: &Path) -> io::Result<Ring> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Ring(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Ring(Zeroizing::new(Vec::new())))
            }
            Err(error) => Err(error),
        }
    }

    /// Opens a sealed part of the line about this status index.
    pub fn open(&self, sealed: &Sealed, status: u64) -> Part {
        let first = usize::try_from(sealed.slot * SLOT).unwrap_or(usize::MAX);
        let slot = self.0.get(first..first.saturating_add(32));
        let Some(key) = slot.and_then(|slot| <&[u8; 32]>::try_from(slot).ok()) else {
            return Part::Damaged;
        };
        if *key == ERASED {
            return Part::Erased;
        }
        let aad = aad(sealed.slot, status);
        let payload = Payload { msg: &sealed.part, aad: &aad };
        let cipher = ChaCha20Poly1305::new(key.into());
        cipher.decrypt(&Nonce::default(), payload).map_or(Part::Damaged, Part::Open)
    }
}

/// Seals a part for a slot.
pub fn seal(key: &[u8; 32], slot: u64, status: u64, part: &[u8]) -> Option<Sealed> {
    let aad = aad(slot, status);
    let cipher = ChaCha20Poly1305::new(key.into());
    let part = cipher.encrypt(&Nonce::default(), Payload { msg: part, aad: &aad }).ok()?;
    Some(Sealed { slot, part })
}

fn aad(slot: u64, status: u64) -> Vec<u8> {
    [LABEL, &slot.to_be_bytes(), &status.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_opens_in_its_place_until_its_key_is_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let mut keys = Keys::open(&path).unwrap();
        keys.put(0, &[[1; 32], [2; 32]]).unwrap();
        let first = seal(&[1; 32], 0, 7, b"first").unwrap();
        let second = seal(&[2; 32], 1, 8, b"second").unwrap();
        let ring = Ring::read(&path).unwrap();
        assert_eq!(ring.open(&first, 7), Part::Open(b"first".to_vec()));
        assert_eq!(ring.open(&second, 8), Part::Open(b"second".to_vec()));
        assert_eq!(ring.open(&second, 7), Part::Damaged);
        assert_eq!(ring.open(&Sealed { slot: 0, ..second.clone() }, 8), Part::Damaged);
        assert_eq!(ring.open(&Sealed { slot: 2, ..second.clone() }, 8), Part::Damaged);
        keys.destroy(&[0]).unwrap();
        let ring = Ring::read(&path).unwrap();
        assert_eq!(ring.open(&first, 7), Part::Erased);
        assert_eq!(ring.open(&second, 8), Part::Open(b"second".to_vec()));
        assert!(!std::fs::read(&path).unwrap().contains(&1));
    }
}
