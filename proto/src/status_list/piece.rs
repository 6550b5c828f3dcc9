//! Pieces of the list in a file: document by document where few are not valid, whole elsewhere.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::StatusListError;
use crate::bytes::{Reader, Writer};
use crate::hash::StatusIndex;
use crate::ledger::StatusState;
use crate::ledger::status::{Piece, set_in, state_in};
use crate::limits::{self, STATUS_PIECE_BYTES, STATUS_PIECE_INDEXES};

/// Most documents that are written one by one: above that the piece itself is shorter.
const FEW: usize = 127;
/// Says that the whole piece follows.
const WHOLE: u8 = 255;

pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<BTreeMap<u64, Piece>, StatusListError> {
    let mut pieces = BTreeMap::new();
    let count = reader.u64()?;
    if count > limits::STATUS_LIST_PIECES {
        return Err(StatusListError::TooManyPieces { got: count });
    }
    // The count allocates nothing: each piece must be there.
    for _ in 0..count {
        let at = reader.u64()?;
        if pieces.last_key_value().is_some_and(|(last, _)| *last >= at) {
            return Err(StatusListError::NotCanonical);
        }
        pieces.insert(at, read(reader)?);
    }
    Ok(pieces)
}

pub(super) fn write_all(writer: &mut Writer, pieces: &BTreeMap<u64, Piece>) {
    writer.u64(u64::try_from(pieces.len()).unwrap_or(u64::MAX));
    for (at, piece) in pieces {
        writer.u64(*at);
        let words = words(piece);
        match u8::try_from(words.len()) {
            Ok(count) if words.len() <= FEW => {
                writer.u8(count);
                words.iter().for_each(|word| {
                    writer.u16(*word);
                });
            }
            _ => {
                writer.u8(WHOLE).bytes(piece);
            }
        }
    }
}

fn read(reader: &mut Reader<'_>) -> Result<Piece, StatusListError> {
    let count = reader.u8()?;
    if count == WHOLE {
        let piece = reader.array()?;
        let many = words(&piece).len() > FEW;
        return if many { Ok(piece) } else { Err(StatusListError::NotCanonical) };
    }
    let mut piece = [0; STATUS_PIECE_BYTES];
    let mut least = 0;
    for _ in 0..count {
        let word = reader.u16()?;
        let (index, bits) = (word >> 2, u8::try_from(word & 3).unwrap_or(0));
        let state = StatusState::from_bits(bits).filter(|state| *state != StatusState::Valid);
        let inside = u64::from(index) < STATUS_PIECE_INDEXES;
        let (Some(state), true) = (state, inside && index >= least) else {
            return Err(StatusListError::NotCanonical);
        };
        set_in(&mut piece, StatusIndex(u64::from(index)), state);
        least = index.saturating_add(1);
    }
    let few = (1..=FEW).contains(&usize::from(count));
    if few { Ok(piece) } else { Err(StatusListError::NotCanonical) }
}

/// Place and state of each document of a piece that is not valid.
fn words(piece: &Piece) -> Vec<u16> {
    let indexes = 0..u16::try_from(STATUS_PIECE_INDEXES).unwrap_or(0);
    let states = indexes.map(|at| (at, state_in(piece, StatusIndex(u64::from(at)))));
    let changed = states.filter(|(_, state)| *state != StatusState::Valid);
    changed.map(|(at, state)| at << 2 | u16::from(state.bits())).collect()
}
