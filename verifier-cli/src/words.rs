//! The four lines of a verdict in words, and what the issuer says besides. What is proven and what
//! is claimed never stand in one sentence. Everything here is escaped before it is put together.

use crate::judge::Checked;
use crate::redact;
use proto::time;
use proto::verify::{DocumentFacts, Facts, Line, LineState, Verdict};
use verifier::shown;

/// A verdict for one document, ready to be printed line by line.
pub fn explain(checked: &Checked) -> Vec<String> {
    let (_, message, next_step) = checked.why();
    let mut lines = vec![format!("{}  {}", checked.word(), shown::path(&checked.file))];
    if let Ok(verdict) = &checked.answer {
        let facts = &verdict.facts;
        let sentences = [
            content(verdict, facts),
            issuer(verdict, facts),
            time(verdict, facts),
            status(verdict, facts),
        ];
        for ((name, line), sentence) in verdict.lines().into_iter().zip(sentences) {
            lines.push(row(name, &format!("{:8} {sentence}", mark(line))));
        }
        if let Some(document) = &facts.document {
            lines.extend(claims(document));
        }
    }
    lines.push(row("result", &shown::text(&message)));
    if checked.word() != proto::verify::Word::Valid {
        lines.push(row("next", next_step));
    }
    lines
}

fn row(name: &str, text: &str) -> String {
    format!("  {name:8} {text}")
}

/// Words, not colours or signs: they survive a screen reader, a pipe and a printer.
fn mark(line: Line) -> &'static str {
    match line.state {
        LineState::Good => "good",
        LineState::Bad => "WRONG",
        LineState::Unknown => "unknown",
    }
}

/// The reason's own sentence, unless the line is good and there is more to say.
fn or_reason(line: Line, good: Option<String>) -> String {
    let more = good.filter(|_| line.state == LineState::Good);
    more.unwrap_or_else(|| shown::text(&line.reason.sentence()).into_owned())
}

fn content(verdict: &Verdict, facts: &Facts) -> String {
    let more = facts.document.as_ref().map(|document| {
        let media_type = shown::text(&document.media_type);
        format!(
            "The file is exactly the one that was issued ({} bytes, {media_type}).",
            document.length
        )
    });
    or_reason(verdict.content, more)
}

fn issuer(verdict: &Verdict, facts: &Facts) -> String {
    let more = facts.issuer.as_ref().zip(facts.log.as_ref()).zip(facts.document.as_ref());
    let more = more.map(|((issuer, log), document)| {
        format!(
            "{}, admitted by {}, for the type {}; unit: {}.",
            shown::text(&issuer.name),
            shown::text(&log.authority_name),
            shown::text(&document.document_type),
            shown::text(&document.unit),
        )
    });
    or_reason(verdict.issuer, more)
}

fn time(verdict: &Verdict, facts: &Facts) -> String {
    let more = facts.log.as_ref().map(|log| {
        format!(
            "Proven to exist not later than {}, by {}.",
            time::utc(log.proven_time),
            shown::text(&log.operators.join(", ")),
        )
    });
    or_reason(verdict.time, more)
}

fn status(verdict: &Verdict, facts: &Facts) -> String {
    let Some(status) = &facts.status else { return or_reason(verdict.status, None) };
    let as_of = time::utc(status.as_of);
    if verdict.status.state != LineState::Good {
        let sentence = verdict.status.reason.sentence();
        return format!("{} As of {as_of}.", shown::text(&sentence));
    }
    let until = facts.document.as_ref().and_then(|document| document.valid_until);
    let until = until.map_or_else(
        || "It has no last day.".to_owned(),
        |date| format!("Its last day is {date}."),
    );
    format!("Not withdrawn as of {as_of}. {until}")
}

/// What only the issuer says. The first four fields stand in the lines above.
fn claims(document: &DocumentFacts) -> Vec<String> {
    let mut lines = Vec::new();
    for (_, name, value) in document.shown.iter().filter(|(index, ..)| *index > 3) {
        let said = format!("{}: {}", shown::text(name), shown::text(value));
        lines.push(row("claimed", &format!("{said}  (the issuer says so; not proven)")));
    }
    if document.hidden > 0 {
        let all = document.shown.len() as u64 + u64::from(document.hidden);
        let places: Vec<String> = hidden_places(document).iter().map(u32::to_string).collect();
        let (hidden, places) = (document.hidden, places.join(", "));
        let sentence = format!(
            "{hidden} of {all} fields are hidden: the holder left out those at places {places}."
        );
        lines.push(row("hidden", &sentence));
    }
    lines
}

/// The places of the fields that the holder left out.
pub fn hidden_places(document: &DocumentFacts) -> Vec<u32> {
    let shown = document.shown.iter().map(|(place, ..)| *place);
    let count = u32::try_from(document.shown.len()).unwrap_or(u32::MAX);
    redact::hidden_places(count.saturating_add(document.hidden), shown)
}
