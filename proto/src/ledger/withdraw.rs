//! The rules for revocations: who may change the status of which documents to what.
//!
//! Everything is judged before anything changes: the sequence number, whose documents they are,
//! the signature, and for each document whether this signer may change its state so.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::hash::{LeafIndex, StatusIndex};
use crate::limits::STATUS_PIECE_INDEXES;

use super::lookup::Run;
use super::place::Signed;
use super::refusal::Refusal;
use super::revocation::{Range, Revocation, RevocationStatement, Signer};
use super::rules::Rules;
use super::state::{Change, IssuerState, State};
use super::status::{Piece, StatusState, piece_of, set_in, state_in};

impl State {
    /// `runs` holds the last run, up to the last commit, that begins at or before the end of each
    /// range.
    pub(super) fn apply_revocation(
        &mut self,
        rules: &Rules,
        entry: &Revocation,
        runs: &[Option<Run>],
    ) -> Result<Change, Refusal> {
        let statement = &entry.statement;
        let (id, signer) = (statement.issuer, statement.signer);
        let issuer = self.issuers.get(&id).ok_or(Refusal::IssuerUnknown(id))?;
        let sequence_before = issuer.last_sequence(signer);
        if statement.sequence <= sequence_before {
            return Err(Refusal::SequenceNotGrown { last: sequence_before });
        }
        if signer == Signer::Issuer && issuer.retired {
            return Err(Refusal::IssuerRetired);
        }
        self.check_owner(statement, runs)?;
        entry.check_signature(rules, LeafIndex(self.size), issuer)?;
        let pieces = self.changed_pieces(statement)?;
        let pieces_before =
            pieces.into_iter().map(|(at, piece)| (at, self.status.put(at, piece))).collect();
        let successors_before = self.change_successors(statement);
        if let Some(issuer) = self.issuers.get_mut(&id) {
            issuer.set_sequence(signer, statement.sequence);
        }
        Ok(Change::Revocation { id, signer, sequence_before, pieces_before, successors_before })
    }

    fn check_owner(
        &self,
        statement: &RevocationStatement,
        runs: &[Option<Run>],
    ) -> Result<(), Refusal> {
        let mut runs = runs.iter().copied();
        for range in statement.ranges() {
            let older = runs.next().flatten();
            let newer = self.runs.iter().rev().find(|run| run.first <= range.last).copied();
            let inside = range.last.0 < self.status.length();
            let owned = newer.or(older).is_some_and(|run| {
                inside && run.first <= range.first && run.issuer == statement.issuer
            });
            if !owned {
                return Err(Refusal::RangeNotOwned { first: range.first, last: range.last });
            }
        }
        Ok(())
    }

    /// The pieces as they are after the revocation, if each of its documents may change so.
    fn changed_pieces(
        &self,
        statement: &RevocationStatement,
    ) -> Result<BTreeMap<u64, Piece>, Refusal> {
        let mut pieces = BTreeMap::new();
        for range in statement.ranges() {
            for at in piece_of(range.first)..=piece_of(range.last) {
                let piece = pieces.entry(at).or_insert_with(|| self.status.piece(at));
                for index in part_of(range, at) {
                    if !statement.signer.may_change(state_in(piece, index), statement.state) {
                        return Err(Refusal::StateFinal(index));
                    }
                    set_in(piece, index, statement.state);
                }
            }
        }
        Ok(pieces)
    }

    /// Successors as they were before, for the way back.
    fn change_successors(
        &mut self,
        statement: &RevocationStatement,
    ) -> Vec<(StatusIndex, Option<super::Pointer>)> {
        let mut changes = Vec::new();
        if statement.state != StatusState::Superseded {
            for range in statement.ranges() {
                let stale = self.status.successors().range(range.first..=range.last);
                changes.extend(stale.map(|(index, _)| (*index, None)));
            }
        }
        changes.extend(statement.successors().map(|(index, pointer)| (index, Some(pointer))));
        changes.into_iter().map(|(index, to)| (index, self.status.name(index, to))).collect()
    }
}

impl Revocation {
    /// Checks the signature of an entry that is to stand at an index of the log.
    pub fn check_signature(
        &self,
        rules: &Rules,
        at: LeafIndex,
        issuer: &IssuerState,
    ) -> Result<(), Refusal> {
        let (place, part) = (rules.place(), self.statement.to_bytes());
        let by =
            |key: &[u8; 32]| Signed::Revocation.verify(&place, &part, key, &self.signature).is_ok();
        let signed = match self.statement.signer {
            Signer::Issuer => by(&issuer.key),
            Signer::Administration | Signer::LastWord => rules.admin_keys_at(at).any(by),
        };
        if signed { Ok(()) } else { Err(Refusal::RevocationSignatureBad) }
    }
}

/// The indexes of a range that stand in one piece.
fn part_of(range: &Range, piece: u64) -> impl Iterator<Item = StatusIndex> + use<> {
    let start = piece.saturating_mul(STATUS_PIECE_INDEXES);
    let end = start.saturating_add(STATUS_PIECE_INDEXES.saturating_sub(1));
    (range.first.0.max(start)..=range.last.0.min(end)).map(StatusIndex)
}
