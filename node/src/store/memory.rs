//! The store's double for tests: files in memory, and a fault at a chosen write.
//!
//! A clone is the same store seen by the next process: what survives one "crash" is there after
//! it. Faults come in the two shapes that matter: the write failed and was not applied, or it was
//! applied and the caller was told that it failed.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Store, StoreError, check_path};

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The write fails and leaves nothing.
    NotApplied,
    /// The write fails and everything of it is there.
    Applied,
    /// The write fails and every second file of it is there.
    HalfApplied,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<String, Vec<u8>>,
    writes: u64,
    fault: Option<(u64, Fault)>,
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// The `after`-th write from now (0 is the next) goes wrong, and all that follow it, as in a
    /// process that is about to die. [`MemoryStore::heal`] ends that.
    pub fn fail_after(&self, after: u64, fault: Fault) {
        let mut inner = self.lock();
        let at = inner.writes + after;
        inner.fault = Some((at, fault));
    }

    /// Writes work again.
    pub fn heal(&self) {
        self.lock().fault = None;
    }

    /// How many writes were asked for so far.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// Puts bytes into a file behind the back of everyone.
    pub fn tamper(&self, path: &str, bytes: &[u8]) {
        self.lock().files.insert(path.to_owned(), bytes.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Inner {
    /// Counts a write and says whether and how it goes wrong. After the fault nothing is applied.
    fn next(&mut self) -> Option<Fault> {
        let number = self.writes;
        self.writes += 1;
        match self.fault {
            Some((at, fault)) if number == at => Some(fault),
            Some((at, _)) if number > at => Some(Fault::NotApplied),
            _ => None,
        }
    }
}

fn failed(path: &str) -> StoreError {
    let source = io::Error::other("a fault that the test asked for");
    StoreError::Io { path: path.to_owned(), action: "write", source }
}

impl Store for MemoryStore {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        check_path(path)?;
        Ok(self.lock().files.get(path).cloned())
    }

    fn write_once(&self, blobs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError> {
        blobs.iter().try_for_each(|(path, _)| check_path(path))?;
        let mut inner = self.lock();
        let fault = inner.next();
        if fault == Some(Fault::NotApplied) {
            return Err(failed("blobs"));
        }
        for (number, (path, bytes)) in blobs.into_iter().enumerate() {
            if fault == Some(Fault::HalfApplied) && number % 2 == 1 {
                continue;
            }
            match inner.files.get(&path) {
                Some(there) if *there != bytes => return Err(StoreError::Conflict { path }),
                _ => inner.files.insert(path, bytes),
            };
        }
        fault.map_or(Ok(()), |_| Err(failed("blobs")))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        check_path(path)?;
        let mut inner = self.lock();
        let fault = inner.next();
        if !matches!(fault, Some(Fault::NotApplied | Fault::HalfApplied)) {
            inner.files.insert(path.to_owned(), bytes.to_owned());
        }
        fault.map_or(Ok(()), |_| Err(failed(path)))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        let start = match folder.strip_suffix('/').unwrap_or(folder) {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let inner = self.lock();
        let mut found: Vec<String> = inner
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&start))
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => format!("{start}{name}/"),
                None => format!("{start}{rest}"),
            })
            .collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn remove(&self, path: &str) -> Result<(), StoreError> {
        let path = path.strip_suffix('/').unwrap_or(path);
        check_path(path)?;
        let folder = format!("{path}/");
        self.lock().files.retain(|name, _| name != path && !name.starts_with(&folder));
        Ok(())
    }
}
