//! Where a node keeps bytes: the contract every store passes ([`suite`]), and what failing means.
//!
//! Two kinds of file exist. *Write-once* files (tiles, entry bundles) never change after they
//! became visible; *replaced* files (`checkpoint`, `pending`) are small and change as a whole.
//! Every path is relative, `/`-separated, and made of the characters `a-z 0-9 . _ -`.
//! All calls block; async callers run them on a blocking thread.

mod durable;
mod files;
mod index;
#[cfg(test)]
pub mod memory;
#[cfg(test)]
mod suite;

use std::io;

pub(crate) use durable::{replace_file, sync_folder};
pub use files::{FileStore, Files};
pub use index::{Index, IndexError, LogIndex, Mark};

/// The largest file a store reads: one full entry bundle, and room to notice that one is larger.
pub const MAX_FILE_BYTES: u64 = 256 * (2 + 65_535) + 1;

/// A place for files. One process has it open at a time.
pub trait Store: Send + Sync {
    /// The bytes of a file, `None` if there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Creates files. On `Ok` all of them, and the folders they lie in, survive a power cut.
    /// A file that exists with the same content is fine; one with other content is
    /// [`StoreError::Conflict`] and nothing is overwritten. After an error any subset of the files
    /// may exist, each of them whole.
    fn write_once(&self, blobs: Vec<(String, Vec<u8>)>) -> Result<(), StoreError>;

    /// Creates or replaces one file. On `Ok` it survives a power cut; at any moment a reader sees
    /// the old bytes or the new ones. After an error it is not known which of the two are durable.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// What lies directly in a folder, as whole paths in ascending order; those of folders end in
    /// `/`. Empty if there is no such folder. `""` is the store itself.
    fn list(&self, folder: &str) -> Result<Vec<String>, StoreError>;

    /// Removes a file, or a folder with everything in it; fine if there is none. On `Ok` it does
    /// not come back after a power cut.
    fn remove(&self, path: &str) -> Result<(), StoreError>;
}

/// Why a store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the folder open.
    #[error(
        "{folder}: another beleg-node is using this data folder\n\
         stop that one first, or give each node its own data folder"
    )]
    Locked {
        /// The data folder.
        folder: String,
    },
    /// A write-once file exists and holds something else.
    #[error(
        "{path}: this file may be written only once, and it already holds other bytes\n\
         stop the node, keep a copy of the data folder, and run beleg-node fsck"
    )]
    Conflict {
        /// The file.
        path: String,
    },
    /// A path that leaves the store or holds characters that no path of ours has.
    #[error("{path}: this is not a path inside the data folder\nthis is a fault in beleg-node")]
    BadPath {
        /// The path as given.
        path: String,
    },
    /// A file is larger than anything a node writes.
    #[error(
        "{path}: larger than the {limit} bytes that a node's file can have\n\
         the file was not written by beleg-node; run beleg-node fsck"
    )]
    TooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The operating system refused; nothing is known to be lost.
    #[error("{path}: cannot {action}: {source}\ncheck the disk's free space and permissions")]
    Io {
        /// The file or folder.
        path: String,
        /// What was tried.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// An fsync failed: what is on the disk is unknown, and asking again would not tell.
    #[error(
        "{path}: the disk did not confirm a write: {source}\n\
         check the disk, then start the node again; it finds out what is there"
    )]
    Sync {
        /// The file or folder.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the process must stop and find out, on the next start, what is on the disk.
    /// Otherwise the same step may be tried again after the owner recovered by reopening.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, StoreError::Io { .. })
    }
}

/// Refuses paths that could leave the store.
pub(crate) fn check_path(path: &str) -> Result<(), StoreError> {
    let good = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
            })
    };
    if path.split('/').all(good) {
        Ok(())
    } else {
        Err(StoreError::BadPath { path: path.to_owned() })
    }
}
