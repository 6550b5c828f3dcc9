//! Formats, trees, ledger rules and the verdict of Beleg.
//!
//! This crate knows every byte of every format and decides every rule. It has no clock, socket,
//! file, lock or source of randomness: time and bytes come in as arguments, so the same code gives
//! the same answer in the node, in the command line verifier and in a browser.
//!
//! One module per specification: a reader who holds the text of a C2SP specification finds its code
//! under the name of the specification. `proto/README.md` has the table.
//!
//! What is parsed is a claim until a `verify` says otherwise. The whole road in one call, for a
//! document in hand, its receipt, and a federation file from a source that one trusts:
//!
//! ```
//! use proto::document::ContentDigest;
//! use proto::federation::Federation;
//! use proto::hash::{Timestamp, sha256};
//! use proto::verify::{Question, Word, verify};
//!
//! # fn input(vector: &'static str) -> &'static [u8] {
//! #     vector.split_once("\n\n").unwrap().1.as_bytes()
//! # }
//! # let federation = input(include_str!("../tests/testdata/federation/good-first"));
//! # let receipt = input(include_str!("../tests/testdata/verdict/good-full"));
//! let document = b"This is document 0.\n";
//! let content =
//!     ContentDigest { sha256: sha256(document), length: document.len() as u64, sha512: None };
//! let federation = Federation::parse(federation)?;
//! let now = Timestamp(1_777_820_400);
//!
//! let question = Question::new(Some(&content), receipt, &federation, now);
//! let verdict = verify(&question);
//! assert_eq!(verdict.word, Word::Valid, "{}", verdict.reason.sentence());
//! assert_eq!(verdict.facts.issuer.unwrap().name, "School of Example");
//!
//! let other = ContentDigest { length: 7, ..content };
//! let verdict = verify(&Question { content: Some(&other), ..question });
//! assert_eq!(verdict.word, Word::Invalid);
//! assert_eq!(verdict.reason.code(), "content-differs");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod anchor;
pub mod bytes;
pub mod checkpoint;
pub mod cosignature;
pub mod document;
pub mod dossier;
pub mod federation;
pub mod hash;
pub mod ledger;
pub mod limits;
pub mod merkle;
pub mod mirror;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod sheet;
pub mod status_list;
pub mod text;
pub mod tile;
pub mod time;
pub mod tlog_proof;
pub mod verify;
pub mod witness;
