//! The restart rule (DESIGN section 4): before its first signature after a start a log knows the
//! newest checkpoint that it ever signed, from itself or from its peers.
//!
//! 1. Every peer is asked what it holds of this log, pending or published. A peer that does not
//!    answer blocks the first signature until it does, or until the operator says `--without-peer`.
//! 2. The answers are compared with the copy here. Two that contradict each other are evidence.
//! 3. If a peer has more, its entries are fetched, put through the ledger's rules, and compared
//!    with the checkpoint that the log itself signed then; that checkpoint becomes `pending` here.
//!
//! A start without any loss runs the same steps and finds nothing to fetch. HTTP serves meanwhile,
//! so that nodes which start together can answer each other.

use std::sync::Arc;
use std::time::Duration;

use proto::checkpoint::SignedCheckpoint;
use proto::hash::{TreeSize, sha256};
use proto::limits;
use proto::note::VerifierKey;
use proto::tile::{BundleId, bundle};
use tokio::task::JoinSet;

use crate::client::{Answer, Client};
use crate::evidence::{CompareError, Compared, Evidence};
use crate::health::{Health, Phase};
use crate::replica::{ApplyError, Replica, ReplicaError};
use crate::store::{Store, StoreError};

/// Pause before a peer that has not answered is asked again.
const PAUSE: Duration = Duration::from_millis(500);
/// Error code of the answer "this log is known here and no checkpoint of it".
pub const NO_CHECKPOINT: &str = "checkpoint-unknown";

/// Why the log may not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The log has signed two histories.
    #[error(
        "{origin}: a peer holds a checkpoint signed by this log that contradicts the one here\n\
         both are kept in the folder evidence; tell the operators of the federation"
    )]
    Split {
        /// The log.
        origin: String,
    },
    /// The files here are not those of the checkpoint here.
    #[error(
        "{origin}: the files of this log do not lead to the root of its own checkpoint\n\
         run beleg-node fsck, then bring the files back from a backup or a mirror"
    )]
    Damaged {
        /// The log.
        origin: String,
    },
    /// The copy cannot be opened or written.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CompareError> for RecoverError {
    fn from(error: CompareError) -> RecoverError {
        match error {
            CompareError::Read(error) => RecoverError::Replica(error.into()),
            CompareError::Store(error) => error.into(),
        }
    }
}

/// Opens the log's copy, up to a size.
pub type OpenReplica = dyn Fn(TreeSize) -> Result<Replica, ReplicaError> + Send + Sync;

/// What the rule needs.
pub struct Recovery {
    /// The log's key; its name is the origin.
    pub key: VerifierKey,
    /// Operators that cosign elsewhere.
    pub peers: Vec<(String, Client)>,
    /// Operators whose answer is not waited for.
    pub without: Vec<String>,
    /// Where `pending` is.
    pub store: Arc<dyn Store>,
    /// Opens the log again after a peer's entries turned out wrong.
    pub open: Arc<OpenReplica>,
    /// Split views.
    pub evidence: Arc<Evidence>,
    /// Told whom the log waits for.
    pub health: Arc<Health>,
}

/// What a peer said.
enum Heard {
    /// It never saw this log.
    Nothing,
    /// Its newest checkpoint of this log.
    Checkpoint(Box<SignedCheckpoint>),
}

/// Path of the newest signed checkpoint that the log stands by.
pub const PENDING: &str = "log/pending";

impl Recovery {
    /// Runs the rule to its end, however long that takes. `pending` is the newest checkpoint here.
    pub async fn run(
        &self,
        mut replica: Replica,
        pending: Option<SignedCheckpoint>,
    ) -> Result<(Replica, Option<SignedCheckpoint>), RecoverError> {
        let origin = self.key.name().to_owned();
        self.check_own(&replica, pending.as_ref())?;
        let mut newest = pending.clone();
        for signed in self.ask_all().await {
            self.check_heard(&replica, newest.as_ref(), &signed)?;
            if newest.as_ref().is_none_or(|known| size(known) < size(&signed)) {
                newest = Some(signed);
            }
        }
        let Some(newest) = newest else { return Ok((replica, None)) };
        let own = pending.as_ref().map_or(TreeSize(0), size);
        if replica.size() < size(&newest) {
            tracing::warn!(
                origin,
                have = replica.size().0,
                want = size(&newest).0,
                "this node lost entries of its log; it fetches them from its peers"
            );
            replica = self.catch_up(replica, &newest).await?;
        }
        if own < size(&newest) {
            let lines = newest.note().signatures_naming(&self.key).cloned().collect();
            let newest = newest.with_signatures(lines).unwrap_or(newest);
            let (store, bytes) = (Arc::clone(&self.store), newest.to_bytes());
            blocking(move || Ok(store.replace(PENDING, &bytes)?)).await?;
            return Ok((replica, Some(newest)));
        }
        Ok((replica, Some(newest)))
    }

    fn check_own(
        &self,
        replica: &Replica,
        pending: Option<&SignedCheckpoint>,
    ) -> Result<(), RecoverError> {
        let Some(pending) = pending else { return Ok(()) };
        let here = (replica.size(), replica.root());
        let signed = (size(pending), *pending.checkpoint().root());
        if here.0 == signed.0 && here.1 != signed.1 {
            return Err(RecoverError::Damaged { origin: self.key.name().to_owned() });
        }
        Ok(())
    }

    /// Compares with the files where they reach, and with the other answers where they do not.
    fn check_heard(
        &self,
        replica: &Replica,
        newest: Option<&SignedCheckpoint>,
        heard: &SignedCheckpoint,
    ) -> Result<(), RecoverError> {
        let Some(newest) = newest else { return Ok(()) };
        if self.evidence.compare(&replica.reader(), newest, heard)? == Compared::Split {
            return Err(RecoverError::Split { origin: self.key.name().to_owned() });
        }
        Ok(())
    }

    /// Asks all peers until each has answered.
    async fn ask_all(&self) -> Vec<SignedCheckpoint> {
        let excused = |name: &String| self.without.contains(name);
        for name in self.peers.iter().map(|(name, _)| name).filter(|name| excused(name)) {
            tracing::warn!(peer = name, "signing without this peer's answer, as the operator said");
        }
        let mut missing: Vec<(String, Client)> =
            self.peers.iter().filter(|(name, _)| !excused(name)).cloned().collect();
        let mut checkpoints = Vec::new();
        loop {
            let names: Vec<String> = missing.iter().map(|(name, _)| name.clone()).collect();
            if names.is_empty() {
                return checkpoints;
            }
            self.health.enter(Phase::AskingPeers { missing: names });
            let mut asked = JoinSet::new();
            for (name, client) in missing.drain(..) {
                let key = self.key.clone();
                asked.spawn(async move { (ask(&client, &key).await, name, client) });
            }
            while let Some(answered) = asked.join_next().await {
                match answered {
                    Ok((Some(Heard::Checkpoint(signed)), ..)) => checkpoints.push(*signed),
                    Ok((Some(Heard::Nothing), ..)) => {}
                    Ok((None, name, client)) => missing.push((name, client)),
                    Err(_) => {}
                }
            }
            missing.sort_by(|a, b| a.0.cmp(&b.0));
            if !missing.is_empty() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Fetches what the files here lack up to a checkpoint that the log has signed.
    ///
    /// Entries are believed only when the root at the end is the signed one; if it is another one,
    /// opening the log again at its own size removes what was fetched.
    async fn catch_up(
        &self,
        mut replica: Replica,
        newest: &SignedCheckpoint,
    ) -> Result<Replica, RecoverError> {
        let (own, want) = (replica.size(), size(newest));
        loop {
            for first in 0..self.peers.len() {
                // Another peer first each time: one that sends wrong entries may spoil an attempt,
                // and not all of them.
                for (name, client) in self.peers.iter().cycle().skip(first).take(self.peers.len()) {
                    self.health.enter(Phase::CatchingUp { have: replica.size(), want });
                    let fetched = self.fetch(client, replica, want).await?;
                    replica = fetched.replica;
                    if !fetched.good {
                        tracing::warn!(peer = name, "the peer's entries break the ledger's rules");
                        break;
                    }
                }
                if replica.size() == want && replica.root() == *newest.checkpoint().root() {
                    return Ok(replica);
                }
                drop(replica);
                let open = Arc::clone(&self.open);
                replica = blocking(move || Ok(open(own)?)).await?;
            }
            if self.health.enter(Phase::EntriesMissing { want }) {
                tracing::error!(
                    origin = self.key.name(),
                    want = want.0,
                    "a peer holds a checkpoint of this log whose entries nobody has shown; \
                     nothing is signed until they are found"
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Fetches bundles from one peer for as long as it has them.
    async fn fetch(
        &self,
        client: &Client,
        mut replica: Replica,
        want: TreeSize,
    ) -> Result<Fetched, RecoverError> {
        let log = sha256(self.key.name().as_bytes());
        while replica.size() < want {
            let Some(id) = BundleId::at(replica.size().0 / 256, want) else { break };
            let Some(bytes) = fetch_bundle(client, &log.to_hex(), id).await else { break };
            let (back, outcome) = blocking(move || Ok(append(replica, id, &bytes))).await?;
            replica = back;
            match outcome {
                Ok(true) => {}
                Ok(false) => return Ok(Fetched { replica, good: false }),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Fetched { replica, good: true })
    }
}

struct Fetched {
    replica: Replica,
    good: bool,
}

/// Applies and writes the entries of a bundle that are not here; `Ok(false)` if they are no bundle
/// or break a rule.
fn append(
    mut replica: Replica,
    id: BundleId,
    bytes: &[u8],
) -> (Replica, Result<bool, ReplicaError>) {
    let Ok(mut entries) = bundle::parse(bytes, 256).or_else(|_| bundle::parse(bytes, id.width()))
    else {
        return (replica, Ok(false));
    };
    entries.truncate(usize::from(id.width()));
    let have = replica.size().0.saturating_sub(id.start());
    for entry in entries.into_iter().skip(usize::try_from(have).unwrap_or(usize::MAX)) {
        match replica.apply(entry, None) {
            Ok(_) => {}
            Err(ApplyError::Refused(_)) => {
                replica.rollback();
                return (replica, Ok(false));
            }
            Err(ApplyError::Replica(error)) => return (replica, Err(error)),
        }
    }
    let written = replica.write().map(|_| true);
    (replica, written)
}

/// The partial bundle, or the full one if the peer has outgrown it.
async fn fetch_bundle(client: &Client, log: &str, id: BundleId) -> Option<Vec<u8>> {
    for id in [Some(id), id.full().filter(|_| id.is_partial())].into_iter().flatten() {
        let path = format!("/{log}/{}", id.path());
        let answer = client.get(&path, limits::BUNDLE_BYTES).await.ok()?;
        if answer.status == 200 {
            return Some(answer.body.to_vec());
        }
    }
    None
}

/// What a peer holds; `None` if it gave no answer that counts as one. "Nothing" must be said by a
/// node of ours: any web server can say 404.
async fn ask(client: &Client, key: &VerifierKey) -> Option<Heard> {
    let path = format!("/{}/pending", sha256(key.name().as_bytes()));
    let answer = client.get(&path, limits::NOTE_BYTES).await.ok()?;
    match answer.status {
        200 => {
            let signed = SignedCheckpoint::parse(&answer.body).ok()?;
            signed.verify(key.name(), &[key]).ok()?;
            Some(Heard::Checkpoint(Box::new(signed)))
        }
        404 if says_nothing(&answer) => Some(Heard::Nothing),
        _ => None,
    }
}

fn says_nothing(answer: &Answer) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
    body.is_some_and(|body| body.get("error").is_some_and(|code| code == NO_CHECKPOINT))
}

fn size(signed: &SignedCheckpoint) -> TreeSize {
    signed.checkpoint().size()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RecoverError> + Send + 'static,
) -> Result<T, RecoverError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        // The runtime is shutting down: nothing is signed any more, so never return.
        Err(_) => std::future::pending().await,
    }
}
