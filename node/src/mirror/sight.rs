//! What the other nodes show of themselves: whether they answer, and the newest published
//! checkpoint of each other log, from its own node.
//!
//! While a log's own node is away, the operators' nodes are asked what they have cosigned, and
//! their lines are put together with those of the own mirror. Only what `proto` verified is kept,
//! with the log's signature and a quorum, and never in the place of something newer. All of it is
//! forgotten at a restart.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Federation, PublishedCheckpoint};
use proto::hash::{Timestamp, sha256};
use proto::limits;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::shelf::Shelf;

/// Pause before the next round if somebody did not answer in this one.
const SOON: Duration = Duration::from_secs(5);
/// Times of earlier checkpoints that are kept, to know how often a log publishes.
const TIMES: usize = 12;
/// Longest message that is kept.
const MESSAGE_CHARS: usize = 200;

/// Whether somebody answers, and since when that is so.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Why not.
    pub error: Option<String>,
    /// When that began.
    pub since: Instant,
}

impl Answers {
    /// Notes how the last try ended.
    pub fn turn(&mut self, error: Option<String>) {
        if self.error.is_some() != error.is_some() {
            self.since = Instant::now();
        }
        self.error = error;
    }
}

/// What is known of one log.
#[derive(Clone, Debug, Default)]
pub struct LogSight {
    /// The newest published checkpoint.
    pub published: Option<PublishedCheckpoint>,
    /// When its node last gave one that counts.
    pub seen: Option<Instant>,
    /// Why it did not, the last time.
    pub error: Option<String>,
    /// When the last different checkpoints were cosigned, oldest first.
    pub times: VecDeque<Timestamp>,
}

impl LogSight {
    fn keep(&mut self, published: PublishedCheckpoint) {
        if self.published.as_ref().is_none_or(|known| known.size() < published.size()) {
            self.times.push_back(published.proven_time());
            if self.times.len() > TIMES {
                self.times.pop_front();
            }
            self.published = Some(published);
        }
    }
}

/// A log that is written elsewhere.
#[derive(Clone)]
pub struct Other {
    /// Its origin.
    pub origin: String,
    /// Its own node.
    pub client: Client,
    /// What is here of it; `None` if this node mirrors nothing.
    pub shelf: Option<Arc<Shelf>>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Sights(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    logs: BTreeMap<String, LogSight>,
    operators: BTreeMap<String, Answers>,
}

impl Sights {
    /// What is known of the log with this origin.
    pub fn log(&self, origin: &str) -> LogSight {
        self.inner().logs.get(origin).cloned().unwrap_or_default()
    }

    /// Whether the node of this operator answers; `None` if it was not asked yet.
    pub fn operator(&self, name: &str) -> Option<Answers> {
        self.inner().operators.get(name).cloned()
    }

    fn saw_operator(&self, name: &str, error: Option<String>) {
        let mut inner = self.inner();
        match inner.operators.get_mut(name) {
            Some(known) => known.turn(error),
            None => {
                let answers = Answers { error, since: Instant::now() };
                inner.operators.insert(name.to_owned(), answers);
            }
        }
    }

    /// Asks a log's own node for its published checkpoint, and keeps it if it counts.
    pub async fn ask(&self, federation: &Federation, log: &Other) -> Option<PublishedCheckpoint> {
        let shown = published(&log.client, federation, &log.origin).await.map_err(short);
        let counts = shown.as_ref().ok().cloned();
        self.saw_log(&log.origin, shown);
        counts
    }

    /// Keeps what counts, wherever it is from.
    pub fn keep(&self, origin: &str, published: PublishedCheckpoint) {
        self.inner().logs.entry(origin.to_owned()).or_default().keep(published);
    }

    fn saw_log(&self, origin: &str, shown: Result<PublishedCheckpoint, String>) {
        let mut inner = self.inner();
        let log = inner.logs.entry(origin.to_owned()).or_default();
        match shown {
            Ok(published) => {
                log.error = None;
                log.seen = Some(Instant::now());
                log.keep(published);
            }
            Err(error) => log.error = Some(error),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the other nodes again and again.
pub struct Lookout {
    federation: Arc<Federation>,
    logs: Vec<Other>,
    /// The other operators by name, with their nodes.
    operators: Vec<(String, Client)>,
    sights: Arc<Sights>,
}

impl Lookout {
    /// A lookout for these logs and operators.
    pub fn new(
        federation: Arc<Federation>,
        logs: Vec<Other>,
        operators: Vec<(String, Client)>,
        sights: Arc<Sights>,
    ) -> Lookout {
        Lookout { federation, logs, operators, sights }
    }

    /// One round in each interval, for ever; sooner while somebody does not answer.
    pub async fn run(self, interval: Duration) {
        loop {
            let all = self.round().await;
            tokio::time::sleep(if all { interval } else { interval.min(SOON) }).await;
        }
    }

    /// Asks everybody once, all at the same time, and says whether all answered.
    pub async fn round(&self) -> bool {
        let mut asked = JoinSet::new();
        for log in &self.logs {
            let (log, operators) = (log.clone(), self.operators.clone());
            let (federation, sights) = (Arc::clone(&self.federation), Arc::clone(&self.sights));
            asked.spawn(async move {
                let good = sights.ask(&federation, &log).await.is_some();
                if !good && let Some(found) = gathered(&federation, &log, operators).await {
                    sights.keep(&log.origin, found);
                }
                good
            });
        }
        for (name, client) in &self.operators {
            let (name, client, sights) = (name.clone(), client.clone(), Arc::clone(&self.sights));
            asked.spawn(async move {
                let error = alive(&client).await.err().map(short);
                let good = error.is_none();
                sights.saw_operator(&name, error);
                good
            });
        }
        asked.join_all().await.into_iter().all(|good| good)
    }
}

/// The published checkpoint of a log, as its own node shows it.
async fn published(
    client: &Client,
    federation: &Federation,
    origin: &str,
) -> Result<PublishedCheckpoint, String> {
    let answer = client.get("/checkpoint", limits::NOTE_BYTES).await;
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("its node answered {}: {}", answer.status, answer.excerpt()));
    }
    let signed = SignedCheckpoint::parse(&answer.body).map_err(|error| error.to_string())?;
    if signed.checkpoint().origin() != origin {
        return Err(format!("its node shows a checkpoint of {}", signed.checkpoint().origin()));
    }
    federation.verify_checkpoint(&signed, &[]).map_err(|error| error.to_string())
}

/// The newest checkpoint of a log that a quorum of operators has cosigned, as they show it.
async fn gathered(
    federation: &Federation,
    log: &Other,
    operators: Vec<(String, Client)>,
) -> Option<PublishedCheckpoint> {
    let path = format!("/{}/checkpoint", sha256(log.origin.as_bytes()));
    let mut asked = JoinSet::new();
    for (_, client) in operators {
        let path = path.clone();
        asked.spawn(async move { cosigned(&client, &path).await });
    }
    let own = log.shelf.as_ref().and_then(|shelf| shelf.checkpoint());
    let own = own.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
    let mut notes: Vec<_> =
        own.into_iter().chain(asked.join_all().await.into_iter().flatten()).collect();
    notes.retain(|note| note.checkpoint().origin() == log.origin);
    notes.sort_by_key(|note| Reverse(note.checkpoint().size()));
    let counts = |note| federation.verify_checkpoint(&federation.gathered(note, &notes), &[]).ok();
    notes.iter().find_map(counts)
}

/// What an operator's node shows of a log that it mirrors.
async fn cosigned(client: &Client, path: &str) -> Option<SignedCheckpoint> {
    let answer = client.get(path, limits::NOTE_BYTES).await.ok()?;
    let shown = (answer.status == 200).then_some(answer.body)?;
    SignedCheckpoint::parse(&shown).ok()
}

async fn alive(client: &Client) -> Result<(), String> {
    let answer = client.get("/healthz", limits::NOTE_BYTES).await.map_err(|e| e.to_string())?;
    if answer.status == 200 { Ok(()) } else { Err(format!("it answered {}", answer.status)) }
}

/// Text of others, made fit for one line.
fn short(text: String) -> String {
    text.chars().take(MESSAGE_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, origin, signed_checkpoint};

    fn other(world: &World, node: usize) -> Other {
        Other { origin: origin(1), client: world.client(node), shelf: None }
    }

    fn lookout(world: &World, sights: &Arc<Sights>) -> Lookout {
        let federation = Arc::new(world.federation.clone());
        let logs = vec![other(world, 1)];
        let operators = vec![("north".to_owned(), world.client(1))];
        Lookout::new(federation, logs, operators, Arc::clone(sights))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_counts_is_kept_also_while_its_node_is_away() {
        let mut world = World::running(2).await;
        let sights = Arc::new(Sights::default());
        assert!(lookout(&world, &sights).round().await);
        let first = sights.log(&origin(1));
        assert!(first.error.is_none() && first.seen.is_some());
        let size = first.published.unwrap().size();
        assert!(sights.operator("north").unwrap().error.is_none());
        assert!(sights.operator("east").is_none());
        world.stop(1).await.unwrap();
        assert!(!lookout(&world, &sights).round().await);
        let later = sights.log(&origin(1));
        assert!(later.error.is_some() && later.seen == first.seen);
        assert_eq!(later.published.unwrap().size(), size);
        let failing = sights.operator("north").unwrap();
        assert!(failing.error.is_some());
        lookout(&world, &sights).round().await;
        assert_eq!(sights.operator("north").unwrap().since, failing.since);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_checkpoint_without_a_quorum_or_of_another_log_is_not_kept() {
        let world = World::running(1).await;
        let sights = Arc::new(Sights::default());
        let signed = signed_checkpoint(0, 5, sha256(b"x"));
        assert!(world.federation.verify_checkpoint(&signed, &[]).is_err());
        let (logs, federation) = (vec![other(&world, 0)], world.federation.clone());
        let lookout = Lookout::new(Arc::new(federation), logs, Vec::new(), Arc::clone(&sights));
        assert!(!lookout.round().await);
        let error = sights.log(&origin(1)).error.unwrap();
        assert!(error.contains(&origin(0)), "{error}");
        assert!(sights.log(&origin(1)).published.is_none());
    }
}
