//! Why the ledger does not take an entry.

use thiserror::Error;

use crate::hash::{LeafIndex, StatusIndex, Timestamp};

use super::entry::EntryError;

/// Why the ledger does not take an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// No federation version puts this kind in force.
    #[error("Entries of this kind are not yet in force in this federation.")]
    KindNotInForce,
    /// The log or its status list has reached its largest size.
    #[error("This log is full; the authority needs a new one.")]
    LogFull,
    /// No administration key that counts here signed the issuer entry.
    #[error(
        "The issuer entry is not signed by the authority's administration key for this log; \
         let the authority sign it again."
    )]
    AdminSignatureBad,
    /// The issuer's own key did not sign the issuer entry.
    #[error("The issuer entry is not signed by the key that it names; make a new request.")]
    KeySignatureBad,
    /// The issuer's key is the administration key.
    #[error("The issuer's key is the administration key; make a key of its own for the issuer.")]
    KeyWithTwoPurposes,
    /// The key was used before in this log.
    #[error("This key was used in this log before; make a new key.")]
    KeyUsedBefore,
    /// Another issuer has this name.
    #[error("Another issuer of this log has or had this name; choose another name.")]
    NameUsedBefore,
    /// There is no issuer with this id.
    #[error("There is no issuer with the id {0} in this log.")]
    IssuerUnknown(LeafIndex),
    /// The issuer was retired.
    #[error("The issuer is retired, which is final; admit a new one.")]
    IssuerRetired,
    /// Another entry is in force by now.
    #[error("The entry to be replaced is not in force; entry {in_force} is. Make a new request.")]
    ReplacesNotInForce {
        /// The entry in force.
        in_force: LeafIndex,
    },
    /// A retiring entry changes name, key or scope.
    #[error("An entry that retires an issuer must repeat its name, key and scope.")]
    RetirementChangesIssuer,
    /// There are as many issuers or issuer entries as a log may have.
    #[error("This log has as many issuers as it may have.")]
    TooManyIssuers,
    /// The issuance names an entry that is no issuer's entry in force.
    #[error(
        "Entry {0} is not the entry in force of an issuer of this log; ask the node which one is."
    )]
    IssuerNotInForce(LeafIndex),
    /// The issuer did not sign the issuance.
    #[error(
        "The issuance is not signed by the issuer's key for this log and federation; \
         check which key and which federation file were used."
    )]
    IssuanceSignatureBad,
    /// The batch is in the log already.
    #[error("This batch is in the log already.")]
    BatchDuplicate,
    /// The status index does not follow the last one.
    #[error("The first status index is {got} and must be {want}.")]
    StatusIndexWrong {
        /// The index that follows the last.
        want: StatusIndex,
        /// The index in the entry.
        got: StatusIndex,
    },
    /// The revocation has a number that was used already, or a lower one.
    #[error(
        "The last revocation of this signer has number {last}; \
         look at the ledger and sign a new one with a higher number."
    )]
    SequenceNotGrown {
        /// The number of the last one.
        last: u64,
    },
    /// A range holds status indexes that are another issuer's, or not given out.
    #[error("The status indexes {first} to {last} are not all of this issuer's documents.")]
    RangeNotOwned {
        /// First of the range.
        first: StatusIndex,
        /// Last of the range.
        last: StatusIndex,
    },
    /// A document's state is final for this signer.
    #[error(
        "The document with status index {0} was withdrawn for good or superseded; \
         only the administration key can undo that."
    )]
    StateFinal(StatusIndex),
    /// The signer did not sign the revocation.
    #[error(
        "The revocation is not signed by the key that it needs for this log and federation; \
         check which key and which federation file were used."
    )]
    RevocationSignatureBad,
    /// The snapshot is of another federation.
    #[error("The snapshot belongs to another federation.")]
    SnapshotFederationWrong,
    /// The snapshot has no time.
    #[error("The snapshot has no time.")]
    SnapshotTimeZero,
    /// The snapshot is older than the last.
    #[error("The snapshot is of second {got}, before the last one of second {last}.")]
    SnapshotTimeGoesBack {
        /// Time of the last snapshot.
        last: Timestamp,
        /// Time of this one.
        got: Timestamp,
    },
    /// The snapshot is ahead of the clock.
    #[error("The snapshot is of second {got}, but it is second {now}; check the clocks.")]
    SnapshotTimeAhead {
        /// Time on this side.
        now: Timestamp,
        /// Time of the snapshot.
        got: Timestamp,
    },
    /// The snapshot does not show the status list as it is.
    #[error("The snapshot does not show the status list of this log as it is.")]
    SnapshotStatusWrong,
}

impl Refusal {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Entry(error) => error.code(),
            Refusal::KindNotInForce => "kind-not-in-force",
            Refusal::LogFull => "log-full",
            Refusal::AdminSignatureBad => "admin-signature-bad",
            Refusal::KeySignatureBad => "key-signature-bad",
            Refusal::KeyWithTwoPurposes => "key-with-two-purposes",
            Refusal::KeyUsedBefore => "key-used-before",
            Refusal::NameUsedBefore => "name-used-before",
            Refusal::IssuerUnknown(_) => "issuer-unknown",
            Refusal::IssuerRetired => "issuer-retired",
            Refusal::ReplacesNotInForce { .. } => "replaces-not-in-force",
            Refusal::RetirementChangesIssuer => "retirement-changes-issuer",
            Refusal::TooManyIssuers => "issuers-too-many",
            Refusal::IssuerNotInForce(_) => "issuer-not-in-force",
            Refusal::IssuanceSignatureBad => "issuance-signature-bad",
            Refusal::BatchDuplicate => "batch-duplicate",
            Refusal::StatusIndexWrong { .. } => "status-index-wrong",
            Refusal::SequenceNotGrown { .. } => "sequence-not-grown",
            Refusal::RangeNotOwned { .. } => "range-not-owned",
            Refusal::StateFinal(_) => "state-final",
            Refusal::RevocationSignatureBad => "revocation-signature-bad",
            Refusal::SnapshotFederationWrong => "snapshot-federation-wrong",
            Refusal::SnapshotTimeZero => "snapshot-time-zero",
            Refusal::SnapshotTimeGoesBack { .. } => "snapshot-time-goes-back",
            Refusal::SnapshotTimeAhead { .. } => "snapshot-time-ahead",
            Refusal::SnapshotStatusWrong => "snapshot-status-wrong",
        }
    }
}
