//! Receiving entries (tlog-mirror#add-entries): read as they come, authenticated package by
//! package, committed together.
//!
//! Packages that were proven to belong to the checkpoint wait in memory, bounded, until the body
//! ends or the bound is reached; then one step under the mirror's lock replays them through the
//! ledger, makes them durable, moves the mirror checkpoint and cosigns. A client that stops in the
//! middle holds no lock.
//!
//! tlog-mirror says nothing of entries that are authentic and break a rule of the ledger. Here such
//! a request is answered with 422, `code: sentence`, and nothing of it is kept.

use std::sync::Arc;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{Hash, LeafIndex, TreeSize};
use proto::ledger::{Entry, Refusal as LedgerRefusal};
use proto::mirror::add_entries::AddEntriesError;
use proto::mirror::decide::{self, Ending, PackageRefusal, Stored};
use proto::mirror::{Decoder, Event, Header, MirrorInfo, Package};
use proto::note;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit};

use super::service::{Mirror, MirrorFault, Mirrors, State};
use crate::replica::ApplyError;

/// Bytes of authenticated entries that one request may have in memory. What is over is left for the
/// next request: the answer is 202.
const UPLOAD_BYTES: usize = 32 * 1024 * 1024;
/// A cosigned checkpoint ends in a snapshot.
pub const NOT_CLOSING: &str = "snapshot-not-closing";

/// Why an `add-entries` request is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddEntriesRefusal {
    /// The bytes are no request.
    #[error(transparent)]
    Malformed(#[from] AddEntriesError),
    /// The body ended before its first package was complete.
    #[error("The body ends before its first package is complete.")]
    NothingArrived,
    /// The header does not fit what the mirror has.
    #[error("{0}")]
    Header(decide::Refusal),
    /// Another request came first, or the range is not the mirror's: where to go on.
    #[error("The mirror is elsewhere by now.")]
    Conflict(MirrorInfo),
    /// The entries are not those of the checkpoint.
    #[error("{0}")]
    Package(PackageRefusal),
    /// An entry breaks a rule of the ledger.
    #[error("Entry {index}: {refusal}")]
    Ledger {
        /// Where it stands.
        index: LeafIndex,
        /// The rule.
        refusal: LedgerRefusal,
    },
    /// The last entry is not a snapshot.
    #[error("The checkpoint does not end in a snapshot; it is not cosigned.")]
    NotClosing,
    /// The log has not included a revocation in time.
    #[error(
        "The checkpoint is dated after a revocation was due and does not hold it, leaf hash \
         {entry}; it is not cosigned."
    )]
    Withheld {
        /// Leaf hash of the revocation.
        entry: Hash,
    },
    /// This log has shown two faces.
    #[error("this log has signed two histories; it is never cosigned again")]
    SplitView,
    /// This node's own fault.
    #[error(transparent)]
    Fault(#[from] MirrorFault),
}

/// How a request ends well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Received {
    /// 200: signature lines.
    Cosigned(Vec<u8>),
    /// 202: go on from here.
    Partial(MirrorInfo),
}

/// One request while its body arrives.
pub struct Upload<'a> {
    mirrors: &'a Mirrors,
    decoder: Decoder,
    begun: Option<Begun>,
}

/// After the header.
struct Begun {
    mirror: Arc<Mirror>,
    header: Header,
    target: SignedCheckpoint,
    /// Authenticated, in order.
    packages: Vec<Package>,
    /// The newest one. It is authenticated when the next arrives or in the last step, so that a
    /// small request visits a blocking thread once.
    last: Option<Package>,
    bytes: usize,
    _slot: OwnedSemaphorePermit,
}

impl<'a> Upload<'a> {
    /// A request of which nothing has arrived.
    pub fn new(mirrors: &'a Mirrors) -> Upload<'a> {
        Upload { mirrors, decoder: Decoder::new(), begun: None }
    }

    /// Takes the next bytes of the body. `Ok(false)` means that no more are wanted: the request is
    /// to be finished as it is.
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<bool, AddEntriesRefusal> {
        while let Some(event) = self.decoder.decode(&mut bytes)? {
            match (event, &mut self.begun) {
                (Event::Header(header), _) => {
                    self.begun = Some(Begun::new(self.mirrors, header).await?);
                }
                (Event::Package(package), Some(begun)) => begun.take(package).await?,
                (Event::Package(_), None) => return Err(AddEntriesRefusal::NothingArrived),
            }
        }
        Ok(self.begun.as_ref().is_none_or(|begun| begun.bytes < UPLOAD_BYTES))
    }

    /// The body has ended, or was cut off: what is complete is committed.
    pub async fn finish(self) -> Result<Received, AddEntriesRefusal> {
        let begun = self.begun.ok_or(AddEntriesRefusal::NothingArrived)?;
        begun.commit().await
    }
}

impl Begun {
    async fn new(mirrors: &Mirrors, header: Header) -> Result<Begun, AddEntriesRefusal> {
        let unknown = AddEntriesRefusal::Header(decide::Refusal::UnknownLog);
        let mirror = Arc::clone(mirrors.find(header.origin()).ok_or(unknown)?);
        if mirror.shared.evidence.is_split(&mirror.origin) {
            return Err(AddEntriesRefusal::SplitView);
        }
        let slot = Arc::clone(&mirror.uploads).try_acquire_owned();
        let slot = slot.map_err(|_| MirrorFault::Busy)?;
        let state = mirror.lock().await;
        let target = target(&state, &header)?;
        drop(state);
        let (packages, last, bytes) = (Vec::new(), None, 0);
        Ok(Begun { mirror, header, target, packages, last, bytes, _slot: slot })
    }

    async fn take(&mut self, package: Package) -> Result<(), AddEntriesRefusal> {
        self.bytes += package.entries.iter().map(|entry| entry.len() + 64).sum::<usize>();
        let Some(before) = self.last.replace(package) else { return Ok(()) };
        let (mirror, target) = (Arc::clone(&self.mirror), self.target.clone());
        let work = move || authenticate(&mirror, &target, &before).map(|()| before);
        match tokio::task::spawn_blocking(work).await {
            Ok(package) => self.packages.push(package?),
            Err(_) => return Err(MirrorFault::Stopping.into()),
        }
        Ok(())
    }

    async fn commit(mut self) -> Result<Received, AddEntriesRefusal> {
        let state = self.mirror.lock().await;
        // The answer leaves as soon as it is known; the index is brought up to date behind it,
        // still under the lock.
        let (answer, answered) = tokio::sync::oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let mut state = state;
            let outcome = self.commit_locked(&mut state);
            let cosigned = matches!(outcome, Ok(Received::Cosigned(_)));
            let _client_gone = answer.send(outcome);
            if cosigned {
                index(&self.mirror, &mut state);
            }
        });
        answered.await.unwrap_or(Err(MirrorFault::Stopping.into()))
    }

    fn commit_locked(
        &mut self,
        state: &mut OwnedMutexGuard<State>,
    ) -> Result<Received, AddEntriesRefusal> {
        if state.broken {
            return Err(MirrorFault::Stopping.into());
        }
        if let Some(last) = self.last.take() {
            authenticate(&self.mirror, &self.target, &last)?;
            self.packages.push(last);
        }
        if self.mirror.shared.evidence.is_split(&self.mirror.origin) {
            return Err(AddEntriesRefusal::SplitView);
        }
        let ending = decide::ending(&self.header, self.packages.len() as u64);
        if ending == Ending::Nothing {
            return Err(AddEntriesRefusal::NothingArrived);
        }
        let applied = self.apply(state);
        let closing = applied.and_then(|()| match ending {
            Ending::Complete => self.check_closing(state),
            _ => Ok(()),
        });
        if let Err(refusal) = closing {
            state.replica.rollback();
            return Err(refusal);
        }
        self.write(state)?;
        if ending == Ending::Partial {
            return Ok(Received::Partial(self.info(state)));
        }
        // The entries are kept: the next checkpoint may hold what this one lacks.
        if let Some(entry) = self.mirror.overdue(state)? {
            return Err(AddEntriesRefusal::Withheld { entry });
        }
        self.cosign(state)
    }

    /// Replays what the mirror does not have. Another request may have brought some of it.
    fn apply(&self, state: &mut State) -> Result<(), AddEntriesRefusal> {
        let now = self.mirror.shared.clock.now();
        for package in &self.packages {
            if package.range.start > state.replica.applied().0 {
                return Err(AddEntriesRefusal::Conflict(self.info(state)));
            }
            for (index, entry) in (package.range.start..).zip(&package.entries) {
                if index < state.replica.applied().0 {
                    continue;
                }
                match state.replica.apply(entry, Some(now)) {
                    Ok(_) => {}
                    Err(ApplyError::Refused(refusal)) => {
                        let index = LeafIndex(index);
                        return Err(AddEntriesRefusal::Ledger { index, refusal });
                    }
                    Err(error) => return Err(self.mirror.broken(state, &error).into()),
                }
            }
        }
        Ok(())
    }

    fn check_closing(&self, state: &State) -> Result<(), AddEntriesRefusal> {
        let end = self.header.end();
        if end.0 == 0 {
            return Err(AddEntriesRefusal::NotClosing);
        }
        let closing = if state.replica.applied().0 == end.0 {
            state.replica.state().closing()
        } else {
            // More was there already: the last entry of this upload stands in a file.
            let last = self.mirror.reader.entry(LeafIndex(end.0 - 1)).map_err(MirrorFault::Read)?;
            matches!(Entry::parse(&last), Ok(Entry::Snapshot(_)))
        };
        if closing { Ok(()) } else { Err(AddEntriesRefusal::NotClosing) }
    }

    fn write(&self, state: &mut State) -> Result<(), AddEntriesRefusal> {
        if state.replica.applied().0 == state.replica.size().0 {
            return Ok(());
        }
        match state.replica.write() {
            Ok((size, _)) => self.mirror.shelf.show_files(size),
            Err(error) => return Err(self.mirror.broken(state, &error).into()),
        }
        Ok(())
    }

    /// Moves the mirror checkpoint to the end of this upload and answers with cosignatures.
    fn cosign(&self, state: &mut State) -> Result<Received, AddEntriesRefusal> {
        let end = self.header.end();
        if !decide::may_commit(end, state.mirror_size()) {
            return Err(AddEntriesRefusal::Conflict(self.info(state)));
        }
        let cosigner = &self.mirror.shared.cosigner;
        if let Some(mirror) = state.mirror.as_ref().filter(|m| m.checkpoint().size() == end)
            && let Some(lines) = cosigner.lines(mirror)
        {
            // Cosigned before: the same lines again.
            return Ok(Received::Cosigned(note::signature_lines(&lines)));
        }
        let root = self.mirror.reader.root_at(end).map_err(MirrorFault::Read)?;
        if root != *self.target.checkpoint().root() {
            // Every package was proven, so this is a fault of ours; signing would hide it.
            let wrong = WrongRoot { size: end, want: *self.target.checkpoint().root(), got: root };
            return Err(self.mirror.broken(state, &wrong).into());
        }
        let lines = cosigner.cosign(self.target.checkpoint()).map_err(MirrorFault::Cosign)?;
        let signed = self.target.with_added(&lines).map_err(|_| MirrorFault::Stopping)?;
        let bytes = signed.to_bytes();
        let path = format!("{}/checkpoint", self.mirror.prefix);
        if let Err(error) = self.mirror.shared.store.replace(&path, &bytes) {
            return Err(self.mirror.broken(state, &error).into());
        }
        state.mirror = Some(signed);
        self.mirror.shelf.show_checkpoint(bytes.into());
        metrics::counter!("beleg_cosigned_total", "origin" => self.mirror.origin.clone())
            .increment(1);
        Ok(Received::Cosigned(note::signature_lines(&lines)))
    }

    fn info(&self, state: &State) -> MirrorInfo {
        let (size, next) = (self.header.end(), LeafIndex(state.replica.size().0));
        MirrorInfo { size, next, ticket: Vec::new() }
    }
}

/// A root that does not follow from entries that were proven.
#[derive(Debug, thiserror::Error)]
#[error("at size {size} the root is {got} and the log signed {want}; run beleg-node fsck")]
struct WrongRoot {
    size: TreeSize,
    want: Hash,
    got: Hash,
}

/// The checkpoint that an upload ends at, if the header fits.
fn target(state: &State, header: &Header) -> Result<SignedCheckpoint, AddEntriesRefusal> {
    if state.broken {
        return Err(MirrorFault::Stopping.into());
    }
    let ends: Vec<TreeSize> =
        state.earlier.iter().map(|signed| signed.checkpoint().size()).collect();
    let next = LeafIndex(state.replica.size().0);
    let stored = Stored {
        pending: state.pending.as_ref().map(|signed| signed.checkpoint().size()),
        mirror: state.mirror_size(),
        next,
        known_ends: &ends,
    };
    decide::header(Some(&stored), header).map_err(|refusal| match refusal.info(&[]) {
        Some(info) => AddEntriesRefusal::Conflict(info),
        None => AddEntriesRefusal::Header(refusal),
    })?;
    let all = state.pending.iter().chain(&state.mirror).chain(&state.earlier);
    let found = all.into_iter().find(|signed| signed.checkpoint().size() == header.end());
    let gone = MirrorInfo { size: stored.pending.unwrap_or_default(), next, ticket: Vec::new() };
    found.cloned().ok_or(AddEntriesRefusal::Conflict(gone))
}

/// Checks one package against the checkpoint that the upload ends at.
fn authenticate(
    mirror: &Mirror,
    target: &SignedCheckpoint,
    package: &Package,
) -> Result<(), AddEntriesRefusal> {
    let range = package.range;
    let before = match range.start.saturating_sub(range.bundle_start) {
        // Also where earlier packages of this request are not written yet.
        0 => Vec::new(),
        _ => {
            let (start, end) = (LeafIndex(range.bundle_start), LeafIndex(range.start));
            mirror.reader.leaf_hashes(start, end).map_err(MirrorFault::Read)?
        }
    };
    let checkpoint = target.checkpoint();
    decide::authenticate(package, &before, checkpoint.size(), checkpoint.root())
        .map(|_| ())
        .map_err(AddEntriesRefusal::Package)
}

/// Step 6 of a mirror. A failure costs a longer start and nothing else, unless the disk is at
/// fault.
fn index(mirror: &Mirror, state: &mut State) {
    let size = state.mirror_size();
    let done = state.replica.published(size).and_then(|()| state.replica.tidy(size));
    if let Err(error) = done {
        mirror.broken(state, &error);
    }
}
