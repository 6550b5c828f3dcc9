//! Which files a command line means: files as they are given, folders from top to bottom.
//!
//! Folders are read one at a time and in the order of their names, so that the same folder gives
//! the same lines every time and a folder of a million files is never held in memory as a whole.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What a receipt's name ends with, after the document's whole name and a full stop.
pub const RECEIPT_EXTENSION: &str = "tlog-proof";

/// Where the receipt of `document` lies: `NAME.tlog-proof` beside `NAME`.
pub fn receipt_path(document: &Path) -> PathBuf {
    let mut name = OsString::from(document);
    name.push(".");
    name.push(RECEIPT_EXTENSION);
    PathBuf::from(name)
}

/// Whether this is the name of a receipt.
pub fn is_receipt(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == RECEIPT_EXTENSION)
}

/// The document that the receipt at this path belongs to.
pub fn document_path(receipt: &Path) -> PathBuf {
    receipt.with_extension("")
}

/// Why something that was found cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// The system refused, or there is no such file.
    #[error("{0}")]
    Io(io::Error),
    /// A link that leads back to a folder above it.
    #[error("this link leads back to a folder that contains it")]
    Loop,
    /// A pipe, a socket or a device.
    #[error("it is neither a file nor a folder")]
    Special,
}

/// What [`walk`] comes across.
#[derive(Debug)]
pub enum Found {
    /// A file that is not named as a receipt.
    Document(PathBuf),
    /// A file named as a receipt.
    Receipt(PathBuf),
    /// Something that cannot be taken.
    Refused(PathBuf, WalkError),
}

/// Goes through `paths` in the order given. Hidden files and folders inside a folder are passed
/// over; what is named on the command line is taken whatever its name is.
pub fn walk(paths: &[PathBuf]) -> impl Iterator<Item = Found> + '_ {
    paths.iter().flat_map(|path| {
        WalkDir::new(path)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
            .filter_map(|entry| sort(path, entry))
    })
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn sort(top: &Path, entry: walkdir::Result<DirEntry>) -> Option<Found> {
    match entry {
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) if !entry.file_type().is_file() => {
            Some(Found::Refused(entry.into_path(), WalkError::Special))
        }
        Ok(entry) if is_receipt(entry.path()) => Some(Found::Receipt(entry.into_path())),
        Ok(entry) => Some(Found::Document(entry.into_path())),
        Err(error) => {
            let path = error.path().unwrap_or(top).to_path_buf();
            let looped = error.loop_ancestor().is_some();
            let why = match error.into_io_error() {
                _ if looped => WalkError::Loop,
                Some(error) => WalkError::Io(error),
                None => WalkError::Special,
            };
            Some(Found::Refused(path, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(top: &Path, paths: &[PathBuf]) -> Vec<String> {
        walk(paths)
            .map(|found| {
                let (kind, path) = match found {
                    Found::Document(path) => ("document", path),
                    Found::Receipt(path) => ("receipt", path),
                    Found::Refused(path, WalkError::Loop) => ("loop", path),
                    Found::Refused(path, WalkError::Special) => ("special", path),
                    Found::Refused(path, WalkError::Io(_)) => ("io", path),
                };
                format!("{kind} {}", path.strip_prefix(top).unwrap().display())
            })
            .collect()
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path();
        fs::create_dir_all(top.join("b/.hidden")).unwrap();
        for name in ["c.pdf", "a.pdf", "a.pdf.tlog-proof", "b/2", "b/1", ".lock", "b/.hidden/x"] {
            fs::write(top.join(name), name).unwrap();
        }
        symlink(top.join("nowhere"), top.join("broken")).unwrap();
        symlink(top, top.join("b/up")).unwrap();
        let want = [
            "document a.pdf",
            "receipt a.pdf.tlog-proof",
            "document b/1",
            "document b/2",
            "loop b/up",
            "io broken",
            "document c.pdf",
        ];
        assert_eq!(names(top, &[top.to_path_buf()]), want);
        assert_eq!(names(top, &[top.join(".lock")]), ["document .lock"]);
        assert_eq!(names(top, &[top.join("gone")]), ["io gone"]);
    }

    #[test]
    fn a_pipe_is_refused_and_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(names(dir.path(), &[dir.path().to_path_buf()]), ["special pipe"]);
    }

    #[test]
    fn a_receipt_and_its_document_name_each_other() {
        let document = Path::new("dir/a.pdf");
        let receipt = receipt_path(document);
        assert_eq!(receipt, Path::new("dir/a.pdf.tlog-proof"));
        assert!(is_receipt(&receipt) && !is_receipt(document));
        assert_eq!(document_path(&receipt), document);
    }
}
