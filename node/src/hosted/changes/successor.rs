//! The pointer from a replaced document to its successor.
//!
//! It takes both commitments. They are made again from the kept batches; of a document whose batch
//! was destroyed, the receipt leads to the commitment.

use proto::hash::Hash;
use proto::ledger::Pointer;
use proto::receipt::Receipt;

use super::judge::Asking;
use super::refusal::ChangeRefusal;
use crate::hosted::desk::{Desk, IssueError};
use crate::hosted::journal::{Drawer, Selection};

impl Desk {
    /// The pointer that is asked for; none if nothing is replaced. Blocks.
    pub(super) fn pointer(
        &self,
        asking: &Asking,
        selection: &Selection,
    ) -> Result<Option<Pointer>, ChangeRefusal> {
        let (Some(new), [old]) = (asking.successor, asking.documents.as_slice()) else {
            return Ok(None);
        };
        let to = self.commitment(selection, new)?.ok_or(ChangeRefusal::SuccessorTooOld)?;
        let from = match &asking.receipt {
            Some(receipt) => {
                let (first, drawer) = selection.batch(*old).ok_or(ChangeRefusal::Unknown(*old))?;
                self.of_receipt(receipt, *old, (first, drawer))
                    .ok_or(ChangeRefusal::ReceiptWrong(*old))?
            }
            None => self.commitment(selection, *old)?.ok_or(ChangeRefusal::ReceiptNeeded)?,
        };
        Ok(Some(Pointer::new(&from, &to)))
    }

    /// The commitment of a document whose batch is kept.
    fn commitment(
        &self,
        selection: &Selection,
        status: u64,
    ) -> Result<Option<Hash>, ChangeRefusal> {
        let Some((first, drawer)) = selection.batch(status) else { return Ok(None) };
        let Ok(root) = Hash::from_hex(&drawer.root) else { return Ok(None) };
        let found = self.batches.planned(&root, status.saturating_sub(first));
        let found = found.map_err(|error| self.fault(&error))?;
        let commitment = found.map(|planned| planned.commitment()).transpose();
        commitment.map_err(|error| self.fault(&error).into())
    }

    /// The commitment that a receipt of this very document leads to: fields and path give the batch
    /// root that the journal has.
    fn of_receipt(&self, text: &str, status: u64, batch: (u64, &Drawer)) -> Option<Hash> {
        let receipt = Receipt::parse(text.as_bytes()).ok()?;
        let place = self.log.rules.place();
        let here = receipt.federation == place.federation
            && receipt.checkpoint.checkpoint().origin() == place.origin;
        let root = receipt.issuance().ok()?.submission.statement.batch_root;
        let (first, drawer) = batch;
        let same = receipt.status_index().0 == status
            && receipt.first_status.0 == first
            && root.to_hex() == drawer.root;
        (here && same).then(|| receipt.disclosure.commitment().ok()).flatten()
    }

    fn fault(&self, error: &dyn std::error::Error) -> IssueError {
        let office = &self.office.name;
        tracing::error!(office, %error, "a batch of the office cannot be read");
        IssueError::Fault
    }
}
