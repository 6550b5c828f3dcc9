//! The `add-entries` request (tlog-mirror#request-body): header, packages, and how they are
//! written.
//!
//! ```text
//! header:  u16 length, origin | u64 upload_start | u64 upload_end | u16 length, ticket
//! package: (u16 length, entry) for each entry | u8 count | count hashes
//! ```
//!
//! The packages of an upload are determined by its two indexes; a request holds the first of them,
//! as many as it likes. [`Decoder`](super::Decoder) reads a body as it arrives.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::hash::{Hash, LeafIndex, TreeSize};
use crate::limits;
use crate::merkle::{ProofError, Subtree};

/// `Content-Type` of the request.
pub const CONTENT_TYPE: &str = "application/octet-stream";

/// Packages that a client should send in one request (tlog-mirror#implementation-considerations).
pub const PACKAGES_PER_REQUEST: usize = 32;

/// Why bytes are no request, or why a request cannot be written. Such a request is answered with
/// 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum AddEntriesError {
    /// The header is cut off or too long.
    #[error("The header of the add-entries request is malformed: {0}")]
    Header(#[from] BytesError),
    /// The origin is empty, too long or no text.
    #[error("The origin in the add-entries request is empty, too long or not text.")]
    BadOrigin,
    /// The first index is larger than the last, or the size larger than any tree may be.
    #[error("The range of the add-entries request is not one of a log.")]
    BadRange,
    /// A package has more hashes than a proof can have.
    #[error("A package has {got} hashes and at most 63 are allowed.")]
    TooManyHashes {
        /// Hashes found.
        got: usize,
    },
    /// A package has another count of entries than its range.
    #[error("The package should have {want} entries and has {got}.")]
    WrongEntryCount {
        /// Entries of the range.
        want: u64,
        /// Entries found.
        got: usize,
    },
    /// An entry is longer than its length can say.
    #[error("An entry has {got} bytes and at most 65535 are allowed.")]
    EntryTooLong {
        /// Bytes of the entry.
        got: usize,
    },
    /// Bytes follow after the last package of the range.
    #[error("Bytes follow after the last package.")]
    TrailingBytes,
}

/// What a request says before its packages.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    origin: String,
    start: LeafIndex,
    end: TreeSize,
    ticket: Vec<u8>,
}

/// The entries of one package, and the subtree that its proof is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PackageRange {
    /// The index of the first entry.
    pub start: u64,
    /// The index after that of the last entry.
    pub end: u64,
    /// The index at which the bundle of these entries starts; smaller than `start` if the mirror
    /// has the first entries of the bundle.
    pub bundle_start: u64,
}

/// A package, not yet authenticated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// Which entries they are.
    pub range: PackageRange,
    /// The entries.
    pub entries: Vec<Vec<u8>>,
    /// The subtree consistency proof for them.
    pub proof: Vec<Hash>,
}

impl Header {
    /// A header for the entries from `start` up to and without `end`.
    pub fn new(
        origin: &str,
        start: LeafIndex,
        end: TreeSize,
        ticket: &[u8],
    ) -> Result<Header, AddEntriesError> {
        if origin.is_empty() || origin.len() > limits::ORIGIN_BYTES {
            return Err(AddEntriesError::BadOrigin);
        }
        if start.0 > end.0 || end.0 > limits::TREE_SIZE {
            return Err(AddEntriesError::BadRange);
        }
        if ticket.len() > limits::TICKET_BYTES {
            let (limit, got) = (limits::TICKET_BYTES, ticket.len());
            return Err(AddEntriesError::Header(BytesError::TooLong { limit, got }));
        }
        Ok(Header { origin: origin.into(), start, end, ticket: ticket.into() })
    }

    /// Reads a header; nothing may follow it.
    pub fn parse(bytes: &[u8]) -> Result<Header, AddEntriesError> {
        let mut reader = Reader::new(bytes);
        let origin = reader.prefixed16()?;
        let origin = core::str::from_utf8(origin).map_err(|_| AddEntriesError::BadOrigin)?;
        let (start, end) = (LeafIndex(reader.u64()?), TreeSize(reader.u64()?));
        let ticket = reader.prefixed16()?;
        reader.finish()?;
        Header::new(origin, start, end, ticket)
    }

    /// The bytes that [`Header::parse`] reads.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AddEntriesError> {
        let mut writer = Writer::new();
        writer.prefixed16(self.origin.as_bytes())?;
        writer.u64(self.start.0).u64(self.end.0).prefixed16(&self.ticket)?;
        Ok(writer.into_bytes())
    }

    /// The origin of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The index of the first entry: `upload_start`.
    pub fn start(&self) -> LeafIndex {
        self.start
    }

    /// The size of the pending checkpoint that proves the entries: `upload_end`.
    pub fn end(&self) -> TreeSize {
        self.end
    }

    /// What the mirror gave the client to send back, or nothing.
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// How many packages the whole upload has.
    pub fn package_count(&self) -> u64 {
        if self.start.0 == self.end.0 {
            return 0;
        }
        let first = self.start.0 / limits::TILE_WIDTH_U64;
        self.end.0.div_ceil(limits::TILE_WIDTH_U64).saturating_sub(first)
    }

    /// Package `number` of the upload, counted from 0.
    pub fn package(&self, number: u64) -> Option<PackageRange> {
        if number >= self.package_count() {
            return None;
        }
        let bundle = (self.start.0 / limits::TILE_WIDTH_U64).checked_add(number)?;
        let bundle_start = bundle.checked_mul(limits::TILE_WIDTH_U64)?;
        let bundle_end = bundle_start.checked_add(limits::TILE_WIDTH_U64)?;
        Some(PackageRange {
            start: self.start.0.max(bundle_start),
            end: self.end.0.min(bundle_end),
            bundle_start,
        })
    }

    /// The packages of the whole upload, in order.
    pub fn packages(&self) -> impl Iterator<Item = PackageRange> + '_ {
        (0..self.package_count()).filter_map(|number| self.package(number))
    }
}

impl PackageRange {
    /// How many entries it has.
    pub fn entry_count(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// The subtree that its proof is about: from the start of the bundle on.
    pub fn subtree(&self) -> Result<Subtree, ProofError> {
        Subtree::new(self.bundle_start, self.end)
    }

    /// The bytes of the package with these entries and this proof.
    pub fn to_bytes<E: AsRef<[u8]>>(
        &self,
        entries: &[E],
        proof: &[Hash],
    ) -> Result<Vec<u8>, AddEntriesError> {
        let want = self.entry_count();
        if u64::try_from(entries.len()) != Ok(want) {
            return Err(AddEntriesError::WrongEntryCount { want, got: entries.len() });
        }
        let too_many = AddEntriesError::TooManyHashes { got: proof.len() };
        if proof.len() > limits::PROOF_HASHES {
            return Err(too_many);
        }
        let mut writer = Writer::new();
        for entry in entries {
            let entry = entry.as_ref();
            let too_long = |_| AddEntriesError::EntryTooLong { got: entry.len() };
            writer.prefixed16(entry).map_err(too_long)?;
        }
        writer.u8(u8::try_from(proof.len()).map_err(|_| too_many)?);
        for hash in proof {
            writer.hash(hash);
        }
        Ok(writer.into_bytes())
    }
}

impl Package {
    /// The bytes of the package.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AddEntriesError> {
        self.range.to_bytes(&self.entries, &self.proof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(start: u64, end: u64) -> Header {
        Header::new("example.com/log", LeafIndex(start), TreeSize(end), b"ticket").unwrap()
    }

    fn ranges(start: u64, end: u64) -> Vec<(u64, u64, u64)> {
        header(start, end).packages().map(|p| (p.start, p.end, p.bundle_start)).collect()
    }

    #[test]
    fn headers_are_read_back() {
        let header = header(5, 600);
        let bytes = header.to_bytes().unwrap();
        assert_eq!(Header::parse(&bytes), Ok(header));
        for len in 0..bytes.len() {
            assert!(Header::parse(&bytes[..len]).is_err(), "{len}");
        }
        let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert!(Header::parse(&longer).is_err());
    }

    #[test]
    fn packages_follow_the_bundles() {
        assert_eq!(ranges(7, 7), []);
        assert_eq!(ranges(0, 1), [(0, 1, 0)]);
        assert_eq!(ranges(0, 256), [(0, 256, 0)]);
        assert_eq!(ranges(255, 257), [(255, 256, 0), (256, 257, 256)]);
        assert_eq!(ranges(10, 600), [(10, 256, 0), (256, 512, 256), (512, 600, 512)]);
        let largest = limits::TREE_SIZE;
        assert_eq!(ranges(largest - 1, largest), [(largest - 1, largest, largest - 255)]);
        assert_eq!(header(0, largest).package_count(), 1 << 55);
        for package in header(10, 600).packages() {
            assert!(package.subtree().is_ok());
        }
    }

    #[test]
    fn what_cannot_be_a_header_or_a_package() {
        let new = |origin: &str, start, end| {
            Header::new(origin, LeafIndex(start), TreeSize(end), b"").unwrap_err()
        };
        assert_eq!(new("", 0, 1), AddEntriesError::BadOrigin);
        assert_eq!(new(&"a".repeat(256), 0, 1), AddEntriesError::BadOrigin);
        assert_eq!(new("a", 2, 1), AddEntriesError::BadRange);
        assert_eq!(new("a", 0, limits::TREE_SIZE + 1), AddEntriesError::BadRange);
        let range = header(0, 2).package(0).unwrap();
        assert_eq!(
            range.to_bytes(&["one"], &[]),
            Err(AddEntriesError::WrongEntryCount { want: 2, got: 1 })
        );
        assert_eq!(
            range.to_bytes(&["one", "two"], &[Hash([0; 32]); 64]),
            Err(AddEntriesError::TooManyHashes { got: 64 })
        );
        assert_eq!(header(0, 2).package(1), None);
    }
}
