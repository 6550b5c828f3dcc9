//! Refusals of the hosted mode.

use std::time::Duration;

use axum::http::StatusCode;

use super::{ApiError, RETRY_FULL_S};
use crate::hosted::Denied;
use crate::hosted::claims::ClaimError;
use crate::hosted::desk::IssueError;
use crate::http::admit::KEY_CHARS;
use crate::http::documents::DOCUMENT_BYTES;
use crate::http::multipart::FormError;

/// When to ask again for a receipt that waits for a quorum.
const RETRY_QUORUM_S: u64 = 10;
/// When to try again at an office that is not admitted yet.
const RETRY_ADMITTED_S: u64 = 60;

/// Why a form is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FormRefusal {
    /// It is no form.
    Form(FormError),
    /// It makes no document.
    Claim(ClaimError),
    /// A text part has more bytes than a field may have.
    LongText(String),
    /// A text part is no text.
    NotText,
    /// The document or the form is too large.
    TooLarge,
    /// It stands still.
    TooSlow,
}

impl From<FormError> for FormRefusal {
    fn from(error: FormError) -> FormRefusal {
        FormRefusal::Form(error)
    }
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> ApiError {
        FormRefusal::Form(error).into()
    }
}

impl From<FormRefusal> for ApiError {
    fn from(refusal: FormRefusal) -> ApiError {
        let next_step = "Correct the form; docs/hosted.md describes its parts.";
        let bad = |code: &str, message: &str| {
            ApiError::new(StatusCode::BAD_REQUEST, code, message, next_step)
        };
        match refusal {
            FormRefusal::Form(error) => bad("form-malformed", &error.to_string()),
            FormRefusal::NotText => bad("form-malformed", "A text part is not UTF-8."),
            FormRefusal::LongText(name) => {
                let message = format!("The part {} is longer than 4,096 bytes.", shown(&name));
                bad("field-too-long", &message)
            }
            FormRefusal::Claim(error) => {
                let message = shown(&error.to_string());
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                ApiError::new(status, error.code(), &message, next_step)
            }
            FormRefusal::TooLarge => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                &format!("A document has at most {DOCUMENT_BYTES} bytes, its texts 65,536."),
                "Send the SHA-256 and the length of the document in the place of its bytes.",
            ),
            FormRefusal::TooSlow => ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                "The form stood still for too long.",
                "Send it again, or send the document's SHA-256 and length in its place.",
            ),
        }
    }
}

/// What a client sent, fit for a sentence.
fn shown(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl ApiError {
    /// No office is hosted here.
    pub fn hosts_nobody() -> ApiError {
        ApiError::not_found("This node hosts no office.")
    }

    /// No token in force.
    pub fn unauthorized() -> ApiError {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "token-unknown",
            "The request shows no token or certificate that is in force.",
            "Send Authorization: Bearer TOKEN; the operator of the node makes tokens.",
        )
    }

    /// No idempotency key, or none that can be one.
    pub fn no_key() -> ApiError {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "idempotency-key-missing",
            &format!("The request needs one Idempotency-Key of 1 to {KEY_CHARS} ASCII characters."),
            "Send one that stands for this document, and the same one when it is sent again.",
        )
    }

    /// The token's rate is used up.
    pub fn too_often(wait: Duration) -> ApiError {
        let error = ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-exceeded",
            "The token was used more often than its rate allows.",
            "Send the same request again later, or ask the operator for a higher rate.",
        );
        ApiError { retry_after_s: Some(wait.as_secs().saturating_add(1)), ..error }
    }

    /// As many forms are being read as may.
    pub fn busy() -> ApiError {
        ApiError::unavailable("busy", "This node reads as many forms as it can.", RETRY_FULL_S)
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> ApiError {
        match denied {
            Denied::Unknown => ApiError::unauthorized(),
            Denied::NotPermitted(what) => ApiError::new(
                StatusCode::FORBIDDEN,
                "not-permitted",
                &format!("This token may not {}.", what.word()),
                "Use a token that may; the operator of the node makes tokens and says for what.",
            ),
            Denied::File(error) => ApiError::internal(&error),
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> ApiError {
        let forbidden = |code: &str, message: &str, next_step| {
            ApiError::new(StatusCode::FORBIDDEN, code, message, next_step)
        };
        match error {
            IssueError::KeyReused => ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "This Idempotency-Key was used for another document.",
                "Use a key of its own for each document; a corrected document is another one.",
            ),
            IssueError::TypeNotAllowed(document_type) => forbidden(
                "type-not-allowed",
                &format!("This token is not for documents of the type {}.", shown(&document_type)),
                "Use a token that is; which types there are, the authority decides.",
            ),
            IssueError::Retired => forbidden(
                "office-retired",
                "The authority has retired this office.",
                "Ask the authority; what was issued before stays valid.",
            ),
            IssueError::NotAdmitted => ApiError::unavailable(
                "office-not-admitted",
                "The authority has not admitted this office yet.",
                RETRY_ADMITTED_S,
            ),
            IssueError::Full => ApiError::unavailable(
                "office-full",
                "As many documents of this office wait as this node holds.",
                RETRY_FULL_S,
            ),
            IssueError::NotReady(message) => {
                ApiError::unavailable("not-ready", &message, RETRY_QUORUM_S)
            }
            IssueError::Unconfirmed => ApiError::unavailable(
                "no-quorum",
                "The document is taken in and not yet confirmed by a quorum.",
                RETRY_QUORUM_S,
            ),
            IssueError::Stopping => ApiError::stopping(),
            IssueError::Refused(refused) => refused.into(),
            // The desk has logged it.
            IssueError::Fault => ApiError::own_fault(),
        }
    }
}
