//! The status list file: the state of every document of a log at one moment, as a verifier keeps
//! it. It is fetched whole, so that nobody learns which document is checked.
//!
//! ```text
//! "beleg.status-list/v1\n"
//! u32 bytes of the signed checkpoint, signed checkpoint
//! u64 time, u64 length of the list                      <- of the snapshot that closes it
//! u8 count of (hash[32])                                <- the proof that it does
//! u64 count of pieces that are not all valid, ascending:
//!   u64 piece, u8 n: 1 to 127 documents, each u16 (index in the piece << 2 | state), ascending
//!              or 255: the 256 bytes of the piece, if more than 127 of its documents are not valid
//! u64 count of (u64 status index, pointer[40]), ascending  <- named successors
//! ```
//!
//! The root of the list is not in the file: it is computed, and must be the one of the snapshot.
//! A [`StatusList`] is a claim; [`StatusList::verify`] gives what counts.

mod piece;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::federation::{Federation, Link, PublishedCheckpoint, Untrusted};
use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp, leaf_hash};
use crate::ledger::status::Piece;
use crate::ledger::{Entry, FederationId, Pointer, Snapshot, StatusState, StatusTree};
use crate::limits;
use crate::merkle::inclusion;

/// How every status list file begins.
pub const FIRST_LINE: &str = "beleg.status-list/v1\n";

/// Why bytes are no status list, or why one does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum StatusListError {
    /// The first line is another one.
    #[error("This is no status list: it does not begin with \"beleg.status-list/v1\".")]
    OtherFile,
    /// The file is larger than any status list may be.
    #[error("The status list has {got} bytes and at most {limit} are allowed.")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
    /// The file is cut off or longer than it says.
    #[error("The status list is malformed: {0}")]
    Bytes(#[from] BytesError),
    /// The checkpoint is malformed.
    #[error("The checkpoint of the status list is malformed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The proof has more hashes than a proof can have.
    #[error("The proof in the status list has more than 63 hashes.")]
    TooManyHashes,
    /// There are more pieces than a list may have.
    #[error("The status list has {got} changed pieces and at most 524,288 are allowed.")]
    TooManyPieces {
        /// Pieces that it says it has.
        got: u64,
    },
    /// Pieces or successors are not ascending, outside of the list, or not in their one spelling.
    #[error("The status list is not spelt in the one way that is allowed.")]
    NotCanonical,
    /// The checkpoint does not count.
    #[error("The checkpoint of the status list does not count: {0}")]
    Untrusted(#[from] Untrusted),
    /// The pieces are not those of the snapshot that closes the checkpoint.
    #[error("The status list is not the one that its checkpoint closes with.")]
    OtherList,
}

impl StatusListError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            StatusListError::OtherFile => "not-a-status-list",
            StatusListError::TooLarge { .. } | StatusListError::TooManyPieces { .. } => {
                "status-list-too-large"
            }
            StatusListError::Bytes(_)
            | StatusListError::TooManyHashes
            | StatusListError::NotCanonical => "status-list-malformed",
            StatusListError::Checkpoint(_) => "checkpoint-malformed",
            StatusListError::Untrusted(_) => "checkpoint-untrusted",
            StatusListError::OtherList => "status-list-wrong",
        }
    }
}

/// A status list file. Nothing in it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusList {
    checkpoint: SignedCheckpoint,
    time: Timestamp,
    length: u64,
    proof: Vec<Hash>,
    pieces: BTreeMap<u64, Piece>,
    successors: BTreeMap<StatusIndex, Pointer>,
}

/// A status list that a quorum vouches for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedStatusList {
    federation: FederationId,
    published: PublishedCheckpoint,
    time: Timestamp,
    tree: StatusTree,
}

impl StatusList {
    /// The list with which a checkpoint closes: its snapshot's time, the proof that the snapshot is
    /// the last entry, and the list itself.
    pub fn new(
        checkpoint: SignedCheckpoint,
        time: Timestamp,
        proof: Vec<Hash>,
        status: &StatusTree,
    ) -> StatusList {
        let (length, pieces) = (status.length(), status.changed().clone());
        let successors = status.successors().clone();
        StatusList { checkpoint, time, length, proof, pieces, successors }
    }

    /// Reads a file. No signature and no proof is checked.
    pub fn parse(bytes: &[u8]) -> Result<StatusList, StatusListError> {
        let (limit, got) = (limits::STATUS_LIST_BYTES, bytes.len());
        if got > limit {
            return Err(StatusListError::TooLarge { limit, got });
        }
        let body = bytes.strip_prefix(FIRST_LINE.as_bytes()).ok_or(StatusListError::OtherFile)?;
        let mut reader = Reader::new(body);
        let checkpoint = SignedCheckpoint::parse(reader.prefixed32()?)?;
        let (time, length) = (Timestamp(reader.u64()?), reader.u64()?);
        if time.0.max(length) > limits::JSON_INTEGER {
            return Err(StatusListError::NotCanonical);
        }
        let count = usize::from(reader.u8()?);
        if count > limits::PROOF_HASHES {
            return Err(StatusListError::TooManyHashes);
        }
        let proof = (0..count).map(|_| reader.hash()).collect::<Result<_, _>>()?;
        let pieces = piece::read_all(&mut reader)?;
        let successors = read_successors(&mut reader, length)?;
        reader.finish()?;
        Ok(StatusList { checkpoint, time, length, proof, pieces, successors })
    }

    /// The bytes that [`StatusList::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let note = self.checkpoint.to_bytes();
        writer.bytes(FIRST_LINE.as_bytes());
        writer.u32(u32::try_from(note.len()).unwrap_or(u32::MAX)).bytes(&note);
        writer.u64(self.time.0).u64(self.length);
        writer.u8(u8::try_from(self.proof.len()).unwrap_or(u8::MAX));
        self.proof.iter().for_each(|hash| {
            writer.hash(hash);
        });
        piece::write_all(&mut writer, &self.pieces);
        writer.u64(u64::try_from(self.successors.len()).unwrap_or(u64::MAX));
        for (index, pointer) in &self.successors {
            writer.u64(index.0).bytes(&pointer.0);
        }
        writer.into_bytes()
    }

    /// The checkpoint that the list closes.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// The same list with the signature lines of another note over the same checkpoint, for
    /// example one that several nodes have cosigned.
    pub fn with_checkpoint(self, checkpoint: SignedCheckpoint) -> StatusList {
        StatusList { checkpoint, ..self }
    }

    /// Checks that a quorum vouches for the list. `links` lead to what the federation pinned, where
    /// only keys that it dropped since signed.
    pub fn verify(
        self,
        federation: &Federation,
        links: &[Link],
    ) -> Result<VerifiedStatusList, StatusListError> {
        let published = federation.verify_checkpoint(&self.checkpoint, links)?;
        let tree = StatusTree::from_pieces(self.length, self.pieces);
        let tree = tree.ok_or(StatusListError::NotCanonical)?;
        let snapshot = snapshot(federation.id(), self.time, &tree);
        let (size, root) = (published.size(), published.root());
        let last = size.0.checked_sub(1).ok_or(StatusListError::OtherList)?;
        inclusion::verify(&snapshot, LeafIndex(last), size, root, &self.proof)
            .map_err(|_| StatusListError::OtherList)?;
        let tree = tree.with_successors(self.successors);
        Ok(VerifiedStatusList { federation: federation.id(), published, time: self.time, tree })
    }
}

impl VerifiedStatusList {
    /// The federation whose quorum vouches for it.
    pub fn federation(&self) -> FederationId {
        self.federation
    }

    /// The checkpoint that the list closes.
    pub fn published(&self) -> &PublishedCheckpoint {
        &self.published
    }

    /// As of when the list is.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The state of a document; none if the list is older than the document.
    pub fn state(&self, index: StatusIndex) -> Option<StatusState> {
        self.tree.state(index)
    }

    /// The pointer to the document that took the place of this one, if it was named.
    pub fn successor(&self, index: StatusIndex) -> Option<Pointer> {
        self.tree.successors().get(&index).copied()
    }

    /// The whole list.
    pub fn tree(&self) -> &StatusTree {
        &self.tree
    }
}

fn snapshot(federation: FederationId, time: Timestamp, tree: &StatusTree) -> Hash {
    let (status_length, status_root) = (tree.length(), tree.root());
    let snapshot = Snapshot { federation, time, status_length, status_root };
    leaf_hash(&Entry::Snapshot(snapshot).to_bytes())
}

fn read_successors(
    reader: &mut Reader<'_>,
    length: u64,
) -> Result<BTreeMap<StatusIndex, Pointer>, StatusListError> {
    let mut successors = BTreeMap::new();
    // The count allocates nothing: each pointer must be there.
    for _ in 0..reader.u64()? {
        let (index, pointer) = (StatusIndex(reader.u64()?), Pointer(reader.array()?));
        let ascending = successors.last_key_value().is_none_or(|(last, _)| *last < index);
        if !ascending || index.0 >= length {
            return Err(StatusListError::NotCanonical);
        }
        successors.insert(index, pointer);
    }
    Ok(successors)
}
