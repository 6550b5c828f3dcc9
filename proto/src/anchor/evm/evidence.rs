//! The bytes of the evidence: one block header and two proofs, as EIP-1186 gives them.
//!
//! ```text
//! u8       version, 1
//! u64      chain id (EIP-155)
//! u16 + n  block header, RLP
//! u8       count of nodes of the account proof; each u16 + n
//! u8       count of nodes of the storage proof; each u16 + n
//! ```
//!
//! Parsing checks nothing but lengths. The chain id only says which line of the federation file is
//! meant; contract, code and block hash do not stand here, because evidence never names its judge.

use alloc::vec::Vec;

use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::limits;

const VERSION: u8 = 1;

/// What an EVM chain says of its contract: a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvmEvidence {
    /// Chain id (EIP-155).
    pub chain_id: u64,
    /// The block's header, RLP.
    pub header: Vec<u8>,
    /// From the header's state root to the contract's account.
    pub account: Vec<Vec<u8>>,
    /// From the account's storage root to the root's slot.
    pub storage: Vec<Vec<u8>>,
}

/// Why bytes are no evidence of an EVM chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The version is not known.
    #[error("The evidence has version {got}, which is not known.")]
    UnknownVersion {
        /// The version found.
        got: u8,
    },
    /// A part has more nodes or bytes than its limit allows.
    #[error("A part of the evidence has {got} bytes or nodes and at most {limit} are allowed.")]
    TooLarge {
        /// What is allowed.
        limit: usize,
        /// What was found.
        got: usize,
    },
    /// A part is missing or too much.
    #[error(transparent)]
    Bytes(#[from] BytesError),
}

impl EvmEvidence {
    /// Reads evidence.
    pub fn parse(bytes: &[u8]) -> Result<EvmEvidence, EvidenceError> {
        within(bytes.len(), limits::EVM_EVIDENCE_BYTES)?;
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            got => return Err(EvidenceError::UnknownVersion { got }),
        }
        let chain_id = reader.u64()?;
        let header = reader.prefixed16()?;
        within(header.len(), limits::EVM_HEADER_BYTES)?;
        let account = nodes(&mut reader)?;
        let storage = nodes(&mut reader)?;
        reader.finish()?;
        Ok(EvmEvidence { chain_id, header: header.to_vec(), account, storage })
    }

    /// Writes evidence, if it is not larger than what [`EvmEvidence::parse`] takes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        within(self.header.len(), limits::EVM_HEADER_BYTES)?;
        let mut writer = Writer::new();
        writer.u8(VERSION).u64(self.chain_id).prefixed16(&self.header)?;
        for proof in [&self.account, &self.storage] {
            let count = proof.len();
            within(count, limits::EVM_PROOF_NODES)?;
            writer.u8(u8::try_from(count).unwrap_or(u8::MAX));
            for node in proof {
                within(node.len(), limits::EVM_NODE_BYTES)?;
                writer.prefixed16(node)?;
            }
        }
        Ok(writer.into_bytes())
    }
}

fn nodes(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, EvidenceError> {
    let count = usize::from(reader.u8()?);
    within(count, limits::EVM_PROOF_NODES)?;
    let mut nodes = Vec::with_capacity(count);
    for _ in 0..count {
        let node = reader.prefixed16()?;
        within(node.len(), limits::EVM_NODE_BYTES)?;
        nodes.push(node.to_vec());
    }
    Ok(nodes)
}

fn within(got: usize, limit: usize) -> Result<(), EvidenceError> {
    if got > limit { Err(EvidenceError::TooLarge { limit, got }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn evidence(header: usize, nodes: usize, node: usize) -> EvmEvidence {
        EvmEvidence {
            chain_id: 7,
            header: vec![1; header],
            account: vec![vec![2; node]; nodes],
            storage: vec![],
        }
    }

    #[test]
    fn parts_are_bounded_in_both_directions() {
        let largest = EvmEvidence {
            storage: vec![vec![3; limits::EVM_NODE_BYTES]; limits::EVM_PROOF_NODES],
            ..evidence(limits::EVM_HEADER_BYTES, limits::EVM_PROOF_NODES, limits::EVM_NODE_BYTES)
        };
        let bytes = largest.to_bytes().unwrap();
        assert_eq!(bytes.len(), limits::EVM_EVIDENCE_BYTES);
        assert_eq!(EvmEvidence::parse(&bytes), Ok(largest));
        for large in [
            evidence(limits::EVM_HEADER_BYTES + 1, 0, 0),
            evidence(0, limits::EVM_PROOF_NODES + 1, 0),
            evidence(0, 1, limits::EVM_NODE_BYTES + 1),
        ] {
            assert!(matches!(large.to_bytes(), Err(EvidenceError::TooLarge { .. })));
        }
        let head = [&[1][..], &[0; 8], &[0, 0]].concat();
        let nodes = [&head[..], &[65]].concat();
        assert_eq!(EvmEvidence::parse(&nodes), Err(EvidenceError::TooLarge { limit: 64, got: 65 }));
        let node = [&head[..], &[1, 2, 89], &[0; 601]].concat();
        assert_eq!(
            EvmEvidence::parse(&node),
            Err(EvidenceError::TooLarge { limit: 600, got: 601 })
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            chain_id: u64,
            header in prop::collection::vec(any::<u8>(), 0..700),
            account in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..6),
            storage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..6),
        ) {
            let evidence = EvmEvidence { chain_id, header, account, storage };
            let bytes = evidence.to_bytes().unwrap();
            prop_assert_eq!(EvmEvidence::parse(&bytes), Ok(evidence));
            for end in 0..bytes.len() {
                prop_assert!(EvmEvidence::parse(&bytes[..end]).is_err());
            }
        }

        #[test]
        fn what_is_read_has_one_spelling(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let bytes = [&[1][..], &bytes].concat();
            if let Ok(evidence) = EvmEvidence::parse(&bytes) {
                prop_assert_eq!(evidence.to_bytes().unwrap(), bytes);
            }
        }
    }
}
