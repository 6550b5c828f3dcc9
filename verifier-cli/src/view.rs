//! The JSON that only `beleg` prints: one document as its paths show it, and the last line where
//! there were several. docs/verifying.md promises names and codes.

use crate::judge::Checked;
use crate::lists::Used;
use crate::run::{Counts, Summary};
use crate::successors::Replaced;
use check::{Judged, VerdictView};
use proto::hash::Timestamp;
use serde::Serialize;
use std::path::Path;

/// The last line where there were several documents.
#[derive(Serialize)]
pub struct SummaryView {
    summary: CountsView,
    status_lists: Vec<UsedView>,
    superseded: Vec<ReplacedView>,
    exit: u8,
}

#[derive(Serialize)]
struct UsedView {
    origin: String,
    as_of: u64,
    age_s: u64,
    documents: u64,
}

#[derive(Serialize)]
struct ReplacedView {
    file: String,
    successor: String,
    successor_file: Option<String>,
}

#[derive(Serialize)]
struct CountsView {
    valid: u64,
    invalid: u64,
    cannot_tell: u64,
}

/// A path in JSON; bytes that are not UTF-8 are replaced.
pub fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// One document.
pub fn verdict(checked: &Checked) -> VerdictView {
    let (code, message, next_step) = checked.why();
    let receipt = checked.receipt.as_deref().map(path);
    VerdictView::from(&Judged {
        word: checked.word(),
        code,
        message: &message,
        next_step,
        file: &path(&checked.file),
        receipt: receipt.as_deref(),
        verdict: checked.answer.as_deref().ok(),
        sources: &checked.sources,
        list_fetched: checked.list_fetched,
        now: checked.now,
    })
}

fn age_s(now: Timestamp, then: Timestamp) -> u64 {
    now.0.saturating_sub(then.0)
}

impl From<&Summary> for SummaryView {
    fn from(summary: &Summary) -> SummaryView {
        let Counts { valid, invalid, cannot_tell } = summary.counts;
        let used = |list: &Used| UsedView {
            origin: list.origin.clone(),
            as_of: list.as_of.0,
            age_s: age_s(summary.now, list.as_of),
            documents: list.documents,
        };
        let replaced = |replaced: &Replaced| ReplacedView {
            file: path(&replaced.file),
            successor: replaced.commitment.to_hex(),
            successor_file: replaced.by.as_deref().map(path),
        };
        SummaryView {
            summary: CountsView { valid, invalid, cannot_tell },
            status_lists: summary.lists.iter().map(used).collect(),
            superseded: summary.replaced.iter().map(replaced).collect(),
            exit: summary.counts.exit(),
        }
    }
}
