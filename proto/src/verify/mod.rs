//! The verdict on a document and its receipt: three words, four lines, one stable reason code each.
//!
//! [`verify`] needs nothing but its arguments: no clock, no network, no file. Any input, however
//! hostile, gets one of the three words within bounded memory and time. What a receipt merely says
//! about keys, names or times is never believed; a line is good only by what was proven.

mod reason;
mod steps;
mod verdict;

#[cfg(test)]
mod tests;

pub use reason::Reason;
pub use verdict::{
    DocumentFacts, Facts, IssuerFacts, Line, LineState, LogFacts, StatusFacts, Verdict, Word,
};

use crate::document::ContentDigest;
use crate::federation::Federation;
use crate::hash::Timestamp;
use crate::receipt::Receipt;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Digest and length of the file in hand; none if there is only a receipt.
    pub content: Option<&'a ContentDigest>,
    /// The receipt file.
    pub receipt: &'a [u8],
    /// Whom to trust.
    pub federation: &'a Federation,
    /// The time on this side.
    pub now: Timestamp,
}

/// Judges a receipt and, if there is one, the file that it is said to belong to.
pub fn verify(question: &Question<'_>) -> Verdict {
    match Receipt::parse(question.receipt) {
        Ok(receipt) => steps::judge(&receipt, question),
        Err(error) => steps::nothing_known(question, Reason::ReceiptUnreadable(error)),
    }
}

/// Judges a receipt that is parsed already.
pub fn verify_parsed(receipt: &Receipt, question: &Question<'_>) -> Verdict {
    steps::judge(receipt, question)
}
