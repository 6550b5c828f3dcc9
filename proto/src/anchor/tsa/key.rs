//! Public keys of certificates, and the signatures that they check.

use der::asn1::ObjectIdentifier;
use ed25519_dalek::VerifyingKey as Ed25519;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, PublicKey as Rsa};
use sha2::{Sha256, Sha384, Sha512};
use signature::hazmat::PrehashVerifier;

use super::algorithm::{Digest, Scheme, identifier};
use super::parts::{Malformed, Part};
use super::problem::TsaProblem;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Rsa(Rsa, usize),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Ed25519(Ed25519),
}

impl Key {
    /// Reads a SubjectPublicKeyInfo.
    pub fn read(part: Part<'_>) -> Result<Key, TsaProblem> {
        let mut parts = part.parts_of(der::Tag::Sequence)?;
        let (id, parameters) = identifier(parts.next()?)?;
        let bits = parts.next()?.bits()?;
        parts.finish()?;
        let unknown = |oid| TsaProblem::UnknownAlgorithm { oid };
        if id == RSA && parameters.is_none_or(der::asn1::AnyRef::is_null) {
            return rsa_key(bits);
        }
        if id == ED25519 && parameters.is_none() {
            let key = bits.try_into().map_err(|_| Malformed)?;
            let key = Ed25519::from_bytes(key).map_err(|_| Malformed)?;
            return if key.is_weak() { Err(Malformed.into()) } else { Ok(Key::Ed25519(key)) };
        }
        if id != EC {
            return Err(unknown(id));
        }
        let curve = parameters.ok_or(Malformed)?.decode_as::<ObjectIdentifier>();
        match curve.map_err(|_| Malformed)? {
            curve if curve == P256 => Ok(Key::P256(
                p256::ecdsa::VerifyingKey::from_sec1_bytes(bits).map_err(|_| Malformed)?,
            )),
            curve if curve == P384 => Ok(Key::P384(
                p384::ecdsa::VerifyingKey::from_sec1_bytes(bits).map_err(|_| Malformed)?,
            )),
            curve => Err(unknown(curve)),
        }
    }

    /// Its name in a federation file, for signatures of this scheme.
    pub fn name(&self, scheme: Scheme) -> Option<&'static str> {
        match (self, scheme) {
            (Key::Rsa(_, 2048..=3071), Scheme::Rsa(_)) => Some("rsa-2048"),
            (Key::Rsa(_, 3072..=4095), Scheme::Rsa(_)) => Some("rsa-3072"),
            (Key::Rsa(_, 4096), Scheme::Rsa(_)) => Some("rsa-4096"),
            (Key::Rsa(_, 2048..=3071), Scheme::Pss(..)) => Some("rsa-pss-2048"),
            (Key::Rsa(_, 3072..=4095), Scheme::Pss(..)) => Some("rsa-pss-3072"),
            (Key::Rsa(_, 4096), Scheme::Pss(..)) => Some("rsa-pss-4096"),
            (Key::P256(_), Scheme::Ecdsa(_)) => Some("ecdsa-p256"),
            (Key::P384(_), Scheme::Ecdsa(_)) => Some("ecdsa-p384"),
            (Key::Ed25519(_), Scheme::Ed25519) => Some("ed25519"),
            _ => None,
        }
    }

    /// Whether the signature is this key's over the message. A scheme of another kind of key makes
    /// none.
    pub fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        let hash = scheme.digest().map(|digest| digest.of(message)).unwrap_or_default();
        match (self, scheme) {
            (Key::Rsa(key, _), Scheme::Rsa(digest)) => {
                let padding = match digest {
                    Digest::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Digest::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Digest::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.verify(padding, &hash, signature).is_ok()
            }
            (Key::Rsa(key, _), Scheme::Pss(digest, salt)) => {
                let Ok(salt) = usize::try_from(salt) else { return false };
                match digest {
                    Digest::Sha256 => {
                        key.verify(Pss::<Sha256>::new_with_salt(salt), &hash, signature)
                    }
                    Digest::Sha384 => {
                        key.verify(Pss::<Sha384>::new_with_salt(salt), &hash, signature)
                    }
                    Digest::Sha512 => {
                        key.verify(Pss::<Sha512>::new_with_salt(salt), &hash, signature)
                    }
                }
                .is_ok()
            }
            (Key::P256(key), Scheme::Ecdsa(_)) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()),
            (Key::P384(key), Scheme::Ecdsa(_)) => p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&hash, &signature).is_ok()),
            (Key::Ed25519(key), Scheme::Ed25519) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            _ => false,
        }
    }
}

/// RSAPublicKey (RFC 8017, A.1.1) of 2,048 to 4,096 bits.
fn rsa_key(bytes: &[u8]) -> Result<Key, TsaProblem> {
    let mut parts = super::parts::whole(bytes)?.parts_of(der::Tag::Sequence)?;
    let mut number = || -> Result<BoxedUint, Malformed> {
        Ok(BoxedUint::from_be_slice_vartime(parts.next()?.unsigned()?))
    };
    let (modulus, exponent) = (number()?, number()?);
    parts.finish()?;
    let bits = usize::try_from(modulus.bit_width_vartime()).map_err(|_| Malformed)?;
    if !(2048..=4096).contains(&bits) {
        return Err(TsaProblem::UnknownAlgorithm { oid: RSA });
    }
    let key = Rsa::new_with_size_limits(modulus, exponent, 2048..=4096).map_err(|_| Malformed)?;
    Ok(Key::Rsa(key, bits))
}
