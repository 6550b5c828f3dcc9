//! What the federation file says about one log, as far as the ledger needs it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::hash::{LeafIndex, TreeSize};

use super::entry::{self, Entry};
use super::place::{FederationId, Place};

/// An administration key and how far it counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdminKey {
    /// The Ed25519 public key.
    pub key: [u8; 32],
    /// It counts for entries below this size, which the next federation version pinned; absent for
    /// the newest version, whose key counts everywhere.
    pub until: Option<TreeSize>,
}

/// The rules for one log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    federation: FederationId,
    origin: String,
    admin_keys: Vec<AdminKey>,
    /// Kind bytes in force, in version 1.
    kinds: Vec<u8>,
}

/// The kinds of entry whose rules this program knows, with their names in a federation file.
const KNOWN: [(&str, u8); 4] = [
    ("issuer", entry::ISSUER),
    ("issuance", entry::ISSUANCE),
    ("revocation", entry::REVOCATION),
    ("snapshot", entry::SNAPSHOT),
];

impl Rules {
    /// Rules for the log `origin` of a federation, with every kind of entry in force whose rules
    /// this program knows. A federation file makes them with `rules_for`.
    pub fn new(federation: FederationId, origin: &str, admin_keys: Vec<AdminKey>) -> Rules {
        let kinds = KNOWN.iter().map(|(_, kind)| *kind).collect();
        Rules { federation, origin: origin.to_string(), admin_keys, kinds }
    }

    /// The same rules with only those entries in force that are `named`, by kind and version.
    pub fn naming(mut self, named: impl Fn(&str, u8) -> bool) -> Rules {
        let kinds = KNOWN.iter().filter(|(name, _)| named(name, entry::VERSION));
        self.kinds = kinds.map(|(_, kind)| *kind).collect();
        self
    }

    /// The federation.
    pub fn federation(&self) -> FederationId {
        self.federation
    }

    /// The identity line of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where signatures of this log's entries count.
    pub fn place(&self) -> Place<'_> {
        Place { federation: self.federation, origin: &self.origin }
    }

    /// The administration keys that count for an entry at this index.
    pub fn admin_keys_at(&self, index: LeafIndex) -> impl Iterator<Item = &[u8; 32]> {
        let counts = move |key: &&AdminKey| key.until.is_none_or(|until| index.0 < until.0);
        self.admin_keys.iter().filter(counts).map(|key| &key.key)
    }

    /// Whether this kind and version of entry is in force.
    pub fn in_force(&self, entry: &Entry) -> bool {
        self.kinds.contains(&match entry {
            Entry::Issuer(_) => entry::ISSUER,
            Entry::Issuance(_) => entry::ISSUANCE,
            Entry::Revocation(_) => entry::REVOCATION,
            Entry::Snapshot(_) => entry::SNAPSHOT,
        })
    }
}
