//! A folder with documents and receipts, and the binary to check them with.

use crate::fixture::World;
use crate::fixture::log::{Log, admit};
use proto::document::batch::{Batch, batch_leaf};
use proto::document::commitment::commit;
use proto::document::{Content, ContentDigest, Document, Field};
use proto::hash::{Hash, StatusIndex, sha256};
use proto::ledger::IssuanceStatement;
use proto::ledger::status::{StatusState, StatusTree};
use proto::note::{KeyType, SigningKey};
use proto::receipt::Receipt;
use proto::time::Date;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub const TYPE: &str = "residence.certificate";

/// How receipts are made.
#[derive(Clone, Copy)]
pub struct Issue<'a> {
    pub document_type: &'a str,
    pub valid_until: Option<&'a str>,
    /// Name and value of further fields.
    pub fields: &'a [(&'a str, &'a str)],
    pub sha512: bool,
    /// Time of snapshot and cosignatures, in seconds before now.
    pub age_s: u64,
    pub change: fn(StatusIndex, &mut StatusTree),
}

impl Default for Issue<'_> {
    fn default() -> Self {
        Issue {
            document_type: TYPE,
            valid_until: None,
            fields: &[("date", "2026-05-03"), ("reference", "A 17"), ("pages", "2")],
            sha512: false,
            age_s: 10,
            change: |_, _| {},
        }
    }
}

pub struct Desk {
    pub dir: TempDir,
    pub world: World,
    key: SigningKey,
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Desk {
    pub fn new() -> Desk {
        Desk::until("2999-12-31")
    }

    /// A desk whose federation file is good until this day.
    pub fn until(expires: &str) -> Desk {
        Desk::of(World::new(expires))
    }

    /// A desk in this federation.
    pub fn of(world: World) -> Desk {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("federation"), world.federation.to_bytes()).unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        let key = SigningKey::from_seed("office", KeyType::Ed25519, &[200; 32]).unwrap();
        Desk { dir, world, key }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("in").join(name)
    }

    pub fn receipt_path(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.tlog-proof"))
    }

    /// Writes a document whose bytes are its name.
    pub fn document(&self, name: &str) -> PathBuf {
        fs::write(self.path(name), name).unwrap();
        self.path(name)
    }

    /// Writes documents and their receipts, all of one batch of a log of their own.
    pub fn issue(&self, names: &[&str], issue: Issue<'_>) -> Vec<Receipt> {
        self.issue_in(&mut self.log(), names, issue)
    }

    /// A log of city-c that has admitted the office.
    pub fn log(&self) -> Log<'_> {
        let issuer =
            admit(&self.world, &self.world.members[2], "Office \u{dc}", &self.key, &[TYPE]);
        Log::new(&self.world, 2, issuer)
    }

    /// Writes documents and their receipts, all of one batch of this log.
    pub fn issue_in(&self, log: &mut Log<'_>, names: &[&str], issue: Issue<'_>) -> Vec<Receipt> {
        let documents: Vec<Document> = names.iter().map(|name| document(name, issue)).collect();
        let secret = |i: usize| [u8::try_from(i % 251).unwrap(); 32];
        let width = names.len().next_power_of_two().max(16);
        let mut leaves: Vec<Hash> = (0..width).map(|i| sha256(&i.to_be_bytes())).collect();
        for (i, document) in documents.iter().enumerate() {
            leaves[i] = batch_leaf(&commit(document, &secret(i)));
        }
        let batch = Batch::new(&leaves).unwrap();
        let (batch_root, height) = (batch.root(), batch.height());
        let statement = IssuanceStatement { issuer: log.issuer_index, batch_root, height };
        let submission = statement.sign(&log.place(), &self.key).unwrap();
        let answer = log.publish(&submission, now() - issue.age_s, issue.change);
        let mut receipts = Vec::new();
        for (i, (document, name)) in documents.iter().zip(names).enumerate() {
            let federation = &self.world.federation;
            let receipt =
                answer.receipt(federation, document, &secret(i), &batch, i as u64).unwrap();
            self.document(name);
            fs::write(self.receipt_path(name), receipt.to_bytes().unwrap()).unwrap();
            receipts.push(receipt);
        }
        receipts
    }

    /// Runs `beleg COMMAND PATHS... --federation FILE`.
    pub fn beleg(&self, command: &str, paths: &[&Path], args: &[&str]) -> Output {
        let mut beleg = Command::new(env!("CARGO_BIN_EXE_beleg"));
        beleg.arg(command).args(paths).args(args);
        if !["inspect", "redact", "extract", "bundle"].contains(&command) {
            beleg.arg("--federation").arg(self.dir.path().join("federation"));
        }
        beleg.output().unwrap()
    }

    /// Runs `beleg verify --json` over one document: its exit code and the object.
    pub fn verdict(&self, name: &str) -> (i32, serde_json::Value) {
        let output = self.beleg("verify", &[&self.path(name)], &["--json"]);
        let json = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), json)
    }
}

fn document(name: &str, issue: Issue<'_>) -> Document {
    use sha2::{Digest as _, Sha512};
    let sha512 = issue.sha512.then(|| Sha512::digest(name).into());
    let digest =
        ContentDigest { sha256: sha256(name.as_bytes()), length: name.len() as u64, sha512 };
    let content = Content::new(digest, "application/pdf").unwrap();
    let until = issue.valid_until.map(|date| Date::parse(date).unwrap());
    let field = |(name, value): &(&str, &str)| Field::new(name, value).unwrap();
    let fields = issue.fields.iter().map(field).collect();
    Document::build(&content, issue.document_type, "Registry 3", until, fields).unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Withdraws the documents of a batch.
pub fn revoke_all(first: StatusIndex, status: &mut StatusTree) {
    for index in first.0..status.length() {
        status.set(StatusIndex(index), StatusState::Revoked).unwrap();
    }
}
