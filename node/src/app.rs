//! The node put together: opened in an order that refuses early, stopped in an order that loses
//! nothing.
//!
//! Start: federation and keys, store and index, mirrors, own log, HTTP, then the restart rule and
//! rounds. Stop: the writer finishes the step in hand, hosted offices leave what they have begun to
//! the next start, the mirrors finish the request in hand, then HTTP lets its last answers out.

mod open;
mod parts;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proto::federation::Operator;
use proto::hash::TreeSize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::anchor::keeper::KeepError;
use crate::anchor::plan::{self, PlanError};
use crate::anchor::share::Share;
use crate::client::{Client, ClientError, Timeouts};
use crate::clock::SystemClock;
use crate::config::{Config, ServeOptions};
use crate::halt::Halt;
use crate::hosted::OpenError;
use crate::hosted::office::OfficeError;
use crate::http::{self, Node};
use crate::identity::{self, Identity};
use crate::log::board::Published;
use crate::log::held;
use crate::log::publish::Publisher;
use crate::log::recover::{RecoverError, Recovery};
use crate::log::sequencer::{Rhythm, Sequencer};
use crate::log::writer::{WriteError, Writer};
use crate::mirror::gossip::{Gossip, Watched};
use crate::mirror::service;
use crate::mirror::sight::Lookout;
use crate::pages::PagesError;
use crate::replica::ReplicaError;
use crate::store::{FileStore, Index, IndexError, Store, StoreError};
use crate::telemetry::{self, TelemetryError};
use open::{Opened, Own};
pub use parts::{Anchors, OpenIndex, Parts};

/// Pause between two rounds of gossip.
const GOSSIP_INTERVAL: Duration = Duration::from_secs(30);

/// Why the node did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// Federation file, keys and config do not go together.
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    /// Log lines could not be started.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The copy of another log cannot be opened.
    #[error(transparent)]
    Mirror(#[from] service::OpenError),
    /// The own log cannot be opened.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// A hosted office cannot be opened.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// What hosted offices have begun cannot be read.
    #[error(transparent)]
    Hosted(#[from] OpenError),
    /// An outside clock cannot be asked.
    #[error("the section [anchor] of the config file: {0}")]
    Anchor(#[from] PlanError),
    /// The ledger of anchors cannot be used.
    #[error(transparent)]
    Anchors(#[from] KeepError),
    /// The pages cannot be made.
    #[error("the section [page] of the config file: {0}")]
    Pages(#[from] PagesError),
    /// A checkpoint file of the own log cannot be read.
    #[error(
        "{path}: this file is not a checkpoint of {origin}\n\
         stop the node, keep a copy of the data folder, and bring the file back from a backup"
    )]
    BadCheckpoint {
        /// The file.
        path: String,
        /// The log.
        origin: String,
    },
    /// The restart rule found something that only people can judge.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The writer stopped.
    #[error("{0}\nstart the node again; it finds out what is on the disk")]
    Write(#[from] WriteError),
    /// The address of a peer cannot be used.
    #[error("{0}\ncorrect the address in the federation file, or ask its operators to")]
    Peer(#[from] ClientError),
    /// The address cannot be used.
    #[error("{address}: cannot listen: {source}\nchoose another address with the option listen")]
    Listen {
        /// The address.
        address: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Something said that going on could break a promise.
    #[error("{0}\nstart the node again; it finds out what is on the disk")]
    Halted(String),
    /// A task of the node panicked.
    #[error(
        "a part of the node stopped unexpectedly\nthis is a fault in beleg-node; start it again"
    )]
    Panicked,
}

/// Runs the node until SIGTERM or Ctrl-C.
pub async fn serve(config: Config, options: ServeOptions) -> Result<(), AppError> {
    telemetry::start_logging(config.log_format, &config.log_level)?;
    let _installed = telemetry::metrics();
    let identity = Identity::load(&config, &options)?;
    let store: Arc<dyn Store> = Arc::new(FileStore::open(&config.data)?);
    let index = Index::open(&config.data.join("index"))?;
    let open_index = move |prefix: &str| index.log(prefix);
    let folder = config.file.parent().unwrap_or(Path::new(""));
    let clocks = plan::clocks(&config.anchor, folder, &config.data, &identity.federation)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| AppError::Listen { address: config.listen.to_string(), source })?;
    let parts = Parts {
        identity,
        store,
        open_index: Arc::new(open_index),
        clock: Arc::new(SystemClock),
        rhythm: Rhythm {
            interval: config.round_interval,
            idle: config.idle_interval,
            most: config.round_submissions,
        },
        pool: config.pool_submissions,
        timeouts: Timeouts { connect: config.peer_connect_timeout, request: config.peer_timeout },
        gossip: GOSSIP_INTERVAL,
        hosted: Some(config.hosted),
        page: config.page,
        anchors: Some(Anchors {
            data: config.data,
            clocks,
            late_after: config.anchor.late_after(),
        }),
        proxies: config.certificate_proxies,
        grace: config.revocation_grace,
    };
    let running = Running::start(parts, listener).await?;
    tokio::select! {
        () = asked_to_stop() => {
            tracing::info!("stopping: the step in hand is finished first");
            running.stop().await
        }
        () = running.ended() => running.stop().await,
    }
}

/// A node at work.
pub struct Running {
    /// Asks the writer to stop.
    stop: watch::Sender<bool>,
    /// Asks HTTP to stop.
    stop_http: watch::Sender<bool>,
    writer: Option<JoinHandle<Result<(), AppError>>>,
    writer_ended: watch::Receiver<bool>,
    http: JoinHandle<()>,
    gossip: JoinHandle<()>,
    anchors: Option<JoinHandle<()>>,
    desks: Vec<JoinHandle<()>>,
    held: Option<JoinHandle<()>>,
    halt: Halt,
    node: Arc<Node>,
}

impl Running {
    /// Opens everything, serves HTTP, and begins with the restart rule.
    pub async fn start(parts: Parts, listener: TcpListener) -> Result<Running, AppError> {
        let parts = Arc::new(parts);
        let halt = Halt::default();
        let opened = {
            let (parts, halt) = (Arc::clone(&parts), halt.clone());
            let open = tokio::task::spawn_blocking(move || Opened::open(&parts, &halt));
            open.await.map_err(|_| AppError::Panicked)??
        };
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        let Opened { node, own, watched, others, hosted } = opened;
        let (stop_http, http_stopped) = watch::channel(false);
        let http = tokio::spawn(http::listen::serve(
            listener,
            http::router(Arc::clone(&node)),
            turned_on(http_stopped),
        ));
        tracing::info!(address, federation = %parts.identity.federation.id(), "serving");
        let peers = clients(&parts)?;
        let named = peers.iter().map(|(peer, client)| (peer.name.clone(), client.clone()));
        let named: Vec<(String, Client)> = named.collect();
        let held = node.log.clone().map(|log| {
            // Often enough that a revocation is in the log long before it is due.
            let pause = parts.gossip.min(parts.grace / 3);
            tokio::spawn(held::fetch(log, named.clone(), pause))
        });
        let lookout = Lookout::new(
            Arc::new(parts.identity.federation.clone()),
            others,
            named.clone(),
            Arc::clone(&node.outlook.sights),
        );
        let pause = parts.gossip;
        let anchors = anchoring(&parts, &node, &named, &watched);
        let gossip = Gossip::new(watched, named, Arc::clone(&node.evidence), halt.clone());
        let gossip = tokio::spawn(async move {
            tokio::join!(gossip.run(pause), lookout.run(pause));
        });
        let (stop, stopped) = watch::channel(false);
        let desks = hosted.map(|hosted| hosted.start(&stopped)).unwrap_or_default();
        let (ended, writer_ended) = watch::channel(false);
        let writer = own.map(|own| {
            let node = Arc::clone(&node);
            tokio::spawn(async move {
                let outcome = write(parts, own, node, peers, stopped).await;
                ended.send_replace(true);
                outcome
            })
        });
        Ok(Running {
            stop,
            stop_http,
            writer,
            writer_ended,
            http,
            gossip,
            anchors,
            held,
            desks,
            halt,
            node,
        })
    }

    /// Returns when the node cannot go on by itself.
    pub async fn ended(&self) {
        let writer = async {
            match self.writer {
                Some(_) => turned_on(self.writer_ended.clone()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.halt.asked() => {}
            () = writer => {}
        }
    }

    /// Stops in order and says why, if not because it was asked to.
    pub async fn stop(mut self) -> Result<(), AppError> {
        self.gossip.abort();
        for task in [&self.held, &self.anchors].into_iter().flatten() {
            task.abort();
        }
        self.stop.send_replace(true);
        let outcome = match self.writer.take() {
            Some(writer) => writer.await.unwrap_or(Err(AppError::Panicked)),
            None => Ok(()),
        };
        for desk in self.desks {
            let _panicked = desk.await;
        }
        self.node.mirrors.close().await;
        self.stop_http.send_replace(true);
        let _panicked = self.http.await;
        match self.halt.reason() {
            Some(reason) => Err(AppError::Halted(reason)),
            None => outcome,
        }
    }
}

/// The own log's task: the restart rule, then rounds until the node is to stop.
async fn write(
    parts: Arc<Parts>,
    own: Own,
    node: Arc<Node>,
    peers: Vec<(Operator, Client)>,
    stop: watch::Receiver<bool>,
) -> Result<(), AppError> {
    let Some(key) = parts.identity.log.clone() else { return Ok(()) };
    let Own { log, replica, pending, published } = own;
    let recovery = Recovery {
        key: key.verifier_key().clone(),
        peers: peers.iter().map(|(peer, client)| (peer.name.clone(), client.clone())).collect(),
        without: parts.identity.without_peers.clone(),
        store: Arc::clone(&parts.store),
        open: {
            let (parts, origin) = (Arc::clone(&parts), key.verifier_key().name().to_owned());
            Arc::new(move |limit| open::open_replica(&parts, &origin, "log", limit))
        },
        evidence: Arc::clone(&node.evidence),
        health: Arc::clone(&node.health),
    };
    let recovered = tokio::select! {
        recovered = recovery.run(replica, pending) => recovered?,
        () = turned_on(stop.clone()) => return Ok(()),
    };
    let (replica, pending) = recovered;
    log.attach(&replica);
    let federation = &parts.identity.federation;
    // Published is what a quorum of today's operators vouches for; else it is published again.
    let published = published.and_then(|signed| federation.minimal(&signed).ok());
    let published = match published {
        Some(signed) => Published::read(&replica.reader(), signed).map_err(ReplicaError::from)?,
        None => None,
    };
    let at = published.as_ref().map_or(TreeSize(0), Published::size);
    log.board.restore(published, replica.state());
    let standing = pending.filter(|pending| pending.checkpoint().size() > at);
    let quorum = usize::try_from(federation.current().quorum).unwrap_or(usize::MAX);
    let cosigner = parts.identity.cosigner.clone();
    let sequencer = Sequencer {
        publisher: Publisher::start(peers, at, cosigner, quorum, &node.peers),
        evidence: Arc::clone(&node.evidence),
        clock: Arc::clone(&parts.clock),
        rhythm: parts.rhythm,
        log: Arc::clone(&log),
        stop,
    };
    let writer = Writer::new(replica, Arc::clone(&parts.store), key, Arc::clone(&log.shelf));
    Ok(sequencer.run(writer, standing).await?)
}

/// Anchors are made, and those of other nodes kept.
fn anchoring(
    parts: &Parts,
    node: &Node,
    peers: &[(String, Client)],
    watched: &[Watched],
) -> Option<JoinHandle<()>> {
    let keeper = node.anchors.clone()?;
    let share = Share::new(
        Arc::clone(&keeper),
        Arc::new(parts.identity.federation.clone()),
        peers.to_vec(),
        watched.to_vec(),
        Arc::clone(&node.evidence),
        Arc::clone(&parts.clock),
    );
    let pause = parts.gossip;
    Some(tokio::spawn(async move {
        tokio::join!(keeper.run(), share.run(pause));
    }))
}

/// A client for each operator whose cosigner runs elsewhere.
fn clients(parts: &Parts) -> Result<Vec<(Operator, Client)>, AppError> {
    let peers = parts.identity.peers();
    let with_client = |peer: Operator| {
        let client = Client::new(&peer.url, parts.timeouts)?;
        Ok((peer, client))
    };
    peers.into_iter().map(with_client).collect()
}

async fn turned_on(mut switch: watch::Receiver<bool>) {
    // An error means that nobody can turn it on any more: the node is gone.
    let _ = switch.wait_for(|on| *on).await;
}

/// SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}
