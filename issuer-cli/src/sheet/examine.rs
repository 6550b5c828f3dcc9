//! Opening a document with its receipt, and verifying it before anything is printed of it.

use proto::document::ContentDigest;
use proto::federation::Federation;
use proto::hash::Hash;
use proto::hash::Timestamp;
use proto::limits;
use proto::receipt::Receipt;
use proto::sheet::SheetError;
use proto::verify::{DocumentFacts, Known, LineState, LogFacts, Question, Reason, verify_with};
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use verifier::input::{self, Digester, InputError};
use verifier::sealed::{self, SealError};
use verifier::{shown, walk};

/// Why there is no sheet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    #[error("It has no receipt, neither beside it nor in it. Issue it first.")]
    NoReceipt,
    #[error("It cannot be read: {0}. Name a file that you may read.")]
    Unreadable(#[from] InputError),
    #[error("{0}. Make the sheet from the original and the receipt beside it.")]
    Seal(SealError),
    #[error("{} {}", .0.sentence(), .0.next_step())]
    NotProven(Reason),
    #[error("It has no field {}, or its receipt hides it. Leave it out of --show.",
        shown::text(.0))]
    FieldMissing(String),
    #[error("{0} Print less with --show or --mandatory-only, or mend the address.")]
    Sheet(#[from] SheetError),
    #[error(
        "The code would be too fine to be read from paper. Print less with --show or \
        --mandatory-only, or use a shorter address."
    )]
    TooFine,
    #[error("The address does not fit on a stamp. Use a shorter one, or print a whole sheet.")]
    AddressTooLong,
    #[error("It cannot be printed to the standard PDF/A. Print less with --show.")]
    Standard,
    #[error("Another file {} is there and stays. Name another folder with --out.",
        shown::path(.0))]
    InTheWay(PathBuf),
    #[error("The sheet cannot be written: {0}. Check the folder and the disk.")]
    NotWritten(io::Error),
}

impl Trouble {
    /// The same word for the same thing, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Trouble::NoReceipt => "receipt-missing",
            Trouble::Unreadable(_) => "file-unreadable",
            Trouble::Seal(SealError::Damage(_)) => "sealed-file-changed",
            Trouble::Seal(SealError::Input(_)) => "file-unreadable",
            Trouble::Seal(_) => "seal-version-unknown",
            Trouble::NotProven(reason) => reason.code(),
            Trouble::FieldMissing(_) => "field-missing",
            Trouble::Sheet(SheetError::Address) => "verifier-address-bad",
            Trouble::Sheet(_) | Trouble::TooFine => "too-much-for-a-code",
            Trouble::AddressTooLong => "address-too-long",
            Trouble::Standard => "not-printable",
            Trouble::InTheWay(_) => "sheet-in-the-way",
            Trouble::NotWritten(_) => "sheet-not-written",
        }
    }
}

/// A receipt that was verified, with what is proven by it.
pub struct Examined {
    pub receipt: Receipt,
    pub log: LogFacts,
    pub document: DocumentFacts,
    /// It is a sealed file whose original and receipt lie beside it.
    pub twin: bool,
}

/// Opens and verifies.
pub fn examine(
    path: &Path,
    federation: &Federation,
    known: &mut Known,
    now: Timestamp,
) -> Result<Examined, Trouble> {
    let beside = walk::receipt_path(path);
    let (bytes, content, twin) = if walk::is_receipt(path) {
        let document = walk::document_path(path);
        let content = document.exists().then(|| digest(&document)).transpose()?;
        (input::read_bounded(path, limits::TLOG_PROOF_BYTES)?, content, false)
    } else if beside.exists() {
        let bytes = input::read_bounded(&beside, limits::TLOG_PROOF_BYTES)?;
        (bytes, Some(digest(path)?), false)
    } else {
        let sealed = sealed::open(path).map_err(Trouble::Seal)?.ok_or(Trouble::NoReceipt)?;
        let original = path.with_file_name(sealed::original_name(path));
        let sha256 = Hash(Sha256::digest(sealed.original()).into());
        let length = sealed.original().len() as u64;
        let content = ContentDigest { sha256, length, sha512: None };
        (sealed.receipt, Some(content), walk::receipt_path(&original).exists())
    };
    let question = Question::new(content.as_ref(), &bytes, federation, now);
    let verdict = verify_with(known, &question);
    // An old receipt has an old status, and of a receipt alone nobody knows the file. Neither is
    // said on the sheet. What was withdrawn or is over gets none.
    let alone = content.is_none() && verdict.content.reason == Reason::ContentNotGiven;
    let lines = [verdict.content, verdict.issuer, verdict.time];
    let wrong = lines.into_iter().find(|line| {
        line.state != LineState::Good && !(alone && line.reason == Reason::ContentNotGiven)
    });
    let wrong = wrong.or(Some(verdict.status).filter(|line| line.state == LineState::Bad));
    if let Some(line) = wrong {
        return Err(Trouble::NotProven(line.reason));
    }
    let not_judged = Trouble::NotProven(Reason::NotJudged);
    let (Some(log), Some(document)) = (verdict.facts.log, verdict.facts.document) else {
        return Err(not_judged);
    };
    let receipt = Receipt::parse(&bytes).map_err(|_| not_judged)?;
    Ok(Examined { receipt, log, document, twin })
}

fn digest(path: &Path) -> Result<ContentDigest, Trouble> {
    Ok(Digester::new().digest(path, false, |_| {})?.0)
}
