//! Letters, the receipts that belong to them, and receipts that do not.

use crate::maker::Maker;
use crate::world::{self, Log, Paper, T0, issuer_key};
use proto::document::{Content, Document, Field};
use proto::federation::Federation;
use proto::hash::LeafIndex;
use proto::receipt::Receipt;

const TYPE: &str = "school.certificate";
const OFFICE: &str = "School of Example";

/// What the cases are made of.
pub struct Scene {
    pub federation: Federation,
    /// A one-page letter with a table, and its receipt.
    pub letter: Vec<u8>,
    pub receipt: Vec<u8>,
    /// The same receipt with fields hidden.
    pub redacted: Vec<u8>,
    /// The same signatures with the proofs of another log.
    pub moved: Vec<u8>,
    /// A receipt for the same letter from a federation that nobody asked.
    pub foreign: Vec<u8>,
    /// Another letter, and its receipt.
    pub other: Vec<u8>,
    pub of_other: Vec<u8>,
    /// With a cross-reference stream, without an `/ID`, and with a mark that is only text.
    pub stream: (Vec<u8>, Vec<u8>),
    pub without_id: (Vec<u8>, Vec<u8>),
    pub with_a_mark: (Vec<u8>, Vec<u8>),
}

/// A letter that says this, instead of "A letter".
fn letter(text: &str) -> Maker {
    let mut maker = Maker::letter("");
    let content = format!("BT /F1 18 Tf 72 760 Td ({text}) Tj ET");
    let length = content.len();
    maker.objects[3] = format!("<< /Length {length} >>\nstream\n{content}\nendstream").into_bytes();
    maker
}

fn document(file: &[u8]) -> Document {
    let content = Content::new(world::digest(file), "application/pdf").unwrap();
    let field = |name: &str, value: &str| Field::new(name, value).unwrap();
    let fields = vec![field("date", "2026-05-02"), field("grade", "1.3")];
    Document::build(&content, TYPE, "School office", None, fields).unwrap()
}

fn issued(federation: &Federation, authority: u8, files: &[&[u8]]) -> (Log, Paper) {
    let mut log = Log::new(federation, authority);
    log.admit(OFFICE, &issuer_key(1), &[TYPE]);
    let documents = files.iter().map(|file| document(file)).collect();
    let paper = log.issue(LeafIndex(0), &issuer_key(1), documents);
    log.close(T0);
    (log, paper)
}

/// The letters and receipts of all cases.
pub fn scene() -> Scene {
    let federation = world::federation();
    let plain = letter("Grade: 1.3").table();
    let other = letter("Grade: 1.0").table();
    let stream = letter("Grade: 1.3").stream();
    let without_id = letter("Grade: 1.3").trailer("").table();
    let with_a_mark = letter("%beleg-seal/v1 original=7 receipt=3").table();
    let files = [&plain, &other, &stream, &without_id, &with_a_mark];
    let (log, paper) = issued(&federation, 1, &files.map(Vec::as_slice));
    let (elsewhere, its_paper) = issued(&federation, 2, &[&plain, &other]);
    let bytes = |receipt: &Receipt| receipt.to_bytes().unwrap();
    let receipt = |at: usize| log.receipt(&federation, &paper, at);
    let full = receipt(0);
    let there = elsewhere.receipt(&federation, &its_paper, 0);
    let moved = Receipt {
        index: there.index,
        checkpoint: there.checkpoint,
        proof: there.proof,
        issuer_proof: there.issuer_proof,
        status: None,
        ..full.clone()
    };
    let mut version = world::first();
    version.name = "Another federation".into();
    let stranger = Federation::parse(&world::founded(&version, &[1, 2, 3])).unwrap();
    let (log, strange) = issued(&stranger, 1, &[&plain]);
    Scene {
        receipt: bytes(&full),
        redacted: bytes(&full.redact(&[4]).unwrap()),
        moved: bytes(&moved),
        foreign: bytes(&log.receipt(&stranger, &strange, 0)),
        of_other: bytes(&receipt(1)),
        stream: (stream, bytes(&receipt(2))),
        without_id: (without_id, bytes(&receipt(3))),
        with_a_mark: (with_a_mark, bytes(&receipt(4))),
        federation,
        letter: plain,
        other,
    }
}
