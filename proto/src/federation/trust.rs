//! Which checkpoints count: signed by the log and cosigned by a quorum of operators.
//!
//! An operator counts once, and only if both of its signatures, Ed25519 and ML-DSA-44, verify. A
//! checkpoint that only keys of an older version vouch for counts if it is no larger than the
//! tree that the next version pins, and consistent with it: a stolen old key writes no old past.

use alloc::{string::String, string::ToString, vec::Vec};

use thiserror::Error;

use super::{Federation, Operator, Version};
use crate::checkpoint::{SignedCheckpoint, UntrustedCheckpoint};
use crate::cosignature;
use crate::hash::{Hash, Timestamp, TreeSize};
use crate::merkle::consistency;
use crate::note::NoteSignature;

/// A consistency proof from a checkpoint to the pin of a version of the federation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The version that holds the pin.
    pub version: u64,
    /// The proof.
    pub proof: Vec<Hash>,
}

/// Why a checkpoint does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Untrusted {
    /// No version of the federation has this log.
    #[error("The log is not one of this federation.")]
    UnknownLog,
    /// The log's signature is missing.
    #[error("The checkpoint is not signed by its log.")]
    LogUnsigned,
    /// A signature in the name of the log does not verify.
    #[error("The signature of the log does not verify.")]
    LogSignature,
    /// A signature in the name of an operator does not verify.
    #[error("A cosignature in the name of an operator does not verify.")]
    Cosignature,
    /// Too few operators have cosigned.
    #[error("Only {have} of the {need} operators needed have cosigned.")]
    QuorumMissing {
        /// Operators whose signatures both verify.
        have: u64,
        /// Operators needed.
        need: u64,
    },
    /// Only keys since dropped vouch for it, and nothing links it to what was pinned then.
    #[error(
        "Only keys that were dropped since vouch for it, and its place in the log is not proven."
    )]
    OldKeys,
}

/// A checkpoint that counts, and what it proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedCheckpoint {
    signed: SignedCheckpoint,
    version: u64,
    proven: Timestamp,
    cosigners: Vec<(String, Timestamp)>,
}

impl PublishedCheckpoint {
    /// The origin of the log.
    pub fn origin(&self) -> &str {
        self.signed.checkpoint().origin()
    }

    /// The tree size.
    pub fn size(&self) -> TreeSize {
        self.signed.checkpoint().size()
    }

    /// The root hash.
    pub fn root(&self) -> &Hash {
        self.signed.checkpoint().root()
    }

    /// The checkpoint with its signature lines.
    pub fn signed(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The version of the federation whose keys vouch for it.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// It existed not later than this: of each operator the later of its two times, of these the
    /// k-th smallest.
    pub fn proven_time(&self) -> Timestamp {
        self.proven
    }

    /// The operators that cosigned, by name, each with the later of its two times.
    pub fn cosigners(&self) -> &[(String, Timestamp)] {
        &self.cosigners
    }
}

impl Federation {
    /// Checks that a checkpoint counts.
    pub fn verify_checkpoint(
        &self,
        signed: &SignedCheckpoint,
        links: &[Link],
    ) -> Result<PublishedCheckpoint, Untrusted> {
        let mut first_error = None;
        for version in self.versions().rev() {
            match vouch(version, signed) {
                Ok(published) if self.allows(version, signed, links) => return Ok(published),
                Ok(_) => return Err(Untrusted::OldKeys),
                Err(Untrusted::UnknownLog) => {}
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or(Untrusted::UnknownLog))
    }

    /// Whether the keys of this version still count for this tree.
    fn allows(&self, version: &Version, signed: &SignedCheckpoint, links: &[Link]) -> bool {
        let Some(next) = version.number.checked_add(1).and_then(|next| self.version(next)) else {
            return true;
        };
        let tree = signed.checkpoint();
        let Some(pin) = next.pin(tree.origin()) else { return false };
        let proof = links.iter().find(|link| link.version == next.number);
        let proof = proof.map_or(&[][..], |link| &link.proof);
        consistency::verify(tree.size(), tree.root(), pin.size, &pin.root, proof).is_ok()
    }

    /// Whether every signature line is by a key of the log or of an operator, in any version, and
    /// no key has two lines.
    pub fn names_each_line_once(&self, signed: &SignedCheckpoint) -> bool {
        let origin = signed.checkpoint().origin();
        let known = |line: &NoteSignature| {
            self.versions().any(|version| {
                let log = version.authority_by_origin(origin).map(|authority| &authority.log);
                let own = |o: &Operator| {
                    line.names(&o.cosigner_ed25519) || line.names(&o.cosigner_ml_dsa)
                };
                log.is_some_and(|key| line.names(key)) || version.operators.iter().any(own)
            })
        };
        let lines = signed.note().signatures();
        let same = |a: &NoteSignature, b: &NoteSignature| a.name() == b.name() && a.id() == b.id();
        let once = lines.iter().all(|a| lines.iter().filter(|b| same(a, b)).count() == 1);
        once && lines.iter().all(known)
    }

    /// The checkpoint with its log's signature and those of exactly a quorum of the newest
    /// version's operators, the earliest ones: what a receipt holds.
    pub fn minimal(&self, signed: &SignedCheckpoint) -> Result<SignedCheckpoint, Untrusted> {
        let version = self.current();
        let published = vouch(version, signed)?;
        let need = usize::try_from(version.quorum).unwrap_or(usize::MAX);
        let origin = published.origin();
        let authority = version.authority_by_origin(origin).ok_or(Untrusted::UnknownLog)?;
        let mut keys = Vec::from([&authority.log]);
        for (name, _) in published.cosigners.iter().take(need) {
            let operator = version.operator(name).ok_or(Untrusted::Cosignature)?;
            keys.extend([&operator.cosigner_ed25519, &operator.cosigner_ml_dsa]);
        }
        let lines: Vec<NoteSignature> = keys
            .iter()
            .filter_map(|key| signed.note().signatures_naming(key).next().cloned())
            .collect();
        signed.with_signatures(lines).map_err(|_| Untrusted::LogUnsigned)
    }

    /// The checkpoint with the log's lines and, of each operator, the lines that verify, from
    /// whichever of these notes over the same checkpoint has them: each mirror shows its own. What
    /// does not verify is left out, so that no note can spoil what stands in another.
    pub fn gathered(
        &self,
        signed: &SignedCheckpoint,
        notes: &[SignedCheckpoint],
    ) -> SignedCheckpoint {
        let (version, tree) = (self.current(), signed.checkpoint());
        let Some(authority) = version.authority_by_origin(tree.origin()) else {
            return signed.clone();
        };
        let same = || core::iter::once(signed).chain(notes).filter(|n| n.checkpoint() == tree);
        let line_of = |key| {
            let lines = same().flat_map(|note| note.note().signatures());
            let mut lines = lines.filter(|line| line.names(key));
            lines.find(|line| cosignature::verify_line(key, tree, line).is_ok()).cloned()
        };
        let own = signed.note().signatures_naming(&authority.log).cloned();
        let operators = version.operators.iter();
        let keys = operators.flat_map(|o| [&o.cosigner_ed25519, &o.cosigner_ml_dsa]);
        let lines = own.chain(keys.filter_map(line_of)).collect();
        signed.with_signatures(lines).unwrap_or_else(|_| signed.clone())
    }
}

/// Checks a checkpoint against the keys of one version alone.
fn vouch(version: &Version, signed: &SignedCheckpoint) -> Result<PublishedCheckpoint, Untrusted> {
    let origin = signed.checkpoint().origin();
    let authority = version.authority_by_origin(origin).ok_or(Untrusted::UnknownLog)?;
    signed.verify(origin, &[&authority.log]).map_err(|error| match error {
        UntrustedCheckpoint::Signature(crate::note::VerifyError::NoKnownKey) => {
            Untrusted::LogUnsigned
        }
        _ => Untrusted::LogSignature,
    })?;
    let mut cosigners = Vec::new();
    for operator in &version.operators {
        if let Some(time) = cosigned(operator, signed)? {
            cosigners.push((operator.name.to_string(), time));
        }
    }
    cosigners.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    let have = u64::try_from(cosigners.len()).unwrap_or(u64::MAX);
    let missing = Untrusted::QuorumMissing { have, need: version.quorum };
    let last_needed = version.quorum.checked_sub(1).and_then(|last| usize::try_from(last).ok());
    let (_, proven) = last_needed.and_then(|last| cosigners.get(last)).ok_or(missing)?;
    let (proven, number) = (*proven, version.number);
    Ok(PublishedCheckpoint { signed: signed.clone(), version: number, proven, cosigners })
}

/// When an operator cosigned: the later time of its two signatures, if both are there.
pub(super) fn cosigned(
    operator: &Operator,
    signed: &SignedCheckpoint,
) -> Result<Option<Timestamp>, Untrusted> {
    let time = |key| cosignature::verify(key, signed).map_err(|_| Untrusted::Cosignature);
    let ed25519 = time(&operator.cosigner_ed25519)?;
    let ml_dsa = time(&operator.cosigner_ml_dsa)?;
    Ok(ed25519.zip(ml_dsa).map(|(a, b)| a.max(b)))
}
