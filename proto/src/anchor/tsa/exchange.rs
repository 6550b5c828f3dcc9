//! Asking a time-stamping authority, and reading its answer (RFC 3161, sections 2.4.1 and 2.4.2).
//!
//! An answer is taken only if its token is over what was asked, with the nonce that was sent and
//! the policy that was wanted. Whether the token proves anything is for [`super::verify`] to say.

use alloc::vec::Vec;
use core::fmt;

use der::asn1::{AnyRef, ObjectIdentifier, UintRef};
use der::{Encode, Tag};
use thiserror::Error;

use super::algorithm::Digest;
use super::parts::{Malformed, Part, whole};
use super::problem::TsaProblem;
use super::token::Token;

/// Media type of a request.
pub const REQUEST_TYPE: &str = "application/timestamp-query";

/// Media type of an answer.
pub const ANSWER_TYPE: &str = "application/timestamp-reply";

/// A policy of a time-stamping authority.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy(ObjectIdentifier);

impl Policy {
    /// Reads an object identifier in dots: `1.3.6.1.4.1.13762.3`.
    pub fn parse(text: &str) -> Option<Policy> {
        ObjectIdentifier::new(text).ok().map(Policy)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is asked of an authority.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The hash algorithm of the imprint.
    pub digest: Digest,
    /// The hash to be stamped.
    pub imprint: Vec<u8>,
    /// A number that nobody could foresee, by which an old answer is known.
    pub nonce: u64,
    /// The policy wanted; none takes the authority's own.
    pub policy: Option<Policy>,
}

/// Why an answer is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no answer.
    #[error("The answer is not one of a time-stamping authority.")]
    Malformed,
    /// The authority refused.
    #[error("The authority refused: {0}")]
    Rejected(Failure),
    /// It says that it stamped, and sends no token.
    #[error("The answer holds no time-stamp.")]
    Empty,
    /// The token is not a time-stamp.
    #[error("{0}")]
    Token(TsaProblem),
    /// The token is over something else.
    #[error("The time-stamp is over something else than what was asked.")]
    Imprint,
    /// The token has another nonce, or none.
    #[error("The time-stamp is the answer to another request.")]
    Nonce,
    /// The token was made under another policy.
    #[error("The time-stamp was made under another policy than the one asked for.")]
    Policy,
}

/// Why an authority refuses (PKIFailureInfo), in plain words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Failure {
    /// It does not take this hash algorithm.
    #[error("it does not take this hash algorithm.")]
    Algorithm,
    /// It does not do such requests.
    #[error("it does not permit or support this request.")]
    Request,
    /// It could not read the request.
    #[error("it could not read the request.")]
    Format,
    /// Its clock is away.
    #[error("its clock is not available; ask again later.")]
    Time,
    /// It has no such policy.
    #[error("it does not have the policy that was asked for.")]
    Policy,
    /// It does not take an extension.
    #[error("it does not take an extension of the request.")]
    Extension,
    /// It cannot add what was asked.
    #[error("it cannot give the additional information that was asked for.")]
    Information,
    /// Something failed in its system.
    #[error("its system failed; ask again later.")]
    System,
    /// It is not done yet.
    #[error("it is not done yet; ask again later.")]
    Waiting,
    /// It gave no reason that is known.
    #[error("it gave no reason that is known.")]
    Unknown,
}

impl Failure {
    /// Bits of PKIFailureInfo (RFC 3161, section 2.4.2).
    const BITS: [(usize, Failure); 8] = [
        (0, Failure::Algorithm),
        (2, Failure::Request),
        (5, Failure::Format),
        (14, Failure::Time),
        (15, Failure::Policy),
        (16, Failure::Extension),
        (17, Failure::Information),
        (25, Failure::System),
    ];

    /// Whether the same request may be granted later.
    pub fn passes(self) -> bool {
        matches!(self, Failure::Time | Failure::System | Failure::Waiting)
    }
}

/// A TimeStampReq that asks for the authority's certificate as well.
pub fn request(asked: &Asked) -> Vec<u8> {
    // Encoding fails only beyond the 256 MiB that `der` can say.
    encode(asked).unwrap_or_default()
}

fn encode(asked: &Asked) -> der::Result<Vec<u8>> {
    let algorithm = [asked.digest.oid().to_der()?, AnyRef::NULL.to_der()?].concat();
    let algorithm = AnyRef::new(Tag::Sequence, &algorithm)?.to_der()?;
    let imprint = AnyRef::new(Tag::OctetString, &asked.imprint)?.to_der()?;
    let imprint = [algorithm, imprint].concat();
    let nonce = asked.nonce.to_be_bytes();
    let parts = [
        1u8.to_der()?,
        AnyRef::new(Tag::Sequence, &imprint)?.to_der()?,
        asked.policy.map_or(Ok(Vec::new()), |policy| policy.0.to_der())?,
        UintRef::new(&nonce)?.to_der()?,
        true.to_der()?,
    ];
    AnyRef::new(Tag::Sequence, &parts.concat())?.to_der()
}

/// The token in an answer to this request.
pub fn response<'a>(answer: &'a [u8], asked: &Asked) -> Result<&'a [u8], Refusal> {
    let token = granted(answer)?;
    let info = Token::parse(token).map_err(Refusal::Token)?.info;
    if info.digest != asked.digest || info.imprint != asked.imprint {
        return Err(Refusal::Imprint);
    }
    let nonce = asked.nonce.to_be_bytes();
    let sent = nonce.iter().position(|byte| *byte != 0).and_then(|at| nonce.get(at..));
    if info.nonce != Some(sent.unwrap_or(&[0])) {
        return Err(Refusal::Nonce);
    }
    match asked.policy {
        Some(policy) if policy.0 != info.policy => Err(Refusal::Policy),
        _ => Ok(token),
    }
}

/// The token, if the status says that it was granted, with or without changes: those are seen by
/// who compares.
fn granted(answer: &[u8]) -> Result<&[u8], Refusal> {
    let mut parts = whole(answer)?.parts_of(Tag::Sequence)?;
    let mut info = parts.take(Tag::Sequence)?.parts();
    let status = info.take(Tag::Integer)?.number()?;
    info.optional(Tag::Sequence)?;
    let failure = info.optional(Tag::BitString)?.map(failure).transpose()?;
    info.finish()?;
    let token = parts.optional(Tag::Sequence)?;
    parts.finish()?;
    match (status, token) {
        (0 | 1, Some(token)) => Ok(token.raw),
        (0 | 1, None) => Err(Refusal::Empty),
        (3, _) => Err(Refusal::Rejected(Failure::Waiting)),
        _ => Err(Refusal::Rejected(failure.unwrap_or(Failure::Unknown))),
    }
}

fn failure(part: Part<'_>) -> Result<Failure, Malformed> {
    let bits: der::asn1::BitStringRef<'_> = part.any.decode_as()?;
    let set = |bit: usize| bits.get(bit) == Some(true);
    let known = Failure::BITS.into_iter().find(|(bit, _)| set(*bit));
    Ok(known.map_or(Failure::Unknown, |(_, failure)| failure))
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Refusal {
        Refusal::Malformed
    }
}
