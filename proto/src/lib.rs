//! Formats, trees, ledger rules and the verdict of Beleg.
//!
//! This crate knows every byte of every format and decides every rule. It has no clock, socket,
//! file, lock or source of randomness: time and bytes come in as arguments, so the same code gives
//! the same answer in the node, in the command line verifier and in a browser.
//!
//! One module per specification: a reader who holds the text of a C2SP specification finds its code
//! under the name of the specification. `proto/README.md` has the table.
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
