//! Ed25519 as this project uses it (RFC 8032): strict verification and no weak keys.
//!
//! `verify_strict` refuses keys and signature points of small order and other spellings of a point,
//! so that a signature cannot hold under two keys or for two messages.

use ed25519_dalek::VerifyingKey;

use super::key::KeyError;

/// Length of a public key in bytes.
pub const PUBLIC_KEY_LEN: usize = 32;

/// Length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// The signature was not made by this key over this message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("The signature does not belong to this key and this text.")]
pub struct BadSignature;

/// Checks that 32 bytes are a public key that can be trusted with a purpose: a point of the curve
/// in its only spelling, and not one for which anybody can sign.
pub fn public_key(bytes: &[u8; PUBLIC_KEY_LEN]) -> Result<VerifyingKey, KeyError> {
    if !is_reduced(bytes) {
        return Err(KeyError::BadPublicKey);
    }
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::BadPublicKey)?;
    if key.is_weak() { Err(KeyError::WeakPublicKey) } else { Ok(key) }
}

/// Checks a signature over raw bytes, as ledger entries carry it.
///
/// Such a message must start with a label that no other message starts with; a note has none, so a
/// key that signs notes must not be used to sign raw bytes that others choose.
pub fn verify(
    key: &[u8; PUBLIC_KEY_LEN],
    message: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> Result<(), BadSignature> {
    let key = public_key(key).map_err(|_| BadSignature)?;
    verify_with(&key, message, signature)
}

pub(super) fn verify_with(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> Result<(), BadSignature> {
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature).map_err(|_| BadSignature)
}

/// Whether the y coordinate is smaller than the prime 2^255 - 19.
fn is_reduced(bytes: &[u8; PUBLIC_KEY_LEN]) -> bool {
    let [low, middle @ .., high] = bytes;
    *low < 0xed || high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};

    #[test]
    fn signs_and_verifies() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let public = secret.verifying_key().to_bytes();
        let signature = secret.sign(b"message").to_bytes();
        assert_eq!(verify(&public, b"message", &signature), Ok(()));
        assert_eq!(verify(&public, b"messages", &signature), Err(BadSignature));
        for bit in 0..512 {
            let mut bad = signature;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&public, b"message", &bad), Err(BadSignature), "{bit}");
        }
    }

    #[test]
    fn first_vector_of_rfc_8032() {
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                         5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        let key = crate::text::hex_array(key).unwrap();
        let signature = crate::text::hex_array(signature).unwrap();
        assert_eq!(verify(&key, b"", &signature), Ok(()));
    }

    #[test]
    fn weak_and_misspelt_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(public_key(&identity), Err(KeyError::WeakPublicKey));
        assert_eq!(public_key(&[0; 32]), Err(KeyError::WeakPublicKey));
        // The identity again, as p + 1.
        let mut again = [0xff; 32];
        (again[0], again[31]) = (0xee, 0x7f);
        assert_eq!(public_key(&again), Err(KeyError::BadPublicKey));
        let mut not_on_the_curve = [0; 32];
        not_on_the_curve[0] = 2;
        assert_eq!(public_key(&not_on_the_curve), Err(KeyError::BadPublicKey));
        // The identity signs anything under plain verification.
        let mut forged = [0; 64];
        forged[0] = 1;
        assert_eq!(verify(&identity, b"anything", &forged), Err(BadSignature));
    }
}
