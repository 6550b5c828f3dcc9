//! Key files: one secret line with mode 0600, and beside it `FILE.pub` with the vkey.
//!
//! A file that others may read is refused, because a key that others may have read is worth
//! nothing; so is a key of another purpose. Nothing here ever overwrites a file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use proto::limits::KEY_LINE_BYTES;
use zeroize::Zeroizing;

/// Why a key file cannot be used or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The operating system refused.
    #[error("{file}: cannot {action}: {source}\ncheck the path and who may use it")]
    Io {
        /// The file.
        file: String,
        /// What was tried.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key is never overwritten.
    #[error(
        "{file}: this file exists, and keys are never overwritten\n\
         choose another name, or move the file away if the key is not in use"
    )]
    Exists {
        /// The file.
        file: String,
    },
    /// Others than the owner may read or write the file.
    #[error(
        "{file}: others may read or change this key (mode {mode:04o})\n\
         run chmod 600 on it; if others had access to this computer, make a new key"
    )]
    TooOpen {
        /// The file.
        file: String,
        /// Its permission bits.
        mode: u32,
    },
    /// Larger than a key, or not text.
    #[error("{file}: this is not a key file\ngive the file that holds PRIVATE+KEY+...")]
    NotAKey {
        /// The file.
        file: String,
    },
}

/// Writes a new key: the secret line with mode 0600, and its vkey beside it. Both are durable.
pub fn write_new(file: &Path, secret_line: &str, vkey: &str) -> Result<(), KeyError> {
    let public = public_file(file);
    if public.exists() {
        return Err(KeyError::Exists { file: public.display().to_string() });
    }
    create(file, 0o600, secret_line)?;
    create(&public, 0o644, vkey)?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|open| open.sync_all());
    synced.map_err(|e| io_error(folder, "sync the folder", e))
}

/// Reads the secret line of a key file, without its newline, if nobody else may.
pub fn read_secret(file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let open = File::open(file).map_err(|e| io_error(file, "open the key", e))?;
    let mode = open.metadata().map_err(|e| io_error(file, "read", e))?.permissions().mode();
    if mode & 0o077 != 0 {
        let file = file.display().to_string();
        return Err(KeyError::TooOpen { file, mode: mode & 0o7777 });
    }
    read_line(open, file).map(Zeroizing::new)
}

/// Reads a vkey file, without its newline.
pub fn read_public(file: &Path) -> Result<String, KeyError> {
    let open = File::open(file).map_err(|e| io_error(file, "open the vkey", e))?;
    read_line(open, file)
}

/// Where the vkey of a key file lies.
pub fn public_file(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".pub");
    PathBuf::from(name)
}

fn create(file: &Path, mode: u32, line: &str) -> Result<(), KeyError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let mut open = opened.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { file: file.display().to_string() },
        _ => io_error(file, "create the key", e),
    })?;
    let text = Zeroizing::new(format!("{line}\n"));
    let written = open.write_all(text.as_bytes()).and_then(|()| open.sync_all());
    written.map_err(|e| {
        // Half a key is not a key: the name is free for the next try.
        let _ = fs::remove_file(file);
        io_error(file, "write the key", e)
    })
}

fn read_line(open: File, file: &Path) -> Result<String, KeyError> {
    let limit = KEY_LINE_BYTES as u64 + 2;
    let mut text = Zeroizing::new(String::with_capacity(KEY_LINE_BYTES + 2));
    let not_a_key = || KeyError::NotAKey { file: file.display().to_string() };
    match open.take(limit).read_to_string(&mut text) {
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::InvalidData => return Err(not_a_key()),
        Err(e) => return Err(io_error(file, "read", e)),
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    if line.is_empty() || line.len() > KEY_LINE_BYTES || line.contains('\n') {
        return Err(not_a_key());
    }
    Ok(line.to_owned())
}

fn io_error(path: &Path, action: &'static str, source: io::Error) -> KeyError {
    KeyError::Io { file: path.display().to_string(), action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_private_and_its_vkey_is_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.key");
        write_new(&file, "PRIVATE+KEY+x", "x+1+a").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_secret(&file).unwrap().as_str(), "PRIVATE+KEY+x");
        assert_eq!(read_public(&folder.path().join("log.key.pub")).unwrap(), "x+1+a");
    }

    #[test]
    fn keys_are_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.key");
        let refused = || {
            let error = write_new(&file, "two", "two").unwrap_err();
            assert!(matches!(error, KeyError::Exists { .. }), "{error}");
        };
        write_new(&file, "one", "one").unwrap();
        refused();
        fs::remove_file(public_file(&file)).unwrap();
        refused();
        fs::remove_file(&file).unwrap();
        fs::write(public_file(&file), "one\n").unwrap();
        refused();
        assert!(!file.exists());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.key");
        write_new(&file, "secret", "public").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let error = read_secret(&file).unwrap_err();
            assert!(matches!(error, KeyError::TooOpen { .. }));
            assert!(error.to_string().contains(&format!("(mode {mode:04o})")), "{error}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("empty", &b""[..]),
            ("lines", b"a\nb\n"),
            ("binary", b"\xff\xfe"),
            ("long", &[b'a'; KEY_LINE_BYTES + 1]),
        ] {
            let file = folder.path().join(name);
            fs::write(&file, bytes).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(read_secret(&file), Err(KeyError::NotAKey { .. })), "{name}");
        }
        assert!(matches!(read_secret(&folder.path().join("none")), Err(KeyError::Io { .. })));
    }
}
