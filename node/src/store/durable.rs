//! Making files durable: temporary file, fsync, rename, fsync of the folders.
//!
//! Temporary files live in one folder of their own, so that no listing ever sees one and a start
//! clears them all at once. Folders are made durable from the store's root downwards the first
//! time this process puts something into them: a folder that is merely *there* may be the
//! unsynced work of a process that was killed.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::StoreError;

/// How many folders are remembered as durable before the memory is dropped and built up again.
const MAX_REMEMBERED_FOLDERS: usize = 65_536;

/// Writes files below one root.
#[derive(Debug)]
pub(super) struct Writer {
    root: PathBuf,
    temporary: PathBuf,
    next: AtomicU64,
    /// Folders whose own entry in their parent is known to be durable.
    folders: Mutex<HashSet<PathBuf>>,
}

/// A temporary file, complete and synced, on its way to its place.
#[derive(Debug)]
pub(super) struct Prepared {
    temporary: PathBuf,
    target: PathBuf,
}

impl Writer {
    /// Empties the folder for temporary files. The caller holds the lock on the store.
    pub(super) fn open(root: &Path) -> Result<Writer, StoreError> {
        let temporary = root.join("tmp");
        match fs::remove_dir_all(&temporary) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(io_error(&temporary, "empty the folder", e));
            }
            _ => {}
        }
        fs::create_dir_all(&temporary).map_err(|e| io_error(&temporary, "create folder", e))?;
        Ok(Writer {
            root: root.to_owned(),
            temporary,
            next: AtomicU64::new(0),
            folders: Mutex::new(HashSet::new()),
        })
    }

    /// Writes and syncs the bytes where nobody looks yet.
    pub(super) fn prepare(&self, target: PathBuf, bytes: &[u8]) -> Result<Prepared, StoreError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary = self.temporary.join(number.to_string());
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
            .map_err(|e| io_error(&temporary, "create file", e))?;
        file.write_all(bytes).map_err(|e| io_error(&target, "write", e))?;
        file.sync_all().map_err(|e| sync_error(&target, e))?;
        Ok(Prepared { temporary, target })
    }

    /// Moves a file to its place unless something is there. `false`: something is.
    pub(super) fn place_new(&self, file: &Prepared) -> Result<bool, StoreError> {
        let flags = RenameFlags::NOREPLACE;
        match renameat_with(CWD, &file.temporary, CWD, &file.target, flags) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::EXIST) => {
                // The owner compares the two; this one has done its duty.
                let _ = fs::remove_file(&file.temporary);
                Ok(false)
            }
            // Some file systems cannot refuse to replace. One process writes here (the lock),
            // and one writer each log, so looking first is enough.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                if file.target.exists() {
                    let _ = fs::remove_file(&file.temporary);
                    return Ok(false);
                }
                self.place(file).map(|()| true)
            }
            Err(e) => Err(io_error(&file.target, "create file", e.into())),
        }
    }

    /// Moves a file to its place, over whatever is there.
    pub(super) fn place(&self, file: &Prepared) -> Result<(), StoreError> {
        fs::rename(&file.temporary, &file.target).map_err(|e| io_error(&file.target, "replace", e))
    }

    /// Makes the folder exist and durable, with all folders between it and the root.
    pub(super) fn folder(&self, folder: &Path) -> Result<(), StoreError> {
        let known = |path: &Path| {
            let folders = self.folders.lock().unwrap_or_else(|e| e.into_inner());
            folders.contains(path)
        };
        if folder == self.root || known(folder) {
            return Ok(());
        }
        if let Some(parent) = folder.parent() {
            self.folder(parent)?;
            match fs::create_dir(folder) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io_error(folder, "create folder", e));
                }
                _ => {}
            }
            sync_folder(parent)?;
        }
        let mut folders = self.folders.lock().unwrap_or_else(|e| e.into_inner());
        if folders.len() >= MAX_REMEMBERED_FOLDERS {
            folders.clear();
        }
        folders.insert(folder.to_owned());
        Ok(())
    }

    /// A folder was removed: its name says nothing any more.
    pub(super) fn forget(&self, folder: &Path) {
        let mut folders = self.folders.lock().unwrap_or_else(|e| e.into_inner());
        folders.retain(|known| !known.starts_with(folder));
    }
}

/// Creates or replaces one file outside a store (marks, plans, tokens), durably. Only its owner may
/// read it.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&temporary).map_err(|e| io_error(&temporary, "create file", e))?;
    file.write_all(bytes).map_err(|e| io_error(&temporary, "write", e))?;
    file.sync_all().map_err(|e| sync_error(path, e))?;
    fs::rename(&temporary, path).map_err(|e| io_error(path, "replace", e))?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let open = File::open(folder).map_err(|e| io_error(folder, "open folder", e))?;
    open.sync_all().map_err(|e| sync_error(folder, e))
}

pub(super) fn io_error(path: &Path, action: &'static str, source: io::Error) -> StoreError {
    StoreError::Io { path: path.display().to_string(), action, source }
}

pub(super) fn sync_error(path: &Path, source: io::Error) -> StoreError {
    StoreError::Sync { path: path.display().to_string(), source }
}
