//! `anchor verify`: an auditor's look at what was anchored, from the files alone.
//!
//! Whoever rewrites a log, all authorities together if need be, cannot make the new one hold the
//! checkpoints that were anchored: here that is seen.

use std::path::{Path, PathBuf};

use proto::anchor::Evidence;
use proto::anchor::bitcoin::Headers;
use proto::anchor::evm::KnownBlocks;
use proto::anchor::judge::{Outside, judge};
use proto::anchor::statement::{Head, Statement};
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::{Hash, TreeSize};
use proto::limits;
use proto::merkle::plan;
use proto::tile::TileId;
use proto::time::utc;

use super::AnchorError;
use crate::anchor::keeper::{CHECKPOINTS, STATEMENT, path};
use crate::anchor::ledger::Anchors;
use crate::anchor::notes::note_of;
use crate::clock::{Clock, SystemClock};
use crate::commands::{CommandError, Output, federation, read_bounded};
use crate::config::Config;
use crate::mirror::service;
use crate::store::Files;

/// What evidence is judged by.
pub(super) struct AtHand {
    federation: Federation,
    headers: Option<Headers>,
    blocks: KnownBlocks,
}

impl AtHand {
    /// The federation file, and what is named.
    pub(super) fn read(
        config: &Config,
        headers: Option<PathBuf>,
        blocks: Option<PathBuf>,
    ) -> Result<AtHand, CommandError> {
        let federation = federation::read(&config.federation)?;
        let bad = |path: &Path, reason: String| {
            let file = path.display().to_string();
            AnchorError::Outside { file, reason }
        };
        let headers = match (headers, &federation.current().clocks.bitcoin) {
            (Some(path), Some(base)) => {
                let bytes = read_bounded(&path, limits::HEADERS_BYTES)?;
                let headers = Headers::verify(base, &bytes);
                Some(headers.map_err(|why| bad(&path, why.to_string()))?)
            }
            _ => None,
        };
        let blocks = match blocks {
            Some(path) => {
                let bytes = read_bounded(&path, limits::EVM_BLOCKS_BYTES)?;
                KnownBlocks::parse(&bytes).map_err(|why| bad(&path, why.to_string()))?
            }
            None => KnownBlocks::default(),
        };
        Ok(AtHand { federation, headers, blocks })
    }
}

/// Checks these roots; `false` if something is wrong.
pub(super) fn all(
    config: &Config,
    at_hand: &AtHand,
    anchors: &Anchors,
    roots: &[Hash],
    out: &mut Output<'_>,
) -> Result<bool, CommandError> {
    let mut good = true;
    for root in roots {
        out.line(&format!("root {root}"));
        good &= heads(config, at_hand, root, out)?;
        let anchored = anchors.roots.get(root).into_iter();
        for (clock, kind, file) in anchored.flat_map(|anchored| anchored.evidence()) {
            let bytes = read_public(config, root, &file)?.unwrap_or_default();
            let evidence = Evidence { kind, bytes };
            let outside =
                Outside { headers: at_hand.headers.as_ref(), blocks: at_hand.blocks.as_slice() };
            let clocks = &at_hand.federation.current().clocks;
            match judge(&evidence, root, clocks, &outside, SystemClock.now()) {
                Ok(proven) => out.line(&format!("  {clock}: good, {}", utc(proven.time()))),
                Err(problem) if problem.is_false() => {
                    good = false;
                    out.line(&format!("  {clock}: INVALID evidence: {problem}"));
                }
                Err(problem) => out.line(&format!("  {clock}: cannot tell: {problem}")),
            }
        }
    }
    Ok(good)
}

/// The statement of a root; none if it is not there or not of that root.
pub(super) fn statement(config: &Config, root: &Hash) -> Result<Option<Statement>, AnchorError> {
    let bytes = read_public(config, root, STATEMENT)?.unwrap_or_default();
    let statement = Statement::parse(&bytes).ok();
    let of_root = |statement: &Statement| statement.tree().is_ok_and(|tree| tree.root() == *root);
    Ok(statement.filter(of_root))
}

fn heads(
    config: &Config,
    at_hand: &AtHand,
    root: &Hash,
    out: &mut Output<'_>,
) -> Result<bool, CommandError> {
    let Some(statement) = statement(config, root)? else {
        out.line("  WRONG: the statement is missing, or is not that of this root");
        return Ok(false);
    };
    let notes = read_public(config, root, CHECKPOINTS)?.unwrap_or_default();
    let mut good = true;
    for head in statement.heads() {
        let published = note_of(&notes, head)
            .is_some_and(|note| at_hand.federation.verify_checkpoint(&note, &[]).is_ok());
        let held = held(config, head).map_err(AnchorError::from)?;
        let (origin, size) = (head.checkpoint().origin(), head.checkpoint().size());
        let words = match (published, held) {
            (false, _) => "WRONG: no quorum vouches for what was anchored",
            (true, Some(false)) => "WRONG: the log on this disk does not hold what was anchored",
            (true, Some(true)) => "is what the log on this disk holds",
            (true, None) => "cannot tell: the log on this disk does not reach so far",
        };
        good &= !words.starts_with("WRONG");
        out.line(&format!("  {origin} at {size}: {words}"));
    }
    Ok(good)
}

/// Whether the tree on the disk holds a head; nothing if it does not reach so far.
fn held(config: &Config, head: &Head) -> Result<Option<bool>, crate::store::StoreError> {
    let origin = head.checkpoint().origin();
    let own = config.log.as_ref().is_some_and(|log| log.origin == origin);
    let prefix = if own { "log".to_owned() } else { service::prefix(origin) };
    let files = Files::new(&config.data);
    let bytes = files.read(&format!("{prefix}/checkpoint"))?.unwrap_or_default();
    let Ok(newest) = SignedCheckpoint::parse(&bytes) else { return Ok(None) };
    let (size, newest) = (head.checkpoint().size(), newest.checkpoint().size());
    if size > newest {
        return Ok(None);
    }
    let Ok(planned) = plan::root(size) else { return Ok(None) };
    let mut tiles = Vec::new();
    for id in planned.tiles() {
        match tile(&files, &prefix, *id, newest)? {
            Some(tile) => tiles.push(tile),
            None => return Ok(None),
        }
    }
    Ok(planned.finish(&tiles).ok().map(|root| root == *head.checkpoint().root()))
}

/// A tile as it was at a smaller size: the start of what it has grown to.
fn tile(
    files: &Files,
    prefix: &str,
    id: TileId,
    newest: TreeSize,
) -> Result<Option<Vec<u8>>, crate::store::StoreError> {
    let grown = TileId::at(id.level(), id.index(), newest);
    for now in [Some(id), grown].into_iter().flatten() {
        if let Some(mut bytes) = files.read(&format!("{prefix}/{}", now.path()))? {
            bytes.truncate(id.byte_len());
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

pub(super) fn read_public(
    config: &Config,
    root: &Hash,
    file: &str,
) -> Result<Option<Vec<u8>>, AnchorError> {
    Ok(Files::new(&config.data).read(&path(root, file))?)
}
