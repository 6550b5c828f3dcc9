//! The member `anchors` of the `extra` line.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Error, number, read_hashes, write_hashes};
use crate::anchor::statement::Head;
use crate::anchor::{Evidence, Kind};
use crate::hash::{Hash, TreeSize};
use crate::limits;
use crate::receipt::Anchor;
use crate::text;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnchorPart {
    size: u64,
    root: String,
    signatures: String,
    consistency: Vec<String>,
    index: u64,
    path: Vec<String>,
    evidence: Vec<EvidencePart>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvidencePart {
    kind: String,
    bytes: String,
}

pub(super) fn read(parts: &[AnchorPart], origin: &str) -> Result<Vec<Anchor>, Error> {
    if parts.len() > limits::RECEIPT_ANCHORS {
        return Err(Error::TooMany);
    }
    let anchors: Vec<Anchor> =
        parts.iter().map(|part| read_anchor(part, origin)).collect::<Result<_, _>>()?;
    if Anchor::are_sorted(&anchors) { Ok(anchors) } else { Err(Error::NotCanonical) }
}

pub(super) fn write(anchors: &[Anchor]) -> Vec<AnchorPart> {
    anchors.iter().map(write_anchor).collect()
}

fn read_anchor(part: &AnchorPart, origin: &str) -> Result<Anchor, Error> {
    if part.evidence.len() > limits::ANCHOR_EVIDENCE {
        return Err(Error::TooMany);
    }
    let (size, root) = (TreeSize(number(part.size)?), Hash::from_base64(&part.root)?);
    let signatures = Hash::from_base64(&part.signatures)?;
    Ok(Anchor {
        head: Head::new(origin, size, root, signatures)?,
        consistency: read_hashes(&part.consistency)?,
        index: number(part.index)?,
        path: read_hashes(&part.path)?,
        evidence: part.evidence.iter().map(read_evidence).collect::<Result<_, _>>()?,
    })
}

fn write_anchor(anchor: &Anchor) -> AnchorPart {
    let checkpoint = anchor.head.checkpoint();
    let evidence = anchor.evidence.iter().map(|evidence| EvidencePart {
        kind: evidence.kind.name().into(),
        bytes: text::base64_encode(&evidence.bytes),
    });
    AnchorPart {
        size: checkpoint.size().0,
        root: checkpoint.root().to_base64(),
        signatures: anchor.head.signatures().to_base64(),
        consistency: write_hashes(&anchor.consistency),
        index: anchor.index,
        path: write_hashes(&anchor.path),
        evidence: evidence.collect(),
    }
}

fn read_evidence(part: &EvidencePart) -> Result<Evidence, Error> {
    let kind = Kind::parse(&part.kind).ok_or(Error::UnknownEvidence)?;
    Ok(Evidence { kind, bytes: text::base64_decode(&part.bytes)? })
}
