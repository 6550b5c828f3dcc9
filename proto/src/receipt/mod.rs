//! Receipts: a tlog proof whose `extra` line carries what leads from a document to the log entry.
//!
//! ```text
//! fields -> commitment -> batch root -> issuance entry -> (tlog proof) -> checkpoint
//! ```
//!
//! The issuance entry is not in the receipt: it is rebuilt from the batch root that the fields and
//! the path lead to, so nothing can be smuggled in. [`json`] has the form of the `extra` line,
//! [`answer`] what a node answers. A [`Receipt`] is a claim; [`crate::verify`] judges it.

mod anchor;
pub mod answer;
mod build;
pub mod cover;
mod disclosure;
mod json;

use alloc::vec::Vec;

use thiserror::Error;

pub use anchor::Anchor;
pub use disclosure::{Disclosure, ShownField};

use crate::anchor::statement::StatementError;
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::document::batch::BatchError;
use crate::document::disclosure::DisclosureError;
use crate::document::{DocumentError, FieldError, batch};
use crate::federation::{Link, Untrusted};
use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp};
use crate::ledger::{
    Entry, EntryError, FederationId, Issuance, IssuanceStatement, Issuer, Snapshot, StatusPiece,
    Submission,
};
use crate::limits;
use crate::text::TextError;
use crate::tlog_proof::{TlogProof, TlogProofError};

/// What the holder of a document keeps. Nothing in it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The federation that it says it is of.
    pub federation: FederationId,
    /// The fields and what leads from them to the commitment.
    pub disclosure: Disclosure,
    /// The place of the commitment in its batch.
    pub batch_index: u64,
    /// The path from the commitment to the batch root.
    pub batch_path: Vec<Hash>,
    /// Index of the issuer's entry.
    pub issuer_index: LeafIndex,
    /// The issuer's signature over the batch.
    pub signature: [u8; 64],
    /// The status index of the first place of the batch.
    pub first_status: StatusIndex,
    /// The issuer's entry.
    pub issuer: Issuer,
    /// The proof that the issuer's entry is in the tree of the checkpoint.
    pub issuer_proof: Vec<Hash>,
    /// The status when the receipt was made.
    pub status: Option<StatusProof>,
    /// Proofs that the tree stood before keys were dropped.
    pub links: Vec<Link>,
    /// What clocks outside the federation say about its tree, sorted.
    pub anchors: Vec<Anchor>,
    /// Index of the issuance.
    pub index: LeafIndex,
    /// The proof that the issuance is in the tree of the checkpoint.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// A status with what proves it: the snapshot that closes a checkpoint, and a piece of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusProof {
    /// The checkpoint that the snapshot closes; absent if it is the receipt's own.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Time of the snapshot.
    pub time: Timestamp,
    /// Length of the status list.
    pub length: u64,
    /// Root of the status list.
    pub root: Hash,
    /// The proof that the snapshot is the last entry of the checkpoint.
    pub proof: Vec<Hash>,
    /// The piece of the list that holds the document's status.
    pub piece: StatusPiece,
}

/// Why bytes are no receipt, or why none can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The file is no tlog proof.
    #[error(transparent)]
    TlogProof(#[from] TlogProofError),
    /// There is no `extra` line.
    #[error("The file is a tlog proof, but no receipt of Beleg: it has no extra line.")]
    NoExtra,
    /// The `extra` line holds no JSON of the right form.
    #[error("The extra line of the receipt is not the JSON that a receipt holds.")]
    BadJson,
    /// The JSON is not spelt in the one way that is allowed.
    #[error("The extra line of the receipt is not spelt in the one way that is allowed.")]
    NotCanonical,
    /// The receipt has a version that this program does not know.
    #[error("The receipt has version {found}, which this program does not know; update it.")]
    UnknownVersion {
        /// The version.
        found: u64,
    },
    /// A number is too large or not what it must be.
    #[error("The receipt holds a number that is too large or does not fit the others.")]
    BadNumber,
    /// There are more fields, hashes or links than a receipt can have.
    #[error("The receipt holds more fields, hashes or links than it may.")]
    TooMany,
    /// A text is malformed.
    #[error("A part of the receipt is malformed: {0}")]
    Text(#[from] TextError),
    /// A field is malformed.
    #[error("A field of the receipt is malformed: {0}")]
    Field(#[from] FieldError),
    /// The issuer's entry is malformed.
    #[error("The issuer's entry in the receipt is malformed: {0}")]
    Issuer(#[from] EntryError),
    /// The checkpoint of the status is malformed.
    #[error("The status in the receipt is malformed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The head of an anchor is malformed.
    #[error("An anchor in the receipt is malformed: {0}")]
    Anchor(#[from] StatementError),
    /// The evidence of an anchor is of a kind that this program does not know.
    #[error("The receipt holds evidence of a kind that this program does not know; update it.")]
    UnknownEvidence,
    /// The fields do not make a document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The field proof is malformed.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The batch path is malformed.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A field that is to be kept is hidden already, and only a fuller receipt can show it.
    #[error("A field that is to be kept is hidden in this receipt already.")]
    AlreadyHidden,
    /// The answer of the node does not fit what was sent.
    #[error("The node's answer does not belong to this batch.")]
    OtherBatch,
    /// The checkpoint does not count.
    #[error("The node's checkpoint does not count: {0}")]
    Untrusted(#[from] Untrusted),
}

impl Receipt {
    /// Reads a receipt. No signature and no proof is checked.
    pub fn parse(bytes: &[u8]) -> Result<Receipt, ReceiptError> {
        let tlog_proof = TlogProof::parse(bytes)?;
        let extra = tlog_proof.extra.as_deref().ok_or(ReceiptError::NoExtra)?;
        if tlog_proof.index.0 > limits::JSON_INTEGER {
            return Err(ReceiptError::BadNumber);
        }
        let receipt = json::parse(extra, &tlog_proof)?;
        if json::to_bytes(&receipt)? == extra {
            Ok(receipt)
        } else {
            Err(ReceiptError::NotCanonical)
        }
    }

    /// The file that [`Receipt::parse`] reads.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ReceiptError> {
        let extra = json::to_bytes(self)?;
        if extra.len() > limits::EXTRA_BYTES {
            return Err(ReceiptError::TooMany);
        }
        let proof = self.proof.clone();
        let (index, checkpoint) = (self.index, self.checkpoint.clone());
        Ok(TlogProof { extra: Some(extra), index, proof, checkpoint }.to_bytes())
    }

    /// The issuance that fields, path and signature lead to: the entry whose inclusion the tlog
    /// proof must show.
    pub fn issuance(&self) -> Result<Issuance, ReceiptError> {
        let commitment = self.disclosure.commitment()?;
        let leaf = batch::batch_leaf(&commitment);
        let (batch_root, height) = batch::root_of_path(&leaf, self.batch_index, &self.batch_path)?;
        let statement = IssuanceStatement { issuer: self.issuer_index, batch_root, height };
        let submission = Submission { statement, signature: self.signature };
        Ok(submission.entry(self.first_status))
    }

    /// The bytes of the log entry, for other people's tools.
    pub fn entry(&self) -> Result<Vec<u8>, ReceiptError> {
        Ok(Entry::Issuance(self.issuance()?).to_bytes())
    }

    /// The document's own place in the status list.
    pub fn status_index(&self) -> StatusIndex {
        StatusIndex(self.first_status.0.saturating_add(self.batch_index))
    }

    /// The value of a shown field.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut shown = self.disclosure.shown();
        shown.find(|(_, field)| field.name() == name).map(|(_, field)| field.value())
    }

    /// The same receipt with only these fields shown, and the four that are never hidden.
    pub fn redact(&self, shown: &[u32]) -> Result<Receipt, ReceiptError> {
        Ok(Receipt { disclosure: self.disclosure.redact(shown)?, ..self.clone() })
    }
}

impl StatusProof {
    /// The snapshot entry that the proof shows.
    pub fn snapshot(&self, federation: FederationId) -> Snapshot {
        let (time, status_length, status_root) = (self.time, self.length, self.root);
        Snapshot { federation, time, status_length, status_root }
    }
}
