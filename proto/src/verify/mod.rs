//! The verdict on a document and its receipt: three words, four lines, one stable reason code each.
//!
//! [`verify`] needs nothing but its arguments: no clock, no network, no file. Any input, however
//! hostile, gets one of the three words within bounded memory and time. What a receipt merely says
//! about keys, names or times is never believed; a line is good only by what was proven.

mod anchors;
mod known;
mod reason;
mod status;
mod steps;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

pub use anchors::AnchorFacts;
pub use known::Known;
pub use reason::Reason;
pub use verdict::{
    DocumentFacts, Facts, IssuerFacts, Line, LineState, LogFacts, StatusFacts, StatusSource,
    Verdict, Word,
};

use crate::anchor::Kind;
use crate::anchor::judge::Outside;
use crate::document::ContentDigest;
use crate::federation::Federation;
use crate::hash::Timestamp;
use crate::receipt::Receipt;
use crate::status_list::VerifiedStatusList;

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
    /// The moment to judge, if it is not now: did it stand then, as far as is proven?
    pub at: Option<Timestamp>,
    /// Status lists at hand, in any order: of this log or of others, one or several of each.
    pub lists: &'a [VerifiedStatusList],
    /// What is known of clocks outside the federation.
    pub outside: Outside<'a>,
    /// Kinds of outside evidence without which it is not VALID.
    pub require: &'a [Kind],
}

impl<'a> Question<'a> {
    /// The question whether a document stands now, by what its receipt says.
    pub fn new(
        content: Option<&'a ContentDigest>,
        receipt: &'a [u8],
        federation: &'a Federation,
        now: Timestamp,
    ) -> Question<'a> {
        let (outside, require) = (Outside::default(), &[]);
        Question { content, receipt, federation, now, at: None, lists: &[], outside, require }
    }

    /// The moment that is judged.
    fn moment(&self) -> Timestamp {
        self.at.unwrap_or(self.now)
    }
}

/// Judges a receipt and, if there is one, the file that it is said to belong to.
pub fn verify(question: &Question<'_>) -> Verdict {
    verify_with(&mut Known::default(), question)
}

/// The same for many receipts: what they share is checked once. The verdict is the same.
pub fn verify_with(known: &mut Known, question: &Question<'_>) -> Verdict {
    verify_finding(known, question, |_| (question.lists, question.outside))
}

/// The same for who has much at hand and does not want to read it all: `find` is asked once, about
/// the receipt, and what it gives takes the place of the question's lists and of what is outside.
pub fn verify_finding<'a>(
    known: &mut Known,
    question: &Question<'a>,
    find: impl FnOnce(&Receipt) -> (&'a [VerifiedStatusList], Outside<'a>),
) -> Verdict {
    match Receipt::parse(question.receipt) {
        Ok(receipt) => {
            let (lists, outside) = find(&receipt);
            steps::judge(known, &receipt, &Question { lists, outside, ..*question })
        }
        Err(error) => steps::nothing_known(question, Reason::ReceiptUnreadable(error)),
    }
}
