//! What was checked before, so that ten thousand receipts of one batch do not check one checkpoint
//! ten thousand times.
//!
//! An answer is remembered under everything that it depends on, compared byte by byte; nothing is
//! remembered under a name, an index or a short hash. Times are judged anew for each question.

use alloc::string::String;
use alloc::vec::Vec;

use super::reason::Reason;
use crate::anchor::Evidence;
use crate::anchor::bitcoin::BlockHash;
use crate::anchor::clocks::Bitcoin;
use crate::anchor::evm::KnownBlock;
use crate::anchor::judge::{Outside, Problem, Proven};
use crate::checkpoint::SignedCheckpoint;
use crate::federation::{Federation, Link, PublishedCheckpoint, Version};
use crate::hash::{Hash, Timestamp};
use crate::ledger::{FederationId, Issuer, Submission};

/// Answers kept of each kind: a receipt has two checkpoints at most, and a folder may mix batches.
const KEPT: usize = 8;

/// What a verifier of many receipts knows already. It changes no verdict, only its cost.
#[derive(Default, Debug)]
pub struct Known {
    federation: Option<(FederationId, Version)>,
    pub(super) trees: Recent<(SignedCheckpoint, Vec<Link>), Result<PublishedCheckpoint, Reason>>,
    pub(super) issuers: Recent<(String, u64, Issuer), Result<(), Reason>>,
    pub(super) issuances: Recent<(String, Submission, [u8; 32]), Result<(), Reason>>,
    outside: Option<(HeadersId, Vec<KnownBlock>)>,
    anchors: Recent<(Evidence, Hash, Timestamp), Result<Proven, Problem>>,
}

/// The last header of a chain that was verified from its first block stands for all of it.
type HeadersId = Option<(BlockHash, Bitcoin)>;

impl Known {
    /// Forgets everything that was learned under another federation file. The newest version names
    /// the hash of the one before, so it stands for the whole chain.
    pub(super) fn bind(&mut self, federation: &Federation) {
        let same = self
            .federation
            .as_ref()
            .is_some_and(|(id, version)| *id == federation.id() && version == federation.current());
        if !same {
            let bound = Some((federation.id(), federation.current().clone()));
            *self = Known { federation: bound, ..Known::default() };
        }
    }

    /// The answers about outside evidence; forgotten if other headers or blocks are at hand.
    pub(super) fn anchors_with(
        &mut self,
        outside: &Outside<'_>,
    ) -> &mut Recent<(Evidence, Hash, Timestamp), Result<Proven, Problem>> {
        let headers = outside.headers.map(|headers| (headers.tip_hash(), *headers.base()));
        let same = self
            .outside
            .as_ref()
            .is_some_and(|(kept, blocks)| *kept == headers && blocks == outside.blocks);
        if !same {
            self.outside = Some((headers, outside.blocks.to_vec()));
            self.anchors = Recent::default();
        }
        &mut self.anchors
    }
}

/// The newest answers.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    kept: Vec<(K, V)>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent { kept: Vec::new() }
    }
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// The answer for `key`, looked up or found out.
    pub(super) fn get(&mut self, key: K, find_out: impl FnOnce(&K) -> V) -> V {
        if let Some((_, value)) = self.kept.iter().find(|(kept, _)| *kept == key) {
            return value.clone();
        }
        let value = find_out(&key);
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push((key, value.clone()));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_answers_make_room() {
        let mut recent = Recent::default();
        for key in 0..20 {
            assert_eq!(recent.get(key, |key| key * 2), key * 2);
            assert_eq!(recent.get(key, |_| 0), key * 2, "remembered");
        }
        assert_eq!(recent.kept.len(), KEPT);
        assert_eq!(recent.get(0, |_| 7), 7, "forgotten");
    }
}
