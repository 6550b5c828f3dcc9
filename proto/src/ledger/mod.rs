//! The ledger: entries, and the rules under which a log takes them.
//!
//! A log runs [`State::apply`] over every entry before it signs, and each cosigner runs the same
//! before it cosigns, so that nobody gets a quorum for a history that breaks a rule.
//! `docs/formats.md` has the byte tables.

mod apply;
pub mod cover;
mod dump;
pub mod entry;
pub mod issuance;
pub mod issuer;
pub mod lookup;
pub mod place;
pub mod ranges;
pub mod reading;
mod refusal;
pub mod request;
pub mod revocation;
mod rules;
pub mod snapshot;
mod state;
pub mod status;
pub mod successor;
mod withdraw;

pub(crate) use apply::check_issuer_signatures;
pub use dump::DumpError;
pub use entry::{Entry, EntryError};
pub use issuance::{Issuance, IssuanceStatement, Submission};
pub use issuer::{Issuer, IssuerStatement, Previous};
pub use lookup::{Found, Lookup, Run, Seen, plan};
pub use place::{FederationId, Place, Signed};
pub use refusal::Refusal;
pub use request::{IssuerRequest, RequestError};
pub use revocation::{Revocation, RevocationStatement};
pub use rules::{AdminKey, Rules};
pub use snapshot::Snapshot;
pub use state::{IssuerState, State};
pub use status::{StatusChanges, StatusPiece, StatusState, StatusTree};
pub use successor::Pointer;
