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
use proto::note::{self, KeyType, SigningKey, VerifierKey};
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
    /// Not a key at all, or damaged.
    #[error("{file}: {source}\ngive the file that beleg-node {made_by} wrote")]
    Unreadable {
        /// The file.
        file: String,
        /// What would have made it.
        made_by: &'static str,
        /// What is wrong.
        source: note::KeyError,
    },
    /// A key of another purpose.
    #[error(
        "{file}: this key has type 0x{got:02x} and one of type 0x{want:02x} is needed\n\
         give the key that was made for this purpose"
    )]
    WrongPurpose {
        /// The file.
        file: String,
        /// The type that is needed.
        want: u8,
        /// The type that it has.
        got: u8,
    },
    /// The operating system gives no random bytes, so no key can be made.
    #[error("the operating system gives no random bytes: {source}\ntry again on another computer")]
    Random {
        /// What it said.
        source: getrandom::Error,
    },
}

/// Makes a key from fresh random bytes and writes it: the secret line with mode 0600, and the vkey
/// beside it. Both are durable.
pub fn create(file: &Path, name: &str, kind: KeyType) -> Result<VerifierKey, KeyError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|source| KeyError::Random { source })?;
    let key = SigningKey::from_seed(name, kind, &seed).map_err(|e| unreadable(file, e))?;
    write_new(file, &key)?;
    Ok(key.verifier_key().clone())
}

/// Refuses if the key or its vkey file exists, so that several keys can be made or none.
pub fn check_free(file: &Path) -> Result<(), KeyError> {
    for file in [file.to_owned(), public_file(file)] {
        if file.symlink_metadata().is_ok() {
            return Err(KeyError::Exists { file: file.display().to_string() });
        }
    }
    Ok(())
}

/// Reads a signing key of this purpose, if nobody else may read it.
pub fn load(file: &Path, kind: KeyType) -> Result<SigningKey, KeyError> {
    let text = read_secret(file)?;
    let key = SigningKey::parse(&text).map_err(|e| unreadable(file, e))?;
    check_purpose(file, kind, key.verifier_key())?;
    Ok(key)
}

/// Reads a short text that is secret, if nobody else may read it.
pub fn read_secret(file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let open = File::open(file).map_err(|e| io_error(file, "open the key", e))?;
    let mode = open.metadata().map_err(|e| io_error(file, "read", e))?.permissions().mode();
    if mode & 0o077 != 0 {
        let file = file.display().to_string();
        return Err(KeyError::TooOpen { file, mode: mode & 0o7777 });
    }
    read_bounded(open, file)
}

/// Reads the vkey that lies beside a key, or was sent by someone.
pub fn load_public(file: &Path, kind: KeyType) -> Result<VerifierKey, KeyError> {
    let open = File::open(file).map_err(|e| io_error(file, "open the vkey", e))?;
    let text = read_bounded(open, file)?;
    let key = VerifierKey::parse(text.strip_suffix('\n').unwrap_or(&text));
    let key = key.map_err(|e| unreadable(file, e))?;
    check_purpose(file, kind, &key)?;
    Ok(key)
}

/// Refuses a key of another purpose; `file` says where it came from.
pub(crate) fn check_purpose(file: &Path, want: KeyType, key: &VerifierKey) -> Result<(), KeyError> {
    if key.kind() == want {
        return Ok(());
    }
    let file = file.display().to_string();
    Err(KeyError::WrongPurpose { file, want: want.byte(), got: key.kind().byte() })
}

/// A key that could not be read; `file` says where it came from.
pub(crate) fn unreadable(file: &Path, source: note::KeyError) -> KeyError {
    KeyError::Unreadable { file: file.display().to_string(), made_by: "init or key new", source }
}

fn write_new(file: &Path, key: &SigningKey) -> Result<(), KeyError> {
    check_free(file)?;
    write_file(file, 0o600, &key.to_file())?;
    write_file(&public_file(file), 0o644, &format!("{}\n", key.verifier_key()))?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|open| open.sync_all());
    synced.map_err(|e| io_error(folder, "sync the folder", e))
}

/// Where the vkey of a key file lies.
pub fn public_file(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".pub");
    PathBuf::from(name)
}

fn write_file(file: &Path, mode: u32, text: &str) -> Result<(), KeyError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let mut open = opened.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { file: file.display().to_string() },
        _ => io_error(file, "create the key", e),
    })?;
    let written = open.write_all(text.as_bytes()).and_then(|()| open.sync_all());
    written.map_err(|e| {
        // Half a key is not a key: the name is free for the next try.
        let _ = fs::remove_file(file);
        io_error(file, "write the key", e)
    })
}

fn read_bounded(open: File, file: &Path) -> Result<Zeroizing<String>, KeyError> {
    let limit = KEY_LINE_BYTES as u64 + 2;
    // Room for all of it from the start: a string that grows leaves copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(KEY_LINE_BYTES + 2));
    match open.take(limit).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            Err(unreadable(file, note::KeyError::BadForm))
        }
        Err(e) => Err(io_error(file, "read", e)),
    }
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
        for kind in [KeyType::Ed25519, KeyType::CosignatureV1, KeyType::SubtreeV1] {
            let file = folder.path().join(format!("{}.key", kind.byte()));
            let made = create(&file, "example.org/log", kind).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(load(&file, kind).unwrap().verifier_key(), &made);
            assert_eq!(load_public(&public_file(&file), kind).unwrap(), made);
        }
        let file = folder.path().join("4.key");
        let error = load(&file, KeyType::Ed25519).map(drop).unwrap_err();
        assert!(error.to_string().contains("type 0x04 and one of type 0x01 is needed"), "{error}");
    }

    #[test]
    fn keys_are_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.key");
        let refused = || {
            let error = create(&file, "x", KeyType::Ed25519).unwrap_err();
            assert!(matches!(error, KeyError::Exists { .. }), "{error}");
        };
        create(&file, "x", KeyType::Ed25519).unwrap();
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
        create(&file, "x", KeyType::Ed25519).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let error = load(&file, KeyType::Ed25519).map(drop).unwrap_err();
            assert!(matches!(error, KeyError::TooOpen { .. }));
            assert!(error.to_string().contains(&format!("(mode {mode:04o})")), "{error}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |file: &Path| load(file, KeyType::Ed25519).map(drop).unwrap_err();
        let good = folder.path().join("good");
        create(&good, "x", KeyType::Ed25519).unwrap();
        let text = fs::read_to_string(&good).unwrap();
        for (name, bytes) in [
            ("empty", &b""[..]),
            ("public", &fs::read(public_file(&good)).unwrap()),
            ("cut", &text.as_bytes()[..text.len() - 9]),
            ("other-id", text.replacen("x+", "y+", 1).as_bytes()),
            ("two", text.repeat(2).as_bytes()),
            ("binary", b"\xff\xfe"),
            ("long", &[b'a'; 3 * KEY_LINE_BYTES]),
        ] {
            let file = folder.path().join(name);
            fs::write(&file, bytes).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(read(&file), KeyError::Unreadable { .. }), "{name}");
        }
        assert!(matches!(read(&folder.path().join("none")), KeyError::Io { .. }));
        // A secret has not leaked into the message.
        let secret = &text[text.len() - 30..text.len() - 10];
        assert!(!read(&folder.path().join("cut")).to_string().contains(secret));
    }
}
