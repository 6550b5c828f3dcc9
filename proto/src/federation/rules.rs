//! What the federation file says about the entries of one log: which administration keys count at
//! which index, and which kinds and versions are in force.

use alloc::vec::Vec;

use super::Federation;
use crate::hash::TreeSize;
use crate::ledger::{AdminKey, Rules};

impl Federation {
    /// The ledger rules of the log with this origin; `None` if no version has it.
    ///
    /// An administration key counts for every entry while the newest version names it. One that was
    /// dropped counts for the entries before the pin of the version that dropped it.
    pub fn rules_for(&self, origin: &str) -> Option<Rules> {
        let mut keys: Vec<AdminKey> = Vec::new();
        for version in self.versions() {
            let Some(authority) = version.authority_by_origin(origin) else { continue };
            let Some(key) = authority.administration.ed25519_public_key() else { continue };
            let next = version.number.checked_add(1).and_then(|next| self.version(next));
            let until = next.map(|next| next.pin(origin).map_or(TreeSize(0), |pin| pin.size));
            keys.retain(|known| known.key != *key);
            keys.push(AdminKey { key: *key, until });
        }
        if keys.is_empty() {
            return None;
        }
        // What a version names stays in force: entries that were right once stay right.
        let named = |kind: &str, version: u8| {
            let names = |form: &super::EntryForm| form.kind == kind && form.version == version;
            self.versions().any(|version| version.entries.iter().any(names))
        };
        Some(Rules::new(self.id(), origin, keys).naming(named))
    }
}
