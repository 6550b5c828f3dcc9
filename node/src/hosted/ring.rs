//! The tokens of an office while a node serves it: who is let in, and how often.
//!
//! The file is read again as soon as it is another one, so that a token is revoked while the node
//! runs.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::hash::Hash;

use super::rate::Bucket;
use super::token::{FILE, Kept, Token, hash, read};
use crate::lines::FileError;

/// Looks a minute that every token has, so that a page can follow what becomes of its requests.
const LOOKS: u32 = 240;

/// What a request shows to be let in.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Shown {
    /// The text of a token.
    pub token: Option<String>,
    /// SHA-256 of the client certificate that a trusted proxy has verified.
    pub certificate: Option<Hash>,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Use {
    /// A document, a change, a decision.
    Write,
    /// A look.
    Look,
}

/// Which version of the file was read.
type Stamp = Option<(u64, i64, i64, u64)>;

#[derive(Debug, Default)]
struct Loaded {
    stamp: Stamp,
    by_text: HashMap<Kept, Arc<Token>>,
    /// Those that need no text.
    by_certificate: HashMap<Kept, Arc<Token>>,
    /// By the token's id.
    buckets: HashMap<(String, Use), Bucket>,
}

/// The tokens of an office while a node serves it.
#[derive(Debug)]
pub struct Ring {
    folder: PathBuf,
    loaded: Mutex<Loaded>,
}

impl Ring {
    /// The tokens in this folder.
    pub fn new(folder: &Path) -> Ring {
        Ring { folder: folder.to_owned(), loaded: Mutex::default() }
    }

    /// The token in force that lets this in. Looks at the file each time.
    pub fn find(&self, shown: &Shown) -> Result<Option<Arc<Token>>, FileError> {
        let mut loaded = self.lock();
        self.follow(&mut loaded)?;
        let certificate = shown.certificate.map(|digest| Kept(digest.0));
        let found = match &shown.token {
            Some(text) => loaded
                .by_text
                .get(&hash(text))
                .filter(|token| token.certificate.is_none_or(|needed| Some(needed) == certificate)),
            None => certificate.and_then(|digest| loaded.by_certificate.get(&digest)),
        };
        Ok(found.cloned())
    }

    /// Counts against the token's rate, or says how long to wait.
    pub fn take(&self, token: &Token, what: Use, now: Instant) -> Result<(), Duration> {
        let rate = match what {
            Use::Write => token.rate,
            Use::Look => token.rate.max(LOOKS),
        };
        self.lock().buckets.entry((token.id.clone(), what)).or_default().take(rate, now)
    }

    fn follow(&self, loaded: &mut Loaded) -> Result<(), FileError> {
        // Looked at before it is read: a change in between is seen the next time.
        let stamp = stamp(&self.folder.join(FILE));
        if stamp == loaded.stamp {
            return Ok(());
        }
        // Whatever happens next, nobody comes in by what the file held before.
        loaded.by_text.clear();
        loaded.by_certificate.clear();
        loaded.stamp = None;
        for token in read(&self.folder)?.into_iter().filter(|token| token.revoked.is_none()) {
            let token = Arc::new(token);
            match (token.hash, token.certificate) {
                (Some(text), _) => loaded.by_text.insert(text, token),
                (None, Some(digest)) => loaded.by_certificate.insert(digest, token),
                (None, None) => None,
            };
        }
        loaded.stamp = stamp;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.len()))
}
