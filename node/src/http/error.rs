//! Refusals as HTTP: the only place that knows status codes for them.
//!
//! Roles have errors of their own, without HTTP; here each is mapped by an exhaustive match. What
//! is this node's own fault is told in full to the journal and in general words to the outside.

mod changes;
mod hosted;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use proto::mirror::{decide, info};
use proto::receipt::answer::ErrorAnswer;
use proto::witness::{add_checkpoint, decide as witness};

use crate::log::pool::{PoolError, Refused};
use crate::log::prove::ProveError;
use crate::log::{BATCH_ALREADY_LOGGED, SubmitError};
use crate::mirror::duty::HoldRefusal;
use crate::mirror::receive::{AddEntriesRefusal, NOT_CLOSING};
use crate::mirror::service::{AddCheckpointRefusal, MirrorFault};
use crate::replica::{LookupError, ReadError};
use crate::store::StoreError;
pub use hosted::FormRefusal;

/// Seconds after which a client that met a full queue may try again.
const RETRY_FULL_S: u64 = 1;
/// Seconds after which a client that met a stopping node may try again.
const RETRY_STOPPING_S: u64 = 5;

/// A refusal as JSON: `{"error", "message", "next_step"}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: String,
    message: String,
    next_step: &'static str,
    retry_after_s: Option<u64>,
}

impl ApiError {
    /// A refusal with a stable code, a sentence, and what to do.
    pub fn new(status: StatusCode, code: &str, message: &str, next_step: &'static str) -> ApiError {
        let (code, message) = (code.to_owned(), message.to_owned());
        ApiError { status, code, message, next_step, retry_after_s: None }
    }

    /// There is nothing at this address.
    pub fn not_found(message: &str) -> ApiError {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not-found",
            message,
            "Check the address; docs/http-api.md lists all of them.",
        )
    }

    /// The request is not well-formed.
    pub fn malformed(code: &str, message: &str) -> ApiError {
        let next_step = "Check what was sent against docs/http-api.md.";
        ApiError::new(StatusCode::BAD_REQUEST, code, message, next_step)
    }

    /// Try again later.
    pub fn unavailable(code: &str, message: &str, retry_after_s: u64) -> ApiError {
        let next_step = "Send the same request again later; nothing is done twice.";
        let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, code, message, next_step);
        ApiError { retry_after_s: Some(retry_after_s), ..error }
    }

    /// The node is about to stop.
    pub fn stopping() -> ApiError {
        ApiError::unavailable("stopping", "This node is about to stop.", RETRY_STOPPING_S)
    }

    /// This node's fault: the journal gets the details.
    pub fn internal(error: &dyn std::error::Error) -> ApiError {
        tracing::error!(%error, "a request failed because of this node");
        ApiError::own_fault()
    }

    /// This node's fault, and the journal has the details already.
    pub fn own_fault() -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "This node cannot read its own data.",
            "Tell the operator of this node; its journal says more.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorAnswer {
            error: self.code,
            message: self.message,
            next_step: self.next_step.to_owned(),
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // What is missing now may be there a second later.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> ApiError {
        let (status, next_step) = match refused.code {
            BATCH_ALREADY_LOGGED => {
                (StatusCode::CONFLICT, "Prepare the batch again with fresh random values.")
            }
            _ => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "Correct what the message says and submit again; nothing was written.",
            ),
        };
        ApiError::new(status, refused.code, &refused.sentence, next_step)
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> ApiError {
        match error {
            SubmitError::Malformed(error) => ApiError::malformed(error.code(), &error.to_string()),
            SubmitError::Refused(refused) => refused.into(),
            SubmitError::Pool(PoolError::Full) => ApiError::unavailable(
                "pool-full",
                "As many submissions wait as this node holds.",
                RETRY_FULL_S,
            ),
            SubmitError::Pool(PoolError::Stopping) => ApiError::stopping(),
            SubmitError::Pool(PoolError::OtherBytes) => crate::log::already_logged().into(),
            SubmitError::Lookup(error) => error.into(),
        }
    }
}

impl From<HoldRefusal> for ApiError {
    fn from(refusal: HoldRefusal) -> ApiError {
        match refusal {
            HoldRefusal::Malformed(error) => ApiError::malformed(error.code(), &error.to_string()),
            HoldRefusal::UnknownLog => ApiError::not_found(&refusal.to_string()),
            HoldRefusal::Ledger(refusal) => crate::log::refused(&refusal).into(),
            HoldRefusal::Full => ApiError::unavailable(
                "revocations-too-many",
                "As many revocations are held of this log as this node holds.",
                RETRY_FULL_S,
            ),
            HoldRefusal::Fault(MirrorFault::Read(error)) => ApiError::internal(&error),
            HoldRefusal::Fault(_) => ApiError::stopping(),
        }
    }
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> ApiError {
        ApiError::internal(&error)
    }
}

impl From<ProveError> for ApiError {
    fn from(error: ProveError) -> ApiError {
        match error {
            ProveError::NotPublished => ApiError::unavailable(
                "not-published",
                "The entry is logged, and its checkpoint waits for a quorum.",
                RETRY_FULL_S,
            ),
            ProveError::OtherKind(_) | ProveError::Read(_) => ApiError::internal(&error),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> ApiError {
        ApiError::internal(&error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        ApiError::internal(&error)
    }
}

/// An answer of the C2SP protocols: a status and a text.
fn text(status: u16, content_type: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

fn words(status: u16, code: &str, sentence: &dyn std::fmt::Display) -> Response {
    text(status, "text/plain; charset=utf-8", format!("{code}: {sentence}\n"))
}

/// A body larger than any request of the protocol.
pub fn body_too_large() -> Response {
    words(413, "body-too-large", &"The request is larger than any that the protocol knows.")
}

/// The body stopped arriving.
pub fn body_too_slow() -> Response {
    words(408, "body-too-slow", &"The request did not arrive in time.")
}

/// The body is not the gzip that it says it is.
pub fn bad_gzip() -> Response {
    words(400, "gzip-malformed", &"The request is not the gzip stream that its header says.")
}

/// A content encoding that is not known here.
pub fn unknown_encoding() -> Response {
    let mut response = words(415, "encoding-unknown", &"Only gzip and identity are known here.");
    response
        .headers_mut()
        .insert(axum::http::header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// tlog-witness#add-checkpoint
pub fn add_checkpoint(refusal: AddCheckpointRefusal) -> Response {
    match refusal {
        AddCheckpointRefusal::Malformed(error) => words(400, "request-malformed", &error),
        AddCheckpointRefusal::Decided(refusal) => match refusal {
            witness::Refusal::Conflict { latest } => text(
                refusal.status(),
                add_checkpoint::SIZE_CONTENT_TYPE,
                add_checkpoint::size_body(latest),
            ),
            _ => words(refusal.status(), witness_code(&refusal), &refusal),
        },
        AddCheckpointRefusal::SplitView => words(422, "split-view", &refusal),
        AddCheckpointRefusal::Fault(fault) => mirror_fault(fault),
    }
}

fn witness_code(refusal: &witness::Refusal) -> &'static str {
    match refusal {
        witness::Refusal::UnknownLog => "log-unknown",
        witness::Refusal::Untrusted(_) => "log-signature-bad",
        witness::Refusal::OldBeyondSize => "old-beyond-size",
        witness::Refusal::EmptyRootMismatch => "empty-root-wrong",
        witness::Refusal::Inconsistent(_) => "consistency-not-proven",
        witness::Refusal::SplitView => "split-view",
        _ => "refused",
    }
}

/// tlog-mirror#add-entries
pub fn add_entries(refusal: AddEntriesRefusal) -> Response {
    match refusal {
        AddEntriesRefusal::Malformed(error) => words(400, "request-malformed", &error),
        AddEntriesRefusal::NothingArrived => words(400, "nothing-arrived", &refusal),
        AddEntriesRefusal::Header(header) => match header {
            decide::Refusal::UnknownLog => words(header.status(), "log-unknown", &header),
            _ => words(header.status(), "no-pending-checkpoint", &header),
        },
        AddEntriesRefusal::Conflict(info) => mirror_info(409, &info),
        AddEntriesRefusal::Package(error) => words(422, "entries-not-proven", &error),
        AddEntriesRefusal::Ledger { refusal: rule, .. } => words(422, rule.code(), &refusal),
        AddEntriesRefusal::NotClosing => words(422, NOT_CLOSING, &refusal),
        AddEntriesRefusal::Withheld { .. } => words(422, "revocation-withheld", &refusal),
        AddEntriesRefusal::SplitView => words(422, "split-view", &refusal),
        AddEntriesRefusal::Fault(fault) => mirror_fault(fault),
    }
}

/// Where the mirror is: the body of 202 and 409.
pub fn mirror_info(status: u16, info: &info::MirrorInfo) -> Response {
    text(status, info::CONTENT_TYPE, info.to_body())
}

fn mirror_fault(fault: MirrorFault) -> Response {
    let (code, retry_after_s) = match &fault {
        MirrorFault::Disk | MirrorFault::Stopping => ("stopping", RETRY_STOPPING_S),
        MirrorFault::Busy => ("busy", RETRY_FULL_S),
        MirrorFault::Cosign(_) => ("clock-behind", RETRY_STOPPING_S),
        MirrorFault::Read(error) => {
            tracing::error!(%error, "a mirrored log cannot be read");
            return words(500, "internal", &"This node cannot read its own data.");
        }
    };
    let mut response = words(503, code, &fault);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    response
}
