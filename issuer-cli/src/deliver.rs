//! From a node's answer to receipts beside the documents.
//!
//! Nothing that the node says is believed: each receipt goes through the same verdict that
//! everybody else will use, before it is written. A receipt is durable before it has its name,
//! names are durable before the plan goes, and no file that somebody else put there is ever written
//! over.

use crate::book::BookError;
use crate::collect;
use crate::durable;
use crate::embed::Embedder;
use crate::journal::Journal;
use crate::outcome::{Outcome, Standing, State, Why};
use crate::plan::{Plan, Planned};
use crate::prepare;
use crate::watch::{Step, Watch};
use proto::document::batch::Batch;
use proto::document::{Document, DocumentError};
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::ledger::status::piece_of;
use proto::limits;
use proto::receipt::answer::{AnswerError, IssuanceAnswer};
use proto::receipt::{Disclosure, Receipt, ReceiptError, StatusProof};
use proto::verify::{Known, LineState, Question, Reason, verify_with};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use verifier::input::{self, Digester, InputError, Stamp};
use verifier::{parallel, walk};

/// Writers at once: most of their time they wait for the disk.
const WRITERS: usize = 16;

/// Why a batch cannot be delivered. Its plan stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliverError {
    #[error("{0}")]
    Answer(#[from] AnswerError),
    #[error("{0}")]
    Receipt(#[from] ReceiptError),
    #[error("{0}")]
    Document(#[from] DocumentError),
    #[error("The receipt from the node does not stand up to checking: {}", .0.sentence())]
    NotValid(Reason),
    #[error("The node's answer has no status for every document.")]
    StatusMissing,
    #[error("A receipt cannot be written: {0}.")]
    Write(#[from] io::Error),
    #[error("{0}")]
    Book(#[from] BookError),
}

/// What one thread keeps from one document to the next.
#[derive(Default)]
struct Writer {
    digester: Digester,
    /// All receipts of a batch share a checkpoint; its signatures are checked once.
    known: Known,
}

/// Makes the receipts of one batch.
struct Press<'a> {
    plan: &'a Plan,
    batch: &'a Batch,
    answer: &'a IssuanceAnswer,
    federation: &'a Federation,
    now: Timestamp,
    /// The receipt of the first document: what all others share.
    first: Receipt,
    embedder: Embedder,
}

/// Writes the receipts of a batch; one outcome for each document, in the plan's order.
#[expect(clippy::too_many_arguments, reason = "each is one thing, and they meet only here")]
pub fn deliver(
    plan: &Plan,
    batch: &Batch,
    answer: &IssuanceAnswer,
    federation: &Federation,
    now: Timestamp,
    journal: &Journal,
    record: &mut dyn FnMut(&[Document]) -> Result<(), BookError>,
    watch: &dyn Watch,
) -> Result<Vec<Outcome>, DeliverError> {
    let press = Press::new(plan, batch, answer, federation, now)?;
    // What one receipt proves of the batch holds for all of them. From here on it is issued, and
    // nobody gets a receipt that the office's journal does not know.
    press.receipt(&plan.documents[0], &mut Known::default())?;
    let of = |i: usize| fields(&plan.documents[i]);
    let documents = parallel::map(plan.documents.len(), parallel::cores(), || (), |(), i| of(i));
    record(&documents.into_iter().collect::<Result<Vec<_>, _>>()?)?;
    watch.begin(Step::Receipts, plan.documents.len() as u64);
    let outcomes = parallel::map(plan.documents.len(), WRITERS, Writer::default, |writer, i| {
        let outcome = press.put(&plan.documents[i], writer, journal);
        watch.advance(1);
        outcome
    });
    watch.end();
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    let folders: BTreeSet<&Path> = outcomes
        .iter()
        .filter(|outcome| outcome.state == State::Issued)
        .map(|outcome| durable::folder_of(&outcome.path))
        .collect();
    folders.into_iter().try_for_each(durable::sync_folder)?;
    Ok(outcomes)
}

impl<'a> Press<'a> {
    fn new(
        plan: &'a Plan,
        batch: &'a Batch,
        answer: &'a IssuanceAnswer,
        federation: &'a Federation,
        now: Timestamp,
    ) -> Result<Press<'a>, DeliverError> {
        let document = plan.documents.first().ok_or(DeliverError::StatusMissing)?;
        let fields = fields(document)?;
        let place = u64::from(document.place);
        let first = answer.receipt(federation, &fields, &document.secret, batch, place)?;
        let embedder = Embedder::default();
        Ok(Press { plan, batch, answer, federation, now, first, embedder })
    }

    /// The receipt of a document, checked.
    fn receipt(&self, document: &Planned, known: &mut Known) -> Result<Vec<u8>, DeliverError> {
        let fields = fields(document)?.fields().to_vec();
        let batch_index = u64::from(document.place);
        let mut receipt = Receipt {
            disclosure: Disclosure::Full { secret: document.secret, fields },
            batch_index,
            batch_path: self.batch.path(batch_index).ok_or(ReceiptError::OtherBatch)?,
            ..self.first.clone()
        };
        receipt.status = Some(self.status(&receipt)?);
        let bytes = receipt.to_bytes()?;
        let question = Question::new(Some(&document.digest), &bytes, self.federation, self.now);
        let verdict = verify_with(known, &question);
        let proven = [verdict.content, verdict.issuer, verdict.time]
            .iter()
            .all(|line| line.state == LineState::Good);
        // On a late resume a document may have run out or been withdrawn: its receipt says so.
        let stands = matches!(
            verdict.status.reason,
            Reason::StatusValid
                | Reason::Expired
                | Reason::Suspended
                | Reason::Superseded
                | Reason::Revoked
        );
        if proven && stands { Ok(bytes) } else { Err(DeliverError::NotValid(verdict.reason)) }
    }

    fn status(&self, receipt: &Receipt) -> Result<StatusProof, DeliverError> {
        let status = &self.answer.status;
        let piece = piece_of(receipt.status_index())
            .checked_sub(status.first_piece)
            .and_then(|at| status.pieces.get(usize::try_from(at).ok()?))
            .ok_or(DeliverError::StatusMissing)?;
        let first = receipt.status.as_ref().ok_or(DeliverError::StatusMissing)?;
        Ok(StatusProof { piece: piece.clone(), ..first.clone() })
    }

    /// Puts one receipt in its place, or says why it cannot be there.
    fn put(
        &self,
        document: &Planned,
        writer: &mut Writer,
        journal: &Journal,
    ) -> Result<Outcome, DeliverError> {
        let bytes = self.receipt(document, &mut writer.known)?;
        let path = walk::receipt_path(&document.path);
        let outcome = |state, receipt: Option<PathBuf>, why| Outcome {
            state,
            path: document.path.clone(),
            receipt,
            standing: Some(self.standing(document)),
            why,
        };
        let waiting =
            |code, sentence: &str| outcome(State::Waiting, None, Some(Why::new(code, sentence)));
        let kept = |code, what: &str| {
            let kept = self.keep(document, &bytes, journal)?;
            let place = verifier::shown::path(&kept).into_owned();
            let why = Why::new(code, format!("{what} Its receipt lies in {place}."));
            Ok(outcome(State::Undelivered, Some(kept), Some(why)))
        };
        match look(document, &mut writer.digester) {
            Look::Same => {}
            Look::FolderAway => {
                return Ok(waiting(
                    "folder-away",
                    "Its folder is away. Bring it back, or make an empty one in its place, \
                     then run resume.",
                ));
            }
            Look::Gone => return kept("file-gone", "The document was moved or deleted meanwhile."),
            Look::Changed => {
                return kept("file-changed", "The document was changed after it had been read.");
            }
            Look::Unreadable(why) => {
                let what = format!("The document cannot be looked at any more: {why}.");
                return kept("file-unreadable", &what);
            }
        }
        match self.write(document, &path, &bytes) {
            Ok(()) => Ok(outcome(State::Issued, Some(path), self.embed(document, &bytes))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if self.is_ours(&path, document) {
                    // Another disclosure of it may lie there; it is the one that goes in.
                    let there = input::read_bounded(&path, limits::TLOG_PROOF_BYTES);
                    let why = self.embed(document, &there.unwrap_or(bytes));
                    return Ok(outcome(State::Issued, Some(path), why));
                }
                kept(
                    "receipt-in-the-way",
                    "Another receipt lies beside the document and stays there.",
                )
            }
            Err(error) => {
                let sentence = format!("The receipt cannot be written: {error}. Then run resume.");
                Ok(waiting("receipt-not-written", &sentence))
            }
        }
    }

    /// Seals the document if that was asked for; why it could not be.
    fn embed(&self, document: &Planned, receipt: &[u8]) -> Option<Why> {
        if !self.plan.head.embed {
            return None;
        }
        let mut aside = self.aside(document).into_os_string();
        aside.push("-sealed");
        self.embedder.embed(document, receipt, Path::new(&aside)).err()
    }

    fn write(&self, document: &Planned, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let aside = self.aside(document);
        let mut file = durable::create_aside(&aside, durable::PUBLIC)?;
        let placed = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| durable::place(&aside, path));
        if placed.is_err() {
            // What is left of it would only be in the way.
            let _ = fs::remove_file(&aside);
        }
        placed
    }

    /// Where a receipt is written before it gets its name.
    fn aside(&self, document: &Planned) -> PathBuf {
        let name = format!(".beleg-{}-{}", &self.plan.head.root().to_hex()[..16], document.place);
        document.path.with_file_name(name)
    }

    /// Whether an interrupted run has written this receipt: nobody else knows the secret.
    fn is_ours(&self, path: &Path, document: &Planned) -> bool {
        let bytes = input::read_bounded(path, limits::TLOG_PROOF_BYTES).unwrap_or_default();
        let receipt = Receipt::parse(&bytes).map(|receipt| receipt.disclosure);
        matches!(receipt, Ok(Disclosure::Full { secret, .. }) if secret == document.secret)
    }

    /// Keeps a receipt that has no place beside its document.
    fn keep(&self, document: &Planned, bytes: &[u8], journal: &Journal) -> io::Result<PathBuf> {
        // What an interrupted run may have begun beside the document will not be finished.
        let _ = fs::remove_file(self.aside(document));
        let root = self.plan.head.root().to_hex();
        let mut name = OsString::from(format!("{}-{}-", &root[..16], document.place));
        let own = walk::receipt_path(&document.path);
        name.push(own.file_name().unwrap_or_default());
        if name.len() > 255 {
            name = OsString::from(format!("{}-{}.tlog-proof", &root[..16], document.place));
        }
        let path = journal.undelivered()?.join(name);
        durable::replace(&path, durable::PRIVATE, |file| file.write_all(bytes))?;
        Ok(path)
    }

    fn standing(&self, document: &Planned) -> Standing {
        let entry = &self.answer.entry;
        Standing {
            origin: self.plan.head.origin.clone(),
            index: self.answer.proof.index.0,
            status: entry.first_status.0 + u64::from(document.place),
        }
    }
}

/// The fields of a document of the plan.
pub(crate) fn fields(document: &Planned) -> Result<Document, DocumentError> {
    prepare::document(&document.claims, &document.digest, &document.media_type)
}

/// What became of a document since it was read.
enum Look {
    Same,
    Changed,
    Gone,
    FolderAway,
    Unreadable(io::Error),
}

/// Whether nothing was done to the file. Size and time can be put back by who changes a file, and
/// some programs do; the time of the change itself cannot.
fn untouched(metadata: &fs::Metadata, document: &Planned) -> bool {
    let noted = document.noted.is_none_or(|noted| noted == collect::noted(metadata));
    noted && Stamp::of(metadata) == document.stamp
}

fn look(document: &Planned, digester: &mut Digester) -> Look {
    match fs::metadata(&document.path) {
        Ok(metadata) if untouched(&metadata, document) => Look::Same,
        // Copied back from a backup, say: the bytes decide.
        Ok(_) => match digester.digest(&document.path, false, |_| {}) {
            Ok((digest, _)) if digest == document.digest => Look::Same,
            Err(InputError::Io(error)) if error.kind() == ErrorKind::NotFound => Look::Gone,
            Err(InputError::Io(error)) => Look::Unreadable(error),
            _ => Look::Changed,
        },
        Err(_) if !durable::folder_of(&document.path).is_dir() => Look::FolderAway,
        Err(error) if error.kind() == ErrorKind::NotFound => Look::Gone,
        Err(error) => Look::Unreadable(error),
    }
}
