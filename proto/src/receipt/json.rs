//! The `extra` line of a receipt: canonical JSON.
//!
//! Members stand in a fixed order, without whitespace, absent ones left out; bytes are base64 with
//! padding; integers are at most 2^53. Unknown and repeated members are refused. The parser refuses
//! whatever it would not write in the same way, so there is one spelling.
//!
//! ```text
//! {"v":1,"federation":b64,
//!  "document":{"count":n,"secret":b64?,
//!   "fields":[{"index":n,"name":s,"value":s,"salt":b64?}],"proof":[b64]?},
//!  "batch":{"index":n,"path":[b64]},
//!  "issuance":{"issuer":n,"signature":b64,"status":n},
//!  "issuer":{"entry":b64,"proof":[b64]},
//!  "status":{"checkpoint":s?,"time":n,"length":n,"root":b64,"proof":[b64],
//!   "piece":b64,"path":[b64]}?,
//!  "links":[{"version":n,"proof":[b64]}]?,
//!  "anchors":[{"size":n,"root":b64,"signatures":b64,"consistency":[b64],"index":n,"path":[b64],
//!   "evidence":[{"kind":s,"bytes":b64}]}]? }
//! ```

mod anchors;

use alloc::string::String;
use alloc::vec::Vec;

use anchors::AnchorPart;
use serde::{Deserialize, Serialize};

use super::{Disclosure, Receipt, ReceiptError as Error, ShownField, StatusProof};
use crate::checkpoint::SignedCheckpoint;
use crate::document::Field;
use crate::federation::Link;
use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp};
use crate::ledger::{Entry, FederationId, Issuer, StatusPiece};
use crate::limits;
use crate::text;
use crate::tlog_proof::TlogProof;

const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    v: u64,
    federation: String,
    document: DocumentPart,
    batch: BatchPart,
    issuance: IssuancePart,
    issuer: IssuerPart,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<StatusPart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<LinkPart>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    anchors: Vec<AnchorPart>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentPart {
    count: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    fields: Vec<FieldPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldPart {
    index: u64,
    name: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchPart {
    index: u64,
    path: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuancePart {
    issuer: u64,
    signature: String,
    status: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerPart {
    entry: String,
    proof: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    time: u64,
    length: u64,
    root: String,
    proof: Vec<String>,
    piece: String,
    path: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkPart {
    version: u64,
    proof: Vec<String>,
}

/// Reads the `extra` line. The caller compares what [`to_bytes`] gives with what it read.
pub(super) fn parse(extra: &[u8], tlog_proof: &TlogProof) -> Result<Receipt, Error> {
    let extra: Extra = serde_json::from_slice(extra).map_err(|_| Error::BadJson)?;
    if extra.v != VERSION {
        return Err(Error::UnknownVersion { found: extra.v });
    }
    if extra.links.len() > limits::RECEIPT_LINKS {
        return Err(Error::TooMany);
    }
    let links = extra.links.iter().map(read_link).collect::<Result<_, Error>>()?;
    Ok(Receipt {
        federation: FederationId(text::base64_array(&extra.federation)?),
        disclosure: read_document(&extra.document)?,
        batch_index: number(extra.batch.index)?,
        batch_path: read_hashes(&extra.batch.path)?,
        issuer_index: LeafIndex(number(extra.issuance.issuer)?),
        signature: text::base64_array(&extra.issuance.signature)?,
        first_status: StatusIndex(number(extra.issuance.status)?),
        issuer: read_issuer(&extra.issuer.entry)?,
        issuer_proof: read_hashes(&extra.issuer.proof)?,
        status: extra.status.as_ref().map(read_status).transpose()?,
        links,
        anchors: anchors::read(&extra.anchors, tlog_proof.checkpoint.checkpoint().origin())?,
        index: tlog_proof.index,
        proof: tlog_proof.proof.clone(),
        checkpoint: tlog_proof.checkpoint.clone(),
    })
}

/// Writes the `extra` line.
pub(super) fn to_bytes(receipt: &Receipt) -> Result<Vec<u8>, Error> {
    let extra = Extra {
        v: VERSION,
        federation: text::base64_encode(&receipt.federation.0),
        document: write_document(&receipt.disclosure),
        batch: BatchPart { index: receipt.batch_index, path: write_hashes(&receipt.batch_path) },
        issuance: IssuancePart {
            issuer: receipt.issuer_index.0,
            signature: text::base64_encode(&receipt.signature),
            status: receipt.first_status.0,
        },
        issuer: IssuerPart {
            entry: text::base64_encode(&receipt.issuer.to_bytes()),
            proof: write_hashes(&receipt.issuer_proof),
        },
        status: receipt.status.as_ref().map(write_status).transpose()?,
        links: receipt.links.iter().map(write_link).collect(),
        anchors: anchors::write(&receipt.anchors),
    };
    serde_json::to_vec(&extra).map_err(|_| Error::BadJson)
}

fn number(number: u64) -> Result<u64, Error> {
    if number <= limits::JSON_INTEGER { Ok(number) } else { Err(Error::BadNumber) }
}

pub(super) fn read_hashes(list: &[String]) -> Result<Vec<Hash>, Error> {
    // No path and no proof has more; the field proof has at most one per hidden field.
    if list.len() > limits::PROOF_HASHES {
        return Err(Error::TooMany);
    }
    list.iter().map(|hash| Ok(Hash::from_base64(hash)?)).collect()
}

pub(super) fn write_hashes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_base64).collect()
}

pub(super) fn read_issuer(entry: &str) -> Result<Issuer, Error> {
    match Entry::parse(&text::base64_decode(entry)?)? {
        Entry::Issuer(issuer) => Ok(issuer),
        _ => Err(Error::BadJson),
    }
}

fn read_document(part: &DocumentPart) -> Result<Disclosure, Error> {
    if part.fields.len() > limits::FIELDS {
        return Err(Error::TooMany);
    }
    let count = u32::try_from(part.count).map_err(|_| Error::BadNumber)?;
    match (&part.secret, &part.proof) {
        (Some(secret), None) => {
            let mut fields = Vec::with_capacity(part.fields.len());
            for (want, field) in (0u64..).zip(&part.fields) {
                if field.index != want || field.salt.is_some() {
                    return Err(Error::BadNumber);
                }
                fields.push(Field::new(&field.name, &field.value)?);
            }
            if usize::try_from(count) != Ok(fields.len()) {
                return Err(Error::BadNumber);
            }
            Ok(Disclosure::Full { secret: text::base64_array(secret)?, fields })
        }
        (None, Some(proof)) => {
            let fields = part.fields.iter().map(read_shown).collect::<Result<_, Error>>()?;
            Ok(Disclosure::Redacted { count, fields, proof: read_hashes(proof)? })
        }
        _ => Err(Error::BadJson),
    }
}

fn read_shown(part: &FieldPart) -> Result<ShownField, Error> {
    Ok(ShownField {
        index: u32::try_from(part.index).map_err(|_| Error::BadNumber)?,
        field: Field::new(&part.name, &part.value)?,
        salt: text::base64_array(part.salt.as_deref().ok_or(Error::BadJson)?)?,
    })
}

fn write_document(disclosure: &Disclosure) -> DocumentPart {
    let part = |index: u32, field: &Field, salt| FieldPart {
        index: u64::from(index),
        name: field.name().into(),
        value: field.value().into(),
        salt,
    };
    let (secret, fields, proof) = match disclosure {
        Disclosure::Full { secret, fields } => {
            let fields = (0u32..).zip(fields).map(|(index, field)| part(index, field, None));
            (Some(text::base64_encode(secret)), fields.collect(), None)
        }
        Disclosure::Redacted { fields, proof, .. } => {
            let salt = |shown: &ShownField| Some(text::base64_encode(&shown.salt));
            let fields = fields.iter().map(|shown| part(shown.index, &shown.field, salt(shown)));
            (None, fields.collect(), Some(write_hashes(proof)))
        }
    };
    DocumentPart { count: u64::from(disclosure.count()), secret, fields, proof }
}

fn read_status(part: &StatusPart) -> Result<StatusProof, Error> {
    let checkpoint = part.checkpoint.as_ref().map(|note| SignedCheckpoint::parse(note.as_bytes()));
    Ok(StatusProof {
        checkpoint: checkpoint.transpose()?,
        time: Timestamp(number(part.time)?),
        length: number(part.length)?,
        root: Hash::from_base64(&part.root)?,
        proof: read_hashes(&part.proof)?,
        piece: StatusPiece {
            piece: text::base64_array(&part.piece)?,
            path: read_hashes(&part.path)?,
        },
    })
}

fn write_status(status: &StatusProof) -> Result<StatusPart, Error> {
    let note = |signed: &SignedCheckpoint| String::from_utf8(signed.to_bytes());
    let checkpoint = status.checkpoint.as_ref().map(note).transpose();
    Ok(StatusPart {
        checkpoint: checkpoint.map_err(|_| Error::BadJson)?,
        time: status.time.0,
        length: status.length,
        root: status.root.to_base64(),
        proof: write_hashes(&status.proof),
        piece: text::base64_encode(&status.piece.piece),
        path: write_hashes(&status.piece.path),
    })
}

fn read_link(part: &LinkPart) -> Result<Link, Error> {
    Ok(Link { version: number(part.version)?, proof: read_hashes(&part.proof)? })
}

fn write_link(link: &Link) -> LinkPart {
    LinkPart { version: link.version, proof: write_hashes(&link.proof) }
}
