//! `beleg redact`: a receipt that shows only what its holder wants to show.
//!
//! The fields that may never be hidden stay. What comes out leads to the very same log entry as
//! what went in, which is checked before anything is written; no file is ever written over. A
//! sealed PDF gives a sealed PDF: the seal is a function of original and receipt, so the original
//! is sealed anew with the redacted one.

use crate::args;
use crate::run::{read, read_federation, write_new};
use crate::trouble::RunError;
use check::ContentDigester;
use proto::document::field::FIXED_NAMES;
use proto::federation::Federation;
use proto::limits;
use proto::receipt::{Receipt, ReceiptError};
use proto::verify::{Question, Verdict, Word, verify};
use seal::Opened;
use std::path::{Path, PathBuf};
use verifier::input::{Digester, InputError};
use verifier::sealed::{self, SealError, Sealed};
use verifier::shown;
use verifier::walk;

/// Why a receipt cannot be redacted so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    #[error("The receipt shows no field {}; it shows {}.",
        shown::text(&.unknown.join(", ")), shown::text(&.there.join(", ")))]
    UnknownFields { unknown: Vec<String>, there: Vec<String> },
    #[error("{}: {why}", shown::path(.path))]
    Receipt { path: PathBuf, why: ReceiptError },
    #[error("The receipt itself does not hold, so nothing was written: {why}")]
    Invalid { why: String },
    #[error("{}: it cannot be compared with the receipt: {why}.", shown::path(.path))]
    Document { path: PathBuf, why: InputError },
    #[error("The redacted receipt does not lead to the same entry, so it was not written.")]
    OtherEntry,
    #[error("The original cannot be sealed with the redacted receipt, so nothing was written.")]
    NotSealed,
}

impl RedactError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            RedactError::UnknownFields { .. } => {
                "Name fields that it shows. What is hidden already, only a fuller receipt can show."
            }
            RedactError::Receipt { .. } | RedactError::Invalid { .. } => {
                "Ask whoever gave it to you for the receipt, unchanged."
            }
            RedactError::Document { .. } => {
                "Check that the file is there and that you may read it."
            }
            RedactError::OtherEntry | RedactError::NotSealed => {
                "This is a fault of this program; please report it."
            }
        }
    }
}

/// What was written.
#[derive(Debug)]
pub struct Redacted {
    /// The redacted receipt, or the sealed PDF with it.
    pub file: PathBuf,
    /// Names of the fields that it shows.
    pub shown: Vec<String>,
    /// Places of the fields that it hides, those hidden before included.
    pub hidden: Vec<u32>,
    /// How many fields the document has.
    pub count: u32,
}

/// Writes the receipt with fewer fields, in a PDF if it came in one.
pub fn redact(args: &args::Redact) -> Result<Redacted, RunError> {
    let beside = walk::receipt_path(&args.path);
    let named = walk::is_receipt(&args.path) || !beside.exists();
    let source = if named { args.path.clone() } else { beside };
    let failed = |why| RedactError::Receipt { path: source.clone(), why };
    let carrier = carrier(&source)?;
    let receipt = match &carrier {
        Some(sealed) => Receipt::parse(&sealed.receipt),
        None => Receipt::parse(&read(&source, limits::TLOG_PROOF_BYTES)?),
    };
    let receipt = receipt.map_err(failed)?;
    let kept = places(&receipt, &args.keep)?;
    let redacted = receipt.redact(&kept).map_err(failed)?;
    let bytes = redacted.to_bytes().map_err(failed)?;
    check(&receipt, &bytes, args, &source, carrier.as_ref())?;
    let (default, bytes) = match &carrier {
        Some(sealed) => (sealed_out(&source), resealed(sealed, &bytes)?),
        None => (default_out(&source), bytes),
    };
    let out = args.out.clone().unwrap_or(default);
    write_new(&out, &bytes)?;
    let disclosure = &redacted.disclosure;
    let names = disclosure.shown().map(|(_, field)| field.name().to_owned());
    Ok(Redacted {
        file: out,
        shown: names.collect(),
        hidden: check::left_out(disclosure.count(), disclosure.shown().map(|(place, _)| place)),
        count: disclosure.count(),
    })
}

/// The sealed PDF, if it is one.
fn carrier(source: &Path) -> Result<Option<Sealed>, RunError> {
    if walk::is_receipt(source) {
        return Ok(None);
    }
    let path = source.to_path_buf();
    sealed::open(source).map_err(|why| match why {
        SealError::Input(why) => RunError::File { path, why },
        why => RunError::Seal { path, why },
    })
}

/// The original with another receipt in it, opened again as a stranger would.
fn resealed(sealed: &Sealed, receipt: &[u8]) -> Result<Vec<u8>, RedactError> {
    let original = sealed.original();
    let file = seal::seal(original, receipt, seal::Builder::V1);
    let file = file.map_err(|_| RedactError::NotSealed)?;
    let want = Opened::Sealed { original: 0..original.len(), receipt: receipt.to_vec() };
    if seal::open(&file) == want { Ok(file) } else { Err(RedactError::NotSealed) }
}

/// The places of the named fields.
fn places(receipt: &Receipt, names: &[String]) -> Result<Vec<u32>, RedactError> {
    let there = || receipt.disclosure.shown();
    let place = |name: &String| {
        there()
            .find(|(_, field)| field.name() == name)
            .map(|(place, _)| place)
            .ok_or_else(|| name.clone())
    };
    let (found, missing): (Vec<_>, Vec<_>) = names.iter().map(place).partition(Result::is_ok);
    if missing.is_empty() {
        return Ok(found.into_iter().flatten().collect());
    }
    let unknown = missing.into_iter().filter_map(Result::err).collect();
    let there = there().map(|(_, field)| field.name().to_owned()).collect();
    Err(RedactError::UnknownFields { unknown, there })
}

/// Reads what is about to be written as a stranger would: it leads to the same entry, and where
/// there is a federation file, it is not INVALID.
fn check(
    before: &Receipt,
    bytes: &[u8],
    args: &args::Redact,
    source: &Path,
    carrier: Option<&Sealed>,
) -> Result<(), RunError> {
    let failed = |why| RedactError::Receipt { path: source.to_path_buf(), why };
    let after = Receipt::parse(bytes).map_err(failed)?;
    if after.issuance().map_err(failed)? != before.issuance().map_err(failed)? {
        return Err(RedactError::OtherEntry.into());
    }
    if let Some(path) = &args.federation {
        let verdict = judge(bytes, &read_federation(path)?, source, carrier)?;
        if verdict.word == Word::Invalid {
            return Err(RedactError::Invalid { why: verdict.reason.sentence() }.into());
        }
    }
    Ok(())
}

fn judge(
    bytes: &[u8],
    federation: &Federation,
    source: &Path,
    carrier: Option<&Sealed>,
) -> Result<Verdict, RedactError> {
    let document = walk::document_path(source);
    let there = walk::is_receipt(source) && document.is_file();
    let failed = |why| RedactError::Document { path: document.clone(), why };
    let digest = match carrier {
        Some(sealed) => Some(ContentDigester::digest(sealed.original(), false)),
        None if there => {
            let found = Digester::new().digest(&document, false, |_| {});
            Some(found.map_err(failed)?.0)
        }
        None => None,
    };
    let now = crate::run::now();
    Ok(verify(&Question::new(digest.as_ref(), bytes, federation, now)))
}

/// `letter.sealed.pdf` becomes `letter.redacted.sealed.pdf`.
fn sealed_out(source: &Path) -> PathBuf {
    let mut name = sealed::original_name(source).with_extension("").into_os_string();
    name.push(".redacted.");
    name.push(sealed::EXTENSION);
    source.with_file_name(name)
}

/// `letter.pdf.tlog-proof` becomes `letter.pdf.redacted.tlog-proof`.
fn default_out(receipt: &Path) -> PathBuf {
    let document = match walk::is_receipt(receipt) {
        true => walk::document_path(receipt),
        false => receipt.to_path_buf(),
    };
    let mut name = document.into_os_string();
    name.push(".redacted");
    walk::receipt_path(Path::new(&name))
}

/// What was written, for a person.
pub fn words(redacted: &Redacted) -> Vec<String> {
    let Redacted { file, shown, hidden, count } = redacted;
    let places: Vec<String> = hidden.iter().map(u32::to_string).collect();
    let hidden = match places.as_slice() {
        [] => format!("none of {count} fields"),
        places => format!("{} of {count} fields, at places {}", places.len(), places.join(", ")),
    };
    let asked: Vec<&str> =
        shown.iter().map(String::as_str).filter(|name| !FIXED_NAMES.contains(name)).collect();
    let more = if asked.is_empty() { String::new() } else { format!(", {}", asked.join(", ")) };
    vec![
        format!("wrote   {}", shown::path(file)),
        format!("shows   {}{}", FIXED_NAMES.join(", "), shown::text(&more)),
        format!("hides   {hidden}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_receipt_lies_beside_the_old_one() {
        let out = |path: &str| default_out(Path::new(path)).display().to_string();
        assert_eq!(out("a/letter.pdf.tlog-proof"), "a/letter.pdf.redacted.tlog-proof");
        assert_eq!(out("receipt"), "receipt.redacted.tlog-proof");
        let out = |path: &str| sealed_out(Path::new(path)).display().to_string();
        assert_eq!(out("a/letter.sealed.pdf"), "a/letter.redacted.sealed.pdf");
        assert_eq!(out("a/letter.pdf"), "a/letter.original.redacted.sealed.pdf");
    }
}
