//! One log's copy on this node.

mod cache;
mod growth;
#[cfg(test)]
mod growth_tests;
mod reader;
mod tile_tree;

pub use reader::{ReadError, TileReader};
