//! What the operator's tools ask: alive, ready, how it goes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Node;
use super::error::ApiError;

/// GET /healthz: the process answers.
pub async fn alive() -> Response {
    ([(CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// GET /readyz: whether submissions are published, and if not, why.
pub async fn ready(State(node): State<Arc<Node>>) -> Response {
    let report = node.health.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let peers: serde_json::Map<String, serde_json::Value> = node
        .peers
        .list()
        .into_iter()
        .map(|(name, error)| (name, error.map_or("ok".into(), Into::into)))
        .collect();
    let body = serde_json::json!({
        "ready": report.ready,
        "state": report.state,
        "message": report.message,
        "missing_peers": report.missing,
        "peers": peers,
    });
    (status, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// GET /metrics, in the text format of Prometheus.
pub async fn metrics() -> Result<Response, ApiError> {
    let metrics = crate::telemetry::metrics();
    let metrics = metrics.ok_or_else(|| ApiError::not_found("Metrics are not collected here."))?;
    let headers =
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    Ok((headers, metrics.render()).into_response())
}
