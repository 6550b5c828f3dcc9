//! A proposal: what one person wants changed, signed with the office's key, for a second person to
//! approve.
//!
//! ```text
//! beleg.proposal/v1
//! federation <64 hex>
//! origin <identity line of the log>
//! issuer <id>
//! state <valid | suspended | superseded | revoked>
//! made <POSIX seconds>
//! documents <count>
//! <status index> <state> <pointer to the successor, base64 | -> <reason | ->     count times
//! key <64 hex>
//! signature <base64>
//! ```
//!
//! The signature covers a label and the SHA-256 of everything above the line `key`, and so does
//! the approval, under another label. The file names reasons, so it stays in the office.

use super::Counter;
use super::judge::Judged;
use super::reason;
use super::want::{Asked, Proposed, Wish};
use crate::durable;
use crate::office::OfficeError;
use crate::run::now;
use crate::select::Selector;
use proto::hash::{Hash, sha256};
use proto::ledger::{Pointer, StatusState};
use proto::limits;
use proto::note::{KeyError, SigningKey, ed25519};
use proto::text::{Lines, TextError, base64_array, base64_encode, decimal_up_to};
use std::io;
use std::path::{Path, PathBuf};
use verifier::input::{self, InputError};

const FIRST_LINE: &str = "beleg.proposal/v1";
const LABEL: &[u8] = b"beleg-issuer/proposal/v1\0";
const APPROVAL_LABEL: &[u8] = b"beleg-issuer/approval/v1\0";
/// Documents in a proposal.
const DOCUMENTS: u64 = 4 * 1024 * 1024;
/// Bytes of a proposal.
const BYTES: usize = 1024 * 1024 * 1024;
/// After this many seconds a proposal is not approved any more.
pub const LIFETIME_S: u64 = 30 * 86_400;

/// Why a proposal cannot be written, read, or approved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
    #[error("{}: {why}.", verifier::shown::path(.path))]
    Write { path: PathBuf, why: io::Error },
    #[error("{}: {why}.", verifier::shown::path(.path))]
    Input { path: PathBuf, why: InputError },
    #[error("This is no proposal: {0}")]
    Form(#[from] TextError),
    #[error("Line {line} of the proposal is not what belongs there.")]
    Line { line: usize },
    #[error("The proposal cannot be signed: {0}")]
    Key(#[from] KeyError),
    #[error("The proposal is not signed by this office's key.")]
    NotOurs,
    #[error("The proposal is for another federation, log or office.")]
    OtherPlace,
    #[error("The proposal is older than 30 days, or of the future.")]
    Old,
    #[error("The proposal was carried out before.")]
    Used,
    #[error("{} is not registered as an approver of this office, or has another key.",
        verifier::shown::text(.name))]
    NotAnApprover { name: String },
    #[error("The office's own key cannot approve what it has proposed.")]
    SameKey,
    #[error("This name is taken, too long, or no name.")]
    BadName,
    #[error("An approver's key must not lie in the office's folder.")]
    KeyInOffice,
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl ProposalError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            ProposalError::Write { .. } => "Name a file that is not there yet.",
            ProposalError::Input { .. } => "Check the path and who may read it.",
            ProposalError::Form(_)
            | ProposalError::Line { .. }
            | ProposalError::NotOurs
            | ProposalError::OtherPlace
            | ProposalError::Old => "Nothing was sent. Let the proposal be made again.",
            ProposalError::Used => "Nothing was sent, and nothing is left to do.",
            ProposalError::NotAnApprover { .. } | ProposalError::SameKey => {
                "Nothing was sent. `beleg-issuer approver list` shows who may approve."
            }
            ProposalError::BadName => "Choose another name.",
            ProposalError::KeyInOffice => "Give it to the person on a medium of its own.",
            ProposalError::Key(_) | ProposalError::Office(_) => "Use a key that this program made.",
        }
    }

    /// The exit code: 1 if the proposal is refused, 2 if it cannot be read at all.
    pub fn exit(&self) -> u8 {
        match self {
            ProposalError::NotOurs
            | ProposalError::OtherPlace
            | ProposalError::Old
            | ProposalError::Used
            | ProposalError::NotAnApprover { .. }
            | ProposalError::SameKey => 1,
            _ => 2,
        }
    }
}

/// A proposal as it is read. Nothing in it is checked but its form.
#[derive(Debug)]
pub struct Proposal {
    pub federation: Hash,
    pub origin: String,
    pub issuer: u64,
    pub made: u64,
    pub asked: Asked,
    pub key: [u8; 32],
    pub signature: [u8; 64],
    /// The SHA-256 of what was signed.
    pub hash: Hash,
}

/// Writes a proposal; what to say about it.
pub fn write(
    path: &Path,
    counter: &Counter<'_>,
    state: StatusState,
    judged: &Judged,
) -> Result<String, ProposalError> {
    let place = counter.office.place();
    let mut text = format!(
        "{FIRST_LINE}\nfederation {}\norigin {}\nissuer {}\nstate {}\nmade {}\ndocuments {}\n",
        place.federation,
        place.origin,
        counter.row.id,
        state.word(),
        now().0,
        judged.items.len()
    );
    for item in judged.items.values() {
        let pointer = item.pointer.map_or("-".to_owned(), |pointer| base64_encode(&pointer.0));
        let (from, reason) = (item.from.word(), item.reason.as_deref().unwrap_or("-"));
        text.push_str(&format!("{} {from} {pointer} {reason}\n", item.status));
    }
    let signature = counter.office.key().sign_raw(&message(LABEL, &sha256(text.as_bytes())))?;
    let key = hex::encode(counter.row.key);
    text.push_str(&format!("key {key}\nsignature {}\n", base64_encode(&signature)));
    durable::create(path, text.as_bytes(), durable::PRIVATE)
        .map_err(|why| ProposalError::Write { path: path.to_path_buf(), why })?;
    Ok(format!(
        "The proposal is in {}; nothing was sent. A second person runs `beleg-issuer approve`. \
         It names the reasons: hand it to nobody else.",
        verifier::shown::path(path)
    ))
}

fn message(label: &[u8], hash: &Hash) -> Vec<u8> {
    [label, &hash.0].concat()
}

impl Proposal {
    /// Reads a proposal.
    pub fn read(path: &Path) -> Result<Proposal, ProposalError> {
        let bytes = input::read_bounded(path, BYTES)
            .map_err(|why| ProposalError::Input { path: path.to_path_buf(), why })?;
        Proposal::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Proposal, ProposalError> {
        let text = proto::text::lines_utf8(bytes, BYTES)?;
        let mut lines = Lines::new(text);
        let line = |lines: &Lines<'_>| ProposalError::Line { line: lines.number() };
        if lines.line()? != FIRST_LINE {
            return Err(line(&lines));
        }
        let federation = Hash::from_hex(lines.keyword("federation")?)?;
        let origin = lines.keyword("origin")?.to_owned();
        let number =
            |lines: &mut Lines<'_>, word| decimal_up_to(lines.keyword(word)?, limits::JSON_INTEGER);
        let issuer = number(&mut lines, "issuer")?;
        let state = StatusState::from_word(lines.keyword("state")?).ok_or_else(|| line(&lines))?;
        let made = number(&mut lines, "made")?;
        let count = number(&mut lines, "documents")?;
        let mut wishes = Vec::new();
        for _ in 0..count.min(DOCUMENTS) {
            let wish = wish(lines.line()?);
            wishes.push(wish.ok_or_else(|| line(&lines))?);
        }
        let signed = text.len() - lines.rest().len();
        let key = proto::text::hex_array(lines.keyword("key")?)?;
        let signature = base64_array(lines.keyword("signature")?)?;
        lines.finish()?;
        let hash = sha256(&text.as_bytes()[..signed]);
        let asked = Asked { state, wishes };
        Ok(Proposal { federation, origin, issuer, made, asked, key, signature, hash })
    }

    /// Checks that this office made it, lately, and that it was not carried out before.
    pub fn check(&self, counter: &Counter<'_>) -> Result<(), ProposalError> {
        let place = counter.office.place();
        let here = (Hash(place.federation.0), place.origin, counter.row.id);
        if (self.federation, self.origin.as_str(), self.issuer) != here {
            return Err(ProposalError::OtherPlace);
        }
        let signed = ed25519::verify(&self.key, &message(LABEL, &self.hash), &self.signature);
        if signed.is_err() || !counter.office.public_keys().contains(&self.key) {
            return Err(ProposalError::NotOurs);
        }
        let age = now().0.checked_sub(self.made);
        if age.is_none_or(|age| age > LIFETIME_S) {
            return Err(ProposalError::Old);
        }
        if counter.orders.proposals.contains(&self.hash) {
            return Err(ProposalError::Used);
        }
        Ok(())
    }

    /// The second signature.
    pub fn approve(&self, key: &SigningKey) -> Result<[u8; 64], ProposalError> {
        Ok(key.sign_raw(&message(APPROVAL_LABEL, &self.hash))?)
    }
}

fn wish(line: &str) -> Option<Wish> {
    let mut parts = line.splitn(4, ' ');
    let index = decimal_up_to(parts.next()?, limits::JSON_INTEGER).ok()?;
    let from = StatusState::from_word(parts.next()?)?;
    let pointer = match parts.next()? {
        "-" => None,
        text => Some(Pointer(base64_array(text).ok()?)),
    };
    let reason = match parts.next()? {
        "-" => None,
        text if reason::is_reason(text) => Some(text.to_owned()),
        _ => return None,
    };
    Some(Wish {
        name: format!("status index {index}"),
        selector: Selector::Status(index),
        reason,
        by: None,
        proposed: Some(Proposed { from, pointer }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &str) -> String {
        let body = format!(
            "{FIRST_LINE}\nfederation {}\norigin city.example/log\nissuer 4\nstate revoked\n\
             made 9\ndocuments 2\n{lines}",
            "ab".repeat(32)
        );
        let (key, signature) = ("07".repeat(32), base64_encode(&[5; 64]));
        format!("{body}key {key}\nsignature {signature}\n")
    }

    #[test]
    fn a_proposal_has_one_spelling() {
        let pointer = base64_encode(&[3; 40]);
        let good = text(&format!("7 valid {pointer} other:two words\n9 suspended - fraud\n"));
        let proposal = Proposal::parse(good.as_bytes()).unwrap();
        assert_eq!((proposal.issuer, proposal.made, proposal.key), (4, 9, [7; 32]));
        let wishes = &proposal.asked.wishes;
        assert_eq!(wishes[0].proposed.unwrap().pointer, Some(Pointer([3; 40])));
        assert_eq!(wishes[0].reason.as_deref(), Some("other:two words"));
        assert_eq!(wishes[1].proposed.unwrap().from, StatusState::Suspended);
        for bad in [
            text("7 valid - fraud\n"),
            text("7 valid - fraud\n9 gone - fraud\n"),
            text("7 valid - fraud\n9 valid - whim\n"),
            text("7 valid - fraud\n9 valid fraud\n"),
            text("7 valid - fraud\n09 valid - fraud\n"),
            format!("{good}\n"),
            good.replace("proposal/v1", "proposal/v2"),
        ] {
            assert!(Proposal::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        // One other word, and it is another proposal.
        let other = Proposal::parse(good.replace("fraud", "error").as_bytes()).unwrap();
        assert_ne!(other.hash, proposal.hash);
    }
}
