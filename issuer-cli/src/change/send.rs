//! One signed entry after the other, from wherever it stands to its end:
//!
//! 1. the authority's node gets it and publishes it; that it stands in a tree which a quorum
//!    vouches for is checked, and the journal says so;
//! 2. if its number was used meanwhile, it is signed anew with the next one: the ledger never takes
//!    the old one any more;
//! 3. if the node does not publish it, every other operator's node gets it. They hand it on, and
//!    confirm no checkpoint of this log that leaves it out for long.
//!
//! A crash after any step leaves a line in the journal that `resume` takes up at step 1. The same
//! bytes are one entry to the node however often they come.

use super::order::{self, Open};
use super::outcome::{Changed, Fate, Line};
use crate::book::line::What;
use crate::book::{Book, BookError};
use crate::client::{ClientError, Held, IssuerRow, Refusal};
use crate::ledger::{Ledger, LedgerError};
use crate::outcome::Why;
use crate::watch::Watch;
use proto::hash::Timestamp;
use proto::ledger::{Place, RevocationStatement};
use proto::note::{KeyError, SigningKey};
use std::collections::BTreeMap;

/// How often an entry is signed anew before somebody should look.
const TRIES: usize = 3;

/// Why an entry was not taken to its end. Its line stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    #[error(transparent)]
    Book(#[from] BookError),
    #[error("The change cannot be signed: {0}")]
    Key(#[from] KeyError),
}

/// Everything that an entry needs on its way.
pub struct Way<'a> {
    pub place: Place<'a>,
    pub ledger: Ledger<'a>,
    pub key: &'a SigningKey,
    pub row: &'a IssuerRow,
    /// The operator of the authority's own node.
    pub home: &'a str,
    pub watch: &'a dyn Watch,
    pub now: fn() -> Timestamp,
}

/// Where an entry stands.
enum End {
    Entered(u64),
    Refused(Why),
    Waiting(Why),
}

impl Way<'_> {
    /// Takes open changes to their end; `documents` names the documents in them.
    pub fn finish(
        &self,
        book: &mut Book,
        open: Vec<Open>,
        sequence: u64,
        documents: &BTreeMap<u64, String>,
        changed: &mut Changed,
    ) -> Result<(), SendError> {
        let (mut sequence, mut away) = (sequence.max(self.row.sequence), None);
        for open in open {
            let (change, to) = (open.change.clone(), open.change.state);
            let end = match &away {
                // A node that does not answer is asked once and not for every entry.
                Some(why) => self.elsewhere(book, &open, Clone::clone(why), changed)?,
                None => self.one(book, open, &mut sequence, &mut away, changed)?,
            };
            let ranges = change.ranges.iter();
            for (status, name) in ranges.flat_map(|(first, last)| documents.range(first..=last)) {
                let (fate, index, why) = match &end {
                    End::Entered(index) => (Fate::Changed, Some(*index), None),
                    End::Refused(why) => (Fate::Refused, None, Some(why.clone())),
                    End::Waiting(why) => (Fate::Waiting, None, Some(why.clone())),
                };
                let (name, status) = (name.clone(), Some(*status));
                changed.lines.push(Line { fate, name, status, from: None, to, index, why });
            }
        }
        Ok(())
    }

    fn one(
        &self,
        book: &mut Book,
        mut open: Open,
        sequence: &mut u64,
        away: &mut Option<Why>,
        changed: &mut Changed,
    ) -> Result<End, SendError> {
        let own = &self.ledger.sources[0].client;
        let mut tries = 0;
        loop {
            match own.revoke(&open.change.entry, self.watch) {
                Ok(index) => return self.entered(book, &open, index),
                Err(ClientError::Refused { status: 422, refusal })
                    if refusal.error == "sequence-not-grown" && tries < TRIES =>
                {
                    let Some(statement) = open.statement() else {
                        return Ok(End::Refused(why(&refusal)));
                    };
                    tries += 1;
                    let last = own.issuers(self.watch).ok();
                    let last = last.and_then(|rows| rows.into_iter().find(|r| r.id == self.row.id));
                    *sequence = last.map_or(*sequence, |row| row.sequence.max(*sequence)) + 1;
                    open = self.sign_anew(book, open.number, &statement, *sequence)?;
                }
                Err(ClientError::Refused { status: 422, refusal }) => {
                    return self.against(book, &open, &refusal, changed);
                }
                Err(error) => {
                    let reason = Why::new(code(&error), &error);
                    *away = Some(reason.clone());
                    return self.elsewhere(book, &open, reason, changed);
                }
            }
        }
    }

    /// A node's word is no proof: the entry must stand where it says.
    fn entered(&self, book: &mut Book, open: &Open, index: u64) -> Result<End, SendError> {
        match self.ledger.check_entry(index, &open.change.entry) {
            Ok(()) => {
                book.note(What::Entered { change: open.number, index }, (self.now)())?;
                Ok(End::Entered(index))
            }
            Err(error) => {
                let code = match &error {
                    LedgerError::Client(error) => code(error),
                    _ => "answer-not-believed",
                };
                Ok(End::Waiting(Why::new(code, format!("{error} Run `beleg-issuer resume`."))))
            }
        }
    }

    fn sign_anew(
        &self,
        book: &mut Book,
        before: u64,
        old: &RevocationStatement,
        sequence: u64,
    ) -> Result<Open, SendError> {
        let statement = old.renumbered(sequence).map_err(|_| KeyError::BadForm)?;
        let entry = statement.sign(&self.place, self.key)?;
        let change = order::change(&entry, self.row.key, 0, Some(before));
        let number = book.note(What::Change(Box::new(change.clone())), (self.now)())?;
        Ok(Open { number, change })
    }

    /// The node says that a rule is against it. The others know the rules, too.
    fn against(
        &self,
        book: &mut Book,
        open: &Open,
        refusal: &Refusal,
        changed: &mut Changed,
    ) -> Result<End, SendError> {
        let others = self.others(&open.change.entry);
        if others.holding.is_empty() && others.entered.is_none() {
            let code = refusal.error.clone();
            book.note(What::Refused { change: open.number, code }, (self.now)())?;
            return Ok(End::Refused(why(refusal)));
        }
        let sentence = format!(
            "The authority's node refuses it ({}), and other data centres do not.",
            refusal.message
        );
        self.told(book, open, Why::new("node-refuses", sentence), others, changed)
    }

    /// The node does not publish it: the others get it as well.
    fn elsewhere(
        &self,
        book: &mut Book,
        open: &Open,
        reason: Why,
        changed: &mut Changed,
    ) -> Result<End, SendError> {
        let others = self.others(&open.change.entry);
        self.told(book, open, reason, others, changed)
    }

    fn told(
        &self,
        book: &mut Book,
        open: &Open,
        reason: Why,
        others: Others,
        changed: &mut Changed,
    ) -> Result<End, SendError> {
        if let Some(index) = others.entered {
            let end = self.entered(book, open, index)?;
            if let End::Entered(_) = end {
                return Ok(end);
            }
        }
        let sentence =
            format!("{} Nothing is lost; run `beleg-issuer resume` to finish it.", reason.sentence);
        let note = match others.holding.as_slice() {
            [] => "No other data centre has taken it either.".to_owned(),
            names => format!(
                "{} of {} other data centres have it ({}): they hand it to the authority's node \
                 and confirm nothing more of this log that leaves it out.",
                names.len(),
                others.asked,
                names.join(", ")
            ),
        };
        if !changed.notes.contains(&note) {
            changed.notes.push(note);
        }
        Ok(End::Waiting(Why::new(&reason.code, sentence)))
    }

    fn others(&self, entry: &[u8]) -> Others {
        let mut others = Others::default();
        for source in self.ledger.sources {
            let Some(operator) = source.operator.as_ref().filter(|name| *name != self.home) else {
                continue;
            };
            others.asked += 1;
            match source.client.hold(&source.prefix, entry) {
                Ok(Held::Entered(index)) => others.entered = Some(index),
                Ok(Held::Held) => others.holding.push(operator.clone()),
                Err(_) => {}
            }
        }
        others
    }
}

/// What the other data centres say.
#[derive(Default)]
struct Others {
    asked: usize,
    holding: Vec<String>,
    entered: Option<u64>,
}

fn why(refusal: &Refusal) -> Why {
    let sentence = format!("{} {}", refusal.message, refusal.next_step);
    Why::new(&refusal.error, sentence.trim_end())
}

fn code(error: &ClientError) -> &'static str {
    match error {
        ClientError::Away(_) => "node-away",
        ClientError::Busy => "node-busy",
        ClientError::Quorum => "quorum-missing",
        ClientError::Refused { .. } => "node-refuses",
        ClientError::NotANode(_) => "not-a-node",
    }
}
