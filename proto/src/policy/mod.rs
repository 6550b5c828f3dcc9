//! Trust policies (tlog-policy): which logs, which cosigners, and how many of them are enough.
//!
//! Beleg decides by its federation file; a policy is what that file exports for other people's
//! tools. Names are octets without meaning, as the specification wants them. [`Policy::new`] checks
//! the rules, so every policy that exists is sound; [`parse`] reads a file, [`quorum`] applies one.
//!
//! This is the one text format that is not canonical: the specification allows comments, blanks and
//! `any` or `all` for a number. What is written by [`Policy::to_bytes`] is read back to the same
//! policy, but a file that was read may be written differently.

pub mod parse;
pub mod quorum;

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use thiserror::Error;

pub use parse::parse;

use crate::limits;
use crate::note::{KeyError, KeyType, VerifierKey};

/// A name or URL in a policy: octets above the space, without 0x7f.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(Vec<u8>);

/// The word that stands for no quorum.
const NONE: &[u8] = b"none";

/// Why a policy is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The file is larger than is read.
    #[error("The policy file has more than {limit} bytes.")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// An octet that no policy file may hold.
    #[error("Line {line} of the policy holds a character that is not allowed.")]
    BadCharacter {
        /// The line, counted from 1.
        line: usize,
    },
    /// The last line does not end with a newline.
    #[error("The last line of the policy does not end with a newline.")]
    MissingNewline,
    /// A line starts with an unknown word or has the wrong count of words.
    #[error("Line {line} of the policy is not a log, witness, group or quorum line.")]
    BadLine {
        /// The line, counted from 1.
        line: usize,
    },
    /// A key in the file cannot be read.
    #[error("The key in line {line} of the policy cannot be used: {error}")]
    BadKey {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        error: KeyError,
    },
    /// A number is not between 1 and the count of members.
    #[error("The threshold of a group must be a number between 1 and the count of its members.")]
    BadThreshold,
    /// A name or URL is empty or holds a blank or a control character.
    #[error("A name in the policy is empty or holds a blank or a control character.")]
    BadWord,
    /// There are more logs, witnesses or groups than are looked at.
    #[error("The policy has more than {limit} logs, witnesses or groups.")]
    TooMany {
        /// How many of each are allowed.
        limit: usize,
    },
    /// A log's key is not of a type that signs checkpoints.
    #[error("The key of a log is not of a type that signs checkpoints.")]
    NotALogKey,
    /// A witness's key is not of a type that cosigns.
    #[error("The key of a witness is not of a type that cosigns.")]
    NotAWitnessKey,
    /// Two logs or two witnesses have the same public key.
    #[error("Two logs or two witnesses of the policy have the same public key.")]
    DuplicateKey,
    /// Two witnesses or groups have the same name, or one is called `none`.
    #[error("A name is defined twice in the policy, or it is \"none\".")]
    DuplicateName,
    /// A group or the quorum refers to a name that is not defined before it.
    #[error("The policy refers to a name that is not defined before.")]
    UnknownName,
    /// A name is a member of two groups, or twice of one.
    #[error("A name is a member of more than one group of the policy.")]
    MemberTwice,
    /// There is no quorum line, or there are two.
    #[error("The policy must have exactly one quorum line.")]
    NotOneQuorum,
}

/// A log that is trusted to sign checkpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// Its key; the name of the key is the origin.
    pub key: VerifierKey,
    /// Where it is.
    pub url: Option<Word>,
}

/// A cosigner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// The name by which groups and the quorum refer to it.
    pub name: Word,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is.
    pub url: Option<Word>,
}

/// A group: it has witnessed a checkpoint if `threshold` of its members have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The name by which other groups and the quorum refer to it.
    pub name: Word,
    /// How many members are enough.
    pub threshold: usize,
    /// Witnesses and groups that are defined before.
    pub members: Vec<Word>,
}

/// A policy that keeps all rules of the specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Word>,
}

impl Word {
    /// A word of these octets.
    pub fn new(octets: &[u8]) -> Result<Word, PolicyError> {
        let allowed = octets.iter().all(|octet| matches!(octet, 0x21..=0x7e | 0x80..=0xff));
        if allowed && !octets.is_empty() {
            Ok(Word(octets.into()))
        } else {
            Err(PolicyError::BadWord)
        }
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Policy {
    /// The policy of these parts. Groups refer to witnesses and to groups before them; no `quorum`
    /// means that no cosignature is asked for.
    pub fn new(
        logs: Vec<Log>,
        witnesses: Vec<Witness>,
        groups: Vec<Group>,
        quorum: Option<Word>,
    ) -> Result<Policy, PolicyError> {
        let limit = limits::POLICY_NAMES;
        if logs.len() > limit || witnesses.len() > limit || groups.len() > limit {
            return Err(PolicyError::TooMany { limit });
        }
        let signs = |key: &VerifierKey| key.kind() != KeyType::CosignatureV1;
        if !logs.iter().all(|log| signs(&log.key)) {
            return Err(PolicyError::NotALogKey);
        }
        if witnesses.iter().any(|witness| witness.key.kind() == KeyType::Ed25519) {
            return Err(PolicyError::NotAWitnessKey);
        }
        distinct(logs.iter().map(|log| log.key.public_key()))?;
        distinct(witnesses.iter().map(|witness| witness.key.public_key()))?;
        check_names(&witnesses, &groups, quorum.as_ref())?;
        Ok(Policy { logs, witnesses, groups, quorum })
    }

    /// The logs.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The cosigners.
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The witness or group that must have witnessed a checkpoint; `None` is `quorum none`.
    pub fn quorum(&self) -> Option<&Word> {
        self.quorum.as_ref()
    }

    /// The policy file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for log in &self.logs {
            line(&mut file, &[b"log", key(&log.key).as_slice()], log.url.as_ref());
        }
        for witness in &self.witnesses {
            let key = key(&witness.key);
            line(&mut file, &[b"witness", witness.name.as_bytes(), &key], witness.url.as_ref());
        }
        for group in &self.groups {
            let threshold = alloc::format!("{}", group.threshold).into_bytes();
            let mut words = alloc::vec![&b"group"[..], group.name.as_bytes(), &threshold];
            words.extend(group.members.iter().map(Word::as_bytes));
            line(&mut file, &words, None);
        }
        line(&mut file, &[b"quorum", self.quorum.as_ref().map_or(NONE, Word::as_bytes)], None);
        file
    }
}

fn key(key: &VerifierKey) -> Vec<u8> {
    alloc::format!("{key}").into_bytes()
}

fn line(file: &mut Vec<u8>, words: &[&[u8]], last: Option<&Word>) {
    let words: Vec<&[u8]> = words.iter().copied().chain(last.map(Word::as_bytes)).collect();
    file.extend_from_slice(&words.join(&b' '));
    file.push(b'\n');
}

fn distinct<'a>(mut keys: impl Iterator<Item = &'a [u8]>) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    if keys.all(|key| seen.insert(key)) { Ok(()) } else { Err(PolicyError::DuplicateKey) }
}

fn check_names(
    witnesses: &[Witness],
    groups: &[Group],
    quorum: Option<&Word>,
) -> Result<(), PolicyError> {
    let (mut defined, mut members) = (BTreeSet::new(), BTreeSet::new());
    let define = |defined: &mut BTreeSet<Vec<u8>>, name: &Word| {
        let new = name.as_bytes() != NONE && defined.insert(name.0.clone());
        if new { Ok(()) } else { Err(PolicyError::DuplicateName) }
    };
    for witness in witnesses {
        define(&mut defined, &witness.name)?;
    }
    for group in groups {
        if group.threshold == 0 || group.threshold > group.members.len() {
            return Err(PolicyError::BadThreshold);
        }
        for member in &group.members {
            if !defined.contains(member.as_bytes()) {
                return Err(PolicyError::UnknownName);
            }
            if !members.insert(member.as_bytes()) {
                return Err(PolicyError::MemberTwice);
            }
        }
        define(&mut defined, &group.name)?;
    }
    match quorum {
        Some(name) if !defined.contains(name.as_bytes()) => Err(PolicyError::UnknownName),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
