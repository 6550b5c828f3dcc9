//! Every bound in one place, each with the clause that it comes from.
//!
//! What a specification leaves open is bounded here as well: no input, loop or list is unbounded.

/// Largest tree size. Sizes and indexes fit 63 bits, as timestamps do
/// (tlog-cosignature#format), so that other people's signed integers can hold them.
pub const TREE_SIZE: u64 = (1 << 63) - 1;

/// Largest timestamp (tlog-cosignature#format).
pub const TIMESTAMP: u64 = (1 << 63) - 1;

/// Hashes in an inclusion, consistency or subtree consistency proof
/// (tlog-witness#add-checkpoint, tlog-mirror#request-body).
pub const PROOF_HASHES: usize = 63;

/// Hashes in a full tile, entries in a full bundle (tlog-tiles#merkle-tree).
pub const TILE_WIDTH: u16 = 256;

/// The same as [`TILE_WIDTH`], for arithmetic on indexes.
pub const TILE_WIDTH_U64: u64 = 256;

/// Levels of tiles are numbered from 0 to this (tlog-tiles#merkle-tree).
pub const TILE_LEVEL: u8 = 63;

/// Bytes of a log entry: entry bundles have 16-bit lengths (tlog-tiles#log-entries).
pub const ENTRY_BYTES: usize = 65_535;

/// Bytes of an entry bundle: 256 entries, each with its length.
pub const BUNDLE_BYTES: usize = 256 * (2 + ENTRY_BYTES);

/// Bytes of an entry package: a bundle, the count of hashes and the hashes
/// (tlog-mirror#request-body).
pub const PACKAGE_BYTES: usize = BUNDLE_BYTES + 1 + PROOF_HASHES * 32;

/// Signature lines in a note. At least 16 must be accepted (signed-note#format); a federation has
/// at most 32 operators with two cosignatures each, and a note may carry some that nobody knows.
pub const NOTE_SIGNATURES: usize = 96;

/// Bytes of a note. 96 ML-DSA-44 signature lines need about 330,000.
pub const NOTE_BYTES: usize = 512 * 1024;

/// Bytes of a key name. An ML-DSA-44 cosignature holds it with an 8-bit length
/// (tlog-cosignature#ml-dsa-44-signed-message).
pub const KEY_NAME_BYTES: usize = 255;

/// Bytes of an origin, for the same reason.
pub const ORIGIN_BYTES: usize = 255;

/// Bytes of a verifier key or signing key line: the name and 1,312 bytes in base64.
pub const KEY_LINE_BYTES: usize = 4 * 1024;

/// Extension lines of a checkpoint. They are not recommended (tlog-checkpoint#note-text), so few.
pub const EXTENSION_LINES: usize = 16;

/// Bytes of the note text of a checkpoint.
pub const CHECKPOINT_TEXT_BYTES: usize = 8 * 1024;

/// Bytes of an add-checkpoint request: the old size, the proof, the note.
pub const ADD_CHECKPOINT_BYTES: usize = 32 + PROOF_HASHES * 45 + NOTE_BYTES;

/// Bytes of a ticket. The specification allows 65,535; ours are the signed pending checkpoint.
pub const TICKET_BYTES: usize = 65_535;

/// Bytes of the header of an add-entries request.
pub const ADD_ENTRIES_HEADER_BYTES: usize = 2 + ORIGIN_BYTES + 8 + 8 + 2 + TICKET_BYTES;

/// Entries that a client may send although the mirror has them
/// (tlog-mirror#processing, "too large"): four full packages.
pub const EXCESS_ENTRIES: u64 = 4 * 256;

/// Bytes of a mirror-info body: two sizes and a ticket in base64.
pub const MIRROR_INFO_BYTES: usize = 2 * 21 + TICKET_BYTES.div_ceil(3) * 4 + 1;

/// Bytes of the `extra` line of a tlog proof, before base64.
pub const EXTRA_BYTES: usize = 1024 * 1024;

/// Bytes of a tlog proof file: the extra line, the inclusion proof, the checkpoint.
pub const TLOG_PROOF_BYTES: usize = EXTRA_BYTES.div_ceil(3) * 4 + 16 * 1024 + NOTE_BYTES;

/// Bytes of a policy file.
pub const POLICY_BYTES: usize = 1024 * 1024;

/// Logs, witnesses and groups of a policy, of each. At least 32 are recommended
/// (tlog-policy#implementation-limits); 32 operators need 64 witnesses and 33 groups.
pub const POLICY_NAMES: usize = 256;

/// Seconds that a snapshot's time may be ahead of the clock of who checks it.
pub const CLOCK_TOLERANCE_S: u64 = 5;

// Documents, ledger, federation, receipt: our own formats (docs/formats.md).

/// Largest integer in a JSON member, and therefore largest index, size or length in a receipt:
/// every reader of JSON holds it exactly (RFC 8259, section 6).
pub const JSON_INTEGER: u64 = 1 << 53;

/// Fields of a document.
pub const FIELDS: usize = 64;

/// Bytes of a field's name; its length is written in 8 bits.
pub const FIELD_NAME_BYTES: usize = 64;

/// Bytes of a field's value.
pub const FIELD_VALUE_BYTES: usize = 4096;

/// Bytes of a document type.
pub const DOCUMENT_TYPE_BYTES: usize = 64;

/// Height of the smallest batch: 16 leaves, so that a lone document is not seen to be alone.
pub const BATCH_HEIGHT_MIN: u8 = 4;

/// Height of the largest batch: 1,048,576 leaves.
pub const BATCH_HEIGHT_MAX: u8 = 20;

/// Bytes of an issuer's name.
pub const ISSUER_NAME_BYTES: usize = 200;

/// Document types in the scope of an issuer.
pub const ISSUER_SCOPE: usize = 64;

/// Issuers of a log, retired ones included: every peer holds them all in memory.
pub const ISSUERS: usize = 4096;

/// Issuer entries of a log: admissions, rotations and retirements together.
pub const ISSUER_ENTRIES: usize = 65_536;

/// Ranges of a revocation: with them it stays under [`ENTRY_BYTES`].
pub const REVOCATION_RANGES: usize = 4000;

/// Documents whose state one person changes alone; more at once wait for a second one. A rule of
/// the programs, not of the ledger.
pub const ALONE_DOCUMENTS: usize = 100;

/// Documents that one revocation changes: it touches 4,097 pieces of the status list and a few
/// more for each range, so that an entry costs every peer a bounded amount of memory and time.
pub const REVOCATION_DOCUMENTS: u64 = 4 * 1024 * 1024;

/// Bytes of a piece of the status list: 1,024 documents at two bits each.
pub const STATUS_PIECE_BYTES: usize = 256;

/// Documents in a piece of the status list.
pub const STATUS_PIECE_INDEXES: u64 = 1024;

/// Bytes of a status list file: 200 million documents of which a third is withdrawn, or ten times
/// as many of which one in a hundred is. A verifier holds a few times that.
pub const STATUS_LIST_BYTES: usize = 64 * 1024 * 1024;

/// Pieces that are not all valid in a status list file: half a billion documents even if in every
/// piece one was withdrawn. A piece of a few bytes unfolds to 256 and its place in the tree, so the
/// size of the file alone would not bound the memory.
pub const STATUS_LIST_PIECES: u64 = 512 * 1024;

/// Bytes of an issuer request: the statement in base64 and four short lines.
pub const ISSUER_REQUEST_BYTES: usize = 16 * 1024;

/// Operators of a federation.
pub const OPERATORS: usize = 32;

/// Authorities of a federation, and logs that it pins.
pub const AUTHORITIES: usize = 256;

/// Versions in a federation file: one a week for twenty years.
pub const FEDERATION_VERSIONS: usize = 1024;

/// Bytes of a federation file.
pub const FEDERATION_BYTES: usize = 16 * 1024 * 1024;

/// Greatest status age that a federation may allow, in seconds: a year.
pub const STATUS_AGE_S: u64 = 366 * 86_400;

/// Bytes of the short name of an operator or authority.
pub const SHORT_NAME_BYTES: usize = 64;

/// Bytes of a name that people read.
pub const DISPLAY_NAME_BYTES: usize = 200;

/// Bytes of a URL.
pub const URL_BYTES: usize = 1024;

/// Links in a receipt: proofs that its tree stood before keys were dropped.
pub const RECEIPT_LINKS: usize = 8;

/// Bytes of a node's answer: a batch of 1,048,576 places needs 1,025 pieces with paths of up to 43
/// hashes, 2.3 KB each.
pub const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of a sheet's text behind the `#`. With the address it fits a QR code of 133 modules with
/// error correction M (ISO/IEC 18004, table 7), which paper shows large enough to be read.
pub const SHEET_FRAGMENT_BYTES: usize = 1024;

/// Bytes of the address on a sheet.
pub const SHEET_ADDRESS_BYTES: usize = 160;

/// Seconds that a time in a receipt may be ahead of the clock of who verifies it: clocks of
/// people's computers are off by minutes.
pub const VERIFIER_CLOCK_TOLERANCE_S: u64 = 300;

/// Bytes of a dossier: what a ZIP can hold whose numbers have 32 bits.
pub const DOSSIER_BYTES: u64 = 0xffff_fffe;

/// Documents and receipts in a dossier, together.
pub const DOSSIER_FILES: usize = 20_000;

/// Bytes of a name in a dossier.
pub const DOSSIER_NAME_BYTES: usize = 512;

/// Bytes of the list and of the directory of a dossier: all files with the longest names.
pub const DOSSIER_LIST_BYTES: usize = 12 * 1024 * 1024;

// Outside anchors (docs/formats.md).

/// Bytes of the statement of an anchor: a line of at most 400 bytes for each log.
pub const STATEMENT_BYTES: usize = 128 * 1024;

/// Anchors in a receipt: the first that covers it, and some that were added over the decades.
pub const RECEIPT_ANCHORS: usize = 8;

/// Pieces of evidence for one anchor in a receipt.
pub const ANCHOR_EVIDENCE: usize = 8;

/// Tiles between two anchored sizes that are fetched for receipts: a million entries, 33 MB.
pub const INTERVAL_TILES: usize = 4096 + 64;

/// Bytes of the list of a month's anchors: four clocks every ten minutes.
pub const ANCHOR_LIST_BYTES: usize = 4 * 1024 * 1024;

/// EVM chains, time-stamping authorities and algorithms in a federation file, of each.
pub const CLOCKS: usize = 32;

/// Bytes of a certificate: one with an RSA key of 4,096 bits and long names has 3,000.
pub const CERTIFICATE_BYTES: usize = 8 * 1024;

/// Height of a Bitcoin block: at ten minutes each these are two hundred years.
pub const BITCOIN_HEIGHT: u64 = 10_000_000;

// OpenTimestamps and Bitcoin. The first has no text; its bounds are those of python-opentimestamps.

/// Bytes of an `.ots` file. A calendar's complete timestamp has about 1 KB, and several fit.
pub const BITCOIN_EVIDENCE_BYTES: usize = 64 * 1024;

/// Operations on a path from the stamped message to an attestation.
pub const OTS_DEPTH: usize = 255;

/// Operations of an `.ots` file, of all its paths: about 100 lead to a block, and a byte in a file
/// can ask for a hash over 4,096.
pub const OTS_OPS: usize = 2048;

/// Bytes of a message in an `.ots` file, and of what an operation adds to one.
pub const OTS_MESSAGE_BYTES: usize = 4096;

/// Bytes of an attestation's content.
pub const OTS_PAYLOAD_BYTES: usize = 8192;

/// Bytes of a calendar's address.
pub const OTS_URI_BYTES: usize = 1000;

/// Bytes of a calendar's answer.
pub const OTS_ANSWER_BYTES: usize = 10_000;

/// Bitcoin headers from the block which the federation names: twenty years, 84 MB.
pub const BITCOIN_HEADERS: usize = 1024 * 1024;

/// Bytes of a file of headers.
pub const HEADERS_BYTES: usize = 80 * BITCOIN_HEADERS;

/// Blocks on top of one that counts. Deeper reorganisations happened in 2010 and 2013, through
/// defects of the software; at six people take a payment for final.
pub const BITCOIN_DEPTH: u64 = 6;

/// Bytes of an EVM block header. Usual ones have about 600; chains of known validators list all of
/// them and their signatures in it.
pub const EVM_HEADER_BYTES: usize = 16 * 1024;

/// Items of an EVM block header. The newest fork known has 23.
pub const EVM_HEADER_ITEMS: usize = 64;

/// Nodes of a proof in an EVM trie: its keys have 64 nibbles, and each node but an extension takes
/// one at least (EIP-1186).
pub const EVM_PROOF_NODES: usize = 64;

/// Bytes of a node of an EVM trie: a branch of 16 hashes has 532, a leaf with an account under 150.
pub const EVM_NODE_BYTES: usize = 600;

/// Bytes of an EVM chain's evidence: version, chain id, header, two proofs, each part behind its
/// length.
pub const EVM_EVIDENCE_BYTES: usize =
    1 + 8 + 2 + EVM_HEADER_BYTES + 2 * (1 + EVM_PROOF_NODES * (2 + EVM_NODE_BYTES));

/// Block hashes that a verifier keeps: those of an anchor an hour for thirty years.
pub const EVM_BLOCKS: usize = 262_144;

/// Bytes of the file of block hashes: the first line, and the longest numbers on the others.
pub const EVM_BLOCKS_BYTES: usize = 32 + EVM_BLOCKS * (20 + 1 + 20 + 1 + 64 + 1);

// RFC 3161 time-stamps.

/// Bytes of a chain of time-stamps: a stamp with its certificates and lists takes 4 to 40 KB.
pub const TSA_EVIDENCE_BYTES: usize = 256 * 1024;

/// Time-stamps in a chain: one is added when a certificate nears its end, every few years.
pub const TSA_STAMPS: usize = 32;

/// Certificates beside a token: four between authority and root, the authority's, and some that
/// turn out not to be needed.
pub const TSA_CERTIFICATES: usize = 8;

/// Certificate revocation lists beside a token.
pub const TSA_LISTS: usize = 8;

/// Certificates between a time-stamping authority's and the root.
pub const TSA_INTERMEDIATES: usize = 4;

/// Signatures that are checked for one chain of time-stamps. An honest one needs about eight a
/// stamp; names that repeat could make a hostile one try every certificate against every other.
pub const TSA_SIGNATURES: u32 = 512;
