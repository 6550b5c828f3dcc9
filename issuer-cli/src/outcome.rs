//! What became of each document, and of the call as a whole.

use std::path::PathBuf;

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its receipt lies beside it.
    Issued,
    /// It had a receipt and was passed over (`--skip-issued`).
    Skipped,
    /// It could be issued (`--dry-run`).
    Planned,
    /// It was not issued.
    Refused,
    /// It is issued, and its receipt lies in the office's folder.
    Undelivered,
    /// Its batch is not finished; nothing is lost.
    Waiting,
}

impl State {
    /// All states, in the order in which a summary names them.
    pub const ALL: [State; 6] = [
        State::Issued,
        State::Skipped,
        State::Planned,
        State::Refused,
        State::Undelivered,
        State::Waiting,
    ];

    /// The same word for the same state, for programs.
    pub fn word(self) -> &'static str {
        match self {
            State::Issued => "issued",
            State::Skipped => "skipped",
            State::Planned => "planned",
            State::Refused => "refused",
            State::Undelivered => "undelivered",
            State::Waiting => "waiting",
        }
    }

    /// The exit code of a call in which this is the worst.
    pub fn exit(self) -> u8 {
        match self {
            State::Issued | State::Skipped | State::Planned => 0,
            State::Refused => 1,
            State::Undelivered => 4,
            State::Waiting => 3,
        }
    }
}

/// Why a document, or a call, is not simply issued: a word for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub code: String,
    pub sentence: String,
}

impl Why {
    /// A reason; the sentence says what is wrong and what to do.
    pub fn new(code: &str, sentence: impl ToString) -> Why {
        Why { code: code.to_owned(), sentence: sentence.to_string() }
    }
}

/// Where a document stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub origin: String,
    /// Index of the batch's entry.
    pub index: u64,
    /// Index of the document in the log's status list.
    pub status: u64,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub state: State,
    pub path: PathBuf,
    /// Where its receipt lies.
    pub receipt: Option<PathBuf>,
    pub standing: Option<Standing>,
    pub why: Option<Why>,
}

impl Outcome {
    /// An outcome that has nothing but its state and its reason.
    pub fn new(state: State, path: PathBuf, why: Option<Why>) -> Outcome {
        Outcome { state, path, receipt: None, standing: None, why }
    }
}

/// Everything that a call has to say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub documents: Vec<Outcome>,
    /// What concerns the call and not one document.
    pub refusals: Vec<Why>,
}

impl Outcomes {
    /// How many documents are in this state.
    pub fn count(&self, state: State) -> usize {
        self.documents.iter().filter(|outcome| outcome.state == state).count()
    }

    /// The exit code: the worst of the documents' states decides.
    pub fn exit(&self) -> u8 {
        let worst = self.documents.iter().map(|outcome| outcome.state).max();
        let refused = !self.refusals.is_empty();
        worst.map_or(0, State::exit).max(u8::from(refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_state_decides() {
        let outcomes = |states: &[State]| Outcomes {
            documents: states.iter().map(|&s| Outcome::new(s, "a".into(), None)).collect(),
            refusals: Vec::new(),
        };
        assert_eq!(outcomes(&[]).exit(), 0);
        assert_eq!(outcomes(&[State::Issued, State::Skipped]).exit(), 0);
        assert_eq!(outcomes(&[State::Issued, State::Refused]).exit(), 1);
        assert_eq!(outcomes(&[State::Undelivered, State::Refused]).exit(), 4);
        assert_eq!(outcomes(&[State::Undelivered, State::Waiting, State::Issued]).exit(), 3);
        let refusals = vec![Why::new("type-not-allowed", "No.")];
        assert_eq!(Outcomes { documents: Vec::new(), refusals }.exit(), 1);
    }
}
