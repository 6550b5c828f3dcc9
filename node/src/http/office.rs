//! What a hosted office's page asks before it does anything: what the token may do here, and which
//! documents there are.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use proto::hash::StatusIndex;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::error::ApiError;
use super::openapi::Refusal;
use super::submit::json;
use super::{Node, blocking};
use crate::hosted::Pass;
use crate::hosted::changes::ALONE;
use crate::hosted::desk::IssueError;
use crate::hosted::journal::{self, Search, Written};
use crate::hosted::ring::Use;
use crate::hosted::token::May;

/// Documents of an answer, if it is not said how many.
const LIMIT: usize = 20;
/// Documents of an answer.
const MOST: usize = 100;

/// A hosted office as a token has it.
#[derive(Serialize, ToSchema)]
pub struct Office {
    /// Its short name.
    office: String,
    /// Its name, for people.
    name: String,
    /// `ready`, `not-admitted`, `retired` or `not-ready`.
    state: &'static str,
    /// The document types that the token is for.
    types: Vec<String>,
    /// The token.
    token: TokenShown,
    /// More documents than this in one change wait for a second person.
    many: usize,
    /// Hours for which a receipt can be asked for again.
    keep_hours: u64,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub struct TokenShown {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// `issue`, `withdraw`, `approve`.
    may: Vec<&'static str>,
}

/// Says which office the token is for, and what it may do.
#[utoipa::path(
    get,
    path = "/v1/office",
    tag = "hosted",
    operation_id = "showOffice",
    responses(
        (status = 200, description = "The office.", body = Office),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 404, description = "This node hosts no office.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn show(pass: Pass) -> Result<Response, ApiError> {
    pass.count(Use::Look).map_err(ApiError::too_often)?;
    let (desk, token) = (&pass.desk, &pass.token);
    let state = match desk.open_now() {
        Ok(()) => "ready",
        Err(IssueError::NotAdmitted) => "not-admitted",
        Err(IssueError::Retired) => "retired",
        Err(_) => "not-ready",
    };
    let may = token.may.iter().map(|may| may.word()).collect();
    let office = Office {
        office: desk.office.name.clone(),
        name: desk.office.settings.name.clone(),
        state,
        types: token.types.clone(),
        token: TokenShown { id: token.id.clone(), name: token.name.clone(), may },
        many: ALONE,
        keep_hours: desk.office.settings.keep_hours,
    };
    Ok(json(axum::Json(office).into_response()))
}

/// Which documents are looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Documents with this reference.
    reference: Option<String>,
    /// The document with this status index.
    status: Option<u64>,
    /// At most so many, 1 to 100; 20 if not said.
    limit: Option<usize>,
}

/// Documents that were found, the newest first.
#[derive(Serialize, ToSchema)]
pub struct DocumentsFound {
    /// The documents.
    documents: Vec<DocumentFound>,
    /// Whether there are more.
    more: bool,
}

/// A document of the office's journal.
#[derive(Serialize, ToSchema)]
pub struct DocumentFound {
    /// Its status index, by which it is named.
    status: u64,
    /// Index of its issuance.
    index: u64,
    /// Its type.
    r#type: String,
    /// Its reference, if it has one.
    reference: Option<String>,
    /// When it was issued, POSIX seconds.
    time: u64,
    /// The id of the token that it came with.
    token: String,
    /// `valid`, `suspended`, `superseded` or `revoked`.
    state: &'static str,
}

/// Finds documents that the office has issued.
///
/// A token that may withdraw or approve sees all documents of its types, another one those that
/// were issued with it.
#[utoipa::path(
    get,
    path = "/v1/documents",
    tag = "hosted",
    operation_id = "findDocuments",
    params(Wanted),
    responses(
        (status = 200, description = "The documents, the newest first.", body = DocumentsFound),
        (status = 400, description = "Not a search.", body = Refusal),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 404, description = "This node hosts no office.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
        (status = 503, description = "Not now; send it after `Retry-After`.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn find(
    State(node): State<Arc<Node>>,
    pass: Pass,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let hosted = node.hosted.clone().ok_or_else(ApiError::hosts_nobody)?;
    let bad = |message: &str| ApiError::malformed("query-malformed", message);
    let Ok(Query(wanted)) = wanted else {
        return Err(bad("The parameters are reference or status, and limit."));
    };
    let search = match (wanted.reference, wanted.status) {
        (None, None) => Search::All,
        (Some(reference), None) => Search::Reference(reference),
        (None, Some(status)) => Search::Status(status),
        _ => return Err(bad("Look for a reference or for a status index, not for both.")),
    };
    let limit = wanted.limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(bad("limit is a number from 1 to 100."));
    }
    pass.count(Use::Look).map_err(ApiError::too_often)?;
    let found = blocking(move || {
        // The whole journal is read, so only so many at one time.
        let _room = hosted.search_room().ok_or_else(ApiError::busy)?;
        look(&pass, &search, limit)
    });
    Ok(json(axum::Json(found.await??).into_response()))
}

fn look(pass: &Pass, search: &Search, limit: usize) -> Result<DocumentsFound, ApiError> {
    let token = &pass.token;
    let all = token.may(May::Withdraw) || token.may(May::Approve);
    let fits = |document: &Written| match all {
        true => token.is_for(&document.document_type),
        false => document.token == token.id,
    };
    let found = journal::search(&pass.desk.office.folder, search, limit, &fits);
    let (found, more) = found.map_err(|error| ApiError::internal(&error))?;
    let documents = pass.desk.states(|tree| {
        let shown = |entered: journal::Entered| {
            let document = entered.document;
            let state = tree.state(StatusIndex(document.status))?;
            Some(DocumentFound {
                status: document.status,
                index: entered.index,
                r#type: document.document_type,
                reference: document.reference,
                time: entered.time,
                token: document.token,
                state: state.word(),
            })
        };
        found.into_iter().map(shown).collect::<Option<Vec<_>>>()
    })?;
    let documents = documents.ok_or_else(IssueError::list_not_ready)?;
    Ok(DocumentsFound { documents, more })
}
