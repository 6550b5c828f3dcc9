//! This operator's cosigner: two keys, and the rule that its clock never goes back.
//!
//! Who calls it has checked the checkpoint and made durable what the cosignature commits to. Every
//! cosignature is written to a checkpoint file before it leaves the process, and on a start the
//! times in those files are shown to [`Cosigner::saw`], so the rule outlives a restart.

use std::sync::{Arc, Mutex, PoisonError};

use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature::{self, CosignatureError};
use proto::hash::Timestamp;
use proto::note::{NoteSignature, SigningKey};

use crate::clock::Clock;

/// Why nothing was signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CosignError {
    /// The clock stands behind the last signature.
    #[error(
        "the clock of this computer ({now}) stands behind its cosigner's last signature ({last}); \
         set the clock"
    )]
    ClockBehind {
        /// What the clock says.
        now: Timestamp,
        /// When it signed last.
        last: Timestamp,
    },
    /// The checkpoint cannot be cosigned.
    #[error(transparent)]
    Signature(#[from] CosignatureError),
}

/// The cosigner of one operator.
pub struct Cosigner {
    operator: String,
    ed25519: SigningKey,
    mldsa: SigningKey,
    clock: Arc<dyn Clock>,
    last: Mutex<Timestamp>,
}

impl Cosigner {
    /// The cosigner of `operator`. The caller has compared the keys with the federation file.
    pub fn new(
        operator: &str,
        ed25519: SigningKey,
        mldsa: SigningKey,
        clock: Arc<dyn Clock>,
    ) -> Cosigner {
        let last = Mutex::new(Timestamp(0));
        Cosigner { operator: operator.to_owned(), ed25519, mldsa, clock, last }
    }

    /// The operator, as the federation file names it.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// Takes note of the times in a checkpoint file that this cosigner may have signed.
    pub fn saw(&self, signed: &SignedCheckpoint) {
        for key in [&self.ed25519, &self.mldsa] {
            if let Ok(Some(time)) = cosignature::verify(key.verifier_key(), signed) {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = time.max(*last);
            }
        }
    }

    /// The lines of this cosigner in a checkpoint file, if both are there and good.
    pub fn lines(&self, signed: &SignedCheckpoint) -> Option<Vec<NoteSignature>> {
        let mut lines = Vec::new();
        for key in [&self.ed25519, &self.mldsa] {
            let key = key.verifier_key();
            cosignature::verify(key, signed).ok()??;
            lines.extend(signed.note().signatures_naming(key).next().cloned());
        }
        Some(lines)
    }

    /// Signs with both keys, with the time of the clock. About half a millisecond of work.
    pub fn cosign(&self, checkpoint: &Checkpoint) -> Result<Vec<NoteSignature>, CosignError> {
        let now = self.clock.now();
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if now < *last {
                metrics::counter!("beleg_clock_behind_total").increment(1);
                return Err(CosignError::ClockBehind { now, last: *last });
            }
            *last = now;
        }
        let mut randomness = [0u8; 32];
        if getrandom::fill(&mut randomness).is_err() {
            // Zeroes give the deterministic variant of ML-DSA, which is as sound.
            randomness = [0; 32];
        }
        let classical = cosignature::sign(&self.ed25519, checkpoint, now, &randomness)?;
        let lattice = cosignature::sign(&self.mldsa, checkpoint, now, &randomness)?;
        Ok(vec![classical, lattice])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use proto::hash::{Hash, TreeSize};
    use proto::note::KeyType;

    fn cosigner(clock: &Arc<ManualClock>) -> Cosigner {
        let key =
            |kind, seed| SigningKey::from_seed("cosigner.example", kind, &[seed; 32]).unwrap();
        let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
        let (ed25519, mldsa) = (key(KeyType::CosignatureV1, 1), key(KeyType::SubtreeV1, 2));
        Cosigner::new("north", ed25519, mldsa, clock)
    }

    fn signed() -> SignedCheckpoint {
        let key = SigningKey::from_seed("log.example/a", KeyType::Ed25519, &[9; 32]).unwrap();
        let checkpoint = Checkpoint::new("log.example/a", TreeSize(5), Hash([1; 32])).unwrap();
        SignedCheckpoint::sign(checkpoint, &key).unwrap()
    }

    #[test]
    fn both_lines_verify_and_are_found_again() {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000)));
        let cosigner = cosigner(&clock);
        let signed = signed();
        let lines = cosigner.cosign(signed.checkpoint()).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(cosigner.lines(&signed), None);
        let whole = signed.with_added(&lines).unwrap();
        assert_eq!(cosigner.lines(&whole), Some(lines));
    }

    #[test]
    fn a_clock_behind_the_last_signature_signs_nothing_even_after_a_restart() {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000)));
        let first = cosigner(&clock);
        let lines = first.cosign(signed().checkpoint()).unwrap();
        let file = signed().with_added(&lines).unwrap();
        clock.set(Timestamp(999));
        let behind = CosignError::ClockBehind { now: Timestamp(999), last: Timestamp(1_000) };
        assert_eq!(first.cosign(signed().checkpoint()), Err(behind));
        let restarted = cosigner(&clock);
        restarted.saw(&file);
        assert_eq!(restarted.cosign(signed().checkpoint()), Err(behind));
        clock.set(Timestamp(1_000));
        assert!(restarted.cosign(signed().checkpoint()).is_ok());
    }
}
