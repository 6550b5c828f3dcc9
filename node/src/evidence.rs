//! Split views: two checkpoints of one log that cannot both be true, both signed by that log.
//!
//! The pair is kept durably, served to anyone, and ends this node's cosigning of that log for good:
//! there is no call that forgets. The files in `evidence/` are the record; nothing else is.
//!
//! A file is a signed checkpoint named `<origin hash>-<size>-<first half of the SHA-256 of it>`.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use proto::checkpoint::SignedCheckpoint;
use proto::hash::sha256;
use tokio::sync::Notify;

use crate::replica::{ReadError, TileReader};
use crate::store::{Store, StoreError};

const FOLDER: &str = "evidence";
/// Files kept for one log. One pair is proof enough; a log that signs more adds nothing.
const FILES_PER_LOG: usize = 16;

/// What a comparison found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compared {
    /// Both belong to one history.
    Same,
    /// The other one is larger than the copy here: to be compared later.
    Larger,
    /// They contradict each other; both are kept by now.
    Split,
}

/// Why two checkpoints could not be compared, or not be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The copy here cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The evidence could not be written; the log counts as split nevertheless.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The evidence that this node holds.
pub struct Evidence {
    store: Arc<dyn Store>,
    /// File names by origin hash.
    names: RwLock<BTreeMap<String, Vec<String>>>,
    recorded: Notify,
}

impl Evidence {
    /// Reads what is there. Blocks on the disk.
    pub fn open(store: Arc<dyn Store>) -> Result<Evidence, StoreError> {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in store.list(FOLDER)? {
            let Some(name) = path.strip_prefix("evidence/") else { continue };
            if let Some((log, _)) = name.split_once('-') {
                names.entry(log.to_owned()).or_default().push(name.to_owned());
            }
        }
        Ok(Evidence { store, names: RwLock::new(names), recorded: Notify::new() })
    }

    /// Whether this log has shown two faces.
    pub fn is_split(&self, origin: &str) -> bool {
        let log = sha256(origin.as_bytes()).to_hex();
        self.names.read().unwrap_or_else(PoisonError::into_inner).contains_key(&log)
    }

    /// Returns once anything is recorded after the call.
    pub async fn recorded(&self) {
        self.recorded.notified().await;
    }

    /// Compares a checkpoint with the copy of its log here, of which `known` is the newest one. The
    /// caller has verified the log's signature on both. Blocks on the disk.
    pub fn compare(
        &self,
        reader: &TileReader,
        known: &SignedCheckpoint,
        other: &SignedCheckpoint,
    ) -> Result<Compared, CompareError> {
        let (size, root) = (other.checkpoint().size(), other.checkpoint().root());
        let own_root = if size == known.checkpoint().size() {
            *known.checkpoint().root()
        } else if size <= reader.size() {
            reader.root_at(size)?
        } else {
            return Ok(Compared::Larger);
        };
        if own_root == *root {
            return Ok(Compared::Same);
        }
        self.record(known, other)?;
        Ok(Compared::Split)
    }

    /// Keeps a pair: both files are durable when this returns. The caller has verified the log's
    /// signature on both. Blocks on the disk.
    pub fn record(&self, a: &SignedCheckpoint, b: &SignedCheckpoint) -> Result<(), StoreError> {
        let origin = a.checkpoint().origin();
        let log = sha256(origin.as_bytes()).to_hex();
        let mut files = Vec::new();
        for signed in [a, b] {
            let bytes = signed.to_bytes();
            let digest = sha256(&bytes).to_hex();
            let digest = digest.get(..32).unwrap_or_default();
            files.push((format!("{log}-{}-{digest}", signed.checkpoint().size()), bytes));
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let known = names.entry(log).or_default();
        files.retain(|(name, _)| !known.contains(name));
        if files.is_empty() || known.len() + files.len() > FILES_PER_LOG {
            return Ok(());
        }
        // From here the log counts as split, even if the disk fails: that only makes us stricter.
        known.extend(files.iter().map(|(name, _)| name.clone()));
        let paths = files.into_iter().map(|(name, bytes)| (format!("{FOLDER}/{name}"), bytes));
        let written = self.store.write_once(paths.collect());
        drop(names);
        metrics::counter!("beleg_split_views_total").increment(1);
        tracing::error!(
            alarm = "split-view",
            origin,
            size = a.checkpoint().size().0,
            other_size = b.checkpoint().size().0,
            "two checkpoints signed by this log contradict each other; \
             this node keeps both under /evidence and never cosigns the log again"
        );
        self.recorded.notify_waiters();
        written
    }

    /// The names of all files.
    pub fn list(&self) -> Vec<String> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.values().flatten().cloned().collect()
    }

    /// One file, by a name that [`Evidence::list`] gave. Blocks on the disk.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.list().iter().any(|known| known == name) {
            return Ok(None);
        }
        self.store.read(&format!("{FOLDER}/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use proto::checkpoint::Checkpoint;
    use proto::hash::{Hash, TreeSize};
    use proto::note::{KeyType, SigningKey};

    fn signed(root: u8) -> SignedCheckpoint {
        let key = SigningKey::from_seed("log.example/a", KeyType::Ed25519, &[1; 32]).unwrap();
        let checkpoint = Checkpoint::new("log.example/a", TreeSize(5), Hash([root; 32])).unwrap();
        SignedCheckpoint::sign(checkpoint, &key).unwrap()
    }

    #[test]
    fn a_pair_is_kept_served_and_outlives_the_process() {
        let store = MemoryStore::new();
        let evidence = Evidence::open(Arc::new(store.clone())).unwrap();
        assert!(!evidence.is_split("log.example/a"));
        evidence.record(&signed(1), &signed(2)).unwrap();
        evidence.record(&signed(1), &signed(2)).unwrap();
        let again = Evidence::open(Arc::new(store)).unwrap();
        for evidence in [evidence, again] {
            assert!(evidence.is_split("log.example/a"));
            assert!(!evidence.is_split("log.example/b"));
            let names = evidence.list();
            assert_eq!(names.len(), 2);
            let read = |name: &String| evidence.read(name).unwrap().unwrap();
            let mut kept: Vec<_> = names.iter().map(read).collect();
            let mut given = vec![signed(1).to_bytes(), signed(2).to_bytes()];
            kept.sort();
            given.sort();
            assert_eq!(kept, given);
            assert_eq!(evidence.read("../lock").unwrap(), None);
        }
    }
}
