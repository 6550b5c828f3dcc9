//! What people read for each reason: code, sentence, next step.
//!
//! The words claim no more than was proven: what the issuer claims is said to be claimed, and
//! nothing is called a certification.

use super::reason::Reason;
use super::verdict::LineState;

/// Code, sentence, next step.
type Texts = (&'static str, &'static str, &'static str);

const NOTHING: &str = "Nothing needs to be done.";
const ASK_SENDER: &str = "Ask whoever gave you the document for the original file and its receipt.";
const ASK_ISSUER: &str = "Do not rely on it; ask the office that is said to have issued it.";
const NEW_RECEIPT: &str = "Ask the issuing office for a newer receipt.";
const NEW_FEDERATION: &str =
    "Run `beleg update`, or get the newest federation file from a source you trust.";
const NEW_STATUS: &str =
    "Run `beleg update` for the newest status lists, or ask the issuing office for a new receipt.";

impl Reason {
    pub(super) fn texts(&self) -> Texts {
        match self.state() {
            LineState::Good => self.good(),
            LineState::Unknown => self.unknown(),
            LineState::Bad => self.bad(),
        }
    }

    fn good(&self) -> Texts {
        match self {
            Reason::ContentMatches => {
                ("content-matches", "The file is exactly the one that was issued.", NOTHING)
            }
            Reason::IssuerProven => {
                ("issuer-proven", "The issuer signed it and may issue this type.", NOTHING)
            }
            Reason::TimeProven => (
                "time-proven",
                "It is proven when it existed at the latest, by independent operators.",
                NOTHING,
            ),
            Reason::StatusValid => ("status-valid", "It has not been withdrawn.", NOTHING),
            _ => ("valid", "The document is what was issued, and it stands.", NOTHING),
        }
    }

    fn unknown(&self) -> Texts {
        match self {
            Reason::ReceiptUnreadable(_) => {
                ("receipt-unreadable", "The receipt cannot be read.", ASK_SENDER)
            }
            Reason::FederationUnknown => (
                "federation-unknown",
                "The receipt is of another federation than the one you trust here.",
                "Get that federation's file from a source you trust, and check again with it.",
            ),
            Reason::LogUnknown => (
                "log-unknown",
                "The federation file you use does not know the log of this receipt.",
                NEW_FEDERATION,
            ),
            Reason::LogSignatureMissing => (
                "log-signature-missing",
                "The signature of the log is missing in the receipt.",
                ASK_SENDER,
            ),
            Reason::QuorumMissing { .. } => {
                ("quorum-missing", "Too few independent operators confirmed it.", NEW_RECEIPT)
            }
            Reason::OperatorTwice => (
                "operator-twice",
                "One operator stands in the receipt twice and counts only once.",
                NEW_RECEIPT,
            ),
            Reason::SignatureLinesUnexpected => (
                "signature-lines-unexpected",
                "The receipt carries other signatures than a receipt has.",
                NEW_RECEIPT,
            ),
            Reason::KeysDropped => (
                "keys-dropped",
                "Only keys that are no longer trusted vouch for this receipt.",
                NEW_RECEIPT,
            ),
            Reason::ContentNotGiven => (
                "content-not-given",
                "Only the receipt was checked, not the document.",
                "Check again with the document beside its receipt.",
            ),
            Reason::TimeInFuture => (
                "time-in-future",
                "The proven time lies in the future for the clock of this computer.",
                "Set the clock of this computer and try again.",
            ),
            Reason::AnchorMissing(_) => (
                "anchor-missing",
                "Evidence of an outside clock is asked for, and none can be checked here.",
                "Run `beleg update` with the document, or check again without asking for it.",
            ),
            Reason::StatusMissing
            | Reason::StatusStale
            | Reason::StatusInFuture
            | Reason::FederationExpired
            | Reason::StatusHistoryMissing
            | Reason::NotYetProvenAt => self.unknown_status(),
            _ => (
                "not-judged",
                "This cannot be judged because of another line.",
                "Look at the other lines first.",
            ),
        }
    }

    fn unknown_status(&self) -> Texts {
        match self {
            Reason::StatusMissing => {
                ("status-missing", "Nothing at hand says whether it still stands.", NEW_STATUS)
            }
            Reason::StatusStale => (
                "status-stale",
                "What was last seen of its status is too long ago to rely on.",
                NEW_STATUS,
            ),
            Reason::StatusInFuture => (
                "status-in-future",
                "The status is dated in the future for the clock of this computer.",
                "Set the clock of this computer and try again.",
            ),
            Reason::StatusHistoryMissing => (
                "status-history-missing",
                "Nothing at hand says whether it stood at the moment you ask about.",
                "Ask about a moment soon after a status list or the receipt, or ask the office.",
            ),
            Reason::NotYetProvenAt => (
                "not-yet-proven-at",
                "At the moment you ask about it was not yet proven to exist.",
                "Ask about the proven time or a later moment.",
            ),
            _ => (
                "federation-expired",
                "The federation file you use has expired, so it cannot say what is fresh.",
                NEW_FEDERATION,
            ),
        }
    }

    fn bad(&self) -> Texts {
        match self {
            Reason::IssuerUnknown
            | Reason::IssuerNotAdmitted
            | Reason::IssuerRetired
            | Reason::TypeOutOfScope
            | Reason::IssuanceSignatureBad
            | Reason::SignatureMoved => self.bad_issuer(),
            Reason::LogSignatureBad | Reason::CosignatureBad | Reason::InclusionProofBad => {
                self.bad_time()
            }
            Reason::AnchorFalse(_) => (
                "anchor-false",
                "Evidence of an outside clock is asked for, and what there is, is false.",
                ASK_ISSUER,
            ),
            Reason::ContentDiffers => (
                "content-differs",
                "The file is not the one that was issued, or the receipt is of another document.",
                ASK_SENDER,
            ),
            Reason::MandatoryFieldHidden => (
                "mandatory-field-hidden",
                "The receipt hides what may never be hidden: content, type, unit or last day.",
                ASK_SENDER,
            ),
            Reason::FieldTwice => {
                ("field-twice", "Two fields of the receipt have the same name.", ASK_ISSUER)
            }
            Reason::FieldsProofBad => {
                ("fields-proof-bad", "The fields in the receipt do not fit together.", ASK_SENDER)
            }
            Reason::BatchPathBad => {
                ("batch-path-bad", "The receipt's path to its batch is malformed.", ASK_SENDER)
            }
            _ => self.bad_status(),
        }
    }

    fn bad_issuer(&self) -> Texts {
        match self {
            Reason::IssuerUnknown => (
                "issuer-unknown",
                "The issuer named in the receipt is not known to the authority's log.",
                ASK_ISSUER,
            ),
            Reason::IssuerNotAdmitted => (
                "issuer-not-admitted",
                "The authority did not admit the issuer named in the receipt.",
                ASK_ISSUER,
            ),
            Reason::IssuerRetired => {
                ("issuer-retired", "The issuer was no longer allowed to issue.", ASK_ISSUER)
            }
            Reason::TypeOutOfScope => (
                "type-out-of-scope",
                "The issuer is not allowed to issue documents of this type.",
                ASK_ISSUER,
            ),
            Reason::SignatureMoved => (
                "signature-moved",
                "The issuer's signature was made for another log and does not count here.",
                ASK_ISSUER,
            ),
            _ => (
                "issuance-signature-bad",
                "The issuer did not sign this; something was changed, or it was signed elsewhere.",
                ASK_ISSUER,
            ),
        }
    }

    fn bad_time(&self) -> Texts {
        match self {
            Reason::LogSignatureBad => (
                "log-signature-bad",
                "The log's signature does not fit: the receipt was changed.",
                ASK_SENDER,
            ),
            Reason::CosignatureBad => (
                "cosignature-bad",
                "An operator's signature does not fit: the receipt was changed.",
                ASK_SENDER,
            ),
            _ => (
                "inclusion-proof-bad",
                "The receipt does not prove that the document is in the log.",
                ASK_SENDER,
            ),
        }
    }

    fn bad_status(&self) -> Texts {
        match self {
            Reason::StatusOfAnotherLog => (
                "status-of-another-log",
                "The status in the receipt belongs to another log.",
                NEW_RECEIPT,
            ),
            Reason::SnapshotNotClosing => (
                "snapshot-not-closing",
                "The status in the receipt is not the one that belongs to its time.",
                NEW_RECEIPT,
            ),
            Reason::StatusIndexOutside => (
                "status-index-outside",
                "The status in the receipt does not cover this document.",
                NEW_RECEIPT,
            ),
            Reason::StatusProofBad => {
                ("status-proof-bad", "The status in the receipt is not proven.", NEW_RECEIPT)
            }
            Reason::Suspended => {
                ("suspended", "The document is suspended: it does not stand for now.", ASK_ISSUER)
            }
            Reason::Superseded => (
                "superseded",
                "Another document took the place of this one.",
                "Ask for the newer document.",
            ),
            Reason::Revoked => ("revoked", "The issuing office withdrew the document.", ASK_ISSUER),
            _ => (
                "expired",
                "The last day on which the document is valid is over.",
                "Ask the issuing office for a new document.",
            ),
        }
    }
}
