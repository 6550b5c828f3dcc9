//! Publication: each round goes to all peers at once, and a quorum of operators suffices.
//!
//! One task per peer pushes the newest checkpoint whenever there is one that its peer has not
//! cosigned. A peer that is slow or away catches up in its own task and delays nobody.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::checkpoint::SignedCheckpoint;
use proto::federation::Operator;
use proto::hash::{Hash, TreeSize};
use proto::note::NoteSignature;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::cosigner::Cosigner;
use crate::mirror::client::{Offer, PushError, Pusher};
use crate::mirror::sight::Answers;

/// First pause after a failure; it doubles up to the limits below.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause before a peer that does not answer is tried again.
const AWAY_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause before a peer that refuses is tried again.
const REFUSED_PAUSE: Duration = Duration::from_secs(30);
/// Pause before the own cosigner tries again.
const OWN_PAUSE: Duration = Duration::from_secs(1);

/// How the peers are doing, for `/readyz`, the federation's page and metrics.
#[derive(Debug, Default)]
pub struct Peers(Mutex<BTreeMap<String, Pushed>>);

/// How pushing to one peer goes.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Whether its last answer was good.
    pub answers: Answers,
    /// Entries that it does not have yet.
    pub lag: u64,
}

impl Peers {
    /// The last failure of each peer; none if its last answer was good.
    pub fn list(&self) -> Vec<(String, Option<String>)> {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.iter().map(|(name, pushed)| (name.clone(), pushed.answers.error.clone())).collect()
    }

    /// How pushing to this peer goes; `None` before the first push has ended.
    pub fn find(&self, name: &str) -> Option<Pushed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Notes how the last push ended and says whether that is news.
    fn note(&self, name: &str, error: Option<String>) -> bool {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = peers.get_mut(name) else {
            let news = error.is_some();
            let answers = Answers { error, since: Instant::now() };
            peers.insert(name.to_owned(), Pushed { answers, lag: 0 });
            return news;
        };
        let news = known.answers.error != error;
        known.answers.turn(error);
        news
    }

    fn lags(&self, name: &str, lag: u64) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = peers.get_mut(name) {
            known.lag = lag;
        }
    }
}

struct Arrival {
    operator: String,
    tree: (TreeSize, Hash),
    lines: Vec<NoteSignature>,
}

/// Gathers the cosignatures of a round.
pub struct Publisher {
    offers: watch::Sender<Option<Arc<Offer>>>,
    arrivals: mpsc::Receiver<Arrival>,
    own: Option<Arc<Cosigner>>,
    quorum: usize,
    _tasks: JoinSet<()>,
}

impl Publisher {
    /// Starts a task for each peer. `at` is the published size, where most peers will be.
    pub fn start(
        peers: Vec<(Operator, Client)>,
        at: TreeSize,
        own: Option<Arc<Cosigner>>,
        quorum: usize,
        state: &Arc<Peers>,
    ) -> Publisher {
        let (offers, _) = watch::channel(None);
        let (arrived, arrivals) = mpsc::channel(peers.len().max(1) * 2);
        let mut tasks = JoinSet::new();
        for (peer, client) in peers {
            let task = PeerTask {
                pusher: Pusher::new(client, peer, at),
                offers: offers.subscribe(),
                arrived: arrived.clone(),
                state: Arc::clone(state),
            };
            tasks.spawn(task.run());
        }
        Publisher { offers, arrivals, own, quorum, _tasks: tasks }
    }

    /// Step 4: sends the round to everyone and returns the checkpoint with the log's lines and
    /// those of exactly a quorum of operators. It waits for as long as that takes; dropping it is
    /// safe.
    pub async fn gather(&mut self, offer: &Arc<Offer>) -> SignedCheckpoint {
        self.offers.send_replace(Some(Arc::clone(offer)));
        let tree = (offer.size(), *offer.signed().checkpoint().root());
        let mut gathered: BTreeMap<String, Vec<NoteSignature>> = BTreeMap::new();
        let own = own_lines(self.own.clone(), Arc::clone(offer));
        tokio::pin!(own);
        let mut own_is_due = self.own.is_some();
        loop {
            if gathered.len() >= self.quorum {
                let lines = std::mem::take(&mut gathered).into_values();
                let lines: Vec<NoteSignature> = lines.flatten().collect();
                match offer.signed().with_added(&lines) {
                    Ok(signed) => return signed,
                    // 65 lines at most, and a note may have 96.
                    Err(_) => std::future::pending().await,
                }
            }
            let (operator, lines) = tokio::select! {
                arrival = self.arrivals.recv() => match arrival {
                    Some(arrival) if arrival.tree == tree => (arrival.operator, arrival.lines),
                    // Late, for a round that was published without it.
                    Some(_) => continue,
                    // No peers at all: only the own cosigner can still come.
                    None if own_is_due => (&mut own).await,
                    None => std::future::pending().await,
                },
                arrival = &mut own, if own_is_due => arrival,
            };
            if self.own.as_ref().is_some_and(|own| own.operator() == operator) {
                own_is_due = false;
            }
            gathered.insert(operator, lines);
        }
    }
}

/// The own operator's lines; the checkpoint is durable as `pending` by now. While the clock stands
/// behind the last signature it goes on trying.
async fn own_lines(own: Option<Arc<Cosigner>>, offer: Arc<Offer>) -> (String, Vec<NoteSignature>) {
    let Some(own) = own else { return std::future::pending().await };
    let operator = own.operator().to_owned();
    let mut said = false;
    loop {
        let (own, offer) = (Arc::clone(&own), Arc::clone(&offer));
        let work = move || own.cosign(offer.signed().checkpoint());
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(lines)) => return (operator, lines),
            Ok(Err(error)) if !said => {
                said = true;
                tracing::error!(%error, "this operator's cosigner does not sign");
            }
            _ => {}
        }
        tokio::time::sleep(OWN_PAUSE).await;
    }
}

struct PeerTask {
    pusher: Pusher,
    offers: watch::Receiver<Option<Arc<Offer>>>,
    arrived: mpsc::Sender<Arrival>,
    state: Arc<Peers>,
}

impl PeerTask {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let offer = self.offers.borrow_and_update().clone();
            let Some(offer) = offer else {
                if self.offers.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let offers = self.offers.clone();
            let outcome = self.pusher.push(&offer, || offers.has_changed().unwrap_or(true)).await;
            match outcome {
                Ok(Some(lines)) => {
                    pause = FIRST_PAUSE;
                    let counted = self.cosigned(&offer, lines).await;
                    self.count(&offer);
                    if !counted || self.offers.changed().await.is_err() {
                        return;
                    }
                }
                Ok(None) => {}
                Err(error) => {
                    let longest = self.failed(&error);
                    self.count(&offer);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(longest);
                }
            }
        }
    }

    async fn cosigned(&self, offer: &Offer, lines: Vec<NoteSignature>) -> bool {
        let operator = self.pusher.operator();
        if self.state.note(operator, None) {
            tracing::info!(peer = operator, "the peer cosigns again");
        }
        let tree = (offer.size(), *offer.signed().checkpoint().root());
        let arrival = Arrival { operator: operator.to_owned(), tree, lines };
        self.arrived.send(arrival).await.is_ok()
    }

    /// Says what went wrong, once, and how long at most to wait before the next try.
    fn failed(&self, error: &PushError) -> Duration {
        let operator = self.pusher.operator();
        metrics::counter!("beleg_peer_failures_total", "peer" => operator.to_owned()).increment(1);
        if self.state.note(operator, Some(error.to_string())) {
            tracing::warn!(peer = operator, %error, "the peer did not cosign; trying again");
        }
        match error {
            PushError::Ahead { .. } => {
                tracing::error!(
                    alarm = "rolled-back",
                    peer = operator,
                    %error,
                    "this log was set back behind what its peers hold; stop this node and \
                     start it without --without-peer"
                );
                REFUSED_PAUSE
            }
            PushError::Client(_) => AWAY_PAUSE,
            // The peer's clock may only be a few seconds behind.
            PushError::Refused { text, .. } if text.starts_with("snapshot-time-ahead") => {
                AWAY_PAUSE
            }
            PushError::Refused { status: 503, .. } => AWAY_PAUSE,
            _ => REFUSED_PAUSE,
        }
    }

    fn count(&self, offer: &Offer) {
        let lag = offer.size().0.saturating_sub(self.pusher.next().0);
        let peer = self.pusher.operator().to_owned();
        self.state.lags(&peer, lag);
        metrics::gauge!("beleg_peer_lag_entries", "peer" => peer).set(lag as f64);
    }
}
