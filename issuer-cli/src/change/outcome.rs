//! What became of each document whose status was to change, and of the call as a whole.

use crate::outcome::Why;
use proto::ledger::StatusState;

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It has the new state in the ledger.
    Changed,
    /// It had that state before; nothing was sent.
    Unchanged,
    /// It would change (`--dry-run`, `--propose`).
    Planned,
    /// It was not changed.
    Refused,
    /// It was signed and is not published yet; nothing is lost.
    Waiting,
}

impl Fate {
    /// All, in the order in which a summary names them.
    pub const ALL: [Fate; 5] =
        [Fate::Changed, Fate::Unchanged, Fate::Planned, Fate::Refused, Fate::Waiting];

    /// The exit code of a call in which this is the worst.
    pub fn exit(self) -> u8 {
        match self {
            Fate::Changed | Fate::Unchanged | Fate::Planned => 0,
            Fate::Refused => 1,
            Fate::Waiting => 3,
        }
    }
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub fate: Fate,
    /// As it was named.
    pub name: String,
    pub status: Option<u64>,
    pub from: Option<StatusState>,
    pub to: StatusState,
    /// Index of the entry.
    pub index: Option<u64>,
    pub why: Option<Why>,
}

impl Line {
    /// A document that is not changed, and why.
    pub fn refused(name: &str, to: StatusState, code: &str, sentence: impl ToString) -> Line {
        let why = Some(Why::new(code, sentence));
        let name = name.to_owned();
        Line { fate: Fate::Refused, name, status: None, from: None, to, index: None, why }
    }

    /// The word for programs.
    pub fn word(&self) -> &'static str {
        match (self.fate, self.to) {
            (Fate::Changed, StatusState::Valid) => "reinstated",
            (Fate::Changed, StatusState::Suspended) => "suspended",
            (Fate::Changed, StatusState::Superseded) => "superseded",
            (Fate::Changed, StatusState::Revoked) => "revoked",
            (Fate::Unchanged, _) => "unchanged",
            (Fate::Planned, _) => "planned",
            (Fate::Refused, _) => "refused",
            (Fate::Waiting, _) => "waiting",
        }
    }
}

/// Everything that a call has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub lines: Vec<Line>,
    /// What concerns the call and not one document.
    pub refusals: Vec<Why>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

impl Changed {
    /// The exit code: the worst decides.
    pub fn exit(&self) -> u8 {
        let worst = self.lines.iter().map(|line| line.fate).max();
        worst.map_or(0, Fate::exit).max(u8::from(!self.refusals.is_empty()))
    }

    /// What a summary counts: words in the order of the fates.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for fate in Fate::ALL {
            for line in self.lines.iter().filter(|line| line.fate == fate) {
                match counts.iter_mut().find(|(word, _)| *word == line.word()) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((line.word(), 1)),
                }
            }
        }
        counts
    }
}
