//! Judging one document after the other: beside its receipt, sealed, or without one.

use crate::lists::Lists;
use crate::outside::AtHand;
use crate::trouble::Obstacle;
use check::ContentDigester;
use proto::anchor::Kind;
use proto::document::ContentDigest;
use proto::dossier::{DossierError, Paired};
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::limits;
use proto::sheet::Sheet;
use proto::verify::{Known, Question, StatusSource, Verdict, Word, verify_finding};
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verifier::dossier::{DossierFault, Opened};
use verifier::input::{self, Digester, InputError};
use verifier::sealed::{self, SealError, Sealed};
use verifier::walk::{self, WalkError};

/// What there is to say about one document.
pub type Answer = Result<Box<Verdict>, Obstacle>;

/// One document and what is to be said about it.
#[derive(Debug)]
pub struct Checked {
    /// The document; the receipt where there is no document.
    pub file: PathBuf,
    /// The receipt that was looked for.
    pub receipt: Option<PathBuf>,
    pub answer: Answer,
    /// When the status list was fetched that tells the status; none if none does, or if it was
    /// named by hand.
    pub list_fetched: Option<Timestamp>,
    /// What each kind of outside evidence was judged by, and where that is from.
    pub sources: Vec<(Kind, String)>,
    /// When it was judged.
    pub now: Timestamp,
}

impl Checked {
    /// The word.
    pub fn word(&self) -> Word {
        match &self.answer {
            Ok(verdict) => verdict.word,
            Err(obstacle) => obstacle.kind().word(),
        }
    }

    /// The stable code, what it means, and what a person can do next.
    pub fn why(&self) -> (&'static str, String, &'static str) {
        match &self.answer {
            Ok(verdict) => {
                let reason = verdict.reason;
                (reason.code(), reason.sentence(), reason.next_step())
            }
            Err(obstacle) => (obstacle.kind().code(), obstacle.to_string(), obstacle.next_step()),
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
    /// A document in a dossier.
    Listed {
        dossier: Arc<Opened>,
        path: PathBuf,
        pair: Paired,
    },
    /// A dossier that cannot be looked into.
    Unopened {
        path: PathBuf,
        why: Arc<DossierFault>,
    },
}

/// What one thread needs to judge documents one after the other.
pub struct Worker<'a> {
    asked: Asked<'a>,
    /// The paper that is said to be of the document.
    sheet: Option<&'a Sheet>,
    digester: Digester,
    /// Receipts of one batch share their checkpoint; its signatures are checked once.
    known: Known,
}

/// What all documents of a run are judged by.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub federation: &'a Federation,
    pub lists: &'a Lists<'a>,
    /// What is at hand of outside clocks.
    pub outside: &'a AtHand<'a>,
    /// Kinds of outside evidence that are asked for.
    pub require: &'a [Kind],
    pub now: Timestamp,
    /// The moment that is asked about.
    pub at: Option<Timestamp>,
}

impl<'a> Worker<'a> {
    /// A worker that knows nothing yet.
    pub fn new(asked: Asked<'a>) -> Worker<'a> {
        let (digester, known) = (Digester::new(), Known::default());
        Worker { asked, sheet: None, digester, known }
    }

    /// A worker that also compares with a paper.
    pub fn with_paper(self, sheet: Option<&'a Sheet>) -> Worker<'a> {
        Worker { sheet, ..self }
    }

    /// The answer; what is INVALID by itself needs no comparison with a paper.
    fn compared(&self, verdict: Box<Verdict>, receipt: &[u8]) -> Result<Box<Verdict>, Obstacle> {
        match self.sheet.filter(|_| verdict.word != Word::Invalid) {
            Some(sheet) => match check::compare(sheet, receipt) {
                Ok(()) => Ok(verdict),
                Err(check::Obstacle::SheetHidden) => Err(Obstacle::SheetHidden),
                Err(_) => Err(Obstacle::SheetDiffers),
            },
            None => Ok(verdict),
        }
    }

    /// What is to be said about one of them.
    pub fn judge(&mut self, task: &Task) -> Checked {
        let (file, receipt, answer) = self.answer(task);
        let answer = answer.and_then(|verdict| self.settle(verdict));
        let verdict = answer.as_deref().ok();
        let list_fetched = verdict.and_then(|verdict| self.list_fetched(verdict));
        let sources = verdict.map(|verdict| self.sources(verdict)).unwrap_or_default();
        Checked { file, receipt, answer, list_fetched, sources, now: self.asked.now }
    }

    fn sources(&self, verdict: &Verdict) -> Vec<(Kind, String)> {
        let kinds = verdict.facts.anchors.iter().map(|anchor| anchor.kind);
        let mut sources: Vec<(Kind, String)> =
            kinds.filter_map(|kind| Some((kind, self.asked.outside.source(kind)?))).collect();
        sources.dedup();
        sources
    }

    fn list_fetched(&self, verdict: &Verdict) -> Option<Timestamp> {
        let (log, status) = (verdict.facts.log.as_ref()?, verdict.facts.status.as_ref()?);
        let listed = status.source == StatusSource::List;
        listed.then(|| self.asked.lists.fetched(&log.origin, status.as_of))?
    }

    fn answer(&mut self, task: &Task) -> (PathBuf, Option<PathBuf>, Answer) {
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
                (document.clone(), Some(receipt), answer)
            }
            Task::Alone { receipt } => {
                (receipt.clone(), Some(receipt.clone()), self.judge_pair(None, receipt))
            }
            Task::Listed { dossier, path, pair } => {
                let name = |at: usize| path.join(&dossier.dossier.parts[at].listed.name);
                let receipt = name(pair.receipt.unwrap_or(pair.document));
                (name(pair.document), Some(receipt), self.judge_listed(dossier, *pair))
            }
            Task::Unopened { path, why } => {
                (path.clone(), None, Err(Obstacle::DossierRefused(Arc::clone(why))))
            }
            Task::Lost { path, why } => (path.clone(), None, Err(Obstacle::Found(Arc::clone(why)))),
        }
    }

    /// Judges a document in a dossier by its own receipt, beside it or in it.
    fn judge_listed(&mut self, opened: &Opened, pair: Paired) -> Answer {
        let part = |at: usize| &opened.dossier.parts[at];
        let document = part(pair.document);
        let Some(receipt) = pair.receipt else {
            if document.member.size() > sealed::LIMIT {
                return Err(Obstacle::NoReceipt);
            }
            let bytes = opened.read(document, sealed::LIMIT).map_err(of_dossier)?;
            let sealed = sealed::open_bytes(bytes).map_err(of_seal)?;
            return Ok(self.judge_original(&sealed.ok_or(Obstacle::NoReceipt)?));
        };
        let receipt = opened.read(part(receipt), limits::TLOG_PROOF_BYTES).map_err(of_dossier)?;
        self.judge_content(&receipt, |digester, with_sha512| {
            let digest = opened.digest(document, digester, with_sha512, |_| {});
            digest.map(Some).map_err(of_dossier)
        })
    }

    /// Judges the original in a sealed PDF by the receipt in it; `None` if it carries no seal.
    fn judge_sealed(&mut self, document: &Path) -> Result<Option<Box<Verdict>>, Obstacle> {
        let sealed = sealed::open(document).map_err(of_seal)?;
        let Some(sealed) = sealed else { return Ok(None) };
        let verdict = self.judge_original(&sealed);
        self.compared(verdict, &sealed.receipt).map(Some)
    }

    fn judge_original(&mut self, sealed: &Sealed) -> Box<Verdict> {
        let verdict = self.judge_content(&sealed.receipt, |_, with_sha512| {
            Ok::<_, Infallible>(Some(ContentDigester::digest(sealed.original(), with_sha512)))
        });
        match verdict {
            Ok(verdict) => verdict,
            Err(never) => match never {},
        }
    }

    /// The verdict, unless there is a list of its log that cannot be used: it could say otherwise.
    fn settle(&self, verdict: Box<Verdict>) -> Answer {
        let log = verdict.facts.log.as_ref().filter(|_| verdict.word != Word::Invalid);
        match log.and_then(|log| self.asked.lists.refused(&log.origin)) {
            Some((path, why)) => {
                Err(Obstacle::List { path: path.to_owned(), why: Arc::clone(why) })
            }
            None => Ok(verdict),
        }
    }

    fn judge_pair(&mut self, document: Option<&Path>, receipt: &Path) -> Answer {
        let receipt = match input::read_bounded(receipt, limits::TLOG_PROOF_BYTES) {
            Err(InputError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                // Say so of the document first if that is missing as well.
                let missing = document.is_some_and(|path| !path.exists());
                let document = || Obstacle::Document(error.into());
                return Err(if missing { document() } else { Obstacle::NoReceipt });
            }
            read => read.map_err(Obstacle::Receipt)?,
        };
        let verdict = self.judge_content(&receipt, |digester, with_sha512| {
            let digest = document.map(|path| digester.digest(path, with_sha512, |_| {}));
            let digest = digest.transpose().map_err(Obstacle::Document)?;
            Ok(digest.map(|(digest, _)| digest))
        })?;
        self.compared(verdict, &receipt)
    }

    /// Judges a receipt and the content that `digest` reads, if there is one: a second time where
    /// the issuer committed to a second digest.
    fn judge_content<E>(
        &mut self,
        receipt: &[u8],
        mut digest: impl FnMut(&mut Digester, bool) -> Result<Option<ContentDigest>, E>,
    ) -> Result<Box<Verdict>, E> {
        let Worker { asked, digester, known, .. } = self;
        let Asked { federation, lists, outside, require, now, at } = *asked;
        let ask = |content: Option<&ContentDigest>| {
            let question = Question::new(content, receipt, federation, now);
            verify_finding(known, &Question { at, require, ..question }, |receipt| {
                let origin = receipt.checkpoint.checkpoint().origin();
                (lists.of(origin), outside.of(receipt))
            })
        };
        let verdict = check::judge_content(|with_sha512| digest(digester, with_sha512), ask);
        verdict.map(Box::new)
    }
}

fn of_seal(error: SealError) -> Obstacle {
    match error {
        SealError::Damage(damage) => Obstacle::SealChanged(damage),
        SealError::Input(error) => Obstacle::Document(error),
        _ => Obstacle::SealVersion,
    }
}

/// A content that is not the one in the list was changed; all else cannot be told.
fn of_dossier(fault: DossierFault) -> Obstacle {
    match fault {
        DossierFault::Refused(DossierError::Content) => Obstacle::DossierChanged,
        DossierFault::Input(error @ InputError::TooLong { .. }) => Obstacle::Receipt(error),
        fault => Obstacle::DossierRefused(Arc::new(fault)),
    }
}
