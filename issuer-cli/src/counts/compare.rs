//! What the office's own program has, held against the journal: by references, or by counts for
//! each day.

use super::{AFTER, day};
use crate::book::rows::Row;
use proto::time::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use verifier::input::{self, InputError};
use verifier::shown;

/// Bytes of a table: a million lines of 256 bytes.
const BYTES: usize = 256 * 1024 * 1024;

/// Why a table cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    #[error("{}: {why}.", shown::path(.path))]
    Input { path: PathBuf, why: InputError },
    #[error("{}: it is not a CSV file in UTF-8: {why}.", shown::path(.path))]
    Csv { path: PathBuf, why: csv::Error },
    #[error("{}: no column is named reference, nor are there the columns day and count.",
        shown::path(.path))]
    Columns { path: PathBuf },
    #[error("{}, line {line}: there must be a day (YYYY-MM-DD) and a count, each day once.",
        shown::path(.path))]
    Line { path: PathBuf, line: u64 },
}

/// Something that one side has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    code: &'static str,
    /// A reference or a day.
    of: String,
    /// How often the journal has it.
    here: u64,
    /// How often the table has it.
    there: u64,
}

impl Difference {
    /// One line, columns separated by tabs.
    pub fn line(&self) -> String {
        let Difference { code, of, here, there } = self;
        format!("{code}\t{}\there {here}\tthere {there}", shown::text(of))
    }
}

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub differences: Vec<Difference>,
    /// Documents of the journal that cannot be compared by their reference.
    without: u64,
    erased: u64,
}

impl Comparison {
    /// What a person should know beside.
    pub fn sentences(&self) -> Vec<String> {
        let say = |count: u64, why: &str| {
            (count > 0).then(|| format!("{count} documents of the journal {why}; not compared."))
        };
        let without = say(self.without, "have no reference");
        without.into_iter().chain(say(self.erased, "were erased")).collect()
    }
}

/// Compares these rows with a table.
pub fn with(path: &Path, rows: &[Row]) -> Result<Comparison, CompareError> {
    let failed = |why| CompareError::Input { path: path.to_path_buf(), why };
    let bytes = input::read_bounded(path, BYTES).map_err(failed)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if first.contains(&b';') { b';' } else { b',' };
    let mut builder = csv::ReaderBuilder::new();
    let mut reader =
        builder.delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let broken = |why| CompareError::Csv { path: path.to_path_buf(), why };
    let head = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| head.iter().position(|head| head.eq_ignore_ascii_case(name));
    match (column("reference"), column("day").zip(column("count"))) {
        (Some(column), _) => {
            let mut there: BTreeMap<String, u64> = BTreeMap::new();
            for record in reader.records() {
                let record = record.map_err(broken)?;
                let reference = record.get(column).filter(|cell| !cell.is_empty());
                reference.into_iter().for_each(|r| *there.entry(r.to_owned()).or_default() += 1);
            }
            Ok(by_reference(rows, there))
        }
        (None, Some((day, count))) => {
            let mut there = BTreeMap::new();
            for record in reader.records() {
                let record = record.map_err(broken)?;
                let line = record.position().map_or(0, csv::Position::line);
                let bad = || CompareError::Line { path: path.to_path_buf(), line };
                let date = record.get(day).and_then(|cell| Date::parse(cell).ok());
                let count = record.get(count).and_then(|cell| cell.parse::<u64>().ok());
                let (date, count) = date.zip(count).ok_or_else(bad)?;
                if there.insert(date, count).is_some() {
                    return Err(bad());
                }
            }
            Ok(by_day(rows, &there))
        }
        (None, None) => Err(CompareError::Columns { path: path.to_path_buf() }),
    }
}

fn by_reference(rows: &[Row], there: BTreeMap<String, u64>) -> Comparison {
    let mut comparison = Comparison::default();
    // Here and there.
    let mut all: BTreeMap<String, (u64, u64)> =
        there.into_iter().map(|(reference, count)| (reference, (0, count))).collect();
    for row in rows {
        // Tables come without the spaces at the ends of their cells.
        match (row.value("reference").map(str::trim), &row.personal) {
            (Some(reference), _) if !reference.is_empty() => {
                all.entry(reference.to_owned()).or_default().0 += 1;
            }
            (_, Some(_)) => comparison.without += 1,
            (_, None) => comparison.erased += 1,
        }
    }
    for (of, (here, there)) in all {
        let mut say = |code| {
            comparison.differences.push(Difference { code, of: of.clone(), here, there });
        };
        match (here, there) {
            (_, 0) => say("only-here"),
            (0, _) => say("only-there"),
            _ => {}
        }
        if here > 1 {
            say("twice-here");
        }
        if there > 1 {
            say("twice-there");
        }
    }
    comparison.differences.sort();
    comparison
}

fn by_day(rows: &[Row], there: &BTreeMap<Date, u64>) -> Comparison {
    let mut all: BTreeMap<Option<Date>, (u64, u64)> =
        there.iter().map(|(day, count)| (Some(*day), (0, *count))).collect();
    for row in rows {
        all.entry(day(row)).or_default().0 += 1;
    }
    let difference = |(day, (here, there)): (Option<Date>, (u64, u64))| {
        let of = day.map_or_else(|| AFTER.to_owned(), |day| day.to_string());
        let code = match here.cmp(&there) {
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => "more-here",
            std::cmp::Ordering::Less => "more-there",
        };
        Some(Difference { code, of, here, there })
    };
    let differences = all.into_iter().filter_map(difference).collect();
    Comparison { differences, ..Comparison::default() }
}
