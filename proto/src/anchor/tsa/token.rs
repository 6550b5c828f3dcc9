//! TimeStampToken (RFC 3161, section 2.4.2): CMS SignedData with one signer (RFC 5652), cut into
//! its parts. No signature is checked here.
//!
//! What no signature covers is held to what it must be (versions, the set of digest algorithms) or
//! refused (unsigned attributes). Certificates and revocation lists in the token are taken for
//! what they are worth: they only help to find a path.

use alloc::vec::Vec;

use der::Tag;
use der::asn1::ObjectIdentifier;

use super::algorithm::{Digest, Scheme};
use super::info::Info;
use super::parts::{Malformed, Part, Parts, outer, plain, whole};
use super::problem::{TokenFault, TsaProblem};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// How a SignerInfo names the signer's certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sid<'a> {
    /// Its issuer and serial number, as they stand in the certificate.
    Issuer(&'a [u8], &'a [u8]),
    /// Its subject key identifier.
    Key(&'a [u8]),
}

/// A token in its parts.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub info: Info<'a>,
    /// Certificates in the token, DER.
    pub certificates: Vec<&'a [u8]>,
    /// Revocation lists in the token, DER.
    pub lists: Vec<&'a [u8]>,
    pub sid: Sid<'a>,
    /// What the signed attributes say of the signer's certificate: its hash.
    pub certificate: (Digest, &'a [u8]),
    /// The hash of content and attributes.
    pub digest: Digest,
    pub scheme: Scheme,
    /// The signed attributes as they are signed.
    pub signed: Vec<u8>,
    pub signature: &'a [u8],
}

impl<'a> Token<'a> {
    /// Reads a TimeStampToken, up to what its own parts say of each other.
    pub fn parse(bytes: &'a [u8]) -> Result<Token<'a>, TsaProblem> {
        let mut content = whole(bytes)?.parts_of(Tag::Sequence)?;
        if content.next()?.oid()? != SIGNED_DATA {
            return Err(TokenFault::Content.into());
        }
        let data = whole(content.take(outer(0))?.value())?;
        content.finish()?;
        let mut data = data.parts_of(Tag::Sequence)?;
        let version = data.take(Tag::Integer)?.number()?;
        let digests = data.take(Tag::Set)?.parts();
        let info = content_of(data.take(Tag::Sequence)?)?;
        if version != 3 {
            return Err(TokenFault::Version.into());
        }
        let certificates = raw_parts(data.optional(outer(0))?)?;
        let lists = raw_parts(data.optional(outer(1))?)?;
        let mut signers = data.take(Tag::Set)?.parts();
        data.finish()?;
        let signer = signers.take(Tag::Sequence).map_err(|_| TokenFault::Signers)?;
        signers.finish().map_err(|_| TokenFault::Signers)?;
        let token = signer_info(signer, info, certificates, lists)?;
        check_digests(digests, token.digest)?;
        Ok(token)
    }
}

/// The TSTInfo in an EncapsulatedContentInfo.
fn content_of(part: Part<'_>) -> Result<&[u8], TsaProblem> {
    let mut parts = part.parts();
    if parts.next()?.oid()? != TST_INFO {
        return Err(TokenFault::Content.into());
    }
    let content = parts.take(outer(0)).map_err(|_| TokenFault::Content)?;
    parts.finish()?;
    Ok(whole(content.value())?.bytes()?)
}

fn raw_parts(part: Option<Part<'_>>) -> Result<Vec<&[u8]>, Malformed> {
    let mut raw = Vec::new();
    let Some(part) = part else { return Ok(raw) };
    let mut parts = part.parts();
    while !parts.is_empty() {
        raw.push(parts.take(Tag::Sequence)?.raw);
    }
    Ok(raw)
}

/// The signer's digest algorithm must be in the set, and the set holds nothing unknown.
fn check_digests(mut digests: Parts<'_>, digest: Digest) -> Result<(), TsaProblem> {
    let mut named = false;
    while !digests.is_empty() {
        named |= Digest::read(digests.next()?)? == digest;
    }
    if named { Ok(()) } else { Err(TokenFault::Attributes.into()) }
}

fn signer_info<'a>(
    part: Part<'a>,
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    lists: Vec<&'a [u8]>,
) -> Result<Token<'a>, TsaProblem> {
    let mut parts = part.parts();
    let version = parts.take(Tag::Integer)?.number()?;
    let sid = match parts.optional(plain(0))? {
        Some(key) => Sid::Key(key.value()),
        None => {
            let mut name = parts.take(Tag::Sequence)?.parts();
            let sid = Sid::Issuer(name.take(Tag::Sequence)?.raw, name.take(Tag::Integer)?.raw);
            name.finish()?;
            sid
        }
    };
    if version != if matches!(sid, Sid::Key(_)) { 3 } else { 1 } {
        return Err(TokenFault::Version.into());
    }
    let digest = Digest::read(parts.next()?)?;
    let attributes = parts.optional(outer(0))?.ok_or(TokenFault::Attributes)?;
    let scheme = Scheme::read(parts.next()?, Some(digest))?;
    let signature = parts.next()?.bytes()?;
    if parts.optional(outer(1))?.is_some() {
        return Err(TokenFault::UnsignedAttributes.into());
    }
    parts.finish()?;
    // One hash for both, as RFC 5652 (section 5.4) expects; Ed25519 goes with SHA-512 (RFC 8419).
    if scheme.digest().unwrap_or(Digest::Sha512) != digest {
        return Err(TokenFault::Attributes.into());
    }
    let found = Attributes::parse(attributes.parts())?;
    if found.message_digest != digest.of(content) {
        return Err(TokenFault::Attributes.into());
    }
    let certificate = found.certificate;
    let info = Info::parse(content)?;
    // Signed is the SET OF that the implicit tag stands for (RFC 5652, section 5.4).
    let mut signed = attributes.raw.to_vec();
    *signed.first_mut().ok_or(Malformed)? = 0x31;
    Ok(Token { info, certificates, lists, sid, certificate, digest, scheme, signed, signature })
}

/// The signed attributes that count.
struct Attributes<'a> {
    message_digest: &'a [u8],
    certificate: (Digest, &'a [u8]),
}

impl<'a> Attributes<'a> {
    fn parse(mut parts: Parts<'a>) -> Result<Attributes<'a>, TsaProblem> {
        let (mut content_type, mut digest, mut certificate) = (None, None, None);
        let mut v1 = None;
        while !parts.is_empty() {
            let mut attribute = parts.take(Tag::Sequence)?.parts();
            let id = attribute.next()?.oid()?;
            let values = attribute.take(Tag::Set)?;
            attribute.finish()?;
            let slot = match id {
                id if id == CONTENT_TYPE => &mut content_type,
                id if id == MESSAGE_DIGEST => &mut digest,
                id if id == SIGNING_CERTIFICATE_V2 => &mut certificate,
                id if id == SIGNING_CERTIFICATE => &mut v1,
                _ => continue,
            };
            let value = whole(values.value()).map_err(|_| TokenFault::Attributes)?;
            if slot.replace(value).is_some() {
                return Err(TokenFault::Attributes.into());
            }
        }
        let (Some(content_type), Some(digest)) = (content_type, digest) else {
            return Err(TokenFault::Attributes.into());
        };
        if content_type.oid()? != TST_INFO {
            return Err(TokenFault::Attributes.into());
        }
        let message_digest = digest.bytes()?;
        let certificate = match certificate {
            Some(certificate) => ess_cert_id(certificate)?,
            None if v1.is_some() => return Err(TokenFault::SigningCertificateV1.into()),
            None => return Err(TokenFault::Attributes.into()),
        };
        Ok(Attributes { message_digest, certificate })
    }
}

/// The hash of the signer's certificate in a SigningCertificateV2 (RFC 5035, section 3): the first
/// in the list. Issuer and serial number beside it say nothing more.
fn ess_cert_id(part: Part<'_>) -> Result<(Digest, &[u8]), TsaProblem> {
    let mut parts = part.parts_of(Tag::Sequence)?;
    let mut list = parts.take(Tag::Sequence)?.parts();
    let mut id = list.take(Tag::Sequence)?.parts();
    let digest = id.optional(Tag::Sequence)?.map_or(Ok(Digest::Sha256), Digest::read)?;
    Ok((digest, id.take(Tag::OctetString)?.bytes()?))
}
