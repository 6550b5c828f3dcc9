//! How changes of status are printed: one stable line for each document, a summary, and for people
//! what is wrong.

use super::JsonWhy;
use crate::args::Output;
use crate::change::outcome::{Changed, Fate, Line};
use proto::ledger::StatusState;
use serde::Serialize;
use std::io::{self, Write};
use verifier::{json, shown};

#[derive(Serialize)]
struct JsonLine<'a> {
    state: &'a str,
    document: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSummary<'a> {
    summary: serde_json::Map<String, serde_json::Value>,
    refusals: Vec<JsonWhy<'a>>,
    notes: &'a [String],
    exit: u8,
}

/// Prints everything that a call has to say.
pub fn changes(changed: &Changed, output: Output) -> io::Result<()> {
    let (out, err) = (io::stdout().lock(), io::stderr().lock());
    print(changed, output, &mut io::BufWriter::new(out), &mut io::BufWriter::new(err))
}

fn print(
    changed: &Changed,
    output: Output,
    out: &mut impl Write,
    err: &mut impl Write,
) -> io::Result<()> {
    for line in changed.lines.iter().filter(|line| !output.quiet || line.fate.exit() != 0) {
        if output.json {
            writeln!(out, "{}", json::line(&json_line(line))?)?;
        } else {
            text_line(line, out, err)?;
        }
    }
    if output.json {
        let counts = changed.counts().into_iter();
        let summary = JsonSummary {
            summary: counts.map(|(word, count)| (word.to_owned(), count.into())).collect(),
            refusals: changed.refusals.iter().map(JsonWhy::from).collect(),
            notes: &changed.notes,
            exit: changed.exit(),
        };
        writeln!(out, "{}", json::line(&summary)?)?;
    } else if !(output.quiet && changed.exit() == 0) {
        let counts: Vec<String> =
            changed.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
        let nothing = "nothing to change".to_owned();
        writeln!(out, "{}", if counts.is_empty() { nothing } else { counts.join(", ") })?;
    }
    let sentences = changed.refusals.iter().map(|why| &why.sentence);
    let quiet = output.quiet && changed.exit() == 0;
    for sentence in sentences.chain(changed.notes.iter().filter(|_| !quiet)) {
        writeln!(err, "{}", shown::text(sentence))?;
    }
    out.flush()?;
    err.flush()
}

fn json_line(line: &Line) -> JsonLine<'_> {
    JsonLine {
        state: line.word(),
        document: &line.name,
        status: line.status,
        from: line.from.map(StatusState::word),
        to: line.to.word(),
        index: line.index,
        code: line.why.as_ref().map(|why| why.code.as_str()),
        message: line.why.as_ref().map(|why| why.sentence.as_str()),
    }
}

fn text_line(line: &Line, out: &mut impl Write, err: &mut impl Write) -> io::Result<()> {
    let (word, name) = (line.word(), shown::text(&line.name));
    match (&line.why, line.fate, line.from) {
        (Some(why), ..) => {
            writeln!(out, "{word}\t{name}\t{}", shown::text(&why.code))?;
            writeln!(err, "{name}: {}", shown::text(&why.sentence))
        }
        (None, Fate::Planned, Some(from)) => {
            let (from, to) = (from.word(), line.to.word());
            writeln!(out, "{word}\t{name}\t{from} -> {to}")
        }
        _ => writeln!(out, "{word}\t{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_summary_keep_their_shape() {
        let done = Line {
            fate: Fate::Changed,
            name: "a\u{1b}.pdf".into(),
            status: Some(7),
            from: Some(StatusState::Valid),
            to: StatusState::Revoked,
            index: Some(9),
            why: None,
        };
        let planned = Line { fate: Fate::Planned, ..done.clone() };
        let refused = Line::refused("b", StatusState::Revoked, "state-final", "It is final.");
        let notes = vec!["Note.".to_owned()];
        let changed = Changed { lines: vec![done, planned, refused], notes, ..Changed::default() };
        let printed = |json| {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            print(&changed, Output { json, quiet: false }, &mut out, &mut err).unwrap();
            (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
        };
        let (out, err) = printed(false);
        assert_eq!(
            out,
            "revoked\ta\\u{1b}.pdf\nplanned\ta\\u{1b}.pdf\tvalid -> revoked\n\
             refused\tb\tstate-final\n1 revoked, 1 planned, 1 refused\n"
        );
        assert_eq!(err, "b: It is final.\nNote.\n");
        let (out, _) = printed(true);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            lines[0],
            concat!(
                r#"{"state":"revoked","document":"a\u001b.pdf","status":7,"from":"valid","#,
                r#""to":"revoked","index":9}"#
            )
        );
        let end = r#""refusals":[],"notes":["Note."],"exit":1}"#;
        assert!(lines[3].ends_with(end), "{}", lines[3]);
    }
}
