//! What the QR code on a printed sheet says, in words. The paper alone proves nothing; this says
//! so.

use check::SheetView;
use proto::sheet::Sheet;
use verifier::shown;

/// The sheet in words, escaped and ready to be printed.
pub fn words(sheet: &Sheet) -> Vec<String> {
    let row = |name: &str, value: &str| format!("  {name:14} {}", shown::text(value));
    let SheetView { message, next_step, .. } = SheetView::from(sheet);
    let mut lines = vec![format!("The paper claims this. {message}")];
    lines.push(row("issuer", &sheet.issuer));
    lines.extend(sheet.fields().iter().map(|field| row(field.name(), field.value())));
    lines.push(row("log", &sheet.origin));
    lines.push(row("entry", &sheet.index.to_string()));
    lines.push(row("status index", &sheet.status.to_string()));
    lines.push(row("commitment", &sheet.commitment.to_hex()));
    lines.push(row("federation", &sheet.federation.to_string()));
    lines.push(next_step.to_owned());
    lines
}
