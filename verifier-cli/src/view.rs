//! The JSON that `beleg` prints. The names and codes here are promised in docs/verifying.md:
//! members are added, never renamed or taken away. Times are seconds as POSIX counts them.

use crate::judge::Checked;
use crate::lists::Used;
use crate::run::{Counts, Summary};
use crate::successors::Replaced;
use proto::hash::{Hash, Timestamp};
use proto::ledger::StatusState;
use proto::verify::{
    DocumentFacts, Facts, IssuerFacts, Line, LineState, LogFacts, StatusFacts, StatusSource,
    Verdict,
};
use serde::Serialize;
use std::path::Path;

/// One document. Parts that were not proven are null.
#[derive(Serialize)]
pub struct VerdictView {
    verdict: String,
    code: &'static str,
    message: String,
    next_step: &'static str,
    file: String,
    receipt: Option<String>,
    lines: Option<LinesView>,
    federation: Option<FederationView>,
    log: Option<LogView>,
    issuer: Option<IssuerView>,
    document: Option<DocumentView>,
    status: Option<StatusView>,
}

#[derive(Serialize)]
struct LinesView {
    content: LineView,
    issuer: LineView,
    time: LineView,
    status: LineView,
}

#[derive(Serialize)]
struct LineView {
    state: &'static str,
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct FederationView {
    name: String,
    version: u64,
    expires: String,
}

#[derive(Serialize)]
struct LogView {
    origin: String,
    authority: String,
    authority_name: String,
    tree_size: u64,
    proven_time: u64,
    operators: Vec<String>,
    quorum: u64,
    version: u64,
}

#[derive(Serialize)]
struct IssuerView {
    name: String,
    entry: u64,
    key: String,
}

#[derive(Serialize)]
struct DocumentView {
    #[serde(rename = "type")]
    document_type: String,
    unit: String,
    valid_until: Option<String>,
    claimed_date: Option<String>,
    reference: Option<String>,
    media_type: String,
    length: u64,
    fields: Vec<FieldView>,
    hidden_fields: u32,
    hidden_places: Vec<u32>,
    commitment: String,
    entry: u64,
    batch_width: u64,
}

/// A field that is shown.
#[derive(Serialize)]
pub struct FieldView {
    pub index: u32,
    pub name: String,
    pub value: String,
}

#[derive(Serialize)]
struct StatusView {
    state: &'static str,
    as_of: u64,
    age_s: u64,
    source: &'static str,
    list_fetched: Option<u64>,
    successor: Option<String>,
    index: u64,
    allowed_age_s: u64,
}

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

/// The word for a status.
pub fn status_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Valid => "valid",
        StatusState::Suspended => "suspended",
        StatusState::Superseded => "superseded",
        StatusState::Revoked => "revoked",
    }
}

impl From<&Checked> for VerdictView {
    fn from(checked: &Checked) -> VerdictView {
        let (code, message, next_step) = checked.why();
        let verdict = checked.answer.as_deref().ok();
        let facts = verdict.map(|verdict| &verdict.facts);
        VerdictView {
            verdict: checked.word().to_string(),
            code,
            message,
            next_step,
            file: path(&checked.file),
            receipt: checked.receipt.as_deref().map(path),
            lines: verdict.map(LinesView::from),
            federation: facts.map(FederationView::from),
            log: facts.and_then(|facts| facts.log.as_ref()).map(LogView::from),
            issuer: facts.and_then(|facts| facts.issuer.as_ref()).map(IssuerView::from),
            document: facts.and_then(|facts| facts.document.as_ref()).map(DocumentView::from),
            status: facts.and_then(|facts| facts.status.as_ref()).map(|s| status(checked, s)),
        }
    }
}

impl From<&Verdict> for LinesView {
    fn from(verdict: &Verdict) -> LinesView {
        LinesView {
            content: verdict.content.into(),
            issuer: verdict.issuer.into(),
            time: verdict.time.into(),
            status: verdict.status.into(),
        }
    }
}

impl From<Line> for LineView {
    fn from(line: Line) -> LineView {
        let state = match line.state {
            LineState::Good => "good",
            LineState::Bad => "bad",
            LineState::Unknown => "unknown",
        };
        LineView { state, code: line.reason.code(), message: line.reason.sentence() }
    }
}

impl From<&Facts> for FederationView {
    fn from(facts: &Facts) -> FederationView {
        FederationView {
            name: facts.federation.clone(),
            version: facts.federation_version,
            expires: facts.federation_expires.to_string(),
        }
    }
}

impl From<&LogFacts> for LogView {
    fn from(log: &LogFacts) -> LogView {
        LogView {
            origin: log.origin.clone(),
            authority: log.authority.clone(),
            authority_name: log.authority_name.clone(),
            tree_size: log.tree_size.0,
            proven_time: log.proven_time.0,
            operators: log.operators.clone(),
            quorum: log.quorum,
            version: log.version,
        }
    }
}

impl From<&IssuerFacts> for IssuerView {
    fn from(issuer: &IssuerFacts) -> IssuerView {
        let key = Hash(issuer.key).to_hex();
        IssuerView { name: issuer.name.clone(), entry: issuer.entry.0, key }
    }
}

impl From<&DocumentFacts> for DocumentView {
    fn from(document: &DocumentFacts) -> DocumentView {
        let field = |(index, name, value): &(u32, String, String)| FieldView {
            index: *index,
            name: name.clone(),
            value: value.clone(),
        };
        DocumentView {
            document_type: document.document_type.clone(),
            unit: document.unit.clone(),
            valid_until: document.valid_until.map(|date| date.to_string()),
            claimed_date: document.claimed_date.map(|date| date.to_string()),
            reference: document.reference.clone(),
            media_type: document.media_type.clone(),
            length: document.length,
            fields: document.shown.iter().map(field).collect(),
            hidden_fields: document.hidden,
            hidden_places: crate::words::hidden_places(document),
            commitment: document.commitment.to_hex(),
            entry: document.entry.0,
            batch_width: document.batch_width,
        }
    }
}

fn status(checked: &Checked, status: &StatusFacts) -> StatusView {
    StatusView {
        state: status_word(status.state),
        as_of: status.as_of.0,
        age_s: age_s(checked.now, status.as_of),
        source: match status.source {
            StatusSource::Receipt => "receipt",
            StatusSource::List => "list",
        },
        list_fetched: checked.list_fetched.map(|time| time.0),
        successor: status.successor.map(|commitment| commitment.to_hex()),
        index: status.index.0,
        allowed_age_s: status.allowed_age_s,
    }
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
