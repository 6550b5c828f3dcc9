//! A log's author for tests: an administration key, one issuer, and entries that the rules allow.

use std::path::Path;
use std::sync::Arc;

use proto::hash::{LeafIndex, Timestamp, TreeSize, sha256};
use proto::ledger::{
    AdminKey, Entry, FederationId, IssuanceStatement, Issuer, IssuerStatement, Rules, Signed, State,
};
use proto::note::{KeyType, SigningKey, VerifierKey};

use super::{Replica, ReplicaError};
use crate::store::{Index, Store};

/// The folder of the log.
pub(crate) const PREFIX: &str = "log";

/// Who may write to the log.
pub(crate) struct Author {
    admin: SigningKey,
    issuer: SigningKey,
    pub(crate) rules: Rules,
}

impl Author {
    pub(crate) fn new() -> Author {
        let key = |seed| SigningKey::from_seed("k", KeyType::Ed25519, &[seed; 32]).unwrap();
        let admin = key(1);
        let public = *admin.verifier_key().ed25519_public_key().unwrap();
        let admins = vec![AdminKey { key: public, until: None }];
        let rules = Rules::new(FederationId([7; 32]), "a.example/log", admins);
        Author { admin, issuer: key(2), rules }
    }

    /// The author under the rules of a federation that names the same administration key.
    pub(crate) fn under(rules: Rules) -> Author {
        Author { rules, ..Author::new() }
    }

    /// The public half of the administration key.
    pub(crate) fn admin(&self) -> &VerifierKey {
        self.admin.verifier_key()
    }

    /// The entry that admits the issuer.
    pub(crate) fn admission(&self) -> Vec<u8> {
        let place = self.rules.place();
        let key = self.issuer.verifier_key().ed25519_public_key().unwrap();
        let statement = IssuerStatement::new(None, "Office", key, &["diploma"]).unwrap();
        let part = statement.to_bytes();
        let admin_signature = Signed::IssuerByAdmin.sign(&place, &part, &self.admin).unwrap();
        let by_key = Signed::IssuerByKey.sign(&place, &part, &self.issuer).unwrap();
        let issuer = Issuer { statement, admin_signature, key_signature: Some(by_key) };
        Entry::Issuer(issuer).to_bytes()
    }

    /// The next issuance, of a batch that `number` tells from others; the issuer is entry 0.
    pub(crate) fn issuance(&self, state: &State, number: u64) -> Vec<u8> {
        let batch_root = sha256(&number.to_be_bytes());
        let statement = IssuanceStatement { issuer: LeafIndex(0), batch_root, height: 4 };
        let submission = statement.sign(&self.rules.place(), &self.issuer).unwrap();
        Entry::Issuance(submission.entry(state.next_status())).to_bytes()
    }

    /// The snapshot that closes the log.
    pub(crate) fn snapshot(&self, state: &State) -> Vec<u8> {
        let time = Timestamp(state.last_time().0 + 1);
        Entry::Snapshot(state.snapshot(&self.rules, time)).to_bytes()
    }

    /// Opens the log's copy as a new process does.
    pub(crate) fn open(
        &self,
        store: Arc<dyn Store>,
        index: &Path,
        limit: TreeSize,
    ) -> Result<Replica, ReplicaError> {
        let index = Index::open(index)?.log(PREFIX)?;
        Replica::open(store, index, PREFIX, self.rules.clone(), limit)
    }

    /// Applies one closed round: an admission if the log is empty, issuances, a snapshot.
    pub(crate) fn apply_round(&self, replica: &mut Replica, numbers: std::ops::Range<u64>) {
        if replica.applied().0 == 0 {
            replica.apply(&self.admission(), None).unwrap();
        }
        for number in numbers {
            let entry = self.issuance(replica.state(), number);
            replica.apply(&entry, None).unwrap();
        }
        replica.apply(&self.snapshot(replica.state()), None).unwrap();
    }
}
