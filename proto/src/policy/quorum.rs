//! Applying a policy to a checkpoint: is it signed by a listed log and witnessed by the quorum?
//!
//! A bad signature in the name of a listed log of the checkpoint's origin or of any listed witness
//! refuses the checkpoint, even where the quorum would do without it.

use alloc::collections::BTreeMap;

use thiserror::Error;

use super::Policy;
use crate::checkpoint::SignedCheckpoint;
use crate::cosignature::{self, CosignatureError, subtree_v1};
use crate::note::{KeyType, VerifierKey, VerifyError};

/// Why a checkpoint does not satisfy a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// No listed log has the checkpoint's origin as its key name.
    #[error("The policy does not list the log of this checkpoint.")]
    UnknownLog,
    /// No key listed for the log signed the checkpoint.
    #[error("The checkpoint is not signed by its log.")]
    NotSigned,
    /// A signature in the name of the log does not verify.
    #[error("A signature in the name of the log does not verify.")]
    BadLogSignature,
    /// A cosignature in the name of a listed witness does not verify.
    #[error("{0}")]
    BadCosignature(CosignatureError),
    /// Not enough witnesses cosigned.
    #[error("Not enough of the listed witnesses have cosigned the checkpoint.")]
    InsufficientQuorum,
}

/// Checks that a checkpoint satisfies a policy.
pub fn verify(policy: &Policy, signed: &SignedCheckpoint) -> Result<(), PolicyRefusal> {
    check_log(policy, signed)?;
    let mut witnessed = BTreeMap::new();
    for witness in policy.witnesses() {
        let time = cosignature::verify(&witness.key, signed);
        let time = time.map_err(PolicyRefusal::BadCosignature)?;
        witnessed.insert(witness.name.as_bytes(), time.is_some());
    }
    // Groups refer only to what is defined before them, so one pass in order is enough.
    for group in policy.groups() {
        let is_witnessed = |name: &&super::Word| witnessed.get(name.as_bytes()) == Some(&true);
        let count = group.members.iter().filter(is_witnessed).count();
        witnessed.insert(group.name.as_bytes(), count >= group.threshold);
    }
    match policy.quorum() {
        Some(name) if witnessed.get(name.as_bytes()) != Some(&true) => {
            Err(PolicyRefusal::InsufficientQuorum)
        }
        _ => Ok(()),
    }
}

fn check_log(policy: &Policy, signed: &SignedCheckpoint) -> Result<(), PolicyRefusal> {
    let origin = signed.checkpoint().origin();
    let mut logs = policy.logs().iter().filter(|log| log.key.name() == origin).peekable();
    if logs.peek().is_none() {
        return Err(PolicyRefusal::UnknownLog);
    }
    let mut has_signed = false;
    for log in logs {
        has_signed |= signed_by(&log.key, signed)?;
    }
    if has_signed { Ok(()) } else { Err(PolicyRefusal::NotSigned) }
}

fn signed_by(key: &VerifierKey, signed: &SignedCheckpoint) -> Result<bool, PolicyRefusal> {
    if key.kind() == KeyType::Ed25519 {
        return match signed.note().verify(&[key]) {
            Ok(_) => Ok(true),
            Err(VerifyError::NoKnownKey) => Ok(false),
            Err(_) => Err(PolicyRefusal::BadLogSignature),
        };
    }
    // A log's own ML-DSA-44 signature may say nothing about the time.
    let statement = subtree_v1::Statement::of(signed.checkpoint());
    let mut found = false;
    for line in signed.note().signatures_naming(key) {
        let time = subtree_v1::verify(key, &statement, line);
        time.map_err(|_| PolicyRefusal::BadLogSignature)?;
        found = true;
    }
    Ok(found)
}
