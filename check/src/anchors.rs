//! What clocks outside the federation say, for people and programs.

use alloc::string::{String, ToString};

use proto::anchor::Kind;
use proto::anchor::judge::Proven;
use proto::verify::AnchorFacts;
use serde::Serialize;

/// A piece of evidence and what became of it.
#[derive(Serialize, Debug)]
pub struct AnchorView {
    kind: &'static str,
    /// `good`, `false` or `unknown`.
    state: &'static str,
    code: &'static str,
    message: String,
    /// The tree existed not later than this, by that clock.
    time: Option<u64>,
    tree_size: u64,
    /// What it was judged by, and where that is from.
    source: Option<String>,
    federation_root: Option<String>,
    bitcoin: Option<BitcoinView>,
    evm: Option<EvmView>,
    tsa: Option<TsaView>,
}

#[derive(Serialize, Debug)]
struct BitcoinView {
    height: u64,
    block: String,
    depth: u64,
}

#[derive(Serialize, Debug)]
struct EvmView {
    chain: String,
    number: u64,
    block: String,
}

#[derive(Serialize, Debug)]
struct TsaView {
    authority: String,
    subject: String,
    policy: String,
    stamps: u64,
    last: u64,
    revocation_known: Option<u64>,
    ends: u64,
}

/// The word for what became of evidence: `good`, `false` or `unknown`.
fn state(facts: &AnchorFacts) -> &'static str {
    match &facts.outcome {
        Ok(_) => "good",
        Err(problem) if problem.is_false() => "false",
        Err(_) => "unknown",
    }
}

/// What evidence says, in one sentence; when it says that it is told beside.
pub fn anchor_words(proven: &Proven) -> String {
    match proven {
        Proven::Bitcoin(facts) => alloc::format!("in Bitcoin block {}", facts.height),
        Proven::Evm(facts) => {
            alloc::format!("on the chain {}, block {}", facts.chain, facts.number)
        }
        Proven::Tsa(facts) => {
            alloc::format!("in a time-stamp of {} ({})", facts.authority, facts.subject)
        }
    }
}

impl AnchorView {
    pub(crate) fn new(facts: &AnchorFacts, sources: &[(Kind, String)]) -> AnchorView {
        let source = sources.iter().find(|(kind, _)| *kind == facts.kind);
        let proven = facts.outcome.as_ref().ok();
        let (code, message) = match &facts.outcome {
            Ok(proven) => ("anchor-good", anchor_words(proven)),
            Err(problem) => (problem.code(), problem.to_string()),
        };
        let mut view = AnchorView {
            kind: facts.kind.name(),
            state: state(facts),
            code,
            message,
            time: proven.map(|proven| proven.time().0),
            tree_size: facts.size.0,
            source: source.map(|(_, source)| source.clone()),
            federation_root: facts.root.map(|root| root.to_hex()),
            bitcoin: None,
            evm: None,
            tsa: None,
        };
        match proven {
            Some(Proven::Bitcoin(facts)) => {
                let (height, depth) = (facts.height, facts.depth);
                view.bitcoin = Some(BitcoinView { height, block: facts.block.to_string(), depth });
            }
            Some(Proven::Evm(facts)) => {
                let (chain, number) = (facts.chain.clone(), facts.number);
                view.evm = Some(EvmView { chain, number, block: facts.block.to_hex() });
            }
            Some(Proven::Tsa(facts)) => {
                view.tsa = Some(TsaView {
                    authority: facts.authority.clone(),
                    subject: facts.subject.clone(),
                    policy: facts.policy.clone(),
                    stamps: u64::try_from(facts.stamps).unwrap_or(u64::MAX),
                    last: facts.last.0,
                    revocation_known: facts.revocation.map(|time| time.0),
                    ends: facts.ends.0,
                });
            }
            None => {}
        }
        view
    }
}
