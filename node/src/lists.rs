//! Status lists as files for verifiers: of the own log as it is published, of a mirrored log with
//! the cosignatures of a quorum if they can be had, else as this node's cosigner has signed it.
//!
//! A list is made when it is asked for and kept, plain and compressed, until the status of some
//! document has changed or the kept one is a few seconds old, so that a crowd costs one list. What
//! other nodes show of a log comes from `mirror::sight`; [`source`] fetches whole lists.

mod source;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use flate2::Compression;
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::{Hash, TreeSize};
use proto::ledger::StatusTree;
use proto::status_list::StatusList;

use crate::gzip;
use crate::log::Log;
use crate::log::board::Published;
use crate::mirror::service::Mirror;
use crate::mirror::sight::{Other, Sights};
use source::Source;

/// How long a list is given out although a newer checkpoint says the same with a newer date.
const KEPT: Duration = Duration::from_secs(5);
/// How long a request waits for another node; the fetch goes on without it.
const PATIENCE: Duration = Duration::from_secs(4);

/// A list as it is sent.
#[derive(Clone, Debug)]
pub struct ListFile {
    /// As docs/formats.md has it.
    pub plain: Bytes,
    /// The same with gzip.
    pub gzip: Bytes,
}

impl ListFile {
    fn pack(plain: Vec<u8>) -> io::Result<ListFile> {
        let gzip = gzip::pack(&plain, Compression::default())?;
        Ok(ListFile { plain: plain.into(), gzip: gzip.into() })
    }
}

struct Kept {
    /// Whether a quorum has cosigned it.
    complete: bool,
    size: TreeSize,
    root: Hash,
    length: u64,
    made: Instant,
    file: ListFile,
}

/// Lists that were asked for.
pub struct Lists {
    federation: Arc<Federation>,
    sights: Arc<Sights>,
    /// Where the lists of other logs come from, by origin.
    sources: HashMap<String, Arc<Source>>,
    /// By origin. What a quorum has cosigned never gives way to less, or to something older.
    kept: Mutex<HashMap<String, Kept>>,
}

impl Lists {
    /// None yet.
    pub fn new(federation: Arc<Federation>, sights: Arc<Sights>, others: &[Other]) -> Lists {
        let named = |log: &Other| (log.origin.clone(), Arc::new(Source::new(log.clone())));
        let sources = others.iter().map(named).collect();
        Lists { federation, sights, sources, kept: Mutex::default() }
    }

    /// The published list of the own log; `None` before the first publication. Blocks.
    pub fn of_log(&self, log: &Log) -> io::Result<Option<ListFile>> {
        let origin = log.rules.origin();
        let found = log.board.with_status(|status| match self.kept(origin, status, true) {
            Some(file) => Ok(file),
            None => Err(status.clone()),
        });
        match found {
            None => Ok(None),
            Some((_, Ok(file))) => Ok(Some(file)),
            Some((published, Err(status))) => {
                self.make(origin, &published, &status, true).map(Some)
            }
        }
    }

    /// The list of a mirrored log that a quorum has cosigned: the mirror's, or the one that the
    /// log's own node gives. Without any, the one that this node alone has cosigned.
    pub async fn of_mirror(
        self: &Arc<Lists>,
        mirror: &Arc<Mirror>,
    ) -> io::Result<Option<ListFile>> {
        if let Some(file) = self.cosigned(mirror).await? {
            return Ok(Some(file));
        }
        self.ask(mirror).await;
        if let Some(file) = self.cosigned(mirror).await? {
            return Ok(Some(file));
        }
        if let Some((file, _)) = self.complete(mirror.origin()) {
            return Ok(Some(file));
        }
        let own = self.at_mirror(mirror, None).await?;
        Ok(own.or_else(|| self.lock().get(mirror.origin()).map(|kept| kept.file.clone())))
    }

    /// The list with which the mirror closes, if that is the newest checkpoint which a quorum is
    /// known to have cosigned.
    async fn cosigned(self: &Arc<Lists>, mirror: &Arc<Mirror>) -> io::Result<Option<ListFile>> {
        match self.sights.log(mirror.origin()).published {
            Some(published) => self.at_mirror(mirror, Some(published.signed().clone())).await,
            None => Ok(None),
        }
    }

    /// Has the log's own node asked, unless that was a moment ago, and waits for it a little.
    async fn ask(self: &Arc<Lists>, mirror: &Arc<Mirror>) {
        let Some(source) = self.sources.get(mirror.origin()) else { return };
        let turn = match source.try_turn() {
            Some(turn) => turn,
            // Somebody has it asked; what is kept is old by a moment.
            None if self.complete(mirror.origin()).is_some() => return,
            None => match tokio::time::timeout(PATIENCE, source.turn()).await {
                Ok(turn) => turn,
                Err(_) => return,
            },
        };
        if !turn.is_due() {
            return;
        }
        let (lists, source, mirror) = (Arc::clone(self), Arc::clone(source), Arc::clone(mirror));
        let asked = tokio::spawn(async move {
            if let Err(error) = lists.fetch(&source, &mirror).await {
                tracing::warn!(log = mirror.origin(), %error, "no status list from its node");
            }
            turn.end();
        });
        let _late = tokio::time::timeout(PATIENCE, asked).await;
    }

    /// Fetches what is newer than anything here.
    async fn fetch(self: &Arc<Lists>, source: &Source, mirror: &Arc<Mirror>) -> io::Result<()> {
        let origin = mirror.origin();
        // Why it does not answer stands in the state of the federation.
        let Some(shown) = self.sights.ask(&self.federation, source.log()).await else {
            return Ok(());
        };
        let newest = |(_, size)| size >= shown.size();
        if self.cosigned(mirror).await?.is_some() || self.complete(origin).is_some_and(newest) {
            return Ok(());
        }
        let (list, file) = source.fetch(&self.federation).await?;
        let (tree, size) = (list.tree(), list.published().size());
        let (root, length, made) = (tree.root(), tree.length(), Instant::now());
        self.sights.keep(origin, list.published().clone());
        self.keep(origin, Kept { complete: true, size, root, length, made, file });
        Ok(())
    }

    /// The list with which the mirror closes, with the lines of `note` if that is over the same
    /// tree, or with those of this node; `None` if it is not, or entries beyond it arrive.
    async fn at_mirror(
        self: &Arc<Lists>,
        mirror: &Arc<Mirror>,
        note: Option<SignedCheckpoint>,
    ) -> io::Result<Option<ListFile>> {
        let (lists, mirror) = (Arc::clone(self), Arc::clone(mirror));
        let work = move || {
            let (origin, complete) = (mirror.origin(), note.is_some());
            let found = mirror.with_closing_status(|own, status| {
                let signed = note.as_ref().unwrap_or(own);
                (signed.checkpoint() == own.checkpoint()).then(|| {
                    let kept = lists.kept(origin, status, complete);
                    kept.ok_or_else(|| Box::new((signed.clone(), status.clone())))
                })
            });
            let (signed, status) = match found.flatten() {
                None => return Ok(None),
                Some(Ok(file)) => return Ok(Some(file)),
                Some(Err(found)) => *found,
            };
            let published = Published::read(&mirror.shelf.reader(), signed);
            match published.map_err(io::Error::other)? {
                Some(published) => lists.make(origin, &published, &status, complete).map(Some),
                None => Ok(None),
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }

    /// The list that is kept, while it says what is wanted.
    fn kept(&self, origin: &str, status: &StatusTree, complete: bool) -> Option<ListFile> {
        let lists = self.lock();
        let kept = lists.get(origin)?;
        let same = kept.length == status.length() && kept.root == status.root();
        let serves = same && (kept.complete || !complete) && kept.made.elapsed() < KEPT;
        serves.then(|| kept.file.clone())
    }

    /// The newest list here that a quorum has cosigned, however old.
    fn complete(&self, origin: &str) -> Option<(ListFile, TreeSize)> {
        let lists = self.lock();
        let kept = lists.get(origin).filter(|kept| kept.complete)?;
        Some((kept.file.clone(), kept.size))
    }

    fn make(
        &self,
        origin: &str,
        published: &Published,
        status: &StatusTree,
        complete: bool,
    ) -> io::Result<ListFile> {
        let (time, proof) = (published.snapshot.time, published.snapshot_proof.clone());
        let list = StatusList::new(published.signed.clone(), time, proof, status);
        let file = ListFile::pack(list.to_bytes())?;
        let (size, root, length) = (published.size(), status.root(), status.length());
        let (made, copy) = (Instant::now(), file.clone());
        self.keep(origin, Kept { complete, size, root, length, made, file: copy });
        Ok(file)
    }

    fn keep(&self, origin: &str, new: Kept) {
        let mut lists = self.lock();
        let rank = |kept: &Kept| (kept.complete, kept.size);
        if lists.get(origin).is_none_or(|kept| rank(kept) <= rank(&new)) {
            lists.insert(origin.to_owned(), new);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
