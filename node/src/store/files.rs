//! The store of plain files: a folder that any web server can serve as it is.
//!
//! Trusted or not: `checkpoint` and `pending` are trusted not to be rolled back (the restart rule
//! asks the peers); write-once files are verified by those who read them, so that whoever edits
//! one can stop the node and nothing else.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::durable::{Writer, io_error, sync_folder};
use super::{MAX_FILE_BYTES, Store, StoreError, check_path};

/// How many files are synced at the same time. A journalling file system commits them together,
/// so the time of many is close to the time of one.
const PARALLEL_WRITES: usize = 16;

/// Plain files below one folder, for reading only: without a lock, so that it can be looked at
/// while a node runs on it.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

/// Plain files below one folder, locked against other processes.
#[derive(Debug)]
pub struct FileStore {
    files: Files,
    writer: Writer,
    pool: rayon::ThreadPool,
    /// Holds the lock for as long as the store lives.
    _lock: File,
}

impl Files {
    /// The files below this folder.
    pub fn new(root: &Path) -> Files {
        Files { root: root.to_owned() }
    }

    /// The bytes of a file, `None` if there is no such file.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        read_bounded(&self.locate(path)?)
    }

    /// What lies directly in a folder; as [`Store::list`].
    pub fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let place = if folder.is_empty() {
            self.root.clone()
        } else {
            self.locate(folder.strip_suffix('/').unwrap_or(folder))?
        };
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(e) if is_absent(&e) => return Ok(Vec::new()),
            Err(e) => return Err(io_error(&place, "list", e)),
        };
        let start = match folder.strip_suffix('/').unwrap_or(folder) {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| io_error(&place, "list", e))?;
            let kind = entry.file_type().map_err(|e| io_error(&place, "list", e))?;
            // A name that is not text was not made by us and cannot be asked for either.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let slash = if kind.is_dir() { "/" } else { "" };
            found.push(format!("{start}{name}{slash}"));
        }
        found.sort();
        Ok(found)
    }

    fn locate(&self, path: &str) -> Result<PathBuf, StoreError> {
        check_path(path)?;
        Ok(self.root.join(path))
    }
}

impl FileStore {
    /// Opens the folder, creating it if needed, and locks it.
    pub fn open(root: &Path) -> Result<FileStore, StoreError> {
        create_root(root)?;
        let lock_path = root.join("lock");
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|e| io_error(&lock_path, "open", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { folder: root.display().to_string() });
            }
            Err(TryLockError::Error(e)) => return Err(io_error(&lock_path, "lock", e)),
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(PARALLEL_WRITES)
            .thread_name(|i| format!("store-{i}"))
            .build()
            .map_err(|e| io_error(root, "start threads for", io::Error::other(e)))?;
        Ok(FileStore { files: Files::new(root), writer: Writer::open(root)?, pool, _lock: lock })
    }

    /// Writes one file unless it is there with the same content.
    fn create(&self, target: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        if same_content(target, bytes)? {
            return Ok(());
        }
        let prepared = self.writer.prepare(target.to_owned(), bytes)?;
        if !self.writer.place_new(&prepared)? {
            same_content(target, bytes)?;
        }
        Ok(())
    }
}

impl Store for FileStore {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.files.read(path)
    }

    fn write_once(&self, blobs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        let mut targets = Vec::with_capacity(blobs.len());
        let mut folders = BTreeSet::new();
        for (path, bytes) in blobs {
            let target = self.files.locate(&path)?;
            folders.extend(target.parent().map(Path::to_owned));
            targets.push((target, bytes));
        }
        for folder in &folders {
            self.writer.folder(folder)?;
        }
        self.pool.install(|| {
            targets.par_iter().try_for_each(|(target, bytes)| self.create(target, bytes))?;
            // Also where all files were there before: an earlier process may have been killed
            // between its rename and this.
            folders.par_iter().try_for_each(|folder| sync_folder(folder))
        })
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let target = self.files.locate(path)?;
        let folder = target.parent().unwrap_or(&self.files.root).to_owned();
        self.writer.folder(&folder)?;
        let prepared = self.writer.prepare(target, bytes)?;
        self.writer.place(&prepared)?;
        sync_folder(&folder)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        self.files.list(folder)
    }

    fn remove(&self, path: &str) -> Result<(), StoreError> {
        let target = self.files.locate(path.strip_suffix('/').unwrap_or(path))?;
        let result = match fs::symlink_metadata(&target) {
            Ok(found) if found.is_dir() => {
                self.writer.forget(&target);
                fs::remove_dir_all(&target)
            }
            Ok(_) => fs::remove_file(&target),
            Err(e) => Err(e),
        };
        match result {
            Ok(()) => sync_folder(target.parent().unwrap_or(&self.files.root)),
            Err(e) if is_absent(&e) => Ok(()),
            Err(e) => Err(io_error(&target, "remove", e)),
        }
    }
}

/// Nothing has this name: there is no such file, or its folder is a file.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Creates the store's folder if it is missing, durably.
fn create_root(root: &Path) -> Result<(), StoreError> {
    if root.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(root).map_err(|e| io_error(root, "create folder", e))?;
    let whole = root.canonicalize().map_err(|e| io_error(root, "find", e))?;
    whole.parent().map_or(Ok(()), sync_folder)
}

/// `Ok(true)`: the file is there and holds exactly this; `Ok(false)`: there is no such file.
fn same_content(target: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    match read_bounded(target)? {
        None => Ok(false),
        Some(found) if found == bytes => Ok(true),
        Some(_) => Err(StoreError::Conflict { path: target.display().to_string() }),
    }
}

fn read_bounded(target: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(target) {
        Ok(file) => file,
        Err(e) if is_absent(&e) => return Ok(None),
        Err(e) => return Err(io_error(target, "open", e)),
    };
    let found = file.metadata().map_err(|e| io_error(target, "read", e))?;
    if found.is_dir() {
        return Ok(None);
    }
    if found.len() > MAX_FILE_BYTES {
        let path = target.display().to_string();
        return Err(StoreError::TooLarge { path, limit: MAX_FILE_BYTES });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|e| io_error(target, "read", e))?;
    Ok(Some(bytes))
}
