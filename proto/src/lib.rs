//! Formats, trees, ledger rules and the verdict of Beleg.
//!
//! This crate knows every byte of every format and decides every rule. It has no clock, socket,
//! file, lock or source of randomness: time and bytes come in as arguments, so the same code gives
//! the same answer in the node, in the command line verifier and in a browser.
//!
//! One module per specification: a reader who holds the text of a C2SP specification finds its code
//! under the name of the specification. `proto/README.md` has the table.
//!
//! What is parsed is a claim until a `verify` says otherwise:
//!
//! ```
//! use proto::note::{Note, VerifierKey};
//!
//! let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
//! let note = "This is an example message.\n\n\u{2014} example.com/foo \
//!     Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm\
//!     RKuwHjG1Yu72IneyaQM=\n";
//!
//! let key = VerifierKey::parse(key)?;
//! let note = Note::parse(note.as_bytes())?;
//! assert_eq!(note.verify(&[&key])?, [0]);
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

pub mod bytes;
pub mod checkpoint;
pub mod cosignature;
pub mod document;
pub mod federation;
pub mod hash;
pub mod ledger;
pub mod limits;
pub mod merkle;
pub mod mirror;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod text;
pub mod tile;
pub mod time;
pub mod tlog_proof;
pub mod verify;
pub mod witness;
