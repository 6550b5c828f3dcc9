//! The pages: static files from memory, with the headers that keep them from loading anything else.
//!
//! Nothing is written down about a request for them, and nothing that is checked in a page ever
//! comes here.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::Node;
use super::error::ApiError;
use super::read::accepts_gzip;

/// What a page may do: its own scripts, WASM, workers and calls to its own server, and no more.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";
/// The camera reads QR codes; nothing else of the device is asked for.
const PERMISSIONS: &str = "camera=(self), microphone=(), geolocation=(), display-capture=(), \
    payment=(), usb=(), serial=(), hid=(), midi=()";

/// GET / and GET of a file beside it
pub async fn named(
    node: Arc<Node>,
    headers: HeaderMap,
    path: &'static str,
) -> Result<Response, ApiError> {
    serve(&node, path, &headers)
}

/// GET /page/...
pub async fn file(
    State(node): State<Arc<Node>>,
    Path(rest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    serve(&node, &format!("page/{rest}"), &headers)
}

fn serve(node: &Node, path: &str, headers: &HeaderMap) -> Result<Response, ApiError> {
    let page = node.pages.find(path);
    let page = page.ok_or_else(|| ApiError::not_found("There is nothing here."))?;
    let gzip = page.gzip.clone().filter(|_| accepts_gzip(headers));
    let other = format!("{}-gzip\"", page.etag.trim_end_matches('"'));
    let tag = if gzip.is_some() { &other } else { &page.etag };
    let mut answer = if has_one_of(headers, &[&page.etag, &other]) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let encoding = gzip.is_some().then_some([(CONTENT_ENCODING, "gzip")]);
        let body = gzip.unwrap_or_else(|| page.plain.clone());
        let mut answer = ([(CONTENT_TYPE, page.media_type)], body).into_response();
        answer.headers_mut().extend(encoding.into_iter().flatten().map(fixed));
        answer
    };
    answer.headers_mut().extend(GUARDS.map(fixed));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    Ok(answer)
}

/// What every answer carries. A browser asks again each time and is told that nothing has changed,
/// so that a page and its modules never come from two versions.
const GUARDS: [(HeaderName, &str); 8] = [
    (CACHE_CONTROL, "no-cache"),
    (VARY, "accept-encoding"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

fn fixed((name, value): (HeaderName, &'static str)) -> (HeaderName, HeaderValue) {
    (name, HeaderValue::from_static(value))
}

/// Whether the client has these bytes already (RFC 9110, 13.1.2: weak comparison).
fn has_one_of(headers: &HeaderMap, tags: &[&str]) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = values.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|one| one == "*" || tags.contains(&one.strip_prefix("W/").unwrap_or(one)))
}

#[cfg(test)]
mod tests;
