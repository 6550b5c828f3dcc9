//! What a log's entries add up to: issuers, status list, counters; with a way back.
//!
//! `apply` changes the state at once and notes how to undo it. `commit` forgets the notes when the
//! entries are durable; `rollback` undoes them down to the last commit. So nothing is copied, and
//! an entry costs the same in a log of ten as in a log of ten million.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp, TreeSize};

use super::lookup::Run;
use super::revocation::Signer;
use super::rules::Rules;
use super::snapshot::Snapshot;
use super::status::{Piece, StatusChanges, StatusPiece, StatusTree};
use super::successor::Pointer;

/// An issuer as its entry in force has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerState {
    /// Index of its first entry.
    pub id: LeafIndex,
    /// Index of its entry in force.
    pub entry: LeafIndex,
    /// The name that people see.
    pub name: String,
    /// Its Ed25519 public key.
    pub key: [u8; 32],
    /// The document types that it may issue, sorted.
    pub scope: Vec<String>,
    /// Whether it is retired, which is final.
    pub retired: bool,
    /// Sequence number of the last revocation that the issuer signed; 0 before the first.
    pub sequence: u64,
    /// The same for the administration key.
    pub admin_sequence: u64,
}

impl IssuerState {
    /// The sequence number that the next revocation of this signer must exceed.
    pub fn last_sequence(&self, signer: Signer) -> u64 {
        match signer {
            Signer::Issuer => self.sequence,
            Signer::Administration | Signer::LastWord => self.admin_sequence,
        }
    }

    pub(super) fn set_sequence(&mut self, signer: Signer, sequence: u64) {
        match signer {
            Signer::Issuer => self.sequence = sequence,
            Signer::Administration | Signer::LastWord => self.admin_sequence = sequence,
        }
    }
}

/// The state of one log after its first entries.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct State {
    pub(super) size: u64,
    pub(super) last_time: u64,
    pub(super) closing: bool,
    pub(super) issuer_entries: u64,
    /// By id.
    pub(super) issuers: BTreeMap<LeafIndex, IssuerState>,
    /// Entry in force to id.
    pub(super) in_force: BTreeMap<LeafIndex, LeafIndex>,
    /// Every key that an issuer ever had, to its id.
    pub(super) keys: BTreeMap<[u8; 32], LeafIndex>,
    /// Every name that an issuer ever had, to its id.
    pub(super) names: BTreeMap<String, LeafIndex>,
    pub(super) status: StatusTree,
    /// Newest last; everything since the last commit.
    pub(super) undo: Vec<Undo>,
    /// Batch roots since the last commit; the caller looks up the older ones.
    pub(super) batches: BTreeSet<Hash>,
    /// Runs of status indexes since the last commit; the caller looks up the older ones.
    pub(super) runs: Vec<Run>,
    /// The newest run, so that the next batch is known to go on with it or to begin another.
    pub(super) last_run: Option<Run>,
}

/// How to take an entry back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Undo {
    pub(super) last_time: u64,
    pub(super) closing: bool,
    pub(super) status_length: u64,
    pub(super) change: Change,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Change {
    Issuer {
        id: LeafIndex,
        before: Option<IssuerState>,
        new_key: Option<[u8; 32]>,
        new_name: Option<String>,
    },
    Issuance {
        batch: Hash,
        /// The newest run before; the batch began another.
        run_before: Option<Option<Run>>,
    },
    Revocation {
        id: LeafIndex,
        signer: Signer,
        sequence_before: u64,
        pieces_before: Vec<(u64, Piece)>,
        successors_before: Vec<(StatusIndex, Option<Pointer>)>,
    },
    Snapshot,
}

impl State {
    /// The state of an empty log.
    pub fn new() -> State {
        State::default()
    }

    /// Count of entries.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// The status index that the next batch starts with.
    pub fn next_status(&self) -> StatusIndex {
        StatusIndex(self.status.length())
    }

    /// Time of the last snapshot; zero before the first.
    pub fn last_time(&self) -> Timestamp {
        Timestamp(self.last_time)
    }

    /// Whether the last entry is a snapshot, as in every published tree.
    pub fn closing(&self) -> bool {
        self.closing
    }

    /// The snapshot that closes the log at this time.
    pub fn snapshot(&self, rules: &Rules, time: Timestamp) -> Snapshot {
        Snapshot {
            federation: rules.federation(),
            time,
            status_length: self.status.length(),
            status_root: self.status.root(),
        }
    }

    /// The issuer whose entry in force stands at this index; it may be retired.
    pub fn issuer_in_force(&self, entry: LeafIndex) -> Option<&IssuerState> {
        self.issuers.get(self.in_force.get(&entry)?)
    }

    /// All issuers by id, retired ones too.
    pub fn issuers(&self) -> impl Iterator<Item = &IssuerState> {
        self.issuers.values()
    }

    /// The issuer whose key in force this is.
    pub fn issuer_by_key(&self, key: &[u8; 32]) -> Option<&IssuerState> {
        self.issuers.get(self.keys.get(key)?).filter(|issuer| issuer.key == *key)
    }

    /// The status list.
    pub fn status(&self) -> &StatusTree {
        &self.status
    }

    /// The piece of the status list that holds an index, with its path.
    pub fn status_proof(&self, index: StatusIndex) -> Option<StatusPiece> {
        self.status.prove(index)
    }

    /// Whether an entry was applied since the last commit.
    pub fn is_changed(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Runs of status indexes that began since the last commit, for who looks them up later.
    pub fn new_runs(&self) -> &[Run] {
        &self.runs
    }

    /// What changed in the status list since the last commit.
    pub fn status_changes(&self) -> StatusChanges {
        let mut changes = StatusChanges { length: self.status.length(), ..Default::default() };
        for undo in &self.undo {
            let Change::Revocation { pieces_before, successors_before, .. } = &undo.change else {
                continue;
            };
            let pieces = pieces_before.iter().map(|(at, _)| (*at, self.status.piece(*at)));
            changes.pieces.extend(pieces);
            let successor = |index: &StatusIndex| self.status.successors().get(index).copied();
            let named = successors_before.iter().map(|(index, _)| (*index, successor(index)));
            changes.successors.extend(named);
        }
        changes
    }

    /// Keeps what was applied: the entries are durable.
    pub fn commit(&mut self) {
        self.undo.clear();
        self.batches.clear();
        self.runs.clear();
    }

    /// Takes back what was applied since the last commit.
    pub fn rollback(&mut self) {
        while let Some(undo) = self.undo.pop() {
            self.size = self.size.saturating_sub(1);
            self.last_time = undo.last_time;
            self.closing = undo.closing;
            self.status.shorten(undo.status_length);
            match undo.change {
                Change::Issuer { id, before, new_key, new_name } => {
                    self.take_back_issuer(id, before);
                    new_key.map(|key| self.keys.remove(&key));
                    new_name.map(|name| self.names.remove(&name));
                }
                Change::Issuance { batch, run_before } => {
                    self.batches.remove(&batch);
                    if let Some(before) = run_before {
                        self.runs.pop();
                        self.last_run = before;
                    }
                }
                Change::Revocation {
                    id,
                    signer,
                    sequence_before,
                    pieces_before,
                    successors_before,
                } => {
                    for (at, piece) in pieces_before {
                        self.status.put(at, piece);
                    }
                    for (index, pointer) in successors_before {
                        self.status.name(index, pointer);
                    }
                    if let Some(issuer) = self.issuers.get_mut(&id) {
                        issuer.set_sequence(signer, sequence_before);
                    }
                }
                Change::Snapshot => {}
            }
        }
    }

    fn take_back_issuer(&mut self, id: LeafIndex, before: Option<IssuerState>) {
        self.issuer_entries = self.issuer_entries.saturating_sub(1);
        if let Some(issuer) = self.issuers.remove(&id) {
            self.in_force.remove(&issuer.entry);
        }
        if let Some(before) = before {
            self.in_force.insert(before.entry, id);
            self.issuers.insert(id, before);
        }
    }
}
