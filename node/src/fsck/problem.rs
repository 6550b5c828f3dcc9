//! What `fsck` can find.

use proto::checkpoint::{CheckpointError, UntrustedCheckpoint};
use proto::federation::Untrusted;
use proto::hash::{LeafIndex, TreeSize};
use proto::ledger::Refusal;

use crate::store::StoreError;

/// Something that does not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The federation has no log for this folder.
    #[error("{path}: no log of the federation belongs here")]
    UnknownLog {
        /// The folder.
        path: String,
    },
    /// A file cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// A file is not there.
    #[error("{path}: missing")]
    Missing {
        /// The file.
        path: String,
    },
    /// A file differs from what follows from the entries.
    #[error("{path}: does not fit the entries of the log")]
    Differs {
        /// The file.
        path: String,
    },
    /// A bundle cannot be cut into entries.
    #[error("{path}: not an entry bundle")]
    NotABundle {
        /// The file.
        path: String,
    },
    /// A name that no file of a log has.
    #[error("{path}: no file of a log has this name")]
    Foreign {
        /// The file.
        path: String,
    },
    /// A checkpoint file holds something else.
    #[error("{path}: not a checkpoint: {error}")]
    NotACheckpoint {
        /// The file.
        path: String,
        /// What is wrong.
        error: CheckpointError,
    },
    /// A checkpoint is not signed by its log, or is of another log.
    #[error("{path}: {error}")]
    NotSigned {
        /// The file.
        path: String,
        /// What is wrong.
        error: UntrustedCheckpoint,
    },
    /// A checkpoint that should be published is not.
    #[error("{path}: {error}")]
    NotPublished {
        /// The file.
        path: String,
        /// What is wrong.
        error: Untrusted,
    },
    /// The entries lead to another root.
    #[error("{path}: the entries lead to another root at size {size}")]
    OtherRoot {
        /// The checkpoint.
        path: String,
        /// Its size.
        size: TreeSize,
    },
    /// A published tree does not end in a snapshot.
    #[error("{path}: the last entry at size {size} is not a snapshot")]
    NotClosed {
        /// The checkpoint.
        path: String,
        /// Its size.
        size: TreeSize,
    },
    /// `pending` is behind `checkpoint`.
    #[error("{path}: of size {pending}, smaller than the published {published}")]
    PendingBehind {
        /// The pending checkpoint.
        path: String,
        /// Its size.
        pending: TreeSize,
        /// Size of the public one.
        published: TreeSize,
    },
    /// An entry breaks a rule.
    #[error("entry {index}: {} ({refusal})", .refusal.code())]
    Rule {
        /// The entry.
        index: LeafIndex,
        /// The rule.
        refusal: Refusal,
    },
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        // The first line says what is wrong; what to do stands under the whole report.
        Problem::Unreadable(error.to_string().lines().next().unwrap_or_default().to_owned())
    }
}
