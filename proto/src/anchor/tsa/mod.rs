//! RFC 3161 time-stamps: a chain of tokens over the federation root, each renewing those before it.
//!
//! [`chain`] has the bytes. The first token is over the root itself, so that anybody's tool checks
//! it; each later one is over everything before it, made before a certificate or an algorithm of
//! the one before it ends. That is time-stamp renewal of RFC 4998 (section 5.2). Its hash-tree
//! renewal and its ASN.1 form, the EvidenceRecord, are not here: a root stands for hashes that the
//! receipts carry, and those have no other hash to be renewed with.
//!
//! A token counts if it was signed by a certificate for time-stamps alone, if that leads to a root
//! that the federation file holds as a whole, if all of it was valid at the time that the token
//! states, and if every algorithm was one that the federation counts. The newest is judged as of
//! now, each older one as of the time of the next: what breaks later does not matter to it any
//! more.

pub mod algorithm;
mod certificate;
pub mod chain;
mod claim;
pub mod exchange;
mod info;
mod key;
mod parts;
mod path;
mod problem;
mod revocation;
pub mod sources;
mod token;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use algorithm::is_known_algorithm;
pub use claim::{StampClaim, claims};
pub use problem::{PathFault, TokenFault, TsaProblem};

use crate::anchor::clocks::Clocks;
use crate::hash::{Hash, Timestamp};
use crate::limits;
use algorithm::{Allowed, Digest};
use certificate::Certificate;
use chain::{Chain, Stamp};
use path::{Budget, Root, Search};
use revocation::List;
use token::{Sid, Token};

/// What a chain of time-stamps proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TsaFacts {
    /// The short name of the first time-stamp's authority in the federation file.
    pub authority: String,
    /// Not later than this the root existed: the first time-stamp's time, its accuracy added.
    pub time: Timestamp,
    /// The subject of the certificate that signed the first time-stamp.
    pub subject: String,
    /// The policy of the first time-stamp, an object identifier with dots.
    pub policy: String,
    /// How many time-stamps there are.
    pub stamps: usize,
    /// The time of the newest.
    pub last: Timestamp,
    /// The short name of the newest one's authority.
    pub last_authority: String,
    /// Up to when the revocation lists in the evidence tell that no certificate of the newest
    /// time-stamp was revoked; none if they do not tell.
    pub revocation: Option<Timestamp>,
    /// When the newest time-stamp ends to prove anything, unless it is renewed before.
    pub ends: Timestamp,
}

/// What one time-stamp proves.
struct Judged {
    authority: String,
    subject: String,
    revocation: Option<Timestamp>,
    ends: Timestamp,
}

/// Judges a chain of time-stamps over this federation root.
pub fn verify(
    evidence: &[u8],
    root: &Hash,
    clocks: &Clocks,
    now: Timestamp,
) -> Result<TsaFacts, TsaProblem> {
    let chain = Chain::parse(evidence)?;
    let judge =
        Judge { roots: path::roots(&clocks.authorities), allowed: Allowed(&clocks.algorithms) };
    let tokens: Vec<Token<'_>> =
        chain.stamps.iter().map(|stamp| Token::parse(&stamp.token)).collect::<Result<_, _>>()?;
    for (index, token) in tokens.iter().enumerate() {
        let sha256 = token.info.digest == Digest::Sha256;
        let imprint = chain.imprint(index, root, token.info.digest)?;
        if token.info.imprint != imprint || index == 0 && !sha256 {
            return Err(TsaProblem::Imprint);
        }
    }
    let (mut judged, mut budget) = (Vec::new(), Budget::new());
    for (index, (stamp, token)) in chain.stamps.iter().zip(&tokens).enumerate() {
        let next = tokens.get(index.saturating_add(1)).map(|next| next.info.time);
        let at = as_of(token.info.time, next, now)?;
        judged.push(judge.stamp(stamp, token, at, &mut budget)?);
    }
    let ends = (judged.first(), tokens.first(), judged.last(), tokens.last());
    let (Some(first), Some(token), Some(last), Some(newest)) = ends else {
        return Err(TsaProblem::Malformed);
    };
    Ok(TsaFacts {
        authority: first.authority.clone(),
        time: token.info.latest,
        subject: first.subject.clone(),
        policy: token.info.policy.to_string(),
        stamps: tokens.len(),
        last: newest.info.time,
        last_authority: last.authority.clone(),
        revocation: last.revocation,
        ends: last.ends,
    })
}

/// The time as of which a time-stamp is judged: that of the next one, or now.
fn as_of(
    time: Timestamp,
    next: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, TsaProblem> {
    match next {
        Some(next) if next < time => Err(TsaProblem::Order),
        Some(next) => Ok(next),
        None if time.0 > now.0.saturating_add(limits::VERIFIER_CLOCK_TOLERANCE_S) => {
            Err(TsaProblem::Ahead { stamped: time })
        }
        None => Ok(now.max(time)),
    }
}

/// What the federation says.
struct Judge<'a> {
    roots: Vec<Root<'a>>,
    allowed: Allowed<'a>,
}

impl Judge<'_> {
    fn stamp(
        &self,
        stamp: &Stamp,
        token: &Token<'_>,
        at: Timestamp,
        budget: &mut Budget,
    ) -> Result<Judged, TsaProblem> {
        let known = known(stamp, token)?;
        let signer = signer(token, &known)?;
        signer.check_usage()?;
        signer.check_critical()?;
        let key = signer.key()?;
        if !budget.verifies(&key, token.scheme, &token.signed, token.signature)? {
            return Err(TsaProblem::Signature);
        }
        if !signer.valid_at(token.info.time) {
            return Err(TsaProblem::Path(PathFault::Validity));
        }
        let path = Search::new(&self.roots, &known, token.info.time, budget).run(signer)?;
        let ends = self.check_age(token, &key, &path, at)?;
        let outside = stamp.lists.iter().map(Vec::as_slice);
        let lists: Vec<List<'_>> = outside
            .chain(token.lists.iter().copied())
            .take(limits::TSA_LISTS.saturating_mul(2))
            .map(List::parse)
            .collect::<Result<_, _>>()?;
        let revocation =
            revocation::check(&path, &lists, token.info.time, at, self.allowed, budget)?;
        let authority = path.root.name.clone();
        Ok(Judged { authority, subject: signer.subject_name(), revocation, ends })
    }

    /// When a certificate or an algorithm of the time-stamp ends, if none had ended by `at`.
    fn check_age(
        &self,
        token: &Token<'_>,
        key: &key::Key,
        path: &path::Path<'_, '_>,
        at: Timestamp,
    ) -> Result<Timestamp, TsaProblem> {
        let mut algorithms = path::names(key, token.scheme);
        algorithms.extend([token.digest, token.info.digest, token.certificate.0].map(Digest::name));
        algorithms.extend(&path.algorithms);
        let mut ends = Timestamp(limits::TIMESTAMP);
        for name in algorithms {
            ends = ends.min(self.allowed.end(name, at)?);
        }
        for certificate in &path.certificates {
            if certificate.end() < at {
                return Err(TsaProblem::Aged { ended: certificate.end() });
            }
            ends = ends.min(certificate.end());
        }
        Ok(ends)
    }
}

/// The certificates beside a token and in it.
fn known<'a>(stamp: &'a Stamp, token: &Token<'a>) -> Result<Vec<Certificate<'a>>, TsaProblem> {
    let outside = stamp.certificates.iter().map(Vec::as_slice);
    let all = outside.chain(token.certificates.iter().copied());
    let read = all.take(limits::TSA_CERTIFICATES.saturating_mul(2)).map(Certificate::parse);
    Ok(read.collect::<Result<_, _>>()?)
}

/// The certificate that the token names in both places: by hash, signed, and by issuer or key.
fn signer<'a, 'k>(
    token: &Token<'_>,
    known: &'k [Certificate<'a>],
) -> Result<&'k Certificate<'a>, TsaProblem> {
    let (digest, hash) = token.certificate;
    let named = known.iter().find(|certificate| digest.of(certificate.raw) == hash);
    let signer = named.ok_or(TokenFault::Signer)?;
    let agrees = match token.sid {
        Sid::Issuer(issuer, serial) => signer.issuer == issuer && signer.serial == serial,
        Sid::Key(id) => signer.has_key_id(Some(id)),
    };
    if !agrees {
        return Err(TokenFault::Signer.into());
    }
    match token.info.authority {
        Some(name) if !signer.is_called(name)? => Err(TokenFault::Authority.into()),
        _ => Ok(signer),
    }
}
