//! A receipt, layer by layer: from the fields up to the checkpoint and the status. Nothing is
//! judged here; these are the receipt's own claims, for somebody who wants to follow them by hand.

use crate::run::Opened;
use crate::view::{self, FieldView};
use proto::document::batch;
use proto::hash::{Hash, Timestamp, leaf_hash};
use proto::ledger::StatusState;
use proto::note::NoteSignature;
use proto::receipt::{Receipt, StatusProof};
use proto::time;
use serde::Serialize;
use verifier::shown;

/// Bytes of an ML-DSA-44 signature (FIPS 204, table 2).
const ML_DSA_SIGNATURE_LEN: usize = 2420;

/// All layers. Hashes are in hexadecimal digits, times in seconds as POSIX counts them.
#[derive(Serialize)]
pub struct LayersView {
    receipt: String,
    bytes: usize,
    federation: String,
    fields: Vec<FieldView>,
    field_count: u32,
    hidden_fields: u32,
    commitment: Option<String>,
    batch: BatchView,
    entry: Option<EntryView>,
    proof: Vec<String>,
    checkpoint: CheckpointView,
    issuer: IssuerLayer,
    status: Option<StatusLayer>,
    links: Vec<u64>,
}

#[derive(Serialize)]
struct BatchView {
    index: u64,
    width: Option<u64>,
    path: Vec<String>,
    root: Option<String>,
}

#[derive(Serialize)]
struct EntryView {
    index: u64,
    bytes: String,
    leaf_hash: String,
    first_status: u64,
}

#[derive(Serialize)]
struct CheckpointView {
    origin: String,
    size: u64,
    root: String,
    signatures: Vec<SignatureView>,
}

#[derive(Serialize)]
struct SignatureView {
    key_name: String,
    key_id: String,
    kind: &'static str,
    time: Option<u64>,
}

#[derive(Serialize)]
struct IssuerLayer {
    entry: u64,
    name: String,
    key: String,
    scope: Vec<String>,
    retired: bool,
    proof: Vec<String>,
}

#[derive(Serialize)]
struct StatusLayer {
    index: u64,
    state: Option<&'static str>,
    snapshot_time: u64,
    list_length: u64,
    list_root: String,
    proof: Vec<String>,
    piece_path: Vec<String>,
    checkpoint: Option<CheckpointView>,
}

/// The layers as JSON shows them.
pub fn view(opened: &Opened) -> LayersView {
    let receipt = &opened.receipt;
    let disclosure = &receipt.disclosure;
    let field = |(index, field): (u32, &proto::document::Field)| FieldView {
        index,
        name: field.name().to_owned(),
        value: field.value().to_owned(),
    };
    let fields: Vec<FieldView> = disclosure.shown().map(field).collect();
    let (issuer, shown) = (&receipt.issuer.statement, fields.len() as u64);
    let issuance = receipt.issuance().ok();
    let width = u8::try_from(receipt.batch_path.len()).ok().and_then(batch::width);
    let root = issuance.map(|issuance| issuance.submission.statement.batch_root.to_hex());
    LayersView {
        receipt: view::path(&opened.path),
        bytes: opened.size,
        federation: Hash(receipt.federation.0).to_hex(),
        field_count: disclosure.count(),
        hidden_fields: u32::try_from(
            u64::from(disclosure.count()) - shown.min(disclosure.count().into()),
        )
        .unwrap_or(u32::MAX),
        fields,
        commitment: disclosure.commitment().ok().map(|hash| hash.to_hex()),
        batch: BatchView {
            index: receipt.batch_index,
            width,
            path: hex(&receipt.batch_path),
            root,
        },
        entry: entry(receipt),
        proof: hex(&receipt.proof),
        checkpoint: checkpoint(&receipt.checkpoint),
        issuer: IssuerLayer {
            entry: receipt.issuer_index.0,
            name: issuer.name().to_owned(),
            key: Hash(*issuer.key()).to_hex(),
            scope: issuer.scope().to_vec(),
            retired: issuer.retired(),
            proof: hex(&receipt.issuer_proof),
        },
        status: receipt.status.as_ref().map(|status| self::status(receipt, status)),
        links: receipt.links.iter().map(|link| link.version).collect(),
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

fn checkpoint(signed: &proto::checkpoint::SignedCheckpoint) -> CheckpointView {
    let tree = signed.checkpoint();
    CheckpointView {
        origin: tree.origin().to_owned(),
        size: tree.size().0,
        root: tree.root().to_hex(),
        signatures: signed.note().signatures().iter().map(signature).collect(),
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
        state: state.map(|state: StatusState| view::status_word(state)),
        snapshot_time: status.time.0,
        list_length: status.length,
        list_root: status.root.to_hex(),
        proof: hex(&status.proof),
        piece_path: hex(&status.piece.path),
        checkpoint: status.checkpoint.as_ref().map(checkpoint),
    }
}

/// The layers in words, line by line, escaped.
pub fn words(opened: &Opened) -> Vec<String> {
    let view = view(opened);
    let mut page = Page(Vec::new());
    page.line(format!("Receipt {} ({} bytes)", shown::path(&opened.path), view.bytes));
    page.line("Nothing here has been checked; `beleg verify` does that.".to_owned());
    page.section("Fields: what the issuer says of the document");
    for field in &view.fields {
        page.part(&format!("{} {}", field.index, field.name), &field.value);
    }
    let all = view.field_count;
    page.part("count", &format!("{all}, of which {} are hidden", view.hidden_fields));
    page.section("Commitment: the hash over all salted fields");
    page.part("commitment", view.commitment.as_deref().unwrap_or("the fields do not fit together"));
    page.section("Batch: the documents that were issued together, padded and in random order");
    let width = view.batch.width.map_or_else(|| "?".to_owned(), |width| width.to_string());
    page.part("place", &format!("{} of {width}", view.batch.index));
    page.hashes("path", &view.batch.path);
    page.part("batch root", view.batch.root.as_deref().unwrap_or("none"));
    page.section("Entry: what the issuer signed and the log holds");
    page.entry(view.entry.as_ref());
    page.hashes("proof", &view.proof);
    page.section("Checkpoint: the log's tree, signed and cosigned");
    page.checkpoint(&view.checkpoint);
    page.section("Issuer: its own entry in the same log");
    page.part("entry", &view.issuer.entry.to_string());
    page.part("name", &view.issuer.name);
    page.part("key", &view.issuer.key);
    page.part("types", &view.issuer.scope.join(", "));
    page.hashes("proof", &view.issuer.proof);
    page.section("Status: whether the document stood when the receipt was made");
    page.status(view.status.as_ref());
    page.section("Federation");
    page.part("id", &view.federation);
    for version in &view.links {
        page.part("link", &format!("to the tree that version {version} pins"));
    }
    page.0
}

struct Page(Vec<String>);

impl Page {
    fn line(&mut self, line: String) {
        self.0.push(line);
    }

    fn section(&mut self, title: &str) {
        self.line(String::new());
        self.line(title.to_owned());
    }

    fn part(&mut self, name: &str, value: &str) {
        self.line(format!("  {:14} {}", shown::text(name), shown::text(value)));
    }

    fn hashes(&mut self, name: &str, hashes: &[String]) {
        self.part(name, &format!("{} hashes, from the sibling up", hashes.len()));
        hashes.iter().for_each(|hash| self.part("", hash));
    }

    fn entry(&mut self, entry: Option<&EntryView>) {
        let Some(entry) = entry else {
            return self.part("entry", "none: fields and path lead nowhere");
        };
        self.part("index", &entry.index.to_string());
        self.part("leaf hash", &entry.leaf_hash);
        self.part("bytes", &entry.bytes);
        self.part("first status", &entry.first_status.to_string());
    }

    fn checkpoint(&mut self, checkpoint: &CheckpointView) {
        self.part("origin", &checkpoint.origin);
        self.part("size", &checkpoint.size.to_string());
        self.part("root", &checkpoint.root);
        for line in &checkpoint.signatures {
            let time = line
                .time
                .map_or_else(String::new, |time| format!(", dated {}", time::utc(Timestamp(time))));
            self.part(
                "signature",
                &format!("{}+{}: {}{time}", line.key_name, line.key_id, line.kind),
            );
        }
    }

    fn status(&mut self, status: Option<&StatusLayer>) {
        let Some(status) = status else { return self.part("status", "none") };
        self.part("index", &status.index.to_string());
        self.part("state", status.state.unwrap_or("the piece does not belong to the list"));
        self.part("as of", &time::utc(Timestamp(status.snapshot_time)));
        self.part("list", &format!("{} documents, root {}", status.list_length, status.list_root));
        self.hashes("snapshot proof", &status.proof);
        self.hashes("piece path", &status.piece_path);
        if let Some(checkpoint) = &status.checkpoint {
            self.checkpoint(checkpoint);
        }
    }
}
