//! The rules of the ledger: which entry may follow.
//!
//! Checks come first and changes last, so a refused entry leaves the state as it was. The checks
//! are cheap ones first: a signature is verified only for an entry that could be taken.

use crate::hash::{LeafIndex, StatusIndex, Timestamp};
use crate::limits;

use super::entry::Entry;
use super::issuance::Issuance;
use super::issuer::{Issuer, IssuerStatement};
use super::lookup::{Found, Run};
use super::place::Signed;
use super::refusal::Refusal;
use super::rules::Rules;
use super::snapshot::Snapshot;
use super::state::{Change, IssuerState, State, Undo};

impl State {
    /// Takes the next entry, or says why not.
    ///
    /// `found` answers [`plan`](super::plan) for the log up to the last commit. With `now`, a
    /// snapshot may be at most [`limits::CLOCK_TOLERANCE_S`] ahead of it; without, when published
    /// entries are replayed, its time only may not go back.
    pub fn apply(
        &mut self,
        rules: &Rules,
        entry: &Entry,
        found: &Found,
        now: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        if !rules.in_force(entry) {
            return Err(Refusal::KindNotInForce);
        }
        let size = self.size.checked_add(1).filter(|size| *size <= limits::JSON_INTEGER);
        let size = size.ok_or(Refusal::LogFull)?;
        let mut undo = Undo {
            last_time: self.last_time,
            closing: self.closing,
            status_length: self.status.length(),
            change: Change::Snapshot,
        };
        let mut closing = false;
        undo.change = match entry {
            Entry::Issuer(issuer) => self.apply_issuer(rules, issuer)?,
            Entry::Issuance(issuance) => self.apply_issuance(rules, issuance, found.batch)?,
            Entry::Revocation(entry) => self.apply_revocation(rules, entry, &found.runs)?,
            Entry::Snapshot(snapshot) => {
                self.check_snapshot(rules, snapshot, now)?;
                self.last_time = snapshot.time.0;
                closing = true;
                Change::Snapshot
            }
        };
        self.size = size;
        self.closing = closing;
        self.undo.push(undo);
        Ok(())
    }

    fn apply_issuer(&mut self, rules: &Rules, entry: &Issuer) -> Result<Change, Refusal> {
        let statement = &entry.statement;
        let index = LeafIndex(self.size);
        let before = self.check_previous(statement)?;
        let id = before.map_or(index, |before| before.id);
        let new_key = match self.keys.get(statement.key()) {
            None => Some(*statement.key()),
            // The same key may go on; a key that was replaced, or another issuer's, may not.
            Some(_) if before.is_some_and(|before| before.key == *statement.key()) => None,
            Some(_) => return Err(Refusal::KeyUsedBefore),
        };
        let new_name = match self.names.get(statement.name()) {
            None => Some(statement.name().into()),
            Some(owner) if before.is_some() && *owner == id => None,
            Some(_) => return Err(Refusal::NameUsedBefore),
        };
        check_issuer_signatures(rules, index, entry)?;
        let before = before.cloned();
        if let Some(before) = &before {
            self.in_force.remove(&before.entry);
        }
        new_key.map(|key| self.keys.insert(key, id));
        new_name.clone().map(|name| self.names.insert(name, id));
        self.in_force.insert(index, id);
        self.issuer_entries = self.issuer_entries.saturating_add(1);
        let issuer = IssuerState {
            id,
            entry: index,
            name: statement.name().into(),
            key: *statement.key(),
            scope: statement.scope().to_vec(),
            retired: statement.retired(),
            sequence: before.as_ref().map_or(0, |before| before.sequence),
            admin_sequence: before.as_ref().map_or(0, |before| before.admin_sequence),
        };
        self.issuers.insert(id, issuer);
        Ok(Change::Issuer { id, before, new_key, new_name })
    }

    /// The issuer that an entry changes; none if it admits a new one.
    fn check_previous(&self, statement: &IssuerStatement) -> Result<Option<&IssuerState>, Refusal> {
        let is_full = |count: usize, limit: usize| count >= limit;
        let entries = usize::try_from(self.issuer_entries).unwrap_or(usize::MAX);
        let Some(previous) = statement.previous() else {
            let full = is_full(self.issuers.len(), limits::ISSUERS);
            if full || is_full(entries, limits::ISSUER_ENTRIES) {
                return Err(Refusal::TooManyIssuers);
            }
            return Ok(None);
        };
        let issuer = self.issuers.get(&previous.id);
        let issuer = issuer.ok_or(Refusal::IssuerUnknown(previous.id))?;
        if issuer.retired {
            return Err(Refusal::IssuerRetired);
        }
        if issuer.entry != previous.replaces {
            return Err(Refusal::ReplacesNotInForce { in_force: issuer.entry });
        }
        if statement.retired() {
            if *statement != IssuerStatement::retire(issuer) {
                return Err(Refusal::RetirementChangesIssuer);
            }
        } else if is_full(entries, limits::ISSUER_ENTRIES) {
            // A stolen key can always be retired, so retirement is not counted.
            return Err(Refusal::TooManyIssuers);
        }
        Ok(Some(issuer))
    }

    fn apply_issuance(
        &mut self,
        rules: &Rules,
        entry: &Issuance,
        batch_known: bool,
    ) -> Result<Change, Refusal> {
        let statement = &entry.submission.statement;
        let issuer = self.issuer_in_force(statement.issuer);
        let issuer = issuer.ok_or(Refusal::IssuerNotInForce(statement.issuer))?;
        if issuer.retired {
            return Err(Refusal::IssuerRetired);
        }
        let root = statement.batch_root;
        if batch_known || self.batches.contains(&root) {
            return Err(Refusal::BatchDuplicate);
        }
        let want = StatusIndex(self.status.length());
        if entry.first_status != want {
            return Err(Refusal::StatusIndexWrong { want, got: entry.first_status });
        }
        let verified = entry.submission.verify(&rules.place(), &issuer.key);
        verified.map_err(|_| Refusal::IssuanceSignatureBad)?;
        let run = Run { first: want, issuer: issuer.id };
        self.status.extend(statement.width()).ok_or(Refusal::LogFull)?;
        self.batches.insert(root);
        let begins = self.last_run.is_none_or(|last| last.issuer != run.issuer);
        let run_before = begins.then(|| {
            self.runs.push(run);
            self.last_run.replace(run)
        });
        Ok(Change::Issuance { batch: root, run_before })
    }

    fn check_snapshot(
        &self,
        rules: &Rules,
        entry: &Snapshot,
        now: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let (got, last) = (entry.time, self.last_time());
        if entry.federation != rules.federation() {
            return Err(Refusal::SnapshotFederationWrong);
        }
        if got.0 == 0 {
            return Err(Refusal::SnapshotTimeZero);
        }
        if got < last {
            return Err(Refusal::SnapshotTimeGoesBack { last, got });
        }
        if let Some(now) = now
            && got.0 > now.0.saturating_add(limits::CLOCK_TOLERANCE_S)
        {
            return Err(Refusal::SnapshotTimeAhead { now, got });
        }
        if *entry != self.snapshot(rules, got) {
            return Err(Refusal::SnapshotStatusWrong);
        }
        Ok(())
    }
}

/// Checks both signatures of an issuer entry that stands, or is to stand, at an index of the log.
pub(crate) fn check_issuer_signatures(
    rules: &Rules,
    index: LeafIndex,
    entry: &Issuer,
) -> Result<(), Refusal> {
    let place = rules.place();
    let part = entry.statement.to_bytes();
    let key = entry.statement.key();
    if rules.admin_keys_at(index).any(|admin| admin == key) {
        return Err(Refusal::KeyWithTwoPurposes);
    }
    let by_admin = |admin: &[u8; 32]| {
        Signed::IssuerByAdmin.verify(&place, &part, admin, &entry.admin_signature).is_ok()
    };
    if !rules.admin_keys_at(index).any(by_admin) {
        return Err(Refusal::AdminSignatureBad);
    }
    match &entry.key_signature {
        None => Ok(()),
        Some(signature) => Signed::IssuerByKey
            .verify(&place, &part, key, signature)
            .map_err(|_| Refusal::KeySignatureBad),
    }
}

#[cfg(test)]
mod tests;
