//! What a verdict says: the word, the four lines, and the facts that a person may want to see.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::anchors::AnchorFacts;
use super::reason::Reason;
use crate::hash::{Hash, LeafIndex, StatusIndex, Timestamp, TreeSize};
use crate::ledger::StatusState;
use crate::time::Date;

/// One of three words, and never a fourth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Word {
    /// Everything was proven and nothing stands against it.
    Valid,
    /// Something is missing or too old to judge. It is not said to be forged, nor to be fine.
    CannotTell,
    /// Something is wrong.
    Invalid,
}

impl Word {
    /// The word as people read it.
    pub fn text(self) -> &'static str {
        match self {
            Word::Valid => "VALID",
            Word::CannotTell => "CANNOT TELL",
            Word::Invalid => "INVALID",
        }
    }

    /// What a program ends with.
    pub fn exit_code(self) -> u8 {
        match self {
            Word::Valid => 0,
            Word::Invalid => 1,
            Word::CannotTell => 2,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The state of a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LineState {
    /// Proven.
    Good,
    /// Not known.
    Unknown,
    /// Wrong.
    Bad,
}

impl LineState {
    /// The word that this line alone would give.
    pub fn word(self) -> Word {
        match self {
            LineState::Good => Word::Valid,
            LineState::Unknown => Word::CannotTell,
            LineState::Bad => Word::Invalid,
        }
    }
}

/// A line of a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its state.
    pub state: LineState,
    /// Why.
    pub reason: Reason,
}

impl From<Reason> for Line {
    fn from(reason: Reason) -> Line {
        Line { state: reason.state(), reason }
    }
}

/// The answer. The worst line decides the word; of equal ones, the first that was judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The word.
    pub word: Word,
    /// The reason of the line that decides.
    pub reason: Reason,
    /// Is the file what was issued?
    pub content: Line,
    /// Who issued it, and was that allowed?
    pub issuer: Line,
    /// Not later than when?
    pub time: Line,
    /// Does it still stand?
    pub status: Line,
    /// What is known beside.
    pub facts: Facts,
}

impl Verdict {
    pub(super) fn new(lines: [Line; 4], facts: Facts) -> Verdict {
        let [content, issuer, time, status] = lines;
        let worst = lines.iter().map(|line| line.state).max().unwrap_or(LineState::Unknown);
        let of_worst = lines.iter().filter(|line| line.state == worst).map(|line| line.reason);
        // A line that was not judged because of another one says nothing by itself.
        let reason = of_worst.clone().find(|reason| *reason != Reason::NotJudged);
        let reason = match worst {
            LineState::Good => Reason::Valid,
            _ => reason.unwrap_or(Reason::NotJudged),
        };
        Verdict { word: worst.word(), reason, content, issuer, time, status, facts }
    }

    /// The four lines with their names, in their order.
    pub fn lines(&self) -> [(&'static str, Line); 4] {
        [
            ("content", self.content),
            ("issuer", self.issuer),
            ("time", self.time),
            ("status", self.status),
        ]
    }
}

/// What is known beside the lines. A part is there only if it was proven, so that nothing that
/// merely stands in a receipt is shown as true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Name of the federation that was trusted.
    pub federation: String,
    /// Number of its newest version.
    pub federation_version: u64,
    /// Last day on which that version says that something is fresh.
    pub federation_expires: Date,
    /// The log and its cosigned tree.
    pub log: Option<LogFacts>,
    /// The issuer, admitted by the authority.
    pub issuer: Option<IssuerFacts>,
    /// The document, signed by the issuer.
    pub document: Option<DocumentFacts>,
    /// The status, closed by a cosigned tree.
    pub status: Option<StatusFacts>,
    /// What clocks outside the federation say of the tree, of each kind the best first.
    pub anchors: Vec<AnchorFacts>,
}

/// The log and its cosigned tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogFacts {
    /// Identity line of the log.
    pub origin: String,
    /// Short name of the authority.
    pub authority: String,
    /// The authority's name as people read it.
    pub authority_name: String,
    /// Size of the tree that was cosigned.
    pub tree_size: TreeSize,
    /// That tree existed not later than this: the proven time of everything in it.
    pub proven_time: Timestamp,
    /// Short names of the operators that cosigned.
    pub operators: Vec<String>,
    /// How many must have cosigned.
    pub quorum: u64,
    /// The federation version whose keys vouch for the tree.
    pub version: u64,
}

/// The issuer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuerFacts {
    /// The name as people read it.
    pub name: String,
    /// Index of the issuer's entry.
    pub entry: LeafIndex,
    /// Its Ed25519 public key.
    pub key: [u8; 32],
}

/// The document as the issuer describes it. These are the issuer's claims, the date too; only
/// [`LogFacts::proven_time`] is a proven time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentFacts {
    /// Document type.
    pub document_type: String,
    /// Issuing unit.
    pub unit: String,
    /// Last day of validity; none if it has no end.
    pub valid_until: Option<Date>,
    /// The date that the issuer claims, if it is shown.
    pub claimed_date: Option<Date>,
    /// The issuer's reference, if it is shown.
    pub reference: Option<String>,
    /// Media type of the file.
    pub media_type: String,
    /// Length of the file in bytes.
    pub length: u64,
    /// All fields that are shown: place, name, value.
    pub shown: Vec<(u32, String, String)>,
    /// How many fields are hidden.
    pub hidden: u32,
    /// The commitment that all fields lead to, shown or not.
    pub commitment: Hash,
    /// Index of the entry in the log.
    pub entry: LeafIndex,
    /// Places in the batch.
    pub batch_width: u64,
}

/// The status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusFacts {
    /// What became of the document.
    pub state: StatusState,
    /// As of when.
    pub as_of: Timestamp,
    /// What says so.
    pub source: StatusSource,
    /// The commitment of the document that took the place of this one, if a list names it.
    pub successor: Option<Hash>,
    /// The document's place in the status list.
    pub index: StatusIndex,
    /// Greatest age, in seconds, that the federation allows.
    pub allowed_age_s: u64,
}

/// Where a status was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusSource {
    /// In the status proof of the receipt.
    Receipt,
    /// In a status list at hand.
    List,
}
