//! What is asked for, decided, signed and entered: one line for each step, in a file that only
//! grows. It is the record of who changed what, when and why, and what a start goes on from.
//!
//! ```text
//! {"change":1,"time":n,"id":hex,"what":{"asked":{"request":hex,"by":{"token":s,"name":s},
//!    "state":s,"documents":[[status,state]],"unchanged":[n],"types":[s],"successor":n?,
//!    "pointer":hex?,"reason":s?,"waits":bool}}}
//! "what": {"approved":{"token":s,"name":s}} | {"rejected":{...}}
//!       | {"signed":{"sequence":n,"entry":hex}} | {"entered":{"index":n}}
//!       | {"refused":{"code":s,"message":s}}
//! ```
//!
//! The reason says something about a person: it stands here and is sent nowhere.

use std::collections::{BTreeMap, BTreeSet};

use proto::hash::{Hash, Timestamp};
use proto::ledger::{Pointer, StatusState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::PROPOSAL_DAYS;

/// The file's name.
pub const FILE: &str = "changes";
const VERSION: u8 = 1;
/// Bytes of a line: a change of the most documents, or an entry in hex.
pub const LINE_BYTES: u64 = 1024 * 1024;

/// A step of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    change: u8,
    /// When it was written, by this machine's clock.
    pub time: u64,
    /// Which change.
    pub id: String,
    /// The step.
    pub what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum What {
    /// Somebody asked for it.
    Asked(Box<Asked>),
    /// A second person approved it.
    Approved(Who),
    /// It is not to be done.
    Rejected(Who),
    /// It was signed; a later line takes the place of an earlier one.
    Signed(Signed),
    /// The entry is published.
    Entered {
        /// Its index.
        index: u64,
    },
    /// It will never be done.
    Refused {
        /// A stable code.
        code: String,
        /// One sentence.
        message: String,
    },
}

/// The token that somebody used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Its id.
    pub token: String,
    /// Its name, as it was then.
    pub name: String,
}

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The hash of the request, so that the same one is known.
    #[serde(with = "hex::serde")]
    pub request: [u8; 32],
    /// Who asked.
    pub by: Who,
    /// What the documents become.
    pub state: Word,
    /// The documents that change, with the state that they had.
    pub documents: Vec<(u64, Word)>,
    /// Those that were so already.
    pub unchanged: Vec<u64>,
    /// The types of all of them.
    pub types: Vec<String>,
    /// The document that takes the place of the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<u64>,
    /// What leads from the one to the other in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "pointer_hex")]
    pub pointer: Option<Pointer>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a second person must approve it.
    pub waits: bool,
}

/// A signed entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The number in it.
    pub sequence: u64,
    /// Its bytes.
    #[serde(with = "hex::serde")]
    pub entry: Vec<u8>,
}

/// A state, written as its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word(pub StatusState);

impl Line {
    /// A line of the version that is written.
    pub fn new(time: Timestamp, id: &str, what: What) -> Line {
        Line { change: VERSION, time: time.0, id: id.to_owned(), what }
    }

    /// Whether it has a version that is known here.
    pub fn is_known(&self) -> bool {
        self.change == VERSION
    }
}

/// The id of the change that was asked for under an idempotency key.
pub fn id_of(key: &Hash) -> String {
    let mut id = key.to_hex();
    id.truncate(32);
    id
}

/// A change as its lines tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// When it was asked for.
    pub time: u64,
    /// What was asked for.
    pub asked: Asked,
    /// Who decided about it.
    pub decided: Option<Decided>,
    /// The last entry that was signed for it.
    pub signed: Option<Signed>,
    /// How it ended.
    pub end: Option<End>,
}

/// A decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// Yes or no.
    pub approved: bool,
    /// Who.
    pub by: Who,
    /// When.
    pub time: u64,
}

/// How a change ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Published at this index.
    Entered(u64),
    /// Refused.
    Refused {
        /// A stable code.
        code: String,
        /// One sentence.
        message: String,
    },
}

/// Where a change is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// A second person must approve it.
    Waits,
    /// It is on its way into the ledger.
    InWork,
    /// It is in the ledger.
    Published,
    /// The ledger does not take it.
    Refused,
    /// Somebody said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

impl Progress {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Progress::Waits => "waits-for-approval",
            Progress::InWork => "in-work",
            Progress::Published => "published",
            Progress::Refused => "refused",
            Progress::Rejected => "rejected",
            Progress::Expired => "expired",
        }
    }

    /// Whether something can still become of it.
    pub fn is_open(self) -> bool {
        matches!(self, Progress::Waits | Progress::InWork)
    }
}

impl Change {
    /// Where it is now.
    pub fn progress(&self, now: Timestamp) -> Progress {
        let void = self.time.saturating_add(PROPOSAL_DAYS * 86_400);
        match (&self.end, &self.decided) {
            (Some(End::Entered(_)), _) => Progress::Published,
            (Some(End::Refused { .. }), _) => Progress::Refused,
            (None, Some(decided)) if !decided.approved => Progress::Rejected,
            (None, None) if self.asked.waits && now.0 > void => Progress::Expired,
            (None, None) if self.asked.waits => Progress::Waits,
            (None, _) => Progress::InWork,
        }
    }

    /// Takes its next step over.
    pub fn take(&mut self, time: u64, what: What) {
        match what {
            // The same change is never asked for twice.
            What::Asked(_) => {}
            What::Approved(by) => self.decided = Some(Decided { approved: true, by, time }),
            What::Rejected(by) => self.decided = Some(Decided { approved: false, by, time }),
            What::Signed(signed) => self.signed = Some(signed),
            What::Entered { index } => self.end = Some(End::Entered(index)),
            What::Refused { code, message } => self.end = Some(End::Refused { code, message }),
        }
    }
}

/// Takes a line over into the changes that it is about.
pub fn fold(changes: &mut BTreeMap<String, Change>, line: Line) {
    let Line { time, id, what, .. } = line;
    match what {
        What::Asked(asked) => {
            let change = Change {
                id: id.clone(),
                time,
                asked: *asked,
                decided: None,
                signed: None,
                end: None,
            };
            changes.entry(id).or_insert(change);
        }
        what => {
            if let Some(change) = changes.get_mut(&id) {
                change.take(time, what);
            }
        }
    }
}

impl Asked {
    /// All documents that were named.
    pub fn named(&self) -> BTreeSet<u64> {
        let changed = self.documents.iter().map(|(status, _)| *status);
        changed.chain(self.unchanged.iter().copied()).collect()
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
        let word = String::deserialize(deserializer)?;
        let state = StatusState::from_word(&word);
        state.map(Word).ok_or_else(|| serde::de::Error::custom("no state of a document"))
    }
}

mod pointer_hex {
    use super::*;

    pub fn serialize<S: Serializer>(pointer: &Option<Pointer>, s: S) -> Result<S::Ok, S::Error> {
        pointer.map(|pointer| hex::encode(pointer.0)).serialize(s)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Pointer>, D::Error> {
        let Some(text) = Option::<String>::deserialize(d)? else { return Ok(None) };
        let mut bytes = [0; 40];
        let good = hex::decode_to_slice(text, &mut bytes);
        good.map_err(serde::de::Error::custom)?;
        Ok(Some(Pointer(bytes)))
    }
}
