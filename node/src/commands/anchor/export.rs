//! `anchor show --out`: everything about a root as files that anybody may have, and an `.ots` file
//! about the checkpoint of each log, so that other people's tools lead from it to a Bitcoin block.

use std::path::Path;

use proto::anchor::Kind;
use proto::anchor::ots::{DetachedFile, OtsError, Timestamp};
use proto::anchor::statement::{Head, Statement};
use proto::hash::{Hash, sha256};

use super::{AnchorError, verify};
use crate::anchor::keeper::{CHECKPOINTS, STATEMENT};
use crate::anchor::ledger::Anchors;
use crate::commands::{CommandError, Output, io_error, write_new};
use crate::config::Config;
use crate::store::sync_folder;

/// Writes a folder that is not there yet.
pub(super) fn write(
    config: &Config,
    anchors: &Anchors,
    root: &Hash,
    folder: &Path,
    out: &mut Output<'_>,
) -> Result<(), CommandError> {
    let statement = verify::statement(config, root)?;
    let statement = statement.ok_or(AnchorError::NoStatement { root: *root })?;
    std::fs::create_dir(folder).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CommandError::Exists { file: folder.display().to_string() }
        }
        _ => io_error(folder, "create folder", e),
    })?;
    let mut put = |name: &str, bytes: &[u8], words: &str| {
        write_new(&folder.join(name), bytes)?;
        out.line(&format!("{name}: {words}"));
        Ok::<(), CommandError>(())
    };
    put(STATEMENT, &statement.to_bytes(), "what stands under the root")?;
    let checkpoints = verify::read_public(config, root, CHECKPOINTS)?.unwrap_or_default();
    put(CHECKPOINTS, &checkpoints, "the same checkpoints with their signatures")?;
    for (number, head) in (1..).zip(statement.heads()) {
        let (origin, size) = (head.checkpoint().origin(), head.checkpoint().size());
        let words = format!("the checkpoint of {origin} at {size} entries, without signatures");
        put(&log(number), head.checkpoint().to_text().as_bytes(), &words)?;
    }
    let anchored = anchors.roots.get(root).into_iter();
    for (_, kind, file) in anchored.flat_map(|anchored| anchored.evidence()) {
        let evidence = verify::read_public(config, root, &file)?.unwrap_or_default();
        let words = match kind {
            Kind::Bitcoin => format!("about the root; ots verify -d {root} {file}"),
            _ => format!("evidence of kind {} about the root", kind.name()),
        };
        put(&file, &evidence, &words)?;
        if kind != Kind::Bitcoin {
            continue;
        }
        for (index, head) in (0..).zip(statement.heads()) {
            let log = log(index + 1);
            let name = format!("{log}.{file}.ots");
            match stamp(&evidence, &statement, index, head) {
                Ok(stamp) => put(&name, &stamp, &format!("ots verify -f {log} {name}"))?,
                Err(error) => tracing::warn!(%error, name, "this file is left out"),
            }
        }
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    for folder in [folder, parent.unwrap_or(Path::new("."))] {
        sync_folder(folder).map_err(AnchorError::from)?;
    }
    Ok(())
}

fn log(number: u64) -> String {
    format!("log-{number}")
}

/// An `.ots` file about the text of a checkpoint, made of one about the root.
fn stamp(
    evidence: &[u8],
    statement: &Statement,
    index: u64,
    head: &Head,
) -> Result<Vec<u8>, OtsError> {
    let of_root = DetachedFile::parse(evidence)?.into_timestamp();
    let text = sha256(head.checkpoint().to_text().as_bytes());
    let ops = statement.ops(index).ok_or(OtsError::OtherMessage)?;
    let of_text = Timestamp::leading_to(of_root, &text.0, &ops)?;
    Ok(DetachedFile::new(of_text)?.to_bytes())
}
