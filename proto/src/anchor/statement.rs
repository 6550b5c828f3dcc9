//! The statement of an anchor: which checkpoints stand under one federation root.
//!
//! ```text
//! beleg.anchor/v1
//! federation <64 hex>
//! head <origin> <tree size> <root hash, base64> <hash of the signature lines, base64>
//! ```
//!
//! One line for each log, sorted by origin. The federation root is the RFC 6962 root over their
//! leaves, padded to a power of two, 16 at least, so that one anchor serves every authority:
//!
//! ```text
//! leaf    = leaf_hash("beleg/anchor/v1\0" || federation id || SHA-256(checkpoint text)
//!                     || SHA-256(signature lines))
//! padding = leaf_hash("beleg/anchor-padding/v1\0")
//! ```
//!
//! The signature lines are those with which the checkpoint was published. That they stood then
//! counts on the day on which their algorithm is broken; the tree counts by its root alone.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use thiserror::Error;

use super::ots::Op;
use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::document::batch::{self, Batch, BatchError};
use crate::hash::{Hash, TreeSize, leaf_hash, sha256};
use crate::ledger::FederationId;
use crate::limits;
use crate::text::{self, Lines, TextError};

/// The first line of a statement.
pub const FIRST_LINE: &str = "beleg.anchor/v1";

const LEAF_LABEL: &[u8] = b"beleg/anchor/v1\0";
const PADDING_LABEL: &[u8] = b"beleg/anchor-padding/v1\0";

/// Why bytes are no statement, or why none can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The bytes do not start as a statement does.
    #[error("This is not the statement of an anchor: its first line is not \"beleg.anchor/v1\".")]
    NotAStatement,
    /// A line is not spelt as it must be.
    #[error("A line of the statement is not written as docs/formats.md says: {0}")]
    Text(#[from] TextError),
    /// A head is no checkpoint.
    #[error("A head of the statement is no checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Heads are not sorted by origin, one stands there twice, or there is none.
    #[error("The heads of a statement are sorted by origin, each once, and there is at least one.")]
    NotSorted,
    /// There are more heads than a federation has logs.
    #[error("The statement has more heads than a federation has logs.")]
    TooMany,
    /// A checkpoint carries extension lines, which a statement cannot hold.
    #[error("The checkpoint carries extension lines.")]
    Extensions,
}

/// The newest published checkpoint of a log, as an anchor holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    checkpoint: Checkpoint,
    signatures: Hash,
}

impl Head {
    /// The head of a checkpoint with the signature lines that it has.
    pub fn of(signed: &SignedCheckpoint) -> Result<Head, StatementError> {
        let mut lines = String::new();
        for signature in signed.note().signatures() {
            lines.push_str(&signature.to_line());
            lines.push('\n');
        }
        let checkpoint = signed.checkpoint();
        if !checkpoint.extensions().is_empty() {
            return Err(StatementError::Extensions);
        }
        let (size, root) = (checkpoint.size(), *checkpoint.root());
        Head::new(checkpoint.origin(), size, root, sha256(lines.as_bytes()))
    }

    /// A head from its parts.
    pub fn new(
        origin: &str,
        size: TreeSize,
        root: Hash,
        signatures: Hash,
    ) -> Result<Head, StatementError> {
        // A key name, which an origin is, holds no space; the lines of a statement rest on that.
        if origin.contains(' ') {
            return Err(CheckpointError::BadOrigin.into());
        }
        Ok(Head { checkpoint: Checkpoint::new(origin, size, root)?, signatures })
    }

    /// The tree.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// SHA-256 of the signature lines.
    pub fn signatures(&self) -> &Hash {
        &self.signatures
    }

    /// Its leaf under a federation root.
    pub fn leaf(&self, federation: FederationId) -> Hash {
        let text = sha256(self.checkpoint.to_text().as_bytes());
        let parts = [LEAF_LABEL, &federation.0, &text.0, &self.signatures.0].concat();
        leaf_hash(&parts)
    }

    /// From the SHA-256 of the checkpoint's text to that leaf.
    fn ops(&self, federation: FederationId) -> [Op; 3] {
        // The hash of a leaf begins with a zero byte (RFC 6962, section 2.1).
        let before = [&[0], LEAF_LABEL, &federation.0].concat();
        [Op::Prepend(before), Op::Append(self.signatures.0.to_vec()), Op::Sha256]
    }
}

/// The root that the path of a head leads to.
pub fn root_of_head(
    federation: FederationId,
    head: &Head,
    index: u64,
    path: &[Hash],
) -> Result<Hash, BatchError> {
    Ok(batch::root_of_path(&head.leaf(federation), index, path)?.0)
}

/// What was anchored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    federation: FederationId,
    heads: Vec<Head>,
}

impl Statement {
    /// A statement over these heads, in any order.
    pub fn new(
        federation: FederationId,
        mut heads: Vec<Head>,
    ) -> Result<Statement, StatementError> {
        heads.sort_by(|a, b| a.checkpoint.origin().cmp(b.checkpoint.origin()));
        let statement = Statement { federation, heads };
        statement.check()?;
        Ok(statement)
    }

    /// Reads a statement. Whether its checkpoints count is not checked.
    pub fn parse(bytes: &[u8]) -> Result<Statement, StatementError> {
        let text = text::lines_utf8(bytes, limits::STATEMENT_BYTES)?;
        let mut lines = Lines::new(text);
        if lines.line()? != FIRST_LINE {
            return Err(StatementError::NotAStatement);
        }
        let federation = FederationId(text::hex_array(lines.keyword("federation")?)?);
        let mut heads = Vec::new();
        while !lines.is_empty() {
            if heads.len() >= limits::AUTHORITIES {
                return Err(StatementError::TooMany);
            }
            heads.push(head(lines.keyword("head")?)?);
        }
        let statement = Statement { federation, heads };
        statement.check()?;
        Ok(statement)
    }

    /// The bytes that [`Statement::parse`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = alloc::format!("{FIRST_LINE}\nfederation {}\n", self.federation);
        for Head { checkpoint, signatures } in &self.heads {
            let (origin, size) = (checkpoint.origin(), checkpoint.size());
            let (root, signatures) = (checkpoint.root().to_base64(), signatures.to_base64());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "head {origin} {size} {root} {signatures}");
        }
        text.into_bytes()
    }

    /// The federation that it is of.
    pub fn federation(&self) -> FederationId {
        self.federation
    }

    /// The heads, sorted by origin.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The tree over the heads, whose root goes outside.
    pub fn tree(&self) -> Result<Batch, BatchError> {
        let mut leaves: Vec<Hash> =
            self.heads.iter().map(|head| head.leaf(self.federation)).collect();
        let count = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
        let bad = BatchError::BadWidth { got: leaves.len() };
        let width = batch::height_for(count).and_then(batch::width).ok_or(bad)?;
        leaves.resize(usize::try_from(width).map_err(|_| bad)?, leaf_hash(PADDING_LABEL));
        Batch::new(&leaves)
    }

    /// From the SHA-256 of the text of the checkpoint at `index` to the federation root: what
    /// stands between that text and the root in an `.ots` file.
    pub fn ops(&self, index: u64) -> Option<Vec<Op>> {
        let head = self.heads.get(usize::try_from(index).ok()?)?;
        let path = self.tree().ok()?.path(index)?;
        Some(head.ops(self.federation).into_iter().chain(Op::climb(index, &path)).collect())
    }

    fn check(&self) -> Result<(), StatementError> {
        if self.heads.len() > limits::AUTHORITIES {
            return Err(StatementError::TooMany);
        }
        let ascending = |a: &Head, b: &Head| a.checkpoint.origin() < b.checkpoint.origin();
        let sorted = self.heads.is_sorted_by(ascending);
        if sorted && !self.heads.is_empty() { Ok(()) } else { Err(StatementError::NotSorted) }
    }
}

fn head(line: &str) -> Result<Head, StatementError> {
    // An origin is a key name, so it holds no space.
    let mut words = line.splitn(4, ' ');
    let mut next = || words.next().ok_or(TextError::WrongKeyword);
    let origin = next()?;
    let size = TreeSize(text::decimal_up_to(next()?, limits::TREE_SIZE)?);
    let root = Hash::from_base64(next()?)?;
    Head::new(origin, size, root, Hash::from_base64(next()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use std::string::ToString as _;

    const FEDERATION: FederationId = FederationId([7; 32]);

    fn head(origin: &str, size: u64) -> Head {
        let hash = |byte: &str| sha256(alloc::format!("{byte}{origin}{size}").as_bytes());
        Head::new(origin, TreeSize(size), hash("root"), hash("signatures")).unwrap()
    }

    #[test]
    fn every_head_is_proven_under_the_root() {
        for count in [1u64, 2, 15, 16, 17, 256] {
            let heads =
                (0..count).map(|n| head(&alloc::format!("log.example/{n:03}"), n)).collect();
            let statement = Statement::new(FEDERATION, heads).unwrap();
            assert_eq!(Statement::parse(&statement.to_bytes()), Ok(statement.clone()));
            let tree = statement.tree().unwrap();
            for (index, head) in (0u64..).zip(statement.heads()) {
                let path = tree.path(index).unwrap();
                let root = |federation, head, index| root_of_head(federation, head, index, &path);
                assert_eq!(root(FEDERATION, head, index), Ok(tree.root()));
                assert_ne!(root(FederationId([8; 32]), head, index), Ok(tree.root()));
                assert_ne!(root(FEDERATION, head, index ^ 1), Ok(tree.root()));
                let other = Head { signatures: Hash([0; 32]), ..head.clone() };
                assert_ne!(root(FEDERATION, &other, index), Ok(tree.root()));
                let text = sha256(head.checkpoint().to_text().as_bytes());
                let ops = statement.ops(index).unwrap();
                assert_eq!(Op::apply_all(&ops, &text.0), Ok(tree.root().0.to_vec()));
            }
            assert_eq!(statement.ops(count), None);
        }
    }

    #[test]
    fn the_root_does_not_depend_on_the_order_in_which_heads_come() {
        let (a, b, c) = (head("a.example", 3), head("b.example", 1), head("c.example", 2));
        let root = |heads| Statement::new(FEDERATION, heads).unwrap().tree().unwrap().root();
        let sorted = root(vec![a.clone(), b.clone(), c.clone()]);
        assert_eq!(root(vec![c.clone(), a.clone(), b.clone()]), sorted);
        assert_ne!(root(vec![a, b]), sorted);
    }

    #[test]
    fn what_is_not_spelt_so_is_refused() {
        let heads = vec![head("a.example", 1), head("b.example", 2)];
        let good = Statement::new(FEDERATION, heads).unwrap().to_bytes();
        let good = String::from_utf8(good).unwrap();
        let lines: Vec<&str> = good.lines().collect();
        let swapped = [lines[0], lines[1], lines[3], lines[2], ""].join("\n");
        let twice = [lines[0], lines[1], lines[2], lines[2], ""].join("\n");
        let none = [lines[0], lines[1], ""].join("\n");
        for (text, want) in [
            (swapped, StatementError::NotSorted),
            (twice, StatementError::NotSorted),
            (none, StatementError::NotSorted),
            (good.replace("anchor/v1", "anchor/v2"), StatementError::NotAStatement),
            (good.replace(" 1 ", " 01 "), TextError::BadDecimal.into()),
            (good.replace(" 1 ", "  1 "), TextError::BadDecimal.into()),
            (good.replace("federation 07", "federation 0F"), TextError::BadHex.into()),
            (good.trim_end().to_string(), TextError::MissingNewline.into()),
            (good.clone() + "x\n", TextError::WrongKeyword.into()),
        ] {
            assert_eq!(Statement::parse(text.as_bytes()), Err(want), "{text}");
        }
        let spaced = Head::new("a b", TreeSize(1), Hash([0; 32]), Hash([0; 32]));
        assert_eq!(spaced, Err(CheckpointError::BadOrigin.into()));
    }
}
