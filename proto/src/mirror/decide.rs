//! What a mirror decides about an `add-entries` request (tlog-mirror#processing).
//!
//! Three pure decisions: about the header, about each package, and about the end. The caller stores
//! authenticated entries, and moves its mirror checkpoint only after all of them are durable.
//! Always: mirror checkpoint <= next entry <= size of the pending checkpoint.

use alloc::vec::Vec;

use thiserror::Error;

use super::{Header, MirrorInfo, Package};
use crate::hash::{Hash, LeafIndex, TreeSize, leaf_hash};
use crate::limits;
use crate::merkle::{self, ProofError, subtree};

/// What a mirror has of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored<'a> {
    /// The size of the pending checkpoint; none if no checkpoint was ever received.
    pub pending: Option<TreeSize>,
    /// The size of the mirror checkpoint; 0 if there is none.
    pub mirror: TreeSize,
    /// The first entry that the mirror does not have.
    pub next: LeafIndex,
    /// The sizes of earlier pending checkpoints that the mirror still knows, or that it has found
    /// authentic in the ticket of the request.
    pub known_ends: &'a [TreeSize],
}

/// Why a header is refused. [`Refusal::status`] is the HTTP status that the specification asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The log is not one of those that this mirror knows.
    #[error("This log is not known here.")]
    UnknownLog,
    /// No checkpoint of the log was ever received.
    #[error("No checkpoint of this log was received yet; send add-checkpoint first.")]
    NoPendingCheckpoint,
    /// The request does not start or end where the mirror is.
    #[error("The upload must start at entry {next} and end at size {size}.")]
    Conflict {
        /// The size to send as `upload_end`.
        size: TreeSize,
        /// The index to send as `upload_start`.
        next: LeafIndex,
    },
}

/// Why a package is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum PackageRefusal {
    /// The entries are not those that the checkpoint commits to: 422.
    #[error("The entries are not those of the checkpoint: {0}")]
    NotProven(ProofError),
    /// The caller gave another count of leaf hashes than the bundle has before the package.
    #[error("{want} earlier leaf hashes of the bundle are needed and {got} were given.")]
    WrongLeavesBefore {
        /// Leaf hashes needed.
        want: u64,
        /// Leaf hashes given.
        got: usize,
    },
}

/// How a request ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// All packages arrived: make everything durable, move the mirror checkpoint, answer 200 with
    /// cosignatures.
    Complete,
    /// Some arrived: answer 202 with the next entry.
    Partial,
    /// None arrived although there should be some: answer 400.
    Nothing,
}

impl Refusal {
    /// The HTTP status code that the specification asks for.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::UnknownLog => 404,
            Refusal::NoPendingCheckpoint => 422,
            Refusal::Conflict { .. } => 409,
        }
    }

    /// The body of the answer, if the status is 409.
    pub fn info(&self, ticket: &[u8]) -> Option<MirrorInfo> {
        match *self {
            Refusal::Conflict { size, next } => {
                Some(MirrorInfo { size, next, ticket: ticket.into() })
            }
            _ => None,
        }
    }
}

impl Ending {
    /// The HTTP status code that the specification asks for.
    pub fn status(self) -> u16 {
        match self {
            Ending::Complete => 200,
            Ending::Partial => 202,
            Ending::Nothing => 400,
        }
    }
}

/// Decides whether packages are read at all. `stored` is `None` if the log is unknown.
///
/// The state may be older than the newest: that cannot do harm, it can only refuse.
pub fn header(stored: Option<&Stored<'_>>, header: &Header) -> Result<(), Refusal> {
    let stored = stored.ok_or(Refusal::UnknownLog)?;
    let pending = stored.pending.ok_or(Refusal::NoPendingCheckpoint)?;
    let (start, end, next) = (header.start(), header.end(), stored.next);
    let mirrored = stored.mirror.0 > 0 && end == stored.mirror;
    let known = mirrored || end == pending || stored.known_ends.contains(&end);
    if !known || end < stored.mirror {
        return Err(Refusal::Conflict { size: pending, next });
    }
    // From here on the end is good, so the client may keep it.
    let excess = end.0.min(next.0).checked_sub(start.0);
    if start > next || excess.is_none_or(|excess| excess > limits::EXCESS_ENTRIES) {
        return Err(Refusal::Conflict { size: end, next });
    }
    Ok(())
}

/// Checks the entries of a package against the checkpoint at `upload_end` and gives their leaf
/// hashes.
///
/// `before` are the leaf hashes of the entries that the mirror already has in the same bundle:
/// those from `bundle_start` up to and without `start`. `size` and `root` are those of the
/// checkpoint.
pub fn authenticate(
    package: &Package,
    before: &[Hash],
    size: TreeSize,
    root: &Hash,
) -> Result<Vec<Hash>, PackageRefusal> {
    let range = &package.range;
    let want = range.start.saturating_sub(range.bundle_start);
    if u64::try_from(before.len()) != Ok(want) {
        return Err(PackageRefusal::WrongLeavesBefore { want, got: before.len() });
    }
    let leaves: Vec<Hash> = package.entries.iter().map(|entry| leaf_hash(entry)).collect();
    let all: Vec<Hash> = before.iter().chain(&leaves).copied().collect();
    let proven = range.subtree().and_then(|subtree| {
        subtree::verify(subtree, &merkle::root_of(&all), size, root, &package.proof)
    });
    proven.map_err(PackageRefusal::NotProven)?;
    Ok(leaves)
}

/// Decides about the answer when the body has ended after this many authenticated packages.
pub fn ending(header: &Header, packages_saved: u64) -> Ending {
    let all = header.package_count();
    match packages_saved {
        saved if saved >= all => Ending::Complete,
        0 => Ending::Nothing,
        _ => Ending::Partial,
    }
}

/// Whether the mirror checkpoint may move to `end`; it never goes back.
///
/// Called in the same step that replaces the mirror checkpoint, because another request may have
/// moved it meanwhile.
pub fn may_commit(end: TreeSize, mirror: TreeSize) -> bool {
    end >= mirror
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::tests::mth;
    use crate::merkle::{Subtree, path};
    use alloc::format;

    const KNOWN: [TreeSize; 2] = [TreeSize(500), TreeSize(700)];

    fn stored() -> Stored<'static> {
        let (mirror, next) = (TreeSize(600), LeafIndex(2000));
        Stored { pending: Some(TreeSize(3000)), mirror, next, known_ends: &KNOWN }
    }

    fn ask(start: u64, end: u64) -> Result<(), Refusal> {
        let request = Header::new("o", LeafIndex(start), TreeSize(end), b"").unwrap();
        header(Some(&stored()), &request)
    }

    #[test]
    fn headers_against_what_is_stored() {
        let conflict =
            |size| Err(Refusal::Conflict { size: TreeSize(size), next: LeafIndex(2000) });
        assert_eq!(ask(2000, 3000), Ok(()));
        assert_eq!(ask(2000 - limits::EXCESS_ENTRIES, 3000), Ok(()));
        assert_eq!(ask(2000 - limits::EXCESS_ENTRIES - 1, 3000), conflict(3000));
        assert_eq!(ask(2001, 3000), conflict(3000));
        // Earlier pending checkpoints, and the mirror checkpoint itself.
        assert_eq!(ask(700, 700), Ok(()));
        assert_eq!(ask(600, 600), Ok(()));
        assert_eq!(ask(0, 700), Ok(()));
        // A size that never was one, and one behind the mirror checkpoint.
        assert_eq!(ask(2000, 2999), conflict(3000));
        assert_eq!(ask(500, 500), conflict(3000));
    }

    #[test]
    fn refusals_have_the_status_of_the_specification() {
        let request = Header::new("o", LeafIndex(0), TreeSize(9), b"").unwrap();
        assert_eq!(header(None, &request), Err(Refusal::UnknownLog));
        let fresh =
            Stored { pending: None, mirror: TreeSize(0), next: LeafIndex(0), known_ends: &[] };
        assert_eq!(header(Some(&fresh), &request), Err(Refusal::NoPendingCheckpoint));
        // Without a mirror checkpoint there is none of size 0 to cosign.
        let fresh = Stored { pending: Some(TreeSize(3)), ..fresh };
        let request = Header::new("o", LeafIndex(0), TreeSize(0), b"").unwrap();
        assert!(matches!(header(Some(&fresh), &request), Err(Refusal::Conflict { .. })));
        assert_eq!(Refusal::UnknownLog.status(), 404);
        assert_eq!(Refusal::NoPendingCheckpoint.status(), 422);
        assert_eq!(Refusal::NoPendingCheckpoint.info(b""), None);
        let conflict = ask(2001, 3000).unwrap_err();
        assert_eq!(conflict.status(), 409);
        assert_eq!(conflict.info(b"t").unwrap().to_body(), "3000\n2000\ndA==\n");
    }

    #[test]
    fn packages_are_authenticated() {
        let entries: Vec<Vec<u8>> = (0..700).map(|i| format!("{i}").into_bytes()).collect();
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let (size, root) = (TreeSize(700), mth(&leaves));
        let request = Header::new("o", LeafIndex(10), size, b"").unwrap();
        for range in request.packages() {
            let subtree = Subtree::new(range.bundle_start, range.end).unwrap();
            let hash = |part: &path::Leaves| mth(&leaves[part.start as usize..part.end as usize]);
            let walk = path::walk(subtree, size).unwrap();
            let proof = walk.proof_ranges().iter().map(hash).collect();
            let entries = entries[range.start as usize..range.end as usize].to_vec();
            let mut package = Package { range, entries, proof };
            let before = &leaves[range.bundle_start as usize..range.start as usize];
            let want = leaves[range.start as usize..range.end as usize].to_vec();
            assert_eq!(authenticate(&package, before, size, &root), Ok(want));
            let count = authenticate(&package, &leaves[..600], size, &root);
            assert!(matches!(count, Err(PackageRefusal::WrongLeavesBefore { .. })));
            package.entries[0].push(0);
            let refused = authenticate(&package, before, size, &root);
            assert!(matches!(refused, Err(PackageRefusal::NotProven(_))));
        }
    }

    #[test]
    fn endings() {
        let request = |start, end| Header::new("o", LeafIndex(start), TreeSize(end), b"").unwrap();
        assert_eq!(ending(&request(5, 5), 0), Ending::Complete);
        assert_eq!(ending(&request(0, 600), 0), Ending::Nothing);
        assert_eq!(ending(&request(0, 600), 2), Ending::Partial);
        assert_eq!(ending(&request(0, 600), 3), Ending::Complete);
        let codes = [Ending::Complete, Ending::Partial, Ending::Nothing].map(Ending::status);
        assert_eq!(codes, [200, 202, 400]);
        assert!(may_commit(TreeSize(5), TreeSize(5)));
        assert!(!may_commit(TreeSize(4), TreeSize(5)));
    }
}
