//! The only file of `beleg-issuer` that prints. Results go to stdout, one stable line for each
//! document and a summary; everything else goes to stderr. What came from outside is escaped.

mod changes;

pub use changes::changes;

use crate::args::Output;
use crate::outcome::{Outcome, Outcomes, State, Why};
use crate::watch::{Step, Wait, Watch};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{self, Write};
use std::sync::Mutex;
use verifier::{json, shown};

/// A progress bar on a terminal, nothing where stderr is none.
#[derive(Debug, Default)]
pub struct Screen {
    bar: Mutex<Option<ProgressBar>>,
    said: Mutex<Option<Wait>>,
}

impl Screen {
    fn with_bar(&self, act: impl FnOnce(&ProgressBar)) {
        // A panic while the bar was drawn spoils nothing that matters.
        if let Ok(bar) = self.bar.lock()
            && let Some(bar) = bar.as_ref()
        {
            act(bar);
        }
    }
}

impl Watch for Screen {
    fn begin(&self, step: Step, total: u64) {
        let (template, message) = match step {
            Step::Hashing => ("{msg} {wide_bar} {bytes}/{total_bytes} {eta}", "Reading"),
            Step::Receipts => ("{msg} {wide_bar} {pos}/{len} {eta}", "Receipts"),
        };
        let style = ProgressStyle::with_template(template);
        let bar = ProgressBar::new(total).with_message(message);
        if let Ok(style) = style {
            bar.set_style(style);
        }
        if let Ok(mut place) = self.bar.lock() {
            *place = Some(bar);
        }
    }

    fn advance(&self, by: u64) {
        self.with_bar(|bar| bar.inc(by));
    }

    fn end(&self) {
        self.with_bar(ProgressBar::finish_and_clear);
    }

    fn waiting(&self, why: Wait) {
        let mut said = match self.said.lock() {
            Ok(said) => said,
            Err(_) => return,
        };
        if *said == Some(why) {
            return;
        }
        *said = Some(why);
        let sentence = match why {
            Wait::NodeAway => "The node does not answer; trying again.",
            Wait::NodeBusy => "The node has much to do; waiting.",
            Wait::Quorum => "The node has it and waits for the other data centres.",
        };
        self.with_bar(|bar| bar.suspend(|| ()));
        let _ = writeln!(io::stderr(), "{sentence}");
    }
}

#[derive(Serialize)]
struct JsonDocument<'a> {
    state: &'a str,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSummary<'a> {
    summary: Counts,
    refusals: Vec<JsonWhy<'a>>,
    exit: u8,
}

#[derive(Serialize)]
struct Counts {
    issued: usize,
    skipped: usize,
    planned: usize,
    refused: usize,
    undelivered: usize,
    waiting: usize,
}

#[derive(Serialize)]
struct JsonWhy<'a> {
    code: &'a str,
    message: &'a str,
}

impl<'a> From<&'a Why> for JsonWhy<'a> {
    fn from(why: &'a Why) -> JsonWhy<'a> {
        JsonWhy { code: &why.code, message: &why.sentence }
    }
}

impl<'a> From<&'a Outcome> for JsonDocument<'a> {
    fn from(outcome: &'a Outcome) -> JsonDocument<'a> {
        let standing = outcome.standing.as_ref();
        JsonDocument {
            state: outcome.state.word(),
            file: outcome.path.to_string_lossy().into_owned(),
            receipt: outcome.receipt.as_ref().map(|path| path.to_string_lossy().into_owned()),
            origin: standing.map(|s| s.origin.as_str()),
            index: standing.map(|s| s.index),
            status: standing.map(|s| s.status),
            code: outcome.why.as_ref().map(|why| why.code.as_str()),
            message: outcome.why.as_ref().map(|why| why.sentence.as_str()),
        }
    }
}

/// Prints everything that a call has to say.
pub fn outcomes(outcomes: &Outcomes, output: Output) -> io::Result<()> {
    let (out, err) = (io::stdout().lock(), io::stderr().lock());
    print(outcomes, output, &mut io::BufWriter::new(out), &mut io::BufWriter::new(err))
}

fn print(
    outcomes: &Outcomes,
    output: Output,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<()> {
    for outcome in &outcomes.documents {
        if output.quiet && outcome.state.exit() == 0 {
            continue;
        }
        if output.json {
            writeln!(out, "{}", json::line(&JsonDocument::from(outcome))?)?;
        } else {
            document(outcome, out, err)?;
        }
    }
    if output.json {
        let count = |state| outcomes.count(state);
        let summary = JsonSummary {
            summary: Counts {
                issued: count(State::Issued),
                skipped: count(State::Skipped),
                planned: count(State::Planned),
                refused: count(State::Refused),
                undelivered: count(State::Undelivered),
                waiting: count(State::Waiting),
            },
            refusals: outcomes.refusals.iter().map(JsonWhy::from).collect(),
            exit: outcomes.exit(),
        };
        writeln!(out, "{}", json::line(&summary)?)?;
    } else if !(output.quiet && outcomes.exit() == 0) {
        let counts: Vec<String> = State::ALL
            .iter()
            .map(|&state| (state.word(), outcomes.count(state)))
            .filter(|&(word, count)| count > 0 || word == "issued")
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        writeln!(out, "{}", counts.join(", "))?;
    }
    for why in &outcomes.refusals {
        writeln!(err, "{}", shown::text(&why.sentence))?;
    }
    out.flush()?;
    err.flush()
}

fn document(outcome: &Outcome, out: &mut impl Write, err: &mut impl Write) -> io::Result<()> {
    let (word, path) = (outcome.state.word(), shown::path(&outcome.path));
    match &outcome.why {
        None => writeln!(out, "{word}\t{path}"),
        Some(why) => {
            writeln!(out, "{word}\t{path}\t{}", shown::text(&why.code))?;
            writeln!(err, "{path}: {}", shown::text(&why.sentence))
        }
    }
}

/// Prints what one of the other commands has done.
pub fn done(sentences: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    sentences.iter().try_for_each(|sentence| writeln!(out, "{sentence}"))
}

/// What a command has to say: results, sentences for people, the exit code.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub exit: u8,
}

/// Prints what a command has to say.
pub fn said(said: &Said) -> io::Result<u8> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    said.out.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()?;
    let mut err = io::stderr().lock();
    said.err.iter().try_for_each(|line| writeln!(err, "{}", shown_lines(line)))?;
    Ok(said.exit)
}

/// Prints what a watch is doing when that changes.
pub fn status(sentence: &str) {
    // Nobody is left to be told if this fails.
    let _ = writeln!(io::stderr(), "{}", shown_lines(sentence));
}

/// Prints why a call could not be carried out: what is wrong, what to do.
pub fn failure(what: &str, next_step: &str) {
    let mut err = io::stderr().lock();
    // Nobody is left to be told if this fails.
    let _ = writeln!(err, "beleg-issuer: {}", shown_lines(what));
    let _ = writeln!(err, "{}", shown_lines(next_step));
}

/// Escapes each line of a message by itself: a settings error shows the line it is about.
fn shown_lines(text: &str) -> String {
    text.trim_end().lines().map(shown::text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Standing;
    use std::path::PathBuf;

    fn sample() -> Outcomes {
        let standing = Standing { origin: "city.example/log".into(), index: 4, status: 17 };
        let issued = Outcome {
            state: State::Issued,
            path: PathBuf::from("dir/a.pdf"),
            receipt: Some(PathBuf::from("dir/a.pdf.tlog-proof")),
            standing: Some(standing),
            why: None,
        };
        let why = Some(Why::new("file-changed", "It was changed\u{1b}[2J."));
        let waiting = Outcome::new(State::Undelivered, "b\u{202e}\n.pdf".into(), why);
        Outcomes { documents: vec![issued, waiting], refusals: Vec::new() }
    }

    fn printed(outcomes: &Outcomes, json: bool, quiet: bool) -> (String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        print(outcomes, Output { json, quiet }, &mut out, &mut err).unwrap();
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn one_line_for_each_document_and_nothing_acts_on_the_terminal() {
        let (out, err) = printed(&sample(), false, false);
        assert_eq!(
            out,
            "issued\tdir/a.pdf\nundelivered\tb\\u{202e}\\u{a}.pdf\tfile-changed\n\
             1 issued, 1 undelivered\n"
        );
        assert_eq!(err, "b\\u{202e}\\u{a}.pdf: It was changed\\u{1b}[2J.\n");
        let (quiet, _) = printed(&sample(), false, true);
        assert!(quiet.starts_with("undelivered\t"), "{quiet}");
        let mut good = sample();
        good.documents.truncate(1);
        assert_eq!(printed(&good, false, true), (String::new(), String::new()));
    }

    #[test]
    fn json_keeps_its_shape() {
        let (out, _) = printed(&sample(), true, false);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            lines[0],
            concat!(
                r#"{"state":"issued","file":"dir/a.pdf","receipt":"dir/a.pdf.tlog-proof","#,
                r#""origin":"city.example/log","index":4,"status":17}"#
            )
        );
        assert_eq!(
            lines[1],
            concat!(
                r#"{"state":"undelivered","file":"b\u202e\n.pdf","code":"file-changed","#,
                r#""message":"It was changed\u001b[2J."}"#
            )
        );
        assert_eq!(
            lines[2],
            concat!(
                r#"{"summary":{"issued":1,"skipped":0,"planned":0,"refused":0,"undelivered":1,"#,
                r#""waiting":0},"refusals":[],"exit":4}"#
            )
        );
    }

    #[test]
    fn a_message_of_several_lines_keeps_them() {
        assert_eq!(shown_lines("a\nb\u{1b}\n"), "a\nb\\u{1b}");
    }
}
