//! Reading files: whole ones up to a bound, documents of any size as a digest.
//!
//! A file over its bound is an error and never a shorter read. Only regular files are opened: a
//! pipe would block for ever, and a device has no end.

use check::ContentDigester;
use proto::document::ContentDigest;
use rustix::fs::OFlags;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The largest part of a document that is in memory at once. Smaller buffers cost system calls,
/// larger ones fall out of the processor's cache between the read and the hash.
const BUFFER: usize = 256 * 1024;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The system refused.
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A folder, a pipe or a device.
    #[error("it is not a file")]
    NotAFile,
    /// More than the limit for this kind of file.
    #[error("it has more than {limit} bytes, which no such file can have")]
    TooLong {
        /// The bound that was passed.
        limit: usize,
    },
    /// Its size or time stamp moved while it was read.
    #[error("it was changed while it was being read")]
    Changed,
}

/// What the file system says about a file; two equal stamps mean that nobody wrote to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Device and inode number.
    pub file: (u64, u64),
    /// Size in bytes.
    pub size: u64,
    /// Time of the last write: seconds and nanoseconds.
    pub modified: (i64, i64),
}

impl Stamp {
    /// The stamp of what `metadata` describes.
    pub fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// Opens a regular file and says what it is.
pub fn open(path: &Path) -> Result<(File, Metadata), InputError> {
    // Without waiting for the other end, so that a pipe is refused and not waited for.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(InputError::NotAFile);
    }
    Ok((file, metadata))
}

/// The whole file, if it has at most `limit` bytes.
pub fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, InputError> {
    let (file, metadata) = open(path)?;
    let expected = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if expected > limit {
        return Err(InputError::TooLong { limit });
    }
    let mut bytes = Vec::with_capacity(expected + 1);
    // One byte over the limit tells a file that grew from one that fits.
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(InputError::TooLong { limit });
    }
    Ok(bytes)
}

/// Hashes documents one after the other with one buffer; each thread has its own.
#[derive(Debug, Default)]
pub struct Digester {
    buffer: Vec<u8>,
}

impl Digester {
    /// A digester whose buffer grows with the first file.
    pub fn new() -> Digester {
        Digester::default()
    }

    /// Reads the file once, from start to end, and shows each part to `seen`.
    pub fn digest(
        &mut self,
        path: &Path,
        with_sha512: bool,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<(ContentDigest, Stamp), InputError> {
        let (mut file, metadata) = open(path)?;
        let stamp = Stamp::of(&metadata);
        let digest = self.digest_of(&mut file, stamp.size, with_sha512, &mut seen)?;
        if digest.length != stamp.size || Stamp::of(&file.metadata()?) != stamp {
            return Err(InputError::Changed);
        }
        Ok((digest, stamp))
    }

    /// The same of any source that is expected to give so many bytes.
    pub fn digest_of(
        &mut self,
        source: &mut impl Read,
        expected: u64,
        with_sha512: bool,
        mut seen: impl FnMut(&[u8]),
    ) -> io::Result<ContentDigest> {
        // One byte more than there is, so that a small source's end is seen without growing.
        let wanted = usize::try_from(expected).map_or(BUFFER, |size| size.saturating_add(1));
        let wanted = wanted.clamp(4096, BUFFER);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let mut content = ContentDigester::new(with_sha512);
        loop {
            let part = match source.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(n) => &self.buffer[..n],
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            content.update(part);
            seen(part);
        }
        Ok(content.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256, Sha512};
    use std::fs;

    #[test]
    fn a_file_at_the_limit_is_read_and_one_byte_more_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
        assert!(matches!(read_bounded(&path, 4), Err(InputError::TooLong { limit: 4 })));
    }

    #[test]
    fn a_folder_a_pipe_and_a_device_are_not_files() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        for path in [dir.path(), &pipe, Path::new("/dev/zero")] {
            assert!(matches!(read_bounded(path, 100), Err(InputError::NotAFile)), "{path:?}");
            let digest = Digester::new().digest(path, false, |_| {});
            assert!(matches!(digest, Err(InputError::NotAFile)), "{path:?}");
        }
    }

    #[test]
    fn digests_do_not_depend_on_where_the_buffer_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let mut digester = Digester::new();
        for size in [0, 1, 4095, 4096, 4097, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER + 7] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            let mut seen = 0;
            let (digest, stamp) = digester.digest(&path, true, |part| seen += part.len()).unwrap();
            let sha256: [u8; 32] = Sha256::digest(&bytes).into();
            let sha512: [u8; 64] = Sha512::digest(&bytes).into();
            assert_eq!((digest.sha256.0, digest.sha512), (sha256, Some(sha512)));
            assert_eq!((digest.length, seen, stamp.size), (size as u64, size, size as u64));
        }
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, vec![7u8; 2 * BUFFER]).unwrap();
        let mut once = true;
        let result = Digester::new().digest(&path, false, |_| {
            if std::mem::take(&mut once) {
                fs::write(&path, vec![7u8; 3 * BUFFER]).unwrap();
            }
        });
        assert!(matches!(result, Err(InputError::Changed)));
    }
}
