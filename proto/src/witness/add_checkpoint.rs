//! The `add-checkpoint` request and the body of its 409 answer (tlog-witness#add-checkpoint).
//!
//! ```text
//! old <tree size, decimal>
//! <hash, base64>                 (one line for each hash of the consistency proof)
//!
//! <signed checkpoint>
//! ```
//!
//! The answer to a request that is accepted is signature lines:
//! [`note::signature_lines`](crate::note::signature_lines). Parsing checks no signature.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::hash::{Hash, TreeSize};
use crate::limits;
use crate::text::{self, Lines, TextError};

/// `Content-Type` of the body of a 409 answer.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// Why bytes are no request or no answer. A request that is malformed is answered with 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum AddCheckpointError {
    /// A line is missing or is not written as it must be.
    #[error("Line {line} of the add-checkpoint message is malformed: {error}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: TextError,
    },
    /// There are more than 63 hashes.
    #[error("The consistency proof has more than 63 hashes.")]
    TooManyHashes,
    /// What follows the empty line is no checkpoint.
    #[error("The checkpoint of the request cannot be read: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpoint {
    /// The size that the proof starts from.
    pub old: TreeSize,
    /// The consistency proof from that size to the size of the checkpoint.
    pub proof: Vec<Hash>,
    /// The new checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl AddCheckpoint {
    /// Reads the body of a request.
    pub fn parse(bytes: &[u8]) -> Result<AddCheckpoint, AddCheckpointError> {
        let at = |line, error| AddCheckpointError::Line { line, error };
        let text = text::lines_utf8(bytes, limits::ADD_CHECKPOINT_BYTES).map_err(|e| at(1, e))?;
        let mut lines = Lines::new(text);
        let old = lines
            .keyword("old")
            .and_then(|digits| text::decimal_up_to(digits, limits::TREE_SIZE))
            .map_err(|e| at(1, e))?;
        let mut proof = Vec::new();
        loop {
            let number = lines.number().saturating_add(1);
            let line = lines.line().map_err(|e| at(number, e))?;
            if line.is_empty() {
                break;
            }
            if proof.len() >= limits::PROOF_HASHES {
                return Err(AddCheckpointError::TooManyHashes);
            }
            proof.push(Hash::from_base64(line).map_err(|e| at(number, e))?);
        }
        let checkpoint = SignedCheckpoint::parse(lines.rest().as_bytes())?;
        Ok(AddCheckpoint { old: TreeSize(old), proof, checkpoint })
    }

    /// The body of the request.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = alloc::format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&hash.to_base64());
            text.push('\n');
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint.to_bytes());
        bytes
    }
}

/// The body of a 409 answer: the size of the newest checkpoint that the cosigner has.
pub fn size_body(size: TreeSize) -> String {
    alloc::format!("{size}\n")
}

/// Reads the body of a 409 answer.
pub fn parse_size_body(bytes: &[u8]) -> Result<TreeSize, AddCheckpointError> {
    let at = |error| AddCheckpointError::Line { line: 1, error };
    let mut lines = Lines::new(text::lines_utf8(bytes, 32).map_err(at)?);
    let size = lines.line().and_then(|digits| text::decimal_up_to(digits, limits::TREE_SIZE));
    let size = size.map_err(at)?;
    lines.finish().map_err(at)?;
    Ok(TreeSize(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::{KeyType, SigningKey};
    use alloc::{format, vec};

    fn example() -> AddCheckpoint {
        let key = SigningKey::from_seed("example.com/log", KeyType::Ed25519, &[1; 32]).unwrap();
        let checkpoint = Checkpoint::new("example.com/log", TreeSize(2), Hash([1; 32])).unwrap();
        let checkpoint = SignedCheckpoint::sign(checkpoint, &key).unwrap();
        AddCheckpoint { old: TreeSize(1), proof: vec![Hash([2; 32]), Hash([3; 32])], checkpoint }
    }

    #[test]
    fn requests_are_read_back() {
        let mut request = example();
        assert_eq!(AddCheckpoint::parse(&request.to_bytes()).as_ref(), Ok(&request));
        request.proof = vec![Hash([7; 32]); 63];
        assert_eq!(AddCheckpoint::parse(&request.to_bytes()).as_ref(), Ok(&request));
        request.proof.push(Hash([7; 32]));
        let refused = AddCheckpoint::parse(&request.to_bytes());
        assert_eq!(refused, Err(AddCheckpointError::TooManyHashes));
        request.proof.clear();
        assert_eq!(AddCheckpoint::parse(&request.to_bytes()), Ok(request));
    }

    #[test]
    fn what_is_no_request() {
        let text = String::from_utf8(example().to_bytes()).unwrap();
        let with = |from: &str, to: &str| {
            AddCheckpoint::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
        };
        let line = |line, error| AddCheckpointError::Line { line, error };
        assert_eq!(with("old 1", "old 01"), line(1, TextError::BadDecimal));
        assert_eq!(with("old 1", "old  1"), line(1, TextError::BadDecimal));
        assert_eq!(with("old 1", "1"), line(1, TextError::WrongKeyword));
        assert_eq!(with("old 1\n", "old 1\r\n"), line(1, TextError::ControlCharacter));
        let hash = Hash([3; 32]).to_base64();
        assert_eq!(with(&hash, &hash[1..]), line(3, TextError::BadBase64));
        assert!(matches!(with("\n\n", "\n"), AddCheckpointError::Line { line: 4, .. }));
        assert!(matches!(with("\n\n", "\n\n\n"), AddCheckpointError::Checkpoint(_)));
        let short = AddCheckpoint::parse(b"old 1\n").unwrap_err();
        assert_eq!(short, line(2, TextError::MissingLine));
    }

    #[test]
    fn sizes_are_read_back() {
        assert_eq!(parse_size_body(size_body(TreeSize(17)).as_bytes()), Ok(TreeSize(17)));
        for body in ["", "17", "017\n", "17\n\n", " 17\n", "9223372036854775808\n"] {
            assert!(parse_size_body(body.as_bytes()).is_err(), "{body:?}");
        }
        assert!(parse_size_body(format!("{:064}\n", 1).as_bytes()).is_err());
    }
}
