//! The plan of a batch: everything needed to finish it, on disk before the first byte is sent.
//!
//! One line of JSON for the batch, then one for each document; a line without `claims` has those of
//! the line before. Version 1 had one set of claims for all documents, in its first line; it is
//! still read. The file holds the documents' secrets, so only its owner may read it, and it goes
//! away when all receipts are written.

use crate::durable;
use proto::document::ContentDigest;
use proto::hash::{Hash, sha256_parts};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verifier::input::Stamp;

/// The version that is written.
pub const VERSION: u8 = 2;
/// Documents in a batch: the widest batch an entry can name.
pub const DOCUMENTS: usize = 1 << 20;
/// Bytes of a line; 64 fields of 4,096 bytes fit, escaped.
const LINE_BYTES: u64 = 2 * 1024 * 1024;
const PADDING_LABEL: &[u8] = b"beleg-issuer/padding/v1\0";

/// What the issuer says of a document.
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
    /// Whether PDFs are to be sealed as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embed: bool,
    /// In version 1 only, and never after reading: what is said of all documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Claims>,
}

/// One document of the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// From the root of the file system.
    pub path: PathBuf,
    pub digest: ContentDigest,
    pub stamp: Stamp,
    /// When the file system last noted any change of the file, a change of its times included.
    /// Version 1 does not know it.
    pub noted: Option<(i64, i64)>,
    pub media_type: String,
    /// What the issuer says of it; documents of which the same is said share this.
    pub claims: Arc<Claims>,
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
    #[error("line {line} does not say what is claimed of its document")]
    NoClaims { line: usize },
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
struct Line<'a> {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noted: Option<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims: Option<Cow<'a, Claims>>,
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

impl Line<'_> {
    /// `before` is what was said of the document before.
    fn of<'a>(document: &'a Planned, before: Option<&Claims>) -> Line<'a> {
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
            noted: document.noted,
            claims: (before != Some(&*document.claims)).then(|| Cow::Borrowed(&*document.claims)),
            secret: document.secret,
            place: document.place,
        }
    }

    /// The document; `said` is what was claimed of the one before, and of this one afterwards.
    fn planned(self, said: &mut Option<Arc<Claims>>) -> Option<Planned> {
        let bytes = match (self.path, self.path_hex) {
            (Some(path), _) => path.into_bytes(),
            (None, bytes) => bytes.unwrap_or_default(),
        };
        if let Some(claims) = self.claims {
            *said = Some(Arc::new(claims.into_owned()));
        }
        Some(Planned {
            path: PathBuf::from(std::ffi::OsString::from_vec(bytes)),
            digest: ContentDigest { sha256: Hash(self.sha256), length: self.length, sha512: None },
            stamp: Stamp { file: self.file, size: self.length, modified: self.modified },
            noted: self.noted,
            media_type: self.media_type,
            claims: said.clone()?,
            secret: self.secret,
            place: self.place,
        })
    }
}

impl Plan {
    /// Writes the plan; durable on return. A crash leaves the plan before or this one.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        durable::replace(path, durable::PRIVATE, |file| {
            serde_json::to_writer(&mut *file, &self.head)?;
            file.write_all(b"\n")?;
            let mut before = None;
            for document in &self.documents {
                serde_json::to_writer(&mut *file, &Line::of(document, before))?;
                file.write_all(b"\n")?;
                before = Some(&*document.claims);
            }
            Ok(())
        })
    }

    /// Reads a plan back.
    pub fn read(path: &Path) -> Result<Plan, PlanError> {
        let mut file = BufReader::with_capacity(256 * 1024, File::open(path)?);
        let mut text = Vec::new();
        let mut head: Head =
            parse(&mut file, &mut text, 1)?.ok_or(PlanError::Count { want: 1, got: 0 })?;
        let mut said = match (head.plan, head.claims.take()) {
            (1, Some(claims)) => Some(Arc::new(claims)),
            (VERSION, None) => None,
            (1 | VERSION, _) => return Err(PlanError::NoClaims { line: 1 }),
            (other, _) => return Err(PlanError::Version(other)),
        };
        head.plan = VERSION;
        let want = head.documents;
        let mut documents = Vec::with_capacity(want.min(DOCUMENTS));
        while documents.len() <= want {
            let number = documents.len() + 2;
            match parse::<Line<'static>>(&mut file, &mut text, number)? {
                Some(line) => documents
                    .push(line.planned(&mut said).ok_or(PlanError::NoClaims { line: number })?),
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
            noted: Some((9, 1)),
            media_type: "application/pdf".into(),
            claims: Arc::new(claims.clone()),
            secret: [place as u8; 32],
            place,
        };
        let head = Head {
            plan: VERSION,
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
            embed: false,
            claims: None,
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
            (text.replace("\"plan\":2", "\"plan\":3"), "version 3"),
            (text.replace("\"plan\":2", "\"plan\":1"), "line 1 does not say"),
            (text.replace("\"claims\":{", "\"claim\":{"), "line 2 is damaged"),
            (text.replace("\"height\"", "\"heigth\""), "line 1 is damaged"),
        ] {
            fs::write(&path, damaged).unwrap();
            let error = Plan::read(&path).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn documents_of_which_the_same_is_said_say_it_once_and_version_1_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        let mut plan = plan();
        plan.write(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("claims").count(), 1);
        // As version 1 wrote it: one set of claims, in the first line, and no `noted`.
        let lines: Vec<&str> = text.lines().collect();
        let claims = serde_json::to_string(&*plan.documents[0].claims).unwrap();
        let first = lines[0].replace("\"plan\":2", "\"plan\":1");
        let first = format!("{},\"claims\":{claims}}}", first.trim_end_matches('}'));
        let noted = "\"noted\":[9,1],";
        let second = lines[1].replace(&format!("\"claims\":{claims},"), "").replace(noted, "");
        let old = format!("{first}\n{second}\n{}\n", lines[2].replace(noted, ""));
        fs::write(&path, old).unwrap();
        let read = Plan::read(&path).unwrap();
        plan.documents.iter_mut().for_each(|document| document.noted = None);
        assert_eq!(read, plan);

        let other = Claims { unit: "Another".into(), ..(*plan.documents[0].claims).clone() };
        plan.documents[1].claims = Arc::new(other);
        plan.write(&path).unwrap();
        assert_eq!(Plan::read(&path).unwrap(), plan);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("\"claims\"").count(), 2);
    }

    #[test]
    fn padding_depends_on_seed_and_place() {
        assert_ne!(padding_leaf(&[0; 32], 1), padding_leaf(&[0; 32], 2));
        assert_ne!(padding_leaf(&[0; 32], 1), padding_leaf(&[1; 32], 1));
    }
}
