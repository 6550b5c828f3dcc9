//! Files that are made in the page: sealed PDFs, dossiers, and what a sealed PDF holds.

use crate::ask::Named;
use crate::host::{Blob, Host};
use crate::open::SEALED;
use crate::refusal::Refusal;
use proto::dossier::{Builder, DossierError, List, Listed};
use proto::hash::Hash;
use proto::limits;
use seal::Opened;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

#[derive(Debug, Serialize)]
pub(crate) struct DigestView {
    sha256: String,
    length: u64,
}

/// How many bytes were written.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    bytes: u64,
}

/// What was in a sealed PDF: the receipt comes first in what is written, then the original.
#[derive(Debug, Serialize)]
pub(crate) struct Extracted {
    receipt: u64,
    original: u64,
}

/// Digest and length of a document.
pub(crate) fn digest(host: &mut dyn Host, file: Blob) -> Result<DigestView, Refusal> {
    let digest = file.digest(host, false)?;
    Ok(DigestView { sha256: digest.sha256.to_hex(), length: digest.length })
}

/// Writes the PDF with its receipt in it.
pub(crate) fn seal(host: &mut dyn Host, file: Blob, receipt: Blob) -> Result<Made, Refusal> {
    let original = file.whole(host, seal::limits::ORIGINAL_BYTES)?;
    let receipt = receipt.whole(host, limits::TLOG_PROOF_BYTES)?;
    let update = seal::update(&original, &receipt, seal::Builder::V1).map_err(Refusal::seal)?;
    host.write(&original);
    host.write(&update);
    Ok(Made { bytes: (original.len() + update.len()) as u64 })
}

/// Writes what a sealed PDF holds.
pub(crate) fn extract(host: &mut dyn Host, file: Blob) -> Result<Extracted, Refusal> {
    let bytes = file.whole(host, SEALED)?;
    match seal::open(&bytes) {
        Opened::Sealed { original, receipt } => {
            host.write(&receipt);
            let original = bytes.get(original).unwrap_or_default();
            host.write(original);
            Ok(Extracted { receipt: receipt.len() as u64, original: original.len() as u64 })
        }
        Opened::Damaged(damage) => Err(Refusal::seal_changed(damage)),
        _ => Err(Refusal::no_receipt()),
    }
}

/// Writes a dossier of documents and receipts, as `beleg bundle` does.
pub(crate) fn pack(host: &mut dyn Host, mut files: Vec<Named>) -> Result<Made, Refusal> {
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let total = files.iter().try_fold(0u64, |sum, file| sum.checked_add(file.blob.length));
    if total.is_none_or(|total| total > limits::DOSSIER_BYTES) {
        return Err(DossierError::TooLarge.into());
    }
    let (mut listed, mut checks) = (Vec::new(), Vec::new());
    for file in &files {
        let (entry, check) = look(host, file)?;
        listed.push(entry);
        checks.push(check);
    }
    let list = List::new(listed)?;
    list.pairs()?;
    let (mut builder, head) = Builder::new(&list)?;
    let mut bytes = 0;
    let mut put = |host: &mut dyn Host, part: &[u8]| {
        bytes += part.len() as u64;
        host.write(part);
    };
    put(host, &head);
    for ((file, listed), check) in files.iter().zip(list.files()).zip(checks) {
        put(host, &builder.next(listed, check)?);
        let mut again = crc32fast::Hasher::new();
        file.blob.each(host, 0..file.blob.length, |host, part| {
            again.update(part);
            put(host, part);
        })?;
        if again.finalize() != check {
            return Err(Refusal::unreadable());
        }
    }
    put(host, &builder.finish()?);
    Ok(Made { bytes })
}

/// Digest and check sum of a file.
fn look(host: &mut dyn Host, file: &Named) -> Result<(Listed, u32), Refusal> {
    let (mut sha256, mut crc32) = (Sha256::new(), crc32fast::Hasher::new());
    file.blob.each(host, 0..file.blob.length, |_, part| {
        sha256.update(part);
        crc32.update(part);
    })?;
    let length = u32::try_from(file.blob.length).map_err(|_| DossierError::TooLarge)?;
    let listed = Listed { sha256: Hash(sha256.finalize().into()), length, name: file.name.clone() };
    Ok((listed, crc32.finalize()))
}
