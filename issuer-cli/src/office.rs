//! An issuing office's folder: its key, its settings, its federation file, its request.
//!
//! ```text
//! issuer.toml   settings
//! key           the key, readable by its owner only; key.pub is its public half
//! key.next      a key that waits for its admission in the place of `key`
//! request       what the authority is asked to sign
//! federation    the federation file
//! batches/      see journal
//! journal/      see book
//! lock          held while a process works here
//! ```

use crate::chance;
use crate::client::IssuerRow;
use crate::durable::{self, Lock, PRIVATE, PUBLIC};
use crate::settings::{self, Settings, SettingsError};
use proto::federation::{Authority, Federation, FederationError};
use proto::hash::LeafIndex;
use proto::ledger::{EntryError, IssuerRequest, IssuerStatement, Place, Previous};
use proto::limits;
use proto::note::{KeyError, KeyType, SigningKey};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use verifier::input::{self, InputError};

/// The request's file name.
pub const REQUEST: &str = "request";
const KEY: &str = "key";
const FEDERATION: &str = "federation";

/// Why the office's folder cannot be worked in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeError {
    #[error("{}: {why}.", verifier::shown::path(.path))]
    Settings { path: PathBuf, why: SettingsError },
    #[error("{}: {why}", verifier::shown::path(.path))]
    Federation { path: PathBuf, why: FederationError },
    #[error("{}: {why}.", verifier::shown::path(.path))]
    File { path: PathBuf, why: InputError },
    #[error("{}: {why}.", verifier::shown::path(.path))]
    Write { path: PathBuf, why: io::Error },
    #[error("{}: {why}", verifier::shown::path(.path))]
    Key { path: PathBuf, why: KeyError },
    #[error("{}: others than its owner can read this key.", verifier::shown::path(.path))]
    KeyOpen { path: PathBuf },
    #[error(
        "The federation has no authority with the short name {}.",
        verifier::shown::text(.name)
    )]
    NoAuthority { name: String },
    #[error("The request cannot be made: {0}")]
    Statement(#[from] EntryError),
    #[error("{} holds an office already.", verifier::shown::path(.folder))]
    Exists { folder: PathBuf },
    #[error("Another beleg-issuer works in {} right now.", verifier::shown::path(.folder))]
    Busy { folder: PathBuf },
    #[error("A new key waits for its admission already.")]
    RotationOpen,
    #[error("The authority has not admitted this office's key yet.")]
    NotAdmitted,
    #[error("The authority has retired this office's key.")]
    Retired,
}

impl OfficeError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            OfficeError::Settings { .. } => "Mend the settings; the file explains each of them.",
            OfficeError::Federation { .. } => "Get the federation file from your authority again.",
            OfficeError::File { .. } | OfficeError::Write { .. } => {
                "Check that the folder is the office's, and that you may read and write in it."
            }
            OfficeError::Key { .. } => "Put the key back from your backup.",
            OfficeError::KeyOpen { .. } => "Run chmod 600 on it; if it was copied, rotate it.",
            OfficeError::NoAuthority { .. } => {
                "The federation file names them on its authority lines."
            }
            OfficeError::Statement(_) => "Change the name or the types and run it again.",
            OfficeError::Exists { .. } => "Name another folder, or use the office that is there.",
            OfficeError::Busy { .. } => "Wait until it has finished, then run this again.",
            OfficeError::RotationOpen => {
                "Hand the file request to the authority, or delete key.next to begin again."
            }
            OfficeError::NotAdmitted => "Hand the file request to the authority and wait for it.",
            OfficeError::Retired => "Ask the authority why, and to admit a new key.",
        }
    }
}

/// An office that is ready to work; nobody else works in its folder while this lives.
#[derive(Debug)]
pub struct Office {
    pub folder: PathBuf,
    pub settings: Settings,
    pub federation: Federation,
    pub authority: Authority,
    key: SigningKey,
    next: Option<SigningKey>,
    _lock: Option<Lock>,
}

/// What `init` is told.
#[derive(Debug, Clone, Copy)]
pub struct Founding<'a> {
    pub folder: &'a Path,
    pub name: &'a str,
    pub types: &'a [String],
    pub authority: &'a str,
    pub federation: &'a Path,
}

/// Makes an office; the key comes last, so that an interrupted run can be repeated.
pub fn found(founding: &Founding<'_>) -> Result<(), OfficeError> {
    let folder = founding.folder;
    let write = |path: &Path| {
        let path = path.to_path_buf();
        move |why| OfficeError::Write { path, why }
    };
    let (bytes, federation) = read_federation(founding.federation)?;
    let authority = find_authority(&federation, founding.authority)?;
    let place = Place { federation: federation.id(), origin: authority.origin() };
    let seed = chance::secret().map_err(write(folder))?;
    let bad_key = |why| OfficeError::Key { path: folder.join(KEY), why };
    let key = SigningKey::from_seed(&slug(founding.name), KeyType::Ed25519, &seed);
    let key = key.map_err(bad_key)?;
    let request = request(&place, None, founding.name, founding.types, &key)?;

    if !folder.is_dir() {
        durable::private_folder(folder).map_err(write(folder))?;
    }
    let _lock = lock(folder)?;
    if folder.join(KEY).exists() {
        return Err(OfficeError::Exists { folder: folder.to_path_buf() });
    }
    let settings = settings::template(founding.name, founding.authority, founding.types);
    for (name, bytes) in [
        (FEDERATION, bytes.as_slice()),
        (settings::FILE, settings.as_bytes()),
        (REQUEST, request.to_text().as_bytes()),
    ] {
        let path = folder.join(name);
        durable::replace(&path, PUBLIC, |file| file.write_all(bytes)).map_err(write(&path))?;
    }
    write_key(&folder.join(KEY), &key)
}

impl Office {
    /// Opens an office's folder.
    pub fn open(folder: &Path) -> Result<Office, OfficeError> {
        // The settings first: a folder that is no office gets no lock.
        Settings::read(folder).map_err(|why| {
            let path = folder.join(settings::FILE);
            OfficeError::Settings { path, why }
        })?;
        let _lock = Some(lock(folder)?);
        Ok(Office { _lock, ..Office::look(folder)? })
    }

    /// Opens an office's folder only to look: others may work in it meanwhile.
    pub fn look(folder: &Path) -> Result<Office, OfficeError> {
        let settings = Settings::read(folder).map_err(|why| {
            let path = folder.join(settings::FILE);
            OfficeError::Settings { path, why }
        })?;
        let (_, federation) = read_federation(&settings.federation)?;
        let authority = find_authority(&federation, &settings.authority)?.clone();
        let next = next_path(&settings.key);
        Ok(Office {
            folder: folder.to_path_buf(),
            key: read_key(&settings.key)?,
            next: next.exists().then(|| read_key(&next)).transpose()?,
            settings,
            federation,
            authority,
            _lock: None,
        })
    }

    /// Where this office's signatures count.
    pub fn place(&self) -> Place<'_> {
        Place { federation: self.federation.id(), origin: self.authority.origin() }
    }

    /// The key that signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The key that signs, and its entry: the newer of the office's keys that is in force. A new
    /// key that was admitted takes the place of the old one here.
    pub fn key_in_force(
        &mut self,
        rows: &[IssuerRow],
    ) -> Result<(&SigningKey, IssuerRow), OfficeError> {
        let row = |key: &SigningKey| {
            let public = key.verifier_key().ed25519_public_key().copied();
            rows.iter().filter(|row| Some(row.key) == public).max_by_key(|row| row.index).cloned()
        };
        if let Some(row) = self.next.as_ref().and_then(row).filter(|row| row.in_force) {
            self.promote()?;
            return Ok((&self.key, row));
        }
        match row(&self.key) {
            Some(row) if row.in_force && !row.retired => Ok((&self.key, row)),
            Some(_) => Err(OfficeError::Retired),
            None => Err(OfficeError::NotAdmitted),
        }
    }

    /// Puts the admitted new key in the place of the old one, in one step on disk.
    fn promote(&mut self) -> Result<(), OfficeError> {
        let (path, next) = (&self.settings.key, next_path(&self.settings.key));
        let failed = |why| OfficeError::Write { path: path.clone(), why };
        fs::rename(public_path(&next), public_path(path)).or_else(|error| match error.kind() {
            // A run that was interrupted right here has moved it before.
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(failed(error)),
        })?;
        fs::rename(&next, path).map_err(failed)?;
        durable::sync_folder(durable::folder_of(path)).map_err(failed)?;
        if let Some(next) = self.next.take() {
            self.key = next;
        }
        Ok(())
    }

    /// Makes a new key and the request to put it in the place of the one in force.
    pub fn rotate(&mut self, rows: &[IssuerRow]) -> Result<(), OfficeError> {
        let path = next_path(&self.settings.key);
        if self.next.is_some() {
            return Err(OfficeError::RotationOpen);
        }
        let public = self.key.verifier_key().ed25519_public_key().copied();
        let row = rows.iter().find(|row| Some(row.key) == public && row.in_force);
        let row = row.ok_or(OfficeError::NotAdmitted)?;
        let seed =
            chance::secret().map_err(|why| OfficeError::Write { path: path.clone(), why })?;
        let key = SigningKey::from_seed(self.key.verifier_key().name(), KeyType::Ed25519, &seed)
            .map_err(|why| OfficeError::Key { path: path.clone(), why })?;
        let previous = Previous { id: LeafIndex(row.id), replaces: LeafIndex(row.index) };
        let Settings { name, types, .. } = &self.settings;
        let request = request(&self.place(), Some(previous), name, types, &key)?;
        write_key(&path, &key)?;
        self.next = Some(key);
        let path = self.folder.join(REQUEST);
        durable::replace(&path, PUBLIC, |file| file.write_all(request.to_text().as_bytes()))
            .map_err(|why| OfficeError::Write { path, why })
    }

    /// The public halves of the office's keys.
    pub fn public_keys(&self) -> Vec<[u8; 32]> {
        let keys = [Some(&self.key), self.next.as_ref()].into_iter().flatten();
        keys.filter_map(|key| key.verifier_key().ed25519_public_key().copied()).collect()
    }
}

fn request(
    place: &Place<'_>,
    previous: Option<Previous>,
    name: &str,
    types: &[String],
    key: &SigningKey,
) -> Result<IssuerRequest, OfficeError> {
    let failed = |why| OfficeError::Key { path: PathBuf::from(KEY), why };
    let public = key.verifier_key().ed25519_public_key().ok_or(KeyError::WrongType);
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let statement = IssuerStatement::new(previous, name, public.map_err(failed)?, &types)?;
    IssuerRequest::sign(place, statement, key).map_err(failed)
}

fn lock(folder: &Path) -> Result<Lock, OfficeError> {
    match Lock::take(folder) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => Err(OfficeError::Busy { folder: folder.to_path_buf() }),
        Err(why) => Err(OfficeError::Write { path: folder.join("lock"), why }),
    }
}

fn read_federation(path: &Path) -> Result<(Vec<u8>, Federation), OfficeError> {
    let bytes = input::read_bounded(path, limits::FEDERATION_BYTES)
        .map_err(|why| OfficeError::File { path: path.to_path_buf(), why })?;
    let federation = Federation::parse(&bytes)
        .map_err(|why| OfficeError::Federation { path: path.to_path_buf(), why })?;
    Ok((bytes, federation))
}

fn find_authority<'a>(
    federation: &'a Federation,
    name: &str,
) -> Result<&'a Authority, OfficeError> {
    let found = federation.current().authorities.iter().find(|authority| authority.name == name);
    found.ok_or_else(|| OfficeError::NoAuthority { name: name.to_owned() })
}

/// Reads a key that only its owner can read.
pub fn read_key(path: &Path) -> Result<SigningKey, OfficeError> {
    let unreadable = |why| OfficeError::File { path: path.to_path_buf(), why };
    let bad = |why| OfficeError::Key { path: path.to_path_buf(), why };
    let bytes = input::read_bounded(path, limits::KEY_LINE_BYTES).map_err(unreadable)?;
    let mode = fs::metadata(path).map_err(|e| unreadable(e.into()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(OfficeError::KeyOpen { path: path.to_path_buf() });
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| bad(KeyError::BadForm))?;
    let key = SigningKey::parse(text).map_err(bad)?;
    match key.verifier_key().kind() {
        KeyType::Ed25519 => Ok(key),
        _ => Err(bad(KeyError::WrongType)),
    }
}

/// The public half first: a key whose public half is missing is none.
pub fn write_key(path: &Path, key: &SigningKey) -> Result<(), OfficeError> {
    let failed = |path: &Path, why| OfficeError::Write { path: path.to_path_buf(), why };
    let public = public_path(path);
    durable::replace(&public, PUBLIC, |file| writeln!(file, "{}", key.verifier_key()))
        .map_err(|why| failed(&public, why))?;
    durable::create(path, key.to_file().as_bytes(), PRIVATE).map_err(|why| failed(path, why))
}

fn next_path(key: &Path) -> PathBuf {
    with_ending(key, ".next")
}

fn public_path(key: &Path) -> PathBuf {
    with_ending(key, ".pub")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A key's name: an office's or a person's, in the few characters that a key name takes.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => slug.push(c),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(100);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "office".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests;
