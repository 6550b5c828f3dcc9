//! Reasons: why a line of a verdict is what it is. `words.rs` has what people read for each.

use alloc::format;
use alloc::string::{String, ToString};

use super::verdict::{LineState, Word};
use crate::anchor::Kind;
use crate::receipt::ReceiptError;

/// Why a line, or a whole verdict, is what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// All four lines are good.
    Valid,
    /// The file is the document.
    ContentMatches,
    /// The issuer was allowed to issue it and signed it.
    IssuerProven,
    /// A quorum saw it.
    TimeProven,
    /// It stands.
    StatusValid,

    /// Another line must be good before this one can be judged.
    NotJudged,
    /// The receipt cannot be read.
    ReceiptUnreadable(ReceiptError),
    /// The receipt is of another federation.
    FederationUnknown,
    /// The log is not in the federation file.
    LogUnknown,
    /// The checkpoint is not signed by its log.
    LogSignatureMissing,
    /// Too few operators cosigned.
    QuorumMissing {
        /// Operators that did.
        have: u64,
        /// Operators needed.
        need: u64,
    },
    /// An operator's cosignature stands there twice.
    OperatorTwice,
    /// The checkpoint carries other signature lines than a receipt may.
    SignatureLinesUnexpected,
    /// Only keys that were dropped since vouch for the checkpoint.
    KeysDropped,
    /// There was no file to compare.
    ContentNotGiven,
    /// The proven time lies in the future.
    TimeInFuture,
    /// Neither the receipt nor a list at hand tells the status.
    StatusMissing,
    /// The status is too old.
    StatusStale,
    /// The time of the status lies in the future.
    StatusInFuture,
    /// The federation file is too old to say that something is fresh.
    FederationExpired,
    /// Nothing at hand tells of the moment that is asked about.
    StatusHistoryMissing,
    /// At the moment that is asked about it was not yet proven to exist.
    NotYetProvenAt,

    /// Outside evidence is asked for, and none of that kind can be checked here.
    AnchorMissing(Kind),

    /// Outside evidence is asked for, and what there is of that kind is false.
    AnchorFalse(Kind),
    /// The file is another than the one that was issued.
    ContentDiffers,
    /// A field that may never be hidden is hidden or not in its place.
    MandatoryFieldHidden,
    /// Two fields have one name.
    FieldTwice,
    /// The fields do not fit their proof.
    FieldsProofBad,
    /// The path through the batch is malformed.
    BatchPathBad,
    /// The issuer's entry is not in the log.
    IssuerUnknown,
    /// The authority did not admit the issuer.
    IssuerNotAdmitted,
    /// The issuer was retired.
    IssuerRetired,
    /// The issuer may not issue this type.
    TypeOutOfScope,
    /// The issuer did not sign this.
    IssuanceSignatureBad,
    /// The issuer signed this for another log.
    SignatureMoved,
    /// A signature in the name of the log is bad.
    LogSignatureBad,
    /// A signature in the name of an operator is bad.
    CosignatureBad,
    /// The document is not in the log.
    InclusionProofBad,
    /// The status belongs to another log.
    StatusOfAnotherLog,
    /// The snapshot is not the last entry of its checkpoint.
    SnapshotNotClosing,
    /// The document's status index is outside the list.
    StatusIndexOutside,
    /// The piece is not of the list.
    StatusProofBad,
    /// It does not stand for now.
    Suspended,
    /// Another document took its place.
    Superseded,
    /// It was withdrawn.
    Revoked,
    /// Its last day is over.
    Expired,
}

impl Reason {
    /// Every reason once, for tables and tests; data that some carry is made up.
    pub const ALL: [Reason; 46] = [
        Reason::Valid,
        Reason::ContentMatches,
        Reason::IssuerProven,
        Reason::TimeProven,
        Reason::StatusValid,
        Reason::NotJudged,
        Reason::ReceiptUnreadable(ReceiptError::NoExtra),
        Reason::FederationUnknown,
        Reason::LogUnknown,
        Reason::LogSignatureMissing,
        Reason::QuorumMissing { have: 2, need: 3 },
        Reason::OperatorTwice,
        Reason::SignatureLinesUnexpected,
        Reason::KeysDropped,
        Reason::ContentNotGiven,
        Reason::TimeInFuture,
        Reason::StatusMissing,
        Reason::StatusStale,
        Reason::StatusInFuture,
        Reason::FederationExpired,
        Reason::StatusHistoryMissing,
        Reason::NotYetProvenAt,
        Reason::AnchorMissing(Kind::Bitcoin),
        Reason::AnchorFalse(Kind::Bitcoin),
        Reason::ContentDiffers,
        Reason::MandatoryFieldHidden,
        Reason::FieldTwice,
        Reason::FieldsProofBad,
        Reason::BatchPathBad,
        Reason::IssuerUnknown,
        Reason::IssuerNotAdmitted,
        Reason::IssuerRetired,
        Reason::TypeOutOfScope,
        Reason::IssuanceSignatureBad,
        Reason::SignatureMoved,
        Reason::LogSignatureBad,
        Reason::CosignatureBad,
        Reason::InclusionProofBad,
        Reason::StatusOfAnotherLog,
        Reason::SnapshotNotClosing,
        Reason::StatusIndexOutside,
        Reason::StatusProofBad,
        Reason::Suspended,
        Reason::Superseded,
        Reason::Revoked,
        Reason::Expired,
    ];

    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        self.texts().0
    }

    /// What it means for a person.
    pub fn sentence(&self) -> String {
        match self {
            Reason::ReceiptUnreadable(error) => format!("The receipt cannot be read. {error}"),
            Reason::QuorumMissing { have, need } => {
                format!("Only {have} of the {need} independent confirmations needed are there.")
            }
            Reason::AnchorMissing(kind) => {
                let kind = kind.name();
                format!("Evidence of the kind {kind} is asked for, and none can be checked here.")
            }
            Reason::AnchorFalse(kind) => {
                let kind = kind.name();
                format!("Evidence of the kind {kind} is asked for, and what there is, is false.")
            }
            _ => self.texts().1.to_string(),
        }
    }

    /// What a person can do.
    pub fn next_step(&self) -> &'static str {
        self.texts().2
    }

    /// The state of a line with this reason.
    pub fn state(&self) -> LineState {
        match self {
            Reason::Valid
            | Reason::ContentMatches
            | Reason::IssuerProven
            | Reason::TimeProven
            | Reason::StatusValid => LineState::Good,
            Reason::NotJudged
            | Reason::ReceiptUnreadable(_)
            | Reason::FederationUnknown
            | Reason::LogUnknown
            | Reason::LogSignatureMissing
            | Reason::QuorumMissing { .. }
            | Reason::OperatorTwice
            | Reason::SignatureLinesUnexpected
            | Reason::KeysDropped
            | Reason::ContentNotGiven
            | Reason::TimeInFuture
            | Reason::StatusMissing
            | Reason::StatusStale
            | Reason::StatusInFuture
            | Reason::FederationExpired
            | Reason::StatusHistoryMissing
            | Reason::NotYetProvenAt
            | Reason::AnchorMissing(_) => LineState::Unknown,
            _ => LineState::Bad,
        }
    }

    /// The word that this reason alone would give.
    pub fn word(&self) -> Word {
        self.state().word()
    }
}
