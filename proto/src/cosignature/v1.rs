//! Cosignatures of type 0x04: Ed25519 (tlog-cosignature#ed25519-signed-message).
//!
//! The signed message is
//!
//! ```text
//! cosignature/v1
//! time <timestamp>
//! <the whole text of the checkpoint>
//! ```
//!
//! It does not name the cosigner, so one key must never serve two cosigners.

use alloc::{format, string::String};

use super::{CosignatureError, check_time, split_time, with_time};
use crate::checkpoint::Checkpoint;
use crate::hash::Timestamp;
use crate::note::ed25519::SIGNATURE_LEN;
use crate::note::{KeyType, NoteSignature, SigningKey, VerifierKey};

fn message(checkpoint: &Checkpoint, time: Timestamp) -> String {
    format!("cosignature/v1\ntime {time}\n{}", checkpoint.to_text())
}

/// Cosigns a checkpoint at `time`.
pub fn sign(
    key: &SigningKey,
    checkpoint: &Checkpoint,
    time: Timestamp,
) -> Result<NoteSignature, CosignatureError> {
    check_time(time)?;
    if key.verifier_key().kind() != KeyType::CosignatureV1 {
        return Err(CosignatureError::WrongKeyType);
    }
    let signature = key.sign_ed25519(message(checkpoint, time).as_bytes())?;
    Ok(key.line(with_time(time, &signature)))
}

/// Checks a cosignature and gives its time.
pub fn verify(
    key: &VerifierKey,
    checkpoint: &Checkpoint,
    line: &NoteSignature,
) -> Result<Timestamp, CosignatureError> {
    if key.kind() != KeyType::CosignatureV1 {
        return Err(CosignatureError::WrongKeyType);
    }
    let (time, signature) = split_time(key, line)?;
    if signature.len() != SIGNATURE_LEN {
        return Err(CosignatureError::BadLength);
    }
    check_time(time)?;
    key.verify_ed25519(message(checkpoint, time).as_bytes(), signature)
        .map_err(|_| CosignatureError::BadSignature)?;
    Ok(time)
}
