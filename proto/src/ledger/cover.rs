//! From documents to as few ranges and entries as possible.
//!
//! Neighbouring indexes merge. Of a batch whose documents all change, the padding changes as well,
//! so that nobody can count the documents; its pointers to successors are noise.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::hash::{LeafIndex, StatusIndex};

use super::entry::EntryError;
use super::ranges::{portions, ranges};
use super::revocation::{RevocationStatement, Signer};
use super::status::{StatusState, StatusTree};
use super::successor::Pointer;

/// What the issuer's journal says of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchShape {
    /// How many status indexes it has.
    pub width: u64,
    /// How many of them are documents.
    pub documents: u64,
}

/// The documents that change, and what is around them.
#[derive(Debug, Clone, Copy)]
pub struct Cover<'a> {
    /// What they change to.
    pub state: StatusState,
    /// Those that change, with the pointers to their successors where they have one.
    pub documents: &'a BTreeMap<u64, Option<Pointer>>,
    /// Those that were named and stand so already.
    pub unchanged: &'a BTreeSet<u64>,
    /// The batches that they are of, by the status index of their place 0.
    pub batches: &'a BTreeMap<u64, BatchShape>,
    /// The states as they are.
    pub tree: &'a StatusTree,
}

impl Cover<'_> {
    /// The statements to sign, with ascending numbers from `sequence` on. `noise` gives random
    /// pointers.
    pub fn statements<E: From<EntryError>>(
        &self,
        issuer: LeafIndex,
        sequence: u64,
        noise: &mut dyn FnMut() -> Result<Pointer, E>,
    ) -> Result<Vec<RevocationStatement>, E> {
        let (mut plain, mut pointed) = (BTreeSet::new(), BTreeMap::new());
        for (index, pointer) in self.documents {
            match pointer {
                None => {
                    plain.insert(*index);
                }
                Some(pointer) => {
                    pointed.insert(*index, *pointer);
                }
            }
        }
        for index in self.padding() {
            let batch = self.batches.range(..=index).next_back().map_or(0, |(first, _)| *first);
            // Padding goes with the documents of its batch.
            let named = pointed.range(batch..).next().is_some_and(|(at, _)| self.same(batch, *at));
            if named {
                pointed.insert(index, noise()?);
            } else {
                plain.insert(index);
            }
        }
        let mut statements = Vec::new();
        let number = |statements: &Vec<_>| {
            sequence.saturating_add(u64::try_from(statements.len()).unwrap_or(u64::MAX))
        };
        for part in portions(&ranges(plain.into_iter()), false) {
            let (signer, number) = (Signer::Issuer, number(&statements));
            statements.push(RevocationStatement::new(issuer, number, signer, self.state, part)?);
        }
        for part in portions(&ranges(pointed.keys().copied()), true) {
            let number = number(&statements);
            let inside = part.iter().flat_map(|range| range.first.0..=range.last.0);
            let pointers = inside.filter_map(|index| pointed.get(&index).copied()).collect();
            let signer = Signer::Issuer;
            let statement = RevocationStatement::new(issuer, number, signer, self.state, part)?;
            statements.push(statement.naming(pointers)?);
        }
        Ok(statements)
    }

    /// The padding of the batches whose documents were all named.
    fn padding(&self) -> Vec<u64> {
        let mut padding = Vec::new();
        for (first, batch) in self.batches {
            let places = *first..first.saturating_add(batch.width);
            let changed = self.documents.range(places.clone()).count();
            let named = changed.saturating_add(self.unchanged.range(places.clone()).count());
            let open = |index: &u64| {
                let state = self.tree.state(StatusIndex(*index));
                state.is_some_and(|from| Signer::Issuer.may_change(from, self.state))
            };
            let known =
                |index: &u64| self.documents.contains_key(index) || self.unchanged.contains(index);
            let rest: Vec<u64> = places.filter(|index| !known(index)).collect();
            let all = u64::try_from(named) == Ok(batch.documents);
            if changed > 0 && all && rest.iter().all(open) {
                padding.extend(rest);
            }
        }
        padding
    }

    fn same(&self, batch: u64, index: u64) -> bool {
        let within = index.checked_sub(batch);
        self.batches.get(&batch).is_some_and(|shape| within.is_some_and(|at| at < shape.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(documents: u64) -> BatchShape {
        BatchShape { width: 16, documents }
    }

    fn statements(
        state: StatusState,
        documents: &[(u64, Option<Pointer>)],
        unchanged: &[u64],
        tree: &StatusTree,
    ) -> Vec<RevocationStatement> {
        let cover = Cover {
            state,
            documents: &documents.iter().copied().collect(),
            unchanged: &unchanged.iter().copied().collect(),
            batches: &[(0, shape(2)), (16, shape(3)), (48, shape(1))].into(),
            tree,
        };
        let mut next = 100;
        let mut noise = || {
            next += 1;
            Ok::<_, EntryError>(Pointer([next; 40]))
        };
        cover.statements(LeafIndex(1), 7, &mut noise).unwrap()
    }

    fn runs(statement: &RevocationStatement) -> Vec<(u64, u64)> {
        statement.ranges().iter().map(|range| (range.first.0, range.last.0)).collect()
    }

    fn tree() -> StatusTree {
        let mut tree = StatusTree::new();
        tree.extend(64).unwrap();
        tree
    }

    #[test]
    fn padding_changes_with_the_last_of_its_documents() {
        let revoked = StatusState::Revoked;
        let only = |documents: &[u64], unchanged: &[u64], tree: &StatusTree| {
            let documents: Vec<_> = documents.iter().map(|index| (*index, None)).collect();
            let all = statements(revoked, &documents, unchanged, tree);
            assert_eq!(all.len(), 1);
            runs(&all[0])
        };
        assert_eq!(only(&[3], &[], &tree()), [(3, 3)]);
        assert_eq!(only(&[3, 9], &[], &tree()), [(0, 15)]);
        assert_eq!(only(&[9], &[3], &tree()), [(0, 2), (4, 15)]);
        assert_eq!(only(&[3, 9, 17, 18, 30], &[], &tree()), [(0, 31)]);
        assert_eq!(only(&[3, 4, 17, 18, 50], &[], &tree()), [(0, 15), (17, 18), (48, 63)]);
        // Padding that is final otherwise stays, and with it the shape is seen.
        let mut other = tree();
        other.set(StatusIndex(12), StatusState::Superseded);
        assert_eq!(only(&[3, 9], &[], &other), [(3, 3), (9, 9)]);
    }

    #[test]
    fn pointers_are_named_for_all_of_an_entry_and_padding_gets_noise() {
        let pointer = |byte| Some(Pointer([byte; 40]));
        let documents = [(3, pointer(1)), (9, pointer(2)), (17, None)];
        let all = statements(StatusState::Superseded, &documents, &[], &tree());
        assert_eq!(all.iter().map(|s| s.sequence).collect::<Vec<_>>(), [7, 8]);
        assert_eq!((runs(&all[0]), all[0].successors().count()), (alloc::vec![(17, 17)], 0));
        assert_eq!(runs(&all[1]), [(0, 15)]);
        let named: Vec<_> = all[1].successors().collect();
        assert_eq!((named.len(), named[3].1, named[9].1), (16, Pointer([1; 40]), Pointer([2; 40])));
        assert_ne!(named[0].1, named[1].1);
    }
}
