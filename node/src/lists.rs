//! Status lists as files for verifiers: of the own log as it is published, of a mirrored log as
//! this node's cosigner has signed it.
//!
//! A list is made when it is asked for and kept, plain and compressed, until the status of some
//! document has changed or the kept one is a few seconds old, so that a crowd costs one list.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use proto::hash::Hash;
use proto::ledger::StatusTree;
use proto::status_list::StatusList;

use crate::log::Log;
use crate::log::board::Published;
use crate::mirror::service::Mirror;

/// How long a list is given out although a newer checkpoint says the same with a newer date.
const KEPT: Duration = Duration::from_secs(5);

/// A list as it is sent.
#[derive(Clone, Debug)]
pub struct ListFile {
    /// As docs/formats.md has it.
    pub plain: Bytes,
    /// The same with gzip.
    pub gzip: Bytes,
}

struct Kept {
    root: Hash,
    length: u64,
    made: Instant,
    file: ListFile,
}

/// Lists that were asked for, by origin.
#[derive(Default)]
pub struct Lists(Mutex<HashMap<String, Kept>>);

impl Lists {
    /// The published list of the own log; `None` before the first publication. Blocks.
    pub fn of_log(&self, log: &Log) -> io::Result<Option<ListFile>> {
        let origin = log.rules.origin();
        let found = log.board.with_status(|status| match self.kept(origin, status) {
            Some(file) => Ok(file),
            None => Err(status.clone()),
        });
        match found {
            None => Ok(None),
            Some((_, Ok(file))) => Ok(Some(file)),
            Some((published, Err(status))) => self.keep(origin, &published, &status).map(Some),
        }
    }

    /// The list of a mirrored log at the checkpoint that this node has cosigned; the last one made
    /// while entries beyond that checkpoint arrive. Blocks.
    pub fn of_mirror(&self, mirror: &Arc<Mirror>) -> io::Result<Option<ListFile>> {
        let origin = mirror.origin();
        let found = mirror.with_closing_status(|status| match self.kept(origin, status) {
            Some(file) => Ok(file),
            None => Err(status.clone()),
        });
        let (signed, status) = match found {
            Some((_, Ok(file))) => return Ok(Some(file)),
            Some((signed, Err(status))) => (signed, status),
            None => {
                let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(lists.get(origin).map(|kept| kept.file.clone()));
            }
        };
        let reader = mirror.shelf.reader();
        match Published::read(&reader, signed).map_err(io::Error::other)? {
            Some(published) => self.keep(origin, &published, &status).map(Some),
            None => Ok(None),
        }
    }

    fn kept(&self, origin: &str, status: &StatusTree) -> Option<ListFile> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = lists.get(origin)?;
        let same = kept.length == status.length() && kept.root == status.root();
        (same && kept.made.elapsed() < KEPT).then(|| kept.file.clone())
    }

    fn keep(
        &self,
        origin: &str,
        published: &Published,
        status: &StatusTree,
    ) -> io::Result<ListFile> {
        let (time, proof) = (published.snapshot.time, published.snapshot_proof.clone());
        let plain = StatusList::new(published.signed.clone(), time, proof, status).to_bytes();
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&plain)?;
        let file = ListFile { plain: plain.into(), gzip: packer.finish()?.into() };
        let (root, length, made) = (status.root(), status.length(), Instant::now());
        let kept = Kept { root, length, made, file: file.clone() };
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.insert(origin.to_owned(), kept);
        Ok(file)
    }
}
