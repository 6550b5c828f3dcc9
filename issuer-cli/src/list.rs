//! `issue --list`: one line for each document, with what is said of it.
//!
//! ```text
//! file;type;unit;valid-until;date;reference;pages      any further column is a field
//! a.pdf;public.notice;Registry 3;2027-12-31;;A 1;2     an empty cell says nothing
//! ```
//!
//! The same as JSON: `[{"file":"a.pdf","type":"public.notice"}, ...]`. Every mistake is found in
//! one go and named with its line; as long as there is one, nothing is sent.

mod assign;
mod csv_rows;
mod json_rows;

pub use assign::{Base, assign, check, overlay};
pub use json_rows::{Members, texts};

use crate::outcome::Why;
use proto::document::Field;
use std::path::{Path, PathBuf};
use verifier::input;

/// Bytes of a list: a million lines of 256 bytes.
const BYTES: usize = 256 * 1024 * 1024;

/// One line: a document and what is said of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// In the list, counted from 1.
    pub line: u64,
    /// As it is written there.
    pub file: String,
    /// Columns and values; what is empty is left out.
    pub values: Vec<(String, String)>,
}

/// A list that was read, with what is wrong in it by itself.
#[derive(Debug)]
pub struct List {
    path: PathBuf,
    rows: Vec<Row>,
    mistakes: Vec<Mistake>,
}

/// Something wrong with the list, and not with one document.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    line: Option<u64>,
    code: &'static str,
    sentence: String,
}

impl Mistake {
    fn new(line: u64, code: &'static str, sentence: impl ToString) -> Mistake {
        Mistake { line: Some(line), code, sentence: sentence.to_string() }
    }
}

impl List {
    /// Reads a list: JSON if its name says so, else CSV.
    pub fn read(path: &Path) -> List {
        let mut list = List { path: path.to_path_buf(), rows: Vec::new(), mistakes: Vec::new() };
        let bytes = match input::read_bounded(path, BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                let sentence = format!("The list cannot be used: {error}.");
                list.mistakes.push(Mistake { line: None, code: "list-unreadable", sentence });
                return list;
            }
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = line_at(bytes, error.valid_up_to());
                let sentence = "The list is not UTF-8 here. Save it as \"CSV UTF-8\".";
                list.mistakes.push(Mistake::new(line, "list-not-utf8", sentence));
                return list;
            }
        };
        let json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        if json {
            json_rows::read(text, &mut list.rows, &mut list.mistakes);
        } else {
            csv_rows::read(text, &mut list.rows, &mut list.mistakes);
        }
        if list.rows.is_empty() && list.mistakes.is_empty() {
            let sentence = "The list names no document.".to_owned();
            list.mistakes.push(Mistake { line: None, code: "list-empty", sentence });
        }
        list
    }

    /// The lines that could be read.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A place in the list, for people.
    pub fn at(&self, line: u64) -> String {
        format!("{}, line {line}", verifier::shown::path(&self.path))
    }

    /// What is wrong with the list and not with one document.
    pub fn refusals(&self) -> Vec<Why> {
        let why = |mistake: &Mistake| {
            let place = match mistake.line {
                Some(line) => self.at(line),
                None => verifier::shown::path(&self.path).into_owned(),
            };
            Why::new(mistake.code, format!("{place}: {}", mistake.sentence))
        };
        self.mistakes.iter().map(why).collect()
    }
}

/// The line in which a byte stands.
fn line_at(bytes: &[u8], offset: usize) -> u64 {
    1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count() as u64
}

/// What is wrong with a column's name; `None` for a good one.
fn column_fault(name: &str) -> Option<String> {
    if name == "content" {
        return Some("The column content is made from the file itself. Take it out.".to_owned());
    }
    // `type` and the dates are checked with their values.
    if matches!(name, "type" | "date" | "valid-until") {
        return None;
    }
    let error = Field::new(name, "").err()?;
    let meant = name.trim().to_lowercase().replace([' ', '_'], "-");
    let good = meant != name && column_fault(&meant).is_none();
    let meant = if good { format!(" Did you mean {meant}?") } else { String::new() };
    Some(format!("The column {name:?} has no name that a field can have. {error}{meant}"))
}

#[cfg(test)]
mod tests;
