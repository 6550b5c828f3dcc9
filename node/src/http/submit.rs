//! Submissions: issuances and issuer entries, and asking what became of them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use proto::hash::{Hash, LeafIndex};
use proto::ledger::Submission;
use proto::ledger::issuance::SUBMISSION_BYTES;
use proto::limits;
use proto::receipt::answer::{IssuerAdmitted, IssuerListed};

use super::error::ApiError;
use super::openapi;
use super::{MAX_WAIT_S, Node, blocking, read_body};
use crate::log::pool::Outcome;
use crate::log::{Log, Submitted};

/// How long an answer waits for the publication if the client does not say.
pub(super) const DEFAULT_WAIT_S: u64 = 10;
/// When to ask again.
const ASK_AGAIN_S: u64 = 1;

/// Submits a signed batch.
///
/// The signature in it is all the permission there is. The same bytes again get the same index.
#[utoipa::path(
    post,
    path = "/v1/issuances",
    tag = "log",
    operation_id = "submitIssuance",
    params(("wait_s" = Option<u64>, Query, maximum = 60,
        description = "How long to wait for the publication; 10 if not said.")),
    request_body(content = openapi::Raw, content_type = "application/octet-stream",
        description = "The 107 bytes of a submission (docs/formats.md)."),
    responses(
        (status = 200, description = "Published.", body = openapi::IssuanceAnswer),
        (status = 202, description = "Not yet published; `Location` says where to ask again.",
            body = openapi::Waiting),
        (status = 400, description = "Not a submission.", body = openapi::Refusal),
        (status = 404, description = "This node writes no log.", body = openapi::Refusal),
        (status = 409, description = "This batch root is in the log with another signature.",
            body = openapi::Refusal),
        (status = 413, description = "More than 107 bytes.", body = openapi::Refusal),
        (status = 422, description = "A rule of the ledger refuses it.", body = openapi::Refusal),
        (status = 503, description = "Send the same bytes again later.", body = openapi::Refusal),
    ),
)]
pub async fn issuance(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    let (log, wait) = (own(&node)?, wait(query.as_deref(), DEFAULT_WAIT_S)?);
    let bytes = read_body(body, SUBMISSION_BYTES).await?;
    let (submitted, batch) = blocking({
        let log = Arc::clone(&log);
        move || {
            let batch = Submission::parse(&bytes).map(|s| s.statement.batch_root);
            log.submit_issuance(&bytes).map(|submitted| (submitted, batch.unwrap_or_default()))
        }
    })
    .await??;
    published(log, submitted, wait, &batch).await
}

/// Asks what became of a batch.
#[utoipa::path(
    get,
    path = "/v1/issuances/{batch}",
    tag = "log",
    operation_id = "findIssuance",
    params(
        ("batch" = String, Path, description = "The batch root in hex."),
        ("wait_s" = Option<u64>, Query, maximum = 60,
            description = "How long to wait for the publication; 0 if not said."),
    ),
    responses(
        (status = 200, description = "Published.", body = openapi::IssuanceAnswer),
        (status = 202, description = "Not yet published.", body = openapi::Waiting),
        (status = 400, description = "Not a wait.", body = openapi::Refusal),
        (status = 404, description = "Neither logged nor waiting.", body = openapi::Refusal),
        (status = 503, description = "Ask again later.", body = openapi::Refusal),
    ),
)]
pub async fn issuance_again(
    State(node): State<Arc<Node>>,
    Path(batch): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (log, wait) = (own(&node)?, wait(query.as_deref(), 0)?);
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "batch-unknown",
            "This log has no batch with this root, and none waits.",
            "Submit the issuance again; it gets the same index if it is logged already.",
        )
    };
    let batch = Hash::from_hex(&batch).map_err(|_| unknown())?;
    let found = blocking({
        let log = Arc::clone(&log);
        move || log.find(&batch)
    });
    let submitted = found.await??.ok_or_else(unknown)?;
    published(log, submitted, wait, &batch).await
}

/// Submits an issuer entry, signed by the authority's administration key.
#[utoipa::path(
    post,
    path = "/v1/issuers",
    tag = "log",
    operation_id = "submitIssuer",
    params(("wait_s" = Option<u64>, Query, maximum = 60,
        description = "How long to wait for the publication; 10 if not said.")),
    request_body(content = openapi::Raw, content_type = "application/octet-stream",
        description = "An issuer entry (docs/formats.md)."),
    responses(
        (status = 200, description = "Published.", body = openapi::IssuerAdmitted),
        (status = 202, description = "Not yet published.", body = openapi::Waiting),
        (status = 400, description = "Not an issuer entry.", body = openapi::Refusal),
        (status = 404, description = "This node writes no log.", body = openapi::Refusal),
        (status = 413, description = "More than 65,535 bytes.", body = openapi::Refusal),
        (status = 422, description = "A rule of the ledger refuses it.", body = openapi::Refusal),
        (status = 503, description = "Send the same bytes again later.", body = openapi::Refusal),
    ),
)]
pub async fn issuer(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    let (log, wait) = (own(&node)?, wait(query.as_deref(), DEFAULT_WAIT_S)?);
    let bytes = read_body(body, limits::ENTRY_BYTES).await?;
    let submitted = log.submit_issuer(&bytes)?;
    entered(&log, submitted, wait, "/v1/issuers").await
}

/// The answer about a complete entry: its index, or where to send it again.
pub(super) async fn entered(
    log: &Log,
    submitted: Submitted,
    wait: Duration,
    path: &str,
) -> Result<Response, ApiError> {
    match log.wait(submitted, wait).await {
        Some(Outcome::Published(LeafIndex(index))) => {
            Ok(json(axum::Json(IssuerAdmitted { index }).into_response()))
        }
        Some(Outcome::Refused(refused)) => Err(refused.into()),
        Some(Outcome::Stopped) => Err(ApiError::stopping()),
        None => Ok(accepted(path)),
    }
}

/// Lists all issuers of the log, retired ones included.
#[utoipa::path(
    get,
    path = "/v1/issuers",
    tag = "log",
    operation_id = "listIssuers",
    responses(
        (status = 200, description = "All issuers.", body = Vec<openapi::IssuerListed>),
        (status = 404, description = "This node writes no log.", body = openapi::Refusal),
    ),
)]
pub async fn issuers(State(node): State<Arc<Node>>) -> Result<Response, ApiError> {
    let issuers = own(&node)?.issuers();
    let listed = issuers.iter().map(|issuer| IssuerListed {
        index: issuer.entry.0,
        id: issuer.id.0,
        name: issuer.name.clone(),
        key: hex::encode(issuer.key),
        scope: issuer.scope.clone(),
        retired: issuer.retired,
        in_force: !issuer.retired,
        sequence: issuer.sequence,
        admin_sequence: issuer.admin_sequence,
    });
    Ok(json(axum::Json(listed.collect::<Vec<_>>()).into_response()))
}

/// 200 with everything once it is published; 202 with where to ask if that takes too long.
async fn published(
    log: Arc<Log>,
    submitted: Submitted,
    wait: Duration,
    batch: &Hash,
) -> Result<Response, ApiError> {
    match log.wait(submitted, wait).await {
        Some(Outcome::Published(index)) => {
            let body = blocking(move || log.answer(index).map(|answer| answer.to_json())).await??;
            Ok(json(([(CONTENT_TYPE, "application/json")], body).into_response()))
        }
        Some(Outcome::Refused(refused)) => Err(refused.into()),
        Some(Outcome::Stopped) => Err(ApiError::stopping()),
        None => Ok(accepted(&format!("/v1/issuances/{batch}"))),
    }
}

fn accepted(location: &str) -> Response {
    let body = serde_json::json!({
        "state": "waiting",
        "message": "The submission waits for the cosignatures of a quorum.",
        "next_step": format!("Ask again with GET {location}."),
    });
    let headers = [(LOCATION, location.to_owned()), (RETRY_AFTER, ASK_AGAIN_S.to_string())];
    json((StatusCode::ACCEPTED, headers, axum::Json(body)).into_response())
}

/// An answer for one client at one moment.
pub(super) fn json(mut response: Response) -> Response {
    let no_store = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

pub(super) fn own(node: &Node) -> Result<Arc<Log>, ApiError> {
    let log = node.log.clone();
    log.ok_or_else(|| {
        ApiError::not_found("This node writes no log; submit to an authority's node.")
    })
}

/// `wait_s`, the only parameter.
pub(super) fn wait(query: Option<&str>, default_s: u64) -> Result<Duration, ApiError> {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return Ok(Duration::from_secs(default_s));
    };
    let seconds = query.strip_prefix("wait_s=").and_then(|digits| digits.parse().ok());
    match seconds {
        Some(seconds) if seconds <= MAX_WAIT_S => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::malformed(
            "query-malformed",
            &format!("The only parameter is wait_s, a number from 0 to {MAX_WAIT_S}."),
        )),
    }
}
