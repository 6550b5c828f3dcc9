//! Where a signature counts: every signature of an entry covers a label, the federation and the
//! origin of the log, so that nothing can be replayed in another place.
//!
//! ```text
//! label || federation id[32] || u16 origin length || origin || signed part
//! ```
//!
//! The signed part starts with version and kind of the entry. Labels end with a zero byte, so none
//! is the start of another, and none is the start of a note, which holds no zero byte.

use alloc::vec::Vec;
use core::fmt;

use crate::bytes::Writer;
use crate::hash::Hash;
use crate::note::{BadSignature, KeyError, SigningKey, ed25519};

/// The federation: SHA-256 of the note text of the first version of its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FederationId(pub [u8; 32]);

impl fmt::Display for FederationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hash(self.0), f)
    }
}

impl fmt::Debug for FederationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FederationId({self})")
    }
}

/// A log of a federation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The federation.
    pub federation: FederationId,
    /// The identity line of the log.
    pub origin: &'a str,
}

/// What is signed, and by whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signed {
    /// An issuer entry, by the administration key.
    IssuerByAdmin,
    /// An issuer entry, by the key that it names.
    IssuerByKey,
    /// An issuance, by the issuer's key.
    Issuance,
    /// A revocation, by the issuer's or the administration key.
    Revocation,
}

impl Signed {
    fn label(self) -> &'static [u8] {
        match self {
            Signed::IssuerByAdmin => b"beleg/issuer-admin/v1\0",
            Signed::IssuerByKey => b"beleg/issuer-key/v1\0",
            Signed::Issuance => b"beleg/issuance/v1\0",
            Signed::Revocation => b"beleg/revocation/v1\0",
        }
    }

    /// The bytes that are signed for this part of an entry.
    pub fn message(self, place: &Place<'_>, part: &[u8]) -> Vec<u8> {
        // An origin is at most 255 bytes long; a longer one fits no log, so what it gives is moot.
        let origin = place.origin.as_bytes();
        let origin_len = u16::try_from(origin.len()).unwrap_or(u16::MAX);
        let mut writer = Writer::new();
        writer.bytes(self.label()).bytes(&place.federation.0);
        writer.u16(origin_len).bytes(origin).bytes(part);
        writer.into_bytes()
    }

    /// Signs a part of an entry, with a key of type 0x01.
    pub fn sign(
        self,
        place: &Place<'_>,
        part: &[u8],
        key: &SigningKey,
    ) -> Result<[u8; 64], KeyError> {
        key.sign_raw(&self.message(place, part))
    }

    /// Checks a signature over a part of an entry.
    pub fn verify(
        self,
        place: &Place<'_>,
        part: &[u8],
        key: &[u8; 32],
        signature: &[u8; 64],
    ) -> Result<(), BadSignature> {
        ed25519::verify(key, &self.message(place, part), signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::KeyType;

    #[test]
    fn a_signature_counts_in_one_place_only() {
        let key = SigningKey::from_seed("k", KeyType::Ed25519, &[3; 32]).unwrap();
        let public = *key.verifier_key().ed25519_public_key().unwrap();
        let place = Place { federation: FederationId([1; 32]), origin: "a.example/log" };
        let signature = Signed::Issuance.sign(&place, b"part", &key).unwrap();
        let verify = |signed: Signed, place: &Place<'_>, part: &[u8]| {
            signed.verify(place, part, &public, &signature).is_ok()
        };
        assert!(verify(Signed::Issuance, &place, b"part"));
        assert!(!verify(Signed::Issuance, &place, b"parT"));
        assert!(!verify(Signed::Revocation, &place, b"part"));
        assert!(!verify(Signed::Issuance, &Place { origin: "b.example/log", ..place }, b"part"));
        assert!(!verify(Signed::Issuance, &Place { origin: "a.example/logp", ..place }, b"art"));
        let federation = FederationId([2; 32]);
        assert!(!verify(Signed::Issuance, &Place { federation, ..place }, b"part"));
    }

    #[test]
    fn no_label_starts_another() {
        let kinds =
            [Signed::IssuerByAdmin, Signed::IssuerByKey, Signed::Issuance, Signed::Revocation];
        for a in kinds {
            for b in kinds {
                assert_eq!(a.label().starts_with(b.label()), a == b);
            }
        }
    }
}
