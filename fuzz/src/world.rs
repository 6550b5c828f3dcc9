//! A small federation with one issued document, all keys from fixed seeds.

use proto::anchor::clocks::Clocks;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::document::batch::{Batch, batch_leaf};
use proto::document::commitment::commit;
use proto::document::{Content, ContentDigest, Document, Field};
use proto::federation::{self, Authority, EntryForm, Federation, Operator, Version};
use proto::hash::{Hash, LeafIndex, Timestamp, TreeSize, leaf_hash, sha256};
use proto::ledger::{
    Entry, Found, IssuanceStatement, Issuer, IssuerRequest, IssuerStatement, Rules, State,
};
use proto::merkle::plan::{self, Plan};
use proto::note::{KeyType, Note, SigningKey};
use proto::receipt::answer::{IssuanceAnswer, StatusAnswer};
use proto::tile::grow::Edge;
use proto::time::Date;
use proto::tlog_proof::TlogProof;

const ORIGIN: &str = "a.example/log";

/// When everything happened.
pub const NOW: Timestamp = Timestamp(1_777_816_800);

/// What was made.
pub struct World {
    pub federation: Federation,
    /// The entries of the log: an issuer, an issuance, a snapshot.
    pub entries: Vec<Vec<u8>>,
    /// The file by which the issuer asked to be admitted.
    pub request: String,
    /// The log's state after these entries.
    pub state: State,
    pub content: ContentDigest,
    pub document: Document,
    /// The node's answer to the issuer.
    pub answer: Vec<u8>,
    /// The full receipt.
    pub receipt: Vec<u8>,
    /// The same with two fields hidden.
    pub redacted: Vec<u8>,
}

fn key(name: &str, kind: KeyType, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, kind, &[seed; 32]).unwrap()
}

fn cosigners(number: u8) -> [SigningKey; 2] {
    let name = format!("o{number}.example/cosigner");
    let kinds = [(KeyType::CosignatureV1, 20), (KeyType::SubtreeV1, 40)];
    kinds.map(|(kind, seed)| key(&name, kind, seed + number))
}

fn version() -> Version {
    let operator = |number: u8| {
        let [ed25519, ml_dsa] = cosigners(number);
        Operator {
            name: format!("o{number}"),
            url: format!("https://o{number}.example"),
            governance: governance(number).verifier_key().clone(),
            cosigner_ed25519: ed25519.verifier_key().clone(),
            cosigner_ml_dsa: ml_dsa.verifier_key().clone(),
        }
    };
    let authority = Authority {
        name: "a".into(),
        operator: "o1".into(),
        url: "https://a.example".into(),
        log: log().verifier_key().clone(),
        administration: administration().verifier_key().clone(),
        display_name: "City of A".into(),
    };
    let form = |kind: &str| EntryForm { kind: kind.into(), version: 1 };
    Version {
        name: "Fuzzed federation".into(),
        number: 1,
        previous: None,
        expires: Date::parse("2027-01-01").unwrap(),
        quorum: 3,
        faults: 1,
        status_age_s: 86_400,
        entries: ["issuance", "issuer", "snapshot"].map(form).to_vec(),
        operators: (1..=4).map(operator).collect(),
        authorities: vec![authority],
        pins: Vec::new(),
        clocks: Clocks::default(),
    }
}

fn log() -> SigningKey {
    key(ORIGIN, KeyType::Ed25519, 1)
}

fn administration() -> SigningKey {
    key("a.example/administration", KeyType::Ed25519, 2)
}

fn governance(number: u8) -> SigningKey {
    key(&format!("o{number}.example/governance"), KeyType::Ed25519, 60 + number)
}

fn federation() -> Federation {
    let version = version();
    let sign = |number| federation::sign(&version, &governance(number)).unwrap();
    let note = Note::new(&version.to_text(), (1..=3).map(sign).collect()).unwrap();
    Federation::parse(&note.to_bytes()).unwrap()
}

fn document(content: &ContentDigest) -> Document {
    let content = Content::new(*content, "application/pdf").unwrap();
    let others = vec![
        Field::new("date", "2026-05-03").unwrap(),
        Field::new("reference", "A 17").unwrap(),
        Field::new("grade", "1.3").unwrap(),
    ];
    Document::build(&content, "diploma", "School of A", None, others).unwrap()
}

fn prove(leaves: &[Hash], plan: &Plan) -> Vec<Hash> {
    let tile: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
    let tiles: Vec<&[u8]> = plan.tiles().iter().map(|id| &tile[..id.byte_len()]).collect();
    plan.finish(&tiles).unwrap()
}

impl World {
    pub fn new() -> World {
        let federation = federation();
        let rules = federation.rules_for(ORIGIN).unwrap();
        let issuer_key = key("school", KeyType::Ed25519, 3);
        let public = *issuer_key.verifier_key().ed25519_public_key().unwrap();
        let statement = IssuerStatement::new(None, "School of A", &public, &["diploma"]).unwrap();
        let request = IssuerRequest::sign(&rules.place(), statement, &issuer_key).unwrap();
        let issuer = request.admit(&administration()).unwrap();

        let content = ContentDigest { sha256: sha256(b"pdf"), length: 3, sha512: None };
        let document = document(&content);
        let secret = [9; 32];
        let mut leaves: Vec<Hash> = (0..16u8).map(|number| Hash([number; 32])).collect();
        leaves[5] = batch_leaf(&commit(&document, &secret));
        let batch = Batch::new(&leaves).unwrap();
        let (batch_root, height) = (batch.root(), batch.height());
        let statement = IssuanceStatement { issuer: LeafIndex(0), batch_root, height };
        let submission = statement.sign(&rules.place(), &issuer_key).unwrap();

        let mut state = State::new();
        let entries = write(&mut state, &rules, &issuer, |state| {
            Entry::Issuance(submission.entry(state.next_status()))
        });
        let answer = answer(&state, &entries, issuer);
        let receipt = answer.receipt(&federation, &document, &secret, &batch, 5).unwrap();
        World {
            federation,
            request: request.to_text(),
            content,
            document,
            answer: answer.to_json(),
            redacted: receipt.redact(&[0, 1, 2, 3, 5]).unwrap().to_bytes().unwrap(),
            receipt: receipt.to_bytes().unwrap(),
            entries,
            state,
        }
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

fn write(
    state: &mut State,
    rules: &Rules,
    issuer: &Issuer,
    issuance: impl Fn(&State) -> Entry,
) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for number in 0..3 {
        let entry = match number {
            0 => Entry::Issuer(issuer.clone()),
            1 => issuance(state),
            _ => Entry::Snapshot(state.snapshot(rules, NOW)),
        };
        state.apply(rules, &entry, &Found::default(), Some(NOW)).unwrap();
        entries.push(entry.to_bytes());
    }
    state.commit();
    entries
}

fn answer(state: &State, entries: &[Vec<u8>], issuer: Issuer) -> IssuanceAnswer {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let size = TreeSize(3);
    let mut edge = Edge::empty();
    edge.grow(&leaves).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, size, edge.root()).unwrap();
    let signed = SignedCheckpoint::sign(checkpoint, &log()).unwrap();
    let cosign =
        |key: SigningKey| cosignature::sign(&key, signed.checkpoint(), NOW, &[0; 32]).unwrap();
    let lines: Vec<_> = (1..=3).flat_map(cosigners).map(cosign).collect();
    let checkpoint = signed.with_added(&lines).unwrap();
    let proof = |index| prove(&leaves, &plan::inclusion(LeafIndex(index), size).unwrap());
    let Ok(Entry::Issuance(entry)) = Entry::parse(&entries[1]) else { panic!("no issuance") };
    let Ok(Entry::Snapshot(snapshot)) = Entry::parse(&entries[2]) else { panic!("no snapshot") };
    IssuanceAnswer {
        proof: TlogProof { extra: None, index: LeafIndex(1), proof: proof(1), checkpoint },
        entry,
        issuer,
        issuer_proof: proof(0),
        status: StatusAnswer {
            time: snapshot.time,
            length: snapshot.status_length,
            root: snapshot.status_root,
            proof: proof(2),
            first_piece: 0,
            pieces: vec![state.status_proof(entry.first_status).unwrap()],
        },
    }
}
