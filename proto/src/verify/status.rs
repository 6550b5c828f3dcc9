//! Step 5 of a verdict: whether the document stands, now or at a moment that is asked about.
//!
//! The newest thing that is known of the moment counts. Of a moment in the past, what was seen
//! before it counts for as long as the federation allows, unless something seen later says
//! otherwise: then only a history can tell on which side of the moment the change lies.

use super::Question;
use super::known::Known;
use super::reason::Reason;
use super::steps::check_published;
use super::verdict::{Facts, LineState, StatusFacts};
use crate::federation::PublishedCheckpoint;
use crate::hash::{LeafIndex, Timestamp, leaf_hash};
use crate::ledger::status::StatusError;
use crate::ledger::{Entry, StatusState};
use crate::limits;
use crate::merkle::inclusion;
use crate::receipt::{Receipt, StatusProof};

/// A state, and when it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    state: StatusState,
    as_of: Timestamp,
}

/// The snapshot closes a checkpoint that counts, the list is the snapshot's, and the document
/// stands in it, not too long ago.
pub(super) fn check(
    known: &mut Known,
    receipt: &Receipt,
    question: &Question<'_>,
    published: &PublishedCheckpoint,
    facts: &mut Facts,
) -> Reason {
    let own = match &receipt.status {
        None => Err(Reason::StatusMissing),
        Some(status) => match prove(known, receipt, status, question, published) {
            // A false proof is a changed receipt, whatever else is known.
            Err(reason) if reason.state() == LineState::Bad => return reason,
            proven => proven.map(|state| Seen { state, as_of: status.time }),
        },
    };
    let federation = question.federation;
    let allowed_age_s = federation.current().status_age_s;
    let index = receipt.status_index();
    let chosen = match question.at {
        None => own,
        Some(at) => own.and_then(|own| at_moment(&[own], at, question.now, allowed_age_s)),
    };
    let Seen { state, as_of } = match chosen {
        Ok(seen) => seen,
        Err(reason) => return reason,
    };
    facts.status = Some(StatusFacts { state, as_of, index, allowed_age_s });
    let moment = question.moment();
    let latest = moment.0.saturating_add(limits::VERIFIER_CLOCK_TOLERANCE_S);
    match state {
        StatusState::Suspended => Reason::Suspended,
        StatusState::Superseded => Reason::Superseded,
        StatusState::Revoked => Reason::Revoked,
        StatusState::Valid if as_of.0 > latest => Reason::StatusInFuture,
        StatusState::Valid if federation.is_expired(moment) => Reason::FederationExpired,
        StatusState::Valid if moment.0.saturating_sub(as_of.0) > allowed_age_s => {
            Reason::StatusStale
        }
        StatusState::Valid => Reason::StatusValid,
    }
}

/// What of all that was seen tells of a moment in the past.
fn at_moment(
    seen: &[Seen],
    at: Timestamp,
    now: Timestamp,
    allowed_age_s: u64,
) -> Result<Seen, Reason> {
    // Of a moment that has not come nothing is known.
    if at.0 > now.0.saturating_add(limits::VERIFIER_CLOCK_TOLERANCE_S) {
        return Err(Reason::StatusHistoryMissing);
    }
    let before = seen.iter().filter(|seen| seen.as_of <= at).max_by_key(|seen| seen.as_of);
    let before = *before.ok_or(Reason::StatusHistoryMissing)?;
    let fresh = at.0.saturating_sub(before.as_of.0) <= allowed_age_s;
    let others = seen.iter().any(|seen| seen.as_of > at && seen.state != before.state);
    let last_word = matches!(before.state, StatusState::Revoked | StatusState::Superseded);
    let settled = !others && (fresh || last_word);
    if settled { Ok(before) } else { Err(Reason::StatusHistoryMissing) }
}

fn prove(
    known: &mut Known,
    receipt: &Receipt,
    status: &StatusProof,
    question: &Question<'_>,
    published: &PublishedCheckpoint,
) -> Result<StatusState, Reason> {
    let other = match &status.checkpoint {
        None => None,
        Some(signed) if signed.checkpoint().origin() != published.origin() => {
            return Err(Reason::StatusOfAnotherLog);
        }
        Some(signed) => Some(check_published(known, signed, receipt, question)?),
    };
    let tree = other.as_ref().unwrap_or(published);
    // The snapshot must be the last entry of its tree: an older one stays in the tree for ever.
    let last = tree.size().0.checked_sub(1).ok_or(Reason::SnapshotNotClosing)?;
    let snapshot = status.snapshot(receipt.federation);
    let leaf = leaf_hash(&Entry::Snapshot(snapshot).to_bytes());
    inclusion::verify(&leaf, LeafIndex(last), tree.size(), tree.root(), &status.proof)
        .map_err(|_| Reason::SnapshotNotClosing)?;
    let state = status.piece.verify(receipt.status_index(), status.length, &status.root);
    state.map_err(|error| match error {
        StatusError::Outside { .. } => Reason::StatusIndexOutside,
        _ => Reason::StatusProofBad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_by_what_was_seen_before_it_unless_a_later_look_differs() {
        let seen = |state, time| Seen { state, as_of: Timestamp(time) };
        let ask = |all: &[Seen], at| {
            at_moment(all, Timestamp(at), Timestamp(5000), 100).map(|seen| seen.state)
        };
        let missing = Err(Reason::StatusHistoryMissing);
        let (valid, revoked) = (StatusState::Valid, StatusState::Revoked);
        let issued = seen(valid, 1000);
        assert_eq!(ask(&[issued], 1000), Ok(valid));
        assert_eq!(ask(&[issued], 1100), Ok(valid));
        assert_eq!(ask(&[issued], 1101), missing, "too long after it was seen");
        assert_eq!(ask(&[issued], 999), missing, "before it was seen");
        assert_eq!(ask(&[issued], 5301), missing, "not come yet");
        let both = [issued, seen(revoked, 2000)];
        assert_eq!(ask(&both, 1050), missing, "withdrawn some time between");
        assert_eq!(ask(&both, 2000), Ok(revoked));
        assert_eq!(ask(&both, 4900), Ok(revoked), "withdrawn for good");
        assert_eq!(ask(&[issued, seen(valid, 1090)], 1150), Ok(valid));
        let paused = [issued, seen(StatusState::Suspended, 1050)];
        assert_eq!(ask(&paused, 1060), Ok(StatusState::Suspended));
        assert_eq!(ask(&paused, 1151), missing, "it may have been reinstated");
    }
}
