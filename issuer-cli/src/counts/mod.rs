//! `beleg-issuer counts`: how many documents were issued, as the journal has it, in a form that an
//! office can hold against its own program.

mod compare;

use crate::args::counts::{Counts as Args, Period};
use crate::book::BookError;
use crate::book::command::table;
use crate::book::rows::{Row, rows};
use crate::durable;
use crate::office::Office;
use crate::report::Said;
use crate::run::RunError;
use compare::{Comparison, Difference};
use proto::hash::Timestamp;
use proto::time::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use verifier::{json, shown};

pub use compare::CompareError;

const HEAD: [&str; 5] = ["period", "type", "unit", "state", "documents"];
/// Stands where only an erased part knew more.
const ERASED: &str = "(erased)";
/// The day of a clock that was set wrong.
const AFTER: &str = "after 9999";

/// Period, type, unit, state.
type Key = [String; 4];

#[derive(Serialize)]
struct Count<'a> {
    period: &'a str,
    #[serde(rename = "type")]
    document_type: &'a str,
    unit: &'a str,
    state: &'a str,
    documents: u64,
}

impl<'a> Count<'a> {
    fn of((key, documents): (&'a Key, &u64)) -> Count<'a> {
        let [period, document_type, unit, state] = key;
        Count { period, document_type, unit, state, documents: *documents }
    }
}

#[derive(Serialize)]
struct View<'a> {
    counts: Vec<Count<'a>>,
    documents: u64,
    first_status: Option<u64>,
    last_status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<&'a [Difference]>,
}

/// Counts, and compares if that is asked for.
pub fn run(args: &Args) -> Result<Said, RunError> {
    let office = Office::look(&args.dir)?;
    let rows: Vec<Row> =
        rows(&office.folder)?.into_iter().filter(|row| within(row, args)).collect();
    let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
    for row in &rows {
        *counts.entry(key(row, args.by)).or_default() += 1;
    }
    let comparison = args.compare.as_deref().map(|file| compare::with(file, &rows)).transpose()?;
    let mut said = Said::default();
    if let Some(csv) = &args.csv {
        let cells = |([period, document_type, unit, state], count): (&Key, &u64)| {
            [period.clone(), document_type.clone(), unit.clone(), state.clone(), count.to_string()]
        };
        let text = table(&HEAD, counts.iter().map(cells));
        durable::create(csv, text.as_bytes(), durable::PRIVATE).map_err(BookError::Io)?;
    }
    if args.json {
        said.out.push(view(&counts, &rows, comparison.as_ref())?);
    } else {
        said.out.extend(counts.iter().map(|(key, count)| {
            let cells = key.each_ref().map(|cell| shown::text(cell));
            format!("{}\t{count}", cells.join("\t"))
        }));
        said.out.push(total(&rows));
        let differences = comparison.iter().flat_map(|comparison| &comparison.differences);
        said.out.extend(differences.map(Difference::line));
    }
    if let Some(comparison) = &comparison {
        said.err.extend(comparison.sentences());
        said.exit = u8::from(!comparison.differences.is_empty());
    }
    Ok(said)
}

/// The day of a row, in UTC.
fn day(row: &Row) -> Option<Date> {
    Date::of(Timestamp(row.time))
}

fn within(row: &Row, args: &Args) -> bool {
    let day = day(row);
    args.from.is_none_or(|from| day >= Some(from)) && args.to.is_none_or(|to| day <= Some(to))
}

fn key(row: &Row, by: Period) -> Key {
    let day = day(row).map_or_else(|| AFTER.to_owned(), |day| day.to_string());
    let period = match by {
        Period::Day => day,
        Period::Month => day.chars().take(7).collect(),
    };
    let unit = row.value("unit").unwrap_or(ERASED).to_owned();
    [period, row.document_type.clone(), unit, row.state.word().to_owned()]
}

/// The first and last status index: what lies between and is not ours are the places that a batch
/// fills up, and other offices of the authority.
fn ends(rows: &[Row]) -> Option<(u64, u64)> {
    let indexes = rows.iter().map(|row| row.status);
    indexes.clone().min().zip(indexes.max())
}

fn total(rows: &[Row]) -> String {
    match ends(rows) {
        Some((first, last)) => {
            format!("total\t{}\tfirst status {first}\tlast status {last}", rows.len())
        }
        None => "total\t0".to_owned(),
    }
}

fn view(
    counts: &BTreeMap<Key, u64>,
    rows: &[Row],
    comparison: Option<&Comparison>,
) -> Result<String, RunError> {
    let ends = ends(rows);
    let view = View {
        counts: counts.iter().map(Count::of).collect(),
        documents: rows.len() as u64,
        first_status: ends.map(|(first, _)| first),
        last_status: ends.map(|(_, last)| last),
        differences: comparison.map(|comparison| comparison.differences.as_slice()),
    };
    Ok(json::line(&view).map_err(|why| BookError::Io(why.into()))?)
}
