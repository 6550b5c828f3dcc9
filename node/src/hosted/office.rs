//! A hosted office's folder, made by `hosted init`.
//!
//! ```text
//! HOSTED/OFFICE/
//!   office.toml   settings
//!   key, key.pub  the office's issuer key
//!   request       what the authority is asked to sign
//!   tokens        see token
//!   batches/      see batches
//!   journal       see journal
//!   lock          held while a node serves the office
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use proto::document::field::is_plain;
use proto::ledger::{EntryError, IssuerRequest, IssuerStatement, Place};
use proto::limits;
use proto::note::{KeyType, SigningKey};
use serde::Deserialize;

use super::ring::Ring;
use crate::keys::{self, KeyError};
use crate::lines::{FileError, io_error};
use crate::store::sync_folder;

/// The settings' file name: a folder that has one is an office.
pub const SETTINGS: &str = "office.toml";
const SETTINGS_BYTES: u64 = 64 * 1024;
/// Hours for which a receipt can be asked for again.
const KEEP_HOURS: std::ops::RangeInclusive<u64> = 1..=8_760;

/// What `office.toml` says.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The name that people see, as in the request.
    pub name: String,
    /// The document types that tokens can be made for. The ledger decides what counts.
    pub types: Vec<String>,
    /// How long a receipt can be asked for again.
    pub keep_hours: u64,
}

/// Why an office is not founded or cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The short name cannot be a folder's.
    #[error("{name:?} cannot be the short name of an office\nuse a-z, 0-9 and hyphens")]
    Name {
        /// As given.
        name: String,
    },
    /// Name or types cannot stand in an issuer entry.
    #[error("the request cannot be made: {0}\nchange the name or the types")]
    Statement(EntryError),
    /// The key could not sign.
    #[error("the request cannot be signed: {0}\nthis is a fault in beleg-node")]
    Signing(proto::note::KeyError),
    /// The settings are none.
    #[error("{file}: {message}\nevery option is explained in a file that hosted init writes")]
    Settings {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// Another process serves it.
    #[error("{folder}: another node serves this office\nstop it; an office is served by one node")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// There is none.
    #[error("{folder}: there is no hosted office\nbeleg-node hosted init makes one")]
    Missing {
        /// The folder.
        folder: String,
    },
}

/// Whether a text can be the short name of an office.
pub fn is_short_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=limits::SHORT_NAME_BYTES).contains(&name.len()) && name.bytes().all(letter)
}

/// What `hosted init` is told.
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    /// The short name.
    pub short: &'a str,
    /// The name that people see.
    pub name: &'a str,
    /// What it may issue.
    pub types: &'a [String],
}

/// Makes an office in a folder that is not one yet; the settings come last, so that an interrupted
/// run leaves no office.
pub fn found(folder: &Path, place: &Place<'_>, new: Founding<'_>) -> Result<(), OfficeError> {
    if !is_short_name(new.short) {
        return Err(OfficeError::Name { name: new.short.to_owned() });
    }
    let types: Vec<&str> = new.types.iter().map(String::as_str).collect();
    // Everything that can be wrong with it, before a key is made for it.
    IssuerStatement::new(None, new.name, &[1; 32], &types).map_err(OfficeError::Statement)?;
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder.join("batches"));
    made.map_err(|e| io_error(folder, "create folder", e))?;
    let key = folder.join("key");
    keys::create(&key, new.short, KeyType::Ed25519)?;
    let key = keys::load(&key, KeyType::Ed25519)?;
    let public = key.verifier_key().ed25519_public_key().copied().unwrap_or_default();
    let statement = IssuerStatement::new(None, new.name, &public, &types);
    let statement = statement.map_err(OfficeError::Statement)?;
    let request = IssuerRequest::sign(place, statement, &key).map_err(OfficeError::Signing)?;
    write(&folder.join("request"), &request.to_text())?;
    write(&folder.join(SETTINGS), &settings_text(new.name, new.types))?;
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        sync_folder(folder).map_err(FileError::from)?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| io_error(path, "write", e))
}

fn settings_text(name: &str, types: &[String]) -> String {
    let list = toml::Value::Array(types.iter().map(|t| toml::Value::String(t.clone())).collect());
    let name = toml::Value::String(name.to_owned());
    format!(
        "# A hosted office of beleg-node. Read when the node starts.\n\n\
         # The name and the document types, as they were asked of the authority. The ledger\n\
         # decides what counts; tokens can be made for these types only.\n\
         name = {name}\ntypes = {list}\n\n\
         # For so many hours (1 to 8760) a receipt can be asked for again with its\n\
         # Idempotency-Key. Then the secrets of the document that are kept here are destroyed.\n\
         keep_hours = 168\n"
    )
}

/// Reads an office's settings.
pub fn settings(folder: &Path) -> Result<Settings, OfficeError> {
    let path = folder.join(SETTINGS);
    let bad = |message: String| OfficeError::Settings { file: path.display().to_string(), message };
    match fs::metadata(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(OfficeError::Missing { folder: folder.display().to_string() });
        }
        Err(e) => return Err(io_error(&path, "read", e).into()),
        Ok(metadata) if metadata.len() > SETTINGS_BYTES => {
            return Err(bad(format!("larger than {SETTINGS_BYTES} bytes")));
        }
        Ok(_) => {}
    }
    let text = fs::read_to_string(&path).map_err(|e| io_error(&path, "read", e))?;
    let settings: Settings = toml::from_str(&text).map_err(|e| bad(e.message().to_owned()))?;
    if !KEEP_HOURS.contains(&settings.keep_hours) {
        return Err(bad("keep_hours must be a number from 1 to 8760".to_owned()));
    }
    if !is_plain(&settings.name) {
        return Err(bad("name is not plain text".to_owned()));
    }
    Ok(settings)
}

/// An office that this node serves; nobody else serves it while this lives.
#[derive(Debug)]
pub struct Office {
    /// The short name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its issuer key.
    pub key: SigningKey,
    /// Its settings.
    pub settings: Settings,
    /// Its tokens.
    pub tokens: Ring,
    _lock: File,
}

impl Office {
    /// Opens an office's folder to serve it.
    pub fn open(folder: &Path, name: &str) -> Result<Office, OfficeError> {
        let settings = settings(folder)?;
        let path = folder.join("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let lock = open.map_err(|e| io_error(&path, "open", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OfficeError::Locked { folder: folder.display().to_string() });
            }
            Err(TryLockError::Error(e)) => return Err(io_error(&path, "lock", e).into()),
        }
        Ok(Office {
            name: name.to_owned(),
            folder: folder.to_owned(),
            key: keys::load(&folder.join("key"), KeyType::Ed25519)?,
            settings,
            tokens: Ring::new(folder),
            _lock: lock,
        })
    }

    /// The public half of the key, as the ledger has it.
    pub fn public(&self) -> [u8; 32] {
        // `open` takes Ed25519 keys only.
        self.key.verifier_key().ed25519_public_key().copied().unwrap_or_default()
    }
}

/// Opens all offices below a folder, in order of name; none if there is no such folder.
pub fn open_all(hosted: &Path) -> Result<Vec<Office>, OfficeError> {
    let entries = match fs::read_dir(hosted) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io_error(hosted, "list", e).into()),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| io_error(hosted, "list", e))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What an interrupted `hosted init` has left has no settings yet.
        if is_short_name(&name) && entry.path().join(SETTINGS).exists() {
            names.push(name);
        }
    }
    names.sort();
    names.into_iter().map(|name| Office::open(&hosted.join(&name), &name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::ledger::FederationId;
    use std::os::unix::fs::PermissionsExt;

    const PLACE: Place<'_> =
        Place { federation: FederationId([7; 32]), origin: "town.example/log" };

    fn make(folder: &Path, short: &str, name: &str, types: &[&str]) -> Result<(), String> {
        let types: Vec<String> = types.iter().map(|kind| (*kind).to_owned()).collect();
        let new = Founding { short, name, types: &types };
        found(&folder.join(short), &PLACE, new).map_err(|error| error.to_string())
    }

    #[test]
    fn an_office_is_made_whole_and_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "school", "Sch\u{f6}ne \"School\"", &["permit"]).unwrap();
        let office = folder.path().join("school");
        let request = fs::read(office.join("request")).unwrap();
        let request = IssuerRequest::parse(&request).unwrap();
        assert_eq!(request.place().origin, PLACE.origin);
        assert_eq!(fs::metadata(&office).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(folder.path().join("no-office")).unwrap();
        let offices = open_all(folder.path()).unwrap();
        assert_eq!(offices.len(), 1);
        assert_eq!(offices[0].settings.name, "Sch\u{f6}ne \"School\"");
        assert_eq!(*request.statement().key(), offices[0].public());
        assert!(matches!(open_all(folder.path()), Err(OfficeError::Locked { .. })));
        let again = make(folder.path(), "school", "School", &["permit"]).unwrap_err();
        assert!(again.contains("never overwritten"), "{again}");
        assert!(open_all(&folder.path().join("nothing")).unwrap().is_empty());
    }

    #[test]
    fn what_no_ledger_would_take_is_refused_before_a_key_is_made() {
        let folder = tempfile::tempdir().unwrap();
        for (short, name, types) in [
            ("School", "School", &["permit"][..]),
            ("a/b", "School", &["permit"]),
            ("", "School", &["permit"]),
            ("school", "", &["permit"]),
            ("school", "School", &[]),
            ("school", "School", &["Permit"]),
        ] {
            let refused = make(folder.path(), short, name, types).unwrap_err();
            assert_eq!(refused.lines().count(), 2, "{refused}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{short} {name}");
        }
    }

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let good = "name = \"a\"\ntypes = [\"permit\"]\nkeep_hours = 1\n";
        for (text, want) in [
            (good.replace("= 1", "= 0"), "keep_hours must be"),
            (good.replace("= 1", "= 9000"), "keep_hours must be"),
            (format!("{good}more = 1\n"), "unknown field `more`"),
            (good.replace("\"a\"", "\"a\\n\""), "plain text"),
            (format!("{good}#{}", "x".repeat(70_000)), "larger than"),
        ] {
            fs::write(folder.path().join(SETTINGS), text).unwrap();
            let error = settings(folder.path()).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
        fs::remove_file(folder.path().join(SETTINGS)).unwrap();
        assert!(matches!(settings(folder.path()), Err(OfficeError::Missing { .. })));
    }
}
