//! Making receipts from a node's answer.

use alloc::vec::Vec;

use super::answer::IssuanceAnswer;
use super::{Disclosure, Receipt, ReceiptError, StatusProof};
use crate::checkpoint::SignedCheckpoint;
use crate::document::Document;
use crate::document::batch::{Batch, batch_leaf, root_of_path};
use crate::document::commitment::commit;
use crate::federation::{Federation, Untrusted};
use crate::hash::StatusIndex;
use crate::ledger::status::piece_of;

impl IssuanceAnswer {
    /// The receipt of the document at a place of the batch that was submitted.
    ///
    /// It checks that the answer belongs to the batch and that path and place fit. Whether the
    /// proofs hold is for [`crate::verify`]: the issuer asks it before a receipt is handed out.
    pub fn receipt(
        &self,
        federation: &Federation,
        document: &Document,
        secret: &[u8; 32],
        batch: &Batch,
        batch_index: u64,
    ) -> Result<Receipt, ReceiptError> {
        let submission = &self.entry.submission;
        let statement = &submission.statement;
        if statement.batch_root != batch.root() || statement.height != batch.height() {
            return Err(ReceiptError::OtherBatch);
        }
        let batch_path = batch.path(batch_index).ok_or(ReceiptError::BadNumber)?;
        let leaf = batch_leaf(&commit(document, secret));
        let (root, _) = root_of_path(&leaf, batch_index, &batch_path)?;
        if root != batch.root() {
            return Err(ReceiptError::OtherBatch);
        }
        let receipt = Receipt {
            federation: federation.id(),
            disclosure: Disclosure::Full { secret: *secret, fields: document.fields().to_vec() },
            batch_index,
            batch_path,
            issuer_index: statement.issuer,
            signature: submission.signature,
            first_status: self.entry.first_status,
            issuer: self.issuer.clone(),
            issuer_proof: self.issuer_proof.clone(),
            status: None,
            links: Vec::new(),
            anchors: Vec::new(),
            index: self.proof.index,
            proof: self.proof.proof.clone(),
            checkpoint: self.minimal_checkpoint(federation)?,
        };
        let status = self.status_proof(receipt.status_index())?;
        Ok(Receipt { status: Some(status), ..receipt })
    }

    /// A node answers with one quorum; only if it sent more is it looked at which to keep.
    fn minimal_checkpoint(&self, federation: &Federation) -> Result<SignedCheckpoint, Untrusted> {
        let checkpoint = &self.proof.checkpoint;
        let want = federation.current().quorum.saturating_mul(2).saturating_add(1);
        let minimal = u64::try_from(checkpoint.note().signatures().len()) == Ok(want);
        if minimal { Ok(checkpoint.clone()) } else { federation.minimal(checkpoint) }
    }

    /// The proof of one status index, cut out of the answer.
    fn status_proof(&self, index: StatusIndex) -> Result<StatusProof, ReceiptError> {
        let status = &self.status;
        let at = piece_of(index).checked_sub(status.first_piece);
        let piece = at.and_then(|at| status.pieces.get(usize::try_from(at).ok()?));
        Ok(StatusProof {
            checkpoint: None,
            time: status.time,
            length: status.length,
            root: status.root,
            proof: status.proof.clone(),
            piece: piece.ok_or(ReceiptError::OtherBatch)?.clone(),
        })
    }
}
