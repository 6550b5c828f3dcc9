//! Every bound of this crate.

/// Bytes of an original. It is in memory as a whole; a larger one keeps its receipt beside it.
pub const ORIGINAL_BYTES: usize = 256 * 1024 * 1024;

/// Bytes of a receipt: `proto` takes fewer.
pub const RECEIPT_BYTES: usize = 2 * 1024 * 1024;

/// Bytes of an update: the receipt, the catalog and one path through the name tree.
pub const UPDATE_BYTES: usize = RECEIPT_BYTES + 8 * OBJECT_BYTES;

/// Bytes of an object that the reader looks into (streams count without their data).
pub const OBJECT_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that all compressed streams of a file may unfold to, together.
pub const UNFOLDED_BYTES: usize = 64 * 1024 * 1024;

/// Bytes at the end of the original in which its last `startxref` stands.
pub const TAIL_BYTES: usize = 1024;

/// Bytes of the metadata that are searched for what the file says to conform to.
pub const METADATA_BYTES: usize = 1024 * 1024;

/// Cross-reference sections of a file: each save adds one.
pub const SECTIONS: usize = 1024;

/// Ranges of all sections together.
pub const RANGES: usize = 100_000;

/// Object numbers (ISO 32000-1, annex C: 8,388,607).
pub const OBJECTS: u32 = 8_388_607;

/// Steps of looking an object up, all together.
pub const STEPS: u64 = 50_000_000;

/// Arrays and dictionaries inside each other.
pub const DEPTH: usize = 64;

/// Members of an array that is looked into.
pub const ITEMS: usize = 65_536;

/// Entries of a dictionary that is looked into.
pub const ENTRIES: usize = 512;

/// Levels of a name tree.
pub const TREE_LEVELS: usize = 16;

/// Fields of a form that are searched for signatures.
pub const FIELDS: usize = 20_000;
