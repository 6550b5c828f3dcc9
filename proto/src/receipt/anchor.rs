//! Anchors in a receipt: that its tree stood under a federation root, and what outside clocks say
//! about that root.

use alloc::vec::Vec;

use super::{Receipt, ReceiptError};
use crate::anchor::Evidence;
use crate::anchor::statement::{self, Head};
use crate::document::batch::BatchError;
use crate::hash::{Hash, TreeSize};
use crate::ledger::FederationId;
use crate::limits;

/// A federation root under which the receipt's tree stood, with what is known of its time. Nothing
/// in it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The checkpoint of the receipt's log that was anchored: the same tree or a larger one.
    pub head: Head,
    /// The proof that it holds the receipt's tree.
    pub consistency: Vec<Hash>,
    /// The place of the head among those of all logs.
    pub index: u64,
    /// The path from the head to the federation root.
    pub path: Vec<Hash>,
    /// What outside clocks say about that root, sorted.
    pub evidence: Vec<Evidence>,
}

impl Anchor {
    /// The federation root that head and path lead to.
    pub fn root(&self, federation: FederationId) -> Result<Hash, BatchError> {
        statement::root_of_head(federation, &self.head, self.index, &self.path)
    }

    fn order(&self) -> (TreeSize, &Hash) {
        (self.head.checkpoint().size(), self.head.signatures())
    }

    /// Whether anchors and their evidence stand in their one order, each once.
    pub(super) fn are_sorted(anchors: &[Anchor]) -> bool {
        let evidence = |anchor: &Anchor| anchor.evidence.is_sorted_by(|a, b| key(a) < key(b));
        anchors.is_sorted_by(|a, b| a.order() < b.order()) && anchors.iter().all(evidence)
    }
}

fn key(evidence: &Evidence) -> (crate::anchor::Kind, &[u8]) {
    (evidence.kind, &evidence.bytes)
}

impl Receipt {
    /// The receipt with one more anchor, or with more evidence for one that it has. Whether any of
    /// it holds is for [`crate::verify`].
    pub fn with_anchor(&self, anchor: &Anchor) -> Result<Receipt, ReceiptError> {
        let mut anchors = self.anchors.clone();
        match anchors.iter_mut().find(|kept| kept.order() == anchor.order()) {
            Some(kept) => {
                let new = anchor.evidence.iter().filter(|new| !kept.evidence.contains(new));
                let new: Vec<Evidence> = new.cloned().collect();
                kept.evidence.extend(new);
                kept.evidence.sort_by(|a, b| key(a).cmp(&key(b)));
            }
            None => anchors.push(anchor.clone()),
        }
        anchors.sort_by(|a, b| a.order().cmp(&b.order()));
        let full = |anchor: &Anchor| anchor.evidence.len() > limits::ANCHOR_EVIDENCE;
        if anchors.len() > limits::RECEIPT_ANCHORS || anchors.iter().any(full) {
            return Err(ReceiptError::TooMany);
        }
        Ok(Receipt { anchors, ..self.clone() })
    }
}
