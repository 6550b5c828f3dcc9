//! Documents of a hosted office get another state, and the second person's word about it.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use proto::hash::Timestamp;
use proto::ledger::StatusState;
use proto::limits::TLOG_PROOF_BYTES;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admit::key;
use super::error::ApiError;
use super::openapi::Refusal;
use super::submit::json;
use super::{blocking, read_body};
use crate::hosted::Pass;
use crate::hosted::changes::book::{Change, End, Progress};
use crate::hosted::changes::judge::Asking;
use crate::hosted::ring::Use;
use crate::hosted::token::May;

/// Bytes of a request: a receipt, and 4,000 status indexes.
const BODY_BYTES: usize = TLOG_PROOF_BYTES + 256 * 1024;

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    /// What the documents become: `revoked`, `suspended`, `valid` (what was suspended) or
    /// `superseded`.
    #[schema(example = "revoked")]
    state: String,
    /// Their status indexes, 1 to 4,000.
    documents: Vec<u64>,
    /// With `superseded`: status index of the document that takes the place of the only one.
    #[serde(default)]
    successor: Option<u64>,
    /// Why, at most 200 bytes; needed with `revoked` and `suspended`. It stays in the office.
    #[serde(default)]
    reason: Option<String>,
    /// With `superseded`: the receipt of the old document, if it is older than `keep_hours`.
    #[serde(default)]
    receipt: Option<String>,
}

/// A change.
#[derive(Serialize, ToSchema)]
pub struct ChangeShown {
    /// Its id.
    id: String,
    /// `waits-for-approval`, `in-work`, `published`, `refused`, `rejected` or `expired`.
    progress: &'static str,
    /// What the documents become.
    state: &'static str,
    /// The documents that change.
    documents: Vec<u64>,
    /// Documents that were named and have the state already.
    unchanged: Vec<u64>,
    /// The document that takes the place of the only one.
    successor: Option<u64>,
    /// Why.
    reason: Option<String>,
    /// The name of the token with which it was asked for.
    by: String,
    /// When it was asked for, POSIX seconds.
    time: u64,
    /// The name of the token with which it was approved or rejected.
    decided_by: Option<String>,
    /// When that was.
    decided: Option<u64>,
    /// Index of the entry, when it is published.
    index: Option<u64>,
    /// Why the ledger does not take it.
    message: Option<String>,
}

/// The open changes and the latest.
#[derive(Serialize, ToSchema)]
pub struct ChangesShown {
    /// The newest first.
    changes: Vec<ChangeShown>,
}

/// Changes the state of documents.
///
/// More than 100 documents wait for the word of somebody else. The same `Idempotency-Key` with the
/// same request is the same change, however often it is sent.
#[utoipa::path(
    post,
    path = "/v1/changes",
    tag = "hosted",
    operation_id = "changeDocuments",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255,
        description = "Stands for this change; send the same one when it is sent again.")),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "Published.", body = ChangeShown),
        (status = 202, description = "It waits for approval, or for the quorum.",
            body = ChangeShown),
        (status = 400, description = "No idempotency key, or not a request.", body = Refusal),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this; the office is retired.",
            body = Refusal),
        (status = 404, description = "This node hosts no office.", body = Refusal),
        (status = 409, description = "It was rejected, or waited too long.", body = Refusal),
        (status = 413, description = "The request is too large.", body = Refusal),
        (status = 422, description = "The documents cannot change so; the key was used for another \
            request.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
        (status = 503, description = "Not now; send the same request after `Retry-After`.",
            body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn ask(pass: Pass, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    pass.may(May::Withdraw)?;
    let key = key(&headers)?;
    pass.count(Use::Write).map_err(ApiError::too_often)?;
    let body = read_body(body, BODY_BYTES).await?;
    let bad = |message: &str| ApiError::malformed("change-malformed", message);
    let request: ChangeRequest = serde_json::from_slice(&body)
        .map_err(|_| bad("The body is not the JSON that docs/hosted.md describes."))?;
    let state = StatusState::from_word(&request.state);
    let asking = Asking {
        state: state
            .ok_or_else(|| bad("The state is one of revoked, suspended, valid and superseded."))?,
        documents: request.documents,
        successor: request.successor,
        reason: request.reason,
        receipt: request.receipt,
    };
    let change = pass.desk.change(&pass.token, &key, asking).await?;
    Ok(answer(change, pass.desk.now()))
}

/// Lists the open changes and the latest.
#[utoipa::path(
    get,
    path = "/v1/changes",
    tag = "hosted",
    operation_id = "listChanges",
    responses(
        (status = 200, description = "The changes.", body = ChangesShown),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this.", body = Refusal),
        (status = 404, description = "This node hosts no office.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn list(pass: Pass) -> Result<Response, ApiError> {
    changes_only(&pass)?;
    pass.count(Use::Look).map_err(ApiError::too_often)?;
    let now = pass.desk.now();
    let changes = blocking(move || pass.desk.seen_changes(&pass.token)).await?;
    let changes = changes.into_iter().map(|change| shown(change, now)).collect();
    Ok(json(axum::Json(ChangesShown { changes }).into_response()))
}

/// Says where a change is.
#[utoipa::path(
    get,
    path = "/v1/changes/{id}",
    tag = "hosted",
    operation_id = "showChange",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The change.", body = ChangeShown),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this.", body = Refusal),
        (status = 404, description = "No such change.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn show(pass: Pass, Path(id): Path<String>) -> Result<Response, ApiError> {
    changes_only(&pass)?;
    pass.count(Use::Look).map_err(ApiError::too_often)?;
    let now = pass.desk.now();
    let change = blocking(move || pass.desk.seen_change(&pass.token, &id)).await??;
    Ok(json(axum::Json(shown(change, now)).into_response()))
}

/// Approves a change that somebody else has asked for.
#[utoipa::path(
    post,
    path = "/v1/changes/{id}/approve",
    tag = "hosted",
    operation_id = "approveChange",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Published.", body = ChangeShown),
        (status = 202, description = "On its way into the ledger.", body = ChangeShown),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this, or has asked for it.",
            body = Refusal),
        (status = 404, description = "No such change.", body = Refusal),
        (status = 409, description = "Nothing is to be decided any more.", body = Refusal),
        (status = 422, description = "The documents cannot change so any more.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
        (status = 503, description = "Not now; send it after `Retry-After`.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn approve(pass: Pass, Path(id): Path<String>) -> Result<Response, ApiError> {
    pass.may(May::Approve)?;
    pass.count(Use::Write).map_err(ApiError::too_often)?;
    let change = pass.desk.decide(&pass.token, &id, true).await?;
    Ok(answer(change, pass.desk.now()))
}

/// Rejects a change; who asked for it may take it back so.
#[utoipa::path(
    post,
    path = "/v1/changes/{id}/reject",
    tag = "hosted",
    operation_id = "rejectChange",
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Rejected.", body = ChangeShown),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this.", body = Refusal),
        (status = 404, description = "No such change.", body = Refusal),
        (status = 409, description = "Nothing is to be decided any more.", body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn reject(pass: Pass, Path(id): Path<String>) -> Result<Response, ApiError> {
    changes_only(&pass)?;
    pass.count(Use::Write).map_err(ApiError::too_often)?;
    let change = pass.desk.decide(&pass.token, &id, false).await?;
    Ok(answer(change, pass.desk.now()))
}

/// Changes are for those who may ask for them or decide about them.
fn changes_only(pass: &Pass) -> Result<(), ApiError> {
    pass.may(May::Approve).or_else(|_| pass.may(May::Withdraw))?;
    Ok(())
}

fn answer(change: Change, now: Timestamp) -> Response {
    let status = match change.progress(now) {
        Progress::Waits | Progress::InWork => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    json((status, axum::Json(shown(change, now))).into_response())
}

fn shown(change: Change, now: Timestamp) -> ChangeShown {
    let progress = change.progress(now).word();
    let Change { id, time, asked, decided, end, .. } = change;
    let (index, message) = match end {
        Some(End::Entered(index)) => (Some(index), None),
        Some(End::Refused { message, .. }) => (None, Some(message)),
        None => (None, None),
    };
    let (decided_by, decided) = decided.map(|decided| (decided.by.name, decided.time)).unzip();
    ChangeShown {
        id,
        progress,
        state: asked.state.0.word(),
        documents: asked.documents.into_iter().map(|(status, _)| status).collect(),
        unchanged: asked.unchanged,
        successor: asked.successor,
        reason: asked.reason,
        by: asked.by.name,
        time,
        decided_by,
        decided,
        index,
        message,
    }
}

#[cfg(test)]
mod tests;
