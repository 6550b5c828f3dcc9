//! Revocations that this node holds for logs that it mirrors, and holds them to.
//!
//! Whoever signed a revocation may bring it here as well as to the log. What the ledger would take
//! is kept durably, shown to the log, which fetches it, and is due a grace time later: a checkpoint
//! whose snapshot is dated after that and that does not hold the entry is stored and not cosigned.
//! The date is the log's own. A log that stops its dates to escape stops its freshness with them.
//!
//! A revocation is let go when it is in the log, or when the ledger would not take it any more.

use std::sync::PoisonError;

use proto::hash::{Hash, LeafIndex, Timestamp, leaf_hash};
use proto::ledger::{Entry, EntryError, Refusal, Revocation};
use proto::limits;

use super::service::{Mirror, MirrorFault, Mirrors, State};
use crate::replica::{ApplyError, LookupError, Replica};
use crate::store::{Store, StoreError};

/// Revocations held of one log.
pub const HELD: usize = 256;
/// Those of one signer over one issuer: a thief of one key cannot take the room of the others.
const HELD_OF_ONE: usize = 16;

/// A revocation that a log has not included yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Duty {
    name: Hash,
    bytes: Vec<u8>,
    entry: Revocation,
    /// When it came here.
    since: Timestamp,
}

/// What becomes of a revocation that was brought here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// It is in the log already.
    Logged(LeafIndex),
    /// It is kept; checkpoints dated after this are cosigned only with it.
    Until(Timestamp),
}

/// Why a revocation is not held.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HoldRefusal {
    /// The bytes are no revocation.
    #[error(transparent)]
    Malformed(#[from] EntryError),
    /// This node does not mirror the log.
    #[error("This node has no copy of this log.")]
    UnknownLog,
    /// The ledger would not take it, as far as this copy goes.
    #[error(transparent)]
    Ledger(Refusal),
    /// As many are held as may be.
    #[error("as many revocations are held of this log as this node holds")]
    Full,
    /// This node's own fault.
    #[error(transparent)]
    Fault(#[from] MirrorFault),
}

impl Duty {
    fn parse(bytes: Vec<u8>, since: Timestamp) -> Result<Duty, EntryError> {
        match Entry::parse(&bytes)? {
            Entry::Revocation(entry) => Ok(Duty { name: leaf_hash(&bytes), bytes, entry, since }),
            _ => {
                let found = bytes.get(1).copied().unwrap_or_default();
                Err(EntryError::UnknownKind { found })
            }
        }
    }

    fn path(&self, prefix: &str) -> String {
        format!("{}/{}", folder(prefix), self.name)
    }

    fn is_of(&self, other: &Duty) -> bool {
        let whose = |duty: &Duty| (duty.entry.statement.issuer, duty.entry.statement.signer);
        whose(self) == whose(other)
    }
}

fn folder(prefix: &str) -> String {
    format!("{prefix}/held")
}

/// Reads what was held when the node stopped. A file that is no revocation is not ours and is
/// passed over.
pub(super) fn load(store: &dyn Store, prefix: &str) -> Result<Vec<Duty>, StoreError> {
    let mut duties = Vec::new();
    for path in store.list(&folder(prefix))? {
        let Some(bytes) = store.read(&path)? else { continue };
        let Some((since, entry)) = bytes.split_first_chunk::<8>() else { continue };
        let since = Timestamp(u64::from_be_bytes(*since));
        if let Ok(duty) = Duty::parse(entry.to_vec(), since) {
            duties.push(duty);
        }
    }
    duties.sort_by_key(|duty| (duty.since, duty.entry.statement.sequence));
    Ok(duties)
}

/// When each of them is due.
pub(super) fn dues(duties: &[Duty], grace_s: u64) -> Vec<Timestamp> {
    duties.iter().map(|duty| Timestamp(duty.since.0.saturating_add(grace_s))).collect()
}

impl Mirrors {
    /// Holds a log to a revocation; durable when this returns.
    pub async fn hold(&self, origin: &str, bytes: Vec<u8>) -> Result<Held, HoldRefusal> {
        let mirror = self.find(origin).ok_or(HoldRefusal::UnknownLog)?;
        let (mirror, mut state) = (std::sync::Arc::clone(mirror), mirror.lock().await);
        let work = move || mirror.hold(&mut state, bytes);
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(MirrorFault::Stopping.into()))
    }

    /// The entries that a log has not included yet, oldest first; at most a bundle of them.
    pub async fn held(&self, origin: &str) -> Option<Vec<Vec<u8>>> {
        let state = self.find(origin)?.lock().await;
        Some(state.duties.iter().map(|duty| duty.bytes.clone()).take(HELD).collect())
    }
}

impl Mirror {
    fn hold(&self, state: &mut State, bytes: Vec<u8>) -> Result<Held, HoldRefusal> {
        if state.broken {
            return Err(MirrorFault::Stopping.into());
        }
        let now = self.shared.clock.now();
        let duty = Duty::parse(bytes, now)?;
        if let Some(index) = logged(&state.replica, &duty)? {
            return Ok(Held::Logged(index));
        }
        if let Some(known) = state.duties.iter().find(|known| known.name == duty.name) {
            return Ok(Held::Until(self.due(known)));
        }
        if let Some(refusal) = judge(self, state, &duty)? {
            return Err(HoldRefusal::Ledger(refusal));
        }
        let of_one = state.duties.iter().filter(|known| known.is_of(&duty)).count();
        if of_one >= HELD_OF_ONE || state.duties.len() >= HELD {
            return Err(HoldRefusal::Full);
        }
        let mut file = now.0.to_be_bytes().to_vec();
        file.extend_from_slice(&duty.bytes);
        if let Err(error) = self.shared.store.replace(&duty.path(&self.prefix), &file) {
            return Err(self.broken(state, &error).into());
        }
        let due = self.due(&duty);
        tracing::info!(origin = self.origin(), entry = %duty.name, "a revocation is held");
        state.duties.push(duty);
        self.show_dues(state);
        Ok(Held::Until(due))
    }

    /// When the revocations that are held of this log are due. Never waits for a request.
    pub fn dues(&self) -> Vec<Timestamp> {
        self.dues.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn show_dues(&self, state: &State) {
        let dues = dues(&state.duties, self.shared.grace_s);
        *self.dues.write().unwrap_or_else(PoisonError::into_inner) = dues;
    }

    fn due(&self, duty: &Duty) -> Timestamp {
        Timestamp(duty.since.0.saturating_add(self.shared.grace_s))
    }

    /// Lets go of what the log has included or would not take any more, and gives what is due by
    /// the date of the newest snapshot. Comes when everything applied is written.
    pub(super) fn overdue(&self, state: &mut State) -> Result<Option<Hash>, MirrorFault> {
        let mut kept = Vec::new();
        for duty in std::mem::take(&mut state.duties) {
            let passed = match logged(&state.replica, &duty)? {
                Some(_) => None,
                None => match judge(self, state, &duty)? {
                    None => {
                        kept.push(duty);
                        continue;
                    }
                    Some(refusal) => Some(refusal),
                },
            };
            if let Some(refusal) = passed {
                tracing::warn!(
                    alarm = "revocation-passed-over",
                    origin = self.origin(),
                    entry = %duty.name,
                    %refusal,
                    "a revocation that was held is not in the log and cannot enter it any more; \
                     its signer has to look at the ledger"
                );
            }
            if let Err(error) = self.shared.store.remove(&duty.path(&self.prefix)) {
                return Err(self.broken(state, &error));
            }
        }
        state.duties = kept;
        self.show_dues(state);
        let date = state.replica.state().last_time();
        Ok(state.duties.iter().find(|duty| self.due(duty) < date).map(|duty| duty.name))
    }
}

fn logged(replica: &Replica, duty: &Duty) -> Result<Option<LeafIndex>, MirrorFault> {
    replica.batches().find(&duty.name).map_err(|error| match error {
        LookupError::Read(error) => MirrorFault::Read(error),
        LookupError::Index(_) => MirrorFault::Disk,
    })
}

/// What the ledger says to it now. Nothing is applied and not written when this is asked.
fn judge(mirror: &Mirror, state: &mut State, duty: &Duty) -> Result<Option<Refusal>, MirrorFault> {
    let answer = state.replica.apply(&duty.bytes, None);
    state.replica.rollback();
    match answer {
        Ok(_) => Ok(None),
        Err(ApplyError::Refused(refusal)) => Ok(Some(refusal)),
        Err(error) => Err(mirror.broken(state, &error)),
    }
}

const _: () = assert!(HELD <= limits::TILE_WIDTH as usize, "they are shown as one entry bundle");
