//! Who is let in to a hosted office's calls: by a token, a client certificate, or both.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use proto::hash::{Hash, sha256};
use proto::text::base64_decode;

use super::error::ApiError;
use super::listen::Remote;
use super::{Node, blocking};
use crate::hosted::desk::Order;
use crate::hosted::ring::Shown;
use crate::hosted::{Hosted, Pass};

/// Characters of a token, of which the longest have 64 for the office.
const TOKEN_CHARS: usize = 129;
/// Characters of a certificate in its header.
const CERTIFICATE_CHARS: usize = 16 * 1024;
/// Characters of an idempotency key.
pub const KEY_CHARS: usize = 255;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");

impl FromRequestParts<Arc<Node>> for Pass {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Pass, ApiError> {
        let hosted = node.hosted.clone().ok_or_else(ApiError::hosts_nobody)?;
        let shown = Shown {
            token: bearer(&parts.headers)?.map(str::to_owned),
            certificate: certificate(parts, &hosted),
        };
        if shown == Shown::default() {
            return Err(ApiError::unauthorized());
        }
        Ok(blocking(move || hosted.admit(&shown)).await??)
    }
}

/// The token that the request shows; a header that cannot be read lets nobody in.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let value = value.to_str().ok().filter(|_| values.next().is_none());
    let (scheme, token) = value.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let good = scheme.eq_ignore_ascii_case("bearer") && token.len() <= TOKEN_CHARS;
    if good { Ok(Some(token.trim())) } else { Err(ApiError::unauthorized()) }
}

/// The certificate of which a trusted proxy says that it has verified it (RFC 9440, section 2.2: a
/// byte sequence, base64 between colons). From anybody else the header says nothing.
fn certificate(parts: &Parts, hosted: &Hosted) -> Option<Hash> {
    let Remote(from) = *parts.extensions.get()?;
    let mut values = parts.headers.get_all(CLIENT_CERT).iter().filter(|_| hosted.trusts(from));
    let (value, other) = (values.next()?.to_str().ok()?, values.next());
    let inside = value.trim().strip_prefix(':')?.strip_suffix(':')?;
    let der = base64_decode(inside).ok()?;
    let good = other.is_none() && inside.len() <= CERTIFICATE_CHARS && !der.is_empty();
    good.then(|| sha256(&der))
}

/// The hash of the request's idempotency key.
pub(super) fn key(headers: &HeaderMap) -> Result<Hash, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (value, other) = (values.next(), values.next());
    let value = value.filter(|_| other.is_none()).ok_or_else(ApiError::no_key)?.as_bytes();
    let visible = value.iter().all(|byte| (0x20..0x7f).contains(byte));
    if value.is_empty() || value.len() > KEY_CHARS || !visible {
        return Err(ApiError::no_key());
    }
    Ok(Order::hash_key(value))
}
