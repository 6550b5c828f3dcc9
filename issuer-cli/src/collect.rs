//! The documents of a call: found, looked at, read once and hashed, before anything is sent.
//!
//! Everything that is wrong is found in one go, so that a person mends 20 files out of 150 once
//! and not 20 times. The files that can be known to be wrong without reading them are not read.

use crate::durable;
use crate::media;
use crate::plan::Claims;
use crate::watch::{Step, Watch};
use proto::document::ContentDigest;
use proto::hash::Hash;
use rustix::fs::{Access, access};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use verifier::input::{Digester, InputError, Stamp};
use verifier::parallel;
use verifier::walk::{self, Found, WalkError};

/// Files from this size on are read first, so that no worker starts the largest one last.
const LARGE: u64 = 8 * 1024 * 1024;
/// Bytes in a file's name that a file system takes.
const NAME_BYTES: usize = 255;

/// A document that can be issued.
#[derive(Debug)]
pub struct Candidate {
    /// As it was given or found.
    pub path: PathBuf,
    /// Of its exact bytes.
    pub digest: ContentDigest,
    /// By which a later change is seen.
    pub stamp: Stamp,
    /// When the file system had last noted a change before it was read.
    pub noted: Option<(i64, i64)>,
    /// What the issuer says it is.
    pub media_type: String,
    /// What the issuer says of it.
    pub claims: Arc<Claims>,
}

/// When the file system last noted a change of the file, of its times and rights included.
pub fn noted(metadata: &fs::Metadata) -> (i64, i64) {
    (metadata.ctime(), metadata.ctime_nsec())
}

/// Why a file is not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("This file cannot be issued: {0}.")]
    Unreadable(#[from] InputError),
    #[error("This cannot be issued: {0}.")]
    Refused(#[from] WalkError),
    #[error("This is a receipt. Name the document that it belongs to.")]
    IsReceipt,
    #[error("This carries its receipt. It is issued already; name its original to issue it anew.")]
    IsSealed,
    #[error("This document has a receipt already. Take it off the list, or add --skip-issued.")]
    HasReceipt,
    #[error("This has the same bytes as {}. Issue it once.", verifier::shown::path(.first))]
    SameTwice { first: PathBuf },
    #[error("The receipt cannot be written into this folder: {0}. Make the folder writable.")]
    Folder(std::io::Error),
    #[error("{sentence}")]
    Listed { code: &'static str, sentence: String },
    #[error("The name of its receipt would be too long. Shorten this name to 244 bytes.")]
    LongName,
}

impl Fault {
    /// The same word for the same thing, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Unreadable(_) => "file-unreadable",
            Fault::Refused(WalkError::Loop) => "link-loop",
            Fault::Refused(_) => "file-unreadable",
            Fault::IsReceipt => "is-a-receipt",
            Fault::IsSealed => "is-sealed",
            Fault::HasReceipt => "has-receipt",
            Fault::SameTwice { .. } => "same-file-twice",
            Fault::Folder(_) => "folder-not-writable",
            Fault::Listed { code, .. } => code,
            Fault::LongName => "name-too-long",
        }
    }
}

/// What a call's files and folders hold.
#[derive(Debug, Default)]
pub struct Collection {
    /// In the order in which they were found.
    pub candidates: Vec<Candidate>,
    /// Passed over because they have a receipt (`--skip-issued`).
    pub skipped: Vec<PathBuf>,
    /// Every file that cannot be issued, and why.
    pub faults: Vec<(PathBuf, Fault)>,
}

/// How to collect.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Pass over what has a receipt.
    pub skip_issued: bool,
    /// Said for all documents, instead of what their names tell.
    pub media_type: Option<&'a str>,
    /// Said of every document of which nothing else is said.
    pub claims: &'a Arc<Claims>,
}

/// A file that is to be read.
struct Sought {
    path: PathBuf,
    size: u64,
    noted: Option<(i64, i64)>,
}

/// Finds, checks and hashes the documents under `paths`.
pub fn collect(paths: &[PathBuf], rules: Rules<'_>, watch: &dyn Watch) -> Collection {
    let mut collection = Collection::default();
    let found = find(paths, rules, &mut collection);
    hash(found, rules, watch, &mut collection);
    refuse_twins(&mut collection);
    collection
}

/// Paths of documents with their sizes; what is wrong by its place or name goes to the faults.
fn find(paths: &[PathBuf], rules: Rules<'_>, into: &mut Collection) -> Vec<Sought> {
    let mut found = Vec::new();
    let mut writable = HashSet::new();
    for thing in walk::walk(paths) {
        let (path, fault) = match thing {
            Found::Receipt(path) if paths.contains(&path) => (path, Some(Fault::IsReceipt)),
            Found::Receipt(_) => continue,
            Found::Document(path) if verifier::sealed::claims(&path) => {
                // In a folder it is what an earlier run has written beside its original.
                if !paths.contains(&path) {
                    continue;
                }
                (path, Some(Fault::IsSealed))
            }
            Found::Refused(path, why) => (path, Some(why.into())),
            Found::Document(path) => {
                let fault = look(&path, &mut writable);
                (path, fault)
            }
        };
        match fault {
            Some(Fault::HasReceipt) if rules.skip_issued => into.skipped.push(path),
            Some(fault) => into.faults.push((path, fault)),
            None => {
                let metadata = fs::metadata(&path).ok();
                let size = metadata.as_ref().map_or(0, fs::Metadata::len);
                found.push(Sought { path, size, noted: metadata.as_ref().map(noted) });
            }
        }
    }
    found
}

fn look(path: &Path, writable: &mut HashSet<PathBuf>) -> Option<Fault> {
    let receipt = walk::receipt_path(path);
    if receipt.file_name().is_some_and(|name| name.len() > NAME_BYTES) {
        return Some(Fault::LongName);
    }
    // Also a link that leads nowhere stands in the way.
    if fs::symlink_metadata(&receipt).is_ok() {
        return Some(Fault::HasReceipt);
    }
    let folder = durable::folder_of(path);
    if !writable.contains(folder) {
        // Reading, because a folder must be opened to make the names in it durable.
        if let Err(error) = access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
            return Some(Fault::Folder(error.into()));
        }
        writable.insert(folder.to_path_buf());
    }
    None
}

fn hash(found: Vec<Sought>, rules: Rules<'_>, watch: &dyn Watch, into: &mut Collection) {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|&i| Reverse(found[i].size.max(LARGE)));
    watch.begin(Step::Hashing, found.iter().map(|sought| sought.size).sum());
    let digests = parallel::map(order.len(), parallel::cores(), Digester::new, |digester, i| {
        let path = &found[order[i]].path;
        let mut media_type = None;
        let digest = digester.digest(path, false, |part| {
            if media_type.is_none() {
                let head = &part[..part.len().min(media::HEAD)];
                media_type = Some(media::media_type(path, head));
            }
            watch.advance(part.len() as u64);
        });
        let media_type = media_type.unwrap_or_else(|| media::media_type(path, &[]));
        (order[i], media_type, digest)
    });
    watch.end();
    let mut by_place: Vec<_> = (0..found.len()).map(|_| None).collect();
    for (place, media_type, digest) in digests {
        by_place[place] = Some((media_type, digest));
    }
    for (Sought { path, noted, .. }, digest) in
        found.into_iter().zip(by_place.into_iter().flatten())
    {
        match digest {
            (media_type, Ok((digest, stamp))) => {
                let media_type = rules.media_type.unwrap_or(media_type).to_owned();
                let claims = Arc::clone(rules.claims);
                let candidate = Candidate { path, digest, stamp, noted, media_type, claims };
                into.candidates.push(candidate);
            }
            (_, Err(error)) => into.faults.push((path, error.into())),
        }
    }
}

/// Moves every document but the first of the same bytes to the faults.
fn refuse_twins(collection: &mut Collection) {
    let mut first: HashMap<Hash, usize> = HashMap::new();
    let mut kept: Vec<Candidate> = Vec::with_capacity(collection.candidates.len());
    for candidate in collection.candidates.drain(..) {
        match first.get(&candidate.digest.sha256) {
            Some(&place) => {
                let fault = Fault::SameTwice { first: kept[place].path.clone() };
                collection.faults.push((candidate.path, fault));
            }
            None => {
                first.insert(candidate.digest.sha256, kept.len());
                kept.push(candidate);
            }
        }
    }
    collection.candidates = kept;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Nobody;
    use std::os::unix::fs::symlink;

    fn rules(claims: &Arc<Claims>) -> Rules<'_> {
        Rules { skip_issued: false, media_type: None, claims }
    }

    fn names(top: &Path, faults: &[(PathBuf, Fault)]) -> Vec<(String, &'static str)> {
        let mut names: Vec<_> = faults
            .iter()
            .map(|(p, f)| (p.strip_prefix(top).unwrap().display().to_string(), f.code()))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn everything_wrong_is_named_at_once_and_the_rest_is_hashed() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path();
        let long = "x".repeat(245);
        for (name, bytes) in [
            ("a.pdf", "one"),
            ("b.pdf", "one"),
            ("c.png", "two"),
            ("done.pdf", "three"),
            ("done.pdf.tlog-proof", "receipt"),
            (long.as_str(), "four"),
            (".hidden", "five"),
        ] {
            fs::write(top.join(name), bytes).unwrap();
        }
        symlink(top.join("nowhere"), top.join("broken")).unwrap();
        symlink(top, top.join("loop")).unwrap();
        let claims = Arc::new(crate::prepare::tests::claims());
        let collection = collect(&[top.to_path_buf()], rules(&claims), &Nobody);
        let want = [
            ("b.pdf", "same-file-twice"),
            ("broken", "file-unreadable"),
            ("done.pdf", "has-receipt"),
            ("loop", "link-loop"),
            (long.as_str(), "name-too-long"),
        ];
        assert_eq!(names(top, &collection.faults), want.map(|(n, c)| (n.to_owned(), c)));
        let found: Vec<_> = collection
            .candidates
            .iter()
            .map(|c| (c.path.file_name().unwrap().to_str().unwrap(), c.media_type.as_str()))
            .collect();
        assert_eq!(found, [("a.pdf", "application/pdf"), ("c.png", "image/png")]);
        assert_eq!(collection.candidates[0].digest.length, 3);

        let skipping = Rules { skip_issued: true, media_type: Some("text/x"), claims: &claims };
        let collection = collect(&[top.join("done.pdf"), top.join("c.png")], skipping, &Nobody);
        assert!(collection.faults.is_empty());
        assert_eq!(collection.skipped, [top.join("done.pdf")]);
        assert_eq!(collection.candidates[0].media_type, "text/x");

        let receipt = top.join("done.pdf.tlog-proof");
        let collection = collect(std::slice::from_ref(&receipt), rules(&claims), &Nobody);
        assert_eq!(collection.faults[0].1.code(), "is-a-receipt");
    }

    #[test]
    fn large_files_are_read_first_and_the_answers_stay_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for (i, size) in [3, 9 << 20, 5, 12 << 20, 4].into_iter().enumerate() {
            fs::write(dir.path().join(format!("{i}")), vec![i as u8; size]).unwrap();
        }
        let claims = Arc::new(crate::prepare::tests::claims());
        let collection = collect(&[dir.path().to_path_buf()], rules(&claims), &Nobody);
        let lengths: Vec<u64> = collection.candidates.iter().map(|c| c.digest.length).collect();
        assert_eq!(lengths, [3, 9 << 20, 5, 12 << 20, 4]);
    }
}
