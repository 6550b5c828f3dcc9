//! Tokens: what an office's program, or a person's browser, shows to be let in. 256 random bits,
//! shown once; only a hash is kept. A client certificate can stand in its place or beside it.
//!
//! ```text
//! token        OFFICE.<64 hex digits>
//! hash         SHA-256("beleg-node/token/v1\0" || token)
//! certificate  SHA-256 of the certificate in DER
//! ```
//!
//! The file `tokens` of a hosted office is replaced as a whole by the commands. Version 2 says what
//! a token may do and may name a certificate; the tokens of version 1 may issue.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;

use proto::document::field::{is_document_type, is_plain};
use proto::hash::{Hash, Timestamp, sha256_parts};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::lines::{FileError, io_error};
use crate::store::replace_file;

pub(super) const FILE: &str = "tokens";
const VERSION: u8 = 2;
const LABEL: &[u8] = b"beleg-node/token/v1\0";
/// Tokens of one office, revoked ones included.
const MOST: usize = 256;
/// Bytes of the file: each token has at most 64 types and a name.
const FILE_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of a token's name.
const NAME_BYTES: usize = 200;
/// Documents a minute that a token can be given.
pub const RATES: std::ops::RangeInclusive<u32> = 1..=100_000;

/// What a token lets do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum May {
    /// Issue documents.
    Issue,
    /// Change the state of documents.
    Withdraw,
    /// Approve what somebody else has proposed.
    Approve,
}

impl May {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            May::Issue => "issue",
            May::Withdraw => "withdraw",
            May::Approve => "approve",
        }
    }

    /// The one with this word.
    pub fn parse(word: &str) -> Option<May> {
        [May::Issue, May::Withdraw, May::Approve].into_iter().find(|may| may.word() == word)
    }
}

/// What is kept of a secret or of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Kept(#[serde(with = "hex::serde")] pub(super) [u8; 32]);

/// A token as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What it is called in lists and in the journal.
    pub id: String,
    /// Who uses it, for people.
    pub name: String,
    /// What it lets do, sorted.
    #[serde(default = "issue_only")]
    pub may: Vec<May>,
    /// The document types that it is for.
    pub types: Vec<String>,
    /// Documents, or changes, a minute.
    pub rate: u32,
    /// Of its text; none if a certificate stands in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<Kept>,
    /// The certificate without which it lets nobody in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) certificate: Option<Kept>,
    /// When it was made, POSIX seconds.
    pub created: u64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<u64>,
}

impl Token {
    /// Whether it lets do that.
    pub fn may(&self, what: May) -> bool {
        self.may.contains(&what)
    }

    /// Whether it is for documents of this type.
    pub fn is_for(&self, document_type: &str) -> bool {
        self.types.iter().any(|granted| granted == document_type)
    }

    /// What is shown to be let in, for people.
    pub fn shown(&self) -> &'static str {
        match (self.hash, self.certificate) {
            (Some(_), Some(_)) => "token+certificate",
            (None, Some(_)) => "certificate",
            _ => "token",
        }
    }
}

fn issue_only() -> Vec<May> {
    vec![May::Issue]
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
    /// None is named.
    #[error("the token is for no document type\nname each with --type; an office has: {types}")]
    NoType {
        /// What there is.
        types: String,
    },
    /// The certificate is in use.
    #[error("token {id} has this certificate\nrevoke that one first, or use another certificate")]
    Certificate {
        /// Whose it is.
        id: String,
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

/// What is shown to be let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entrance {
    /// The token's text.
    Text,
    /// This certificate alone.
    Certificate(Hash),
    /// Both.
    Both(Hash),
}

/// What a new token may do.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// Who uses it.
    pub name: &'a str,
    /// What it lets do.
    pub may: &'a [May],
    /// Of the office's types; none means all of them in a token that approves and no more.
    pub types: &'a [String],
    /// Documents, or changes, a minute.
    pub rate: u32,
    /// What is shown.
    pub entrance: Entrance,
}

impl Grant<'_> {
    fn types(&self, office_types: &[String]) -> Result<Vec<String>, TokenError> {
        let all = || office_types.join(", ");
        let not_allowed = |kind: &&String| !is_document_type(kind) || !office_types.contains(kind);
        if let Some(document_type) = self.types.iter().find(not_allowed) {
            return Err(TokenError::Type { document_type: document_type.clone(), types: all() });
        }
        match self.types {
            [] if self.may == [May::Approve] => Ok(office_types.to_vec()),
            [] => Err(TokenError::NoType { types: all() }),
            types => Ok(sorted(types)),
        }
    }
}

fn sorted<T: Clone + Ord>(list: &[T]) -> Vec<T> {
    let mut sorted = list.to_vec();
    sorted.sort();
    sorted.dedup();
    sorted
}

/// Makes a token; its id and its text, if it has one, which is nowhere else. The caller holds the
/// folder's lock.
pub fn create(
    folder: &Path,
    office: &str,
    office_types: &[String],
    grant: Grant<'_>,
    now: Timestamp,
) -> Result<(String, Option<Zeroizing<String>>), TokenError> {
    if grant.name.is_empty() || grant.name.len() > NAME_BYTES || !is_plain(grant.name) {
        return Err(TokenError::Name);
    }
    if !RATES.contains(&grant.rate) {
        return Err(TokenError::Rate);
    }
    let types = grant.types(office_types)?;
    let mut tokens = read(folder)?;
    if tokens.len() >= MOST {
        return Err(TokenError::TooMany);
    }
    let certificate = match grant.entrance {
        Entrance::Text => None,
        Entrance::Certificate(digest) | Entrance::Both(digest) => Some(Kept(digest.0)),
    };
    let same = |token: &&Token| token.revoked.is_none() && token.certificate == certificate;
    if let Some(other) = tokens.iter().find(same).filter(|_| certificate.is_some()) {
        return Err(TokenError::Certificate { id: other.id.clone() });
    }
    let text = match grant.entrance {
        Entrance::Certificate(_) => None,
        Entrance::Text | Entrance::Both(_) => {
            let mut random = Zeroizing::new([0u8; 32]);
            getrandom::fill(random.as_mut_slice())?;
            Some(Zeroizing::new(format!("{office}.{}", hex::encode(random.as_slice()))))
        }
    };
    let mut id = [0u8; 4];
    getrandom::fill(&mut id)?;
    let id = hex::encode(id);
    tokens.push(Token {
        id: id.clone(),
        name: grant.name.to_owned(),
        may: sorted(grant.may),
        types,
        rate: grant.rate,
        hash: text.as_ref().map(|text| hash(text)),
        certificate,
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
        Ok(Written { version: 1 | VERSION, tokens }) => Ok(tokens),
        _ => Err(FileError::Damaged { file: path.display().to_string() }),
    }
}

fn write(folder: &Path, tokens: Vec<Token>) -> Result<(), FileError> {
    let bytes =
        serde_json::to_vec_pretty(&Written { version: VERSION, tokens }).unwrap_or_default();
    Ok(replace_file(&folder.join(FILE), &bytes)?)
}

pub(super) fn hash(text: &str) -> Kept {
    Kept(sha256_parts(&[LABEL, text.as_bytes()]).0)
}

/// Held by a command while it changes the tokens.
pub fn lock(folder: &Path) -> Result<File, FileError> {
    let path = folder.join("tokens.lock");
    let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(|e| io_error(&path, "open", e))?;
    file.lock().map_err(|e| io_error(&path, "lock", e))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
