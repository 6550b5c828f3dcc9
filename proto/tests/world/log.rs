//! A log in memory, and receipts of what is in it.

use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::cosignature;
use proto::document::Document;
use proto::document::batch::{Batch, batch_leaf};
use proto::document::commitment::commit;
use proto::federation::Federation;
use proto::hash::{Hash, LeafIndex, StatusIndex, Timestamp, TreeSize, leaf_hash, sha256};
use proto::ledger::{
    Entry, Issuance, IssuanceStatement, Issuer, IssuerRequest, IssuerStatement, Refusal, Rules,
    Seen, Snapshot, State, StatusTree, Submission, plan,
};
use proto::merkle::root_of;
use proto::note::SigningKey;
use proto::receipt::answer::{IssuanceAnswer, StatusAnswer};
use proto::receipt::{Receipt, StatusProof};
use proto::tlog_proof::TlogProof;

/// A log with all its entries.
pub struct Log {
    pub authority: u8,
    pub rules: Rules,
    pub state: State,
    pub entries: Vec<Vec<u8>>,
    pub seen: Seen,
    /// What a snapshot showed that no rule checked.
    shown: Option<(StatusTree, Timestamp)>,
}

/// Issued documents: all that their issuer keeps.
pub struct Paper {
    pub documents: Vec<Document>,
    pub secrets: Vec<[u8; 32]>,
    pub batch: Batch,
    pub entry: Issuance,
    pub index: LeafIndex,
}

impl Log {
    pub fn new(federation: &Federation, authority: u8) -> Log {
        let origin = super::ORIGINS[usize::from(authority) - 1];
        let rules = federation.rules_for(origin).unwrap();
        let (state, seen) = (State::new(), Seen::default());
        Log { authority, rules, state, entries: Vec::new(), seen, shown: None }
    }

    /// The same log under a federation version that puts every kind of entry in force.
    pub fn with_all_kinds(mut self) -> Log {
        self.rules = self.rules.naming(|_, _| true);
        self
    }

    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Appends an entry that the rules allow.
    pub fn push(&mut self, entry: &Entry) -> LeafIndex {
        let found = self.seen.find(&plan(entry));
        self.state.apply(&self.rules, entry, &found, None).unwrap();
        self.seen.keep(&self.state);
        self.state.commit();
        self.append(entry)
    }

    /// Appends an entry although the rules may forbid it, as a dishonest quorum could.
    pub fn append(&mut self, entry: &Entry) -> LeafIndex {
        self.entries.push(entry.to_bytes());
        LeafIndex(self.len() - 1)
    }

    /// The entry that admits a new issuer.
    pub fn admission(&self, name: &str, key: &SigningKey, scope: &[&str]) -> Issuer {
        let statement = IssuerStatement::new(None, name, &super::public(key), scope).unwrap();
        let request = IssuerRequest::sign(&self.rules.place(), statement, key).unwrap();
        request.admit(&super::administration(self.authority)).unwrap()
    }

    pub fn admit(&mut self, name: &str, key: &SigningKey, scope: &[&str]) -> LeafIndex {
        let entry = self.admission(name, key, scope);
        self.push(&Entry::Issuer(entry))
    }

    /// A batch of these documents, signed for this log.
    pub fn prepare(
        &self,
        issuer: LeafIndex,
        key: &SigningKey,
        documents: Vec<Document>,
    ) -> (Batch, Vec<[u8; 32]>, Submission) {
        let secrets: Vec<[u8; 32]> = (0..documents.len() as u8).map(super::secret).collect();
        let mut leaves: Vec<Hash> = (documents.iter().zip(&secrets))
            .map(|(document, secret)| batch_leaf(&commit(document, secret)))
            .collect();
        let width = leaves.len().next_power_of_two().max(16);
        leaves.extend((leaves.len()..width).map(|i| sha256(format!("padding {i}").as_bytes())));
        let batch = Batch::new(&leaves).unwrap();
        let (batch_root, height) = (batch.root(), batch.height());
        let statement = IssuanceStatement { issuer, batch_root, height };
        let submission = statement.sign(&self.rules.place(), key).unwrap();
        (batch, secrets, submission)
    }

    pub fn issue(
        &mut self,
        issuer: LeafIndex,
        key: &SigningKey,
        documents: Vec<Document>,
    ) -> Paper {
        let (batch, secrets, submission) = self.prepare(issuer, key, documents.clone());
        let entry = submission.entry(self.state.next_status());
        let index = self.push(&Entry::Issuance(entry));
        Paper { documents, secrets, batch, entry, index }
    }

    /// Closes with a snapshot of this time.
    pub fn close(&mut self, time: Timestamp) -> LeafIndex {
        let snapshot = self.state.snapshot(&self.rules, time);
        self.push(&Entry::Snapshot(snapshot))
    }

    /// Closes with a snapshot of another status list than the rules ask for.
    pub fn snapshot_of(&mut self, status: &StatusTree, time: Timestamp) {
        let federation = self.rules.federation();
        let (status_length, status_root) = (status.length(), status.root());
        self.append(&Entry::Snapshot(Snapshot { federation, time, status_length, status_root }));
        self.shown = Some((status.clone(), time));
    }

    /// The status list and time that the last snapshot shows.
    fn shown(&self) -> (&StatusTree, Timestamp) {
        match &self.shown {
            Some((status, time)) => (status, *time),
            None => (self.state.status(), self.state.last_time()),
        }
    }

    pub fn leaves(&self, size: usize) -> Vec<Hash> {
        self.entries[..size].iter().map(|entry| leaf_hash(entry)).collect()
    }

    pub fn root(&self, size: usize) -> Hash {
        root_of(&self.leaves(size))
    }

    /// The inclusion proof of RFC 6962, section 2.1.1, in the newest tree.
    pub fn prove(&self, index: LeafIndex) -> Vec<Hash> {
        prove(index.0 as usize, &self.leaves(self.entries.len()))
    }

    /// The consistency proof from an older tree to the newest.
    pub fn prove_consistency(&self, old: usize) -> Vec<Hash> {
        prove_consistency(old, &self.leaves(self.entries.len()), true)
    }

    /// The newest tree, signed by the log and cosigned.
    pub fn publish(&self, cosigners: &[(u8, Timestamp)]) -> SignedCheckpoint {
        let (size, root) = (TreeSize(self.len()), self.root(self.entries.len()));
        let head = Checkpoint::new(self.rules.origin(), size, root).unwrap();
        let mut lines = Vec::new();
        for (operator, time) in cosigners {
            for key in super::cosigners(*operator) {
                lines.push(cosignature::sign(&key, &head, *time, &[0; 32]).unwrap());
            }
        }
        let key = super::log_key(self.authority);
        SignedCheckpoint::sign(head, &key).unwrap().with_added(&lines).unwrap()
    }

    /// The newest tree, cosigned by the first three operators a second after its snapshot.
    pub fn published(&self) -> SignedCheckpoint {
        let time = Timestamp(self.shown().1.0 + 1);
        self.publish(&[(1, time), (2, time), (3, time)])
    }

    /// What the node answers when the batch is published.
    pub fn answer(&self, paper: &Paper, checkpoint: &SignedCheckpoint) -> IssuanceAnswer {
        let statement = &paper.entry.submission.statement;
        let issuer = match Entry::parse(&self.entries[statement.issuer.0 as usize]).unwrap() {
            Entry::Issuer(issuer) => issuer,
            other => panic!("{other:?}"),
        };
        let first = paper.entry.first_status.0;
        let first_piece = first / 1024;
        let last_piece = (first + statement.width() - 1) / 1024;
        let (status, time) = self.shown();
        let piece = |at: u64| status.prove(StatusIndex((at * 1024).max(first))).unwrap();
        IssuanceAnswer {
            proof: TlogProof {
                extra: None,
                index: paper.index,
                proof: self.prove(paper.index),
                checkpoint: checkpoint.clone(),
            },
            entry: paper.entry,
            issuer,
            issuer_proof: self.prove(statement.issuer),
            status: StatusAnswer {
                time,
                length: status.length(),
                root: status.root(),
                proof: self.prove(LeafIndex(self.len() - 1)),
                first_piece,
                pieces: (first_piece..=last_piece).map(piece).collect(),
            },
        }
    }

    /// The receipt of one document.
    pub fn receipt(&self, federation: &Federation, paper: &Paper, at: usize) -> Receipt {
        let answer = self.answer(paper, &self.published());
        let (document, secret) = (&paper.documents[at], &paper.secrets[at]);
        answer.receipt(federation, document, secret, &paper.batch, at as u64).unwrap()
    }

    /// The status of a document by the newest tree, with its own checkpoint.
    pub fn fresh_status(&self, index: StatusIndex) -> StatusProof {
        StatusProof {
            checkpoint: Some(self.published()),
            time: self.state.last_time(),
            length: self.state.status().length(),
            root: self.state.status().root(),
            proof: self.prove(LeafIndex(self.len() - 1)),
            piece: self.state.status_proof(index).unwrap(),
        }
    }

    /// What the rules say to an entry; nothing is appended.
    pub fn judge(&mut self, entry: &Entry) -> Result<(), Refusal> {
        let found = self.seen.find(&plan(entry));
        let answer = self.state.apply(&self.rules, entry, &found, None);
        self.state.rollback();
        answer
    }
}

pub fn prove(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if index < left.len() {
        [prove(index, left), vec![root_of(right)]].concat()
    } else {
        [prove(index - left.len(), right), vec![root_of(left)]].concat()
    }
}

/// RFC 6962, section 2.1.2: SUBPROOF.
fn prove_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root_of(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if old <= left.len() {
        [prove_consistency(old, left, whole), vec![root_of(right)]].concat()
    } else {
        [prove_consistency(old - left.len(), right, false), vec![root_of(left)]].concat()
    }
}
