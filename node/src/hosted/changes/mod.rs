//! Documents of a hosted office get another state: withdrawn, suspended, reinstated, replaced.
//!
//! [`counter`] takes requests in, [`judge`] judges them by journal and ledger, [`work`] signs them
//! with the office's key and brings them into the log as anybody's revocation comes there. [`book`]
//! is the record, written before anything is done.
//!
//! A change is one entry: its documents are at most as many as an entry has ranges. More than
//! [`ALONE`] wait for a second person with a token of their own. That guards against slips
//! and against one stolen token; it is no rule of the ledger.

pub mod book;
pub mod counter;
pub mod judge;
pub mod refusal;
mod successor;
mod work;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use proto::hash::Timestamp;
use proto::limits;
use tokio::sync::{Notify, watch};

use self::book::{Change, FILE, LINE_BYTES, Line, Progress, What, fold};
use crate::lines::{self, FileError, Lines};

/// Documents whose state one person changes alone.
pub const ALONE: usize = if cfg!(test) { 3 } else { limits::ALONE_DOCUMENTS };
/// Documents of a change.
pub const DOCUMENTS: usize = limits::REVOCATION_RANGES;
/// Bytes of a reason.
pub const REASON_BYTES: usize = 200;
/// Days for which a change waits for a second person.
pub const PROPOSAL_DAYS: u64 = 14;
/// Changes that may be open.
const OPEN: usize = if cfg!(test) { 4 } else { 256 };
/// Changes that are over and still listed.
const LATEST: usize = if cfg!(test) { 4 } else { 100 };

/// The changes of an office.
#[derive(Debug)]
pub struct Changes {
    inner: Mutex<Inner>,
    arrived: Notify,
    path: PathBuf,
}

#[derive(Debug)]
struct Inner {
    lines: Lines,
    open: BTreeMap<String, Open>,
    /// Oldest first.
    latest: VecDeque<Change>,
    /// Those to be worked on, in order.
    queue: VecDeque<String>,
    /// The highest number that was ever signed.
    sequence: u64,
    closed: bool,
}

#[derive(Debug)]
struct Open {
    change: Change,
    over: watch::Sender<bool>,
}

/// Where a change is, for who asked about it.
#[derive(Debug)]
pub(super) enum Ticket {
    /// It is over, or waits for a person.
    Rests(Box<Change>),
    /// It is on its way.
    Moves(String, watch::Receiver<bool>),
}

impl Changes {
    /// Reads the record of an office.
    pub fn open(office: &Path, now: Timestamp) -> Result<Changes, FileError> {
        let lines = Lines::open(office, FILE)?;
        let path = lines.path().to_owned();
        let mut inner = Inner {
            lines,
            open: BTreeMap::new(),
            latest: VecDeque::new(),
            queue: VecDeque::new(),
            sequence: 0,
            closed: false,
        };
        let mut changes = BTreeMap::new();
        walk(&path, &mut |line| {
            if let What::Signed(signed) = &line.what {
                inner.sequence = inner.sequence.max(signed.sequence);
            }
            let id = line.id.clone();
            fold(&mut changes, line);
            // What is over is not kept in hand, however long the record is.
            let over = |change: &Change| !change.progress(now).is_open();
            if changes.get(&id).is_some_and(over) {
                inner.remember(changes.remove(&id));
            }
        })?;
        let mut begun: Vec<&Change> = changes.values().collect();
        begun.retain(|change| change.progress(now) == Progress::InWork);
        begun.sort_by_key(|change| (change.signed.is_none(), change.time));
        inner.queue = begun.into_iter().map(|change| change.id.clone()).collect();
        let open = |(id, change)| (id, Open { change, over: watch::Sender::new(false) });
        inner.open = changes.into_iter().map(open).collect();
        Ok(Changes { inner: Mutex::new(inner), arrived: Notify::new(), path })
    }

    /// The open ones and the latest, newest first.
    pub fn list(&self, now: Timestamp) -> Vec<Change> {
        let mut inner = self.lock();
        inner.sweep(now);
        let open = inner.open.values().map(|open| &open.change);
        let mut list: Vec<Change> = open.chain(&inner.latest).cloned().collect();
        list.sort_by(|a, b| (b.time, &b.id).cmp(&(a.time, &a.id)));
        list
    }

    /// Any change that was ever asked for. May read the whole record.
    pub fn find(&self, id: &str) -> Result<Option<Change>, FileError> {
        if let Some(known) = self.lock().known(id) {
            return Ok(Some(known.clone()));
        }
        let mut found = BTreeMap::new();
        walk(&self.path, &mut |line| {
            if line.id == id {
                fold(&mut found, line);
            }
        })?;
        Ok(found.remove(id))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn known(&self, id: &str) -> Option<&Change> {
        let open = self.open.get(id).map(|open| &open.change);
        open.or_else(|| self.latest.iter().rev().find(|change| change.id == id))
    }

    /// Writes a step of an open change down, or a new change, and takes it over.
    fn note(&mut self, id: &str, what: What, now: Timestamp) -> Result<(), FileError> {
        self.lines.append(&Line::new(now, id, what.clone()))?;
        if let What::Signed(signed) = &what {
            self.sequence = self.sequence.max(signed.sequence);
        }
        match self.open.get_mut(id) {
            Some(open) => open.change.take(now.0, what),
            None => {
                let mut one = BTreeMap::new();
                fold(&mut one, Line::new(now, id, what));
                let open = |change| Open { change, over: watch::Sender::new(false) };
                self.open.extend(one.into_iter().map(|(id, change)| (id, open(change))));
            }
        }
        let over = self.open.get(id).is_some_and(|open| !open.change.progress(now).is_open());
        if over && let Some(open) = self.open.remove(id) {
            open.over.send_replace(true);
            self.remember(Some(open.change));
        }
        Ok(())
    }

    fn ticket(&self, id: &str, now: Timestamp) -> Option<Ticket> {
        match self.open.get(id) {
            Some(open) if open.change.progress(now) == Progress::InWork => {
                Some(Ticket::Moves(id.to_owned(), open.over.subscribe()))
            }
            _ => self.known(id).cloned().map(Box::new).map(Ticket::Rests),
        }
    }

    /// Lets go of what nobody has decided in time.
    fn sweep(&mut self, now: Timestamp) {
        let void = |open: &Open| !open.change.progress(now).is_open();
        let ids: Vec<String> =
            self.open.iter().filter(|(_, open)| void(open)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let change = self.open.remove(&id).map(|open| open.change);
            self.remember(change);
        }
    }

    fn remember(&mut self, change: Option<Change>) {
        self.latest.extend(change);
        while self.latest.len() > LATEST {
            self.latest.pop_front();
        }
    }
}

fn walk(path: &Path, take: &mut dyn FnMut(Line)) -> Result<(), FileError> {
    lines::walk(path, LINE_BYTES, &mut |line: Line| {
        let known = line.is_known();
        if known {
            take(line);
        }
        known
    })
}
