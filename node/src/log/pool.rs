//! What waits for a round: a bounded queue in which nothing stands twice.
//!
//! A submission is known by its batch root (issuances) or by its hash (complete entries) from the
//! moment it is accepted until the round that holds it is published. The same bytes again join the
//! first; other bytes for a known batch root are refused. The index is asked by the caller, before
//! this queue for a quick answer and again by the writer, which decides.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use proto::hash::{Hash, LeafIndex, sha256};
use tokio::sync::{Notify, watch};

/// What a submission becomes an entry of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Key {
    Batch(Hash),
    Entry(Hash),
}

/// What was submitted, well-formed and not yet checked against the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Submission {
    /// A signed issuance without its status index.
    Issuance {
        /// Its batch root.
        batch: Hash,
        /// The bytes that the issuer signed and its signature.
        bytes: Vec<u8>,
    },
    /// A complete entry: one that admits or changes an issuer, or a revocation.
    Entry {
        /// The entry.
        bytes: Vec<u8>,
    },
}

impl Submission {
    fn key(&self) -> Key {
        match self {
            Submission::Issuance { batch, .. } => Key::Batch(*batch),
            Submission::Entry { bytes } => Key::Entry(sha256(bytes)),
        }
    }
}

/// Why an entry was refused: the ledger's words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// One sentence.
    pub sentence: String,
}

/// What became of a submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is an entry of a published tree.
    Published(LeafIndex),
    /// The ledger refused it, and nothing of it is kept.
    Refused(Refused),
    /// The node stops; the submission may be logged or not. Sent again it gets the same index.
    Stopped,
}

/// Why a submission cannot wait here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// As many wait as may.
    #[error("as many submissions wait as this node holds")]
    Full,
    /// The node is about to stop.
    #[error("this node is about to stop")]
    Stopping,
    /// Another submission with this batch root waits.
    #[error("a different submission with this batch root waits already")]
    OtherBytes,
}

/// Tells what becomes of a submission.
#[derive(Clone, Debug)]
pub struct Ticket(watch::Receiver<Option<Outcome>>);

impl Ticket {
    /// Waits until the round that holds the submission is over. Dropping this loses nothing.
    pub async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Stopped),
            Err(_) => Outcome::Stopped,
        }
    }
}

/// A submission that was taken into a round.
#[derive(Debug)]
pub struct Taken {
    /// What was submitted.
    pub submission: Arc<Submission>,
    key: Key,
}

#[derive(Debug)]
struct Known {
    submission: Arc<Submission>,
    outcome: watch::Sender<Option<Outcome>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Not yet taken, in the order of arrival.
    waiting: VecDeque<Key>,
    /// Waiting or in the round in flight.
    known: HashMap<Key, Known>,
    closed: bool,
}

/// The queue. Handlers put in, the writer takes out.
#[derive(Debug)]
pub struct Pool {
    inner: Mutex<Inner>,
    arrived: Notify,
    limit: usize,
}

impl Pool {
    /// A queue in which `limit` submissions may wait.
    pub fn new(limit: usize) -> Pool {
        Pool { inner: Mutex::default(), arrived: Notify::new(), limit }
    }

    /// Puts a submission into the queue, or joins the one that is the same.
    pub fn submit(&self, submission: Submission) -> Result<Ticket, PoolError> {
        let key = submission.key();
        let mut inner = self.lock();
        if let Some(known) = inner.known.get(&key) {
            if *known.submission != submission {
                return Err(PoolError::OtherBytes);
            }
            return Ok(Ticket(known.outcome.subscribe()));
        }
        if inner.closed {
            return Err(PoolError::Stopping);
        }
        if inner.waiting.len() >= self.limit {
            return Err(PoolError::Full);
        }
        let (outcome, ticket) = watch::channel(None);
        inner.known.insert(key, Known { submission: Arc::new(submission), outcome });
        inner.waiting.push_back(key);
        let waiting = inner.waiting.len();
        drop(inner);
        metrics::gauge!("beleg_pool_submissions").set(waiting as f64);
        self.arrived.notify_one();
        Ok(Ticket(ticket))
    }

    /// Joins the submission with this batch root that waits or is in flight.
    pub fn find(&self, batch: &Hash) -> Option<Ticket> {
        let inner = self.lock();
        inner.known.get(&Key::Batch(*batch)).map(|known| Ticket(known.outcome.subscribe()))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Returns as soon as something waits.
    pub async fn wait(&self) {
        loop {
            if self.waiting() > 0 {
                return;
            }
            // One permit is kept if a submission comes between the look and this.
            self.arrived.notified().await;
        }
    }

    /// Takes the oldest `most` submissions into a round.
    pub fn take(&self, most: usize) -> Vec<Taken> {
        let mut inner = self.lock();
        let count = most.min(inner.waiting.len());
        let keys: Vec<Key> = inner.waiting.drain(..count).collect();
        let taken = keys.into_iter().filter_map(|key| {
            let submission = Arc::clone(&inner.known.get(&key)?.submission);
            Some(Taken { submission, key })
        });
        let taken = taken.collect();
        metrics::gauge!("beleg_pool_submissions").set(inner.waiting.len() as f64);
        taken
    }

    /// Tells everyone who asked about these what became of them, and forgets them.
    ///
    /// Those published are in the index by now (step 6), so whoever comes next finds them there.
    pub fn finish(&self, outcomes: Vec<(Taken, Outcome)>) {
        let mut inner = self.lock();
        for (taken, outcome) in outcomes {
            if let Some(known) = inner.known.remove(&taken.key) {
                known.outcome.send_replace(Some(outcome));
            }
        }
    }

    /// Takes nothing more in and tells all who wait that the node stops.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.waiting.clear();
        for (_, known) in inner.known.drain() {
            known.outcome.send_replace(Some(Outcome::Stopped));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuance(batch: u8, bytes: &[u8]) -> Submission {
        Submission::Issuance { batch: Hash([batch; 32]), bytes: bytes.to_vec() }
    }

    fn refused() -> Outcome {
        Outcome::Refused(Refused { code: "issuer-unknown", sentence: "No such issuer.".to_owned() })
    }

    #[tokio::test]
    async fn the_same_bytes_share_one_place_and_one_outcome() {
        let pool = Pool::new(10);
        let first = pool.submit(issuance(1, b"a")).unwrap();
        let again = pool.submit(issuance(1, b"a")).unwrap();
        assert_eq!(pool.waiting(), 1);
        let taken = pool.take(10);
        let in_flight = pool.submit(issuance(1, b"a")).unwrap();
        let asked = pool.find(&Hash([1; 32])).unwrap();
        assert_eq!((taken.len(), pool.waiting()), (1, 0));
        let outcome = Outcome::Published(LeafIndex(7));
        pool.finish(taken.into_iter().map(|taken| (taken, outcome.clone())).collect());
        for ticket in [first, again, in_flight, asked] {
            assert_eq!(ticket.outcome().await, outcome);
        }
        assert!(pool.find(&Hash([1; 32])).is_none());
    }

    #[test]
    fn other_bytes_for_a_known_batch_are_refused_while_it_waits_and_in_flight() {
        let pool = Pool::new(10);
        pool.submit(issuance(1, b"a")).unwrap();
        assert_eq!(pool.submit(issuance(1, b"b")).err(), Some(PoolError::OtherBytes));
        let _taken = pool.take(1);
        assert_eq!(pool.submit(issuance(1, b"b")).err(), Some(PoolError::OtherBytes));
    }

    #[tokio::test]
    async fn a_refused_neighbour_hurts_nobody() {
        let pool = Pool::new(10);
        let good = pool.submit(issuance(1, b"a")).unwrap();
        let bad = pool.submit(issuance(2, b"b")).unwrap();
        let outcomes = [Outcome::Published(LeafIndex(0)), refused()];
        pool.finish(pool.take(10).into_iter().zip(outcomes).collect());
        assert_eq!(good.outcome().await, Outcome::Published(LeafIndex(0)));
        assert_eq!(bad.outcome().await, refused());
    }

    #[test]
    fn the_surplus_is_refused_and_room_comes_back() {
        let pool = Pool::new(2);
        for n in 0..2 {
            pool.submit(issuance(n, b"x")).unwrap();
        }
        assert_eq!(pool.submit(issuance(2, b"x")).err(), Some(PoolError::Full));
        // One that waits already needs no further place.
        assert!(pool.submit(issuance(1, b"x")).is_ok());
        assert_eq!(pool.take(1).len(), 1);
        assert!(pool.submit(issuance(2, b"x")).is_ok());
    }

    #[tokio::test]
    async fn closing_answers_everyone_and_takes_nothing_more() {
        let pool = Pool::new(2);
        let waiting = pool.submit(issuance(1, b"a")).unwrap();
        pool.close();
        assert_eq!(waiting.outcome().await, Outcome::Stopped);
        assert_eq!(pool.submit(issuance(2, b"b")).err(), Some(PoolError::Stopping));
        assert!(pool.take(9).is_empty());
    }

    #[tokio::test]
    async fn waiting_ends_with_the_first_arrival() {
        let pool = Arc::new(Pool::new(2));
        let waiter = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.wait().await }
        });
        tokio::task::yield_now().await;
        let issuer = Submission::Entry { bytes: b"issuer".to_vec() };
        let _ticket = pool.submit(issuer).unwrap();
        waiter.await.unwrap();
        assert_eq!(pool.waiting(), 1);
    }
}
