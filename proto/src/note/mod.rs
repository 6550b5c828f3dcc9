//! Signed notes (signed-note): a text, an empty line and signature lines.
//!
//! ```text
//! <text, ends with a newline>
//! <empty line>
//! (em dash) <key name> <base64 of u32 key id and signature>
//! ```
//!
//! Parsing checks the form and no signature: a [`Note`] is a claim. A signature by an unknown key
//! is ignored; one by a known key that does not verify makes the whole note worthless, so it is
//! refused. Base64 that is not canonical is refused as well, so that a note has one spelling.

pub mod ed25519;
pub mod key;
pub mod signer;

use alloc::{string::String, vec::Vec};

use thiserror::Error;

pub use ed25519::BadSignature;
pub use key::{KeyError, KeyId, KeyType, VerifierKey};
pub use signer::SigningKey;

use crate::limits;
use crate::text::{self, Lines, TextError};

const DASH: &str = "\u{2014} ";

/// Why bytes are no note.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The bytes are too many, not UTF-8, or hold a control character.
    #[error("The note is not readable text: {0}")]
    Text(#[from] TextError),
    /// There is no empty line between text and signatures, or the text does not end with a newline.
    #[error("The note has no empty line between its text and its signatures.")]
    MissingSeparator,
    /// There is no signature line.
    #[error("The note has no signature.")]
    NoSignatures,
    /// There are more signature lines than are looked at.
    #[error("The note has more than {limit} signatures.")]
    TooManySignatures {
        /// Signature lines allowed.
        limit: usize,
    },
    /// A line among the signatures is not a signature line.
    #[error("Signature line {line} of the note is malformed.")]
    BadSignatureLine {
        /// Its number, counted from 1.
        line: usize,
    },
}

/// Why a note is not to be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A line has the name and id of a known key, but the signature is not by that key.
    #[error(
        "A signature in the name of a known key does not verify: the text was changed or forged."
    )]
    BadSignature {
        /// Which of the known keys.
        key: usize,
    },
    /// No known key signed.
    #[error("None of the known keys signed this text.")]
    NoKnownKey,
}

/// One signature line.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NoteSignature {
    name: String,
    id: KeyId,
    signature: Vec<u8>,
}

/// A text with signatures, none of them checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl NoteSignature {
    pub(crate) fn by(key: &VerifierKey, signature: Vec<u8>) -> NoteSignature {
        NoteSignature { name: key.name().into(), id: key.id(), signature }
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key that is said to have signed.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key id.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether the line bears the name and the id of this key. It may still be forged.
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.id == key.id() && self.name == key.name()
    }

    /// The line without its newline.
    pub fn to_line(&self) -> String {
        let mut bytes = self.id.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.signature);
        alloc::format!("{DASH}{} {}", self.name, text::base64_encode(&bytes))
    }

    /// Reads a line without its newline.
    pub fn parse_line(line: &str) -> Option<NoteSignature> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = text::base64_decode(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if !key::is_name(name) || signature.is_empty() {
            return None;
        }
        let (name, id) = (name.into(), KeyId(u32::from_be_bytes(*id)));
        Some(NoteSignature { name, id, signature: signature.into() })
    }
}

impl Note {
    /// A note with this text and these signatures.
    pub fn new(text: &str, signatures: Vec<NoteSignature>) -> Result<Note, NoteError> {
        check_text(text)?;
        check_count(signatures.len())?;
        Ok(Note { text: text.into(), signatures })
    }

    /// Reads a note. No signature is checked.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        let whole = text::lines_utf8(bytes, limits::NOTE_BYTES)?;
        // The last empty line parts text and signatures; the text may hold empty lines itself.
        let end = whole.rfind("\n\n").ok_or(NoteError::MissingSeparator)?;
        let (text, rest) = whole.split_at(end.saturating_add(1));
        let signatures = rest.strip_prefix('\n').ok_or(NoteError::MissingSeparator)?;
        Ok(Note { text: text.into(), signatures: read_lines(signatures)? })
    }

    /// The bytes that [`Note::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.text.clone().into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&signature_lines(&self.signatures));
        bytes
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The lines that bear the name and the id of a key.
    pub fn signatures_naming<'a>(
        &'a self,
        key: &'a VerifierKey,
    ) -> impl Iterator<Item = &'a NoteSignature> {
        self.signatures.iter().filter(move |line| line.names(key))
    }

    /// Which of these keys signed the text, as indexes into `keys`, ascending and each once.
    ///
    /// Only keys of type 0x01 sign texts: a line that names another key is not counted here.
    pub fn verify(&self, keys: &[&VerifierKey]) -> Result<Vec<usize>, VerifyError> {
        let mut signers = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            if key.kind() != KeyType::Ed25519 {
                continue;
            }
            let mut signed = false;
            for line in self.signatures_naming(key) {
                let verified = key.verify_ed25519(self.text.as_bytes(), &line.signature);
                verified.map_err(|_| VerifyError::BadSignature { key: index })?;
                signed = true;
            }
            if signed {
                signers.push(index);
            }
        }
        if signers.is_empty() { Err(VerifyError::NoKnownKey) } else { Ok(signers) }
    }
}

/// Signature lines as cosigners answer with them (tlog-witness#add-checkpoint), each with its
/// newline.
pub fn signature_lines(signatures: &[NoteSignature]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in signatures {
        bytes.extend_from_slice(line.to_line().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// Reads what [`signature_lines`] writes: one line at least.
pub fn parse_signature_lines(bytes: &[u8]) -> Result<Vec<NoteSignature>, NoteError> {
    read_lines(text::lines_utf8(bytes, limits::NOTE_BYTES)?)
}

fn read_lines(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    let mut signatures = Vec::new();
    let mut lines = Lines::new(lines);
    while !lines.is_empty() {
        check_count(signatures.len().saturating_add(1))?;
        let signature = lines.line().ok().and_then(NoteSignature::parse_line);
        let line = signatures.len().saturating_add(1);
        signatures.push(signature.ok_or(NoteError::BadSignatureLine { line })?);
    }
    check_count(signatures.len())?;
    Ok(signatures)
}

fn check_count(count: usize) -> Result<(), NoteError> {
    match count {
        0 => Err(NoteError::NoSignatures),
        1..=limits::NOTE_SIGNATURES => Ok(()),
        _ => Err(NoteError::TooManySignatures { limit: limits::NOTE_SIGNATURES }),
    }
}

/// Whether a text can be the text of a note.
pub(crate) fn check_text(text: &str) -> Result<(), NoteError> {
    text::lines_utf8(text.as_bytes(), limits::NOTE_BYTES)?;
    if text.ends_with('\n') { Ok(()) } else { Err(NoteError::MissingSeparator) }
}

#[cfg(test)]
mod tests;
