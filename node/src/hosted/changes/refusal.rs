//! Why a change is not made, as facts.

use proto::ledger::StatusState;

use super::{ALONE, DOCUMENTS, PROPOSAL_DAYS, REASON_BYTES};
use crate::hosted::desk::IssueError;

/// Why a change is not made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// No document is named.
    #[error("No document is named.")]
    Nothing,
    /// More than one change may have.
    #[error("A change has at most {DOCUMENTS} documents.")]
    TooManyDocuments,
    /// A document is named twice.
    #[error("The document with status index {0} is named twice.")]
    NamedTwice(u64),
    /// It is not said why.
    #[error("It is not said why.")]
    ReasonMissing,
    /// What is said cannot stand in a line.
    #[error("The reason is longer than {REASON_BYTES} bytes, or is not plain text.")]
    ReasonMalformed,
    /// Nothing in the journal.
    #[error("This office has issued no document with the status index {0}.")]
    Unknown(u64),
    /// The token is for other types.
    #[error("This token is not for documents of the type {0}.")]
    TypeNotAllowed(String),
    /// Issued in another log.
    #[error("The document with status index {0} was issued in another log.")]
    OtherLog(u64),
    /// Issued under an earlier registration of the office.
    #[error("The document with status index {0} was issued before the office was admitted anew.")]
    EarlierRegistration(u64),
    /// Only the authority can undo its state.
    #[error("The document with status index {status} is {} for good.", .state.word())]
    Final {
        /// The document.
        status: u64,
        /// Its state.
        state: StatusState,
    },
    /// All of them have that state.
    #[error("Every document that is named is {} already.", .0.word())]
    AlreadySo(StatusState),
    /// Nothing is named that takes the document's place.
    #[error("It is not said which document takes the place of the old one.")]
    SuccessorMissing,
    /// A successor of something that is not replaced.
    #[error("A successor is named, and the documents are not to be superseded.")]
    SuccessorUnasked,
    /// One successor of many.
    #[error("One document takes the place of one other.")]
    OneSuccessor,
    /// The document itself.
    #[error("A document cannot take its own place.")]
    OwnSuccessor,
    /// It does not stand itself.
    #[error("The document that is to take its place is {}.", .0.word())]
    SuccessorNotValid(StatusState),
    /// What is kept of it was destroyed.
    #[error("The new document was issued so long ago that this node cannot point to it any more.")]
    SuccessorTooOld,
    /// What is kept of the old document was destroyed.
    #[error(
        "The old document was issued so long ago that this node cannot point from it without its \
         receipt."
    )]
    ReceiptNeeded,
    /// The receipt is of another document.
    #[error("The receipt is not the one of the document with status index {0}.")]
    ReceiptWrong(u64),
    /// The node that waits for a second person has as many proposals as it holds.
    #[error("As many changes of this office are open as this node holds.")]
    TooManyOpen,
    /// There is no such change.
    #[error("There is no change with this id.")]
    NoSuchChange,
    /// Nothing is to be decided any more.
    #[error("Nothing is to be decided about this change; it is {0}.")]
    NotWaiting(&'static str),
    /// The second person is the first.
    #[error("Who asked for a change of more than {ALONE} documents cannot approve it.")]
    OwnChange,
    /// Too late.
    #[error("This change waited for more than {PROPOSAL_DAYS} days and is void.")]
    Expired,
    /// Somebody said no.
    #[error("This change was rejected.")]
    Rejected,
    /// The ledger went on.
    #[error(
        "The document with status index {status} was {} when this was asked for and is {} now.",
        .was.word(), .is.word()
    )]
    StateChanged {
        /// The document.
        status: u64,
        /// When it was asked for.
        was: StatusState,
        /// In the ledger.
        is: StatusState,
    },
    /// The ledger refused it.
    #[error("{message}")]
    Ledger {
        /// The ledger's code.
        code: String,
        /// The ledger's sentence.
        message: String,
    },
    /// The same that stands in the way of issuing.
    #[error(transparent)]
    Office(#[from] IssueError),
}

impl ChangeRefusal {
    /// A stable code.
    pub fn code(&self) -> &str {
        match self {
            ChangeRefusal::Nothing => "nothing-named",
            ChangeRefusal::TooManyDocuments => "too-many-documents",
            ChangeRefusal::NamedTwice(_) => "named-twice",
            ChangeRefusal::ReasonMissing => "reason-missing",
            ChangeRefusal::ReasonMalformed => "reason-malformed",
            ChangeRefusal::Unknown(_) => "document-unknown",
            ChangeRefusal::TypeNotAllowed(_) => "type-not-allowed",
            ChangeRefusal::OtherLog(_) => "other-log",
            ChangeRefusal::EarlierRegistration(_) => "earlier-registration",
            ChangeRefusal::Final { .. } => "state-final",
            ChangeRefusal::AlreadySo(_) => "already-so",
            ChangeRefusal::SuccessorMissing => "successor-missing",
            ChangeRefusal::SuccessorUnasked => "successor-unasked",
            ChangeRefusal::OneSuccessor => "one-successor-for-many",
            ChangeRefusal::OwnSuccessor => "own-successor",
            ChangeRefusal::SuccessorNotValid(_) => "successor-not-valid",
            ChangeRefusal::SuccessorTooOld => "successor-too-old",
            ChangeRefusal::ReceiptNeeded => "receipt-needed",
            ChangeRefusal::ReceiptWrong(_) => "receipt-wrong",
            ChangeRefusal::TooManyOpen => "changes-too-many",
            ChangeRefusal::NoSuchChange => "change-unknown",
            ChangeRefusal::NotWaiting(_) => "nothing-to-decide",
            ChangeRefusal::OwnChange => "own-change",
            ChangeRefusal::Expired => "change-expired",
            ChangeRefusal::Rejected => "change-rejected",
            ChangeRefusal::StateChanged { .. } => "state-changed",
            ChangeRefusal::Ledger { code, .. } => code,
            ChangeRefusal::Office(IssueError::Retired) => "office-retired",
            ChangeRefusal::Office(_) => "office",
        }
    }

    /// Whether it is so whatever is tried again: an order that meets it is over.
    pub fn is_final(&self) -> bool {
        !matches!(self, ChangeRefusal::Office(error) if *error != IssueError::Retired)
    }
}
