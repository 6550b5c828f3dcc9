//! `federation create`: the text of a first version or of the next one, ready for signing.

use std::path::Path;
use std::time::Duration;

use proto::anchor::clocks::Clocks;
use proto::anchor::tsa;
use proto::checkpoint::{CheckpointError, SignedCheckpoint};
use proto::federation::{
    Authority, EntryForm, Federation, FederationError, Operator, Pin, Untrusted, Version,
    drop_clock, set_clock,
};
use proto::hash::{EMPTY_ROOT, TreeSize};
use proto::limits;
use proto::note::{KeyType, VerifierKey};
use proto::text;
use proto::time::Date;

use super::draft::Draft;
use super::{read, show};
use crate::args::Create;
use crate::client::{Client, ClientError, Timeouts};
use crate::commands::{CommandError, Output, block_on, read_bounded, write_new};
use crate::{keys, pem};

/// Entry kinds, in version 1, that a new federation version puts in force.
const ENTRY_KINDS: [&str; 4] = ["issuance", "issuer", "revocation", "snapshot"];
/// Time for one checkpoint to be fetched.
const FETCH: Timeouts =
    Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(30) };

/// Why no version can be made of what was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// `--operator` or `--authority` has too few words.
    #[error("--{option} {line:?} has too few words\ngive {want}")]
    TooFewWords {
        /// The option.
        option: &'static str,
        /// What was given.
        line: String,
        /// What it consists of.
        want: &'static str,
    },
    /// The date is none.
    #[error("--expires {given:?} is not a date\nwrite it as 2030-12-31")]
    Date {
        /// What was given.
        given: String,
    },
    /// A member that is to leave is not there.
    #[error("the version before has no {what} {name:?}\nfederation show lists them")]
    NotThere {
        /// Operator or authority.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A clock is not written as it must be.
    #[error(
        "--clock {line:?}: {error}\n\
         write it as federation create --help shows; the certificate as PEM or DER"
    )]
    Clock {
        /// What was given.
        line: String,
        /// What is wrong.
        error: FederationError,
    },
    /// No program knows this algorithm.
    #[error(
        "--clock: there is no algorithm {name:?} for time-stamps\n\
         docs/formats.md lists their names"
    )]
    UnknownAlgorithm {
        /// What was given.
        name: String,
    },
    /// The version breaks a rule of the federation file.
    #[error("this cannot be a version of a federation: {0}\nchange the options and try again")]
    Rule(FederationError),
    /// What was given or fetched is no checkpoint.
    #[error(
        "{source_name}: not a checkpoint: {error}\ngive a file or URL with a published checkpoint"
    )]
    NotACheckpoint {
        /// File or URL.
        source_name: String,
        /// What is wrong.
        error: CheckpointError,
    },
    /// The checkpoint does not count.
    #[error("{source_name}: {error}\ngive the newest checkpoint that the federation has published")]
    Unpublished {
        /// File or URL.
        source_name: String,
        /// Why not.
        error: Untrusted,
    },
    /// A node did not give a checkpoint.
    #[error(
        "no checkpoint to pin: {reason}\n\
         start that node or give --checkpoint FILE; --unpublished ORIGIN if the log has none"
    )]
    NoCheckpoint {
        /// Where it was looked for and what came instead.
        reason: String,
    },
}

pub(super) fn run(args: &Create, out: &mut Output<'_>) -> Result<(), CommandError> {
    if args.out.symlink_metadata().is_ok() {
        return Err(CommandError::Exists { file: args.out.display().to_string() });
    }
    let before = args.previous.as_deref().map(read).transpose()?;
    let version = version(args, before.as_ref())?;
    // Reading back applies every rule of a version, spelling included.
    let version = Version::parse(&version.to_text()).map_err(CreateError::Rule)?;
    let draft = Draft::new(before, version);
    let bytes = draft.to_bytes().map_err(CreateError::Rule)?;
    write_new(&args.out, &bytes)?;
    show::all(&draft, out).map_err(CreateError::Rule)?;
    out.line(&format!("wrote {}: now each operator signs it:", args.out.display()));
    out.line(&format!("  beleg-node federation sign --key GOVERNANCE {}", args.out.display()));
    Ok(())
}

fn version(args: &Create, before: Option<&Federation>) -> Result<Version, CommandError> {
    let old = before.map(Federation::current);
    let expires = match (&args.expires, old) {
        (Some(day), _) => Date::parse(day).map_err(|_| CreateError::Date { given: day.clone() })?,
        (None, Some(old)) => old.expires,
        (None, None) => return Err(CreateError::Date { given: String::new() }.into()),
    };
    let mut operators = old.map(|old| old.operators.clone()).unwrap_or_default();
    drop_members(&mut operators, &args.drop_operator, "operator", |o| &o.name)?;
    for line in &args.operator {
        put(&mut operators, operator(line)?, |o| &o.name);
    }
    let mut authorities = old.map(|old| old.authorities.clone()).unwrap_or_default();
    drop_members(&mut authorities, &args.drop_authority, "authority", |a| &a.name)?;
    for line in &args.authority {
        put(&mut authorities, authority(line)?, |a| &a.name);
    }
    let number = |given: Option<u64>, old: Option<u64>| given.or(old).unwrap_or(0);
    let mut entries = old.map_or(Vec::new(), |old| old.entries.clone());
    for kind in ENTRY_KINDS {
        if !entries.iter().any(|form| form.kind == kind) {
            entries.push(EntryForm { kind: kind.to_owned(), version: 1 });
        }
    }
    entries.sort();
    Ok(Version {
        name: args.name.clone().or(old.map(|old| old.name.clone())).unwrap_or_default(),
        number: old.map_or(1, |old| old.number + 1),
        previous: old.map(Version::hash),
        expires,
        quorum: number(args.quorum, old.map(|old| old.quorum)),
        faults: number(args.faults, old.map(|old| old.faults)),
        status_age_s: number(args.status_age, old.map(|old| old.status_age_s)),
        entries,
        operators,
        authorities,
        pins: before.map(|before| pins(args, before)).transpose()?.unwrap_or_default(),
        clocks: clocks(args, old)?,
    })
}

fn clocks(args: &Create, old: Option<&Version>) -> Result<Clocks, CommandError> {
    let mut clocks = old.map(|old| old.clocks.clone()).unwrap_or_default();
    for named in &args.drop_clock {
        if !drop_clock(&mut clocks, named) {
            return Err(CreateError::NotThere { what: "clock", name: named.clone() }.into());
        }
    }
    for line in &args.clock {
        let algorithm = line.strip_prefix("tsa-algorithm ").and_then(|rest| rest.split(' ').next());
        if let Some(name) = algorithm.filter(|name| !tsa::is_known_algorithm(name)) {
            return Err(CreateError::UnknownAlgorithm { name: name.to_owned() }.into());
        }
        let set = match line.strip_prefix("tsa ").and_then(|rest| rest.split_once(' ')) {
            Some((name, file)) => set_clock(&mut clocks, &authority_line(name, Path::new(file))?),
            None => set_clock(&mut clocks, line),
        };
        set.map_err(|error| CreateError::Clock { line: line.clone(), error })?;
    }
    Ok(clocks)
}

/// The line of a time-stamping authority, with the certificate in the place of its file.
fn authority_line(name: &str, file: &Path) -> Result<String, CommandError> {
    let bytes = read_bounded(file, 2 * limits::CERTIFICATE_BYTES)?;
    let certificate = match pem::certificates(&bytes).as_deref() {
        Ok([one]) => text::base64_encode(one),
        _ => String::new(),
    };
    Ok(format!("tsa {name} {certificate}"))
}

/// Where the logs of the version before stand. Logs that left earlier keep their pin.
fn pins(args: &Create, before: &Federation) -> Result<Vec<Pin>, CommandError> {
    let mut pins = before.current().pins.clone();
    for origin in &args.unpublished {
        let pin = Pin { origin: origin.clone(), size: TreeSize(0), root: EMPTY_ROOT };
        put(&mut pins, pin, |pin| &pin.origin);
    }
    let mut given = Vec::new();
    for source in &args.checkpoint {
        let pin = pin(before, source, &read_checkpoint(source)?)?;
        given.push(pin.origin.clone());
        put(&mut pins, pin, |pin| &pin.origin);
    }
    for authority in &before.current().authorities {
        let origin = authority.origin();
        if given.iter().chain(&args.unpublished).any(|known| known == origin) {
            continue;
        }
        let url = format!("{}/checkpoint", authority.url);
        let pin = pin(before, &url, &read_checkpoint(&url)?)?;
        put(&mut pins, pin, |pin| &pin.origin);
    }
    Ok(pins)
}

fn pin(before: &Federation, source: &str, bytes: &[u8]) -> Result<Pin, CreateError> {
    let name = || source.to_owned();
    let signed = SignedCheckpoint::parse(bytes)
        .map_err(|error| CreateError::NotACheckpoint { source_name: name(), error })?;
    let published = before
        .verify_checkpoint(&signed, &[])
        .map_err(|error| CreateError::Unpublished { source_name: name(), error })?;
    let (origin, size) = (published.origin().to_owned(), published.size());
    Ok(Pin { origin, size, root: *published.root() })
}

fn read_checkpoint(source: &str) -> Result<Vec<u8>, CommandError> {
    if !source.starts_with("http://") && !source.starts_with("https://") {
        return read_bounded(Path::new(source), limits::NOTE_BYTES);
    }
    let (base, path) = source.rsplit_once('/').unwrap_or((source, ""));
    let none = |reason: String| CreateError::NoCheckpoint { reason };
    let fetched = block_on(async {
        let client = Client::new(base, FETCH)?;
        client.get(&format!("/{path}"), limits::NOTE_BYTES).await
    })?;
    let answer = fetched.map_err(|error: ClientError| none(error.to_string()))?;
    if answer.status != 200 {
        return Err(none(format!("{source}: HTTP status {}", answer.status)).into());
    }
    Ok(answer.body.to_vec())
}

fn operator(line: &str) -> Result<Operator, CommandError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, url, governance, ed25519, mldsa] = words.as_slice() else {
        let want = "NAME URL GOVERNANCE COSIGNER-ED25519 COSIGNER-MLDSA";
        let line = line.to_owned();
        return Err(CreateError::TooFewWords { option: "operator", line, want }.into());
    };
    Ok(Operator {
        name: (*name).to_owned(),
        url: url.trim_end_matches('/').to_owned(),
        governance: key(governance, KeyType::Ed25519)?,
        cosigner_ed25519: key(ed25519, KeyType::CosignatureV1)?,
        cosigner_ml_dsa: key(mldsa, KeyType::SubtreeV1)?,
    })
}

fn authority(line: &str) -> Result<Authority, CommandError> {
    let words: Vec<&str> = line.splitn(6, ' ').collect();
    let [name, operator, url, log, administration, display_name] = words.as_slice() else {
        let want = "NAME OPERATOR URL LOG ADMINISTRATION DISPLAY NAME";
        let line = line.to_owned();
        return Err(CreateError::TooFewWords { option: "authority", line, want }.into());
    };
    Ok(Authority {
        name: (*name).to_owned(),
        operator: (*operator).to_owned(),
        url: url.trim_end_matches('/').to_owned(),
        log: key(log, KeyType::Ed25519)?,
        administration: key(administration, KeyType::Ed25519)?,
        display_name: (*display_name).to_owned(),
    })
}

/// A vkey, or the file that holds it.
fn key(word: &str, kind: KeyType) -> Result<VerifierKey, CommandError> {
    match VerifierKey::parse(word) {
        Ok(key) => {
            keys::check_purpose(Path::new(key.name()), kind, &key)?;
            Ok(key)
        }
        // A plus sign is in every vkey: this is one with a mistake rather than a file.
        Err(error) if word.contains('+') && !Path::new(word).exists() => {
            Err(keys::unreadable(Path::new(word), error).into())
        }
        Err(_) => Ok(keys::load_public(Path::new(word), kind)?),
    }
}

fn drop_members<T>(
    all: &mut Vec<T>,
    names: &[String],
    what: &'static str,
    name_of: impl Fn(&T) -> &str,
) -> Result<(), CreateError> {
    for name in names {
        let count = all.len();
        all.retain(|member| name_of(member) != name);
        if all.len() == count {
            return Err(CreateError::NotThere { what, name: name.clone() });
        }
    }
    Ok(())
}

/// Puts a member at its place in the order, over one of the same name.
fn put<T>(all: &mut Vec<T>, member: T, name_of: impl Fn(&T) -> &str) {
    match all.binary_search_by(|other| name_of(other).cmp(name_of(&member))) {
        Ok(at) => all[at] = member,
        Err(at) => all.insert(at, member),
    }
}
