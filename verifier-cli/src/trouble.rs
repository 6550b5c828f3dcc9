//! What can be in the way: of a command as a whole, and of judging one document.

use crate::moment::MomentError;
use crate::redact::RedactError;
use crate::update::FetchError;
use proto::anchor::bitcoin::HeadersError;
use proto::anchor::evm::blocks::BlocksError;
use proto::dossier::DossierError;
use proto::federation::FederationError;
use proto::policy::PolicyError;
use proto::receipt::ReceiptError;
use proto::sheet::SheetError;
use proto::status_list::StatusListError;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use verifier::dossier::DossierFault;
use verifier::input::InputError;
use verifier::sealed::SealError;
use verifier::shown;
use verifier::walk::{self, WalkError};

/// Why a command could not be carried out at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("{}: {why}.", shown::path(.path))]
    File { path: PathBuf, why: InputError },
    #[error("{}: {why}", shown::path(.path))]
    Federation { path: PathBuf, why: FederationError },
    #[error("{}: {why}", shown::path(.path))]
    Receipt { path: PathBuf, why: ReceiptError },
    #[error("{} has no receipt: there is no file {} beside it.",
        shown::path(.path), shown::path(&walk::receipt_path(.path)))]
    NoReceipt { path: PathBuf },
    #[error("{}: {why}.", shown::path(.path))]
    Seal { path: PathBuf, why: SealError },
    #[error("{} carries no seal.", shown::path(.path))]
    NotSealed { path: PathBuf },
    #[error("{} is not taken as a dossier: {why}.", shown::path(.path))]
    Dossier { path: PathBuf, why: DossierFault },
    #[error("These files do not fit into one dossier: {why}.")]
    Bundle { why: DossierError },
    #[error("--receipt names the receipt of one document, and here is more than one.")]
    ReceiptOfMany,
    #[error("{}: the store holds a file that is refused: {why}", shown::path(.path))]
    Stored { path: PathBuf, why: FederationError },
    #[error("{}: the store holds another chain of versions than your federation file.",
        shown::path(.path))]
    Diverged { path: PathBuf },
    #[error("{}: {why}", shown::path(.path))]
    List { path: PathBuf, why: ListTrouble },
    #[error("{}: the store cannot be read: {why}.", shown::path(.path))]
    Unread { path: PathBuf, why: io::Error },
    #[error("{}: the store cannot be written: {why}.", shown::path(.path))]
    Keep { path: PathBuf, why: io::Error },
    #[error("{}: {why}", shown::path(.path))]
    Headers { path: PathBuf, why: HeadersError },
    #[error("{}: {why}", shown::path(.path))]
    Blocks { path: PathBuf, why: BlocksError },
    #[error("The node for {}: {why}.", shown::text(.name))]
    Chain { name: String, why: FetchError },
    #[error("The federation file names no clock of the kind {kind}.")]
    ClockNotNamed { kind: &'static str },
    #[error("The federation file names no chain {}.", shown::text(.name))]
    NoChain { name: String },
    #[error("There is no place for the store: neither BELEG_STORE nor HOME is set.")]
    NoStore,
    #[error("--at: {0}")]
    Moment(#[from] MomentError),
    #[error("The federation has no log {}.", shown::text(.origin))]
    NoLog { origin: String },
    #[error("The federation has several logs, and a policy is of one: {}.",
        shown::text(&.origins.join(", ")))]
    WhichLog { origins: Vec<String> },
    #[error("{0}")]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Redact(#[from] RedactError),
    #[error("--sheet: {0}")]
    Sheet(#[from] SheetError),
    #[error("--sheet names the paper of one document, and here is more than one.")]
    SheetOfMany,
    #[error("{} holds no evidence of outside clocks that could be written.", shown::path(.path))]
    NoEvidence { path: PathBuf },
    #[error("The result cannot be printed: {0}.")]
    Print(#[from] io::Error),
    #[error("{}: it cannot be written: {why}.", shown::path(.path))]
    Write { path: PathBuf, why: io::Error },
}

impl RunError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            RunError::File { .. } => "Name a file that is there and that you may read.",
            RunError::Federation { .. } => {
                "Get the federation file from a source you trust, unchanged."
            }
            RunError::Receipt { .. } => "Ask whoever gave it to you for the receipt, unchanged.",
            RunError::NoReceipt { .. } => "Put the receipt beside it, or name the receipt itself.",
            RunError::Seal { .. } => "Ask whoever gave it to you for the file, unchanged.",
            RunError::NotSealed { .. } => "Name a PDF that was issued with its receipt in it.",
            RunError::Dossier { .. } => {
                "Ask whoever gave it to you for the file, unchanged. If it was packed anew, unpack \
                 it with any program and name the folder instead."
            }
            RunError::Bundle { .. } => "Make several dossiers.",
            RunError::ReceiptOfMany => "Name one document, or leave --receipt out.",
            RunError::Stored { .. } => "Remove that file and run `beleg update`.",
            RunError::Diverged { .. } => {
                "Ask your own authority which is right; --no-store uses only the file you name."
            }
            RunError::List { .. } => {
                "Name a status list of this federation, whole and unchanged, as a node serves it."
            }
            RunError::Unread { .. } => "Check that you may read the store.",
            RunError::Keep { .. } | RunError::NoStore => {
                "Name a folder you may write with --store."
            }
            RunError::Headers { .. } => {
                "Name a file of raw headers of 80 bytes, from the block on that the federation \
                 file names."
            }
            RunError::Blocks { .. } => "Name a list of blocks as `beleg update --evm` writes it.",
            RunError::Chain { .. } => "Name a node that you run or trust: its address, a password.",
            RunError::ClockNotNamed { .. } | RunError::NoChain { .. } => {
                "Leave it out; the clocks that count stand in the federation file."
            }
            RunError::Sheet(_) => "Scan the code again, or copy its whole text.",
            RunError::SheetOfMany => "Name one document, or leave --sheet out.",
            RunError::Moment(_) => "Give a day or a time of the past, for example 2026-05-03.",
            RunError::NoLog { .. } | RunError::WhichLog { .. } => {
                "Name one with --origin, as the authority lines of the federation file have it."
            }
            RunError::NoEvidence { .. } => {
                "`beleg update --federation FILE RECEIPT` adds what the nodes have, if anything."
            }
            RunError::Redact(error) => error.next_step(),
            RunError::Policy(_) => "Check the federation file; it cannot be written in that form.",
            RunError::Print(_) => "Check where the output goes.",
            RunError::Write { .. } => {
                "Give it a name that nothing has yet, in a folder you may write."
            }
        }
    }
}

/// Why a status list cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListTrouble {
    #[error("{0}.")]
    Input(#[from] InputError),
    #[error("{0}")]
    Refused(#[from] StatusListError),
}

impl From<io::Error> for ListTrouble {
    fn from(error: io::Error) -> ListTrouble {
        ListTrouble::Input(error.into())
    }
}

/// Why a document could not be judged by its receipt: [`check::Obstacle`] with what this program
/// found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    #[error("There is no receipt beside the document.")]
    NoReceipt,
    #[error("The receipt cannot be opened: {0}.")]
    Receipt(InputError),
    #[error("The document cannot be opened: {0}.")]
    Document(InputError),
    #[error("The file was changed after it had been sealed: {0}.")]
    SealChanged(seal::Damage),
    #[error("The seal is of a version that this program does not know.")]
    SealVersion,
    #[error("The paper is not of this document, or says something else about it.")]
    SheetDiffers,
    #[error("The paper shows a field that the receipt hides, so it cannot be compared.")]
    SheetHidden,
    #[error("This cannot be opened: {0}.")]
    Found(Arc<WalkError>),
    #[error("This is not taken as a dossier: {0}.")]
    DossierRefused(Arc<DossierFault>),
    #[error("The dossier holds another content under this name than its list says.")]
    DossierChanged,
    #[error("The status list {} in the store cannot be used: {why}", shown::path(.path))]
    List { path: PathBuf, why: Arc<ListTrouble> },
}

impl Obstacle {
    /// What kind of thing it is, with its code and word.
    pub fn kind(&self) -> check::Obstacle {
        match self {
            Obstacle::NoReceipt => check::Obstacle::ReceiptMissing,
            Obstacle::Receipt(_) => check::Obstacle::ReceiptUnreadable,
            Obstacle::SealChanged(_) => check::Obstacle::SealChanged,
            Obstacle::SealVersion => check::Obstacle::SealVersion,
            Obstacle::DossierRefused(_) => check::Obstacle::DossierRefused,
            Obstacle::DossierChanged => check::Obstacle::DossierChanged,
            Obstacle::SheetDiffers => check::Obstacle::SheetDiffers,
            Obstacle::SheetHidden => check::Obstacle::SheetHidden,
            Obstacle::Document(_) | Obstacle::Found(_) => check::Obstacle::FileUnreadable,
            Obstacle::List { .. } => check::Obstacle::ListRefused,
        }
    }

    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Obstacle::NoReceipt => {
                "Put the receipt beside the document under the name NAME.tlog-proof, or ask for it."
            }
            Obstacle::SealChanged(_) => {
                "Do not rely on what it shows. Ask the issuing office, or whoever gave it to you, \
                 for the file as it was issued."
            }
            Obstacle::DossierRefused(_) => {
                "Ask whoever gave it to you for the file, unchanged. If it was packed anew, unpack \
                 it with any program and check the folder instead."
            }
            Obstacle::DossierChanged => {
                "Do not rely on it. Ask whoever gave it to you for the dossier, unchanged."
            }
            Obstacle::SheetDiffers => {
                "Do not rely on the paper. Ask whoever gave it to you for the document it is of."
            }
            Obstacle::SheetHidden => "Ask whoever gave you the document for its fuller receipt.",
            Obstacle::SealVersion => "Get a newer version of this program.",
            Obstacle::List { .. } => "Remove that file and run `beleg update`.",
            Obstacle::Receipt(_) => "Ask whoever gave you the document for its receipt again.",
            Obstacle::Document(_) | Obstacle::Found(_) => {
                "Check that the file is there and that you may read it."
            }
        }
    }
}
