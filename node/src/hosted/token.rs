//! Tokens: what an office's program shows to be let in. 256 random bits, shown once; only a hash is
//! kept.
//!
//! ```text
//! token   OFFICE.<64 hex digits>
//! hash    SHA-256("beleg-node/token/v1\0" || token)
//! ```
//!
//! The file `tokens` of a hosted office is replaced as a whole by the commands, and the node reads
//! it again as soon as it is another one, so that a token is revoked while the node runs.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::document::field::{is_document_type, is_plain};
use proto::hash::{Hash, Timestamp, sha256_parts};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::rate::Bucket;
use super::{FileError, io_error};
use crate::store::replace_file;

const FILE: &str = "tokens";
const LABEL: &[u8] = b"beleg-node/token/v1\0";
/// Tokens of one office, revoked ones included.
const MOST: usize = 256;
/// Bytes of the file: each token has at most 64 types and a name.
const FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of a token's name.
const NAME_BYTES: usize = 200;
/// Documents a minute that a token can be given.
pub const RATES: std::ops::RangeInclusive<u32> = 1..=100_000;

/// A token as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What it is called in lists and in the journal.
    pub id: String,
    /// Who uses it, for people.
    pub name: String,
    /// The document types that may be issued with it.
    pub types: Vec<String>,
    /// Documents a minute.
    pub rate: u32,
    #[serde(with = "hex::serde")]
    hash: [u8; 32],
    /// When it was made, POSIX seconds.
    pub created: u64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u8,
    tokens: Vec<Token>,
}

/// Why a token is not made or revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The name is not for people to read.
    #[error("the token's name is empty, longer than 200 bytes or not plain text\ngive another one")]
    Name,
    /// A type that the office may not issue.
    #[error("the office may not issue the type {document_type:?}\nit may issue: {types}")]
    Type {
        /// As given.
        document_type: String,
        /// What would be right.
        types: String,
    },
    /// Not a rate.
    #[error("the rate must be from 1 to 100000 documents a minute\ngive another one")]
    Rate,
    /// No room.
    #[error("the office has {MOST} tokens, the most that it can have\nmake another hosted office")]
    TooMany,
    /// There is none with this id.
    #[error("the office has no token {id:?} in force\nhosted token list shows them")]
    Unknown {
        /// As given.
        id: String,
    },
    /// No random bytes.
    #[error("the operating system gives no random bytes: {0}\ntry again")]
    Random(#[from] getrandom::Error),
}

/// What a new token may do.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// Who uses it.
    pub name: &'a str,
    /// Of the office's types.
    pub types: &'a [String],
    /// Documents a minute.
    pub rate: u32,
}

/// Makes a token; its id and its text, which is nowhere else. The caller holds the folder's lock.
pub fn create(
    folder: &Path,
    office: &str,
    office_types: &[String],
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<(String, Zeroizing<String>), TokenError> {
    if grant.name.is_empty() || grant.name.len() > NAME_BYTES || !is_plain(grant.name) {
        return Err(TokenError::Name);
    }
    if !RATES.contains(&grant.rate) {
        return Err(TokenError::Rate);
    }
    let allowed = |kind: &&String| !is_document_type(kind) || !office_types.contains(kind);
    if let Some(document_type) = grant.types.iter().find(allowed) {
        let (document_type, types) = (document_type.clone(), office_types.join(", "));
        return Err(TokenError::Type { document_type, types });
    }
    let mut tokens = read(folder)?;
    if tokens.len() >= MOST {
        return Err(TokenError::TooMany);
    }
    let mut random = Zeroizing::new([0u8; 32]);
    getrandom::fill(random.as_mut_slice())?;
    let text = Zeroizing::new(format!("{office}.{}", hex::encode(random.as_slice())));
    let mut id = [0u8; 4];
    getrandom::fill(&mut id)?;
    let id = hex::encode(id);
    let mut types = grant.types.to_vec();
    types.sort();
    types.dedup();
    tokens.push(Token {
        id: id.clone(),
        name: grant.name.to_owned(),
        types,
        rate: grant.rate,
        hash: hash(&text).0,
        created: now.0,
        revoked: None,
    });
    write(folder, tokens)?;
    Ok((id, text))
}

/// Revokes a token. The caller holds the folder's lock.
pub fn revoke(folder: &Path, id: &str, now: Timestamp) -> Result<(), TokenError> {
    let mut tokens = read(folder)?;
    let token = tokens.iter_mut().find(|token| token.id == id && token.revoked.is_none());
    let token = token.ok_or_else(|| TokenError::Unknown { id: id.to_owned() })?;
    token.revoked = Some(now.0);
    Ok(write(folder, tokens)?)
}

/// All tokens of an office, oldest first; none if there is no file.
pub fn read(folder: &Path) -> Result<Vec<Token>, FileError> {
    let path = folder.join(FILE);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io_error(&path, "read", e)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES).read_to_end(&mut bytes).map_err(|e| io_error(&path, "read", e))?;
    match serde_json::from_slice::<Written>(&bytes) {
        Ok(Written { version: 1, tokens }) => Ok(tokens),
        _ => Err(FileError::Damaged { file: path.display().to_string() }),
    }
}

fn write(folder: &Path, tokens: Vec<Token>) -> Result<(), FileError> {
    let bytes = serde_json::to_vec_pretty(&Written { version: 1, tokens }).unwrap_or_default();
    Ok(replace_file(&folder.join(FILE), &bytes)?)
}

fn hash(text: &str) -> Hash {
    sha256_parts(&[LABEL, text.as_bytes()])
}

/// Held by a command while it changes the tokens.
pub fn lock(folder: &Path) -> Result<File, FileError> {
    let path = folder.join("tokens.lock");
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(|e| io_error(&path, "open", e))?;
    file.lock().map_err(|e| io_error(&path, "lock", e))?;
    Ok(file)
}

/// Which version of the file was read.
type Stamp = Option<(u64, i64, i64, u64)>;

#[derive(Debug, Default)]
struct Loaded {
    stamp: Stamp,
    tokens: HashMap<[u8; 32], Arc<Token>>,
    /// By the token's id.
    buckets: HashMap<String, Bucket>,
}

/// The tokens of an office while a node serves it.
#[derive(Debug)]
pub struct Ring {
    folder: PathBuf,
    loaded: Mutex<Loaded>,
}

impl Ring {
    /// The tokens in this folder.
    pub fn new(folder: &Path) -> Ring {
        Ring { folder: folder.to_owned(), loaded: Mutex::default() }
    }

    /// The token with this text, if it is in force. Looks at the file each time.
    pub fn find(&self, text: &str) -> Result<Option<Arc<Token>>, FileError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at before it is read: a change in between is seen the next time.
        let stamp = stamp(&self.folder.join(FILE));
        if stamp != loaded.stamp {
            // Whatever happens next, nobody comes in by what the file held before.
            loaded.tokens.clear();
            loaded.stamp = None;
            let tokens = read(&self.folder)?.into_iter();
            let in_force = tokens.filter(|token| token.revoked.is_none());
            loaded.tokens = in_force.map(|token| (token.hash, Arc::new(token))).collect();
            loaded.stamp = stamp;
        }
        Ok(loaded.tokens.get(&hash(text).0).cloned())
    }

    /// Counts a document against the token's rate, or says how long to wait.
    pub fn take(&self, token: &Token, now: Instant) -> Result<(), Duration> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.buckets.entry(token.id.clone()).or_default().take(token.rate, now)
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn types(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn make(folder: &Path, kinds: &[&str], rate: u32) -> Result<(String, String), String> {
        let (office, kinds) = (types(&["public.notice", "permit"]), types(kinds));
        let grant = Grant { name: "program", types: &kinds, rate };
        create(folder, "school", &office, grant, NOW)
            .map(|(id, text)| (id, text.to_string()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_lets_in_until_it_is_revoked_and_its_text_is_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let ring = Ring::new(folder.path());
        assert!(ring.find("school.x").unwrap().is_none());
        let (id, text) = make(folder.path(), &["permit", "permit"], 60).unwrap();
        let (other, other_text) = make(folder.path(), &["public.notice"], 60).unwrap();
        assert_eq!(text.len(), "school.".len() + 64);
        let found = ring.find(&text).unwrap().unwrap();
        assert_eq!((&found.id, &found.types), (&id, &types(&["permit"])));
        assert!(ring.find(&text.to_uppercase()).unwrap().is_none());
        let file = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!file.contains(&text[7..]));
        revoke(folder.path(), &id, NOW).unwrap();
        assert!(ring.find(&text).unwrap().is_none());
        assert_eq!(ring.find(&other_text).unwrap().unwrap().id, other);
        let again = revoke(folder.path(), &id, NOW).unwrap_err().to_string();
        assert!(again.contains("has no token"), "{again}");
        assert_eq!(read(folder.path()).unwrap()[0].revoked, Some(NOW.0));
    }

    #[test]
    fn a_damaged_file_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let ring = Ring::new(folder.path());
        let (_, text) = make(folder.path(), &["permit"], 60).unwrap();
        assert!(ring.find(&text).unwrap().is_some());
        fs::write(folder.path().join(FILE), "{}").unwrap();
        assert!(matches!(ring.find(&text), Err(FileError::Damaged { .. })));
        assert!(ring.find(&text).is_err());
    }

    #[test]
    fn what_cannot_be_granted_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |kinds: &[&str], rate| make(folder.path(), kinds, rate).unwrap_err();
        assert!(refused(&["diploma"], 1).contains("may not issue the type \"diploma\""));
        assert!(refused(&["permit"], 0).contains("rate"));
        assert!(refused(&["permit"], 100_001).contains("rate"));
        let kinds = types(&["permit"]);
        for name in ["", "a\nb", &"x".repeat(201)] {
            let grant = Grant { name, types: &kinds, rate: 1 };
            let made = create(folder.path(), "school", &kinds, grant, NOW);
            assert!(matches!(made, Err(TokenError::Name)), "{name:?}");
        }
        for _ in 0..MOST {
            make(folder.path(), &["permit"], 1).unwrap();
        }
        assert!(refused(&["permit"], 1).contains("256 tokens"));
    }
}
