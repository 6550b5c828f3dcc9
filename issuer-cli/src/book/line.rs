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
    /// Documents get another state; reasons and signed entries follow.
    Order(Order),
    /// Why a document of the order above gets it.
    Reason(Reason),
    /// A signed entry: of the order above, or the same as in an earlier line with a new number.
    Change(Box<Change>),
    /// The change of that line stands in the ledger.
    Entered { change: u64, index: u64 },
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
    /// Who may approve what somebody else has proposed; without a key nobody under this name.
    Approver {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key: Option<String>,
    },
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

/// What one call changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    #[serde(with = "state_word")]
    pub state: StatusState,
    /// How many documents change; padding is not counted.
    pub documents: u64,
    /// Lines of the order that follow.
    pub left: u64,
    /// The second signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<Approval>,
}

/// Who has approved a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The SHA-256 of what both have signed.
    #[serde(with = "hash_hex")]
    pub proposal: Hash,
    pub approver: String,
    /// The public key of the approver.
    #[serde(with = "hash_hex")]
    pub key: Hash,
    #[serde(with = "bytes_base64")]
    pub signature: Vec<u8>,
}

/// Why a document changes; never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub status: u64,
    pub left: u64,
    pub sealed: Sealed,
}

/// A signed entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(with = "state_word")]
    pub state: StatusState,
    /// First and last status index, padding included.
    pub ranges: Vec<(u64, u64)>,
    pub sequence: u64,
    pub left: u64,
    /// The public key that signed.
    #[serde(with = "hash_hex")]
    pub key: Hash,
    /// The signed entry.
    #[serde(with = "bytes_base64")]
    pub entry: Vec<u8>,
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
            What::Reason(reason) => Some(&reason.sealed),
            _ => None,
        }
    }

    /// The status index that the sealed part is about.
    pub fn about(&self) -> u64 {
        match self {
            What::Document(issued) => issued.status,
            What::Reason(reason) => reason.status,
            _ => u64::MAX,
        }
    }

    /// Lines that follow and were written together with this one.
    pub fn left(&self) -> u64 {
        match self {
            What::Batch(batch) => batch.documents,
            What::Document(issued) => issued.left,
            What::Order(order) => order.left,
            What::Reason(reason) => reason.left,
            What::Change(change) => change.left,
            _ => 0,
        }
    }

    /// Whether lines that belong together begin with this one.
    pub fn begins(&self) -> bool {
        matches!(self, What::Batch(_) | What::Order(_))
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
        s.serialize_str(state.word())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<StatusState, D::Error> {
        let word = String::deserialize(d)?;
        StatusState::from_word(&word).ok_or_else(|| D::Error::custom("no state of a document"))
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

mod bytes_base64 {
    use super::*;

    pub fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&text::base64_encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        text::base64_decode(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}
