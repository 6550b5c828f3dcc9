//! How one version of the federation signs the next.

use alloc::vec::Vec;

use super::version::{FIRST_LINE, Pin, Version};
use super::{Federation, FederationError as Error};
use crate::limits;
use crate::note::{Note, NoteSignature, SigningKey};

/// One version with the signatures that it came with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChainNote {
    pub(super) version: Version,
    pub(super) note: Note,
}

/// Reads and checks a whole chain.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<ChainNote>, Error> {
    if bytes.len() > limits::FEDERATION_BYTES {
        return Err(Error::TooLarge { limit: limits::FEDERATION_BYTES });
    }
    let mut chain: Vec<ChainNote> = Vec::new();
    for part in split(bytes)? {
        if chain.len() >= limits::FEDERATION_VERSIONS {
            return Err(Error::TooMany);
        }
        let place = u64::try_from(chain.len()).unwrap_or(u64::MAX).saturating_add(1);
        let next = check(chain.last(), part)
            .map_err(|error| Error::InVersion { version: place, error: error.into() })?;
        chain.push(next);
    }
    Ok(chain)
}

/// Cuts the file before every first line of a version. That line cannot stand inside of one: every
/// other line of a version starts with a keyword, and a signature line with a dash.
fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let text = core::str::from_utf8(bytes).map_err(|_| Error::NotAFederation)?;
    let is_first = |line: &str| line.strip_suffix('\n') == Some(FIRST_LINE);
    let (mut parts, mut rest) = (Vec::new(), text);
    if !rest.split_inclusive('\n').next().is_some_and(is_first) {
        return Err(Error::NotAFederation);
    }
    while !rest.is_empty() {
        let mut lines = rest.split_inclusive('\n');
        let first = lines.next().map_or(0, str::len);
        let length = lines.take_while(|line| !is_first(line)).map(str::len).sum::<usize>();
        let (part, behind) =
            rest.split_at_checked(first.saturating_add(length)).ok_or(Error::NotAFederation)?;
        parts.push(part.as_bytes());
        rest = behind;
    }
    Ok(parts)
}

fn check(before: Option<&ChainNote>, bytes: &[u8]) -> Result<ChainNote, Error> {
    let note = Note::parse(bytes)?;
    let version = Version::parse(note.text())?;
    let before = before.map(|note| &note.version);
    follows(before, &version)?;
    let signers = before.unwrap_or(&version);
    let have = signatures(signers, &note)?;
    if have < signers.quorum {
        return Err(Error::TooFewSignatures { have, need: signers.quorum });
    }
    Ok(ChainNote { version, note })
}

/// Checks number, hash and pins against the version before.
fn follows(before: Option<&Version>, version: &Version) -> Result<(), Error> {
    let number = before.map_or(0, |before| before.number).checked_add(1);
    let previous = before.map(Version::hash);
    if number != Some(version.number) || previous != version.previous {
        return Err(Error::WrongPrevious { version: version.number });
    }
    let Some(before) = before else { return Ok(()) };
    let wrong = Error::WrongPins { version: version.number };
    let logs: Vec<&str> = before.authorities.iter().map(|authority| authority.origin()).collect();
    // A log that left long ago keeps the pin that closed it.
    let known = |origin: &str| logs.contains(&origin) || before.pin(origin).is_some();
    let all_known = version.pins.iter().all(|pin| known(&pin.origin));
    let all_pinned = logs.iter().all(|origin| version.pin(origin).is_some());
    let none_back =
        before.pins.iter().all(|old| version.pin(&old.origin).is_some_and(|new| goes_on(old, new)));
    if all_known && all_pinned && none_back { Ok(()) } else { Err(wrong) }
}

/// Whether a pin can be of the same tree as an older one: larger, or the very same.
fn goes_on(old: &Pin, new: &Pin) -> bool {
    new.size > old.size || new == old
}

/// Counts the operators whose governance key has signed the note.
fn signatures(signers: &Version, note: &Note) -> Result<u64, Error> {
    let mut have = 0u64;
    for operator in &signers.operators {
        if note.signatures_naming(&operator.governance).next().is_some() {
            note.verify(&[&operator.governance])?;
            have = have.saturating_add(1);
        }
    }
    Ok(have)
}

/// A governance signature of the first version of a federation.
pub fn sign(version: &Version, key: &SigningKey) -> Result<NoteSignature, Error> {
    follows(None, version)?;
    sign_as(version, version, key)
}

/// A governance signature of the version that follows a federation's newest.
pub fn sign_next(
    federation: &Federation,
    version: &Version,
    key: &SigningKey,
) -> Result<NoteSignature, Error> {
    follows(Some(federation.current()), version)?;
    sign_as(federation.current(), version, key)
}

fn sign_as(signers: &Version, version: &Version, key: &SigningKey) -> Result<NoteSignature, Error> {
    version.check()?;
    if !signers.operators.iter().any(|operator| operator.governance == *key.verifier_key()) {
        return Err(Error::UnknownOperator);
    }
    Ok(key.sign_note(&version.to_text())?)
}
