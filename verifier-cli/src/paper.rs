//! What the QR code on a printed sheet says, and whether that paper is of a receipt in hand. The
//! paper alone proves nothing; this says so.

use crate::trouble::Obstacle;
use crate::view::FieldView;
use proto::hash::Hash;
use proto::receipt::Receipt;
use proto::sheet::{Comparison, Sheet};
use serde::Serialize;
use verifier::shown;

const NOTHING_PROVEN: &str = "Nothing here is proven: anybody can print a QR code.";
const NEXT: &str = "Check the document and its receipt with `beleg verify FILE --sheet TEXT`.";

/// The sheet as JSON shows it.
#[derive(Serialize)]
pub struct SheetView {
    claimed: bool,
    message: &'static str,
    next_step: &'static str,
    federation: String,
    origin: String,
    entry: u64,
    status_index: u64,
    commitment: String,
    issuer: String,
    fields: Vec<FieldView>,
}

/// The sheet as JSON shows it; fields are counted as they stand on it.
pub fn view(sheet: &Sheet) -> SheetView {
    let field = |(index, field): (u32, &proto::document::Field)| FieldView {
        index,
        name: field.name().to_owned(),
        value: field.value().to_owned(),
    };
    SheetView {
        claimed: true,
        message: NOTHING_PROVEN,
        next_step: NEXT,
        federation: Hash(sheet.federation.0).to_hex(),
        origin: sheet.origin.clone(),
        entry: sheet.index.0,
        status_index: sheet.status.0,
        commitment: sheet.commitment.to_hex(),
        issuer: sheet.issuer.clone(),
        fields: (0..).zip(sheet.fields()).map(field).collect(),
    }
}

/// The sheet in words, escaped and ready to be printed.
pub fn words(sheet: &Sheet) -> Vec<String> {
    let row = |name: &str, value: &str| format!("  {name:14} {}", shown::text(value));
    let mut lines = vec![format!("The paper claims this. {NOTHING_PROVEN}")];
    lines.push(row("issuer", &sheet.issuer));
    lines.extend(sheet.fields().iter().map(|field| row(field.name(), field.value())));
    lines.push(row("log", &sheet.origin));
    lines.push(row("entry", &sheet.index.to_string()));
    lines.push(row("status index", &sheet.status.to_string()));
    lines.push(row("commitment", &sheet.commitment.to_hex()));
    lines.push(row("federation", &sheet.federation.to_string()));
    lines.push(NEXT.to_owned());
    lines
}

/// Whether the paper is of the document of this receipt, which was judged already.
pub fn check(sheet: &Sheet, receipt: &[u8]) -> Result<(), Obstacle> {
    let comparison = Receipt::parse(receipt).map(|receipt| sheet.compare(&receipt));
    match comparison.unwrap_or(Comparison::Other) {
        Comparison::Same => Ok(()),
        Comparison::Other => Err(Obstacle::SheetDiffers),
        Comparison::Hidden => Err(Obstacle::SheetHidden),
    }
}
