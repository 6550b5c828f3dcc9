//! What the stories in `tests/`, the demo and the benchmark share: the built binaries as child
//! processes, a federation of nodes made of them, documents to issue, a plain HTTP client.
//!
//! Nothing here knows a format or links the node: it sees what a stranger sees.

pub mod browser;
pub mod documents;
pub mod http;
pub mod image;
pub mod office;
pub mod outside;
pub mod page;
pub mod pdf;
pub mod process;
pub mod wire;
pub mod world;
