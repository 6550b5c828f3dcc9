//! Reading a policy file (tlog-policy#policy-file-syntax-and-structure).
//!
//! ```text
//! log <vkey> [<url>]
//! witness <name> <vkey> [<url>]
//! group <name> all|any|<k> <name>...
//! quorum <name>|none
//! ```
//!
//! Words are parted by spaces and tabs; empty lines and lines that start with `#` are ignored. A
//! group and the quorum may refer only to names in lines before theirs.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{Group, Log, NONE, Policy, PolicyError, Witness, Word};
use crate::limits;
use crate::note::VerifierKey;
use crate::text;

#[derive(Default)]
struct Parts {
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Option<Word>>,
    /// The names defined so far.
    defined: BTreeSet<Vec<u8>>,
}

/// Reads a policy file.
pub fn parse(file: &[u8]) -> Result<Policy, PolicyError> {
    if file.len() > limits::POLICY_BYTES {
        return Err(PolicyError::TooLong { limit: limits::POLICY_BYTES });
    }
    let lines = match file.strip_suffix(b"\n") {
        Some(lines) => lines,
        None if file.is_empty() => return Err(PolicyError::NotOneQuorum),
        None => return Err(PolicyError::MissingNewline),
    };
    let mut parts = Parts::default();
    for (number, line) in (1usize..).zip(lines.split(|octet| *octet == b'\n')) {
        let allowed = |octet: &u8| matches!(octet, b'\t' | 0x20..=0x7e | 0x80..=0xff);
        if !line.iter().all(allowed) {
            return Err(PolicyError::BadCharacter { line: number });
        }
        let words: Vec<&[u8]> =
            line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|w| !w.is_empty()).collect();
        parts.line(number, &words)?;
    }
    let quorum = parts.quorum.ok_or(PolicyError::NotOneQuorum)?;
    Policy::new(parts.logs, parts.witnesses, parts.groups, quorum)
}

impl Parts {
    fn line(&mut self, line: usize, words: &[&[u8]]) -> Result<(), PolicyError> {
        let limit = limits::POLICY_NAMES;
        let full = |count: usize| {
            if count >= limit { Err(PolicyError::TooMany { limit }) } else { Ok(()) }
        };
        match words {
            [] => {}
            [first, ..] if first.starts_with(b"#") => {}
            [b"log", vkey, url @ ..] => {
                full(self.logs.len())?;
                self.logs.push(Log { key: key(line, vkey)?, url: at_most_one(line, url)? });
            }
            [b"witness", name, vkey, url @ ..] => {
                full(self.witnesses.len())?;
                let (name, key) = (Word::new(name)?, key(line, vkey)?);
                let url = at_most_one(line, url)?;
                self.define(&name)?;
                self.witnesses.push(Witness { name, key, url });
            }
            [b"group", name, threshold, members @ ..] if !members.is_empty() => {
                full(self.groups.len())?;
                let members =
                    members.iter().map(|m| self.defined(m)).collect::<Result<Vec<_>, _>>()?;
                let (name, threshold) = (Word::new(name)?, count(threshold, members.len())?);
                self.define(&name)?;
                self.groups.push(Group { name, threshold, members });
            }
            [b"quorum", name] => {
                let quorum = if *name == NONE { None } else { Some(self.defined(name)?) };
                if self.quorum.replace(quorum).is_some() {
                    return Err(PolicyError::NotOneQuorum);
                }
            }
            _ => return Err(PolicyError::BadLine { line }),
        }
        Ok(())
    }

    fn define(&mut self, name: &Word) -> Result<(), PolicyError> {
        let new = name.as_bytes() != NONE && self.defined.insert(name.as_bytes().into());
        if new { Ok(()) } else { Err(PolicyError::DuplicateName) }
    }

    fn defined(&self, name: &[u8]) -> Result<Word, PolicyError> {
        if self.defined.contains(name) { Word::new(name) } else { Err(PolicyError::UnknownName) }
    }
}

fn key(line: usize, vkey: &[u8]) -> Result<VerifierKey, PolicyError> {
    let vkey = core::str::from_utf8(vkey).map_err(|_| PolicyError::BadLine { line })?;
    VerifierKey::parse(vkey).map_err(|error| PolicyError::BadKey { line, error })
}

fn at_most_one(line: usize, words: &[&[u8]]) -> Result<Option<Word>, PolicyError> {
    match words {
        [] => Ok(None),
        [url] => Ok(Some(Word::new(url)?)),
        _ => Err(PolicyError::BadLine { line }),
    }
}

fn count(word: &[u8], members: usize) -> Result<usize, PolicyError> {
    match word {
        b"any" => Ok(1),
        b"all" => Ok(members),
        digits => core::str::from_utf8(digits)
            .ok()
            .and_then(|digits| text::decimal(digits).ok())
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| (1..=members).contains(number))
            .ok_or(PolicyError::BadThreshold),
    }
}
