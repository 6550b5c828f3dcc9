//! Files that are still there after a power cut: written aside, synced, then given their name.
//!
//! Nothing here ever writes over a file that somebody else made.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Only the owner may read and write: keys, and everything that holds a secret of a document.
pub const PRIVATE: u32 = 0o600;
/// What the user's mask leaves of this: receipts and public keys.
pub const PUBLIC: u32 = 0o666;

/// The folder in which a file lies.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the names in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder that only its owner may enter, with those above it, and makes its name durable.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    sync_folder(folder_of(folder))
}

/// Writes a file that must not exist yet; durable on return.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Ours since `create_new`, and half written: gone is better than broken.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    sync_folder(folder_of(path))
}

/// Writes a file of ours, whether it exists or not; a crash leaves the old one or the new one.
pub fn replace(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    let aside = path.with_file_name(name);
    let mut writer = BufWriter::with_capacity(256 * 1024, create_aside(&aside, mode)?);
    let written = write(&mut writer)
        .and_then(|()| writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all())
        .and_then(|()| fs::rename(&aside, path));
    if let Err(error) = written {
        // It may hold secrets, and on a full disk it is in the way of the next try.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    sync_folder(folder_of(path))
}

/// Opens a file of ours that has not got its name yet, over what an interrupted run may have left
/// there. Its name begins with a full stop, so that a walk over the folder passes it by.
pub fn create_aside(aside: &Path, mode: u32) -> io::Result<File> {
    match fs::remove_file(aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(aside)
}

/// Removes what interrupted runs were writing in a folder of ours.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Gives a file written aside its name, unless the name is taken: then the error's kind is
/// `AlreadyExists` and both files are as they were.
pub fn place(aside: &Path, path: &Path) -> io::Result<()> {
    match renameat_with(CWD, aside, CWD, path, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // File systems without this kind of rename (NFS) have links, which do not replace either.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            fs::hard_link(aside, path)?;
            fs::remove_file(aside)
        }
        Err(error) => Err(error.into()),
    }
}

/// Held while one process works in an issuer's folder; the system lets go when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Lock {
    /// Takes the lock, or `None` if another process holds it.
    pub fn take(folder: &Path) -> io::Result<Option<Lock>> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(PRIVATE).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_private_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        create(&path, b"one", PRIVATE).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = create(&path, b"two", PRIVATE).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn replacing_leaves_one_file_and_nothing_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        replace(&path, PRIVATE, |file| file.write_all(b"one")).unwrap();
        replace(&path, PRIVATE, |file| file.write_all(b"two")).unwrap();
        let failed = replace(&path, PRIVATE, |_| Err(io::Error::other("half way")));
        assert!(failed.is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&path).unwrap(), b"two");
        replace(&path, PRIVATE, |file| file.write_all(b"two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn placing_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf.tlog-proof");
        let hidden = dir.path().join(".aside");
        fs::write(&hidden, b"left over, and longer than what follows").unwrap();
        create_aside(&hidden, PUBLIC).unwrap().write_all(b"ours").unwrap();
        fs::write(&path, b"theirs").unwrap();
        let taken = place(&hidden, &path).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        fs::remove_file(&path).unwrap();
        place(&hidden, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"ours");
        assert!(!hidden.exists());
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::take(dir.path()).unwrap();
        assert!(held.is_some());
        assert!(Lock::take(dir.path()).unwrap().is_none());
        drop(held);
        assert!(Lock::take(dir.path()).unwrap().is_some());
    }
}
