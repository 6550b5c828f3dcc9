//! The file side of checking: bounded reads, digests, walking folders, safe text and safe JSON.
//!
//! `beleg` is built from this, and `beleg-issuer` uses it too, so that both read a folder and a
//! file by the same rules. Nothing here opens a socket, prints, or decides a verdict
//! (that is `proto::verify`).

pub mod dossier;
pub mod input;
pub mod json;
pub mod parallel;
pub mod sealed;
pub mod shown;
pub mod upgrade;
pub mod walk;
