//! The log as its nodes show it: the authority's own node, and the copies that every operator's
//! node keeps. What counts is what a quorum vouches for, whoever shows it.

use crate::client::{Client, ClientError};
use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Federation, PublishedCheckpoint};
use proto::hash::{LeafIndex, TreeSize, leaf_hash};
use proto::ledger::reading::{self, Reading, ReadingError};
use proto::limits;
use proto::merkle::{inclusion, plan};
use proto::status_list::{StatusList, VerifiedStatusList};
use proto::tile::{bundle, bundles};

/// Why the ledger cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    #[error("No node shows a checkpoint of this log that a quorum vouches for.")]
    NoCheckpoint,
    #[error("No node shows a status list of this log that a quorum vouches for.")]
    NoStatusList,
    #[error("The log of the node does not belong to its checkpoint.")]
    NotTheLog,
    #[error("The node says that it is entered, and no published checkpoint holds it.")]
    NotThere,
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl From<ReadingError> for LedgerError {
    fn from(_: ReadingError) -> LedgerError {
        LedgerError::NotTheLog
    }
}

/// A node, and where it serves this log.
#[derive(Debug)]
pub struct Source {
    pub client: Client,
    pub prefix: String,
    /// Who runs it; none for the authority's own node.
    pub operator: Option<String>,
}

/// The log of one authority, wherever copies of it are.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<'a> {
    pub federation: &'a Federation,
    pub origin: &'a str,
    /// The authority's own node first.
    pub sources: &'a [Source],
}

impl Ledger<'_> {
    /// The trees that a quorum vouches for, the largest first, and who shows each.
    fn trees(&self) -> Result<Vec<(PublishedCheckpoint, &Source)>, LedgerError> {
        let (mut claims, mut shown, mut trouble) = (Vec::new(), Vec::new(), None);
        for source in self.sources {
            let path = format!("{}checkpoint", source.prefix);
            match source.client.file(&path, limits::NOTE_BYTES) {
                Ok(bytes) => {
                    if let Ok(claim) = SignedCheckpoint::parse(&bytes) {
                        claims.push(claim);
                        shown.push(source);
                    }
                }
                Err(error) => trouble = Some(error),
            }
        }
        let trees = reading::vouched(self.federation, self.origin, &claims);
        if trees.is_empty() {
            return Err(trouble.map_or(LedgerError::NoCheckpoint, LedgerError::Client));
        }
        Ok(trees.into_iter().map(|(at, tree)| (tree, shown[at])).collect())
    }

    /// All entries of the newest published tree, proven to be its own.
    pub fn entries(&self) -> Result<Vec<Vec<u8>>, LedgerError> {
        let mut last = LedgerError::NoCheckpoint;
        for (tree, source) in self.trees()? {
            match read(&tree, source) {
                Ok(entries) => return Ok(entries),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The state of every document of the log, from whichever node has it.
    pub fn status_list(&self) -> Result<VerifiedStatusList, LedgerError> {
        let mut last = LedgerError::NoStatusList;
        let mut checkpoints: Option<Vec<SignedCheckpoint>> = None;
        for source in self.sources {
            let path = format!("{}v1/status-list", source.prefix);
            let list = match source.client.file(&path, limits::STATUS_LIST_BYTES) {
                Ok(bytes) => StatusList::parse(&bytes),
                Err(error) => {
                    last = error.into();
                    continue;
                }
            };
            let Ok(list) = list else { continue };
            if let Ok(list) = list.clone().verify(self.federation, &[]) {
                if list.published().origin() == self.origin {
                    return Ok(list);
                }
                continue;
            }
            // A mirror's has its own lines only: those that the others show are added.
            let all = checkpoints.get_or_insert_with(|| self.checkpoints());
            let joined = reading::joined(list.checkpoint(), all.iter());
            let list = joined.map(|signed| list.with_checkpoint(signed));
            let list = list.and_then(|list| list.verify(self.federation, &[]).ok());
            if let Some(list) = list.filter(|list| list.published().origin() == self.origin) {
                return Ok(list);
            }
        }
        Err(last)
    }

    fn checkpoints(&self) -> Vec<SignedCheckpoint> {
        let shown = |source: &Source| {
            let path = format!("{}checkpoint", source.prefix);
            SignedCheckpoint::parse(&source.client.file(&path, limits::NOTE_BYTES).ok()?).ok()
        };
        self.sources.iter().filter_map(shown).collect()
    }

    /// Checks that this entry stands at this index of a tree that a quorum vouches for.
    pub fn check_entry(&self, index: u64, entry: &[u8]) -> Result<(), LedgerError> {
        let mut last = LedgerError::NotThere;
        for (tree, source) in self.trees()? {
            match stands(&tree, source, LeafIndex(index), entry) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

fn read(tree: &PublishedCheckpoint, source: &Source) -> Result<Vec<Vec<u8>>, LedgerError> {
    let mut reading = Reading::new(tree);
    while let Some(id) = reading.wants() {
        let path = format!("{}{}", source.prefix, id.path());
        let bytes = match source.client.file(&path, limits::BUNDLE_BYTES) {
            Err(ClientError::Refused { status: 404, .. }) if id.is_partial() => {
                // The log has grown meanwhile; the full bundle begins with these entries.
                return Err(LedgerError::NotTheLog);
            }
            bytes => bytes?,
        };
        reading.take(&bytes)?;
    }
    Ok(reading.finish()?)
}

fn stands(
    tree: &PublishedCheckpoint,
    source: &Source,
    index: LeafIndex,
    entry: &[u8],
) -> Result<bool, LedgerError> {
    let size: TreeSize = tree.size();
    let Some(id) = bundles(index.0, index.0.saturating_add(1), size).next() else {
        return Ok(false);
    };
    let path = format!("{}{}", source.prefix, id.path());
    let bytes = source.client.file(&path, limits::BUNDLE_BYTES)?;
    let part = bundle::parse(&bytes, id.width()).map_err(|_| LedgerError::NotTheLog)?;
    let at = index.0.checked_sub(id.start()).and_then(|at| usize::try_from(at).ok());
    if at.and_then(|at| part.get(at)) != Some(&entry) {
        return Ok(false);
    }
    let plan = plan::inclusion(index, size).map_err(|_| LedgerError::NotTheLog)?;
    let mut tiles = Vec::new();
    for tile in plan.tiles() {
        let path = format!("{}{}", source.prefix, tile.path());
        tiles.push(source.client.file(&path, tile.byte_len())?);
    }
    let proof = plan.finish(&tiles).map_err(|_| LedgerError::NotTheLog)?;
    let proven = inclusion::verify(&leaf_hash(entry), index, size, tree.root(), &proof);
    proven.map(|()| true).map_err(|_| LedgerError::NotTheLog)
}
