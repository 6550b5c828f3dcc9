//! Cosignatures of type 0x06: ML-DSA-44 (tlog-cosignature#ml-dsa-44-signed-message).
//!
//! The signed message is
//!
//! ```text
//! "subtree/v1\n\0" | u8 length, cosigner's name | u64 timestamp | u8 length, origin
//! u64 start | u64 end | hash[32]
//! ```
//!
//! A checkpoint is the subtree from 0 to its size. Extension lines of a checkpoint are not covered.

use alloc::vec::Vec;

use super::{CosignatureError, check_time, split_time, with_time};
use crate::bytes::Writer;
use crate::checkpoint::Checkpoint;
use crate::hash::{Hash, Timestamp};
use crate::limits;
use crate::note::key::ML_DSA_SIGNATURE_LEN;
use crate::note::{KeyType, NoteSignature, SigningKey, VerifierKey};

const LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// What is cosigned: the leaves of a log from `start` up to and without `end`, and the hash over
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Statement<'a> {
    /// The origin of the log.
    pub origin: &'a str,
    /// The index of the first leaf.
    pub start: u64,
    /// The index after that of the last leaf.
    pub end: u64,
    /// The hash over them.
    pub hash: &'a Hash,
}

impl<'a> Statement<'a> {
    /// The statement about a whole checkpoint.
    pub fn of(checkpoint: &'a Checkpoint) -> Statement<'a> {
        Statement {
            origin: checkpoint.origin(),
            start: 0,
            end: checkpoint.size().0,
            hash: checkpoint.root(),
        }
    }

    fn message(&self, cosigner: &str, time: Timestamp) -> Result<Vec<u8>, CosignatureError> {
        if time.0 > limits::TIMESTAMP {
            return Err(CosignatureError::TimeTooLarge);
        }
        if self.start != 0 && time.0 != 0 {
            return Err(CosignatureError::TimeOfSubtree);
        }
        if cosigner.is_empty() || self.origin.is_empty() {
            return Err(CosignatureError::BadName);
        }
        let too_long = |_| CosignatureError::BadName;
        let mut writer = Writer::new();
        writer.bytes(LABEL).prefixed8(cosigner.as_bytes()).map_err(too_long)?;
        writer.u64(time.0).prefixed8(self.origin.as_bytes()).map_err(too_long)?;
        writer.u64(self.start).u64(self.end).hash(self.hash);
        Ok(writer.into_bytes())
    }
}

/// Cosigns a subtree. A zero `time` says nothing about when.
pub fn sign(
    key: &SigningKey,
    statement: &Statement<'_>,
    time: Timestamp,
    randomness: &[u8; 32],
) -> Result<NoteSignature, CosignatureError> {
    let message = statement.message(key.verifier_key().name(), time)?;
    let signature = key.sign_ml_dsa(&message, randomness)?;
    Ok(key.line(with_time(time, &signature)))
}

/// Checks a cosignature of a subtree and gives its time, which may be zero.
pub fn verify(
    key: &VerifierKey,
    statement: &Statement<'_>,
    line: &NoteSignature,
) -> Result<Timestamp, CosignatureError> {
    if key.kind() != KeyType::SubtreeV1 {
        return Err(CosignatureError::WrongKeyType);
    }
    let (time, signature) = split_time(key, line)?;
    if signature.len() != ML_DSA_SIGNATURE_LEN {
        return Err(CosignatureError::BadLength);
    }
    let message = statement.message(key.name(), time)?;
    key.verify_ml_dsa(&message, signature).map_err(|_| CosignatureError::BadSignature)?;
    Ok(time)
}

/// Cosigns a checkpoint at `time`.
pub fn sign_checkpoint(
    key: &SigningKey,
    checkpoint: &Checkpoint,
    time: Timestamp,
    randomness: &[u8; 32],
) -> Result<NoteSignature, CosignatureError> {
    check_time(time)?;
    sign(key, &Statement::of(checkpoint), time, randomness)
}

/// Checks a cosignature of a checkpoint and gives its time, which is not zero.
pub fn verify_checkpoint(
    key: &VerifierKey,
    checkpoint: &Checkpoint,
    line: &NoteSignature,
) -> Result<Timestamp, CosignatureError> {
    let time = verify(key, &Statement::of(checkpoint), line)?;
    check_time(time)?;
    Ok(time)
}
