//! The index: what can be rebuilt from the files, kept in `sled` so that a start is quick.
//!
//! For each log it holds the leaf index of every batch root, whose the status indexes are, and one
//! dump of the ledger state. It is believed up to a *mark* only: a small file that says which size
//! and root the dump belongs to, written after sled's own file was synced by us (sled 0.34's flush
//! does not fsync). sled writes one sequential log, so where the dump of a mark is there, the
//! lookups before it are.
//!
//! Deleting the folder costs a rebuild and nothing else. This is the only file that names sled.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use proto::hash::{Hash, LeafIndex, StatusIndex, TreeSize, sha256};
use proto::ledger::Run;

use super::StoreError;
use super::durable::{io_error, replace_file, sync_error, sync_folder};

/// First line of the file of marks.
const FIRST_LINE: &str = "beleg.index/v1";
/// Bytes of a dump in one sled value: small, because sled keeps large values in files of their
/// own, which our sync does not cover.
const PIECE_BYTES: usize = 4096;
/// Memory that sled may use for its pages. Its own default is 1 GB.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// How often, and after which pause, a database that cannot be opened is tried again.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why the index could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// sled refused. A lookup that fails is never taken for "not there".
    #[error(
        "{folder}: the index cannot be used: {source}\ndelete this folder while the node is \
             stopped; the next start builds it again from the files"
    )]
    Sled {
        /// The index folder.
        folder: String,
        /// What sled said.
        source: sled::Error,
    },
    /// A file of the index could not be written or synced.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Up to where the index is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Entries that the index knows.
    pub size: TreeSize,
    /// Root of the tree of these entries.
    pub root: Hash,
}

#[derive(Clone, Copy, Debug)]
struct Dump {
    mark: Mark,
    slot: u8,
    len: u64,
    hash: Hash,
}

/// The index of a node, for all its logs.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    db: Guarded<sled::Db>,
    marks: Mutex<BTreeMap<String, Dump>>,
}

impl Index {
    /// Opens the index in this folder; one that is missing, damaged or without marks starts empty.
    pub fn open(folder: &Path) -> Result<Arc<Index>, IndexError> {
        fs::create_dir_all(folder).map_err(|e| io_error(folder, "create folder", e))?;
        let database = folder.join("sled");
        let marks = match fs::read_to_string(folder.join("mark")) {
            Ok(text) => parse_marks(&text).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(io_error(&folder.join("mark"), "read", e).into()),
        };
        let opened = if marks.is_empty() { None } else { open_sled(&database).ok() };
        let (db, marks) = match opened {
            Some(db) => (db, marks),
            None => {
                if !marks.is_empty() {
                    let folder = folder.display();
                    tracing::warn!(%folder, "index unreadable, building it again");
                }
                remove(&folder.join("mark"), |p| fs::remove_file(p))?;
                remove(&database, |p| fs::remove_dir_all(p))?;
                let db = open_sled(&database)
                    .map_err(|source| IndexError::Sled { folder: name(folder), source })?;
                (db, BTreeMap::new())
            }
        };
        sync_folder(&database)?;
        sync_folder(folder)?;
        let db = Guarded(Some(db));
        Ok(Arc::new(Index { folder: folder.to_owned(), db, marks: Mutex::new(marks) }))
    }

    /// The part of one log, named by its folder in the store.
    pub fn log(self: &Arc<Index>, prefix: &str) -> Result<LogIndex, IndexError> {
        let tree = |kind: &str| {
            let name = format!("{kind}:{prefix}");
            self.db.open_tree(name).map_err(|source| self.error(source))
        };
        Ok(LogIndex {
            prefix: prefix.to_owned(),
            batches: Guarded(Some(tree("batches")?)),
            runs: Guarded(Some(tree("runs")?)),
            states: Guarded(Some(tree("state")?)),
            index: Arc::clone(self),
        })
    }

    fn error(&self, source: sled::Error) -> IndexError {
        IndexError::Sled { folder: name(&self.folder), source }
    }

    fn marks(&self) -> MutexGuard<'_, BTreeMap<String, Dump>> {
        self.marks.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Writes all marks. The lock is held, so that two logs do not write over each other.
    fn write_marks(&self, marks: &BTreeMap<String, Dump>) -> Result<(), IndexError> {
        let mut text = format!("{FIRST_LINE}\n");
        for (prefix, d) in marks {
            let Dump { mark: Mark { size, root }, slot, len, hash } = d;
            text.push_str(&format!("{prefix} {size} {root} {slot} {len} {hash}\n"));
        }
        Ok(replace_file(&self.folder.join("mark"), text.as_bytes())?)
    }

    /// Everything written to sled so far survives a power cut after this.
    fn sync(&self) -> Result<(), IndexError> {
        self.db.flush().map_err(|source| self.error(source))?;
        let file = self.folder.join("sled").join("db");
        let open = File::open(&file).map_err(|e| io_error(&file, "open", e))?;
        open.sync_all().map_err(|e| sync_error(&file, e))?;
        Ok(sync_folder(&self.folder.join("sled"))?)
    }
}

/// One log's part of the index.
#[derive(Clone, Debug)]
pub struct LogIndex {
    prefix: String,
    batches: Guarded<sled::Tree>,
    runs: Guarded<sled::Tree>,
    states: Guarded<sled::Tree>,
    index: Arc<Index>,
}

impl LogIndex {
    /// Up to where this log's part is believed.
    pub fn mark(&self) -> Option<Mark> {
        self.index.marks().get(&self.prefix).map(|dump| dump.mark)
    }

    /// The dump of the state at the mark; `None` if it is not the one that the mark tells of.
    pub fn state(&self) -> Result<Option<Vec<u8>>, IndexError> {
        let Some(dump) = self.index.marks().get(&self.prefix).copied() else { return Ok(None) };
        let mut bytes = Vec::new();
        for piece in self.states.scan_prefix([dump.slot]) {
            let (_, piece) = piece.map_err(|source| self.index.error(source))?;
            bytes.extend_from_slice(&piece);
        }
        bytes.truncate(usize::try_from(dump.len).unwrap_or(usize::MAX));
        let whole = bytes.len() as u64 == dump.len && sha256(&bytes) == dump.hash;
        Ok(whole.then_some(bytes))
    }

    /// Where an issuance of this batch is said to be. The caller confirms it against the files
    /// and disregards indexes beyond what it believes.
    pub fn batch(&self, root: &Hash) -> Result<Option<LeafIndex>, IndexError> {
        let found = self.batches.get(root.0).map_err(|source| self.index.error(source))?;
        let number = found.and_then(|value| value.as_ref().try_into().ok());
        Ok(number.map(|bytes| LeafIndex(u64::from_be_bytes(bytes))))
    }

    /// The last run of status indexes that begins at or before this one.
    pub fn run_at(&self, index: StatusIndex) -> Result<Option<Run>, IndexError> {
        let behind = index.0.saturating_add(1).to_be_bytes();
        let found = self.runs.get_lt(behind).map_err(|source| self.index.error(source))?;
        let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
        Ok(found.and_then(|(first, issuer)| {
            let first = StatusIndex(number(&first)?);
            Some(Run { first, issuer: LeafIndex(number(&issuer)?) })
        }))
    }

    /// Notes where batches are and which runs of status indexes began. Not durable before the next
    /// [`LogIndex::set_mark`].
    pub fn insert(&self, batches: &[(Hash, LeafIndex)], runs: &[Run]) -> Result<(), IndexError> {
        for run in runs {
            self.runs
                .insert(run.first.0.to_be_bytes(), &run.issuer.0.to_be_bytes())
                .map_err(|source| self.index.error(source))?;
        }
        for (root, index) in batches {
            self.batches
                .insert(root.0, &index.0.to_be_bytes())
                .map_err(|source| self.index.error(source))?;
        }
        Ok(())
    }

    /// Makes everything inserted, and this dump of the state, durable, and then the mark.
    pub fn set_mark(&self, mark: Mark, state: &[u8]) -> Result<(), IndexError> {
        let before = self.index.marks().get(&self.prefix).copied();
        // The dump that the last mark tells of stays whole until the new mark is durable.
        let slot = before.map_or(0, |dump| 1 - dump.slot.min(1));
        let mut written = 0u32;
        for piece in state.chunks(PIECE_BYTES) {
            let key = piece_key(slot, written);
            let there = self.states.get(key).map_err(|source| self.index.error(source))?;
            if there.as_deref() != Some(piece) {
                self.states.insert(key, piece).map_err(|source| self.index.error(source))?;
            }
            written += 1;
        }
        for stale in self.states.range(piece_key(slot, written)..piece_key(slot + 1, 0)) {
            let (key, _) = stale.map_err(|source| self.index.error(source))?;
            self.states.remove(key).map_err(|source| self.index.error(source))?;
        }
        self.index.sync()?;
        let dump = Dump { mark, slot, len: state.len() as u64, hash: sha256(state) };
        let mut marks = self.index.marks();
        let mut changed = marks.clone();
        changed.insert(self.prefix.clone(), dump);
        self.index.write_marks(&changed)?;
        *marks = changed;
        Ok(())
    }

    /// Forgets everything about this log, the mark first.
    pub fn clear(&self) -> Result<(), IndexError> {
        let mut marks = self.index.marks();
        marks.remove(&self.prefix);
        self.index.write_marks(&marks)?;
        self.batches.clear().map_err(|source| self.index.error(source))?;
        self.runs.clear().map_err(|source| self.index.error(source))?;
        self.states.clear().map_err(|source| self.index.error(source))
    }
}

/// A handle of sled's. The last one to be dropped syncs, and sled panics if that fails; the node is
/// stopping then because of the same disk, and says so itself.
#[derive(Clone, Debug)]
struct Guarded<T>(Option<T>);

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("only drop takes it")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        let inner = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(inner)));
    }
}

fn piece_key(slot: u8, number: u32) -> [u8; 5] {
    let [a, b, c, d] = number.to_be_bytes();
    [slot, a, b, c, d]
}

/// sled is known to panic on some damaged files; that is a damaged index like any other.
///
/// A database that was closed a moment ago in this process may still be locked by sled's own
/// threads. That is no damage, so it is tried again for a while.
fn open_sled(database: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(database)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .mode(sled::Mode::HighThroughput);
    let open = || {
        catch_unwind(AssertUnwindSafe(|| config.open()))
            .unwrap_or_else(|_| Err(sled::Error::ReportableBug("opening panicked".to_owned())))
    };
    let mut tries = 1;
    loop {
        match open() {
            Err(sled::Error::Io(_)) if tries < LOCK_TRIES => std::thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
        tries += 1;
    }
}

fn remove(path: &Path, how: impl Fn(&Path) -> io::Result<()>) -> Result<(), StoreError> {
    match how(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error(path, "remove", e)),
        _ => Ok(()),
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

fn parse_marks(text: &str) -> Option<BTreeMap<String, Dump>> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let mut marks = BTreeMap::new();
    for line in lines {
        let parts: Vec<&str> = line.split(' ').collect();
        let [prefix, size, root, slot, len, hash] = parts.as_slice() else { return None };
        let mark = Mark { size: TreeSize(size.parse().ok()?), root: Hash::from_hex(root).ok()? };
        let slot = slot.parse().ok().filter(|slot| *slot <= 1)?;
        let dump = Dump { mark, slot, len: len.parse().ok()?, hash: Hash::from_hex(hash).ok()? };
        marks.insert((*prefix).to_owned(), dump);
    }
    Some(marks)
}

#[cfg(test)]
mod tests;
