//! What a call asks for: which documents, and for each of them why and by what it is replaced.

use crate::args::change::{Change, Which};
use crate::change::reason::{self, VOCABULARY};
use crate::list::List;
use crate::outcome::Why;
use crate::select::{Selector, name};
use proto::ledger::{Pointer, StatusState};
use proto::time::moment;
use std::path::Path;

/// What is asked for.
#[derive(Debug)]
pub struct Asked {
    pub state: StatusState,
    pub wishes: Vec<Wish>,
}

/// One document, or all of a time.
#[derive(Debug)]
pub struct Wish {
    /// As it was named.
    pub name: String,
    pub selector: Selector,
    pub reason: Option<String>,
    /// The document that takes its place.
    pub by: Option<Selector>,
    /// What a proposal says about it.
    pub proposed: Option<Proposed>,
}

/// What was so when it was proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposed {
    pub from: StatusState,
    pub pointer: Option<Pointer>,
}

impl Wish {
    fn new(selector: Selector) -> Wish {
        let name = name(&selector);
        Wish { name, selector, reason: None, by: None, proposed: None }
    }

    /// Whether it may mean many documents.
    pub fn many(&self) -> bool {
        matches!(self.selector, Selector::Between(..))
    }
}

/// Reads a call; what is wrong with it goes to `wrong`.
pub fn asked(args: &Change, state: StatusState, by: Option<&str>, wrong: &mut Vec<Why>) -> Asked {
    let mut wishes = named(&args.which, wrong);
    if let Some(by) = by {
        match wishes.as_mut_slice() {
            [one] if !one.many() => one.by = Some(Selector::of(by, Path::new("."))),
            _ => wrong.push(Why::new(
                "one-successor-for-many",
                "With --by name one document. For several give a list with the column by.",
            )),
        }
    }
    if let Some(list) = &args.which.list {
        listed(list, state, &mut wishes, wrong);
    }
    for wish in &mut wishes {
        let default = args.reason.as_deref();
        let default = default.or((state == StatusState::Superseded).then_some("superseded"));
        wish.reason = wish.reason.take().or(default.map(str::to_owned));
        match &wish.reason {
            None if state != StatusState::Valid => wrong.push(Why::new(
                "reason-missing",
                format!("{}: No reason is named. Add --reason: {VOCABULARY}.", wish.name),
            )),
            Some(text) if !reason::is_reason(text) => wrong.push(Why::new(
                "reason-unknown",
                format!("{}: {text:?} is no reason. Use {VOCABULARY}.", wish.name),
            )),
            _ => {}
        }
    }
    // The same sentence for each of a thousand documents helps nobody.
    wrong.dedup_by(|a, b| a.code == b.code && a.sentence == b.sentence);
    Asked { state, wishes }
}

fn named(which: &Which, wrong: &mut Vec<Why>) -> Vec<Wish> {
    let files = which.files.iter().cloned().map(Selector::File);
    let references = which.reference.iter().cloned().map(Selector::Reference);
    let statuses = which.status.iter().copied().map(Selector::Status);
    let mut wishes: Vec<Wish> = files.chain(references).chain(statuses).map(Wish::new).collect();
    if let [from, to] = which.issued_between.as_slice() {
        match (moment(from, false), moment(to, true)) {
            (Some(from), Some(to)) if from <= to => {
                wishes.push(Wish::new(Selector::Between(from, to)));
            }
            _ => wrong.push(Why::new(
                "bad-time",
                format!(
                    "{from} to {to} is no span of time. Write days or times in UTC, the earlier \
                     first: 2026-11-20 2026-11-21T14:30:00Z."
                ),
            )),
        }
    }
    wishes
}

fn listed(path: &Path, state: StatusState, wishes: &mut Vec<Wish>, wrong: &mut Vec<Why>) {
    let list = List::read(path);
    wrong.extend(list.refusals());
    let base = crate::durable::folder_of(path);
    for row in list.rows() {
        let mut wish = Wish::new(Selector::of(&row.file, base));
        wish.name = format!("{} ({})", row.file, list.at(row.line));
        for (column, value) in &row.values {
            match column.as_str() {
                "reason" => wish.reason = Some(value.clone()),
                "by" if state == StatusState::Superseded => {
                    wish.by = Some(Selector::of(value, base));
                }
                _ => wrong.push(Why::new(
                    "list-column-unknown",
                    format!("{}: There is no column {column} here.", list.at(row.line)),
                )),
            }
        }
        wishes.push(wish);
    }
}
