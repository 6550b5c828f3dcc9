//! Step 5 of a verdict: whether the document stands, now or at a moment that is asked about.
//!
//! The newest thing that is known of the moment counts, be it the receipt's own status proof or a
//! status list at hand. Of a moment in the past that is what was seen before it, for as long as the
//! federation allows; beyond that only a later look can tell, and only of what is final.

use alloc::vec::Vec;

use super::Question;
use super::known::Known;
use super::reason::Reason;
use super::steps::check_published;
use super::verdict::{Facts, LineState, StatusFacts, StatusSource};
use crate::federation::PublishedCheckpoint;
use crate::hash::{Hash, LeafIndex, Timestamp, TreeSize, leaf_hash};
use crate::ledger::status::StatusError;
use crate::ledger::{Entry, StatusState};
use crate::limits;
use crate::merkle::inclusion;
use crate::receipt::{Receipt, StatusProof};
use crate::status_list::VerifiedStatusList;

/// A state, and when and where it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Seen {
    state: StatusState,
    as_of: Timestamp,
    /// Size of the tree that it closes: several can be of one second.
    size: TreeSize,
    source: StatusSource,
}

impl Seen {
    fn order(&self) -> (Timestamp, TreeSize) {
        (self.as_of, self.size)
    }
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
            proven => proven,
        },
    };
    let index = receipt.status_index();
    // A list that is older than the document says nothing of it.
    let in_list = |list: &VerifiedStatusList| {
        let (as_of, size) = (list.time(), list.published().size());
        list.state(index).map(|state| Seen { state, as_of, size, source: StatusSource::List })
    };
    let lists = lists(question, receipt);
    let seen: Vec<Seen> = own.ok().into_iter().chain(lists.filter_map(in_list)).collect();
    let federation = question.federation;
    let allowed_age_s = federation.current().status_age_s;
    let newest = seen.iter().copied().max_by_key(Seen::order);
    let newest = newest.ok_or(own.err().unwrap_or(Reason::StatusMissing));
    let chosen = match question.at {
        None => newest,
        Some(at) => newest.and_then(|_| at_moment(&seen, at, question.now, allowed_age_s)),
    };
    let chosen = match chosen {
        Ok(seen) => seen,
        Err(reason) => return reason,
    };
    let Seen { state, as_of, source, .. } = chosen;
    let successor = match state {
        StatusState::Superseded => successor(question, receipt),
        _ => None,
    };
    facts.status = Some(StatusFacts { state, as_of, source, successor, index, allowed_age_s });
    judge(&chosen, question, allowed_age_s)
}

/// What was seen, judged by its age. What is final stays so.
fn judge(seen: &Seen, question: &Question<'_>, allowed_age_s: u64) -> Reason {
    let moment = question.moment();
    let latest = moment.0.saturating_add(limits::VERIFIER_CLOCK_TOLERANCE_S);
    let stale = moment.0.saturating_sub(seen.as_of.0) > allowed_age_s;
    match seen.state {
        StatusState::Superseded => Reason::Superseded,
        StatusState::Revoked => Reason::Revoked,
        // It may have been reinstated.
        StatusState::Suspended if stale => Reason::StatusStale,
        StatusState::Suspended => Reason::Suspended,
        StatusState::Valid if seen.as_of.0 > latest => Reason::StatusInFuture,
        StatusState::Valid if question.federation.is_expired(moment) => Reason::FederationExpired,
        StatusState::Valid if stale => Reason::StatusStale,
        StatusState::Valid => Reason::StatusValid,
    }
}

/// The lists at hand that are of the receipt's log.
fn lists<'a>(
    question: &Question<'a>,
    receipt: &'a Receipt,
) -> impl Iterator<Item = &'a VerifiedStatusList> {
    let (federation, origin) = (receipt.federation, receipt.checkpoint.checkpoint().origin());
    let of_log = move |list: &&VerifiedStatusList| {
        list.federation() == federation && list.published().origin() == origin
    };
    question.lists.iter().filter(of_log)
}

/// The commitment to which a pointer in one of the lists leads.
fn successor(question: &Question<'_>, receipt: &Receipt) -> Option<Hash> {
    let (index, old) = (receipt.status_index(), receipt.disclosure.commitment().ok()?);
    let mut pointers = lists(question, receipt).filter_map(|list| list.successor(index));
    pointers.find_map(|pointer| pointer.open(&old))
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
    let before = seen.iter().filter(|seen| seen.as_of <= at).max_by_key(|seen| seen.order());
    let before = *before.ok_or(Reason::StatusHistoryMissing)?;
    let next = seen.iter().filter(|seen| seen.as_of > at).min_by_key(|seen| seen.order());
    let fresh = at.0.saturating_sub(before.as_of.0) <= allowed_age_s;
    let last_word = matches!(before.state, StatusState::Revoked | StatusState::Superseded);
    // Only the administration's last word ends what is final, and the next look shows it.
    let kept = last_word && next.is_none_or(|next| next.state == before.state);
    if fresh || kept { Ok(before) } else { Err(Reason::StatusHistoryMissing) }
}

fn prove(
    known: &mut Known,
    receipt: &Receipt,
    status: &StatusProof,
    question: &Question<'_>,
    published: &PublishedCheckpoint,
) -> Result<Seen, Reason> {
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
    let state = state.map_err(|error| match error {
        StatusError::Outside { .. } => Reason::StatusIndexOutside,
        _ => Reason::StatusProofBad,
    })?;
    Ok(Seen { state, as_of: status.time, size: tree.size(), source: StatusSource::Receipt })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: StatusState, time: u64) -> Seen {
        let (as_of, size, source) = (Timestamp(time), TreeSize(time), StatusSource::List);
        Seen { state, as_of, size, source }
    }

    fn ask(all: &[Seen], at: u64) -> Result<StatusState, Reason> {
        at_moment(all, Timestamp(at), Timestamp(5000), 100).map(|seen| seen.state)
    }

    const MISSING: Result<StatusState, Reason> = Err(Reason::StatusHistoryMissing);

    #[test]
    fn a_moment_is_told_by_what_was_seen_before_it_for_as_long_as_the_federation_allows() {
        let (valid, revoked) = (StatusState::Valid, StatusState::Revoked);
        let issued = seen(valid, 1000);
        assert_eq!(ask(&[issued], 1000), Ok(valid));
        assert_eq!(ask(&[issued], 1100), Ok(valid));
        assert_eq!(ask(&[issued], 1101), MISSING, "too long after it was seen");
        assert_eq!(ask(&[issued], 999), MISSING, "before it was seen");
        assert_eq!(ask(&[issued], 5301), MISSING, "not come yet");
        let both = [seen(revoked, 2000), issued];
        assert_eq!(ask(&both, 1100), Ok(valid));
        assert_eq!(ask(&both, 1101), MISSING, "withdrawn some time between");
        assert_eq!(ask(&both, 1999), MISSING);
        assert_eq!(ask(&both, 2000), Ok(revoked));
        assert_eq!(ask(&both, 4900), Ok(revoked), "withdrawn for good");
        assert_eq!(ask(&[issued, seen(valid, 1090)], 1150), Ok(valid));
        assert_eq!(ask(&[issued, seen(valid, 1200)], 1150), MISSING, "perhaps it was suspended");
    }

    #[test]
    fn what_is_not_final_is_not_carried_on() {
        let (suspended, revoked) = (StatusState::Suspended, StatusState::Revoked);
        let paused = [seen(StatusState::Valid, 1000), seen(suspended, 1050)];
        assert_eq!(ask(&paused, 1060), Ok(suspended));
        assert_eq!(ask(&paused, 1151), MISSING, "it may have been reinstated");
        let undone = [seen(revoked, 1000), seen(StatusState::Valid, 2000)];
        assert_eq!(ask(&undone, 1100), Ok(revoked));
        assert_eq!(ask(&undone, 1101), MISSING, "the administration had the last word");
        assert_eq!(ask(&undone, 2001), Ok(StatusState::Valid));
        assert_eq!(ask(&[seen(revoked, 1000), seen(revoked, 2000)], 1500), Ok(revoked));
    }

    #[test]
    fn of_one_second_the_larger_tree_counts() {
        let smaller = seen(StatusState::Valid, 1000);
        let larger = Seen { size: TreeSize(1001), ..seen(StatusState::Revoked, 1000) };
        for all in [[smaller, larger], [larger, smaller]] {
            assert_eq!(ask(&all, 1000), Ok(StatusState::Revoked));
        }
    }
}
