//! Builder V1: the update as a function of original and receipt. Its bytes are promised for ever;
//! `docs/formats.md` draws them. Nothing is compressed, so that they depend on no compressor.

use crate::ATTACHMENT;
use crate::limits;
use crate::names::{self, replaced};
use crate::object::Pdf;
use crate::permission;
use crate::refusal::{Fault, Refusal};
use crate::syntax::{Dict, Kind, Reference, Value};
use crate::xref::Style;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use sha2::{Digest as _, Sha256};

/// What the mark of this version begins with.
pub const MARK: &str = "%beleg-seal/v1 ";
const ID_LABEL: &[u8] = b"beleg/seal-id/v1\0";

/// The line that opens the update and stands again before its `startxref`.
pub fn mark(original: usize, receipt: usize) -> String {
    format!("{MARK}original={original} receipt={receipt}\n")
}

/// The head of the object that holds the receipt.
pub fn stream_head(receipt: usize) -> String {
    format!(
        " 0 obj\n<<\n/Type /EmbeddedFile\n/Subtype /text#2Fplain\n/Params << /Size {receipt} >>\n\
         /Length {receipt}\n>>\nstream\n"
    )
}

/// Bytes written behind the original, and where each object stands.
pub struct Out {
    bytes: Vec<u8>,
    base: usize,
    places: Vec<(Reference, usize)>,
}

impl Out {
    fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn offset(&self) -> usize {
        self.base.saturating_add(self.bytes.len())
    }

    /// Notes that an object begins here.
    fn begin(&mut self, reference: Reference) {
        let offset = self.offset();
        self.places.push((reference, offset));
        self.text(&format!("{}", reference.number));
    }

    fn object(&mut self, reference: Reference, value: &[u8]) {
        self.begin(reference);
        self.text(&format!(" {} obj\n", reference.generation));
        self.bytes.extend_from_slice(value);
        self.text("\nendobj\n");
    }

    /// An array of values that are spelt already.
    pub fn array(items: &[Vec<u8>]) -> Vec<u8> {
        [b"[", items.join(&b'\n').as_slice(), b"]"].concat()
    }

    /// The places, by number, in runs of numbers that follow each other.
    fn runs(&mut self) -> Vec<Vec<(Reference, usize)>> {
        self.places.sort_by_key(|(reference, _)| reference.number);
        let mut runs: Vec<Vec<(Reference, usize)>> = Vec::new();
        for place in &self.places {
            let last =
                runs.last().and_then(|run| run.last()).map(|(reference, _)| reference.number);
            match runs.last_mut() {
                Some(run) if last.and_then(|n| n.checked_add(1)) == Some(place.0.number) => {
                    run.push(*place);
                }
                _ => runs.push(Vec::from([*place])),
            }
        }
        runs
    }
}

/// The update that seals `original` with `receipt`.
pub fn update(original: &[u8], receipt: &[u8]) -> Result<Vec<u8>, Refusal> {
    if original.len() > limits::ORIGINAL_BYTES {
        return Err(Refusal::TooLarge { limit: limits::ORIGINAL_BYTES });
    }
    if receipt.len() > limits::RECEIPT_BYTES {
        return Err(Refusal::ReceiptTooLarge);
    }
    let mut pdf = Pdf::read(original)?;
    let size = pdf.xref.size()?;
    let trailer = pdf.xref.trailer.clone();
    let root = trailer.get(b"Root").and_then(|value| value.reference()).ok_or(Fault::Trailer)?;
    let owned = pdf.load(root)?.ok_or(Fault::Catalog)?.into_owned();
    let catalog = Value::parse(&owned)?.dict().map_err(|e| e.or(Fault::Catalog))?;
    check_catalog(&mut pdf, &catalog)?;
    permission::check(&mut pdf, &catalog)?;

    let number = |count: u32| size.checked_add(count).ok_or(Refusal::TooIntricate);
    let new = |number: u32| Reference { number, generation: 0 };
    let (stream, filespec, first_node) = (size, number(1)?, number(2)?);
    let names = names::merged(&mut pdf, &catalog, filespec, first_node)?;
    let files = associated(&mut pdf, &catalog, filespec)?;
    let catalog = replaced(&catalog, &[(b"Names", &names.value), (b"AF", &files)]);

    let mark = mark(original.len(), receipt.len());
    let mut out = Out { bytes: Vec::new(), base: original.len(), places: Vec::new() };
    out.text("\n");
    out.text(&mark);
    out.begin(new(stream));
    out.text(&stream_head(receipt.len()));
    out.bytes.extend_from_slice(receipt);
    out.text("\nendstream\nendobj\n");
    let value = format!(
        "<<\n/Type /Filespec\n/F ({ATTACHMENT})\n/UF ({ATTACHMENT})\n/AFRelationship /Supplement\n\
         /EF << /F {stream} 0 R /UF {stream} 0 R >>\n>>"
    );
    out.object(new(filespec), value.as_bytes());
    let mut free = first_node;
    for node in &names.nodes {
        out.object(new(free), node);
        free = free.checked_add(1).ok_or(Refusal::TooIntricate)?;
    }
    out.object(root, &catalog);
    let entries = entries(&mut pdf, &trailer, original.len(), receipt)?;
    finish(&mut out, pdf.xref.style, free, &entries)?;
    out.text(&mark);
    let start = start(&out)?;
    out.text(&format!("startxref\n{start}\n%%EOF\n"));
    Ok(out.bytes)
}

/// Where the cross-reference begins: noted as the last place.
fn start(out: &Out) -> Result<usize, Refusal> {
    Ok(out.places.iter().map(|(_, offset)| *offset).max().ok_or(Fault::Xref)?)
}

fn check_catalog(pdf: &mut Pdf<'_>, catalog: &Dict<'_>) -> Result<(), Refusal> {
    let is = |dict: &Dict<'_>, name: &[u8]| dict.get(b"Type").is_some_and(|t| t.is_name(name));
    if !is(catalog, b"Catalog") {
        return Err(Fault::Catalog.into());
    }
    let pages = catalog.get(b"Pages").ok_or(Fault::Catalog)?;
    let owned = pdf.resolve(&pages)?.into_owned();
    let pages = Value::parse(&owned)?.dict().map_err(|e| e.or(Fault::Catalog))?;
    if is(&pages, b"Pages") { Ok(()) } else { Err(Fault::Catalog.into()) }
}

/// The catalog's associated files with the receipt as the last (ISO 32000-2, 14.13).
fn associated(pdf: &mut Pdf<'_>, catalog: &Dict<'_>, filespec: u32) -> Result<Vec<u8>, Refusal> {
    let own = format!("{filespec} 0 R").into_bytes();
    let Some(value) = catalog.get(b"AF") else { return Ok(Out::array(&[own])) };
    let owned = pdf.resolve(&value)?.into_owned();
    let resolved = Value::parse(&owned)?;
    let mut list: Vec<Vec<u8>> = match resolved.kind {
        Kind::Null => Vec::new(),
        Kind::Array => resolved.items()?.iter().map(|item| item.raw.to_vec()).collect(),
        // One file alone, without an array around it.
        _ => Vec::from([value.raw.to_vec()]),
    };
    list.push(own);
    Ok(Out::array(&list))
}

/// The trailer's entries behind `/Size`, each on its line.
fn entries(
    pdf: &mut Pdf<'_>,
    trailer: &Dict<'_>,
    length: usize,
    receipt: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    for name in ["Root", "Info"] {
        if let Some(value) = trailer.get(name.as_bytes()) {
            let reference = value.reference().ok_or(Fault::Trailer)?;
            let line = format!("/{name} {} {} R\n", reference.number, reference.generation);
            out.extend_from_slice(line.as_bytes());
        }
    }
    if let Some(id) = trailer.get(b"ID") {
        let owned = pdf.resolve(&id)?.into_owned();
        let items = Value::parse(&owned)?.items()?;
        let first = items.first().and_then(Value::text).ok_or(Fault::Trailer)?;
        let length = u64::try_from(length).map_err(|_| Refusal::TooIntricate)?.to_be_bytes();
        let hash = Sha256::new().chain_update(ID_LABEL).chain_update(length);
        let hash: [u8; 32] = hash.chain_update(&first).chain_update(receipt).finalize().into();
        let derived = hex::encode(hash.get(..16).unwrap_or_default());
        out.extend_from_slice(format!("/ID [<{}> <{derived}>]\n", hex::encode(first)).as_bytes());
    }
    out.extend_from_slice(format!("/Prev {}\n", pdf.xref.start).as_bytes());
    Ok(out)
}

/// The cross-reference section in the original's style.
fn finish(out: &mut Out, style: Style, free: u32, entries: &[u8]) -> Result<(), Refusal> {
    let here = Reference { number: free, generation: 0 };
    match style {
        Style::Table => {
            let offset = out.offset();
            let runs = out.runs();
            out.text("xref\n");
            for run in runs {
                let first = run.first().map_or(0, |(reference, _)| reference.number);
                out.text(&format!("{first} {}\n", run.len()));
                for (reference, offset) in run {
                    out.text(&format!("{offset:010} {:05} n \n", reference.generation));
                }
            }
            out.text(&format!("trailer\n<<\n/Size {free}\n"));
            out.bytes.extend_from_slice(entries);
            out.text(">>\n");
            out.places.push((here, offset));
        }
        Style::Stream => {
            let offset = out.offset();
            out.places.push((here, offset));
            let runs = out.runs();
            let (mut index, mut rows) = (String::new(), Vec::new());
            for run in &runs {
                let first = run.first().map_or(0, |(reference, _)| reference.number);
                let space = if index.is_empty() { "" } else { " " };
                index.push_str(&format!("{space}{first} {}", run.len()));
                for (reference, offset) in run {
                    rows.push(1);
                    let offset = u32::try_from(*offset).map_err(|_| Refusal::TooIntricate)?;
                    rows.extend(offset.to_be_bytes());
                    rows.extend(reference.generation.to_be_bytes());
                }
            }
            let size = free.checked_add(1).ok_or(Refusal::TooIntricate)?;
            out.text(&format!("{free} 0 obj\n<<\n/Type /XRef\n/Size {size}\n"));
            out.text(&format!("/W [1 4 2]\n/Index [{index}]\n"));
            out.bytes.extend_from_slice(entries);
            out.text(&format!("/Length {}\n>>\nstream\n", rows.len()));
            out.bytes.extend_from_slice(&rows);
            out.text("\nendstream\nendobj\n");
        }
    }
    Ok(())
}
