//! Which anchor covers a receipt, and what leads from the one to the other, without input or
//! output: a cover says which tiles it needs, the caller fetches them, and it finishes with their
//! bytes. What outside clocks say about the root is not judged here.

use alloc::vec::Vec;

use thiserror::Error;

use super::{Anchor, Receipt};
use crate::anchor::statement::Statement;
use crate::anchor::{Evidence, Kind};
use crate::document::batch::BatchError;
use crate::hash::{Hash, TreeSize};
use crate::limits;
use crate::merkle::plan::{self, Plan, PlanError};
use crate::merkle::{ProofError, consistency};
use crate::tile::TileId;

/// Why an anchor does not cover a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CoverError {
    /// The statement is of another federation.
    #[error("The anchor is of another federation.")]
    OtherFederation,
    /// The statement does not lead to the root.
    #[error("The statement does not lead to the root that it is said to have.")]
    OtherRoot,
    /// The log of the receipt is not among the heads.
    #[error("The anchor does not hold the log of the receipt.")]
    NoSuchLog,
    /// The tree was anchored before the receipt's checkpoint.
    #[error("The anchored tree has size {anchored}, and that of the receipt {size}.")]
    TooEarly {
        /// The anchored size.
        anchored: TreeSize,
        /// The size of the receipt's tree.
        size: TreeSize,
    },
    /// The anchored tree does not hold the receipt's: one of the two is of a rewritten log.
    #[error(
        "The anchored tree does not hold the tree of the receipt: the log shows two histories."
    )]
    OtherTree,
    /// More lies between two anchors than is fetched.
    #[error("Between two anchors lie more than {limit} tiles, which are not fetched.")]
    TooFar {
        /// The bound.
        limit: usize,
    },
    /// A proof cannot be planned.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The tiles are not those that are needed.
    #[error(transparent)]
    Tiles(#[from] PlanError),
    /// The statement makes no tree.
    #[error(transparent)]
    Tree(#[from] BatchError),
}

/// An anchor that covers a receipt, without the proof that it does.
#[derive(Clone, Debug)]
pub struct Cover {
    anchor: Anchor,
    size: TreeSize,
    root: Hash,
    plan: Plan,
}

/// The size at which a statement of this root holds a log.
pub fn anchored_size(
    statement: &Statement,
    root: &Hash,
    receipt: &Receipt,
) -> Result<TreeSize, CoverError> {
    Ok(place(statement, root, receipt)?.1.head.checkpoint().size())
}

fn place(
    statement: &Statement,
    root: &Hash,
    receipt: &Receipt,
) -> Result<(TreeSize, Anchor), CoverError> {
    if statement.federation() != receipt.federation {
        return Err(CoverError::OtherFederation);
    }
    let tree = statement.tree()?;
    if tree.root() != *root {
        return Err(CoverError::OtherRoot);
    }
    let checkpoint = receipt.checkpoint.checkpoint();
    let mut heads = (0u64..).zip(statement.heads());
    let found = heads.find(|(_, head)| head.checkpoint().origin() == checkpoint.origin());
    let (index, head) = found.ok_or(CoverError::NoSuchLog)?;
    let path = tree.path(index).ok_or(CoverError::NoSuchLog)?;
    let (head, consistency, evidence) = (head.clone(), Vec::new(), Vec::new());
    Ok((checkpoint.size(), Anchor { head, consistency, index, path, evidence }))
}

impl Cover {
    /// Compares a receipt with the statement of this root.
    pub fn of(receipt: &Receipt, statement: &Statement, root: &Hash) -> Result<Cover, CoverError> {
        let (size, anchor) = place(statement, root, receipt)?;
        let (anchored, known) = (anchor.head.checkpoint(), receipt.checkpoint.checkpoint());
        if anchored.size() < size {
            return Err(CoverError::TooEarly { anchored: anchored.size(), size });
        }
        if anchored.size() == size && anchored.root() != known.root() {
            return Err(CoverError::OtherTree);
        }
        let plan = plan::consistency(size, anchored.size())?;
        Ok(Cover { size, root: *known.root(), plan, anchor })
    }

    /// The size of the anchored tree.
    pub fn anchored(&self) -> TreeSize {
        self.anchor.head.checkpoint().size()
    }

    /// The tiles that the proof needs. All of them are among those of [`interval`], if the receipt
    /// was issued after the earlier of its sizes.
    pub fn tiles(&self) -> &[TileId] {
        self.plan.tiles()
    }

    /// The anchor with this evidence, from the bytes of the tiles in the order of
    /// [`Cover::tiles`]. It holds the proof that the anchored tree begins with the receipt's.
    pub fn finish<B: AsRef<[u8]>>(
        self,
        tiles: &[B],
        evidence: Vec<Evidence>,
    ) -> Result<Anchor, CoverError> {
        let consistency = self.plan.finish(tiles)?;
        let anchored = self.anchor.head.checkpoint();
        let (new, new_root) = (anchored.size(), anchored.root());
        consistency::verify(self.size, &self.root, new, new_root, &consistency)
            .map_err(|_| CoverError::OtherTree)?;
        Ok(Anchor { consistency, evidence, ..self.anchor })
    }
}

/// All tiles over the entries that were added between two anchored sizes, as they are in the tree
/// of the later one. Whoever fetches them says no more than that a tree between the two is meant.
pub fn interval(before: TreeSize, after: TreeSize) -> Result<Vec<TileId>, CoverError> {
    let limit = limits::INTERVAL_TILES;
    let mut tiles = Vec::new();
    let (mut first, mut last) = (before.0, after.0.saturating_sub(1));
    if before > after || after.0 > limits::TREE_SIZE {
        return Err(ProofError::OldBeyondSize.into());
    }
    for level in 0u8..=7 {
        first /= limits::TILE_WIDTH_U64;
        last /= limits::TILE_WIDTH_U64;
        // The last entry of the earlier tree may be the last of its tile, and is the boundary.
        let (from, to) = (first.min(last), last);
        for index in from..=to {
            let Some(tile) = TileId::at(level, index, after) else { break };
            if tiles.len() >= limit {
                return Err(CoverError::TooFar { limit });
            }
            tiles.push(tile);
        }
    }
    tiles.sort_unstable();
    Ok(tiles)
}

impl Receipt {
    /// Whether it carries evidence of this kind.
    pub fn has_evidence(&self, kind: Kind) -> bool {
        self.anchors.iter().flat_map(|anchor| &anchor.evidence).any(|kept| kept.kind == kind)
    }

    /// The receipt with this evidence in the place of what it renews; none if there is nothing
    /// about that root that it renews.
    pub fn renewed(&self, root: &Hash, new: &Evidence) -> Option<Receipt> {
        let mut anchors = self.anchors.clone();
        let about = |anchor: &&mut Anchor| anchor.root(self.federation) == Ok(*root);
        let anchor = anchors.iter_mut().find(about)?;
        let mut found = false;
        for kept in anchor.evidence.iter_mut().filter(|kept| renews(new, kept)) {
            *kept = new.clone();
            found = true;
        }
        anchor.evidence.sort_by(|a, b| (a.kind, &a.bytes).cmp(&(b.kind, &b.bytes)));
        anchor.evidence.dedup();
        found.then(|| Receipt { anchors, ..self.clone() })
    }
}

/// Whether evidence holds all that older evidence holds, and more: time-stamps grow at their end.
pub fn renews(new: &Evidence, old: &Evidence) -> bool {
    let both = (new.kind, old.kind) == (Kind::Tsa, Kind::Tsa);
    both && new.bytes.len() > old.bytes.len() && new.bytes.starts_with(&old.bytes)
}

#[cfg(test)]
mod tests;
