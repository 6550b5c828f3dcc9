//! Which nodes are asked for the status list of a log, and which answer counts. What opens the
//! socket is handed in.
//!
//! The authority's node comes first. Where it is away, or too few cosigned what it sends, the
//! operators' nodes follow: each shows the log's signature and its own two, and over one checkpoint
//! they are put together. Every request is for a whole list, or a whole checkpoint, of a log.

use crate::update::FetchError;
use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Authority, Federation};
use proto::hash::{Timestamp, sha256};
use proto::limits;
use proto::status_list::{StatusList, VerifiedStatusList};

/// Asks a node for a file of at most so many bytes: its URL, the path, the bound.
pub type Get<'a> = &'a mut dyn FnMut(&str, &str, usize) -> Result<Vec<u8>, FetchError>;

/// The log in question.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub federation: &'a Federation,
    pub authority: &'a Authority,
    /// The newest list that is kept already.
    pub kept: Option<&'a VerifiedStatusList>,
    pub now: Timestamp,
}

/// What was had of a log.
pub struct Gathered {
    pub found: Found,
    /// Nodes that were of no use, and why.
    pub troubles: Vec<(String, FetchError)>,
}

/// The newest list that counts.
pub enum Found {
    /// One that is newer than what is kept.
    New(Box<Best>),
    /// The one that is kept.
    Unchanged,
    /// The log has published nothing.
    NothingYet,
    /// None that counts, or only older ones.
    Nothing,
    /// The log has signed trees of one size that differ.
    SplitView(Box<[SignedCheckpoint; 2]>),
}

/// A list that counts.
pub struct Best {
    pub bytes: Vec<u8>,
    pub list: VerifiedStatusList,
    pub url: String,
}

/// Asks until there is a list that counts and is not too old.
pub fn gather(wanted: Wanted<'_>, get: Get<'_>) -> Gathered {
    let hash = sha256(wanted.authority.origin().as_bytes()).to_hex();
    let operators = &wanted.federation.current().operators;
    let mut urls: Vec<&str> = operators.iter().map(|operator| operator.url.as_str()).collect();
    // Not all verifiers at the same mirror when an authority is away, and each at the same always.
    let first = usize::from(sha256(hash.as_bytes()).0[0]) % urls.len().max(1);
    urls.rotate_left(first);
    let mut search = Search::new(wanted, get, &hash, &urls);
    search.ask(&wanted.authority.url, "/v1/status-list");
    for url in urls.iter().filter(|url| **url != wanted.authority.url) {
        if search.is_done() {
            break;
        }
        search.ask(url, &format!("/{hash}/v1/status-list"));
    }
    search.finish()
}

struct Search<'a> {
    wanted: Wanted<'a>,
    get: Get<'a>,
    hash: &'a str,
    /// The operators' nodes.
    mirrors: &'a [&'a str],
    /// Checkpoints of the log that came, signed by it.
    notes: Vec<SignedCheckpoint>,
    mirrors_asked: bool,
    best: Option<Best>,
    unchanged: bool,
    nothing_yet: bool,
    split: Option<Box<[SignedCheckpoint; 2]>>,
    troubles: Vec<(String, FetchError)>,
}

impl<'a> Search<'a> {
    fn new(wanted: Wanted<'a>, get: Get<'a>, hash: &'a str, mirrors: &'a [&'a str]) -> Search<'a> {
        Search {
            wanted,
            get,
            hash,
            mirrors,
            notes: wanted.kept.map(|kept| kept.published().signed().clone()).into_iter().collect(),
            mirrors_asked: false,
            best: None,
            unchanged: false,
            nothing_yet: false,
            split: None,
            troubles: Vec::new(),
        }
    }

    fn ask(&mut self, url: &str, path: &str) {
        match self.take(url, path) {
            Ok(()) => {}
            Err(FetchError::NothingYet) if self.may_be_empty(url) => self.nothing_yet = true,
            Err(why) => self.troubles.push((url.to_owned(), why)),
        }
    }

    /// Whether this node may say that the log has published nothing: the log's own, or another
    /// that says the same.
    fn may_be_empty(&self, url: &str) -> bool {
        let own = url == self.wanted.authority.url;
        self.wanted.kept.is_none() && (own || self.nothing_yet)
    }

    fn take(&mut self, url: &str, path: &str) -> Result<(), FetchError> {
        let bytes = (self.get)(url, path, limits::STATUS_LIST_BYTES)?;
        let list = StatusList::parse(&bytes)?;
        self.note(list.checkpoint())?;
        let tree = list.checkpoint().checkpoint();
        if let Some(kept) = self.wanted.kept.map(VerifiedStatusList::published) {
            if tree.size() < kept.size() {
                return Err(FetchError::Older { size: tree.size(), kept: kept.size() });
            }
            if tree.size() == kept.size() {
                self.unchanged = true;
                return Ok(());
            }
        }
        let list = self.complete(list);
        let bytes = list.to_bytes();
        let list = list.verify(self.wanted.federation, &[])?;
        let backwards = self.wanted.kept.is_some_and(|kept| {
            list.time() < kept.time() || list.tree().length() < kept.tree().length()
        });
        if backwards {
            return Err(FetchError::Backwards);
        }
        let size = list.published().size();
        if self.best.as_ref().is_none_or(|best| best.list.published().size() < size) {
            self.best = Some(Best { bytes, list, url: url.to_owned() });
        }
        Ok(())
    }

    /// The list with the lines of other nodes over the same checkpoint, where its own are too few.
    fn complete(&mut self, list: StatusList) -> StatusList {
        let federation = self.wanted.federation;
        let counts = |signed: &SignedCheckpoint| federation.verify_checkpoint(signed, &[]).is_ok();
        if counts(list.checkpoint()) {
            return list;
        }
        let gathered = federation.gathered(list.checkpoint(), &self.notes);
        if counts(&gathered) {
            return list.with_checkpoint(gathered);
        }
        if !std::mem::replace(&mut self.mirrors_asked, true) {
            for url in self.mirrors {
                if let Err(why) = self.ask_checkpoint(url) {
                    self.troubles.push(((*url).to_owned(), why));
                }
            }
        }
        let gathered = federation.gathered(list.checkpoint(), &self.notes);
        list.with_checkpoint(gathered)
    }

    fn ask_checkpoint(&mut self, url: &str) -> Result<(), FetchError> {
        let path = format!("/{}/checkpoint", self.hash);
        let bytes = (self.get)(url, &path, limits::NOTE_BYTES)?;
        self.note(&SignedCheckpoint::parse(&bytes)?)
    }

    /// Remembers a checkpoint of the log, unless another one that it signed contradicts it.
    fn note(&mut self, signed: &SignedCheckpoint) -> Result<(), FetchError> {
        let authority = self.wanted.authority;
        let tree = signed.checkpoint();
        if tree.origin() != authority.origin() {
            return Err(FetchError::OtherLog);
        }
        signed.verify(authority.origin(), &[&authority.log])?;
        let contradicts = |other: &&SignedCheckpoint| {
            let other = other.checkpoint();
            other.size() == tree.size() && other.root() != tree.root()
        };
        if let Some(other) = self.notes.iter().find(contradicts) {
            self.split = Some(Box::new([other.clone(), signed.clone()]));
            return Err(FetchError::SplitView);
        }
        self.notes.push(signed.clone());
        Ok(())
    }

    /// Whether nothing better is to be expected from another node.
    fn is_done(&self) -> bool {
        let best = self.best.as_ref().map(|best| best.list.time());
        let kept = self.wanted.kept.filter(|_| self.unchanged).map(VerifiedStatusList::time);
        let age_s = self.wanted.federation.current().status_age_s;
        let fresh = |time: Timestamp| self.wanted.now.0.saturating_sub(time.0) <= age_s;
        self.split.is_some() || best.max(kept).is_some_and(fresh)
    }

    fn finish(self) -> Gathered {
        let Search { best, unchanged, nothing_yet, split, troubles, .. } = self;
        let found = match (split, best) {
            (Some(two), _) => Found::SplitView(two),
            (None, Some(best)) => Found::New(Box::new(best)),
            (None, None) if unchanged => Found::Unchanged,
            (None, None) if nothing_yet => Found::NothingYet,
            (None, None) => Found::Nothing,
        };
        Gathered { found, troubles }
    }
}
