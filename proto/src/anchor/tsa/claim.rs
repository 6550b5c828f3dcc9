//! What a chain of time-stamps says of itself. No signature is checked, and no path to a root.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::chain::Chain;
use super::problem::TsaProblem;
use super::token::Token;
use super::{known, signer};
use crate::hash::Timestamp;

/// What a time-stamp claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StampClaim {
    /// The latest time that it allows.
    pub time: Timestamp,
    /// The name of the algorithm of `imprint`.
    pub digest: &'static str,
    /// The hash that was stamped.
    pub imprint: Vec<u8>,
    /// Its policy, an object identifier with dots.
    pub policy: String,
    /// The subject of the certificate that it names, if that is beside it.
    pub subject: Option<String>,
    /// Certificates beside it and in it, DER, each once.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists beside it.
    pub lists: usize,
}

/// What each time-stamp claims, the oldest first.
pub fn claims(evidence: &[u8]) -> Result<Vec<StampClaim>, TsaProblem> {
    let chain = Chain::parse(evidence)?;
    let mut claims = Vec::new();
    for stamp in &chain.stamps {
        let token = Token::parse(&stamp.token)?;
        let known = known(stamp, &token)?;
        let mut certificates: Vec<Vec<u8>> = Vec::new();
        for certificate in &known {
            if !certificates.iter().any(|kept| kept == certificate.raw) {
                certificates.push(certificate.raw.to_vec());
            }
        }
        claims.push(StampClaim {
            time: token.info.latest,
            digest: token.info.digest.name(),
            imprint: token.info.imprint.to_vec(),
            policy: token.info.policy.to_string(),
            subject: signer(&token, &known).ok().map(|signer| signer.subject_name()),
            certificates,
            lists: stamp.lists.len(),
        });
    }
    Ok(claims)
}
