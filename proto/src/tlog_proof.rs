//! The `.tlog-proof` file (tlog-proof): an entry's place in a log and the checkpoint that proves
//! it.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>                 (may be missing)
//! index <index, decimal>
//! <hash, base64>                 (one line for each hash of the inclusion proof)
//!
//! <signed checkpoint>
//! ```
//!
//! Parsing checks the form and no signature and no proof. The extra bytes are not authenticated by
//! this format; a receipt proves its own.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::checkpoint::{CheckpointError, SignedCheckpoint, VerifiedCheckpoint};
use crate::hash::{Hash, LeafIndex};
use crate::limits;
use crate::merkle::{ProofError, inclusion};
use crate::text::{self, Lines, TextError};

/// The first line.
pub const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Recommended file name extension, without the dot.
pub const EXTENSION: &str = "tlog-proof";

/// Why bytes are no tlog proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// The first line is another one.
    #[error("The file does not start with the line \"c2sp.org/tlog-proof@v1\".")]
    WrongFirstLine,
    /// A line is missing or is not written as it must be.
    #[error("Line {line} of the tlog proof is malformed: {error}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: TextError,
    },
    /// The extra data is longer than is allowed.
    #[error("The extra data has {got} bytes and at most {limit} are allowed.")]
    ExtraTooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
    /// There are more hashes than a proof can have.
    #[error("The inclusion proof has more than 63 hashes.")]
    TooManyHashes,
    /// What follows the empty line is no checkpoint.
    #[error("The checkpoint in the tlog proof cannot be read: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// A proof that an entry stands in a log, not checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlogProof {
    /// Bytes of which this format says nothing.
    pub extra: Option<Vec<u8>>,
    /// The index of the entry.
    pub index: LeafIndex,
    /// The inclusion proof, from the leaf's sibling up.
    pub proof: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: SignedCheckpoint,
}

impl TlogProof {
    /// Reads a file. No signature and no proof is checked.
    pub fn parse(bytes: &[u8]) -> Result<TlogProof, TlogProofError> {
        let at = |line, error| TlogProofError::Line { line, error };
        let text = text::lines_utf8(bytes, limits::TLOG_PROOF_BYTES).map_err(|e| at(1, e))?;
        let mut lines = Lines::new(text);
        if lines.line() != Ok(FIRST_LINE) {
            return Err(TlogProofError::WrongFirstLine);
        }
        let extra = match lines.peek().and_then(|line| text::after_keyword(line, "extra")) {
            None => None,
            Some(base64) => {
                let extra = text::base64_decode(base64).map_err(|e| at(2, e))?;
                check_extra(&extra)?;
                lines.line().map_err(|e| at(2, e))?;
                Some(extra)
            }
        };
        let number = lines.number().saturating_add(1);
        let index = lines
            .keyword("index")
            .and_then(|digits| text::decimal_up_to(digits, limits::TREE_SIZE))
            .map_err(|e| at(number, e))?;
        let proof = proof_lines(&mut lines)?;
        let checkpoint = SignedCheckpoint::parse(lines.rest().as_bytes())?;
        Ok(TlogProof { extra, index: LeafIndex(index), proof, checkpoint })
    }

    /// The bytes that [`TlogProof::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::from(FIRST_LINE);
        text.push('\n');
        if let Some(extra) = &self.extra {
            text.push_str("extra ");
            text.push_str(&text::base64_encode(extra));
            text.push('\n');
        }
        text.push_str(&alloc::format!("index {}\n", self.index));
        for hash in &self.proof {
            text.push_str(&hash.to_base64());
            text.push('\n');
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint.to_bytes());
        bytes
    }

    /// Checks that the tree of `checkpoint` has `leaf` at the index of this proof.
    ///
    /// The checkpoint is given because it must be a verified one; it should come from
    /// [`TlogProof::checkpoint`].
    pub fn verify_inclusion(
        &self,
        leaf: &Hash,
        checkpoint: &VerifiedCheckpoint,
    ) -> Result<(), ProofError> {
        inclusion::verify(leaf, self.index, checkpoint.size(), checkpoint.root(), &self.proof)
    }
}

fn check_extra(extra: &[u8]) -> Result<(), TlogProofError> {
    let (limit, got) = (limits::EXTRA_BYTES, extra.len());
    if got > limit { Err(TlogProofError::ExtraTooLong { limit, got }) } else { Ok(()) }
}

fn proof_lines(lines: &mut Lines<'_>) -> Result<Vec<Hash>, TlogProofError> {
    let mut proof = Vec::new();
    loop {
        let number = lines.number().saturating_add(1);
        let at = |error| TlogProofError::Line { line: number, error };
        let line = lines.line().map_err(at)?;
        if line.is_empty() {
            return Ok(proof);
        }
        if proof.len() >= limits::PROOF_HASHES {
            return Err(TlogProofError::TooManyHashes);
        }
        proof.push(Hash::from_base64(line).map_err(at)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::hash::{TreeSize, leaf_hash, node_hash};
    use crate::note::{KeyType, SigningKey};
    use alloc::{format, vec};

    fn key() -> SigningKey {
        SigningKey::from_seed("example.com/log", KeyType::Ed25519, &[1; 32]).unwrap()
    }

    fn example(extra: Option<&[u8]>) -> TlogProof {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let root = node_hash(&a, &b);
        let checkpoint = Checkpoint::new("example.com/log", TreeSize(2), root).unwrap();
        let checkpoint = SignedCheckpoint::sign(checkpoint, &key()).unwrap();
        TlogProof { extra: extra.map(Into::into), index: LeafIndex(1), proof: vec![a], checkpoint }
    }

    #[test]
    fn files_are_read_back_and_prove() {
        for extra in [None, Some(&b""[..]), Some(b"\0anything")] {
            let proof = example(extra);
            let read = TlogProof::parse(&proof.to_bytes()).unwrap();
            assert_eq!(read, proof);
            let key = key();
            let verified = read.checkpoint.verify("example.com/log", &[key.verifier_key()]);
            let verified = verified.unwrap();
            assert_eq!(read.verify_inclusion(&leaf_hash(b"b"), &verified), Ok(()));
            let wrong = read.verify_inclusion(&leaf_hash(b"c"), &verified);
            assert_eq!(wrong, Err(ProofError::RootMismatch));
        }
    }

    #[test]
    fn what_is_no_tlog_proof() {
        let text = alloc::string::String::from_utf8(example(Some(b"x")).to_bytes()).unwrap();
        let with = |from: &str, to: &str| {
            TlogProof::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
        };
        let line = |line, error| TlogProofError::Line { line, error };
        let hash = leaf_hash(b"a").to_base64();
        assert_eq!(with("@v1", "@v2"), TlogProofError::WrongFirstLine);
        assert_eq!(with("c2sp", "\u{feff}c2sp"), TlogProofError::WrongFirstLine);
        assert_eq!(with("extra eA==", "extra eB=="), line(2, TextError::BadBase64));
        assert_eq!(with("extra eA==", "extra  eA=="), line(2, TextError::BadBase64));
        assert_eq!(with("extra", "Extra"), line(2, TextError::WrongKeyword));
        assert_eq!(with("index 1", "index 01"), line(3, TextError::BadDecimal));
        assert_eq!(with("index 1\n", ""), line(3, TextError::WrongKeyword));
        assert_eq!(with(&hash, "AA=="), line(4, TextError::BadLength { want: 32, got: 1 }));
        assert_eq!(with(&hash, &format!("{hash} ")), line(4, TextError::BadBase64));
        let many = format!("{hash}\n").repeat(64);
        assert_eq!(with(&format!("{hash}\n"), &many), TlogProofError::TooManyHashes);
        assert!(matches!(with("\n\n", "\n"), TlogProofError::Line { line: 5, .. }));
        assert!(matches!(with("\n\n", "\n\n\n"), TlogProofError::Checkpoint(_)));
        let twice = with("extra eA==\n", "extra eA==\nextra eA==\n");
        assert_eq!(twice, line(3, TextError::WrongKeyword));
        let long = format!("extra {}\n", text::base64_encode(&vec![0; limits::EXTRA_BYTES + 1]));
        assert!(matches!(with("extra eA==\n", &long), TlogProofError::ExtraTooLong { .. }));
    }
}
