//! The plan of a batch: everything needed to finish it, on disk before the first byte is sent.
//!
//! One line of JSON for the batch, then one for each document. The file holds the documents'
//! secrets, so only its owner may read it, and it goes away when all receipts are written.

use crate::durable;
use proto::document::ContentDigest;
use proto::hash::{Hash, sha256_parts};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use verifier::input::Stamp;

/// Documents in a batch: the widest batch an entry can name.
pub const DOCUMENTS: usize = 1 << 20;
/// Bytes of a line; 64 fields of 4,096 bytes fit, escaped.
const LINE_BYTES: u64 = 2 * 1024 * 1024;
const PADDING_LABEL: &[u8] = b"beleg-issuer/padding/v1\0";

/// What the issuer says of every document of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    #[serde(rename = "type")]
    pub document_type: String,
    pub unit: String,
    /// `YYYY-MM-DD` or `none`.
    pub valid_until: String,
    pub date: Option<String>,
    pub reference: Option<String>,
    /// Name and value, in the order given.
    pub others: Vec<(String, String)>,
}

/// The batch as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of this format.
    pub plan: u8,
    #[serde(with = "hex::serde")]
    pub federation: [u8; 32],
    pub origin: String,
    /// The public half of the key that signed.
    #[serde(with = "hex::serde")]
    pub key: [u8; 32],
    /// Index of the issuer entry in force when this was signed.
    pub issuer: u64,
    #[serde(with = "hex::serde")]
    pub root: [u8; 32],
    pub height: u8,
    /// What is sent, byte for byte.
    #[serde(with = "hex::serde")]
    pub submission: Vec<u8>,
    /// From which the padding leaves are made.
    #[serde(with = "hex::serde")]
    pub padding: [u8; 32],
    pub created: u64,
    pub documents: usize,
    pub claims: Claims,
}

/// One document of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// From the root of the file system.
    pub path: PathBuf,
    pub digest: ContentDigest,
    pub stamp: Stamp,
    pub media_type: String,
    /// From which the salts of its fields are made.
    pub secret: [u8; 32],
    /// Its leaf in the batch tree.
    pub place: u32,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub head: Head,
    pub documents: Vec<Planned>,
}

/// Why a plan on disk cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("line {line} is damaged: {why}")]
    Line { line: usize, why: serde_json::Error },
    #[error("line {line} is too long")]
    LongLine { line: usize },
    #[error("it is of version {0}, which this program does not know")]
    Version(u8),
    #[error("it names {want} documents and holds {got}")]
    Count { want: usize, got: usize },
}

impl Head {
    pub fn root(&self) -> Hash {
        Hash(self.root)
    }
}

/// The leaf at a place that no document has: nobody can tell it from a real one.
pub fn padding_leaf(seed: &[u8; 32], place: u32) -> Hash {
    sha256_parts(&[PADDING_LABEL, seed, &place.to_be_bytes()])
}

/// [`Planned`] as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Where the name is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", with = "hex_or_none", default)]
    path_hex: Option<Vec<u8>>,
    #[serde(with = "hex::serde")]
    sha256: [u8; 32],
    length: u64,
    media_type: String,
    file: (u64, u64),
    modified: (i64, i64),
    #[serde(with = "hex::serde")]
    secret: [u8; 32],
    place: u32,
}

mod hex_or_none {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(bytes.as_deref().unwrap_or_default()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = String::deserialize(d)?;
        hex::decode(text).map(Some).map_err(serde::de::Error::custom)
    }
}

impl From<&Planned> for Line {
    fn from(document: &Planned) -> Line {
        let bytes = document.path.as_os_str().as_bytes();
        let path = document.path.to_str().map(str::to_owned);
        Line {
            path_hex: path.is_none().then(|| bytes.to_vec()),
            path,
            sha256: document.digest.sha256.0,
            length: document.digest.length,
            media_type: document.media_type.clone(),
            file: document.stamp.file,
            modified: document.stamp.modified,
            secret: document.secret,
            place: document.place,
        }
    }
}

impl From<Line> for Planned {
    fn from(line: Line) -> Planned {
        let bytes = match (line.path, line.path_hex) {
            (Some(path), _) => path.into_bytes(),
            (None, bytes) => bytes.unwrap_or_default(),
        };
        Planned {
            path: PathBuf::from(std::ffi::OsString::from_vec(bytes)),
            digest: ContentDigest { sha256: Hash(line.sha256), length: line.length, sha512: None },
            stamp: Stamp { file: line.file, size: line.length, modified: line.modified },
            media_type: line.media_type,
            secret: line.secret,
            place: line.place,
        }
    }
}

impl Plan {
    /// Writes the plan; durable on return. A crash leaves the plan before or this one.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        durable::replace(path, durable::PRIVATE, |file| {
            serde_json::to_writer(&mut *file, &self.head)?;
            file.write_all(b"\n")?;
            for document in &self.documents {
                serde_json::to_writer(&mut *file, &Line::from(document))?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    /// Reads a plan back.
    pub fn read(path: &Path) -> Result<Plan, PlanError> {
        let mut file = BufReader::with_capacity(256 * 1024, File::open(path)?);
        let mut text = Vec::new();
        let head: Head =
            parse(&mut file, &mut text, 1)?.ok_or(PlanError::Count { want: 1, got: 0 })?;
        if head.plan != 1 {
            return Err(PlanError::Version(head.plan));
        }
        let want = head.documents;
        let mut documents = Vec::with_capacity(want.min(DOCUMENTS));
        while documents.len() <= want {
            match parse::<Line>(&mut file, &mut text, documents.len() + 2)? {
                Some(line) => documents.push(line.into()),
                None => break,
            }
        }
        if documents.len() != want || want > DOCUMENTS {
            return Err(PlanError::Count { want, got: documents.len() });
        }
        Ok(Plan { head, documents })
    }
}

fn parse<T: for<'de> Deserialize<'de>>(
    file: &mut BufReader<File>,
    text: &mut Vec<u8>,
    line: usize,
) -> Result<Option<T>, PlanError> {
    text.clear();
    if file.take(LINE_BYTES).read_until(b'\n', text)? as u64 == LINE_BYTES {
        return Err(PlanError::LongLine { line });
    }
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(text).map(Some).map_err(|why| PlanError::Line { line, why })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    pub(crate) fn plan() -> Plan {
        let claims = Claims {
            document_type: "residence.certificate".into(),
            unit: "Registry \u{202e}3\n".into(),
            valid_until: "none".into(),
            date: Some("2026-05-03".into()),
            reference: None,
            others: vec![("pages".into(), "2".into())],
        };
        let digest = ContentDigest { sha256: Hash([3; 32]), length: 7, sha512: None };
        let stamp = Stamp { file: (1, u64::MAX), size: 7, modified: (-5, 999) };
        let document = |name: &[u8], place| Planned {
            path: PathBuf::from(OsStr::from_bytes(name)),
            digest,
            stamp,
            media_type: "application/pdf".into(),
            secret: [place as u8; 32],
            place,
        };
        let head = Head {
            plan: 1,
            federation: [1; 32],
            origin: "example.org/log".into(),
            key: [2; 32],
            issuer: 4,
            root: [5; 32],
            height: 4,
            submission: vec![6; 107],
            padding: [7; 32],
            created: 1_777_816_859,
            documents: 2,
            claims,
        };
        Plan { head, documents: vec![document(b"/a b.pdf", 9), document(b"/Gr\xfcn.pdf", 2)] }
    }

    #[test]
    fn a_plan_is_read_back_and_nobody_else_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        plan().write(&path).unwrap();
        assert_eq!(Plan::read(&path).unwrap(), plan());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_plan_is_refused_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        plan().write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (damaged, want) in [
            (String::new(), "names 1 documents and holds 0"),
            (format!("{}\n{}\n", lines[0], lines[1]), "names 2 documents and holds 1"),
            (format!("{text}{}\n", lines[2]), "names 2 documents and holds 3"),
            (text.replace("\"place\":2", "\"place\":-2"), "line 3 is damaged"),
            (text.replace("\"plan\":1", "\"plan\":2"), "version 2"),
            (text.replace("\"height\"", "\"heigth\""), "line 1 is damaged"),
        ] {
            fs::write(&path, damaged).unwrap();
            let error = Plan::read(&path).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn padding_depends_on_seed_and_place() {
        assert_ne!(padding_leaf(&[0; 32], 1), padding_leaf(&[0; 32], 2));
        assert_ne!(padding_leaf(&[0; 32], 1), padding_leaf(&[1; 32], 1));
    }
}
