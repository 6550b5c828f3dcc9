//! The status list: two bits for each document, in pieces of 256 bytes under an RFC 6962 root.
//!
//! ```text
//! index i stands in byte i/4, bits 2*(i%4), little end first
//! 0 valid | 1 suspended | 2 superseded | 3 revoked
//! ```
//!
//! The last piece is padded with zeros. Almost every document is valid for ever, so only pieces
//! that are not all zero are kept, and only tree nodes above them; everything else is the node of
//! an all-zero tree of its height. Growth costs nothing, a change costs one hash per level, and a
//! flood of empty batches takes no memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash, LeafIndex, StatusIndex, TreeSize, leaf_hash, node_hash};
use crate::limits::{self, STATUS_PIECE_BYTES, STATUS_PIECE_INDEXES};
use crate::merkle::{ProofError, inclusion};

use super::successor::Pointer;

/// Levels above the leaves: enough for [`limits::JSON_INTEGER`] documents.
const LEVELS: u8 = 43;

/// A piece of the list.
pub type Piece = [u8; STATUS_PIECE_BYTES];

/// What became of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StatusState {
    /// It stands.
    Valid,
    /// It does not stand for now.
    Suspended,
    /// Another took its place.
    Superseded,
    /// It was withdrawn for good.
    Revoked,
}

impl StatusState {
    /// The two bits.
    pub fn bits(self) -> u8 {
        match self {
            StatusState::Valid => 0,
            StatusState::Suspended => 1,
            StatusState::Superseded => 2,
            StatusState::Revoked => 3,
        }
    }

    /// Its word, in files, in JSON and on screens.
    pub fn word(self) -> &'static str {
        match self {
            StatusState::Valid => "valid",
            StatusState::Suspended => "suspended",
            StatusState::Superseded => "superseded",
            StatusState::Revoked => "revoked",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<StatusState> {
        (0..4).filter_map(StatusState::from_bits).find(|state| state.word() == word)
    }

    /// The state with these bits; none above 3.
    pub fn from_bits(bits: u8) -> Option<StatusState> {
        match bits {
            0 => Some(StatusState::Valid),
            1 => Some(StatusState::Suspended),
            2 => Some(StatusState::Superseded),
            3 => Some(StatusState::Revoked),
            _ => None,
        }
    }
}

/// Why a piece proves nothing about a status index.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The index is not in the list.
    #[error("The status index {index} is outside a list of {length}.")]
    Outside {
        /// The index.
        index: u64,
        /// Length of the list.
        length: u64,
    },
    /// The path does not lead to the root.
    #[error("The piece of the status list does not belong to the list: {0}")]
    Proof(#[from] ProofError),
}

/// A piece of the list with its path to the root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusPiece {
    /// The 256 bytes.
    pub piece: Piece,
    /// The inclusion proof of the piece.
    pub path: Vec<Hash>,
}

impl StatusPiece {
    /// Checks the piece that holds `index` against a list, and gives the state of `index`.
    pub fn verify(
        &self,
        index: StatusIndex,
        length: u64,
        root: &Hash,
    ) -> Result<StatusState, StatusError> {
        if index.0 >= length {
            return Err(StatusError::Outside { index: index.0, length });
        }
        let leaf = leaf_hash(&self.piece);
        let (at, size) = (LeafIndex(piece_of(index)), TreeSize(pieces(length)));
        inclusion::verify(&leaf, at, size, root, &self.path)?;
        Ok(state_in(&self.piece, index))
    }
}

/// Which piece holds an index.
pub fn piece_of(index: StatusIndex) -> u64 {
    index.0.div_euclid(STATUS_PIECE_INDEXES)
}

/// Count of pieces of a list.
pub fn pieces(length: u64) -> u64 {
    length.div_ceil(STATUS_PIECE_INDEXES)
}

/// Byte and shift of an index in its piece.
fn place_in(index: StatusIndex) -> (usize, u32) {
    let within = index.0.rem_euclid(STATUS_PIECE_INDEXES);
    let byte = usize::try_from(within.div_euclid(4)).unwrap_or(0);
    let shift = u32::try_from(within.rem_euclid(4)).unwrap_or(0).saturating_mul(2);
    (byte, shift)
}

pub(crate) fn set_in(piece: &mut Piece, index: StatusIndex, state: StatusState) {
    let (byte, shift) = place_in(index);
    if let Some(byte) = piece.get_mut(byte) {
        *byte = *byte & !3u8.wrapping_shl(shift) | state.bits().wrapping_shl(shift);
    }
}

pub(crate) fn state_in(piece: &Piece, index: StatusIndex) -> StatusState {
    let (byte, shift) = place_in(index);
    let bits = piece.get(byte).copied().unwrap_or(0).wrapping_shr(shift) & 3;
    StatusState::from_bits(bits).unwrap_or(StatusState::Revoked)
}

/// The list with its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusTree {
    length: u64,
    /// Pieces that are not all zero.
    changed: BTreeMap<u64, Piece>,
    /// Nodes above changed pieces, by level and index, as if zero pieces followed without end.
    nodes: BTreeMap<(u8, u64), Hash>,
    /// The node of each level over zero pieces only.
    zero: Vec<Hash>,
    /// Pointers of superseded documents whose successor was named. The root does not cover them;
    /// see [`Pointer`] for why nobody can pass off another.
    successors: BTreeMap<StatusIndex, Pointer>,
}

/// How a list came from an earlier one: pieces and successors as they are now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StatusChanges {
    /// Count of indexes in use.
    pub length: u64,
    /// Pieces that changed.
    pub pieces: BTreeMap<u64, Piece>,
    /// Successors that were named, or are none any more.
    pub successors: BTreeMap<StatusIndex, Option<Pointer>>,
}

impl Default for StatusTree {
    fn default() -> StatusTree {
        StatusTree::new()
    }
}

impl StatusTree {
    /// An empty list.
    pub fn new() -> StatusTree {
        let first = leaf_hash(&[0; STATUS_PIECE_BYTES]);
        let above = |hash: &Hash| Some(node_hash(hash, hash));
        let zero = core::iter::successors(Some(first), above);
        let zero = zero.take(usize::from(LEVELS).saturating_add(1)).collect();
        let (changed, nodes, successors) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        StatusTree { length: 0, changed, nodes, zero, successors }
    }

    /// A list with these pieces; those that are not given are zero. None if one is outside, all
    /// zero, or has bits behind the end.
    pub fn from_pieces(length: u64, changed: BTreeMap<u64, Piece>) -> Option<StatusTree> {
        if length > limits::JSON_INTEGER {
            return None;
        }
        for (at, piece) in &changed {
            let first = at.checked_mul(STATUS_PIECE_INDEXES)?;
            let beyond = (first.max(length)..first.checked_add(STATUS_PIECE_INDEXES)?)
                .any(|index| state_in(piece, StatusIndex(index)) != StatusState::Valid);
            if first >= length || beyond || piece.iter().all(|byte| *byte == 0) {
                return None;
            }
        }
        let mut tree = StatusTree { length, ..StatusTree::new() };
        tree.nodes = changed.iter().map(|(at, piece)| ((0, *at), leaf_hash(piece))).collect();
        let mut level: BTreeSet<u64> = changed.keys().copied().collect();
        tree.changed = changed;
        for height in 1..=LEVELS {
            level = level.iter().map(|at| at >> 1).collect();
            level.iter().for_each(|at| tree.join(height, *at));
        }
        Some(tree)
    }

    /// Count of indexes in use.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Pieces that are not all zero.
    pub fn changed(&self) -> &BTreeMap<u64, Piece> {
        &self.changed
    }

    /// Appends documents, all valid. None if there would be more than can be counted.
    pub fn extend(&mut self, documents: u64) -> Option<()> {
        let length = self.length.checked_add(documents)?;
        if length > limits::JSON_INTEGER {
            return None;
        }
        self.length = length;
        Some(())
    }

    /// Takes documents off the end that never left the state valid.
    pub(super) fn shorten(&mut self, length: u64) {
        self.length = self.length.min(length);
    }

    /// The state of a document.
    pub fn state(&self, index: StatusIndex) -> Option<StatusState> {
        let inside = index.0 < self.length;
        inside.then(|| state_in(&self.piece(piece_of(index)), index))
    }

    /// Changes the state of a document and gives the one before.
    pub fn set(&mut self, index: StatusIndex, state: StatusState) -> Option<StatusState> {
        let before = self.state(index)?;
        let at = piece_of(index);
        let mut piece = self.piece(at);
        set_in(&mut piece, index, state);
        self.put(at, piece);
        Some(before)
    }

    /// Puts a piece in its place and gives the one before.
    pub(super) fn put(&mut self, at: u64, piece: Piece) -> Piece {
        let before = if piece.iter().all(|byte| *byte == 0) {
            self.nodes.remove(&(0, at));
            self.changed.remove(&at)
        } else {
            self.nodes.insert((0, at), leaf_hash(&piece));
            self.changed.insert(at, piece)
        };
        (1..=LEVELS).for_each(|level| self.join(level, at.wrapping_shr(u32::from(level))));
        before.unwrap_or([0; STATUS_PIECE_BYTES])
    }

    /// Names the successor of a document, or says that it has none, and gives the one before.
    pub(super) fn name(&mut self, index: StatusIndex, to: Option<Pointer>) -> Option<Pointer> {
        match to {
            Some(pointer) => self.successors.insert(index, pointer),
            None => self.successors.remove(&index),
        }
    }

    /// Brings an older list up to date. None if the changes do not fit it.
    pub fn follow(&mut self, changes: &StatusChanges) -> Option<()> {
        self.extend(changes.length.checked_sub(self.length)?)?;
        for (at, piece) in &changes.pieces {
            self.put(*at, *piece);
        }
        for (index, pointer) in &changes.successors {
            self.name(*index, *pointer);
        }
        Some(())
    }

    /// The same list with these successors.
    pub fn with_successors(mut self, successors: BTreeMap<StatusIndex, Pointer>) -> StatusTree {
        self.successors = successors;
        self
    }

    /// Successors that were named, by the status index of the superseded document.
    pub fn successors(&self) -> &BTreeMap<StatusIndex, Pointer> {
        &self.successors
    }

    /// The root of the list.
    pub fn root(&self) -> Hash {
        match pieces(self.length) {
            0 => EMPTY_ROOT,
            count => self.range_root(0, count),
        }
    }

    /// The piece that holds an index, with its path.
    pub fn prove(&self, index: StatusIndex) -> Option<StatusPiece> {
        if index.0 >= self.length {
            return None;
        }
        let at = piece_of(index);
        let (mut start, mut end) = (0, pieces(self.length));
        let mut path = Vec::new();
        while end.saturating_sub(start) > 1 {
            let middle = split(start, end);
            if at < middle {
                path.push(self.range_root(middle, end));
                end = middle;
            } else {
                path.push(self.range_root(start, middle));
                start = middle;
            }
        }
        path.reverse();
        Some(StatusPiece { piece: self.piece(at), path })
    }

    pub(super) fn piece(&self, at: u64) -> Piece {
        self.changed.get(&at).copied().unwrap_or([0; STATUS_PIECE_BYTES])
    }

    fn node(&self, level: u8, at: u64) -> Hash {
        let zero = || self.zero.get(usize::from(level)).copied().unwrap_or(EMPTY_ROOT);
        self.nodes.get(&(level, at)).copied().unwrap_or_else(zero)
    }

    /// Recomputes a node from its children.
    fn join(&mut self, level: u8, at: u64) {
        let (below, left) = (level.saturating_sub(1), at << 1);
        let right = left | 1;
        if self.nodes.contains_key(&(below, left)) || self.nodes.contains_key(&(below, right)) {
            let hash = node_hash(&self.node(below, left), &self.node(below, right));
            self.nodes.insert((level, at), hash);
        } else {
            self.nodes.remove(&(level, at));
        }
    }

    /// The root over the pieces `start..end`; `start` is where such a subtree can start, and there
    /// is at least one piece.
    fn range_root(&self, start: u64, end: u64) -> Hash {
        let mut complete = Vec::new();
        let mut at = start;
        while at < end {
            // The largest complete subtree that fits, from the left.
            let level = end.saturating_sub(at).ilog2();
            let height = u8::try_from(level).unwrap_or(LEVELS);
            complete.push(self.node(height, at.wrapping_shr(level)));
            at = at.saturating_add(1u64.wrapping_shl(level));
        }
        let joined = complete.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or(EMPTY_ROOT)
    }
}

/// Where RFC 6962 parts a range of more than one piece: behind the largest power of two below its
/// size.
fn split(start: u64, end: u64) -> u64 {
    let size = end.saturating_sub(start);
    let half = 1u64.wrapping_shl(size.saturating_sub(1).max(1).ilog2());
    start.saturating_add(half)
}

#[cfg(test)]
mod tests;
