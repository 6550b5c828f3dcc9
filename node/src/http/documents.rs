//! The hosted mode: a document comes in as a form, its receipt goes out.
//!
//! The bytes of the document go through a hash as they come and are kept nowhere. Who may not issue
//! is told so before they are read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use proto::document::ContentDigest;
use proto::hash::Hash;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Node;
use super::admit::key;
use super::error::{ApiError, FormRefusal};
use super::multipart::{Decoder, Event, Head};
use super::openapi::{DocumentForm, Refusal};
use super::peer::next;
use crate::hosted::claims::{ClaimError, Claims, Upload};
use crate::hosted::desk::{Issued, Order};
use crate::hosted::ring::Use;
use crate::hosted::token::May;
use crate::hosted::{Hosted, Pass};

/// Bytes of a document.
pub const DOCUMENT_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 1 << 30 };
/// Bytes of a form beside the document.
const AROUND_BYTES: u64 = 1 << 20;
/// Bytes of a text part.
const TEXT_BYTES: usize = proto::limits::FIELD_VALUE_BYTES;
/// A form that stands still for this long has ended.
const STALL: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 30 });

/// The receipt of a document, and where it stands in the ledger.
#[derive(Serialize, ToSchema)]
pub struct DocumentIssued {
    /// The receipt file, a C2SP tlog proof.
    receipt: String,
    /// The log.
    origin: String,
    /// Index of the issuance.
    index: u64,
    /// Status index of the document.
    status: u64,
}

/// Issues a document in the name of a hosted office.
///
/// The same `Idempotency-Key` with the same document gives the same receipt, however often it is
/// sent.
#[utoipa::path(
    post,
    path = "/v1/documents",
    tag = "hosted",
    operation_id = "issueDocument",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255,
        description = "Stands for this document; send the same one when it is sent again.")),
    request_body(content = DocumentForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The receipt; the file itself with `Accept: text/plain`.",
            content((DocumentIssued = "application/json"), (String = "text/plain"))),
        (status = 400, description = "No idempotency key, or no form.", body = Refusal),
        (status = 401, description = "No token that is in force.", body = Refusal),
        (status = 403, description = "The token is not for this; the office is retired.",
            body = Refusal),
        (status = 404, description = "This node hosts no office.", body = Refusal),
        (status = 408, description = "The form stood still.", body = Refusal),
        (status = 413, description = "The document is too large.", body = Refusal),
        (status = 422, description = "The form makes no document; the key was used for another.",
            body = Refusal),
        (status = 429, description = "Too often; `Retry-After` says when.", body = Refusal),
        (status = 503, description = "Not now; send the same request after `Retry-After`.",
            body = Refusal),
    ),
    security(("token" = []), ("certificate" = [])),
)]
pub async fn issue(
    State(node): State<Arc<Node>>,
    pass: Pass,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let hosted = node.hosted.clone().ok_or_else(ApiError::hosts_nobody)?;
    pass.may(May::Issue)?;
    let key = key(&headers)?;
    let content_length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = content_length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
    if announced > DOCUMENT_BYTES + AROUND_BYTES {
        return Err(FormRefusal::TooLarge.into());
    }
    pass.desk.ready(&key)?;
    pass.count(Use::Write).map_err(ApiError::too_often)?;
    let claims = read(&hosted, &pass, &headers, body).await?;
    let document = claims.document(hosted.today())?;
    pass.desk.allows(&pass.token, claims.document_type().unwrap_or_default())?;
    let order = Order { key, token: pass.token.id.clone(), document };
    Ok(answer(&headers, pass.desk.issue(order).await?))
}

/// Reads a form to its end.
async fn read(
    hosted: &Hosted,
    pass: &Pass,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Claims, ApiError> {
    let _room = hosted.room().ok_or_else(ApiError::busy)?;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut decoder = Decoder::new(content_type.unwrap_or_default()).map_err(FormRefusal::from)?;
    let mut form = Form { pass, claims: Claims::default(), part: None };
    let mut seen = 0u64;
    loop {
        let chunk = tokio::time::timeout(STALL, next(&mut body)).await;
        let Some(chunk) = chunk.map_err(|_| FormRefusal::TooSlow)? else { break };
        seen += chunk.len() as u64;
        if seen > DOCUMENT_BYTES + AROUND_BYTES {
            return Err(FormRefusal::TooLarge.into());
        }
        // Hashing a chunk takes microseconds, so it needs no thread of its own.
        decoder.push(&chunk, &mut |event| form.take(event))?;
    }
    decoder.finish().map_err(FormRefusal::from)?;
    Ok(form.claims)
}

/// What has come of a form.
struct Form<'a> {
    pass: &'a Pass,
    claims: Claims,
    part: Option<Part>,
}

/// The part that is being read.
enum Part {
    Text { name: String, value: Vec<u8> },
    File { hasher: Sha256, length: u64, media_type: Option<String> },
}

impl Form<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), ApiError> {
        match (event, &mut self.part) {
            (Event::Part(Head { name, content_type }), part) => {
                *part = Some(if name == Claims::FILE {
                    Part::File { hasher: Sha256::new(), length: 0, media_type: content_type }
                } else {
                    Part::Text { name, value: Vec::new() }
                });
            }
            (Event::Bytes(bytes), Some(Part::Text { name, value })) => {
                if value.len() + bytes.len() > TEXT_BYTES {
                    return Err(FormRefusal::LongText(std::mem::take(name)).into());
                }
                value.extend_from_slice(bytes);
            }
            (Event::Bytes(bytes), Some(Part::File { hasher, length, .. })) => {
                *length += bytes.len() as u64;
                if *length > DOCUMENT_BYTES {
                    return Err(FormRefusal::TooLarge.into());
                }
                hasher.update(bytes);
            }
            (Event::End, _) => self.end()?,
            // The decoder shows bytes of parts only.
            (Event::Bytes(_), None) => {}
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ApiError> {
        match self.part.take() {
            Some(Part::Text { name, value }) => {
                let value = String::from_utf8(value).map_err(|_| FormRefusal::NotText)?;
                self.claims.text(&name, &value)?;
                if name == "type" {
                    // Nobody waits for a gigabyte to be told this.
                    self.pass.desk.allows(&self.pass.token, &value)?;
                }
            }
            Some(Part::File { hasher, length, media_type }) => {
                let sha256 = Hash(hasher.finalize().into());
                let digest = ContentDigest { sha256, length, sha512: None };
                self.claims.upload(Upload { digest, media_type })?;
            }
            None => {}
        }
        Ok(())
    }
}

/// The receipt file itself for who asks for text, JSON for all others.
fn answer(headers: &HeaderMap, issued: Issued) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accept.split([',', ';']).next().unwrap_or_default().trim();
    let mut response = if first.eq_ignore_ascii_case("text/plain") {
        let name = "attachment; filename=\"receipt.tlog-proof\"";
        let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_DISPOSITION, name)];
        (headers, issued.receipt).into_response()
    } else {
        let body = DocumentIssued {
            // A receipt is text.
            receipt: String::from_utf8_lossy(&issued.receipt).into_owned(),
            origin: issued.origin,
            index: issued.index,
            status: issued.status,
        };
        axum::Json(body).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> ApiError {
        FormRefusal::Claim(error).into()
    }
}

#[cfg(test)]
mod tests;
