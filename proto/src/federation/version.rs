//! The text of one version of the federation file, without its signatures.
//!
//! ```text
//! beleg.federation/v1
//! name <text>
//! version <number>
//! previous <SHA-256 of the text of the version before, hex | none>
//! expires <YYYY-MM-DD>
//! quorum <k> faults <f>
//! status-age <seconds>
//! entries <kind>/<version> ...
//! operator <name> <url> <governance key> <cosigner key 0x04> <cosigner key 0x06>
//! authority <name> <operator> <url> <log key> <administration key> <display name>
//! pin <origin> <size> <root, base64>
//! ```
//!
//! Behind that stand the lines of [`clocks`](super::clocks), if there are any. Operators,
//! authorities and pins are sorted; what is not sorted, or not spelt so, is refused.

use alloc::{string::String, string::ToString, vec::Vec};
use core::fmt::Write as _;

use super::{FederationError as Error, clocks};
use crate::anchor::clocks::Clocks;
use crate::document::field::is_plain;
use crate::hash::{Hash, TreeSize, sha256};
use crate::limits;
use crate::note::{KeyType, VerifierKey};
use crate::text::{self, Lines};
use crate::time::Date;

/// The first line of every version.
pub const FIRST_LINE: &str = "beleg.federation/v1";

/// Who runs a data centre: one counting cosigner with two keys, and a governance key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// Short name: a-z, 0-9 and hyphen.
    pub name: String,
    /// Submission prefix of the cosigner.
    pub url: String,
    /// Key that signs new versions (0x01). It is never on a node.
    pub governance: VerifierKey,
    /// Cosigner key of type 0x04.
    pub cosigner_ed25519: VerifierKey,
    /// Cosigner key of type 0x06, of the same name.
    pub cosigner_ml_dsa: VerifierKey,
}

/// A member that issues: one log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Short name: a-z, 0-9 and hyphen.
    pub name: String,
    /// Short name of the operator that runs its node.
    pub operator: String,
    /// Where its node answers.
    pub url: String,
    /// Key of the log (0x01); its name is the origin.
    pub log: VerifierKey,
    /// Key that admits and retires issuers (0x01). It is never on a node.
    pub administration: VerifierKey,
    /// The name that people read.
    pub display_name: String,
}

impl Authority {
    /// The origin of its log.
    pub fn origin(&self) -> &str {
        self.log.name()
    }
}

/// Where a log stood, published, when a version was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pin {
    /// The log.
    pub origin: String,
    /// Its size then.
    pub size: TreeSize,
    /// Its root then.
    pub root: Hash,
}

/// A kind of entry, and its version, that counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EntryForm {
    /// Name of the kind.
    pub kind: String,
    /// Version byte.
    pub version: u8,
}

/// One version of the federation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// The federation's name.
    pub name: String,
    /// Counted from 1.
    pub number: u64,
    /// Hash of the text of the version before.
    pub previous: Option<Hash>,
    /// Last day on which this version says that something is fresh.
    pub expires: Date,
    /// Operators that must have cosigned.
    pub quorum: u64,
    /// Operators that may fail or lie.
    pub faults: u64,
    /// Greatest age of a status, in seconds, with which a document is VALID.
    pub status_age_s: u64,
    /// The entries that count.
    pub entries: Vec<EntryForm>,
    /// The data centres, sorted by name.
    pub operators: Vec<Operator>,
    /// The members, sorted by name.
    pub authorities: Vec<Authority>,
    /// Where the logs of the version before stood, sorted by origin.
    pub pins: Vec<Pin>,
    /// Clocks outside the federation that count.
    pub clocks: Clocks,
}

impl Version {
    /// Reads a version and checks all that can be checked without the version before.
    pub fn parse(text: &str) -> Result<Version, Error> {
        let mut lines = Lines::new(text);
        let version = read(&mut lines).map_err(|error| error.at_line(lines.number()))?;
        version.check()?;
        if version.to_text() == text { Ok(version) } else { Err(Error::NotCanonical) }
    }

    /// The text that [`Version::parse`] reads.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    /// SHA-256 of the text: what the next version calls `previous`.
    pub fn hash(&self) -> Hash {
        sha256(self.to_text().as_bytes())
    }

    /// The operator of this name.
    pub fn operator(&self, name: &str) -> Option<&Operator> {
        self.operators.iter().find(|operator| operator.name == name)
    }

    /// The authority whose log has this origin.
    pub fn authority_by_origin(&self, origin: &str) -> Option<&Authority> {
        self.authorities.iter().find(|authority| authority.origin() == origin)
    }

    /// Where this version pins a log.
    pub fn pin(&self, origin: &str) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.origin == origin)
    }

    fn write(&self, text: &mut String) -> core::fmt::Result {
        let previous = self.previous.map_or("none".to_string(), |hash| hash.to_hex());
        writeln!(text, "{FIRST_LINE}\nname {}\nversion {}", self.name, self.number)?;
        writeln!(text, "previous {previous}\nexpires {}", self.expires)?;
        writeln!(text, "quorum {} faults {}", self.quorum, self.faults)?;
        writeln!(text, "status-age {}", self.status_age_s)?;
        text.push_str("entries");
        for form in &self.entries {
            write!(text, " {}/{}", form.kind, form.version)?;
        }
        text.push('\n');
        for o in &self.operators {
            let (governance, ed, ml) = (&o.governance, &o.cosigner_ed25519, &o.cosigner_ml_dsa);
            writeln!(text, "operator {} {} {governance} {ed} {ml}", o.name, o.url)?;
        }
        for a in &self.authorities {
            write!(text, "authority {} {} {} ", a.name, a.operator, a.url)?;
            writeln!(text, "{} {} {}", a.log, a.administration, a.display_name)?;
        }
        for pin in &self.pins {
            writeln!(text, "pin {} {} {}", pin.origin, pin.size, pin.root.to_base64())?;
        }
        clocks::write(&self.clocks, text)
    }

    /// The rules that one version keeps by itself.
    pub fn check(&self) -> Result<(), Error> {
        let operators = u64::try_from(self.operators.len()).unwrap_or(u64::MAX);
        let doubled = self.quorum.saturating_mul(2);
        let enough = doubled > operators.saturating_add(self.faults);
        if !enough || self.quorum > operators.saturating_sub(self.faults) {
            let (quorum, faults) = (self.quorum, self.faults);
            return Err(Error::UnsafeQuorum { operators, quorum, faults });
        }
        if self.number == 0 || (self.number == 1) != self.previous.is_none() {
            return Err(Error::WrongPrevious { version: self.number });
        }
        if self.number == 1 && !self.pins.is_empty() {
            return Err(Error::WrongPins { version: self.number });
        }
        if self.operators.len() > limits::OPERATORS || self.authorities.len() > limits::AUTHORITIES
        {
            return Err(Error::TooMany);
        }
        if !self.is_sorted() {
            return Err(Error::NotSorted);
        }
        clocks::check(&self.clocks)?;
        self.check_members()
    }

    fn is_sorted(&self) -> bool {
        self.operators.is_sorted_by(|a, b| a.name < b.name)
            && self.authorities.is_sorted_by(|a, b| a.name < b.name)
            && self.pins.is_sorted_by(|a, b| a.origin < b.origin)
            && self.entries.is_sorted_by(|a, b| a < b)
    }

    fn check_members(&self) -> Result<(), Error> {
        let mut keys: Vec<&[u8]> = Vec::new();
        for o in &self.operators {
            url(&o.url)?;
            if o.cosigner_ed25519.name() != o.cosigner_ml_dsa.name() {
                return Err(Error::CosignerNames);
            }
            let own = [&o.governance, &o.cosigner_ed25519, &o.cosigner_ml_dsa];
            keys.extend(own.map(|key| key.public_key()));
        }
        for a in &self.authorities {
            url(&a.url)?;
            if self.operator(&a.operator).is_none() {
                return Err(Error::UnknownOperator);
            }
            let twice = self.authorities.iter().filter(|b| b.origin() == a.origin()).count() > 1;
            if twice || a.origin().len() > limits::ORIGIN_BYTES {
                return Err(Error::BadOrigin);
            }
            keys.extend([a.log.public_key(), a.administration.public_key()]);
        }
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() == count { Ok(()) } else { Err(Error::KeyTwice) }
    }
}

fn read(lines: &mut Lines<'_>) -> Result<Version, Error> {
    if lines.line()? != FIRST_LINE {
        return Err(Error::NotAFederation);
    }
    let name = display_name(lines.keyword("name")?)?;
    let number = text::decimal(lines.keyword("version")?)?;
    let previous = match lines.keyword("previous")? {
        "none" => None,
        hex => Some(Hash::from_hex(hex)?),
    };
    let expires = Date::parse(lines.keyword("expires")?).map_err(|_| Error::BadLine)?;
    let quorum = lines.keyword("quorum")?;
    let (quorum, faults) = quorum.split_once(" faults ").ok_or(Error::BadLine)?;
    let (quorum, faults) = (text::decimal(quorum)?, text::decimal(faults)?);
    let status_age_s = text::decimal_up_to(lines.keyword("status-age")?, limits::STATUS_AGE_S)?;
    let entries = lines.keyword("entries")?.split(' ').map(form).collect::<Result<_, _>>()?;
    let operators = many(lines, "operator ", limits::OPERATORS, operator)?;
    let authorities = many(lines, "authority ", limits::AUTHORITIES, authority)?;
    let pins = many(lines, "pin ", limits::AUTHORITIES, pin)?;
    let clocks = clocks::read(lines)?;
    lines.clone().finish()?;
    Ok(Version {
        name,
        number,
        previous,
        expires,
        quorum,
        faults,
        status_age_s,
        entries,
        operators,
        authorities,
        pins,
        clocks,
    })
}

/// All lines that start with `keyword`, but not more than `limit`.
pub(super) fn many<T>(
    lines: &mut Lines<'_>,
    keyword: &str,
    limit: usize,
    read: impl Fn(&str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    while let Some(rest) = lines.peek().and_then(|line| line.strip_prefix(keyword)) {
        if all.len() >= limit {
            return Err(Error::TooMany);
        }
        lines.line()?;
        all.push(read(rest)?);
    }
    Ok(all)
}

fn form(word: &str) -> Result<EntryForm, Error> {
    let (kind, version) = word.split_once('/').ok_or(Error::BadLine)?;
    let version = text::decimal_up_to(version, 255)?;
    let version = u8::try_from(version).map_err(|_| Error::BadLine)?;
    if kind.is_empty() || kind.len() > 32 || !kind.bytes().all(|b| b.is_ascii_lowercase()) {
        return Err(Error::BadLine);
    }
    Ok(EntryForm { kind: kind.into(), version })
}

fn operator(line: &str) -> Result<Operator, Error> {
    let mut words = line.split(' ');
    let mut next = || words.next().ok_or(Error::BadLine);
    let operator = Operator {
        name: short_name(next()?)?,
        url: url(next()?)?,
        governance: key(next()?, KeyType::Ed25519)?,
        cosigner_ed25519: key(next()?, KeyType::CosignatureV1)?,
        cosigner_ml_dsa: key(next()?, KeyType::SubtreeV1)?,
    };
    if words.next().is_some() { Err(Error::BadLine) } else { Ok(operator) }
}

fn authority(line: &str) -> Result<Authority, Error> {
    let mut words = line.splitn(6, ' ');
    let mut next = || words.next().ok_or(Error::BadLine);
    Ok(Authority {
        name: short_name(next()?)?,
        operator: short_name(next()?)?,
        url: url(next()?)?,
        log: key(next()?, KeyType::Ed25519)?,
        administration: key(next()?, KeyType::Ed25519)?,
        display_name: display_name(next()?)?,
    })
}

fn pin(line: &str) -> Result<Pin, Error> {
    // An origin is a key name, so it holds no space.
    let mut words = line.splitn(3, ' ');
    let mut next = || words.next().ok_or(Error::BadLine);
    let origin = next()?.into();
    let size = TreeSize(text::decimal_up_to(next()?, limits::TREE_SIZE)?);
    Ok(Pin { origin, size, root: Hash::from_base64(next()?)? })
}

fn key(line: &str, kind: KeyType) -> Result<VerifierKey, Error> {
    let key = VerifierKey::parse(line)?;
    if key.kind() == kind { Ok(key) } else { Err(Error::WrongKeyType) }
}

pub(super) fn short_name(word: &str) -> Result<String, Error> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = !word.is_empty() && word.len() <= limits::SHORT_NAME_BYTES;
    if good && word.bytes().all(plain) { Ok(word.into()) } else { Err(Error::BadName) }
}

fn url(word: &str) -> Result<String, Error> {
    let scheme = word.starts_with("http://") || word.starts_with("https://");
    let good = word.len() <= limits::URL_BYTES && word.bytes().all(|b| b.is_ascii_graphic());
    if scheme && good && !word.ends_with('/') { Ok(word.into()) } else { Err(Error::BadUrl) }
}

fn display_name(text: &str) -> Result<String, Error> {
    let good = !text.trim().is_empty()
        && text.trim() == text
        && text.len() <= limits::DISPLAY_NAME_BYTES
        && is_plain(text);
    if good { Ok(text.into()) } else { Err(Error::BadName) }
}
