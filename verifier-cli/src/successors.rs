//! Which of the files of one run take the place of which others.
//!
//! A list names a successor by its commitment. Only whoever holds its receipt knows which file that
//! is, so it is looked for among the files that are checked together.

use crate::judge::Checked;
use proto::hash::Hash;
use std::collections::HashMap;
use std::path::PathBuf;

/// Most files that are remembered: their names take a few megabytes.
const MOST: usize = 100_000;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Successors {
    seen: HashMap<Hash, PathBuf>,
    superseded: Vec<(PathBuf, Hash)>,
}

/// A document that does not stand, and the one that took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub file: PathBuf,
    /// The commitment of the newer document.
    pub commitment: Hash,
    /// Its file, if it was checked as well.
    pub by: Option<PathBuf>,
}

impl Successors {
    /// Remembers a document.
    pub fn add(&mut self, checked: &Checked) {
        let Ok(verdict) = &checked.answer else { return };
        if let Some(successor) = verdict.facts.status.and_then(|status| status.successor)
            && self.superseded.len() < MOST
        {
            self.superseded.push((checked.file.clone(), successor));
        }
        if let Some(document) = &verdict.facts.document
            && self.seen.len() < MOST
        {
            self.seen.entry(document.commitment).or_insert_with(|| checked.file.clone());
        }
    }

    /// What took the place of what, in the order of the files.
    pub fn replaced(self) -> Vec<Replaced> {
        let Successors { seen, superseded } = self;
        let find = |(file, commitment): (PathBuf, Hash)| {
            let by = seen.get(&commitment).cloned();
            Replaced { file, commitment, by }
        };
        superseded.into_iter().map(find).collect()
    }
}
