//! The verifier for a web page: `proto::verify`, `seal` and the readers of receipts, dossiers,
//! status lists and sheets, asked from JavaScript.
//!
//! One question at a time: JSON in, JSON out ([`answer`]). Files do not come with it; the page
//! keeps them, and [`Host`] reads them part by part, so that a document of any size is digested in
//! fixed memory. The page's worker is the host in a browser, a table of files in the tests.
//!
//! Nothing here knows the time, opens a socket, or decides a verdict. What is answered about a log,
//! an entry or a checkpoint was checked against the federation that the page trusts; what fails is
//! a [`Refusal`] and never a figure.

#[cfg(target_arch = "wasm32")]
mod abi;
mod ask;
mod entry;
mod explore;
mod files;
mod host;
mod judge;
mod make;
mod open;
mod outside;
mod qr;
mod refusal;
mod session;

pub use ask::answer;
pub use host::{Blob, Host};
pub use refusal::Refusal;
pub use session::Session;
