//! `beleg-issuer journal`: reading, exporting, checking and erasing. Nothing here prints.

use super::line::What;
use super::rows::{Row, rows};
use super::{Book, BookError, check, lines_path, read};
use crate::durable;
use crate::report::Said;
use crate::select::{self, Chosen, Selector};
use proto::hash::Timestamp;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

const HEAD: [&str; 9] =
    ["time", "status", "index", "type", "state", "file", "reference", "sha256", "reason"];

/// A row's cells, in the order of [`HEAD`].
fn cells(row: Row) -> [String; 9] {
    let text = |of: Option<&str>| of.unwrap_or("").to_owned();
    let personal = row.personal.as_ref();
    [
        row.time.to_string(),
        row.status.to_string(),
        row.index.to_string(),
        row.document_type.clone(),
        row.state.word().to_owned(),
        personal.map_or("(erased)".to_owned(), |p| p.file.clone()),
        text(row.value("reference")),
        text(personal.and_then(|p| p.digest())),
        row.reason.clone(),
    ]
}

/// One line for each document, columns separated by tabs.
pub fn list(office: &Path) -> Result<Said, BookError> {
    let shown = |row| cells(row).map(|c| verifier::shown::text(&c).into_owned()).join("\t");
    Ok(Said { out: rows(office)?.into_iter().map(shown).collect(), ..Said::default() })
}

/// The same as comma-separated values (RFC 4180).
pub fn export(office: &Path, csv: &Path) -> Result<Said, BookError> {
    let rows = rows(office)?;
    let count = rows.len();
    durable::create(csv, table(&HEAD, rows.into_iter().map(cells)).as_bytes(), durable::PRIVATE)?;
    let place = verifier::shown::path(csv);
    Ok(Said { out: vec![format!("{count} documents written to {place}.")], ..Said::default() })
}

/// Comma-separated values (RFC 4180) that a spreadsheet reads as text.
pub fn table<const N: usize>(head: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = head.join(",") + "\r\n";
    for row in rows {
        text.push_str(&row.each_ref().map(|cell| safe_cell(cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula: text that begins as one begins with an
/// apostrophe, and every cell is quoted.
fn safe_cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '|', '%'])
        || text.starts_with(['\t', '\r', '\n']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

/// Checks everything.
pub fn check(office: &Path) -> Result<Said, BookError> {
    let found = check::check(office)?;
    let mut out = vec![format!(
        "{} lines, {} documents, {} sealed parts erased",
        found.lines, found.documents, found.erased
    )];
    out.extend(found.last.map(|hash| format!("last line {hash}")));
    let exit = u8::from(!found.faults.is_empty());
    Ok(Said { out, err: found.faults, exit })
}

/// Destroys what is known about documents. Everything that was named is found first.
pub fn erase(office: &Path, things: &[String], now: Timestamp) -> Result<Said, BookError> {
    let meant = |thing: &String| Selector::of(thing, Path::new("."));
    let selectors: Vec<Selector> = things.iter().map(meant).collect();
    let found = select::select(office, &selectors)?;
    if !found.faults.is_empty() {
        let err = found.faults.into_iter().map(|fault| fault.sentence).collect();
        return Ok(Said { out: Vec::new(), err, exit: 1 });
    }
    let mut slots: Vec<(u64, Option<u64>)> =
        found.documents.values().map(|chosen| (chosen.slot, Some(chosen.status))).collect();
    read::walk(&lines_path(office), &mut |hashed| {
        if let What::Reason(reason) = hashed.line.what
            && found.documents.contains_key(&reason.status)
        {
            slots.push((reason.sealed.slot, Some(reason.status)));
        }
        Ok(())
    })?;
    Book::open(office)?.erase(&slots, now)?;
    found.documents.values().try_for_each(|chosen| forget(office, chosen))?;
    let say = |chosen: &Chosen| format!("erased\tstatus {}", chosen.status);
    let err = vec![
        "The office's own copies of the documents and their receipts, and backups of the folder \
         journal, are not touched: delete them, too."
            .to_owned(),
    ];
    Ok(Said { out: found.documents.values().map(say).collect(), err, exit: 0 })
}

/// Takes the file's name out of the record of its batch, and the receipt that was not delivered.
fn forget(office: &Path, chosen: &Chosen) -> io::Result<()> {
    let done = office.join("batches/done").join(format!("{}.jsonl", chosen.root.to_hex()));
    if let Ok(text) = fs::read_to_string(&done) {
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            let mut value: serde_json::Value = serde_json::from_str(line)?;
            if value["status"] == chosen.status && value.get("path").is_some() {
                value["path"] = "(erased)".into();
            }
            lines.push(value.to_string());
        }
        let text = lines.join("\n") + "\n";
        durable::replace(&done, durable::PRIVATE, |file| file.write_all(text.as_bytes()))?;
    }
    let Some(personal) = &chosen.personal else { return Ok(()) };
    let kept = office.join("undelivered");
    let Ok(folder) = fs::read_dir(&kept) else { return Ok(()) };
    for entry in folder {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        let ours = proto::receipt::Receipt::parse(&bytes).is_ok_and(|receipt| {
            receipt.status_index().0 == chosen.status
                && receipt.value("content") == personal.value("content")
        });
        if ours {
            fs::remove_file(&path)?;
            durable::sync_folder(&kept)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, want) in [
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("-2", "\"'-2\""),
            ("+49", "\"'+49\""),
            ("\tx", "\"'\tx\""),
            ("7", "\"7\""),
        ] {
            assert_eq!(safe_cell(text), want);
        }
    }
}
