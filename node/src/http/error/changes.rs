//! Refusals of changes, in the words of the clerk who reads them.

use axum::http::StatusCode;

use super::{ApiError, RETRY_FULL_S};
use crate::hosted::changes::refusal::ChangeRefusal;
use crate::hosted::desk::IssueError;

impl From<ChangeRefusal> for ApiError {
    fn from(refusal: ChangeRefusal) -> ApiError {
        let (code, message) = (refusal.code().to_owned(), refusal.to_string());
        let (status, next_step) = match refusal {
            ChangeRefusal::Office(IssueError::KeyReused) => {
                return ApiError::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "idempotency-key-reused",
                    "This Idempotency-Key was used for another request.",
                    "Use a key of its own for each change.",
                );
            }
            ChangeRefusal::Office(error) => return error.into(),
            ChangeRefusal::TooManyOpen => {
                return ApiError::unavailable(&code, &message, RETRY_FULL_S);
            }
            ChangeRefusal::TypeNotAllowed(_) => {
                (StatusCode::FORBIDDEN, "Let somebody do it whose token is for this type.")
            }
            ChangeRefusal::OwnChange => {
                (StatusCode::FORBIDDEN, "Let another person look at it and approve it.")
            }
            ChangeRefusal::NoSuchChange => {
                (StatusCode::NOT_FOUND, "Look at the list of changes; it may be another office's.")
            }
            ChangeRefusal::NotWaiting(_) => {
                (StatusCode::CONFLICT, "Look at the change; nothing is left to do about it.")
            }
            ChangeRefusal::Expired | ChangeRefusal::Rejected => {
                (StatusCode::CONFLICT, "Ask for the change anew, with another Idempotency-Key.")
            }
            refusal => (StatusCode::UNPROCESSABLE_ENTITY, next_step(&refusal)),
        };
        ApiError::new(status, &code, &message, next_step)
    }
}

/// What to do about a request that cannot be met.
fn next_step(refusal: &ChangeRefusal) -> &'static str {
    match refusal {
        ChangeRefusal::Nothing => "Choose the documents first.",
        ChangeRefusal::TooManyDocuments => "Make several changes of it.",
        ChangeRefusal::NamedTwice(_) => "Name each document once.",
        ChangeRefusal::ReasonMissing => "Write why, in a few words; they stay in the office.",
        ChangeRefusal::ReasonMalformed => "Write a shorter reason on one line.",
        ChangeRefusal::Unknown(_) => "Find the document by its reference and take its number.",
        ChangeRefusal::OtherLog(_) | ChangeRefusal::EarlierRegistration(_) => {
            "Ask the authority; it can withdraw the document."
        }
        ChangeRefusal::Final { .. } => {
            "Leave the document out; only the authority can change it now."
        }
        ChangeRefusal::AlreadySo(_) => "Nothing is left to do.",
        ChangeRefusal::SuccessorMissing => {
            "Issue the new document first and name it, or revoke the old one."
        }
        ChangeRefusal::SuccessorUnasked => "Leave the new document out, or choose to replace.",
        ChangeRefusal::OneSuccessor => "Replace the documents one by one.",
        ChangeRefusal::OwnSuccessor => "Name the new document.",
        ChangeRefusal::SuccessorNotValid(_) => "Name a document that stands.",
        ChangeRefusal::SuccessorTooOld => "Issue the new document again, then replace.",
        ChangeRefusal::ReceiptNeeded => {
            "Send the receipt of the old document along; the office or its holder has it."
        }
        ChangeRefusal::ReceiptWrong(_) => {
            "Send the receipt of the document that is to be replaced, unchanged."
        }
        ChangeRefusal::StateChanged { .. } => {
            "Reject this change, and ask for a new one if it is still wanted."
        }
        _ => "Look at the documents as they are now, and ask again; nothing was changed.",
    }
}
