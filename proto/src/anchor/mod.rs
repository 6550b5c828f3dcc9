//! Outside anchors: evidence that the federation stood as it says not later than a clock says that
//! no authority runs.
//!
//! The [`statement`] of an anchor names the latest published checkpoint of every log that a node
//! holds; its root is what goes outside. [`ots`] and [`bitcoin`], [`evm`] and [`tsa`] read what
//! comes back, each a claim until its `verify` says otherwise. [`clocks`] is what the federation
//! file says about outside clocks: evidence never names its own judge. [`judge`] puts it together,
//! [`claim`] is for looking at it without a judge. [`list`] is how a node names what it has.

pub mod bitcoin;
pub mod claim;
pub mod clocks;
pub mod evm;
pub mod judge;
pub mod list;
pub mod ots;
pub mod statement;
pub mod tsa;

use alloc::vec::Vec;

/// A kind of outside clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The Bitcoin chain, by OpenTimestamps.
    Bitcoin,
    /// An EVM chain.
    Evm,
    /// An RFC 3161 time-stamping authority.
    Tsa,
}

impl Kind {
    /// Every kind once.
    pub const ALL: [Kind; 3] = [Kind::Bitcoin, Kind::Evm, Kind::Tsa];

    /// The word for programs, in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bitcoin => "bitcoin",
            Kind::Evm => "evm",
            Kind::Tsa => "tsa",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == word)
    }
}

/// What came back from outside about one federation root: bytes in the form of its kind, unchecked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The kind, which says how the bytes are read.
    pub kind: Kind,
    /// A detached `.ots` file, the proof of [`evm`], or the chain of time-stamps of [`tsa`].
    pub bytes: Vec<u8>,
}
