//! Bitcoin: what an `.ots` file says about its blocks, judged by a chain of headers that is checked
//! from the block which the federation names.
//!
//! [`Headers`] is that chain: linked, with the work that the rules ask for. [`verify`] leads a
//! stamped root to the Merkle root of a block in it. The rules are those of the Bitcoin protocol
//! for block headers (`docs/specs.md`). Left out: transactions, versions of blocks, and the rule
//! that a block is not more than two hours ahead of a clock, of which there is none here.

mod evidence;
mod header;
mod headers;
mod target;

#[cfg(test)]
mod tests;

pub use evidence::{BitcoinClaim, BitcoinFacts, BitcoinProblem, claim, verify};
pub use header::{BlockHash, HEADER_BYTES, Header, sha256d};
pub use headers::{Headers, HeadersError};
