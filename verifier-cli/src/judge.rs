//! Judging one document after the other: beside its receipt, sealed, or without one.

use crate::trouble::Obstacle;
use proto::document::{Content, ContentDigest};
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use proto::limits;
use proto::verify::{Known, Question, Verdict, Word, verify_with};
use sha2::{Digest as _, Sha256, Sha512};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verifier::input::{self, Digester, InputError};
use verifier::sealed::{self, SealError};
use verifier::walk::{self, WalkError};

/// One document and what is to be said about it.
#[derive(Debug)]
pub struct Checked {
    /// The document; the receipt where there is no document.
    pub file: PathBuf,
    /// The receipt that was looked for.
    pub receipt: Option<PathBuf>,
    pub answer: Result<Box<Verdict>, Obstacle>,
}

impl Checked {
    /// The word.
    pub fn word(&self) -> Word {
        match &self.answer {
            Ok(verdict) => verdict.word,
            Err(obstacle) => obstacle.word(),
        }
    }

    /// The stable code, what it means, and what a person can do next.
    pub fn why(&self) -> (&'static str, String, &'static str) {
        match &self.answer {
            Ok(verdict) => {
                let reason = verdict.reason;
                (reason.code(), reason.sentence(), reason.next_step())
            }
            Err(obstacle) => (obstacle.code(), obstacle.to_string(), obstacle.next_step()),
        }
    }
}

/// What is to be judged.
#[derive(Debug)]
pub enum Task {
    Pair {
        document: PathBuf,
        receipt: PathBuf,
    },
    /// A receipt without its document.
    Alone {
        receipt: PathBuf,
    },
    Lost {
        path: PathBuf,
        why: Arc<WalkError>,
    },
}

/// What one thread needs to judge documents one after the other.
pub struct Worker<'a> {
    federation: &'a Federation,
    now: Timestamp,
    /// The moment that is asked about.
    at: Option<Timestamp>,
    digester: Digester,
    /// Receipts of one batch share their checkpoint; its signatures are checked once.
    known: Known,
}

impl<'a> Worker<'a> {
    /// A worker that knows nothing yet.
    pub fn new(federation: &'a Federation, now: Timestamp, at: Option<Timestamp>) -> Worker<'a> {
        Worker { federation, now, at, digester: Digester::new(), known: Known::default() }
    }

    /// What is to be said about one of them.
    pub fn judge(&mut self, task: &Task) -> Checked {
        match task {
            Task::Pair { document, receipt } => {
                let mut answer = self.judge_pair(Some(document), receipt);
                let mut receipt = receipt.clone();
                let missing = matches!(answer, Err(Obstacle::NoReceipt));
                if missing
                    && receipt == walk::receipt_path(document)
                    && let Some(sealed) = self.judge_sealed(document).transpose()
                {
                    answer = sealed;
                    receipt.clone_from(document);
                }
                Checked { file: document.clone(), receipt: Some(receipt), answer }
            }
            Task::Alone { receipt } => Checked {
                file: receipt.clone(),
                receipt: Some(receipt.clone()),
                answer: self.judge_pair(None, receipt),
            },
            Task::Lost { path, why } => {
                let answer = Err(Obstacle::Found(Arc::clone(why)));
                Checked { file: path.clone(), receipt: None, answer }
            }
        }
    }

    /// Judges the original in a sealed PDF by the receipt in it; `None` if it carries no seal.
    fn judge_sealed(&mut self, document: &Path) -> Result<Option<Box<Verdict>>, Obstacle> {
        let sealed = sealed::open(document).map_err(|error| match error {
            SealError::Damage(damage) => Obstacle::SealChanged(damage),
            SealError::Input(error) => Obstacle::Document(error),
            _ => Obstacle::SealVersion,
        })?;
        let Some(sealed) = sealed else { return Ok(None) };
        let mut ask = |with_sha512| {
            let content = digest(sealed.original(), with_sha512);
            let (receipt, federation, now) = (&sealed.receipt, self.federation, self.now);
            let question =
                Question { at: self.at, ..Question::new(Some(&content), receipt, federation, now) };
            verify_with(&mut self.known, &question)
        };
        let verdict = ask(false);
        let verdict = if names_sha512(&verdict) { ask(true) } else { verdict };
        Ok(Some(Box::new(verdict)))
    }

    fn judge_pair(
        &mut self,
        document: Option<&Path>,
        receipt: &Path,
    ) -> Result<Box<Verdict>, Obstacle> {
        let receipt = match input::read_bounded(receipt, limits::TLOG_PROOF_BYTES) {
            Err(InputError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                // Say so of the document first if that is missing as well.
                let missing = document.is_some_and(|path| !path.exists());
                let document = || Obstacle::Document(error.into());
                return Err(if missing { document() } else { Obstacle::NoReceipt });
            }
            read => read.map_err(Obstacle::Receipt)?,
        };
        let mut ask = |with_sha512| {
            let digest = match document {
                Some(path) => Some(self.digester.digest(path, with_sha512, |_| {})?.0),
                None => None,
            };
            let content = digest.as_ref();
            let (federation, now) = (self.federation, self.now);
            let at = self.at;
            let question = Question { at, ..Question::new(content, &receipt, federation, now) };
            Ok::<_, InputError>(verify_with(&mut self.known, &question))
        };
        let verdict = ask(false).map_err(Obstacle::Document)?;
        let second = document.is_some() && names_sha512(&verdict);
        let verdict = if second { ask(true).map_err(Obstacle::Document)? } else { verdict };
        Ok(Box::new(verdict))
    }
}

/// Digests of what is in memory.
pub fn digest(content: &[u8], with_sha512: bool) -> ContentDigest {
    ContentDigest {
        sha256: Hash(Sha256::digest(content).into()),
        length: content.len() as u64,
        sha512: with_sha512.then(|| Sha512::digest(content).into()),
    }
}

/// Whether the issuer committed to a second digest as well. Few do, so it costs a second reading of
/// the document, and nothing for all others.
fn names_sha512(verdict: &Verdict) -> bool {
    let fields = verdict.facts.document.iter().flat_map(|document| &document.shown);
    let content = fields.filter(|(_, name, _)| name == "content");
    content
        .filter_map(|(_, _, value)| Content::parse(value).ok())
        .any(|c| c.digest.sha512.is_some())
}
