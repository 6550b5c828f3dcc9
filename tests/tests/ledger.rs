//! Reads a node's answers and logs as a stranger would, and believes nothing that is not proven.

use crate::desk::Desk;
use anyhow::{Context, Result, ensure};
use e2e::http::{self, Answer};
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex, TreeSize, leaf_hash, sha256};
use proto::ledger::Entry;
use proto::merkle::inclusion;
use proto::status_list::{StatusList, VerifiedStatusList};
use proto::tile::{bundle, bundles};
use proto::tlog_proof::TlogProof;
use std::net::SocketAddr;

/// What an answer proves: this entry stands at this index of a published tree.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Where.
    pub index: LeafIndex,
    /// What.
    pub entry: Vec<u8>,
    /// In which tree.
    pub size: TreeSize,
    /// Its root.
    pub root: Hash,
}

impl Desk {
    /// Checks a 200 answer to one of our submissions: the entry is ours, it is in the tree, and a
    /// quorum vouches for the tree.
    pub fn check(&self, submission: &[u8], answer: &Answer) -> Result<Proven> {
        ensure!(answer.status == 200, "status {}: {}", answer.status, answer.text());
        let answer = answer.json()?;
        let entry = proto::text::base64_decode(answer["entry"].as_str().context("entry")?)?;
        ensure!(entry.starts_with(submission), "the entry is not what was submitted");
        let proof = answer["proof"].as_str().context("proof")?;
        let proof = TlogProof::parse(proof.as_bytes())?;
        let tree = self.federation.verify_checkpoint(&proof.checkpoint, &[])?;
        ensure!(tree.origin() == self.origin, "another log: {}", tree.origin());
        let (index, leaf) = (proof.index, leaf_hash(&entry));
        inclusion::verify(&leaf, index, tree.size(), tree.root(), &proof.proof)?;
        Ok(Proven { index, entry, size: tree.size(), root: *tree.root() })
    }
}

/// A whole published log, each entry checked against the checkpoint's root.
#[derive(Debug)]
pub struct Log {
    /// In order.
    pub entries: Vec<Vec<u8>>,
}

impl Log {
    /// Reads a node's own log, or its mirror of another's.
    pub fn read(node: SocketAddr, origin: &str, federation: &Federation) -> Result<Self> {
        let prefix = format!("/{}", sha256(origin.as_bytes()).to_hex());
        let signed = http::read(node, &format!("{prefix}/checkpoint"))?;
        ensure!(signed.status == 200, "{}", signed.text());
        let signed = SignedCheckpoint::parse(&signed.body)?;
        let tree = federation.verify_checkpoint(&signed, &[])?;
        ensure!(tree.origin() == origin, "another log: {}", tree.origin());
        let mut entries = Vec::new();
        for id in bundles(0, tree.size().0, tree.size()) {
            let file = http::read(node, &format!("{prefix}/{}", id.path()))?;
            ensure!(file.status == 200, "{}: {}", id.path(), file.text());
            let bytes = unpacked(&file)?;
            entries.extend(bundle::parse(&bytes, id.width())?.into_iter().map(<[u8]>::to_vec));
        }
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        ensure!(tree_root(&leaves) == *tree.root(), "the entries are not those of the checkpoint");
        Ok(Self { entries })
    }

    /// How often this submission was entered.
    pub fn times_entered(&self, submission: &[u8]) -> usize {
        self.entries.iter().filter(|entry| entry.starts_with(submission)).count()
    }

    /// The issuances among the entries.
    pub fn issuances(&self) -> usize {
        let kinds = self.entries.iter().map(|entry| Entry::parse(entry));
        kinds.filter(|entry| matches!(entry, Ok(Entry::Issuance(_)))).count()
    }
}

impl Log {
    /// The revocations among the entries.
    pub fn revocations(&self) -> usize {
        let kinds = self.entries.iter().map(|entry| Entry::parse(entry));
        kinds.filter(|entry| matches!(entry, Ok(Entry::Revocation(_)))).count()
    }
}

/// The states of a log's documents, as its own node shows them.
pub fn status_list(node: SocketAddr, federation: &Federation) -> Result<VerifiedStatusList> {
    let file = http::read(node, "/v1/status-list")?;
    ensure!(file.status == 200, "{}", file.text());
    Ok(StatusList::parse(&unpacked(&file)?)?.verify(federation, &[])?)
}

fn unpacked(file: &Answer) -> Result<Vec<u8>> {
    use std::io::Read;
    if file.header("content-encoding") != Some("gzip") {
        return Ok(file.body.clone());
    }
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file.body.as_slice()).take(64 << 20).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// RFC 6962, section 2.1, as it is written there.
fn tree_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            proto::hash::node_hash(&tree_root(left), &tree_root(right))
        }
    }
}
