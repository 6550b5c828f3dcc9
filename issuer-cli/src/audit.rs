//! `beleg-issuer watch-ledger`: the whole log read as an auditor reads it, compared with the
//! office's journal. What stands in the ledger under this office's name and not in its journal was
//! made by somebody else: its key is stolen.
//!
//! The newest checkpoint that a quorum vouches for counts, whichever node has it, and every entry
//! is hashed up to its root. Order: first the ledger, then the plans that wait, then the journal. A
//! batch is planned before it is sent and written down before its plan goes, so what is under way
//! is never taken for a stranger's.

use crate::book::line::What;
use crate::book::{BookError, lines_path, read};
use crate::ledger::{Ledger, LedgerError};
use crate::report::Said;
use proto::hash::{Hash, LeafIndex};
use proto::ledger::{Entry, Issuer, revocation::Signer};
use proto::time::Date;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Why the ledger cannot be compared with the journal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    #[error("The ledger does not hold this office's key yet.")]
    KeyMissing,
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Book(#[from] BookError),
    #[error("The office's folder cannot be read: {0}.")]
    Io(#[from] io::Error),
}

/// Whose entries are looked for.
pub struct Subject<'a> {
    pub office: &'a Path,
    pub ledger: Ledger<'a>,
    /// Public halves of the office's keys.
    pub keys: Vec<[u8; 32]>,
}

/// An entry that the journal does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    pub index: u64,
    /// Of the snapshot that closed its round.
    pub time: u64,
    what: &'static str,
}

impl Foreign {
    /// One sentence for a person.
    pub fn sentence(&self) -> String {
        let day = Date::of(proto::hash::Timestamp(self.time));
        let day = day.map_or_else(String::new, |day| day.to_string());
        let (hour, minute) = (self.time % 86_400 / 3600, self.time % 3600 / 60);
        format!(
            "ALARM: entry {} of {day} {hour:02}:{minute:02} UTC {}, and this office's journal does \
             not know it. If nobody here made it, the key is stolen: call the authority now.",
            self.index, self.what
        )
    }
}

/// What the journal knows.
#[derive(Default)]
struct Known {
    roots: BTreeSet<Hash>,
    keys: BTreeSet<[u8; 32]>,
    changes: BTreeSet<Vec<u8>>,
    seen: BTreeSet<u64>,
}

/// Everything under this office's name that its journal does not know, and the size of the tree.
pub fn audit(subject: &Subject<'_>) -> Result<(Vec<Foreign>, u64), AuditError> {
    let entries = subject.ledger.entries()?;
    let known = known(subject)?;
    let mut foreign: Vec<Foreign> = Vec::new();
    let id = id_of(&entries, &subject.keys).ok_or(AuditError::KeyMissing)?;
    let (mut own, mut open) = (BTreeSet::new(), 0);
    for (index, bytes) in (0u64..).zip(&entries) {
        // The quorum has replayed every entry: one that does not parse is of a newer program.
        let Ok(entry) = Entry::parse(bytes) else { continue };
        let what = match &entry {
            Entry::Issuer(issuer) => {
                if first_of(issuer, index) != id {
                    continue;
                }
                own.insert(index);
                let key = issuer.statement.key();
                (!known.keys.contains(key)).then_some("puts another key in this office's place")
            }
            Entry::Issuance(issuance) => {
                let statement = &issuance.submission.statement;
                let ours = own.contains(&statement.issuer.0);
                (ours && !known.roots.contains(&statement.batch_root))
                    .then_some("issues documents in this office's name")
            }
            Entry::Revocation(revocation) => {
                let statement = &revocation.statement;
                let ours = statement.issuer == id && statement.signer == Signer::Issuer;
                (ours && !known.changes.contains(bytes))
                    .then_some("changes the status of documents in this office's name")
            }
            Entry::Snapshot(snapshot) => {
                foreign[open..].iter_mut().for_each(|entry| entry.time = snapshot.time.0);
                open = foreign.len();
                None
            }
        };
        let new = what.filter(|_| !known.seen.contains(&index));
        foreign.extend(new.map(|what| Foreign { index, time: 0, what }));
    }
    Ok((foreign, entries.len() as u64))
}

/// The issuer whose key ours is, by its entries.
fn id_of(entries: &[Vec<u8>], keys: &[[u8; 32]]) -> Option<LeafIndex> {
    (0u64..).zip(entries).find_map(|(index, bytes)| match Entry::parse(bytes) {
        Ok(Entry::Issuer(issuer)) if keys.contains(issuer.statement.key()) => {
            Some(first_of(&issuer, index))
        }
        _ => None,
    })
}

fn first_of(issuer: &Issuer, index: u64) -> LeafIndex {
    issuer.statement.previous().map_or(LeafIndex(index), |previous| previous.id)
}

fn known(subject: &Subject<'_>) -> Result<Known, AuditError> {
    let mut known = Known { keys: subject.keys.iter().copied().collect(), ..Known::default() };
    match fs::read_dir(subject.office.join("batches")) {
        Ok(plans) => {
            for plan in plans {
                let path = plan?.path();
                let root = path.file_stem().and_then(|stem| Hash::from_hex(stem.to_str()?).ok());
                known.roots.extend(root);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    read::walk(&lines_path(subject.office), &mut |hashed| {
        match hashed.line.what {
            What::Key { key } => known.keys.extend([key.0]),
            What::Batch(batch) => {
                known.roots.insert(batch.root);
                known.keys.insert(batch.key.0);
            }
            What::Change(change) => known.changes.extend([change.entry]),
            What::Seen { index } => known.seen.extend([index]),
            _ => {}
        }
        Ok(())
    })
    .map_err(BookError::from)?;
    Ok(known)
}

/// What one look at the ledger has to say; `told` holds what was said before.
pub fn look(
    subject: &Subject<'_>,
    told: &mut BTreeSet<Foreign>,
    alarm: &[String],
) -> Result<Said, AuditError> {
    let (foreign, size) = audit(subject)?;
    let new: Vec<Foreign> = foreign.iter().filter(|entry| !told.contains(entry)).cloned().collect();
    let mut said = Said { exit: u8::from(!foreign.is_empty()), ..Said::default() };
    if foreign.is_empty() {
        said.out.push(format!("{size} entries read; the journal knows all that are this office's"));
    }
    for entry in new {
        said.out.push(entry.sentence());
        if let Err(error) = call(alarm, &entry.sentence()) {
            said.err.push(format!("The alarm command cannot be run: {error}."));
        }
        told.insert(entry);
    }
    Ok(said)
}

/// Runs the office's alarm command with the sentence as its input.
fn call(alarm: &[String], sentence: &str) -> io::Result<()> {
    let Some((program, args)) = alarm.split_first() else { return Ok(()) };
    let mut child =
        Command::new(program).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        match writeln!(input, "{sentence}") {
            // A command that does not read its input has been called all the same.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}
