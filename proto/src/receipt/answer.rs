//! What a node answers when a batch is published, and the other small JSON bodies that a node and
//! the programs that talk to it share. `docs/http-api.md` shows them; they are not kept, so unknown
//! members are ignored and the spelling is free.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ReceiptError;
use super::json::{read_hashes, read_issuer, write_hashes};
use crate::hash::{Hash, LeafIndex, Timestamp};
use crate::ledger::status::piece_of;
use crate::ledger::{Entry, Issuance, Issuer, StatusPiece};
use crate::limits;
use crate::text;
use crate::tlog_proof::TlogProof;

/// Why a body is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The body is larger than any answer.
    #[error("The node's answer has more than {limit} bytes.")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The body is not the JSON that was asked for.
    #[error("The node's answer is not the JSON that belongs there.")]
    BadJson,
    /// A part of the answer is malformed.
    #[error("The node's answer is malformed: {0}")]
    Part(#[from] ReceiptError),
}

/// The answer to `POST /v1/issuances` when the batch is published. Nothing in it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuanceAnswer {
    /// The proof that the issuance is in the log, with a quorum's cosignatures.
    pub proof: TlogProof,
    /// The issuance.
    pub entry: Issuance,
    /// The issuer's entry; its index stands in the issuance.
    pub issuer: Issuer,
    /// The proof that the issuer's entry is in the tree of the checkpoint.
    pub issuer_proof: Vec<Hash>,
    /// The status of the whole batch.
    pub status: StatusAnswer,
}

/// The snapshot that closes the checkpoint, and the pieces of the status list that hold the batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusAnswer {
    /// Time of the snapshot.
    pub time: Timestamp,
    /// Length of the status list.
    pub length: u64,
    /// Root of the status list.
    pub root: Hash,
    /// The proof that the snapshot is the last entry of the checkpoint.
    pub proof: Vec<Hash>,
    /// Index of the first piece.
    pub first_piece: u64,
    /// The pieces.
    pub pieces: Vec<StatusPiece>,
}

#[derive(Serialize, Deserialize)]
struct AnswerJson {
    proof: String,
    entry: String,
    issuer: IssuerJson,
    status: StatusJson,
}

#[derive(Serialize, Deserialize)]
struct IssuerJson {
    index: u64,
    entry: String,
    proof: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct StatusJson {
    time: u64,
    length: u64,
    root: String,
    proof: Vec<String>,
    first_piece: u64,
    pieces: Vec<PieceJson>,
}

#[derive(Serialize, Deserialize)]
struct PieceJson {
    piece: String,
    path: Vec<String>,
}

impl IssuanceAnswer {
    /// Reads the body of an answer.
    pub fn parse(body: &[u8]) -> Result<IssuanceAnswer, AnswerError> {
        let limit = limits::ANSWER_BYTES;
        if body.len() > limit {
            return Err(AnswerError::TooLarge { limit });
        }
        let json: AnswerJson = serde_json::from_slice(body).map_err(|_| AnswerError::BadJson)?;
        Ok(read(&json)?)
    }

    /// The body of the answer.
    pub fn to_json(&self) -> Vec<u8> {
        let piece = |piece: &StatusPiece| PieceJson {
            piece: text::base64_encode(&piece.piece),
            path: write_hashes(&piece.path),
        };
        let json = AnswerJson {
            // A tlog proof is text; its checkpoint was parsed as text.
            proof: String::from_utf8(self.proof.to_bytes()).unwrap_or_default(),
            entry: text::base64_encode(&self.entry.to_bytes()),
            issuer: IssuerJson {
                index: self.entry.submission.statement.issuer.0,
                entry: text::base64_encode(&self.issuer.to_bytes()),
                proof: write_hashes(&self.issuer_proof),
            },
            status: StatusJson {
                time: self.status.time.0,
                length: self.status.length,
                root: self.status.root.to_base64(),
                proof: write_hashes(&self.status.proof),
                first_piece: self.status.first_piece,
                pieces: self.status.pieces.iter().map(piece).collect(),
            },
        };
        // Texts and numbers always serialise.
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

fn read(json: &AnswerJson) -> Result<IssuanceAnswer, ReceiptError> {
    let entry = match Entry::parse(&text::base64_decode(&json.entry)?)? {
        Entry::Issuance(entry) => entry,
        _ => return Err(ReceiptError::BadJson),
    };
    if entry.submission.statement.issuer != LeafIndex(json.issuer.index) {
        return Err(ReceiptError::BadNumber);
    }
    let status = &json.status;
    let large = status.time.max(status.length).max(status.first_piece) > limits::JSON_INTEGER;
    if large || status.first_piece != piece_of(entry.first_status) {
        return Err(ReceiptError::BadNumber);
    }
    let mut pieces = Vec::with_capacity(status.pieces.len());
    for piece in &status.pieces {
        let path = read_hashes(&piece.path)?;
        pieces.push(StatusPiece { piece: text::base64_array(&piece.piece)?, path });
    }
    Ok(IssuanceAnswer {
        proof: TlogProof::parse(json.proof.as_bytes())?,
        entry,
        issuer: read_issuer(&json.issuer.entry)?,
        issuer_proof: read_hashes(&json.issuer.proof)?,
        status: StatusAnswer {
            time: Timestamp(status.time),
            length: status.length,
            root: Hash::from_base64(&status.root)?,
            proof: read_hashes(&status.proof)?,
            first_piece: status.first_piece,
            pieces,
        },
    })
}

/// An issuer in the answer to `GET /v1/issuers`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IssuerListed {
    /// Index of the entry in force.
    pub index: u64,
    /// Index of the first entry.
    pub id: u64,
    /// The name that people see.
    pub name: String,
    /// The Ed25519 public key in hexadecimal digits.
    pub key: String,
    /// The document types that it may issue.
    pub scope: Vec<String>,
    /// Whether it is retired.
    pub retired: bool,
    /// Whether the entry counts for new issuances.
    pub in_force: bool,
    /// Sequence number of the last revocation that the issuer signed; 0 before the first.
    pub sequence: u64,
    /// The same for revocations of its documents by the administration key.
    pub admin_sequence: u64,
}

/// The answer to `POST /v1/issuers` when the entry is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IssuerAdmitted {
    /// Index of the entry.
    pub index: u64,
}

/// The body of every refusal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// A stable code.
    pub error: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do, in one sentence.
    pub next_step: String,
}
