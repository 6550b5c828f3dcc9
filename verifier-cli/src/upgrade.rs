//! Evidence of outside clocks into receipts: found at a node, checked, and put in the place of the
//! receipt that was there. What opens the socket is handed in.
//!
//! A node is asked for whole lists, for the statements that a search among them leads to, for
//! evidence, and for all tiles between two anchored sizes. So it learns between which two anchors a
//! receipt was issued, and nothing that tells the receipts of one such interval apart.

mod carrier;
mod source;

use crate::shown;
use crate::walk::{self, Found};
use carrier::Carrier;
use proto::anchor::Kind;
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::receipt::cover::CoverError;
use proto::receipt::{Receipt, ReceiptError};
use proto::verify::{LineState, LogFacts, Question, Reason, Verdict, verify};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub use carrier::CarrierError;
pub use source::{Source, SourceError};

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It has evidence of these kinds now, or newer evidence.
    Upgraded(Vec<Kind>),
    /// No node has anything that it lacks.
    Nothing,
    /// It is no receipt and carries none.
    Passed,
}

/// Why a receipt stays as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// The file.
    #[error("{0}")]
    Carrier(#[from] CarrierError),
    /// The receipt.
    #[error("{0}")]
    Receipt(#[from] ReceiptError),
    /// It proves nothing as it is.
    #[error("{} {}", .0.sentence(), .0.next_step())]
    NotProven(Reason),
    /// No node is known for its log.
    #[error("It is of the log {}, which is not asked here.", shown::text(.0))]
    OtherLog(String),
    /// There is none.
    #[error("It has no receipt, neither beside it nor in it.")]
    NoReceipt,
    /// An anchor does not fit it.
    #[error("{0}")]
    Cover(#[from] CoverError),
    /// A node is of no use.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// Evidence would change what is said of it.
    #[error("With the evidence it would be judged otherwise ({0}), so it was left as it was.")]
    OtherVerdict(&'static str),
    /// The system refused.
    #[error("It cannot be written: {0}. Check the folder and the disk.")]
    NotWritten(io::Error),
}

impl UpgradeError {
    /// The same word for the same thing, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            UpgradeError::Carrier(error) => error.code(),
            UpgradeError::Receipt(_) => "receipt-malformed",
            UpgradeError::NotProven(reason) => reason.code(),
            UpgradeError::OtherLog(_) => "other-log",
            UpgradeError::NoReceipt => "receipt-missing",
            UpgradeError::Cover(CoverError::OtherTree) => "anchor-other-tree",
            UpgradeError::Cover(_) => "anchor-does-not-fit",
            UpgradeError::Source(_) => "nodes-away",
            UpgradeError::OtherVerdict(_) => "verdict-changes",
            UpgradeError::NotWritten(_) => "not-written",
        }
    }

    /// Whether it may go well another time: nothing is wrong with the receipt.
    pub fn is_passing(&self) -> bool {
        matches!(self, UpgradeError::Source(_))
    }
}

/// The nodes to be asked for the receipts of a log, one after the other until one has something.
pub type Sources<'a> = BTreeMap<String, Vec<Source<'a>>>;

/// What became of everything that was named.
#[derive(Debug, Default)]
pub struct Report {
    /// A line for each receipt, and a summary.
    pub out: Vec<String>,
    /// What is wrong, for people.
    pub err: Vec<String>,
    /// Receipts that were refused.
    pub refused: usize,
    /// Receipts for which no node answered.
    pub away: usize,
}

/// Upgrades everything that was named, and what is in the folders that were named.
pub fn all(
    paths: &[PathBuf],
    federation: &Federation,
    sources: &mut Sources<'_>,
    now: Timestamp,
) -> Report {
    let (mut report, mut upgraded, mut unchanged) = (Report::default(), 0, 0);
    for (path, named) in files(paths) {
        let shown = shown::path(&path);
        let done = match upgrade(&path, federation, sources, now) {
            Ok(Done::Passed) if named => Err(UpgradeError::NoReceipt),
            done => done,
        };
        match done {
            Ok(Done::Upgraded(kinds)) => {
                upgraded += 1;
                let kinds: Vec<&str> = kinds.into_iter().map(Kind::name).collect();
                report.out.push(format!("upgraded\t{shown}\t{}", kinds.join(" ")));
            }
            Ok(Done::Nothing) => {
                unchanged += 1;
                report.out.push(format!("unchanged\t{shown}"));
            }
            Ok(Done::Passed) => {}
            Err(error) => {
                let (word, count) = match error.is_passing() {
                    true => ("waiting", &mut report.away),
                    false => ("refused", &mut report.refused),
                };
                *count += 1;
                report.out.push(format!("{word}\t{shown}\t{}", error.code()));
                report.err.push(format!("{shown}: {error}"));
            }
        }
    }
    let Report { refused, away, .. } = report;
    report.out.push(format!(
        "{upgraded} upgraded, {unchanged} unchanged, {away} waiting, {refused} refused"
    ));
    report
}

/// Receipts and sealed files; whether each was named itself, and not found in a folder.
fn files(paths: &[PathBuf]) -> impl Iterator<Item = (PathBuf, bool)> {
    paths.iter().flat_map(|top| {
        let folder = top.is_dir();
        walk::walk(std::slice::from_ref(top)).filter_map(move |found| match found {
            Found::Receipt(path) | Found::Refused(path, _) => Some((path, !folder)),
            // Its receipt comes by itself.
            Found::Document(path) if folder && walk::receipt_path(&path).exists() => None,
            Found::Document(path) => Some((path, !folder)),
        })
    })
}

/// Adds to the receipt in this file what the nodes have for it.
pub fn upgrade(
    path: &Path,
    federation: &Federation,
    sources: &mut Sources<'_>,
    now: Timestamp,
) -> Result<Done, UpgradeError> {
    let Some(carrier) = Carrier::open(path)? else { return Ok(Done::Passed) };
    let before = judge(carrier.receipt(), federation, now);
    let log = proven(&before)?;
    let receipt = Receipt::parse(carrier.receipt())?;
    let (mut trouble, mut answered) = (None, false);
    let origin = receipt.checkpoint.checkpoint().origin();
    let other = || UpgradeError::OtherLog(origin.to_owned());
    for source in sources.get_mut(origin).ok_or_else(other)? {
        match source.add(&receipt, log.proven_time, now) {
            Ok((with, kinds)) if !kinds.is_empty() => {
                let bytes = with.to_bytes()?;
                let after = judge(&bytes, federation, now);
                if lines(&before) != lines(&after) {
                    return Err(UpgradeError::OtherVerdict(after.reason.code()));
                }
                let file = carrier.with_receipt(bytes)?;
                carrier::replace(carrier.path(), &file).map_err(UpgradeError::NotWritten)?;
                return Ok(Done::Upgraded(kinds));
            }
            Ok(_) => answered = true,
            Err(UpgradeError::Source(why)) => trouble = Some(why),
            Err(why) => return Err(why),
        }
    }
    match trouble {
        Some(why) if !answered => Err(why.into()),
        _ => Ok(Done::Nothing),
    }
}

fn judge(receipt: &[u8], federation: &Federation, now: Timestamp) -> Verdict {
    verify(&Question::new(None, receipt, federation, now))
}

/// What the log proves of it; a receipt that proves nothing is not worth more with evidence.
fn proven(verdict: &Verdict) -> Result<&LogFacts, UpgradeError> {
    let lines = [verdict.issuer, verdict.time];
    let wrong = lines.into_iter().find(|line| line.state != LineState::Good);
    match (wrong, &verdict.facts.log) {
        (None, Some(log)) => Ok(log),
        (Some(line), _) => Err(UpgradeError::NotProven(line.reason)),
        (None, None) => Err(UpgradeError::NotProven(Reason::NotJudged)),
    }
}

fn lines(verdict: &Verdict) -> [Reason; 4] {
    verdict.lines().map(|(_, line)| line.reason)
}
