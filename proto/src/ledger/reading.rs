//! Reading a whole log from whoever has a copy of it: which of the checkpoints that nodes show a
//! quorum vouches for, the entries up to one of them, and what they add up to.
//!
//! The caller fetches and this decides. A mirror shows a checkpoint with its own cosignature only,
//! so the lines of several nodes are put together before they are counted.

use alloc::vec::Vec;

use thiserror::Error;

use crate::checkpoint::SignedCheckpoint;
use crate::federation::{Federation, PublishedCheckpoint};
use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp, leaf_hash};
use crate::note::NoteSignature;
use crate::tile::grow::Edge;
use crate::tile::{BundleId, bundle};

use super::lookup::{Seen, plan};
use super::{Entry, EntryError, Refusal, Rules, State};

/// Why what was fetched is not the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ReadingError {
    /// An entry bundle is malformed, missing, or one too many.
    #[error("The entries do not belong to the checkpoint.")]
    NotTheLog,
    /// An entry breaks a rule although a quorum vouches for it.
    #[error("Entry {index} breaks a rule that this program knows: {refusal}")]
    Against {
        /// Its index.
        index: LeafIndex,
        /// The rule.
        refusal: Refusal,
    },
}

/// The same checkpoint with the signature lines of all others that are over the same tree.
pub fn joined<'a>(
    claim: &SignedCheckpoint,
    others: impl Iterator<Item = &'a SignedCheckpoint>,
) -> Option<SignedCheckpoint> {
    let same = others.filter(|other| other.checkpoint() == claim.checkpoint());
    let mut lines: Vec<NoteSignature> = claim.note().signatures().to_vec();
    for line in same.flat_map(|other| other.note().signatures()) {
        if !lines.iter().any(|have| (have.name(), have.id()) == (line.name(), line.id())) {
            lines.push(line.clone());
        }
    }
    claim.with_signatures(lines).ok()
}

/// The trees of a log that a quorum vouches for, the largest first, each with the place of the
/// claim that shows it.
pub fn vouched(
    federation: &Federation,
    origin: &str,
    claims: &[SignedCheckpoint],
) -> Vec<(usize, PublishedCheckpoint)> {
    let verified = |signed: &SignedCheckpoint| federation.verify_checkpoint(signed, &[]).ok();
    let mut trees: Vec<(usize, PublishedCheckpoint)> = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        // Alone first: a bad line that somebody else shows must not spoil a good checkpoint.
        let tree = verified(claim).or_else(|| verified(&joined(claim, claims.iter())?));
        trees.extend(tree.filter(|tree| tree.origin() == origin).map(|tree| (at, tree)));
    }
    trees.sort_by_key(|(_, tree)| core::cmp::Reverse(tree.size()));
    trees
}

/// The entries of a tree, as they come in.
#[derive(Debug)]
pub struct Reading {
    root: Hash,
    bundles: alloc::collections::VecDeque<BundleId>,
    edge: Edge,
    entries: Vec<Vec<u8>>,
}

impl Reading {
    /// Nothing is read yet.
    pub fn new(tree: &PublishedCheckpoint) -> Reading {
        let bundles = crate::tile::bundles(0, tree.size().0, tree.size()).collect();
        Reading { root: *tree.root(), bundles, edge: Edge::empty(), entries: Vec::new() }
    }

    /// The entry bundle to fetch next; none if all are there.
    pub fn wants(&self) -> Option<BundleId> {
        self.bundles.front().copied()
    }

    /// Takes the bytes of that bundle.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), ReadingError> {
        let id = self.bundles.pop_front().ok_or(ReadingError::NotTheLog)?;
        let part = bundle::parse(bytes, id.width()).map_err(|_| ReadingError::NotTheLog)?;
        let leaves: Vec<Hash> = part.iter().map(|entry| leaf_hash(entry)).collect();
        self.edge.grow(&leaves).map_err(|_| ReadingError::NotTheLog)?;
        self.entries.extend(part.into_iter().map(<[u8]>::to_vec));
        Ok(())
    }

    /// All entries in order, if they lead to the root of the tree.
    pub fn finish(self) -> Result<Vec<Vec<u8>>, ReadingError> {
        let whole = self.bundles.is_empty() && self.edge.root() == self.root;
        if whole { Ok(self.entries) } else { Err(ReadingError::NotTheLog) }
    }
}

/// A batch of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Issued {
    /// Index of its entry.
    pub index: LeafIndex,
    /// The issuer's id.
    pub issuer: LeafIndex,
    /// The key that signed.
    pub key: [u8; 32],
    /// First of its status indexes.
    pub first_status: StatusIndex,
    /// How many there are.
    pub width: u64,
    /// It was entered after this snapshot; zero if it is in the log's first round.
    pub after: Timestamp,
    /// It was entered before this one, which closes its round.
    pub before: Timestamp,
}

/// What a log adds up to.
#[derive(Debug, Default)]
pub struct Replay {
    /// Issuers, status list, counters.
    pub state: State,
    /// Every batch, in order.
    pub batches: Vec<Issued>,
}

impl Replay {
    /// Runs the rules over all entries, as every cosigner did.
    pub fn of<E: AsRef<[u8]>>(rules: &Rules, entries: &[E]) -> Result<Replay, ReadingError> {
        let mut replay = Replay::default();
        let mut seen = Seen::default();
        // First batch of the round that is still open.
        let mut open = 0;
        for bytes in entries {
            let index = LeafIndex(replay.state.size().0);
            let against = |refusal| ReadingError::Against { index, refusal };
            let parsed = Entry::parse(bytes.as_ref());
            let entry = parsed.map_err(|error: EntryError| against(error.into()))?;
            replay.note(index, &entry);
            let found = seen.find(&plan(&entry));
            replay.state.apply(rules, &entry, &found, None).map_err(against)?;
            if let Entry::Snapshot(snapshot) = entry {
                seen.keep(&replay.state);
                replay.state.commit();
                let round = replay.batches.iter_mut().skip(open);
                round.for_each(|batch| batch.before = snapshot.time);
                open = replay.batches.len();
            }
        }
        Ok(replay)
    }

    /// Comes before `apply`, which refuses a batch that no issuer in force has signed.
    fn note(&mut self, index: LeafIndex, entry: &Entry) {
        let Entry::Issuance(issuance) = entry else { return };
        let statement = &issuance.submission.statement;
        let Some(issuer) = self.state.issuer_in_force(statement.issuer) else { return };
        self.batches.push(Issued {
            index,
            issuer: issuer.id,
            key: issuer.key,
            first_status: issuance.first_status,
            width: statement.width(),
            after: self.state.last_time(),
            before: self.state.last_time(),
        });
    }
}
