//! What a node has: lists of months, statements, evidence, tiles. Nothing of it is believed.

use super::UpgradeError;
use proto::anchor::clocks::Clocks;
use proto::anchor::judge::{Outside, judge};
use proto::anchor::list::{self, ListError, Listed};
use proto::anchor::statement::{Statement, StatementError};
use proto::anchor::{Evidence, Kind};
use proto::hash::{Hash, Timestamp, TreeSize};
use proto::limits;
use proto::receipt::cover::{self, Cover, interval};
use proto::receipt::{Anchor, Receipt};
use proto::tile::TileId;
use proto::time::Month;
use std::collections::BTreeMap;

/// Months that are looked through, from the one before the receipt's on, until something is found.
const MONTHS: usize = 36;

/// Asks for a file of at most so many bytes, by its path; why there is none, in words.
pub type Get<'a> = Box<dyn FnMut(&str, usize) -> Result<Vec<u8>, String> + 'a>;

/// Why a node is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It has no such file, or does not answer.
    #[error("The node has no file {path}: {why}. Try again later.")]
    Away {
        /// Its path.
        path: String,
        /// Why.
        why: String,
    },
    /// Its list is malformed.
    #[error("What the node sends is refused: {0}")]
    List(#[from] ListError),
    /// Its statement is malformed.
    #[error("What the node sends is refused: {0}")]
    Statement(#[from] StatementError),
}

type Tiles = BTreeMap<TileId, Vec<u8>>;

/// A node that is asked, with what it has sent.
pub struct Source<'a> {
    get: Get<'a>,
    /// What stands before the tiles of the log: nothing, or `/` and the hash of its origin.
    prefix: String,
    lists: BTreeMap<Month, Vec<Listed>>,
    statements: BTreeMap<Hash, Statement>,
    evidence: BTreeMap<(Hash, String), Vec<u8>>,
    clocks: Clocks,
    /// The tiles of one interval: receipts that are upgraded together are often of one.
    tiles: Option<([TreeSize; 2], Tiles)>,
}

impl<'a> Source<'a> {
    /// A node of which nothing is known.
    pub fn new(prefix: String, clocks: &Clocks, get: Get<'a>) -> Source<'a> {
        let (lists, statements, evidence) = Default::default();
        let clocks = clocks.clone();
        Source { get, prefix, lists, statements, evidence, clocks, tiles: None }
    }

    /// The receipt with what the node has for it, and the kinds that are new or renewed.
    pub(super) fn add(
        &mut self,
        receipt: &Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(Receipt, Vec<Kind>), UpgradeError> {
        let (mut with, mut kinds) = (receipt.clone(), Vec::new());
        let listed = self.listed(receipt, since, now)?;
        for kind in Kind::ALL {
            let of: Vec<&Listed> = listed.iter().filter(|one| one.kind == kind).collect();
            let next = match with.has_evidence(kind) {
                true => self.renew(&with, &of, now)?,
                false => self.cover(&with, &of, now)?,
            };
            if let Some(next) = next {
                with = next;
                kinds.push(kind);
            }
        }
        Ok((with, kinds))
    }

    /// What is listed for the months that matter: the one before, for the size that was anchored
    /// before, the receipt's own and the next, and more while nothing covers it.
    fn listed(
        &mut self,
        receipt: &Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Listed>, UpgradeError> {
        let mut all = Vec::new();
        for (at, month) in months(since, now).take(MONTHS).enumerate() {
            if at > 2 && self.covering(receipt, &all)?.is_some() {
                break;
            }
            if !self.lists.contains_key(&month) {
                let bytes = self.file(&format!("/anchors/{month}"), limits::ANCHOR_LIST_BYTES)?;
                self.lists.insert(month, list::parse(&bytes).map_err(SourceError::from)?);
            }
            all.extend(self.lists.get(&month).into_iter().flatten().cloned());
        }
        Ok(all)
    }

    /// The last root of a list that covers the receipt, if one does.
    fn covering(
        &mut self,
        receipt: &Receipt,
        listed: &[Listed],
    ) -> Result<Option<Hash>, UpgradeError> {
        let Some(last) = listed.last() else { return Ok(None) };
        let covers = self.size(&last.root, receipt)? >= receipt.checkpoint.checkpoint().size();
        Ok(covers.then_some(last.root))
    }

    fn cover(
        &mut self,
        receipt: &Receipt,
        listed: &[&Listed],
        now: Timestamp,
    ) -> Result<Option<Receipt>, UpgradeError> {
        let mut roots: Vec<Hash> = listed.iter().map(|one| one.root).collect();
        roots.dedup();
        // A node's later statements hold larger trees, so that few of them have to be read.
        let wanted = receipt.checkpoint.checkpoint().size();
        let (mut low, mut high) = (0, roots.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.size(&roots[middle], receipt)? >= wanted {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        let Some(root) = roots.get(low).copied() else { return Ok(None) };
        let before = match low.checked_sub(1) {
            Some(before) => self.size(&roots[before], receipt)?,
            None => TreeSize(0),
        };
        let statement = self.statement(&root)?;
        let cover = Cover::of(receipt, &statement, &root)?;
        let tiles = self.tiles(before, &cover)?;
        let evidence = self.evidence(&root, listed, now)?;
        if evidence.is_empty() {
            return Ok(None);
        }
        let anchor: Anchor = cover.finish(&tiles, evidence)?;
        Ok(Some(receipt.with_anchor(&anchor)?))
    }

    fn renew(
        &mut self,
        receipt: &Receipt,
        listed: &[&Listed],
        now: Timestamp,
    ) -> Result<Option<Receipt>, UpgradeError> {
        let roots =
            receipt.anchors.iter().filter_map(|anchor| anchor.root(receipt.federation).ok());
        let mut renewed = None;
        for root in roots.collect::<Vec<_>>() {
            // What was never renewed is what the receipt has.
            if !listed.iter().any(|one| one.root == root && one.clock().1 > 1) {
                continue;
            }
            for new in self.evidence(&root, listed, now)? {
                let with = renewed.as_ref().unwrap_or(receipt).renewed(&root, &new);
                renewed = with.or(renewed);
            }
        }
        Ok(renewed)
    }

    /// The newest evidence of each clock about a root, unless it is false. What cannot be told
    /// here, for want of headers or block hashes, is kept: others can tell.
    fn evidence(
        &mut self,
        root: &Hash,
        listed: &[&Listed],
        now: Timestamp,
    ) -> Result<Vec<Evidence>, SourceError> {
        let mut newest: BTreeMap<&str, &Listed> = BTreeMap::new();
        for one in listed.iter().filter(|one| one.root == *root) {
            let (clock, number) = one.clock();
            let kept = newest.entry(clock).or_insert(one);
            if kept.clock().1 < number {
                *kept = one;
            }
        }
        let mut evidence = Vec::new();
        for one in newest.into_values().take(limits::ANCHOR_EVIDENCE) {
            let limit = match one.kind {
                Kind::Bitcoin => limits::BITCOIN_EVIDENCE_BYTES,
                Kind::Evm => limits::EVM_EVIDENCE_BYTES,
                Kind::Tsa => limits::TSA_EVIDENCE_BYTES,
            };
            let key = (*root, one.file.clone());
            if !self.evidence.contains_key(&key) {
                let bytes = self.file(&format!("/anchors/{root}/{}", one.file), limit)?;
                self.evidence.insert(key.clone(), bytes);
            }
            let bytes = self.evidence.get(&key).cloned().unwrap_or_default();
            let piece = Evidence { kind: one.kind, bytes };
            match judge(&piece, root, &self.clocks, &Outside::default(), now) {
                Err(problem) if problem.is_false() => {}
                _ => evidence.push(piece),
            }
        }
        evidence.sort_by(|a, b| a.bytes.cmp(&b.bytes));
        evidence.dedup();
        Ok(evidence)
    }

    fn size(&mut self, root: &Hash, receipt: &Receipt) -> Result<TreeSize, UpgradeError> {
        match cover::anchored_size(&self.statement(root)?, root, receipt) {
            // It was made before the log began.
            Err(cover::CoverError::NoSuchLog) => Ok(TreeSize(0)),
            size => Ok(size?),
        }
    }

    fn statement(&mut self, root: &Hash) -> Result<Statement, SourceError> {
        if let Some(statement) = self.statements.get(root) {
            return Ok(statement.clone());
        }
        let bytes = self.file(&format!("/anchors/{root}/statement"), limits::STATEMENT_BYTES)?;
        let statement = Statement::parse(&bytes)?;
        self.statements.insert(*root, statement.clone());
        Ok(statement)
    }

    /// The tiles of a cover, from all tiles of its interval.
    fn tiles(&mut self, before: TreeSize, cover: &Cover) -> Result<Vec<Vec<u8>>, UpgradeError> {
        let sizes = [before, cover.anchored()];
        if self.tiles.as_ref().is_none_or(|(kept, _)| *kept != sizes) {
            let mut tiles = BTreeMap::new();
            for tile in interval(before, cover.anchored())? {
                let bytes = self.tile(tile)?;
                tiles.insert(tile, bytes);
            }
            self.tiles = Some((sizes, tiles));
        }
        let tiles = self.tiles.iter().flat_map(|(_, tiles)| tiles.iter());
        let known: BTreeMap<_, _> = tiles.collect();
        // One that is not there has no bytes, and that is an error of the plan.
        let of = |tile| known.get(tile).map(|bytes| bytes.to_vec()).unwrap_or_default();
        Ok(cover.tiles().iter().map(of).collect())
    }

    /// A tile; where the partial one is gone, the full one begins with it.
    fn tile(&mut self, tile: TileId) -> Result<Vec<u8>, SourceError> {
        let partial = self.file(&format!("{}/{tile}", self.prefix), tile.byte_len());
        match (partial, tile.full()) {
            (Err(_), Some(full)) if tile.is_partial() => {
                let path = format!("{}/{full}", self.prefix);
                let mut bytes = self.file(&path, full.byte_len())?;
                bytes.truncate(tile.byte_len());
                Ok(bytes)
            }
            (bytes, _) => bytes,
        }
    }

    fn file(&mut self, path: &str, limit: usize) -> Result<Vec<u8>, SourceError> {
        let failed = |why| SourceError::Away { path: path.to_owned(), why };
        (self.get)(path, limit).map_err(failed)
    }
}

/// The month before a time, its own, and all up to now.
fn months(since: Timestamp, now: Timestamp) -> impl Iterator<Item = Month> {
    let own = Month::of(since);
    let first = own.and_then(Month::before).or(own);
    let last = Month::of(now);
    std::iter::successors(first, |month| month.after())
        .take_while(move |month| Some(*month) <= last)
}
