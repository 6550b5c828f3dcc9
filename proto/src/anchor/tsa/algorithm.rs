//! The algorithms of time-stamps and certificates: what they are called, and whether the federation
//! counts them at a time.
//!
//! A federation names hashes and keys one by one. The name of a key stands for its size and its
//! padding: `rsa-3072` is PKCS #1 v1.5 with a modulus of 3,072 to 4,095 bits, `rsa-pss-3072` the
//! same key with RSASSA-PSS. SHA-1 has no name here, nor has a modulus of less than 2,048 bits.

use alloc::vec::Vec;

use der::asn1::{AnyRef, ObjectIdentifier};
use sha2::Digest as _;
use sha2::{Sha256, Sha384, Sha512};

use super::parts::{Malformed, Part, outer};
use super::problem::TsaProblem;
use crate::anchor::clocks::Algorithm;
use crate::hash::Timestamp;

/// Every name that a federation can allow.
pub const ALGORITHMS: [&str; 12] = [
    "ecdsa-p256",
    "ecdsa-p384",
    "ed25519",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
    "rsa-pss-2048",
    "rsa-pss-3072",
    "rsa-pss-4096",
    "sha256",
    "sha384",
    "sha512",
];

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// Signature algorithms whose identifier says everything.
const SCHEMES: [(&str, Scheme); 7] = [
    ("1.2.840.113549.1.1.11", Scheme::Rsa(Digest::Sha256)),
    ("1.2.840.113549.1.1.12", Scheme::Rsa(Digest::Sha384)),
    ("1.2.840.113549.1.1.13", Scheme::Rsa(Digest::Sha512)),
    ("1.2.840.10045.4.3.2", Scheme::Ecdsa(Digest::Sha256)),
    ("1.2.840.10045.4.3.3", Scheme::Ecdsa(Digest::Sha384)),
    ("1.2.840.10045.4.3.4", Scheme::Ecdsa(Digest::Sha512)),
    ("1.3.101.112", Scheme::Ed25519),
];

/// Whether a federation file can name this algorithm.
pub fn is_known_algorithm(name: &str) -> bool {
    ALGORITHMS.contains(&name)
}

/// A hash algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    const ALL: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

    /// Its name in a federation file.
    pub fn name(self) -> &'static str {
        match self {
            Digest::Sha256 => "sha256",
            Digest::Sha384 => "sha384",
            Digest::Sha512 => "sha512",
        }
    }

    /// The hash of these bytes.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Digest::Sha256 => Sha256::digest(bytes).to_vec(),
            Digest::Sha384 => Sha384::digest(bytes).to_vec(),
            Digest::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Digest::Sha256 => "2.16.840.1.101.3.4.2.1",
            Digest::Sha384 => "2.16.840.1.101.3.4.2.2",
            Digest::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(part: Part<'_>) -> Result<Digest, TsaProblem> {
        let (id, parameters) = identifier(part)?;
        let digest = Digest::ALL.into_iter().find(|digest| digest.oid() == id);
        let digest = digest.ok_or(TsaProblem::UnknownAlgorithm { oid: id })?;
        nothing_in(parameters)?;
        Ok(digest)
    }
}

/// How a signature is made, as its AlgorithmIdentifier says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scheme {
    /// PKCS #1 v1.5.
    Rsa(Digest),
    /// RSASSA-PSS with MGF1, the same hash in both, and a salt of this length.
    Pss(Digest, u32),
    Ecdsa(Digest),
    Ed25519,
}

impl Scheme {
    /// Reads an AlgorithmIdentifier. In CMS it may name the key alone: the hash is then that of the
    /// `attributes`.
    pub fn read(part: Part<'_>, attributes: Option<Digest>) -> Result<Scheme, TsaProblem> {
        let (id, parameters) = identifier(part)?;
        if id == PSS {
            return pss(parameters.ok_or(Malformed)?);
        }
        let known = SCHEMES.iter().find(|(oid, _)| ObjectIdentifier::new_unwrap(oid) == id);
        let scheme = match (known, attributes) {
            (Some((_, scheme)), _) => *scheme,
            (None, Some(digest)) if id == RSA => Scheme::Rsa(digest),
            _ => return Err(TsaProblem::UnknownAlgorithm { oid: id }),
        };
        match scheme {
            Scheme::Rsa(_) => nothing_in(parameters)?,
            _ if parameters.is_some() => return Err(Malformed.into()),
            _ => {}
        }
        Ok(scheme)
    }

    /// The hash of what is signed; none if the scheme has its own.
    pub fn digest(self) -> Option<Digest> {
        match self {
            Scheme::Rsa(digest) | Scheme::Pss(digest, _) | Scheme::Ecdsa(digest) => Some(digest),
            Scheme::Ed25519 => None,
        }
    }
}

/// RSASSA-PSS-params (RFC 4055, section 3.1). The defaults are SHA-1, so nothing may be left out.
fn pss(parameters: AnyRef<'_>) -> Result<Scheme, TsaProblem> {
    let raw = Part { any: parameters, raw: &[] };
    let mut parts = raw.parts_of(der::Tag::Sequence)?;
    let digest = Digest::read(parts.take(outer(0))?.parts().next()?)?;
    let (mask, hash) = identifier(parts.take(outer(1))?.parts().next()?)?;
    let hash = Part { any: hash.ok_or(Malformed)?, raw: &[] };
    if mask != MGF1 || Digest::read(hash)? != digest {
        return Err(TsaProblem::UnknownAlgorithm { oid: mask });
    }
    let salt = parts.take(outer(2))?.parts().next()?.number()?;
    parts.finish()?;
    Ok(Scheme::Pss(digest, salt))
}

/// The two halves of an AlgorithmIdentifier.
pub(super) fn identifier(
    part: Part<'_>,
) -> Result<(ObjectIdentifier, Option<AnyRef<'_>>), Malformed> {
    let mut parts = part.parts_of(der::Tag::Sequence)?;
    let id = parts.next()?.oid()?;
    let parameters = if parts.is_empty() { None } else { Some(parts.next()?.any) };
    parts.finish()?;
    Ok((id, parameters))
}

/// Checks that there are no parameters, in either spelling (RFC 4055, section 2.1).
fn nothing_in(parameters: Option<AnyRef<'_>>) -> Result<(), Malformed> {
    if parameters.is_none_or(AnyRef::is_null) { Ok(()) } else { Err(Malformed) }
}

/// What the federation says about algorithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed<'a>(pub &'a [Algorithm]);

impl Allowed<'_> {
    /// When this algorithm ends, if it counts at that time; the end of time if no end is set.
    pub fn end(self, name: &'static str, at: Timestamp) -> Result<Timestamp, TsaProblem> {
        let named = self.0.iter().find(|algorithm| algorithm.name == name);
        let named = named.ok_or(TsaProblem::AlgorithmNotAllowed { name })?;
        match named.until {
            Some(until) if at >= until.end() => Err(TsaProblem::AlgorithmEnded { name, until }),
            Some(until) => Ok(until.end()),
            None => Ok(Timestamp(crate::limits::TIMESTAMP)),
        }
    }
}
