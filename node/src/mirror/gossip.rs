//! Gossip: which checkpoints the other operators hold of each log, compared with the copies here.
//!
//! A log that shows one history to some operators and another to the rest is found when any two of
//! them compare: the one with the larger tree has the root at the smaller size. What is larger than
//! the copy here is kept in mind and compared when the copy has grown.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::sha256;
use proto::limits;
use proto::note::VerifierKey;

use crate::client::Client;
use crate::evidence::{CompareError, Compared, Evidence};
use crate::halt::Halt;
use crate::shelf::Shelf;

/// A log of which this node has a copy, its own included.
#[derive(Clone)]
pub struct Watched {
    /// The key that signs its checkpoints; its name is the origin.
    pub key: VerifierKey,
    /// Its newest signed checkpoint and its tree here.
    pub shelf: Arc<Shelf>,
}

/// Asks the peers again and again.
pub struct Gossip {
    logs: Vec<Watched>,
    peers: Vec<(String, Client)>,
    evidence: Arc<Evidence>,
    halt: Halt,
    /// By peer and log: larger than the copy here when it was seen.
    ahead: BTreeMap<(String, String), SignedCheckpoint>,
}

impl Gossip {
    /// Gossip about these logs with these peers.
    pub fn new(
        logs: Vec<Watched>,
        peers: Vec<(String, Client)>,
        evidence: Arc<Evidence>,
        halt: Halt,
    ) -> Gossip {
        Gossip { logs, peers, evidence, halt, ahead: BTreeMap::new() }
    }

    /// Asks all peers once in each interval, for ever.
    pub async fn run(mut self, interval: Duration) {
        loop {
            tokio::time::sleep(interval).await;
            self.round().await;
        }
    }

    /// Asks every peer about every log once.
    pub async fn round(&mut self) {
        for (name, client) in self.peers.clone() {
            for log in self.logs.clone() {
                let origin = log.key.name().to_owned();
                if self.evidence.is_split(&origin) {
                    continue;
                }
                let before = self.ahead.remove(&(name.clone(), origin.clone()));
                let seen = ask(&client, &log.key).await;
                for signed in before.into_iter().chain(seen) {
                    if self.compare(&log, &signed).await == Some(Compared::Larger) {
                        self.ahead.insert((name.clone(), origin.clone()), signed);
                    }
                }
            }
        }
    }

    async fn compare(&self, log: &Watched, signed: &SignedCheckpoint) -> Option<Compared> {
        let known = SignedCheckpoint::parse(&log.shelf.pending()?).ok()?;
        let (evidence, log, signed) = (Arc::clone(&self.evidence), log.clone(), signed.clone());
        let work = move || evidence.compare(&log.shelf.reader(), &known, &signed);
        match tokio::task::spawn_blocking(work).await.ok()? {
            Ok(compared) => Some(compared),
            Err(CompareError::Read(error)) => {
                tracing::warn!(%error, "a checkpoint of a peer could not be compared");
                None
            }
            Err(CompareError::Store(error)) => {
                self.halt.now(format!("evidence could not be written: {error}"));
                None
            }
        }
    }
}

/// The newest checkpoint of this log that a peer holds; nothing if the log has not signed it.
/// Another program's mirror may show only what it has cosigned.
async fn ask(client: &Client, key: &VerifierKey) -> Option<SignedCheckpoint> {
    let log = sha256(key.name().as_bytes());
    let mut answer = client.get(&format!("/{log}/pending"), limits::NOTE_BYTES).await.ok()?;
    if answer.status != 200 {
        answer = client.get(&format!("/{log}/checkpoint"), limits::NOTE_BYTES).await.ok()?;
    }
    if answer.status != 200 {
        return None;
    }
    let signed = SignedCheckpoint::parse(&answer.body).ok()?;
    signed.verify(key.name(), &[key]).ok()?;
    let lines = signed.note().signatures_naming(key).cloned().collect();
    signed.with_signatures(lines).ok()
}
