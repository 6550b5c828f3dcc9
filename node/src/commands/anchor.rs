//! `anchor ...`: what went to clocks outside the federation. The files are read as they lie there,
//! so a node may run meanwhile.

mod export;
mod verify;

use proto::hash::Hash;
use proto::time::utc;

use super::{CommandError, Output, io_error};
use crate::anchor::keeper::{FOLDER, NOW_FILE};
use crate::anchor::ledger::{self, Anchored, Anchors, Job, Progress, file_name};
use crate::anchor::plan;
use crate::args::ConfigFile;
use crate::args::anchor::Anchor;
use crate::config::Config;
use crate::lines::FileError;
use crate::store::StoreError;

/// Why anchors cannot be shown or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] FileError),
    /// A file of the node.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such clock.
    #[error("the config file names no clock {clock:?}\nit names: {known}")]
    NoClock {
        /// What was asked for.
        clock: String,
        /// The clocks that there are.
        known: String,
    },
    /// There is no clock at all.
    #[error(
        "the config file names no outside clock\n\
         add a section [anchor] as docs/anchors.md shows, and start the node again"
    )]
    NoClocks,
    /// There is no such root, or there are several.
    #[error("{given:?} begins {count} roots of this node\nanchor list shows them")]
    WhichRoot {
        /// What was given.
        given: String,
        /// Roots that begin so.
        count: usize,
    },
    /// What was anchored is not there.
    #[error("the statement of {root} is missing, or of another root\nrun beleg-node anchor verify")]
    NoStatement {
        /// The root.
        root: Hash,
    },
    /// A file of what is known outside is no good.
    #[error("{file}: {reason}\nname the right file, or leave it out")]
    Outside {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// Runs it; `false`: something does not check.
pub(super) fn run(args: Anchor, out: &mut Output<'_>) -> Result<bool, CommandError> {
    match args {
        Anchor::Now { config, clocks } => now(&config, &clocks, out)?,
        Anchor::List { config, roots } => list(&read(&config)?.1, roots, out),
        Anchor::Show { config, root, out: folder } => {
            let (config, anchors) = read(&config)?;
            let root = one(&anchors, &root)?;
            show(&config, &anchors, &root, out)?;
            if let Some(folder) = folder {
                export::write(&config, &anchors, &root, &folder, out)?;
            }
        }
        Anchor::Verify { config, bitcoin_headers, evm_blocks, root } => {
            let (config, anchors) = read(&config)?;
            let roots = match &root {
                Some(root) => vec![one(&anchors, root)?],
                None => anchors.times.iter().map(|(_, root)| *root).collect(),
            };
            let at_hand = verify::AtHand::read(&config, bitcoin_headers, evm_blocks)?;
            return verify::all(&config, &at_hand, &anchors, &roots, out);
        }
    }
    Ok(true)
}

fn read(place: &ConfigFile) -> Result<(Config, Anchors), CommandError> {
    let config = Config::read(&place.config)?;
    let anchors = ledger::read(&config.data.join(FOLDER)).map_err(AnchorError::from)?;
    Ok((config, anchors))
}

fn now(place: &ConfigFile, wanted: &[String], out: &mut Output<'_>) -> Result<(), CommandError> {
    let config = Config::read(&place.config)?;
    let known = plan::names(&config.anchor);
    if known.is_empty() {
        return Err(AnchorError::NoClocks.into());
    }
    if let Some(clock) = wanted.iter().find(|clock| !known.contains(clock)) {
        let (clock, known) = (clock.clone(), known.join(", "));
        return Err(AnchorError::NoClock { clock, known }.into());
    }
    let folder = config.data.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|e| io_error(&folder, "create folder", e))?;
    let names: String = wanted.iter().map(|clock| format!("{clock}\n")).collect();
    crate::store::replace_file(&folder.join(NOW_FILE), names.as_bytes())
        .map_err(AnchorError::from)?;
    let names = if wanted.is_empty() { known.join(", ") } else { wanted.join(", ") };
    out.line(&format!("asked for: {names}"));
    out.line("a running node makes the root within seconds; anchor list shows it");
    Ok(())
}

fn list(anchors: &Anchors, roots: usize, out: &mut Output<'_>) {
    for (time, root) in anchors.times.iter().rev().take(roots) {
        let anchored = anchors.roots.get(root).into_iter();
        for (clock, job) in anchored.flat_map(|anchored| &anchored.jobs) {
            out.line(&format!("{} {root} {clock} {}", utc(*time), state(job)));
        }
    }
}

fn show(
    config: &Config,
    anchors: &Anchors,
    root: &Hash,
    out: &mut Output<'_>,
) -> Result<(), CommandError> {
    out.line(&format!("root {root}"));
    let statement = verify::statement(config, root)?;
    for head in statement.iter().flat_map(|statement| statement.heads()) {
        let checkpoint = head.checkpoint();
        let (origin, size, root) = (checkpoint.origin(), checkpoint.size(), checkpoint.root());
        out.line(&format!("  log {origin} at {size} entries, root {root}"));
    }
    let Some(Anchored { time, jobs }) = anchors.roots.get(root) else { return Ok(()) };
    out.line(&format!("  made {}", utc(*time)));
    for (clock, job) in jobs {
        out.line(&format!("  {clock}: {}", state(job)));
        if let Some(held) = &job.evidence {
            let file = file_name(clock, held.number);
            let path = config.data.join(FOLDER).join(root.to_hex()).join(file);
            out.line(&format!("    evidence in {}", path.display()));
        }
    }
    Ok(())
}

fn state(job: &Job) -> String {
    let word = match &job.progress {
        Progress::Due => "due",
        Progress::Open { .. } => "open",
        Progress::Done => "done",
        Progress::Refused => "refused",
    };
    let cost = match &job.cost {
        Some(cost) => format!("{} {}", cost.amount, cost.unit),
        None => "-".to_owned(),
    };
    let from = job.from.as_ref().map(|from| format!(" (from the node of {from})"));
    let words = super::plain(&job.words);
    format!("{word} {cost} {words}{}", from.unwrap_or_default())
}

/// The root that begins with these digits.
fn one(anchors: &Anchors, given: &str) -> Result<Hash, AnchorError> {
    let mut found = anchors.roots.keys().filter(|root| root.to_hex().starts_with(given));
    match (found.next(), found.count()) {
        (Some(root), 0) => Ok(*root),
        (first, more) => {
            let count = more + usize::from(first.is_some());
            Err(AnchorError::WhichRoot { given: given.to_owned(), count })
        }
    }
}
