//! The way from a time-stamping authority's certificate to a root that the federation pins
//! (RFC 5280, section 6.1, without policies and name constraints).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::algorithm::Scheme;
use super::certificate::Certificate;
use super::key::Key;
use super::problem::{PathFault, TsaProblem};
use crate::anchor::clocks::StampAuthority;
use crate::hash::Timestamp;
use crate::limits;

/// Signatures that may still be checked.
#[derive(Debug)]
pub(super) struct Budget(u32);

impl Budget {
    /// As many as one piece of evidence may ask for.
    pub fn new() -> Budget {
        Budget(limits::TSA_SIGNATURES)
    }

    /// Whether the signature verifies, if one more may be checked.
    pub fn verifies(
        &mut self,
        key: &Key,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, TsaProblem> {
        self.0 = self.0.checked_sub(1).ok_or(TsaProblem::TooMuch)?;
        Ok(key.verifies(scheme, message, signature))
    }
}

/// A root certificate with the authority's short name in the federation file.
#[derive(Clone, Debug)]
pub(super) struct Root<'a> {
    pub name: &'a String,
    pub certificate: Certificate<'a>,
}

/// The roots of a federation. What cannot be read leads nowhere.
pub(super) fn roots(authorities: &[StampAuthority]) -> Vec<Root<'_>> {
    let mut roots = Vec::new();
    for authority in authorities {
        if let Ok(certificate) = Certificate::parse(&authority.certificate) {
            roots.push(Root { name: &authority.name, certificate });
        }
    }
    roots
}

/// A way to a root.
#[derive(Clone, Debug)]
pub(super) struct Path<'a, 'r> {
    /// The signer's certificate, then those above it.
    pub certificates: Vec<&'r Certificate<'a>>,
    pub root: &'r Root<'a>,
    /// The names of the algorithms that sign the certificates.
    pub algorithms: Vec<&'static str>,
}

impl<'a> Path<'a, '_> {
    /// Each certificate with the one that issued it.
    pub fn steps(&self) -> impl Iterator<Item = (&Certificate<'a>, &Certificate<'a>)> {
        let issuers = self.certificates.iter().skip(1).copied();
        self.certificates.iter().copied().zip(issuers.chain([&self.root.certificate]))
    }
}

/// Looks for a way from certificate to root.
pub(super) struct Search<'a, 'r, 'b> {
    pub roots: &'r [Root<'a>],
    /// Certificates that may lie between.
    pub known: &'r [Certificate<'a>],
    /// The time at which each of them must be valid.
    pub time: Timestamp,
    pub budget: &'b mut Budget,
    /// Why a certificate that looked like the next one is not.
    fault: Option<TsaProblem>,
    tried: Vec<bool>,
}

impl<'a, 'r, 'b> Search<'a, 'r, 'b> {
    pub fn new(
        roots: &'r [Root<'a>],
        known: &'r [Certificate<'a>],
        time: Timestamp,
        budget: &'b mut Budget,
    ) -> Search<'a, 'r, 'b> {
        Search { roots, known, time, budget, fault: None, tried: vec![false; known.len()] }
    }

    /// The first way that is found.
    pub fn run(mut self, signer: &'r Certificate<'a>) -> Result<Path<'a, 'r>, TsaProblem> {
        let mut way = vec![signer];
        let mut algorithms = Vec::new();
        match self.climb(&mut way, &mut algorithms)? {
            Some(root) => Ok(Path { certificates: way, root, algorithms }),
            None => Err(self.fault.unwrap_or(TsaProblem::UnknownAuthority)),
        }
    }

    /// Goes on from the last certificate of the way. Each certificate is gone through once, so the
    /// work is bounded whatever the names say.
    fn climb(
        &mut self,
        way: &mut Vec<&'r Certificate<'a>>,
        algorithms: &mut Vec<&'static str>,
    ) -> Result<Option<&'r Root<'a>>, TsaProblem> {
        let Some(last) = way.last().copied() else { return Ok(None) };
        // A root that nobody pinned, maybe of the same name: the way ends here.
        if way.len() > 1 && last.is_named_by(last) {
            return Ok(None);
        }
        // Issuing certificates on the way so far: all but the signer's.
        let below = way.len().saturating_sub(1);
        for root in self.roots {
            if let Some(used) = self.issued(last, &root.certificate, below, true)? {
                algorithms.extend(used);
                return Ok(Some(root));
            }
        }
        let known = self.known;
        for (index, next) in known.iter().enumerate() {
            let tried = self.tried.get(index).copied().unwrap_or(true);
            if tried || next.raw == last.raw || !next.is_named_by(last) {
                continue;
            }
            if below >= limits::TSA_INTERMEDIATES {
                self.fault.get_or_insert(TsaProblem::Path(PathFault::Length));
                continue;
            }
            if let Some(used) = self.issued(last, next, below, false)? {
                if let Some(tried) = self.tried.get_mut(index) {
                    *tried = true;
                }
                let count = algorithms.len();
                way.push(next);
                algorithms.extend(used);
                if let Some(root) = self.climb(way, algorithms)? {
                    return Ok(Some(root));
                }
                way.pop();
                algorithms.truncate(count);
            }
        }
        Ok(None)
    }

    /// The algorithms by which `issuer` signed `issued`, if it did and was allowed to.
    fn issued(
        &mut self,
        issued: &Certificate<'a>,
        issuer: &Certificate<'a>,
        below: usize,
        root: bool,
    ) -> Result<Option<Vec<&'static str>>, TsaProblem> {
        if !issuer.is_named_by(issued) {
            return Ok(None);
        }
        match self.check(issued, issuer, below, root) {
            Ok(algorithms) => Ok(Some(algorithms)),
            Err(TsaProblem::TooMuch) => Err(TsaProblem::TooMuch),
            Err(fault) => {
                self.fault.get_or_insert(fault);
                Ok(None)
            }
        }
    }

    fn check(
        &mut self,
        issued: &Certificate<'a>,
        issuer: &Certificate<'a>,
        below: usize,
        root: bool,
    ) -> Result<Vec<&'static str>, TsaProblem> {
        if !issuer.may_issue(below, root) {
            return Err(TsaProblem::Path(PathFault::Issuer));
        }
        // A root is what the federation says it is, for as long as it says so.
        if !root {
            issuer.check_critical()?;
            if !issuer.valid_at(self.time) {
                return Err(TsaProblem::Path(PathFault::Validity));
            }
        }
        let (scheme, message, signature) = issued.signature()?;
        let key = issuer.key()?;
        if !self.budget.verifies(&key, scheme, message, signature)? {
            return Err(TsaProblem::Path(PathFault::Signature));
        }
        Ok(names(&key, scheme))
    }
}

/// The names of what makes a signature.
pub(super) fn names(key: &Key, scheme: Scheme) -> Vec<&'static str> {
    let digest = scheme.digest().map(|digest| digest.name());
    key.name(scheme).into_iter().chain(digest).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parts::whole;
    use super::*;

    #[test]
    fn signatures_are_counted() {
        // The first test vector of RFC 8032, section 7.1.
        let key = "302a300506032b6570032100\
                   d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb882159\
                         0a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        let (key, signature) = (hex::decode(key).unwrap(), hex::decode(signature).unwrap());
        let key = Key::read(whole(&key).unwrap()).unwrap();
        let mut budget = Budget::new();
        for _ in 0..limits::TSA_SIGNATURES {
            assert_eq!(budget.verifies(&key, Scheme::Ed25519, b"", &signature), Ok(true));
        }
        let more = budget.verifies(&key, Scheme::Ed25519, b"", &signature);
        assert_eq!(more, Err(TsaProblem::TooMuch));
    }
}
