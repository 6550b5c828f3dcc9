//! What forbids an addition: signatures that certify or lock, usage rights, a part of PDF/A.

use crate::limits;
use crate::object::Pdf;
use crate::refusal::Refusal;
use crate::syntax::{Dict, Kind, Value};
use alloc::vec::Vec;

/// Refuses a file to which nothing may be attached.
pub fn check(pdf: &mut Pdf<'_>, catalog: &Dict<'_>) -> Result<(), Refusal> {
    // A certification (DocMDP) allows filling in, signing and notes at most, never attachments
    // (ISO 32000-2, table 257); usage rights are lost with any change by another program.
    if let Some(value) = catalog.get(b"Perms") {
        let owned = pdf.resolve(&value)?;
        let perms = Value::parse(&owned)?;
        if perms.kind != Kind::Null && !perms.dict()?.entries.is_empty() {
            return Err(Refusal::SignatureForbids);
        }
    }
    fields(pdf, catalog)?;
    match catalog.get(b"Metadata").and_then(|value| value.reference()) {
        Some(reference) => match pdf.stream(reference)? {
            Some(metadata) => part_of_pdf_a(&metadata),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// Looks for signed fields that forbid changes.
fn fields(pdf: &mut Pdf<'_>, catalog: &Dict<'_>) -> Result<(), Refusal> {
    let Some(form) = catalog.get(b"AcroForm") else { return Ok(()) };
    let form = pdf.resolve(&form)?.into_owned();
    let form = Value::parse(&form)?;
    if form.kind == Kind::Null {
        return Ok(());
    }
    let mut waiting: Vec<Vec<u8>> = Vec::new();
    if let Some(list) = form.dict()?.get(b"Fields") {
        waiting.push(pdf.resolve(&list)?.into_owned());
    }
    let mut count = 0_usize;
    while let Some(list) = waiting.pop() {
        let list = Value::parse(&list)?;
        if list.kind == Kind::Null {
            continue;
        }
        for item in list.items()? {
            count = count.saturating_add(1);
            if count > limits::FIELDS {
                return Err(Refusal::TooIntricate);
            }
            let owned = pdf.resolve(&item)?.into_owned();
            let field = Value::parse(&owned)?;
            if field.kind == Kind::Null {
                continue;
            }
            let field = field.dict()?;
            if is_locked(pdf, &field)? {
                return Err(Refusal::SignatureForbids);
            }
            if let Some(kids) = field.get(b"Kids") {
                waiting.push(pdf.resolve(&kids)?.into_owned());
            }
        }
    }
    Ok(())
}

/// Whether a field holds a signature after which nothing may be added.
fn is_locked(pdf: &mut Pdf<'_>, field: &Dict<'_>) -> Result<bool, Refusal> {
    let Some(value) = field.get(b"V") else { return Ok(false) };
    let owned = pdf.resolve(&value)?.into_owned();
    let value = Value::parse(&owned)?;
    if value.kind != Kind::Dict {
        return Ok(false);
    }
    let signature = value.dict()?;
    if signature.get(b"ByteRange").is_none() {
        return Ok(false);
    }
    if let Some(lock) = field.get(b"Lock") {
        let owned = pdf.resolve(&lock)?.into_owned();
        let lock = Value::parse(&owned)?;
        if lock.kind == Kind::Dict && lock.dict()?.get(b"P").is_some() {
            return Ok(true);
        }
    }
    let Some(references) = signature.get(b"Reference") else { return Ok(false) };
    let owned = pdf.resolve(&references)?.into_owned();
    for item in Value::parse(&owned)?.items()? {
        let owned = pdf.resolve(&item)?.into_owned();
        let reference = Value::parse(&owned)?.dict()?;
        let method = reference.get(b"TransformMethod");
        // FieldMDP locks the values of fields, to which an attachment does nothing, unless it
        // carries a permission for the whole document.
        if method.is_some_and(|method| method.is_name(b"DocMDP") || method.is_name(b"UR3")) {
            return Ok(true);
        }
        if let Some(parameters) = reference.get(b"TransformParams") {
            let owned = pdf.resolve(&parameters)?.into_owned();
            let parameters = Value::parse(&owned)?;
            if parameters.kind == Kind::Dict && parameters.dict()?.get(b"P").is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Reads the part of ISO 19005 from the XMP metadata; only part 3, and part 4 with `F` or `E`,
/// take files of any kind.
fn part_of_pdf_a(metadata: &[u8]) -> Result<(), Refusal> {
    let metadata = metadata.get(..limits::METADATA_BYTES).unwrap_or(metadata);
    match said(metadata, b"pdfaid:part") {
        Some(part @ (b'1' | b'2')) => Err(Refusal::PdfAForbids { part: part.wrapping_sub(b'0') }),
        Some(b'4') => match said(metadata, b"pdfaid:conformance") {
            Some(b'F' | b'E' | b'f' | b'e') => Ok(()),
            _ => Err(Refusal::PdfAForbids { part: 4 }),
        },
        _ => Ok(()),
    }
}

/// The first letter of a property, written as an element or as an attribute.
fn said(metadata: &[u8], property: &[u8]) -> Option<u8> {
    let at = metadata.windows(property.len()).position(|window| window == property)?;
    let rest = metadata.get(at.checked_add(property.len())?..)?;
    rest.iter().copied().take(16).find(u8::is_ascii_alphanumeric)
}
