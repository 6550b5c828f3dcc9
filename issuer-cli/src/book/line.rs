//! A line of the journal: one JSON object. `before` is the hash of the line before, so that a line
//! changed, taken out or put in between is found.
//!
//! ```text
//! hash = SHA-256("beleg-issuer/journal/v1\0" || line without its newline)
//! ```

use proto::document::Field;
use proto::hash::{Hash, sha256_parts};
use proto::ledger::StatusState;
use proto::text;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What stands in `before` of the first line.
pub const START: Hash = Hash([0; 32]);
const LABEL: &[u8] = b"beleg-issuer/journal/v1\0";

/// The version of the format; another one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    #[serde(rename = "journal")]
    pub version: Version,
    /// Counted from 0.
    pub number: u64,
    #[serde(with = "hash_hex")]
    pub before: Hash,
    /// When it was written, by this machine's clock.
    pub time: u64,
    /// Slots in use with this line.
    pub slots: u64,
    pub what: What,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum What {
    /// A key that this office made.
    Key {
        #[serde(with = "hash_hex")]
        key: Hash,
    },
    /// A batch in the ledger; a line for each of its documents follows.
    Batch(Batch),
    /// A document of the batch above.
    Document(Issued),
    /// A change of status that was signed.
    Change(Box<Change>),
    /// The change of that line stands in the ledger.
    Entered { change: u64, index: u64, time: u64 },
    /// The ledger refuses the change of that line.
    Refused { change: u64, code: String },
    /// The sealed part in this slot can no longer be read.
    Erased {
        slot: u64,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        status: Option<u64>,
    },
    /// An entry of the ledger that the office did not make and has looked into.
    Seen { index: u64 },
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    #[serde(with = "hash_hex")]
    pub root: Hash,
    pub origin: String,
    /// Index of the issuer's entry that was in force.
    pub issuer: u64,
    /// The public key that signed.
    #[serde(with = "hash_hex")]
    pub key: Hash,
    /// Index of the issuance.
    pub index: u64,
    /// Status index of its place 0.
    pub first_status: u64,
    pub height: u8,
    pub documents: u64,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    pub status: u64,
    #[serde(rename = "type")]
    pub document_type: String,
    /// Documents of the batch that follow.
    pub left: u64,
    pub sealed: Sealed,
}

/// A change of status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(with = "state_word")]
    pub state: StatusState,
    /// Never sent.
    pub reason: String,
    /// First and last status index.
    pub ranges: Vec<(u64, u64)>,
    /// Documents among them.
    pub documents: u64,
    pub sequence: u64,
    /// The public key that signed.
    #[serde(with = "hash_hex")]
    pub key: Hash,
    /// The signed entry.
    #[serde(with = "bytes_base64")]
    pub entry: Vec<u8>,
    /// What the office noted about it; never sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<Sealed>,
    /// The hash of the request that a second person has approved.
    #[serde(skip_serializing_if = "Option::is_none", default, with = "some_hash_hex")]
    pub approved: Option<Hash>,
    /// The line of the same change as it was signed before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub again: Option<u64>,
}

/// A part that only its key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    pub slot: u64,
    #[serde(with = "bytes_base64")]
    pub part: Vec<u8>,
}

/// What is sealed about a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// Where it lay when it was issued, as a person reads it.
    pub file: String,
    /// Names and values of its fields; the first holds the digest.
    pub fields: Vec<(String, String)>,
    #[serde(with = "hex::serde")]
    pub secret: [u8; 32],
}

impl Line {
    /// The line without its newline.
    pub fn to_text(&self) -> String {
        // Maps with text as keys, numbers and text: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl What {
    /// The sealed part, if there is one.
    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            What::Document(issued) => Some(&issued.sealed),
            What::Change(change) => change.note.as_ref(),
            _ => None,
        }
    }
}

impl Change {
    /// The ranges as the ledger has them.
    pub fn contains(&self, status: u64) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

impl Personal {
    /// What is sealed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what was sealed.
    pub fn parse(bytes: &[u8]) -> Option<Personal> {
        serde_json::from_slice(bytes).ok()
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The SHA-256 of the document, in hex.
    pub fn digest(&self) -> Option<&str> {
        self.value("content")?.split(' ').nth(1)
    }
}

/// The hash of a line.
pub fn hash(line: &[u8]) -> Hash {
    sha256_parts(&[LABEL, line])
}

/// Name and value of a field.
pub fn pair(field: &Field) -> (String, String) {
    (field.name().to_owned(), field.value().to_owned())
}

/// The word for a state, in the journal and on the screen.
pub fn state_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Valid => "valid",
        StatusState::Suspended => "suspended",
        StatusState::Superseded => "superseded",
        StatusState::Revoked => "revoked",
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Version, D::Error> {
        match u8::deserialize(d)? {
            1 => Ok(Version),
            _ => Err(D::Error::custom("a version of the journal that this program does not know")),
        }
    }
}

mod state_word {
    use super::*;

    pub fn serialize<S: Serializer>(state: &StatusState, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(super::state_word(*state))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<StatusState, D::Error> {
        let word = String::deserialize(d)?;
        (0..4)
            .filter_map(StatusState::from_bits)
            .find(|state| super::state_word(*state) == word)
            .ok_or_else(|| D::Error::custom("no state of a document"))
    }
}

mod hash_hex {
    use super::*;

    pub fn serialize<S: Serializer>(hash: &Hash, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hash.to_hex())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Hash, D::Error> {
        Hash::from_hex(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

mod some_hash_hex {
    use super::*;

    pub fn serialize<S: Serializer>(hash: &Option<Hash>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hash.map_or_else(String::new, |hash| hash.to_hex()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Hash>, D::Error> {
        super::hash_hex::deserialize(d).map(Some)
    }
}

mod bytes_base64 {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&text::base64_encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        text::base64_decode(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}
