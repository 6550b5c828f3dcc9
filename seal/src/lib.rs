//! A receipt inside the PDF that it belongs to.
//!
//! A *sealed file* is the original, byte for byte, followed by exactly one incremental update that
//! attaches the receipt. The update is a function of original and receipt: whoever opens a sealed
//! file cuts it off, builds it again and compares. So nothing can be hidden in it or behind it, and
//! what a reader shows is the original's pages. The bytes are drawn in `docs/formats.md`.
//!
//! Nothing here does I/O or knows what a receipt says; the verdict is `proto::verify`'s. The reader
//! takes only what is strictly well formed, looks only at what the update needs (the tables, the
//! catalog, names, signatures) and works within the bounds of [`limits`].
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

mod inflate;
pub mod limits;
mod names;
mod object;
mod open;
mod permission;
mod refusal;
mod spelling;
mod syntax;
mod v1;
mod xref;

pub use open::{Damage, Opened, ends_as_sealed, open};
pub use refusal::{Fault, Refusal};

use alloc::vec::Vec;

/// The name under which every reader shows the receipt.
pub const ATTACHMENT: &str = "receipt.tlog-proof";

/// Which rules make the update. A new builder never changes what an old one makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Builder {
    /// The first.
    V1,
}

/// What is written behind the original to seal it.
pub fn update(original: &[u8], receipt: &[u8], builder: Builder) -> Result<Vec<u8>, Refusal> {
    if open::is_sealed(original) {
        return Err(Refusal::AlreadySealed);
    }
    match builder {
        Builder::V1 => v1::update(original, receipt),
    }
}

/// The sealed file: original and update.
pub fn seal(original: &[u8], receipt: &[u8], builder: Builder) -> Result<Vec<u8>, Refusal> {
    let update = update(original, receipt, builder)?;
    let mut file = Vec::with_capacity(original.len().saturating_add(update.len()));
    file.extend_from_slice(original);
    file.extend_from_slice(&update);
    Ok(file)
}
