//! What is asked for, checked against the journal and the ledger; everything that is wrong is
//! named at once, and nothing is signed while there is something.

use super::outcome::{Changed, Fate, Line};
use super::want::{Asked, Wish};
use crate::book::BookError;
use crate::book::line::Personal;
use crate::client::IssuerRow;
use crate::office::Office;
use crate::select::{self, Chosen, Selection, Selector, name, read_receipt};
use proto::document::commitment::commit;
use proto::document::{Document, Field};
use proto::hash::{Hash, StatusIndex};
use proto::ledger::revocation::Signer;
use proto::ledger::{Pointer, StatusState, StatusTree};
use std::collections::{BTreeMap, BTreeSet};
use verifier::walk;

/// A document that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub name: String,
    pub status: u64,
    pub from: StatusState,
    pub reason: Option<String>,
    pub pointer: Option<Pointer>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub struct Judged {
    /// By status index.
    pub items: BTreeMap<u64, Item>,
    pub unchanged: BTreeSet<u64>,
    pub selection: Selection,
}

/// What a document is judged by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    pub office: &'a Office,
    /// The entry in force of the office's key.
    pub row: &'a IssuerRow,
    pub tree: &'a StatusTree,
}

impl Judge<'_> {
    /// Judges a call; lines for what is wrong and for what is so already go to `changed`.
    pub fn judge(&self, asked: &Asked, changed: &mut Changed) -> Result<Judged, BookError> {
        let selectors: Vec<Selector> = asked
            .wishes
            .iter()
            .map(|wish| wish.selector.clone())
            .chain(asked.wishes.iter().filter_map(|wish| wish.by.clone()))
            .collect();
        let selection = select::select(&self.office.folder, &selectors)?;
        let mut judged = Judged { selection, ..Judged::default() };
        let mut successors = asked.wishes.len()..selectors.len();
        let mut named: BTreeMap<u64, &Wish> = BTreeMap::new();
        for (at, wish) in asked.wishes.iter().enumerate() {
            let by = wish.by.as_ref().and_then(|_| successors.next());
            let refused = |(code, sentence): (&str, String)| {
                Line::refused(&wish.name, asked.state, code, sentence)
            };
            let meant = match self.meant(wish, at, &judged.selection) {
                Ok(meant) => meant,
                Err(fault) => {
                    changed.lines.push(refused(fault));
                    continue;
                }
            };
            for status in meant {
                match named.get(&status) {
                    Some(other) if !wish.many() && !other.many() => {
                        let sentence = format!("{} names the same document.", other.name);
                        changed.lines.push(refused(("named-twice", sentence)));
                        continue;
                    }
                    Some(_) if wish.many() => continue,
                    _ => named.insert(status, wish),
                };
                match self.document(asked.state, wish, by, status, &judged.selection) {
                    Ok(Some(item)) => {
                        judged.unchanged.remove(&status);
                        judged.items.insert(status, item);
                    }
                    Ok(None) => {
                        judged.unchanged.insert(status);
                        changed.lines.push(self.unchanged(wish, asked.state, status, &judged));
                    }
                    Err(fault) => changed.lines.push(refused(fault)),
                }
            }
        }
        Ok(judged)
    }

    /// The documents that a wish means.
    fn meant(
        &self,
        wish: &Wish,
        at: usize,
        selection: &Selection,
    ) -> Result<Vec<u64>, (&'static str, String)> {
        let fault = selection.faults.iter().find(|fault| fault.at == at);
        let hits = &selection.hits[at];
        match (fault, hits.as_slice()) {
            (Some(fault), _) => Err(self.explained(wish, fault)),
            (None, [_]) => Ok(hits.clone()),
            (None, _) if wish.many() => Ok(hits.clone()),
            (None, _) => {
                let some: Vec<String> = hits.iter().take(5).map(u64::to_string).collect();
                let (count, some) = (hits.len(), some.join(", "));
                Err((
                    "ambiguous",
                    format!(
                        "{count} documents of the journal are this one: status indexes {some}. \
                         Name the one that is meant by its receipt or by --status."
                    ),
                ))
            }
        }
    }

    /// Why the journal does not know a receipt that somebody named.
    fn explained(&self, wish: &Wish, fault: &select::Fault) -> (&'static str, String) {
        let plain = (fault.code, fault.sentence.clone());
        let Selector::File(path) = &wish.selector else { return plain };
        let beside = walk::receipt_path(path);
        let receipt = if walk::is_receipt(path) { path } else { &beside };
        let Ok(receipt) = read_receipt(receipt) else { return plain };
        let place = self.office.place();
        if receipt.federation != place.federation {
            return ("other-federation", "Its receipt is of another federation.".to_owned());
        }
        let origin = receipt.checkpoint.checkpoint().origin();
        if origin != place.origin {
            let origin = verifier::shown::text(origin);
            return ("other-log", format!("It was issued in the log {origin}, not in this one."));
        }
        if !self.office.public_keys().contains(receipt.issuer.statement.key()) {
            let other = verifier::shown::text(receipt.issuer.statement.name()).into_owned();
            return (
                "other-office",
                format!("It was issued by {other}; that office withdraws it."),
            );
        }
        plain
    }

    /// What becomes of a document; none if it is so already.
    fn document(
        &self,
        to: StatusState,
        wish: &Wish,
        by: Option<usize>,
        status: u64,
        selection: &Selection,
    ) -> Result<Option<Item>, (&'static str, String)> {
        let chosen = &selection.documents[&status];
        let from = self.state(chosen, selection)?;
        let pointer = match (by, &wish.proposed) {
            (_, Some(proposed)) => {
                if proposed.from != from {
                    let (was, is) = (proposed.from.word(), from.word());
                    let sentence = format!("It was {was} when it was proposed and is {is} now.");
                    return Err(("state-changed", sentence));
                }
                proposed.pointer
            }
            (Some(at), None) => Some(self.pointer(wish, chosen, at, selection)?),
            (None, None) => None,
        };
        if from == to && pointer.is_none() {
            return Ok(None);
        }
        if !Signer::Issuer.may_change(from, to) {
            let sentence =
                format!("It is {} for good; only the authority can undo that.", from.word());
            return Err(("state-final", sentence));
        }
        let name = shown_name(wish, chosen);
        Ok(Some(Item { name, status, from, reason: wish.reason.clone(), pointer }))
    }

    fn state(
        &self,
        chosen: &Chosen,
        selection: &Selection,
    ) -> Result<StatusState, (&'static str, String)> {
        let drawer = &selection.batches[&chosen.batch];
        if drawer.origin != self.office.authority.origin() {
            let origin = verifier::shown::text(&drawer.origin).into_owned();
            return Err(("other-log", format!("It was issued in the log {origin}.")));
        }
        if drawer.issuer < self.row.id {
            let sentence = "It was issued before the office was admitted anew. The authority can \
                            withdraw it.";
            return Err(("earlier-registration", sentence.to_owned()));
        }
        self.tree.state(StatusIndex(chosen.status)).ok_or_else(|| {
            let sentence = "The status list at hand is older than the document. Run this again.";
            ("status-list-too-old", sentence.to_owned())
        })
    }

    fn pointer(
        &self,
        wish: &Wish,
        old: &Chosen,
        at: usize,
        selection: &Selection,
    ) -> Result<Pointer, (&'static str, String)> {
        let fault = selection.faults.iter().find(|fault| fault.at == at);
        let status = match (fault, selection.hits[at].as_slice()) {
            (None, [one]) => *one,
            (Some(fault), _) => return Err(("successor-unknown", fault.sentence.clone())),
            _ => {
                let sentence = "Several documents are its successor. Name one by its receipt.";
                return Err(("successor-ambiguous", sentence.to_owned()));
            }
        };
        let new = &selection.documents[&status];
        if new.status == old.status {
            return Err(("own-successor", "A document cannot take its own place.".to_owned()));
        }
        if self.state(new, selection)? != StatusState::Valid {
            let sentence = "The document that is to take its place does not stand itself.";
            return Err(("successor-not-valid", sentence.to_owned()));
        }
        let by = wish.by.as_ref().unwrap_or(&wish.selector);
        let erased = |what: &Selector| {
            let sentence =
                format!("The journal has erased {}; name it by its receipt.", name(what));
            ("erased", sentence)
        };
        let old = commitment(old, &wish.selector).ok_or_else(|| erased(&wish.selector))?;
        let new = commitment(new, by).ok_or_else(|| erased(by))?;
        Ok(Pointer::new(&old, &new))
    }

    fn unchanged(&self, wish: &Wish, to: StatusState, status: u64, judged: &Judged) -> Line {
        let name = shown_name(wish, &judged.selection.documents[&status]);
        let (status, from) = (Some(status), Some(to));
        Line { fate: Fate::Unchanged, name, status, from, to, index: None, why: None }
    }
}

/// A document as it was named, or as the journal has it.
fn shown_name(wish: &Wish, chosen: &Chosen) -> String {
    if wish.many() || wish.proposed.is_some() {
        return known_name(chosen.personal.as_ref(), chosen.status);
    }
    wish.name.clone()
}

/// A document as the journal has it.
pub fn known_name(personal: Option<&Personal>, status: u64) -> String {
    personal.map_or_else(|| format!("status index {status}"), |personal| personal.file.clone())
}

/// The commitment of a document: from the journal, or if it was erased there from its receipt.
fn commitment(chosen: &Chosen, selector: &Selector) -> Option<Hash> {
    if let Some(personal) = &chosen.personal {
        let field = |(name, value): &(String, String)| Field::new(name, value).ok();
        let fields: Option<Vec<Field>> = personal.fields.iter().map(field).collect();
        return Some(commit(&Document::new(fields?).ok()?, &personal.secret));
    }
    let Selector::File(path) = selector else { return None };
    let beside = walk::receipt_path(path);
    let receipt = if walk::is_receipt(path) { path } else { &beside };
    // The receipt selected this document, so its fields lead to the batch that the journal holds.
    read_receipt(receipt).ok()?.disclosure.commitment().ok()
}
