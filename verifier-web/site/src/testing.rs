//! A site for tests.

use std::collections::BTreeMap;

use crate::settings::{Settings, Site};
use crate::tree::Tree;

/// Four towns without settings of their own.
pub(crate) fn site() -> Site {
    let federation = b"the federation file\n".to_vec();
    let words = BTreeMap::new();
    Site::on(&Tree::default(), &Settings::default(), "Four towns", words, federation).unwrap()
}
