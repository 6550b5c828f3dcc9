//! Signing keys: the line `PRIVATE+KEY+<key name>+<key id>+<base64 of type byte and seed>` and what
//! they sign.
//!
//! The seed is 32 bytes for every type. It is wiped from memory when the key is dropped, and never
//! appears in `Debug` output. Nothing here reads a clock or a source of randomness.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use ed25519_dalek::Signer;
use ml_dsa::MlDsa44;
use zeroize::Zeroizing;

use super::key::{self, KeyError, KeyType, VerifierKey};
use super::{NoteSignature, check_text};
use crate::text;

const PREFIX: &str = "PRIVATE+KEY+";

/// A private key with its name and purpose.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: Zeroizing<[u8; 32]>,
    material: Material,
}

enum Material {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    MlDsa(Box<ml_dsa::ExpandedSigningKey<MlDsa44>>),
}

impl SigningKey {
    /// The key with this name and purpose that grows from 32 random bytes.
    pub fn from_seed(name: &str, kind: KeyType, seed: &[u8; 32]) -> Result<SigningKey, KeyError> {
        key::check_name(name)?;
        let (material, public_key) = match kind {
            KeyType::Ed25519 | KeyType::CosignatureV1 => {
                let key = ed25519_dalek::SigningKey::from_bytes(seed);
                let public_key = key.verifying_key().to_bytes().to_vec();
                (Material::Ed25519(Box::new(key)), public_key)
            }
            KeyType::SubtreeV1 => {
                let seed = Zeroizing::new(ml_dsa::B32::from(*seed));
                let key = ml_dsa::ExpandedSigningKey::<MlDsa44>::from_seed(&seed);
                let public_key = key.verifying_key().encode().to_vec();
                (Material::MlDsa(Box::new(key)), public_key)
            }
        };
        let verifier = VerifierKey::new(name, kind, &public_key)?;
        Ok(SigningKey { verifier, seed: Zeroizing::new(*seed), material })
    }

    /// Reads a key file: one line with its newline.
    pub fn parse(file: &str) -> Result<SigningKey, KeyError> {
        let line = file.strip_suffix('\n').ok_or(KeyError::BadForm)?;
        let line = line.strip_prefix(PREFIX).ok_or(KeyError::BadForm)?;
        let (name, id, kind, seed) = key::split_line(line)?;
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| KeyError::BadLength)?;
        let key = SigningKey::from_seed(name, kind, seed)?;
        if key.verifier.id() == id { Ok(key) } else { Err(KeyError::WrongId) }
    }

    /// The key file: what [`SigningKey::parse`] reads. Whoever holds it can sign.
    pub fn to_file(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(33));
        bytes.push(self.verifier.kind().byte());
        bytes.extend_from_slice(self.seed.as_slice());
        let secret = Zeroizing::new(text::base64_encode(&bytes));
        let (name, id) = (self.verifier.name(), self.verifier.id());
        Zeroizing::new(alloc::format!("{PREFIX}{name}+{id}+{}\n", secret.as_str()))
    }

    /// The public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a note; for keys of type 0x01.
    pub fn sign_note(&self, text: &str) -> Result<NoteSignature, KeyError> {
        check_text(text).map_err(|_| KeyError::BadForm)?;
        let signature = self.sign_raw(text.as_bytes())?;
        Ok(self.line(signature.to_vec()))
    }

    /// Signs raw bytes; for keys of type 0x01. The message must start with a label of its own, as
    /// ledger entries do, so that it can never be the text of a note.
    pub fn sign_raw(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        match self.verifier.kind() {
            KeyType::Ed25519 => self.sign_ed25519(message),
            _ => Err(KeyError::WrongType),
        }
    }

    pub(crate) fn sign_ed25519(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        match &self.material {
            Material::Ed25519(key) => Ok(key.sign(message).to_bytes()),
            Material::MlDsa(_) => Err(KeyError::WrongType),
        }
    }

    /// ML-DSA-44 with an empty context (FIPS 204, algorithms 2 and 7). 32 zero bytes of randomness
    /// are its deterministic variant.
    pub(crate) fn sign_ml_dsa(
        &self,
        message: &[u8],
        randomness: &[u8; 32],
    ) -> Result<Vec<u8>, KeyError> {
        match &self.material {
            Material::MlDsa(key) => {
                let randomness = ml_dsa::B32::from(*randomness);
                // Pure signing, then the length of the context, then the message.
                let signature = key.sign_internal(&[&[0, 0], message], &randomness);
                Ok(signature.encode().to_vec())
            }
            Material::Ed25519(_) => Err(KeyError::WrongType),
        }
    }

    /// A signature line with the name and id of this key.
    pub(crate) fn line(&self, signature: Vec<u8>) -> NoteSignature {
        NoteSignature::by(&self.verifier, signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{})", self.verifier.name(), self.verifier.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [KeyType; 3] = [KeyType::Ed25519, KeyType::CosignatureV1, KeyType::SubtreeV1];

    #[test]
    fn key_files_are_read_back() {
        for kind in KINDS {
            let key = SigningKey::from_seed("example.org/key", kind, &[3; 32]).unwrap();
            let file = key.to_file();
            let again = SigningKey::parse(&file).unwrap();
            assert_eq!(again.verifier_key(), key.verifier_key());
            assert_eq!(again.to_file(), file);
            let public = alloc::format!("{}", key.verifier_key());
            assert_eq!(VerifierKey::parse(&public).as_ref(), Ok(key.verifier_key()));
            assert!(!alloc::format!("{key:?}").contains(&text::base64_encode(&[3; 32])[..20]));
        }
    }

    #[test]
    fn what_is_no_key_file() {
        let key = SigningKey::from_seed("example.org/key", KeyType::Ed25519, &[3; 32]).unwrap();
        let file = key.to_file();
        let with = |from: &str, to: &str| SigningKey::parse(&file.replace(from, to)).unwrap_err();
        assert_eq!(with("\n", ""), KeyError::BadForm);
        assert_eq!(with("\n", "\n\n"), KeyError::BadForm);
        assert_eq!(with("PRIVATE", "private"), KeyError::BadForm);
        assert_eq!(with("/key", "/yek"), KeyError::WrongId);
        assert_eq!(with("AwMD", ""), KeyError::BadLength);
    }

    #[test]
    fn only_the_right_type_signs() {
        let message = b"label\0message";
        for kind in KINDS {
            let key = SigningKey::from_seed("k", kind, &[3; 32]).unwrap();
            let signature = key.sign_raw(message);
            if kind == KeyType::Ed25519 {
                assert_eq!(key.verifier_key().verify_raw(message, &signature.unwrap()), Ok(()));
            } else {
                assert_eq!(signature, Err(KeyError::WrongType));
                assert!(key.verifier_key().verify_raw(message, &[0; 64]).is_err());
                assert!(key.sign_note("text\n").is_err());
            }
        }
    }
}
