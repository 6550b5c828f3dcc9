//! What a cosigner decides about an `add-checkpoint` request (tlog-witness#add-checkpoint).
//!
//! The decision is pure. The caller looks up what it has of the log, calls [`decide`], and, if it
//! is accepted, stores the checkpoint and only then cosigns. Lookup, decision and storing must be
//! one step that no other request for the same log can come between.

use thiserror::Error;

use super::AddCheckpoint;
use crate::checkpoint::{UntrustedCheckpoint, VerifiedCheckpoint};
use crate::hash::{EMPTY_ROOT, Hash, TreeSize};
use crate::merkle::{ProofError, consistency};
use crate::note::VerifierKey;

/// What a cosigner knows of a log.
#[derive(Clone, Copy, Debug)]
pub struct KnownLog<'a> {
    /// The origin.
    pub origin: &'a str,
    /// The keys that may sign its checkpoints.
    pub keys: &'a [&'a VerifierKey],
    /// Size and root of the newest checkpoint accepted from it; size 0 and the empty root if none.
    pub latest: (TreeSize, Hash),
}

/// Why a request is refused. [`Refusal::status`] is the HTTP status that the specification asks
/// for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The log is not one of those that this cosigner knows.
    #[error("This log is not known here.")]
    UnknownLog,
    /// The log's signature is missing or bad.
    #[error("{0}")]
    Untrusted(UntrustedCheckpoint),
    /// The old size is larger than the size of the checkpoint.
    #[error("The old size is larger than the size of the checkpoint.")]
    OldBeyondSize,
    /// The old size is not that of the newest checkpoint accepted.
    #[error("The proof must start at size {latest}.")]
    Conflict {
        /// The size to start from.
        latest: TreeSize,
    },
    /// A checkpoint of size 0 has another root than that of the empty tree.
    #[error("A checkpoint of size 0 must have the root of the empty tree.")]
    EmptyRootMismatch,
    /// The proof does not hold: what is signed is not consistent with what was accepted before.
    #[error("The checkpoint is not proven to be consistent with the one before: {0}")]
    Inconsistent(ProofError),
    /// The log signed two roots for one size: a split view. The checkpoint is evidence.
    #[error("The log has signed another root for the same size.")]
    SplitView,
}

impl Refusal {
    /// The HTTP status code that the specification asks for.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::UnknownLog => 404,
            Refusal::Untrusted(_) => 403,
            Refusal::OldBeyondSize => 400,
            Refusal::Conflict { .. } => 409,
            Refusal::EmptyRootMismatch | Refusal::Inconsistent(_) | Refusal::SplitView => 422,
        }
    }
}

/// Decides about a request. `log` is what is known of the log that the checkpoint names; `None` if
/// it is unknown.
///
/// The checkpoint of an accepted request is signed by its log and consistent with the one before.
/// If its size is the same, it is the same tree, perhaps with other signatures.
pub fn decide(
    log: Option<&KnownLog<'_>>,
    request: &AddCheckpoint,
) -> Result<VerifiedCheckpoint, Refusal> {
    let log = log.ok_or(Refusal::UnknownLog)?;
    let verified = request.checkpoint.verify(log.origin, log.keys).map_err(|e| match e {
        UntrustedCheckpoint::OtherOrigin => Refusal::UnknownLog,
        other => Refusal::Untrusted(other),
    })?;
    let (latest, latest_root) = &log.latest;
    let (size, root) = (verified.size(), verified.root());
    if request.old > size {
        return Err(Refusal::OldBeyondSize);
    }
    if request.old != *latest {
        return Err(Refusal::Conflict { latest: *latest });
    }
    if size.0 == 0 && *root != EMPTY_ROOT {
        return Err(Refusal::EmptyRootMismatch);
    }
    if request.old == size && root != latest_root {
        return Err(Refusal::SplitView);
    }
    consistency::verify(*latest, latest_root, size, root, &request.proof)
        .map_err(Refusal::Inconsistent)?;
    Ok(verified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Checkpoint, SignedCheckpoint};
    use crate::merkle::tests::{leaves, mth};
    use crate::note::{KeyType, NoteSignature, SigningKey, VerifyError};
    use alloc::{vec, vec::Vec};

    const ORIGIN: &str = "example.com/log";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(ORIGIN, KeyType::Ed25519, &[seed; 32]).unwrap()
    }

    fn request(old: u64, size: u64, root: Hash, proof: Vec<Hash>) -> AddCheckpoint {
        let checkpoint = Checkpoint::new(ORIGIN, TreeSize(size), root).unwrap();
        let checkpoint = SignedCheckpoint::sign(checkpoint, &key(1)).unwrap();
        AddCheckpoint { old: TreeSize(old), proof, checkpoint }
    }

    fn root(size: u64) -> Hash {
        mth(&leaves(size))
    }

    /// Asks a cosigner whose newest checkpoint is of `latest` leaves.
    fn ask(latest: u64, request: &AddCheckpoint) -> Result<TreeSize, Refusal> {
        let key = key(1);
        let keys = [key.verifier_key()];
        let log =
            KnownLog { origin: ORIGIN, keys: &keys, latest: (TreeSize(latest), root(latest)) };
        decide(Some(&log), request).map(|verified| verified.size())
    }

    #[test]
    fn consistent_checkpoints_are_accepted() {
        assert_eq!(ask(0, &request(0, 0, EMPTY_ROOT, vec![])), Ok(TreeSize(0)));
        assert_eq!(ask(0, &request(0, 3, root(3), vec![])), Ok(TreeSize(3)));
        let all = leaves(4);
        let proof = vec![mth(&all[2..4])];
        assert_eq!(ask(2, &request(2, 4, root(4), proof)), Ok(TreeSize(4)));
        assert_eq!(ask(4, &request(4, 4, root(4), vec![])), Ok(TreeSize(4)));
    }

    #[test]
    fn refusals_have_the_status_of_the_specification() {
        let other = Hash([9; 32]);
        let cases = [
            (2, request(5, 4, root(4), vec![]), 400, Refusal::OldBeyondSize),
            (2, request(3, 4, root(4), vec![]), 409, Refusal::Conflict { latest: TreeSize(2) }),
            (2, request(0, 4, root(4), vec![]), 409, Refusal::Conflict { latest: TreeSize(2) }),
            (0, request(0, 0, other, vec![]), 422, Refusal::EmptyRootMismatch),
            (4, request(4, 4, other, vec![]), 422, Refusal::SplitView),
        ];
        for (latest, request, status, want) in cases {
            let got = ask(latest, &request).unwrap_err();
            assert_eq!((got, got.status()), (want, status));
        }
        for (latest, request) in [
            (2, request(2, 4, root(4), vec![])),
            (2, request(2, 4, root(4), vec![other])),
            (2, request(2, 4, other, vec![mth(&leaves(4)[2..4])])),
            (0, request(0, 4, root(4), vec![other])),
            (4, request(4, 4, root(4), vec![other])),
        ] {
            let got = ask(latest, &request).unwrap_err();
            assert!(matches!(got, Refusal::Inconsistent(_)), "{got:?}");
            assert_eq!(got.status(), 422);
        }
    }

    #[test]
    fn signatures_come_first() {
        let request = request(9, 4, root(4), vec![]);
        assert_eq!(decide(None, &request), Err(Refusal::UnknownLog));
        assert_eq!(Refusal::UnknownLog.status(), 404);
        let stranger = key(2);
        let keys = [stranger.verifier_key()];
        let log = KnownLog { origin: ORIGIN, keys: &keys, latest: (TreeSize(0), EMPTY_ROOT) };
        let refused = decide(Some(&log), &request).unwrap_err();
        let none = UntrustedCheckpoint::Signature(VerifyError::NoKnownKey);
        assert_eq!((refused, refused.status()), (Refusal::Untrusted(none), 403));

        let forged = NoteSignature::by(key(1).verifier_key(), vec![0; 64]);
        let checkpoint = request.checkpoint.with_added(&[forged]).unwrap();
        let refused = ask(0, &AddCheckpoint { checkpoint, ..request }).unwrap_err();
        let bad = UntrustedCheckpoint::Signature(VerifyError::BadSignature { key: 0 });
        assert_eq!((refused, refused.status()), (Refusal::Untrusted(bad), 403));
    }
}
