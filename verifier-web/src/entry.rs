//! Entries as JSON shows them, after they were proven to be in their log.

use check::status_word;
use proto::hash::{Hash, leaf_hash};
use proto::ledger::revocation::Signer;
use proto::ledger::{Entry, EntryError};
use serde::Serialize;

/// An entry with its proof.
#[derive(Debug, Serialize)]
pub(crate) struct EntryView {
    pub index: u64,
    bytes: String,
    leaf_hash: String,
    pub proof: Vec<String>,
    #[serde(flatten)]
    kind: KindView,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum KindView {
    Issuer {
        id: u64,
        name: String,
        key: String,
        scope: Vec<String>,
        retired: bool,
        replaces: Option<u64>,
    },
    Issuance {
        issuer: u64,
        batch_root: String,
        width: u64,
        first_status: u64,
    },
    Revocation {
        issuer: u64,
        sequence: u64,
        signer: &'static str,
        state: &'static str,
        documents: u64,
        /// First and last status index of each.
        ranges: Vec<[u64; 2]>,
        successors: usize,
    },
    Snapshot {
        time: u64,
        status_length: u64,
        status_root: String,
    },
}

impl EntryView {
    /// The entry with these bytes.
    pub fn new(index: u64, bytes: &[u8], proof: &[Hash]) -> Result<EntryView, EntryError> {
        Ok(EntryView {
            index,
            bytes: hex::encode(bytes),
            leaf_hash: leaf_hash(bytes).to_hex(),
            proof: proof.iter().map(Hash::to_hex).collect(),
            kind: kind(index, &Entry::parse(bytes)?),
        })
    }
}

fn kind(index: u64, entry: &Entry) -> KindView {
    match entry {
        Entry::Issuer(issuer) => {
            let statement = &issuer.statement;
            let previous = statement.previous();
            KindView::Issuer {
                id: previous.map_or(index, |previous| previous.id.0),
                name: statement.name().to_owned(),
                key: hex::encode(statement.key()),
                scope: statement.scope().to_vec(),
                retired: statement.retired(),
                replaces: previous.map(|previous| previous.replaces.0),
            }
        }
        Entry::Issuance(issuance) => {
            let statement = &issuance.submission.statement;
            KindView::Issuance {
                issuer: statement.issuer.0,
                batch_root: statement.batch_root.to_hex(),
                width: statement.width(),
                first_status: issuance.first_status.0,
            }
        }
        Entry::Revocation(revocation) => {
            let statement = &revocation.statement;
            KindView::Revocation {
                issuer: statement.issuer.0,
                sequence: statement.sequence,
                signer: match statement.signer {
                    Signer::Issuer => "issuer",
                    Signer::Administration => "administration",
                    Signer::LastWord => "administration-last-word",
                },
                state: status_word(statement.state),
                documents: statement.documents(),
                ranges: statement.ranges().iter().map(|r| [r.first.0, r.last.0]).collect(),
                successors: statement.successors().count(),
            }
        }
        Entry::Snapshot(snapshot) => KindView::Snapshot {
            time: snapshot.time.0,
            status_length: snapshot.status_length,
            status_root: snapshot.status_root.to_hex(),
        },
    }
}
