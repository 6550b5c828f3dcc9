//! What the federation file says about outside clocks. Evidence names none of this itself.

use alloc::string::String;
use alloc::vec::Vec;

use crate::time::Date;

/// The outside clocks of a federation.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Clocks {
    /// The Bitcoin chain, if its blocks count.
    pub bitcoin: Option<Bitcoin>,
    /// EVM chains, sorted by name.
    pub chains: Vec<Chain>,
    /// Time-stamping authorities, sorted by name.
    pub authorities: Vec<StampAuthority>,
    /// Algorithms that count in time-stamps, sorted by name.
    pub algorithms: Vec<Algorithm>,
}

/// A Bitcoin chain, from one block on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bitcoin {
    /// Which network.
    pub network: Network,
    /// Height of the block from which headers are linked: a multiple of 2,016.
    pub height: u64,
    /// Hash of that block's header, in the order in which it is computed, not shown.
    pub hash: [u8; 32],
}

/// A Bitcoin network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// The chain that everybody means.
    Main,
    /// A chain of tests, whose blocks cost nothing.
    Regtest,
}

impl Network {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Network::Main => "main",
            Network::Regtest => "regtest",
        }
    }

    /// The network of this word.
    pub fn parse(word: &str) -> Option<Network> {
        [Network::Main, Network::Regtest].into_iter().find(|network| network.name() == word)
    }
}

/// A contract on an EVM chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Short name, by which people call the chain.
    pub name: String,
    /// Its chain id (EIP-155).
    pub id: u64,
    /// Address of the contract.
    pub contract: [u8; 20],
    /// Keccak-256 of the contract's code.
    pub code_hash: [u8; 32],
}

/// A time-stamping authority: whoever this certificate's key vouches for, for time-stamps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StampAuthority {
    /// Short name.
    pub name: String,
    /// The root certificate, DER.
    pub certificate: Vec<u8>,
}

/// An algorithm that counts in time-stamps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Algorithm {
    /// Its name, as `anchor::tsa` lists them.
    pub name: String,
    /// The last day on which it counts; none if no end is set.
    pub until: Option<Date>,
}
