//! The four lines of a verdict in words, and what the issuer says besides. What is proven and what
//! is claimed never stand in one sentence. Everything here is escaped before it is put together.

use crate::chains::Grown;
use crate::judge::Checked;
use crate::renew::{About, Outcome, Updated};
use crate::run::Summary;
use crate::successors::Replaced;
use proto::anchor::Kind;
use proto::hash::Hash;
use proto::time;
use proto::verify::{AnchorFacts, DocumentFacts, Facts, Line, LineState, StatusSource, Verdict};
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
            time(checked, verdict, facts),
            status(checked, verdict, facts),
        ];
        for ((name, line), sentence) in verdict.lines().into_iter().zip(sentences) {
            lines.push(row(name, &format!("{:8} {sentence}", mark(line))));
        }
        lines.extend(facts.anchors.iter().filter_map(anchor));
        if let Some(successor) = facts.status.and_then(|status| status.successor) {
            lines.push(row("newer", &newer(&successor)));
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

fn time(checked: &Checked, verdict: &Verdict, facts: &Facts) -> String {
    let more = facts.log.as_ref().map(|log| {
        let (proven, operators) = (time::utc(log.proven_time), log.operators.join(", "));
        let mut sentence =
            format!("Proven to exist not later than {proven}, by {}", shown::text(&operators));
        for kind in Kind::ALL {
            sentence.push_str(&outside(checked, facts, kind).unwrap_or_default());
        }
        sentence + "."
    });
    or_reason(verdict.time, more)
}

/// The best evidence of a kind, when that clock says it was, and what it was judged by.
fn outside(checked: &Checked, facts: &Facts, kind: Kind) -> Option<String> {
    let mut of_kind = facts.anchors.iter().filter(|anchor| anchor.kind == kind);
    let proven = of_kind.find_map(|anchor| anchor.outcome.as_ref().ok())?;
    let words = check::anchor_words(proven);
    let source = checked.sources.iter().find(|(of, _)| *of == kind);
    let source = source.map(|(_, source)| format!(" ({source})")).unwrap_or_default();
    Some(format!("; and {} of {}{source}", shown::text(&words), time::utc(proven.time())))
}

/// Evidence that proves nothing here, and why.
fn anchor(facts: &AnchorFacts) -> Option<String> {
    let problem = facts.outcome.as_ref().err()?;
    let mark = if problem.is_false() { "INVALID evidence" } else { "unknown" };
    let (kind, problem) = (facts.kind.name(), problem.to_string());
    Some(row("anchor", &format!("{mark:8} {kind}: {}", shown::text(&problem))))
}

fn status(checked: &Checked, verdict: &Verdict, facts: &Facts) -> String {
    let Some(status) = &facts.status else { return or_reason(verdict.status, None) };
    let as_of = time::utc(status.as_of);
    let from = match (status.source, checked.list_fetched) {
        (StatusSource::Receipt, _) => String::new(),
        (StatusSource::List, None) => ", from the status list that was named".to_owned(),
        (StatusSource::List, Some(fetched)) => {
            format!(", from the status list fetched {}", time::utc(fetched))
        }
    };
    let sentence = verdict.status.reason.sentence();
    match verdict.status.state {
        LineState::Good => {
            let until = facts.document.as_ref().and_then(|document| document.valid_until);
            let until = until.map_or_else(
                || "It has no last day.".to_owned(),
                |date| format!("Its last day is {date}."),
            );
            format!("Not withdrawn as of {as_of}{from}. {until}")
        }
        LineState::Bad => format!("{} As of {as_of}{from}.", shown::text(&sentence)),
        LineState::Unknown => {
            let state = check::status_word(status.state);
            format!("{} It was {state} as of {as_of}{from}.", shown::text(&sentence))
        }
    }
}

/// How to ask for the document that took the place of this one.
fn newer(commitment: &Hash) -> String {
    let digits = commitment.to_hex();
    format!("The newer document has the commitment {digits:.16}...; ask for it.")
}

/// What took the place of what, and as of when the status lists are.
pub fn summary(summary: &Summary) -> Vec<String> {
    let replaced = |replaced: &Replaced| {
        let file = shown::path(&replaced.file);
        match &replaced.by {
            Some(by) => format!("{file}: {} took its place", shown::path(by)),
            None => format!("{file}: {}", newer(&replaced.commitment)),
        }
    };
    let mut lines: Vec<String> = summary.replaced.iter().map(replaced).collect();
    if let Some(oldest) = summary.lists.iter().map(|list| list.as_of).min() {
        let count = summary.lists.len();
        let (logs, oldest) = (if count == 1 { "log" } else { "logs" }, time::utc(oldest));
        lines.push(format!("status lists of {count} {logs}, the oldest as of {oldest}"));
    }
    lines
}

/// What `beleg update` has put in the store.
pub fn update(updated: &Updated) -> Vec<String> {
    let (version, asked) = (updated.newest.current(), &updated.asked);
    let good = asked.iter().filter(|asked| asked.answer.is_ok()).count();
    let (name, number, expires) = (shown::text(&version.name), version.number, version.expires);
    let all = asked.len();
    let mut lines = vec![format!(
        "federation {name}: version {number}, good until {expires}; {good} of {all} nodes answered"
    )];
    for log in &updated.logs {
        lines.push(format!("{}: {}", shown::text(&log.origin), outcome(&log.outcome)));
    }
    lines.extend(updated.grown.iter().map(grown));
    lines
}

fn grown(grown: &Grown) -> String {
    match grown {
        Grown::Headers { tip, new } => format!("bitcoin: headers up to block {tip}, {new} new"),
        Grown::Blocks { chain, known, waiting } => {
            let chain = shown::text(chain);
            format!("{chain}: {known} blocks looked up, {waiting} not final yet")
        }
    }
}

fn outcome(outcome: &Outcome) -> String {
    let about =
        |list: &About| format!("{} documents as of {}", list.documents, time::utc(list.as_of));
    match outcome {
        Outcome::New { list, bytes, url } => {
            format!("{}, {bytes} bytes from {}", about(list), shown::text(url))
        }
        Outcome::Unchanged(list) => format!("{}, nothing newer", about(list)),
        Outcome::NothingYet => "nothing is published yet".to_owned(),
        Outcome::Nothing(None) => "no status list could be had".to_owned(),
        Outcome::Nothing(Some(list)) => format!("no newer list could be had; {}", about(list)),
        Outcome::SplitView([one, other]) => format!(
            "SPLIT VIEW: the log has signed two histories; show its authority {} and {}",
            shown::path(one),
            shown::path(other)
        ),
    }
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
        let places: Vec<String> =
            check::hidden_places(document).iter().map(u32::to_string).collect();
        let (hidden, places) = (document.hidden, places.join(", "));
        let sentence = format!(
            "{hidden} of {all} fields are hidden: the holder left out those at places {places}."
        );
        lines.push(row("hidden", &sentence));
    }
    lines
}
