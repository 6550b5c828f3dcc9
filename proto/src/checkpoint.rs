//! Checkpoints (tlog-checkpoint): a note whose text is origin, tree size and root hash.
//!
//! ```text
//! <origin>
//! <tree size, decimal>
//! <root hash, base64>
//! <extension lines, none from us>
//! ```
//!
//! A [`SignedCheckpoint`] is a claim; a [`VerifiedCheckpoint`] has its log's signature checked, and
//! there is no other way to make one. Other signature lines are kept as they are, because they may
//! be cosignatures; [`cosignature`](crate::cosignature) checks those.

use alloc::{string::String, vec, vec::Vec};

use thiserror::Error;

use crate::hash::{Hash, TreeSize};
use crate::limits;
use crate::note::{KeyError, Note, NoteError, NoteSignature, SigningKey, VerifierKey, VerifyError};
use crate::text::{self, Lines, TextError};

/// Why bytes are no checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The bytes are no note.
    #[error("The checkpoint is not a signed note: {0}")]
    Note(#[from] NoteError),
    /// A line is missing or is not written as it must be.
    #[error("The checkpoint is malformed in line {line}: {error}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: TextError,
    },
    /// The origin is empty or too long.
    #[error("The origin of the checkpoint is empty or longer than 255 bytes.")]
    BadOrigin,
    /// The tree is larger than any tree may be.
    #[error("The tree size of the checkpoint is too large.")]
    SizeTooLarge,
    /// An extension line is empty, or there are too many.
    #[error("The checkpoint has an empty extension line or more than 16 of them.")]
    BadExtension,
}

/// Why a checkpoint is not one of the log in question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum UntrustedCheckpoint {
    /// It is of another log.
    #[error("The checkpoint is of another log.")]
    OtherOrigin,
    /// The log's signature is missing or bad.
    #[error("The checkpoint is not signed by its log: {0}")]
    Signature(#[from] VerifyError),
}

/// The tree head of a log, unsigned.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Checkpoint {
    origin: String,
    size: TreeSize,
    root: Hash,
    extensions: Vec<String>,
}

/// A checkpoint with signatures, none of them checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// A checkpoint that its log has signed. Cosignatures are not checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedCheckpoint {
    signed: SignedCheckpoint,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    pub fn new(origin: &str, size: TreeSize, root: Hash) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint { origin: origin.into(), size, root, extensions: Vec::new() };
        // The text decides what an origin may hold: no newline, no control character.
        let parsed = Checkpoint::parse(&checkpoint.to_text())?;
        if parsed == checkpoint { Ok(checkpoint) } else { Err(CheckpointError::BadOrigin) }
    }

    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = Lines::new(text);
        let at = |line, error| CheckpointError::Line { line, error };
        text::lines_utf8(text.as_bytes(), limits::CHECKPOINT_TEXT_BYTES).map_err(|e| at(1, e))?;
        let origin = lines.line().map_err(|e| at(1, e))?;
        if origin.is_empty() || origin.len() > limits::ORIGIN_BYTES {
            return Err(CheckpointError::BadOrigin);
        }
        let size = lines.decimal().map_err(|e| at(2, e))?;
        if size > limits::TREE_SIZE {
            return Err(CheckpointError::SizeTooLarge);
        }
        let root = lines.line().and_then(Hash::from_base64).map_err(|e| at(3, e))?;
        let mut extensions = Vec::new();
        while !lines.is_empty() {
            let next = lines.number().saturating_add(1);
            let line = lines.line().map_err(|e| at(next, e))?;
            if line.is_empty() || extensions.len() >= limits::EXTENSION_LINES {
                return Err(CheckpointError::BadExtension);
            }
            extensions.push(line.into());
        }
        Ok(Checkpoint { origin: origin.into(), size: TreeSize(size), root, extensions })
    }

    /// The text of the note.
    pub fn to_text(&self) -> String {
        let (origin, size, root) = (&self.origin, self.size, self.root.to_base64());
        let mut text = alloc::format!("{origin}\n{size}\n{root}\n");
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The identity line of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The tree size.
    pub fn size(&self) -> TreeSize {
        self.size
    }

    /// The root hash.
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// The extension lines. An ML-DSA-44 cosignature does not cover them
    /// (tlog-cosignature#ml-dsa-44-signed-message), so nothing may depend on them.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }
}

impl SignedCheckpoint {
    /// Signs a checkpoint as its log, with a key of type 0x01.
    pub fn sign(checkpoint: Checkpoint, key: &SigningKey) -> Result<SignedCheckpoint, KeyError> {
        let text = checkpoint.to_text();
        let signature = key.sign_note(&text)?;
        let note = Note::new(&text, vec![signature]).map_err(|_| KeyError::BadForm)?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Reads a signed checkpoint. No signature is checked.
    pub fn parse(bytes: &[u8]) -> Result<SignedCheckpoint, CheckpointError> {
        SignedCheckpoint::from_note(Note::parse(bytes)?)
    }

    /// The checkpoint that a note holds.
    pub fn from_note(note: Note) -> Result<SignedCheckpoint, CheckpointError> {
        Ok(SignedCheckpoint { checkpoint: Checkpoint::parse(note.text())?, note })
    }

    /// The bytes that [`SignedCheckpoint::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.note.to_bytes()
    }

    /// What is claimed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The same checkpoint with these signature lines instead of its own.
    pub fn with_signatures(
        &self,
        signatures: Vec<NoteSignature>,
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let note = Note::new(self.note.text(), signatures)?;
        Ok(SignedCheckpoint { checkpoint: self.checkpoint.clone(), note })
    }

    /// The same checkpoint with these signature lines after its own; lines it has already are left
    /// out.
    pub fn with_added(
        &self,
        signatures: &[NoteSignature],
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let mut all = self.note.signatures().to_vec();
        for line in signatures {
            if !all.contains(line) {
                all.push(line.clone());
            }
        }
        self.with_signatures(all)
    }

    /// Checks that the checkpoint is of the log `origin` and signed by one of its keys at least. A
    /// bad signature in the name of any of these keys refuses the checkpoint.
    pub fn verify(
        &self,
        origin: &str,
        keys: &[&VerifierKey],
    ) -> Result<VerifiedCheckpoint, UntrustedCheckpoint> {
        if self.checkpoint.origin != origin {
            return Err(UntrustedCheckpoint::OtherOrigin);
        }
        self.note.verify(keys)?;
        Ok(VerifiedCheckpoint { signed: self.clone() })
    }
}

impl VerifiedCheckpoint {
    /// The identity line of the log.
    pub fn origin(&self) -> &str {
        self.signed.checkpoint.origin()
    }

    /// The tree size.
    pub fn size(&self) -> TreeSize {
        self.signed.checkpoint.size()
    }

    /// The root hash.
    pub fn root(&self) -> &Hash {
        self.signed.checkpoint.root()
    }

    /// The checkpoint itself.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.signed.checkpoint
    }

    /// The checkpoint with all the signature lines that it came with.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The same, for keeping.
    pub fn into_signed(self) -> SignedCheckpoint {
        self.signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;
    use crate::note::KeyType;
    use alloc::format;

    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("example.com/log", KeyType::Ed25519, &[seed; 32]).unwrap()
    }

    fn signed() -> SignedCheckpoint {
        let checkpoint = Checkpoint::new("example.com/log", TreeSize(7), sha256(b"root")).unwrap();
        SignedCheckpoint::sign(checkpoint, &key(1)).unwrap()
    }

    #[test]
    fn the_example_of_the_specification() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), TreeSize(20_852_163));
        assert_eq!(checkpoint.to_text(), EXAMPLE);
        let extended = format!("{EXAMPLE}one\ntwo\n");
        let checkpoint = Checkpoint::parse(&extended).unwrap();
        assert_eq!(checkpoint.extensions(), ["one", "two"]);
        assert_eq!(checkpoint.to_text(), extended);
    }

    #[test]
    fn what_is_no_checkpoint() {
        let with = |from: &str, to: &str| Checkpoint::parse(&EXAMPLE.replace(from, to));
        let line = |line, error| Err(CheckpointError::Line { line, error });
        let origin = "example.com/behind-the-sofa";
        assert_eq!(with(origin, ""), Err(CheckpointError::BadOrigin));
        assert_eq!(with(origin, &"a".repeat(256)), Err(CheckpointError::BadOrigin));
        assert_eq!(with("20852163", "020852163"), line(2, TextError::BadDecimal));
        assert_eq!(with("20852163", ""), line(2, TextError::BadDecimal));
        assert_eq!(with("20852163", "9223372036854775808"), Err(CheckpointError::SizeTooLarge));
        assert_eq!(with("q2I=", "q2J="), line(3, TextError::BadBase64));
        assert_eq!(with("q2I=", "q2I=\n"), Err(CheckpointError::BadExtension));
        assert_eq!(with("q2I=\n", "q2I="), line(3, TextError::MissingNewline));
        assert_eq!(with("q2I=\n", "q2I=\nextension"), line(4, TextError::MissingNewline));
        assert_eq!(
            with("=", &format!("={}", "\nx".repeat(17))),
            Err(CheckpointError::BadExtension)
        );
        assert_eq!(Checkpoint::parse("origin\n5\n"), line(3, TextError::MissingLine));
        assert!(Checkpoint::new("a\nb", TreeSize(1), sha256(b"")).is_err());
        assert!(Checkpoint::new("a\n5", TreeSize(1), sha256(b"")).is_err());
        assert!(Checkpoint::new("", TreeSize(1), sha256(b"")).is_err());
    }

    #[test]
    fn only_a_key_of_the_log_makes_it_verified() {
        let signed = signed();
        assert_eq!(SignedCheckpoint::parse(&signed.to_bytes()).as_ref(), Ok(&signed));
        let (one, two) = (key(1), key(2));
        let (one, two) = (one.verifier_key(), two.verifier_key());
        let verified = signed.verify("example.com/log", &[two, one]).unwrap();
        assert_eq!(verified.size(), TreeSize(7));
        assert_eq!(verified.signed(), &signed);
        let none = UntrustedCheckpoint::Signature(VerifyError::NoKnownKey);
        assert_eq!(signed.verify("example.com/log", &[two]), Err(none));
        let other = signed.verify("example.com/other", &[one]);
        assert_eq!(other, Err(UntrustedCheckpoint::OtherOrigin));
    }

    #[test]
    fn other_lines_are_kept_and_do_not_matter() {
        let signed = signed();
        let grease = key(9).sign_note("anything\n").unwrap();
        let more = signed.with_added(&[grease.clone(), grease]).unwrap();
        assert_eq!(more.note().signatures().len(), 2);
        let key = key(1);
        let verified = more.verify("example.com/log", &[key.verifier_key()]).unwrap();
        assert_eq!(verified.into_signed().to_bytes(), more.to_bytes());
    }
}
