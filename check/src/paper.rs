//! What the QR code on a printed sheet says, and whether that paper is of a receipt in hand. The
//! paper alone proves nothing; the JSON says so.

use crate::obstacle::Obstacle;
use crate::view::FieldView;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use proto::document::Field;
use proto::hash::Hash;
use proto::receipt::Receipt;
use proto::sheet::{Comparison, Sheet};
use serde::Serialize;

const NOTHING_PROVEN: &str = "Nothing here is proven: anybody can print a QR code.";
const NEXT: &str = "Check the document and its receipt with `beleg verify FILE --sheet TEXT`.";

/// The sheet as JSON shows it.
#[derive(Serialize, Debug)]
pub struct SheetView {
    claimed: bool,
    /// That nothing is proven by it.
    pub message: &'static str,
    /// What to do with it.
    pub next_step: &'static str,
    federation: String,
    origin: String,
    entry: u64,
    status_index: u64,
    commitment: String,
    issuer: String,
    fields: Vec<FieldView>,
}

impl From<&Sheet> for SheetView {
    /// Fields are counted as they stand on it.
    fn from(sheet: &Sheet) -> SheetView {
        let field = |(index, field): (u32, &Field)| FieldView {
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
}

/// Whether the paper is of the document of this receipt, which was judged already.
pub fn compare(sheet: &Sheet, receipt: &[u8]) -> Result<(), Obstacle> {
    let comparison = Receipt::parse(receipt).map(|receipt| sheet.compare(&receipt));
    match comparison.unwrap_or(Comparison::Other) {
        Comparison::Same => Ok(()),
        Comparison::Other => Err(Obstacle::SheetDiffers),
        Comparison::Hidden => Err(Obstacle::SheetHidden),
    }
}
