//! A file of one JSON object a line that only grows, durable line by line.
//!
//! A line that a crash left half written is cut off at the next start: nobody was told of it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

/// Why a file that grows by lines, or one beside it, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not what was written.
    #[error("{file}: this file is damaged\nbring it back from a backup; do not delete it")]
    Damaged {
        /// The file.
        file: String,
    },
}

pub(crate) fn io_error(path: &Path, action: &'static str, source: io::Error) -> FileError {
    StoreError::Io { path: path.display().to_string(), action, source }.into()
}

/// The file, open for writing.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Opens a file of a folder, made if it is not there, and cuts off half a line.
    pub fn open(folder: &Path, name: &str) -> Result<Lines, FileError> {
        let path = folder.join(name);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(|e| io_error(&path, "open", e))?;
        whole_lines(&mut file)
            .and_then(|length| file.set_len(length))
            .and_then(|()| file.sync_all())
            .map_err(|e| io_error(&path, "read", e))?;
        crate::store::sync_folder(folder)?;
        Ok(Lines { path, file })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line down, durably.
    pub fn append(&mut self, line: &impl Serialize) -> Result<(), FileError> {
        let mut text = serde_json::to_vec(line).unwrap_or_default();
        text.push(b'\n');
        let end = self.file.seek(SeekFrom::End(0));
        let end = end.map_err(|e| io_error(&self.path, "write", e))?;
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_all());
        written.map_err(|e| {
            // Half a line must not stand before the next one. If this fails too, the next start
            // cuts it off.
            let _ = self.file.set_len(end);
            io_error(&self.path, "write", e)
        })
    }
}

/// Shows each whole line, of at most so many bytes; others may write meanwhile. The file is damaged
/// if one is no line or `take` does not take it.
pub fn walk<T: DeserializeOwned>(
    path: &Path,
    line_bytes: u64,
    take: &mut dyn FnMut(T) -> bool,
) -> Result<(), FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io_error(path, "read", e)),
    };
    let mut reader = BufReader::new(file);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = reader.by_ref().take(line_bytes).read_until(b'\n', &mut text);
        read.map_err(|e| io_error(path, "read", e))?;
        if text.last() != Some(&b'\n') {
            return Ok(());
        }
        if !serde_json::from_slice::<T>(&text).is_ok_and(&mut *take) {
            return Err(FileError::Damaged { file: path.display().to_string() });
        }
    }
}

/// The length of a file up to its last newline.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut block = [0u8; 4096];
    while end > 0 {
        let part = end.min(4096);
        file.seek(SeekFrom::Start(end - part))?;
        let block = block.get_mut(..part as usize).unwrap_or_default();
        file.read_exact(block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(end - part + at as u64 + 1);
        }
        end -= part;
    }
    Ok(0)
}
