//! The only file of `beleg` that prints. The result goes to stdout, everything else to stderr, and
//! whatever came from outside is escaped first.

use crate::bundle::Problem;
use crate::contents::{self, ContentsView};
use crate::judge::Checked;
use crate::layers;
use crate::paper;
use crate::renew::Updated;
use crate::run::{Counts, Listener, Opened, Summary};
use crate::update::{Asked, FetchError};
use crate::view::{self, SummaryView};
use crate::words;
use check::SheetView;
use indicatif::{ProgressBar, ProgressStyle};
use proto::sheet::Sheet;
use proto::verify::Word;
use std::io::{self, IsTerminal as _, Write};
use verifier::{json, shown};

/// Prints verdicts as they come.
pub struct Verdicts<W: Write> {
    out: W,
    style: Style,
    bar: Option<ProgressBar>,
}

/// How verdicts are printed.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// One document was asked for, so it is explained.
    pub single: bool,
    pub json: bool,
    pub quiet: bool,
}

impl Verdicts<io::BufWriter<io::StdoutLock<'static>>> {
    /// Prints to stdout, with a counter on stderr where that is a terminal.
    pub fn to_stdout(style: Style) -> Self {
        let bar = (!style.single && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::no_length();
            match ProgressStyle::with_template("{spinner} {pos} checked, {per_sec}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Verdicts { out: io::BufWriter::new(io::stdout().lock()), style, bar }
    }
}

impl<W: Write> Verdicts<W> {
    /// Prints the summary, if there is one.
    pub fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let Style { single, json, quiet } = self.style;
        let counts = summary.counts;
        if json && !single {
            writeln!(self.out, "{}", json::line(&SummaryView::from(summary))?)?;
        } else if !(json || single || quiet && counts.exit() == 0) {
            words::summary(summary).iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
            let Counts { valid, invalid, cannot_tell } = counts;
            writeln!(self.out, "{valid} VALID, {invalid} INVALID, {cannot_tell} CANNOT TELL")?;
        }
        self.out.flush()
    }

    fn print(&mut self, checked: &Checked) -> io::Result<()> {
        let Style { single, json, quiet } = self.style;
        if quiet && checked.word() == Word::Valid {
            return Ok(());
        }
        if json {
            writeln!(self.out, "{}", json::line(&view::verdict(checked))?)
        } else if single {
            words::explain(checked).iter().try_for_each(|line| writeln!(self.out, "{line}"))
        } else {
            let (code, ..) = checked.why();
            writeln!(self.out, "{}\t{code}\t{}", checked.word(), shown::path(&checked.file))
        }
    }
}

impl<W: Write> Listener for Verdicts<W> {
    fn checked(&mut self, checked: &Checked) -> io::Result<()> {
        self.print(checked)
    }

    fn advance(&mut self, documents: u64) -> io::Result<()> {
        let Some(bar) = &self.bar else { return Ok(()) };
        bar.inc(documents);
        // The lines and the counter may share a terminal.
        let out = &mut self.out;
        bar.suspend(|| out.flush())
    }
}

/// Prints the layers of a receipt.
pub fn inspection(opened: &Opened, as_json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if as_json {
        writeln!(out, "{}", json::line(&layers::view(opened))?)?;
    } else {
        layers::words(opened).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    out.flush()
}

/// Prints the list of a dossier.
pub fn contents(view: &ContentsView, as_json: bool) -> io::Result<()> {
    if as_json { lines(&[json::line(view)?]) } else { lines(&contents::words(view)) }
}

/// Prints all that is in the way of a dossier: one line each, then what to do.
pub fn problems(problems: &[Problem]) {
    let mut err = io::stderr().lock();
    // Nobody is left to be told if this fails.
    for Problem { path, why } in problems {
        let why = why.to_string();
        let why = shown::text(why.trim_end_matches('.'));
        let _ = writeln!(err, "beleg: {}: {why}.", shown::path(path));
    }
    let _ = writeln!(err, "Nothing was written. Put these right, or leave them out.");
}

/// Prints what a sheet claims.
pub fn sheet(sheet: &Sheet, as_json: bool) -> io::Result<()> {
    if as_json {
        return raw(format!("{}\n", json::line(&SheetView::from(sheet))?).as_bytes());
    }
    lines(&paper::words(sheet))
}

/// Prints what the store holds now; what a node did wrong goes to stderr.
pub fn update(updated: &Updated) -> io::Result<()> {
    let complain = |url: &str, what: &str, why: &FetchError| {
        let (url, what, why) = (shown::text(url), shown::text(what), why.to_string());
        // Nobody is left to be told if this fails.
        let _ = writeln!(io::stderr().lock(), "beleg: {url}: {what}: {}.", shown::text(&why));
    };
    for Asked { url, answer } in &updated.asked {
        if let Err(why) = answer {
            complain(url, "federation file", why);
        }
    }
    for log in &updated.logs {
        for (url, why) in &log.troubles {
            complain(url, &format!("status list of {}", log.origin), why);
        }
    }
    let mut out = io::stdout().lock();
    words::update(updated).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    if let Some(receipts) = &updated.receipts {
        for why in &receipts.err {
            // Nobody is left to be told if this fails.
            let _ = writeln!(io::stderr().lock(), "beleg: {why}");
        }
        receipts.out.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    out.flush()
}

/// Prints lines that are escaped already.
pub fn lines(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Prints bytes as they are.
pub fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Prints why a call could not be carried out: what is wrong, what to do.
pub fn failure(what: &str, next_step: &str) {
    let mut err = io::stderr().lock();
    // Nobody is left to be told if this fails.
    let _ = writeln!(err, "beleg: {}\n{}", shown::text(what), shown::text(next_step));
}
