//! What evidence of outside clocks says of itself. Nothing of it is judged here, and the JSON says
//! so in every piece.

#![expect(missing_docs, reason = "members of the JSON, which docs/verifying.md describes")]

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proto::anchor::Evidence;
use proto::anchor::claim::{self, Claim};
use proto::anchor::tsa::StampClaim;
use serde::Serialize;

/// A piece of evidence, and what it claims by its kind.
#[derive(Serialize, Debug)]
pub struct EvidenceLayer {
    pub kind: &'static str,
    pub bytes: usize,
    /// Always `not-judged`, where a verdict has `good`, `false` or `unknown`.
    pub state: &'static str,
    /// Why it cannot be read.
    pub problem: Option<ProblemLayer>,
    pub bitcoin: Option<BitcoinLayer>,
    pub evm: Option<EvmLayer>,
    pub tsa: Option<TsaLayer>,
}

#[derive(Serialize, Debug)]
pub struct ProblemLayer {
    pub code: &'static str,
    pub message: String,
}

#[derive(Serialize, Debug)]
pub struct BitcoinLayer {
    pub about: String,
    pub heights: Vec<u64>,
    pub calendars: Vec<String>,
}

#[derive(Serialize, Debug)]
pub struct EvmLayer {
    pub chain_id: u64,
    pub number: u64,
    pub block: String,
    pub block_time: u64,
}

#[derive(Serialize, Debug)]
pub struct TsaLayer {
    pub time_stamps: Vec<StampLayer>,
}

#[derive(Serialize, Debug)]
pub struct StampLayer {
    pub time: u64,
    pub subject: Option<String>,
    pub policy: String,
    pub about: String,
    pub digest: &'static str,
    pub certificates: usize,
    pub lists: usize,
}

impl From<&Evidence> for EvidenceLayer {
    fn from(evidence: &Evidence) -> EvidenceLayer {
        let mut layer = EvidenceLayer {
            kind: evidence.kind.name(),
            bytes: evidence.bytes.len(),
            state: "not-judged",
            problem: None,
            bitcoin: None,
            evm: None,
            tsa: None,
        };
        match claim::read(evidence) {
            Ok(Claim::Bitcoin(claim)) => {
                let (about, heights) = (claim.digest.to_hex(), claim.heights);
                layer.bitcoin = Some(BitcoinLayer { about, heights, calendars: claim.calendars });
            }
            Ok(Claim::Evm { chain_id, header }) => {
                let (number, block) = (header.number, header.hash.to_hex());
                layer.evm = Some(EvmLayer { chain_id, number, block, block_time: header.time.0 });
            }
            Ok(Claim::Tsa(stamps)) => {
                let time_stamps = stamps.into_iter().map(StampLayer::from).collect();
                layer.tsa = Some(TsaLayer { time_stamps });
            }
            Err(problem) => {
                let (code, message) = (problem.code(), problem.to_string());
                layer.problem = Some(ProblemLayer { code, message });
            }
        }
        layer
    }
}

impl From<StampClaim> for StampLayer {
    fn from(claim: StampClaim) -> StampLayer {
        StampLayer {
            time: claim.time.0,
            subject: claim.subject,
            policy: claim.policy,
            about: hex::encode(claim.imprint),
            digest: claim.digest,
            certificates: claim.certificates.len(),
            lists: claim.lists,
        }
    }
}
