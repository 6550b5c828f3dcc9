//! A receipt, layer by layer: from the fields up to the checkpoint and the status. Nothing is
//! judged here; these are the receipt's own claims, for somebody who wants to follow them by hand.

#![expect(missing_docs, reason = "members of the JSON, which docs/verifying.md describes")]

use crate::claims::EvidenceLayer;
use crate::view::{FieldView, status_word};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use proto::checkpoint::SignedCheckpoint;
use proto::document::{Field, batch};
use proto::hash::{Hash, leaf_hash};
use proto::note::NoteSignature;
use proto::receipt::{Anchor, Receipt, StatusProof};
use serde::Serialize;

/// Bytes of an ML-DSA-44 signature (FIPS 204, table 2).
const ML_DSA_SIGNATURE_LEN: usize = 2420;

/// All layers. Hashes are in hexadecimal digits, times in seconds as POSIX counts them.
#[derive(Serialize, Debug)]
pub struct LayersView {
    pub receipt: String,
    pub bytes: usize,
    pub federation: String,
    pub fields: Vec<FieldView>,
    pub field_count: u32,
    pub hidden_fields: u32,
    pub commitment: Option<String>,
    pub batch: BatchView,
    pub entry: Option<EntryView>,
    pub proof: Vec<String>,
    pub checkpoint: CheckpointView,
    pub issuer: IssuerLayer,
    pub status: Option<StatusLayer>,
    pub links: Vec<u64>,
    pub anchors: Vec<AnchorLayer>,
}

#[derive(Serialize, Debug)]
pub struct BatchView {
    pub index: u64,
    pub width: Option<u64>,
    pub path: Vec<String>,
    pub root: Option<String>,
}

#[derive(Serialize, Debug)]
pub struct EntryView {
    pub index: u64,
    pub bytes: String,
    pub leaf_hash: String,
    pub first_status: u64,
}

#[derive(Serialize, Debug)]
pub struct CheckpointView {
    pub origin: String,
    pub size: u64,
    pub root: String,
    pub signatures: Vec<SignatureView>,
}

#[derive(Serialize, Debug)]
pub struct SignatureView {
    pub key_name: String,
    pub key_id: String,
    pub kind: &'static str,
    pub time: Option<u64>,
}

#[derive(Serialize, Debug)]
pub struct IssuerLayer {
    pub entry: u64,
    pub name: String,
    pub key: String,
    pub scope: Vec<String>,
    pub retired: bool,
    pub proof: Vec<String>,
}

#[derive(Serialize, Debug)]
pub struct StatusLayer {
    pub index: u64,
    pub state: Option<&'static str>,
    pub snapshot_time: u64,
    pub list_length: u64,
    pub list_root: String,
    pub proof: Vec<String>,
    pub piece_path: Vec<String>,
    pub checkpoint: Option<CheckpointView>,
}

#[derive(Serialize, Debug)]
pub struct AnchorLayer {
    pub size: u64,
    pub root: String,
    pub federation_root: Option<String>,
    pub evidence: Vec<EvidenceLayer>,
}

impl LayersView {
    /// The layers of a receipt of so many bytes, which is called so.
    pub fn new(name: &str, bytes: usize, receipt: &Receipt) -> LayersView {
        let disclosure = &receipt.disclosure;
        let field = |(index, field): (u32, &Field)| FieldView {
            index,
            name: field.name().to_owned(),
            value: field.value().to_owned(),
        };
        let fields: Vec<FieldView> = disclosure.shown().map(field).collect();
        let issuer = &receipt.issuer.statement;
        let issuance = receipt.issuance().ok();
        let width = u8::try_from(receipt.batch_path.len()).ok().and_then(batch::width);
        let shown = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        LayersView {
            receipt: name.to_owned(),
            bytes,
            federation: Hash(receipt.federation.0).to_hex(),
            field_count: disclosure.count(),
            hidden_fields: disclosure.count().saturating_sub(shown),
            fields,
            commitment: disclosure.commitment().ok().map(|hash| hash.to_hex()),
            batch: BatchView {
                index: receipt.batch_index,
                width,
                path: hex(&receipt.batch_path),
                root: issuance.map(|issuance| issuance.submission.statement.batch_root.to_hex()),
            },
            entry: entry(receipt),
            proof: hex(&receipt.proof),
            checkpoint: CheckpointView::from(&receipt.checkpoint),
            issuer: IssuerLayer {
                entry: receipt.issuer_index.0,
                name: issuer.name().to_owned(),
                key: Hash(*issuer.key()).to_hex(),
                scope: issuer.scope().to_vec(),
                retired: issuer.retired(),
                proof: hex(&receipt.issuer_proof),
            },
            status: receipt.status.as_ref().map(|proof| status(receipt, proof)),
            links: receipt.links.iter().map(|link| link.version).collect(),
            anchors: receipt.anchors.iter().map(|one| anchor(receipt, one)).collect(),
        }
    }
}

fn hex(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_hex).collect()
}

fn entry(receipt: &Receipt) -> Option<EntryView> {
    let bytes = receipt.entry().ok()?;
    Some(EntryView {
        index: receipt.index.0,
        leaf_hash: leaf_hash(&bytes).to_hex(),
        bytes: hex::encode(bytes),
        first_status: receipt.first_status.0,
    })
}

impl From<&SignedCheckpoint> for CheckpointView {
    fn from(signed: &SignedCheckpoint) -> CheckpointView {
        let tree = signed.checkpoint();
        CheckpointView {
            origin: tree.origin().to_owned(),
            size: tree.size().0,
            root: tree.root().to_hex(),
            signatures: signed.note().signatures().iter().map(signature).collect(),
        }
    }
}

/// The kind of a signature follows from its length, which is as good as can be without the keys.
fn signature(line: &NoteSignature) -> SignatureView {
    let bytes = line.signature();
    let with_time = |length| bytes.len() == 8 + length;
    let kind = match () {
        () if bytes.len() == 64 => "Ed25519",
        () if with_time(64) => "Ed25519 cosignature",
        () if with_time(ML_DSA_SIGNATURE_LEN) => "ML-DSA-44 cosignature",
        () => "unknown",
    };
    let time = bytes.first_chunk().map(|time| u64::from_be_bytes(*time));
    SignatureView {
        key_name: line.name().to_owned(),
        key_id: line.id().to_string(),
        kind,
        time: time.filter(|_| kind.ends_with("cosignature")),
    }
}

fn status(receipt: &Receipt, status: &StatusProof) -> StatusLayer {
    let index = receipt.status_index();
    let state = status.piece.verify(index, status.length, &status.root).ok();
    StatusLayer {
        index: index.0,
        state: state.map(status_word),
        snapshot_time: status.time.0,
        list_length: status.length,
        list_root: status.root.to_hex(),
        proof: hex(&status.proof),
        piece_path: hex(&status.piece.path),
        checkpoint: status.checkpoint.as_ref().map(CheckpointView::from),
    }
}

fn anchor(receipt: &Receipt, anchor: &Anchor) -> AnchorLayer {
    let tree = anchor.head.checkpoint();
    AnchorLayer {
        size: tree.size().0,
        root: tree.root().to_hex(),
        federation_root: anchor.root(receipt.federation).ok().map(|root| root.to_hex()),
        evidence: anchor.evidence.iter().map(EvidenceLayer::from).collect(),
    }
}
