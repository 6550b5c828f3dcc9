//! Answers about published entries: everything that an issuer needs to cut receipts.
//!
//! All proofs of one answer lead to one checkpoint, the newest that is published.

use std::sync::Arc;

use proto::hash::{LeafIndex, StatusIndex};
use proto::ledger::status::piece_of;
use proto::ledger::{Entry, StatusPiece};
use proto::limits::STATUS_PIECE_INDEXES;
use proto::receipt::answer::{IssuanceAnswer, StatusAnswer};
use proto::tlog_proof::TlogProof;

use super::board::{Board, Published};
use crate::replica::{ReadError, TileReader};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The entry is not published yet.
    #[error("the entry is not published yet")]
    NotPublished,
    /// The entry at this index is no issuance, or its issuer's entry is none.
    #[error("entry {0} is not of the kind that was asked for")]
    OtherKind(LeafIndex),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The answer about an issuance. Reads files, so it blocks.
pub fn issuance(
    board: &Board,
    reader: &TileReader,
    index: LeafIndex,
) -> Result<IssuanceAnswer, ProveError> {
    let Ok(Entry::Issuance(entry)) = Entry::parse(&reader.entry(index)?) else {
        return Err(ProveError::OtherKind(index));
    };
    let statement = entry.submission.statement;
    let pieces = pieces(board, index, entry.first_status, statement.width());
    let (published, pieces) = pieces.ok_or(ProveError::NotPublished)?;
    let size = published.size();
    let Ok(Entry::Issuer(issuer)) = Entry::parse(&reader.entry(statement.issuer)?) else {
        return Err(ProveError::OtherKind(statement.issuer));
    };
    let proof = TlogProof {
        extra: None,
        index,
        proof: reader.prove_inclusion(index, size)?,
        checkpoint: published.signed.clone(),
    };
    let status = StatusAnswer {
        time: published.snapshot.time,
        length: published.snapshot.status_length,
        root: published.snapshot.status_root,
        proof: published.snapshot_proof.clone(),
        first_piece: piece_of(entry.first_status),
        pieces,
    };
    let issuer_proof = reader.prove_inclusion(statement.issuer, size)?;
    Ok(IssuanceAnswer { proof, entry, issuer, issuer_proof, status })
}

/// The newest checkpoint and the pieces of its status list that hold a batch, if it is in there.
fn pieces(
    board: &Board,
    index: LeafIndex,
    first: StatusIndex,
    width: u64,
) -> Option<(Arc<Published>, Vec<StatusPiece>)> {
    let (published, pieces) = board.with_status(|status| {
        let last = StatusIndex(first.0.checked_add(width)?.checked_sub(1)?);
        let pieces = piece_of(first)..=piece_of(last);
        // Any index of a piece stands for it; the first one of the batch's first piece may be
        // before the batch, and is in the list all the same.
        let one = |piece: u64| status.prove(StatusIndex(piece.checked_mul(STATUS_PIECE_INDEXES)?));
        pieces.map(one).collect::<Option<Vec<_>>>()
    })?;
    (index.0 < published.size().0).then_some((published, pieces?))
}
