//! Block hashes that a verifier knows: from its own node, or from a file that it trusts.
//!
//! ```text
//! beleg.evm-blocks/v1
//! <chain id> <number> <hash, 64 hex digits>
//! ```
//!
//! Lines are sorted by chain id and number, each block once. Whoever writes the file vouches that
//! the blocks are final; nothing in it can be checked, as a header chain with its work can.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use thiserror::Error;

use crate::hash::Hash;
use crate::limits;
use crate::text::{self, Lines, TextError};

/// The first line of a list.
pub const FIRST_LINE: &str = "beleg.evm-blocks/v1";

/// A block that stands in its chain for ever, as the verifier knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KnownBlock {
    /// Chain id (EIP-155).
    pub chain_id: u64,
    /// The block's number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The blocks of a file, sorted.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KnownBlocks {
    list: Vec<KnownBlock>,
}

/// Why a text is no list of blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("Line {line} of the list of blocks is wrong: {error}")]
pub struct BlocksError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub error: BlocksFault,
}

/// What is wrong with a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BlocksFault {
    /// It is not the first line of a list of blocks.
    #[error("the list starts with `beleg.evm-blocks/v1`.")]
    WrongFirstLine,
    /// A line is not three words.
    #[error("it should be chain id, number and hash.")]
    WrongWords,
    /// A line does not come after the one before.
    #[error("lines are sorted by chain id and number, each block once.")]
    NotSorted,
    /// There are too many.
    #[error("a list has at most {limit} blocks.")]
    TooMany {
        /// Blocks allowed.
        limit: usize,
    },
    /// A word is not spelled as it should be.
    #[error(transparent)]
    Text(#[from] TextError),
}

impl KnownBlocks {
    /// Reads a list.
    pub fn parse(bytes: &[u8]) -> Result<KnownBlocks, BlocksError> {
        let whole = text::lines_utf8(bytes, limits::EVM_BLOCKS_BYTES);
        let whole = whole.map_err(|error| BlocksError { line: 0, error: error.into() })?;
        let mut lines = Lines::new(whole);
        let parsed = parse_lines(&mut lines);
        parsed.map_err(|error| BlocksError { line: lines.number(), error })
    }

    /// Writes the list.
    pub fn to_text(&self) -> String {
        let mut text = String::from(FIRST_LINE);
        text.push('\n');
        for KnownBlock { chain_id, number, hash } in &self.list {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{chain_id} {number} {hash}");
        }
        text
    }

    /// The blocks, sorted.
    pub fn as_slice(&self) -> &[KnownBlock] {
        &self.list
    }

    /// Adds a block. Another one of this chain and number goes, and is returned.
    pub fn insert(&mut self, block: KnownBlock) -> Result<Option<KnownBlock>, BlocksFault> {
        match self.list.binary_search_by_key(&place(&block), place) {
            Ok(at) => Ok(self.list.get_mut(at).map(|slot| core::mem::replace(slot, block))),
            Err(_) if self.list.len() >= limits::EVM_BLOCKS => {
                Err(BlocksFault::TooMany { limit: limits::EVM_BLOCKS })
            }
            Err(at) => {
                self.list.insert(at, block);
                Ok(None)
            }
        }
    }
}

fn place(block: &KnownBlock) -> (u64, u64) {
    (block.chain_id, block.number)
}

fn parse_lines(lines: &mut Lines<'_>) -> Result<KnownBlocks, BlocksFault> {
    if lines.line()? != FIRST_LINE {
        return Err(BlocksFault::WrongFirstLine);
    }
    let mut list: Vec<KnownBlock> = Vec::new();
    while !lines.is_empty() {
        if list.len() >= limits::EVM_BLOCKS {
            return Err(BlocksFault::TooMany { limit: limits::EVM_BLOCKS });
        }
        let mut words = lines.line()?.split(' ');
        let (Some(chain_id), Some(number), Some(hash), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(BlocksFault::WrongWords);
        };
        let (chain_id, number) = (text::decimal(chain_id)?, text::decimal(number)?);
        let block = KnownBlock { chain_id, number, hash: Hash::from_hex(hash)? };
        if list.last().is_some_and(|last| place(last) >= place(&block)) {
            return Err(BlocksFault::NotSorted);
        }
        list.push(block);
    }
    Ok(KnownBlocks { list })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;
    use alloc::format;
    use alloc::vec;
    use proptest::prelude::*;

    fn block(chain_id: u64, number: u64) -> KnownBlock {
        KnownBlock { chain_id, number, hash: sha256(&number.to_be_bytes()) }
    }

    fn fault(text: &str) -> (usize, BlocksFault) {
        let error = KnownBlocks::parse(text.as_bytes()).unwrap_err();
        (error.line, error.error)
    }

    #[test]
    fn what_is_no_list() {
        let hash = sha256(b"x");
        let list = |lines: &str| fault(&format!("{FIRST_LINE}\n{lines}"));
        assert_eq!(fault(""), (0, TextError::MissingLine.into()));
        assert_eq!(fault("beleg.evm-blocks/v2\n"), (1, BlocksFault::WrongFirstLine));
        assert_eq!(list("\n"), (2, BlocksFault::WrongWords));
        assert_eq!(list(&format!("1 2 {hash} 4\n")), (2, BlocksFault::WrongWords));
        assert_eq!(list(&format!("1 02 {hash}\n")), (2, TextError::BadDecimal.into()));
        assert_eq!(list(&format!("1 2 {hash}")), (1, TextError::MissingNewline.into()));
        let upper = hash.to_hex().to_uppercase();
        assert_eq!(list(&format!("1 2 {upper}\n")), (2, TextError::BadHex.into()));
        for other in [format!("1 2 {hash}"), format!("1 1 {hash}"), format!("0 3 {hash}")] {
            let lines = format!("1 2 {hash}\n{other}\n");
            assert_eq!(list(&lines), (3, BlocksFault::NotSorted));
        }
    }

    #[test]
    fn a_list_has_a_limit() {
        let list = (0..limits::EVM_BLOCKS as u64).map(|n| block(1, n)).collect();
        let mut full = KnownBlocks { list };
        assert_eq!(full.insert(block(1, 5)), Ok(Some(block(1, 5))));
        let too_many = BlocksFault::TooMany { limit: limits::EVM_BLOCKS };
        assert_eq!(full.insert(block(2, 5)), Err(too_many));
        let text = full.to_text();
        assert_eq!(KnownBlocks::parse(text.as_bytes()), Ok(full));
        let (_, error) = fault(&format!("{text}2 0 {}\n", sha256(b"x")));
        assert_eq!(error, too_many);
    }

    #[test]
    fn another_block_of_a_number_takes_its_place() {
        let mut blocks = KnownBlocks::default();
        assert_eq!(blocks.insert(block(1, 5)), Ok(None));
        let other = KnownBlock { hash: sha256(b"other"), ..block(1, 5) };
        assert_eq!(blocks.insert(other), Ok(Some(block(1, 5))));
        assert_eq!(blocks.as_slice(), [other]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            places in prop::collection::vec((0..4u64, any::<u64>()), 0..20),
        ) {
            let mut blocks = KnownBlocks::default();
            for (chain_id, number) in places {
                blocks.insert(block(chain_id, number)).unwrap();
            }
            let text = blocks.to_text();
            prop_assert_eq!(KnownBlocks::parse(text.as_bytes()), Ok(blocks));
        }

        #[test]
        fn what_is_read_has_one_spelling(
            at in 0..200usize,
            with in prop::sample::select(vec![b'0', b'1', b' ', b'\n', b'f', b'F', 0, 255]),
        ) {
            let mut blocks = KnownBlocks::default();
            blocks.insert(block(1, 10)).unwrap();
            blocks.insert(block(1, 20)).unwrap();
            let mut bytes = blocks.to_text().into_bytes();
            let at = at % bytes.len();
            bytes[at] = with;
            if let Ok(parsed) = KnownBlocks::parse(&bytes) {
                prop_assert_eq!(parsed.to_text().into_bytes(), bytes);
            }
        }
    }
}
