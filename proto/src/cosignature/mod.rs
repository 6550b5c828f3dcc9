//! Cosignatures (tlog-cosignature): what a cosigner says about a checkpoint and when.
//!
//! Two types, in a file each: [`v1`] is Ed25519 (0x04), [`subtree_v1`] is ML-DSA-44 (0x06). Both
//! put a time before the signature:
//!
//! ```text
//! u64 timestamp | signature
//! ```
//!
//! Time and randomness come in as arguments. A zero time means that the cosigner says nothing about
//! when; such a cosignature dates nothing, so it is refused for checkpoints.

pub mod subtree_v1;
pub mod v1;

use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{Reader, Writer};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::hash::Timestamp;
use crate::limits;
use crate::note::{KeyError, KeyType, NoteSignature, SigningKey, VerifierKey};

/// Why a cosignature cannot be made or is not to be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CosignatureError {
    /// The signature has not the length that its type asks for.
    #[error("The cosignature has not the length that its type asks for.")]
    BadLength,
    /// The time is zero where a time is needed.
    #[error("The cosignature says nothing about its time.")]
    ZeroTime,
    /// The time is larger than 2^63 - 1.
    #[error("The time of the cosignature is too large.")]
    TimeTooLarge,
    /// The time is not zero although the subtree does not start at 0.
    #[error("A cosignature of a subtree that does not start at 0 may not have a time.")]
    TimeOfSubtree,
    /// The cosigner's name or the origin is empty or too long to be signed.
    #[error("The name of the cosigner or of the log is empty or longer than 255 bytes.")]
    BadName,
    /// The line bears another name or key id.
    #[error("The cosignature is by another key.")]
    OtherKey,
    /// The signature does not verify.
    #[error("A cosignature in the name of a known cosigner does not verify.")]
    BadSignature,
    /// The key does not make cosignatures of this type.
    #[error("This key does not make cosignatures of this type.")]
    WrongKeyType,
}

impl From<KeyError> for CosignatureError {
    fn from(_: KeyError) -> CosignatureError {
        CosignatureError::WrongKeyType
    }
}

/// Cosigns a checkpoint with a key of type 0x04 or 0x06.
///
/// `randomness` is used by ML-DSA-44 only; 32 zero bytes give its deterministic variant. The caller
/// has checked the checkpoint, made it durable, and signs no earlier time than it signed before.
pub fn sign(
    key: &SigningKey,
    checkpoint: &Checkpoint,
    time: Timestamp,
    randomness: &[u8; 32],
) -> Result<NoteSignature, CosignatureError> {
    match key.verifier_key().kind() {
        KeyType::CosignatureV1 => v1::sign(key, checkpoint, time),
        KeyType::SubtreeV1 => subtree_v1::sign_checkpoint(key, checkpoint, time, randomness),
        KeyType::Ed25519 => Err(CosignatureError::WrongKeyType),
    }
}

/// Checks one cosignature line of a checkpoint and gives its time.
pub fn verify_line(
    key: &VerifierKey,
    checkpoint: &Checkpoint,
    line: &NoteSignature,
) -> Result<Timestamp, CosignatureError> {
    match key.kind() {
        KeyType::CosignatureV1 => v1::verify(key, checkpoint, line),
        KeyType::SubtreeV1 => subtree_v1::verify_checkpoint(key, checkpoint, line),
        KeyType::Ed25519 => Err(CosignatureError::WrongKeyType),
    }
}

/// Checks all lines of a checkpoint that bear the name and id of `key`.
///
/// `None` if there is none; an error if any of them is bad; else the earliest of their times, for
/// each of them proves that the checkpoint existed then.
pub fn verify(
    key: &VerifierKey,
    signed: &SignedCheckpoint,
) -> Result<Option<Timestamp>, CosignatureError> {
    let mut earliest = None;
    for line in signed.note().signatures_naming(key) {
        let time = verify_line(key, signed.checkpoint(), line)?;
        earliest = Some(earliest.map_or(time, |earlier: Timestamp| earlier.min(time)));
    }
    Ok(earliest)
}

fn check_time(time: Timestamp) -> Result<(), CosignatureError> {
    match time.0 {
        0 => Err(CosignatureError::ZeroTime),
        1..=limits::TIMESTAMP => Ok(()),
        _ => Err(CosignatureError::TimeTooLarge),
    }
}

/// `timestamped_signature` of tlog-cosignature#format.
fn with_time(time: Timestamp, signature: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u64(time.0).bytes(signature);
    writer.into_bytes()
}

/// Time and signature of a line that bears the name and id of `key`.
fn split_time<'a>(
    key: &VerifierKey,
    line: &'a NoteSignature,
) -> Result<(Timestamp, &'a [u8]), CosignatureError> {
    if !line.names(key) {
        return Err(CosignatureError::OtherKey);
    }
    let mut reader = Reader::new(line.signature());
    let time = reader.u64().map_err(|_| CosignatureError::BadLength)?;
    if time > limits::TIMESTAMP {
        return Err(CosignatureError::TimeTooLarge);
    }
    Ok((Timestamp(time), reader.rest()))
}

#[cfg(test)]
mod tests;
