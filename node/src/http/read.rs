//! Reading logs (tlog-tiles): the own log at the root, every log under its origin hash; and what
//! else is plain bytes: the federation file, evidence.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use proto::hash::Hash;
use proto::tile::path::{self, Resource};

use super::error::ApiError;
use super::{Node, blocking};
use crate::gzip;
use crate::log::recover::NO_CHECKPOINT;
use crate::shelf::Shelf;

pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const BYTES: &str = "application/octet-stream";
/// A checkpoint is replaced within seconds (tlog-tiles#checkpoints).
pub(super) const SHORT: &str = "public, max-age=1";
/// A tile never changes (tlog-tiles#merkle-tree).
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// GET /checkpoint
pub async fn own_checkpoint(State(node): State<Arc<Node>>) -> Result<Response, ApiError> {
    checkpoint_of(own(&node)?)
}

/// GET /{log}/checkpoint
pub async fn checkpoint(
    State(node): State<Arc<Node>>,
    Path(log): Path<String>,
) -> Result<Response, ApiError> {
    checkpoint_of(shelf(&node, &log)?)
}

/// GET /{log}/pending: the newest checkpoint that the log has signed, as far as this node knows.
pub async fn pending(
    State(node): State<Arc<Node>>,
    Path(log): Path<String>,
) -> Result<Response, ApiError> {
    let pending = shelf(&node, &log)?.pending().ok_or_else(none_yet)?;
    Ok(served(TEXT, "no-store", pending))
}

/// GET /tile/...
pub async fn own_tile(
    State(node): State<Arc<Node>>,
    Path(rest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    tile_of(Arc::clone(own(&node)?), rest, &headers).await
}

/// GET /{log}/tile/...
pub async fn tile(
    State(node): State<Arc<Node>>,
    Path((log, rest)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    tile_of(Arc::clone(shelf(&node, &log)?), rest, &headers).await
}

/// GET /federation
pub async fn federation(State(node): State<Arc<Node>>) -> Response {
    served(TEXT, SHORT, node.federation.clone())
}

/// GET /evidence: one name a line.
pub async fn evidence_list(State(node): State<Arc<Node>>) -> Response {
    let mut names = node.evidence.list().join("\n");
    if !names.is_empty() {
        names.push('\n');
    }
    served(TEXT, SHORT, names.into())
}

/// GET /evidence/{name}
pub async fn evidence(
    State(node): State<Arc<Node>>,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let evidence = Arc::clone(&node.evidence);
    let bytes = blocking(move || evidence.read(&name)).await??;
    let bytes = bytes.ok_or_else(|| ApiError::not_found("There is no such evidence."))?;
    Ok(served(TEXT, FOR_EVER, bytes.into()))
}

fn own(node: &Node) -> Result<&Arc<Shelf>, ApiError> {
    let log = node.log.as_ref().map(|log| &log.shelf);
    log.ok_or_else(|| ApiError::not_found("This node writes no log; logs are under their hashes."))
}

fn shelf<'a>(node: &'a Node, log: &str) -> Result<&'a Arc<Shelf>, ApiError> {
    let hash = Hash::from_hex(log).map_err(|_| ApiError::not_found("There is nothing here."))?;
    let shelf = node.shelves.get(&hash);
    shelf.ok_or_else(|| ApiError::not_found("This node has no log with this origin hash."))
}

fn checkpoint_of(shelf: &Arc<Shelf>) -> Result<Response, ApiError> {
    Ok(served(TEXT, SHORT, shelf.checkpoint().ok_or_else(none_yet)?))
}

/// The log is known and nothing is signed yet. The restart rule looks for this code: only a node
/// that knows the log says it.
pub(super) fn none_yet() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        NO_CHECKPOINT,
        "This node has no such checkpoint of this log yet.",
        "Ask again later.",
    )
}

async fn tile_of(
    shelf: Arc<Shelf>,
    rest: String,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("This log has no such tile, or has not published it.");
    let resource = path::parse(&format!("tile/{rest}")).map_err(|_| missing())?;
    // tlog-tiles#log-entries: bundles only; hashes do not get smaller.
    let bundle = matches!(resource, Resource::Bundle(_));
    let gzip = bundle && accepts_gzip(headers);
    let bytes = blocking(move || {
        let bytes = shelf.file(resource)?;
        Ok::<_, crate::replica::ReadError>(match bytes {
            Some(bytes) if gzip => {
                let packed = gzip::pack(&bytes, Compression::fast());
                Some(packed.map_or((bytes, false), |packed| (packed, true)))
            }
            bytes => bytes.map(|bytes| (bytes, false)),
        })
    });
    let (bytes, gzip) = bytes.await??.ok_or_else(missing)?;
    let mut response = served(BYTES, FOR_EVER, bytes.into());
    if bundle {
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if gzip {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Whether the client names gzip and does not rule it out.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight: String = weight.split_whitespace().collect();
        let zero = weight.strip_prefix("q=").is_some_and(|q| q.parse::<f32>() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !zero
    })
}

pub(super) fn served(content_type: &'static str, cache: &'static str, bytes: Bytes) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, cache)], bytes).into_response()
}
