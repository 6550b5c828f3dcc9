//! One document and what is to be said about it. Times are seconds as POSIX counts them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proto::anchor::Kind;
use proto::hash::{Hash, Timestamp};
use proto::ledger::StatusState;
use proto::verify::{
    AnchorFacts, DocumentFacts, Facts, IssuerFacts, Line, LineState, LogFacts, StatusFacts,
    StatusSource, Verdict, Word,
};
use serde::Serialize;

use crate::anchors::AnchorView;

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The word.
    pub word: Word,
    /// The stable code of the reason.
    pub code: &'static str,
    /// What it means.
    pub message: &'a str,
    /// What a person can do.
    pub next_step: &'static str,
    /// The document; the receipt where there is no document.
    pub file: &'a str,
    /// The receipt that was looked for.
    pub receipt: Option<&'a str>,
    /// The verdict, unless something was in the way.
    pub verdict: Option<&'a Verdict>,
    /// When the status list was fetched that tells the status.
    pub list_fetched: Option<Timestamp>,
    /// What each kind of outside evidence was judged by, and where that is from.
    pub sources: &'a [(Kind, String)],
    /// When it was judged.
    pub now: Timestamp,
}

/// One document. Parts that were not proven are null.
#[derive(Serialize, Debug)]
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
    anchors: Vec<AnchorView>,
}

#[derive(Serialize, Debug)]
struct LinesView {
    content: LineView,
    issuer: LineView,
    time: LineView,
    status: LineView,
}

#[derive(Serialize, Debug)]
struct LineView {
    state: &'static str,
    code: &'static str,
    message: String,
}

#[derive(Serialize, Debug)]
struct FederationView {
    name: String,
    version: u64,
    expires: String,
}

#[derive(Serialize, Debug)]
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

#[derive(Serialize, Debug)]
struct IssuerView {
    name: String,
    entry: u64,
    key: String,
}

#[derive(Serialize, Debug)]
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
#[derive(Serialize, Debug)]
pub struct FieldView {
    /// Its place.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

#[derive(Serialize, Debug)]
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

/// The word for a status.
pub fn status_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Valid => "valid",
        StatusState::Suspended => "suspended",
        StatusState::Superseded => "superseded",
        StatusState::Revoked => "revoked",
    }
}

/// The places of the fields that the holder left out.
pub fn hidden_places(document: &DocumentFacts) -> Vec<u32> {
    let shown = u32::try_from(document.shown.len()).unwrap_or(u32::MAX);
    let count = shown.saturating_add(document.hidden);
    left_out(count, document.shown.iter().map(|(place, ..)| *place))
}

/// The places, of so many, that are not among those shown.
pub fn left_out(count: u32, shown: impl Iterator<Item = u32>) -> Vec<u32> {
    let shown: Vec<u32> = shown.collect();
    (0..count).filter(|place| !shown.contains(place)).collect()
}

impl From<&Judged<'_>> for VerdictView {
    fn from(judged: &Judged<'_>) -> VerdictView {
        let Judged { word, code, message, next_step, file, receipt, verdict, .. } = *judged;
        let facts = verdict.map(|verdict| &verdict.facts);
        let anchor = |facts: &AnchorFacts| AnchorView::new(facts, judged.sources);
        VerdictView {
            verdict: word.to_string(),
            code,
            message: message.to_string(),
            next_step,
            file: file.to_string(),
            receipt: receipt.map(str::to_string),
            lines: verdict.map(LinesView::from),
            federation: facts.map(FederationView::from),
            log: facts.and_then(|facts| facts.log.as_ref()).map(LogView::from),
            issuer: facts.and_then(|facts| facts.issuer.as_ref()).map(IssuerView::from),
            document: facts.and_then(|facts| facts.document.as_ref()).map(DocumentView::from),
            status: facts.and_then(|facts| facts.status.as_ref()).map(|s| status(judged, s)),
            anchors: facts.iter().flat_map(|facts| &facts.anchors).map(anchor).collect(),
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
            hidden_places: hidden_places(document),
            commitment: document.commitment.to_hex(),
            entry: document.entry.0,
            batch_width: document.batch_width,
        }
    }
}

fn status(judged: &Judged<'_>, status: &StatusFacts) -> StatusView {
    StatusView {
        state: status_word(status.state),
        as_of: status.as_of.0,
        age_s: judged.now.0.saturating_sub(status.as_of.0),
        source: match status.source {
            StatusSource::Receipt => "receipt",
            StatusSource::List => "list",
        },
        list_fetched: judged.list_fetched.map(|time| time.0),
        successor: status.successor.map(|commitment| commitment.to_hex()),
        index: status.index.0,
        allowed_age_s: status.allowed_age_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_left_out() {
        assert_eq!(left_out(6, [0, 1, 2, 3, 5].into_iter()), [4]);
        assert_eq!(left_out(4, 0..4), [0; 0]);
    }
}
