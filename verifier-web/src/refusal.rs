//! Why a question has no answer.

use proto::anchor::bitcoin::HeadersError;
use proto::anchor::evm::BlocksError;
use proto::checkpoint::CheckpointError;
use proto::dossier::DossierError;
use proto::federation::{FederationError, Untrusted};
use proto::receipt::ReceiptError;
use proto::sheet::SheetError;
use proto::status_list::StatusListError;
use serde::Serialize;

/// A stable code, one sentence what is wrong, one what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refusal {
    /// For programs; the page has its own words for it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub next_step: &'static str,
}

const AGAIN: &str = "Load the page again.";
const UNCHANGED: &str = "Get the file again, unchanged, from a source you trust.";
const NODE_OF_YOURS: &str = "Get the file again from a node that you trust.";
const NODE: &str = "Tell the operator of this node; another node may show it right.";

impl Refusal {
    fn new(code: &'static str, message: impl ToString, next_step: &'static str) -> Refusal {
        Refusal { code, message: message.to_string(), next_step }
    }

    pub(crate) fn question(why: impl ToString) -> Refusal {
        Refusal::new("question-malformed", why, AGAIN)
    }

    pub(crate) fn no_federation() -> Refusal {
        Refusal::new("federation-missing", "No federation file is trusted yet.", "Give one first.")
    }

    pub(crate) fn unreadable() -> Refusal {
        Refusal::new(
            "file-unreadable",
            "The file cannot be read any more; it was moved or changed.",
            "Choose it again.",
        )
    }

    pub(crate) fn too_large(limit: usize) -> Refusal {
        let message = format!("It has more than {limit} bytes, which no such file can have.");
        Refusal::new("file-too-large", message, UNCHANGED)
    }

    pub(crate) fn other_federation() -> Refusal {
        Refusal::new(
            "federation-other",
            "This file does not follow from the federation that is trusted here.",
            "Ask your own authority which is right.",
        )
    }

    pub(crate) fn bitcoin_not_named() -> Refusal {
        let message = "The federation does not name Bitcoin.";
        Refusal::new("bitcoin-not-named", message, "Nothing here needs headers.")
    }

    pub(crate) fn log_unknown() -> Refusal {
        Refusal::new("log-unknown", "The federation has no such log.", AGAIN)
    }

    pub(crate) fn not_proven(why: impl ToString) -> Refusal {
        Refusal::new("not-proven", why, NODE)
    }

    pub(crate) fn other_origin() -> Refusal {
        Refusal::new("origin-other", "The checkpoint is of another log.", NODE)
    }

    pub(crate) fn seal(why: seal::Refusal) -> Refusal {
        Refusal::new("seal-refused", why, "Keep the receipt beside the document.")
    }

    pub(crate) fn no_receipt() -> Refusal {
        Refusal::new("receipt-missing", "There is no receipt in this file.", "Ask for it.")
    }

    pub(crate) fn seal_changed(why: impl ToString) -> Refusal {
        Refusal::new("sealed-file-changed", why, UNCHANGED)
    }
}

impl From<FederationError> for Refusal {
    fn from(error: FederationError) -> Refusal {
        Refusal::new(error.code(), error, UNCHANGED)
    }
}

impl From<HeadersError> for Refusal {
    fn from(error: HeadersError) -> Refusal {
        Refusal::new("headers-refused", error, NODE_OF_YOURS)
    }
}

impl From<BlocksError> for Refusal {
    fn from(error: BlocksError) -> Refusal {
        Refusal::new("blocks-refused", error, NODE_OF_YOURS)
    }
}

impl From<StatusListError> for Refusal {
    fn from(error: StatusListError) -> Refusal {
        Refusal::new(error.code(), error, UNCHANGED)
    }
}

impl From<ReceiptError> for Refusal {
    fn from(error: ReceiptError) -> Refusal {
        Refusal::new("receipt-unreadable", error, UNCHANGED)
    }
}

impl From<SheetError> for Refusal {
    fn from(error: SheetError) -> Refusal {
        Refusal::new("sheet-unreadable", error, "Scan the code again, or copy its whole text.")
    }
}

impl From<DossierError> for Refusal {
    fn from(error: DossierError) -> Refusal {
        Refusal::new("dossier-refused", error, "Take fewer or smaller files together.")
    }
}

impl From<CheckpointError> for Refusal {
    fn from(error: CheckpointError) -> Refusal {
        Refusal::new("checkpoint-malformed", error, NODE)
    }
}

impl From<Untrusted> for Refusal {
    fn from(error: Untrusted) -> Refusal {
        Refusal::new("checkpoint-untrusted", error, NODE)
    }
}
