//! A list as CSV (RFC 4180), separated by `;` or `,`: the first line tells which.

use super::{Mistake, Row, column_fault, line_at};
use std::collections::BTreeSet;

pub(super) fn read(text: &str, rows: &mut Vec<Row>, mistakes: &mut Vec<Mistake>) {
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains(';') { b';' } else { b',' };
    let mut builder = csv::ReaderBuilder::new();
    let builder = builder.delimiter(separator).has_headers(false).flexible(true);
    let mut reader = builder.from_reader(text.as_bytes());
    let mut columns: Option<Vec<String>> = None;
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                mistakes.push(Mistake::new(line, "list-malformed", error));
                return;
            }
        };
        // A record's own position may still be at the end of the line before.
        let start = record.position().map_or(counted, |position| position.byte() as usize);
        let ends = text.as_bytes()[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n'));
        let start = start + ends.count();
        line += line_at(&text.as_bytes()[counted..], start - counted) - 1;
        counted = start;
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        match &columns {
            Some(columns) => row(line, columns, &cells, rows, mistakes),
            None => {
                let names = header(line, &cells, mistakes);
                if !names.iter().any(|name| name == "file") {
                    let sentence = "No column is named file. Put the names of the columns into \
                                    the first line, and the documents under file.";
                    mistakes.push(Mistake::new(line, "list-without-files", sentence));
                    return;
                }
                columns = Some(names);
            }
        }
    }
}

fn header(line: u64, cells: &[&str], mistakes: &mut Vec<Mistake>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for name in cells.iter().filter(|name| !name.is_empty()) {
        if !seen.insert(*name) {
            let sentence = format!("The column {name} stands there twice.");
            mistakes.push(Mistake::new(line, "list-column-twice", sentence));
        } else if let Some(sentence) = column_fault(name) {
            mistakes.push(Mistake::new(line, "list-column-unknown", sentence));
        }
    }
    cells.iter().map(|name| (*name).to_owned()).collect()
}

fn row(
    line: u64,
    columns: &[String],
    cells: &[&str],
    rows: &mut Vec<Row>,
    mistakes: &mut Vec<Mistake>,
) {
    let mut row = Row { line, file: String::new(), values: Vec::new() };
    for (number, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
        match columns.get(number).map(String::as_str) {
            Some("file") => row.file = (*cell).to_owned(),
            Some(name) if !name.is_empty() => {
                row.values.push((name.to_owned(), (*cell).to_owned()));
            }
            _ => {
                let sentence = format!(
                    "The cell {number} has a value and no column. Put a text that holds the \
                     separator between quotation marks.",
                    number = number + 1
                );
                mistakes.push(Mistake::new(line, "list-cell-without-column", sentence));
            }
        }
    }
    if row.file.is_empty() {
        let sentence = "The line names no file.";
        mistakes.push(Mistake::new(line, "list-line-without-file", sentence));
    } else {
        rows.push(row);
    }
}
