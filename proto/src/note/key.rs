//! Key names, key ids and verifier keys (signed-note#verifier-keys):
//! `<key name>+<8 hex digits of the key id>+<base64 of type byte and public key>`.
//!
//! Three signature types are known, those that the federation uses: 0x01, 0x04 and 0x06. A verifier
//! key of another type is refused; a *signature* by such a key is simply one of an unknown key.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use ed25519_dalek::VerifyingKey as Ed25519Key;
use ml_dsa::{EncodedVerifyingKey, MlDsa44, VerifyingKey as MlDsaKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::ed25519::{self, BadSignature};
use crate::hash::sha256_parts;
use crate::limits;
use crate::text;

/// Length of an ML-DSA-44 public key in bytes.
pub const ML_DSA_PUBLIC_KEY_LEN: usize = 1312;

/// Length of an ML-DSA-44 signature in bytes.
pub const ML_DSA_SIGNATURE_LEN: usize = 2420;

/// Why a line is no key, or a key is not fit for what is asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The line is longer than any key.
    #[error("The key line is longer than any key.")]
    TooLong,
    /// The parts of the line are missing, too many or not spelt as they must be.
    #[error("The key is not written as name, key id and key with plus signs between.")]
    BadForm,
    /// The name is empty, too long, or holds a space, a plus sign or a control character.
    #[error(
        "The key name is empty, too long, or holds a space, a plus sign or a control character."
    )]
    BadName,
    /// The key id is not the one that follows from name, type and public key.
    #[error("The key id does not belong to this name and key; a part was changed or mistyped.")]
    WrongId,
    /// The type byte is not 0x01, 0x04 or 0x06.
    #[error("The key has the type {found:#04x}; only 0x01, 0x04 and 0x06 are known here.")]
    UnknownType {
        /// The type byte.
        found: u8,
    },
    /// The key is not as long as its type asks for.
    #[error("The key has not the length that its type asks for.")]
    BadLength,
    /// The bytes are no public key, or another spelling of one.
    #[error("The bytes are not a public key.")]
    BadPublicKey,
    /// Anybody can sign for this public key.
    #[error("This public key is weak: anybody can sign for it.")]
    WeakPublicKey,
    /// The key is of a type that does not make such signatures.
    #[error("This key is of a type that does not make such signatures.")]
    WrongType,
}

/// The four bytes that tell keys with one name apart. It identifies, it does not authenticate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(pub u32);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// What a key signs (signed-note#signature-types).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyType {
    /// 0x01: Ed25519 over the text of a note. Logs, governance, administration, issuers.
    Ed25519,
    /// 0x04: Ed25519 cosignatures with a time.
    CosignatureV1,
    /// 0x06: ML-DSA-44 cosignatures with a time.
    SubtreeV1,
}

impl KeyType {
    /// The identifier byte.
    pub fn byte(self) -> u8 {
        match self {
            KeyType::Ed25519 => 0x01,
            KeyType::CosignatureV1 => 0x04,
            KeyType::SubtreeV1 => 0x06,
        }
    }

    /// The type with this identifier byte.
    pub fn from_byte(byte: u8) -> Result<KeyType, KeyError> {
        match byte {
            0x01 => Ok(KeyType::Ed25519),
            0x04 => Ok(KeyType::CosignatureV1),
            0x06 => Ok(KeyType::SubtreeV1),
            found => Err(KeyError::UnknownType { found }),
        }
    }
}

/// Whether a text can be the name of a key: not empty, no Unicode space, no plus sign, no control
/// character. Whether a name is short enough for a *known* key is checked elsewhere.
pub fn is_name(name: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && c != '+' && c >= ' ';
    !name.is_empty() && name.chars().all(allowed)
}

pub(super) fn check_name(name: &str) -> Result<(), KeyError> {
    let fits = name.len() <= limits::KEY_NAME_BYTES;
    if fits && is_name(name) { Ok(()) } else { Err(KeyError::BadName) }
}

pub(super) fn key_id(name: &str, kind: KeyType, public_key: &[u8]) -> KeyId {
    let hash = sha256_parts(&[name.as_bytes(), b"\n", &[kind.byte()], public_key]);
    let [a, b, c, d, ..] = hash.0;
    KeyId(u32::from_be_bytes([a, b, c, d]))
}

#[derive(Clone)]
enum Material {
    Ed25519(Ed25519Key),
    MlDsa(Arc<MlDsaKey<MlDsa44>>),
}

/// A public key with its name and purpose.
#[derive(Clone)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    kind: KeyType,
    public_key: Vec<u8>,
    material: Material,
}

impl VerifierKey {
    /// The key with this name, purpose and public key.
    pub fn new(name: &str, kind: KeyType, public_key: &[u8]) -> Result<VerifierKey, KeyError> {
        check_name(name)?;
        let material = match kind {
            KeyType::Ed25519 | KeyType::CosignatureV1 => {
                let bytes = public_key.try_into().map_err(|_| KeyError::BadLength)?;
                Material::Ed25519(ed25519::public_key(bytes)?)
            }
            KeyType::SubtreeV1 => {
                let bytes = EncodedVerifyingKey::<MlDsa44>::try_from(public_key);
                let bytes = bytes.map_err(|_| KeyError::BadLength)?;
                Material::MlDsa(Arc::new(MlDsaKey::decode(&bytes)))
            }
        };
        let id = key_id(name, kind, public_key);
        Ok(VerifierKey { name: name.into(), id, kind, public_key: public_key.into(), material })
    }

    /// Reads a verifier key; the line has no newline.
    pub fn parse(line: &str) -> Result<VerifierKey, KeyError> {
        let (name, id, kind, public_key) = split_line(line)?;
        let key = VerifierKey::new(name, kind, &public_key)?;
        if key.id == id { Ok(key) } else { Err(KeyError::WrongId) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The purpose.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// The public key without its type byte. Two keys with the same bytes are the same key,
    /// whatever their names.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The public key, if it is an Ed25519 key.
    pub fn ed25519_public_key(&self) -> Option<&[u8; 32]> {
        match self.material {
            Material::Ed25519(_) => self.public_key.as_slice().try_into().ok(),
            Material::MlDsa(_) => None,
        }
    }

    /// Checks a signature over raw bytes by a key of type 0x01, as ledger entries carry it.
    pub fn verify_raw(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        match self.kind {
            KeyType::Ed25519 => self.verify_ed25519(message, signature),
            _ => Err(BadSignature),
        }
    }

    /// Checks the signature itself, whatever the purpose: callers have checked it.
    pub(crate) fn verify_ed25519(
        &self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let signature = signature.try_into().map_err(|_| BadSignature)?;
        match &self.material {
            Material::Ed25519(key) => ed25519::verify_with(key, message, signature),
            Material::MlDsa(_) => Err(BadSignature),
        }
    }

    /// The same for ML-DSA-44, with an empty context (FIPS 204, algorithm 3).
    pub(crate) fn verify_ml_dsa(
        &self,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), BadSignature> {
        let Material::MlDsa(key) = &self.material else { return Err(BadSignature) };
        let signature = ml_dsa::Signature::<MlDsa44>::try_from(signature);
        let signature = signature.map_err(|_| BadSignature)?;
        if key.verify_with_context(message, &[], &signature) { Ok(()) } else { Err(BadSignature) }
    }
}

pub(super) type KeyParts<'a> = (&'a str, KeyId, KeyType, Zeroizing<Vec<u8>>);

/// Name, id, type and key bytes of a key line; the id is not checked. The bytes may be secret.
pub(super) fn split_line(line: &str) -> Result<KeyParts<'_>, KeyError> {
    if line.len() > limits::KEY_LINE_BYTES {
        return Err(KeyError::TooLong);
    }
    let (name, rest) = line.split_once('+').ok_or(KeyError::BadForm)?;
    // The key may hold plus signs: base64 has one.
    let (id, key) = rest.split_once('+').ok_or(KeyError::BadForm)?;
    check_name(name)?;
    let id = text::hex_array::<4>(id).map_err(|_| KeyError::BadForm)?;
    let key = Zeroizing::new(text::base64_decode(key).map_err(|_| KeyError::BadForm)?);
    let (kind, key) = key.split_first().ok_or(KeyError::BadLength)?;
    Ok((
        name,
        KeyId(u32::from_be_bytes(id)),
        KeyType::from_byte(*kind)?,
        Zeroizing::new(key.into()),
    ))
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = alloc::vec![self.kind.byte()];
        bytes.extend_from_slice(&self.public_key);
        write!(f, "{}+{}+{}", self.name, self.id, text::base64_encode(&bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({}+{} {:?})", self.name, self.id, self.kind)
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &VerifierKey) -> bool {
        (&self.name, self.kind, &self.public_key) == (&other.name, other.kind, &other.public_key)
    }
}

impl Eq for VerifierKey {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of signed-note#example.
    const EXAMPLE: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_example_is_read_back() {
        let key = VerifierKey::parse(EXAMPLE).unwrap();
        assert_eq!(key.name(), "example.com/foo");
        assert_eq!(key.id(), KeyId(0x530d_903a));
        assert_eq!(key.kind(), KeyType::Ed25519);
        assert_eq!(alloc::format!("{key}"), EXAMPLE);
    }

    #[test]
    fn one_key_has_an_id_for_each_purpose() {
        let key = VerifierKey::parse(EXAMPLE).unwrap();
        let other = VerifierKey::new(key.name(), KeyType::CosignatureV1, key.public_key()).unwrap();
        assert_ne!(key.id(), other.id());
        assert_ne!(key, other);
    }

    #[test]
    fn what_is_no_key() {
        let with = |from: &str, to: &str| VerifierKey::parse(&EXAMPLE.replace(from, to));
        for (from, to, want) in [
            ("530d903a", "530d903b", KeyError::WrongId),
            ("example.com", "example.net", KeyError::WrongId),
            ("530d903a", "530D903A", KeyError::BadForm),
            ("530d903a", "530d903", KeyError::BadForm),
            ("+530d903a", "", KeyError::BadForm),
            ("U2k", "U2k=", KeyError::BadForm),
            ("U2k", "U2k\n", KeyError::BadForm),
            ("AekyeR", "BekyeR", KeyError::UnknownType { found: 5 }),
            ("AekyeR", "AgkyeR", KeyError::UnknownType { found: 2 }),
            ("AekyeR", "_ekyeR", KeyError::BadForm),
            ("3U2k", "", KeyError::BadLength),
            ("example.com/foo", "", KeyError::BadName),
            ("example.com/foo", "example com", KeyError::BadName),
            ("example.com/foo", "example\u{a0}com", KeyError::BadName),
            ("example.com/foo", "example\u{7}com", KeyError::BadName),
        ] {
            assert_eq!(with(from, to), Err(want), "{from} -> {to}");
        }
        assert_eq!(with("example", &"a".repeat(5000)), Err(KeyError::TooLong));
        assert_eq!(with("example", &"a".repeat(256)), Err(KeyError::BadName));
    }

    #[test]
    fn lengths_belong_to_types() {
        for (kind, len) in [(KeyType::Ed25519, 1312), (KeyType::CosignatureV1, 31)] {
            let bytes = alloc::vec![1; len];
            assert_eq!(VerifierKey::new("a", kind, &bytes), Err(KeyError::BadLength));
        }
        assert_eq!(VerifierKey::new("a", KeyType::SubtreeV1, &[1; 32]), Err(KeyError::BadLength));
    }
}
