//! Changes of status: revocations for the own log or held for another one, and whole status lists.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use proto::hash::{Hash, LeafIndex, sha256};
use proto::limits;
use proto::receipt::answer::IssuerAdmitted;
use proto::tile::bundle;

use super::error::ApiError;
use super::openapi;
use super::read::{accepts_gzip, none_yet};
use super::submit::{DEFAULT_WAIT_S, entered, json, own, wait};
use super::{Node, blocking, read_body};
use crate::lists::ListFile;
use crate::mirror::duty::Held;

/// Submits a signed revocation, which suspends, restores, supersedes or revokes documents.
#[utoipa::path(
    post,
    path = "/v1/revocations",
    tag = "log",
    operation_id = "submitRevocation",
    params(("wait_s" = Option<u64>, Query, maximum = 60,
            description = "How long to wait for the publication; 10 if not said.")),
    request_body(content = openapi::Raw, content_type = "application/octet-stream",
        description = "A revocation (docs/formats.md)."),
    responses(
        (status = 200, description = "Published.", body = openapi::IssuerAdmitted),
        (status = 202, description = "Not yet published.", body = openapi::Waiting),
        (status = 400, description = "Not a revocation.", body = openapi::Refusal),
        (status = 404, description = "No such log here.", body = openapi::Refusal),
        (status = 413, description = "More than 65,535 bytes.", body = openapi::Refusal),
        (status = 422, description = "A rule of the ledger refuses it.", body = openapi::Refusal),
        (status = 503, description = "Send the same bytes again later.", body = openapi::Refusal),
    ),
)]
pub async fn revoke(
    State(node): State<Arc<Node>>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    let wait = wait(query.as_deref(), DEFAULT_WAIT_S)?;
    let bytes = read_body(body, limits::ENTRY_BYTES).await?;
    submit(&node, bytes, wait).await
}

/// Holds a log that this node mirrors to a revocation: until the log has it, no checkpoint that is
/// dated after a while is cosigned. The node's own log takes it as `/v1/revocations` does.
#[utoipa::path(
    post,
    path = "/{log}/v1/revocations",
    tag = "log",
    operation_id = "holdRevocation",
    params(
        ("log" = String, Path, description = "The log's origin hash, in hex."),
        ("wait_s" = Option<u64>, Query, maximum = 60,
            description = "How long to wait for the publication; 10 if not said."),
    ),
    request_body(content = openapi::Raw, content_type = "application/octet-stream",
        description = "A revocation (docs/formats.md)."),
    responses(
        (status = 200, description = "The log has it.", body = openapi::IssuerAdmitted),
        (status = 202, description = "The log is held to it.", body = openapi::RevocationHeld),
        (status = 400, description = "Not a revocation.", body = openapi::Refusal),
        (status = 404, description = "No such log here.", body = openapi::Refusal),
        (status = 413, description = "More than 65,535 bytes.", body = openapi::Refusal),
        (status = 422, description = "A rule of the ledger refuses it.", body = openapi::Refusal),
        (status = 503, description = "Send the same bytes again later.", body = openapi::Refusal),
    ),
)]
pub async fn hold(
    State(node): State<Arc<Node>>,
    Path(log): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, ApiError> {
    let wait = wait(query.as_deref(), DEFAULT_WAIT_S)?;
    let bytes = read_body(body, limits::ENTRY_BYTES).await?;
    if is_own(&node, &log) {
        return submit(&node, bytes, wait).await;
    }
    let origin = mirrored(&node, &log)?;
    match node.mirrors.hold(&origin, bytes.to_vec()).await? {
        Held::Logged(LeafIndex(index)) => {
            Ok(json(axum::Json(IssuerAdmitted { index }).into_response()))
        }
        Held::Until(due) => {
            let body = serde_json::json!({
                "state": "held",
                "due": due.0,
                "message": "The log is held to include this revocation.",
                "next_step": "Nothing; send it again to learn whether the log has included it.",
            });
            Ok(json((StatusCode::ACCEPTED, axum::Json(body)).into_response()))
        }
    }
}

/// Gives the revocations that are held for a log, as an entry bundle.
#[utoipa::path(
    get,
    path = "/{log}/v1/revocations",
    tag = "log",
    operation_id = "heldRevocations",
    params(("log" = String, Path, description = "The log's origin hash, in hex.")),
    responses(
        (status = 200, description = "The entries, 256 at most.", body = openapi::Raw,
            content_type = "application/octet-stream"),
        (status = 404, description = "No such log here.", body = openapi::Refusal),
    ),
)]
pub async fn held(
    State(node): State<Arc<Node>>,
    Path(log): Path<String>,
) -> Result<Response, ApiError> {
    let entries = node.mirrors.held(&mirrored(&node, &log)?).await.unwrap_or_default();
    let bytes = bundle::to_bytes(&entries).map_err(|error| ApiError::internal(&error))?;
    Ok(json(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response()))
}

/// Gives the whole status list of the node's own log, at its published checkpoint.
#[utoipa::path(
    get,
    path = "/v1/status-list",
    tag = "log",
    operation_id = "ownStatusList",
    responses(
        (status = 200, description = "The list (docs/formats.md).", body = openapi::Raw,
            content_type = "application/octet-stream"),
        (status = 404, description = "No log, or nothing published yet.", body = openapi::Refusal),
    ),
)]
pub async fn own_list(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let log = own(&node)?;
    sent(&headers, blocking(move || node.lists.of_log(&log)).await?)
}

/// Gives the whole status list of a log that this node holds; of a log that is written elsewhere
/// with a quorum of cosignatures if they can be had, else at the checkpoint that this node's
/// cosigner has signed.
#[utoipa::path(
    get,
    path = "/{log}/v1/status-list",
    tag = "log",
    operation_id = "statusList",
    params(("log" = String, Path, description = "The log's origin hash, in hex.")),
    responses(
        (status = 200, description = "The list (docs/formats.md).", body = openapi::Raw,
            content_type = "application/octet-stream"),
        (status = 404, description = "No such log here, or nothing cosigned yet.",
            body = openapi::Refusal),
    ),
)]
pub async fn list_of(
    State(node): State<Arc<Node>>,
    Path(log): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if is_own(&node, &log) {
        return own_list(State(node), headers).await;
    }
    let origin = mirrored(&node, &log)?;
    let file = match node.mirrors.find(&origin) {
        Some(mirror) => node.lists.of_mirror(mirror).await,
        None => Ok(None),
    };
    sent(&headers, file)
}

fn sent(
    headers: &HeaderMap,
    file: std::io::Result<Option<ListFile>>,
) -> Result<Response, ApiError> {
    let file = file.map_err(|error| ApiError::internal(&error))?.ok_or_else(none_yet)?;
    let fixed = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, "public, max-age=1"),
        (VARY, "accept-encoding"),
    ];
    if accepts_gzip(headers) {
        return Ok((fixed, [(CONTENT_ENCODING, "gzip")], file.gzip).into_response());
    }
    Ok((fixed, file.plain).into_response())
}

async fn submit(
    node: &Node,
    bytes: Bytes,
    wait: std::time::Duration,
) -> Result<Response, ApiError> {
    let log = own(node)?;
    let submitted = blocking({
        let log = Arc::clone(&log);
        move || log.submit_revocation(&bytes)
    });
    entered(&log, submitted.await??, wait, "/v1/revocations").await
}

fn is_own(node: &Node, log: &str) -> bool {
    let own = node.log.as_ref().map(|own| sha256(own.rules.origin().as_bytes()).to_hex());
    own.as_deref() == Some(log)
}

fn mirrored(node: &Node, log: &str) -> Result<String, ApiError> {
    let unknown = || ApiError::not_found("This node has no log with this origin hash.");
    let hash = Hash::from_hex(log).map_err(|_| unknown())?;
    let mut mirrors = node.mirrors.iter().map(|mirror| mirror.origin());
    let origin = mirrors.find(|origin| sha256(origin.as_bytes()) == hash);
    origin.map(str::to_owned).ok_or_else(unknown)
}
