//! Opening a node's files: evidence, mirrors, the own log, in an order that refuses early.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use proto::checkpoint::SignedCheckpoint;
use proto::federation::Authority;
use proto::hash::{Hash, TreeSize, sha256};
use proto::note::VerifierKey;

use super::{AppError, Parts};
use crate::anchor::keeper::{self, Keeper};
use crate::client::Client;
use crate::evidence::Evidence;
use crate::halt::Halt;
use crate::health::{Health, Phase};
use crate::hosted;
use crate::http::Node;
use crate::http::state::Outlook;
use crate::lists::Lists;
use crate::log::publish::Peers;
use crate::log::{self, Log};
use crate::mirror::gossip::Watched;
use crate::mirror::service::{Mirror, Mirrors, Shared};
use crate::mirror::sight::Other;
use crate::pages::{self, Pages};
use crate::replica::{Replica, ReplicaError};
use crate::shelf::Shelf;

/// The own log between opening and the restart rule.
pub(super) struct Own {
    pub(super) log: Arc<Log>,
    pub(super) replica: Replica,
    /// The newest checkpoint that the log has signed, as far as this node knows.
    pub(super) pending: Option<SignedCheckpoint>,
    pub(super) published: Option<SignedCheckpoint>,
}

/// Everything that was opened.
pub(super) struct Opened {
    pub(super) node: Arc<Node>,
    pub(super) own: Option<Own>,
    pub(super) watched: Vec<Watched>,
    pub(super) others: Vec<Other>,
    pub(super) hosted: Option<hosted::Opened>,
}

impl Opened {
    /// Opens all files. Blocks, long if an index has to be built again.
    pub(super) fn open(parts: &Parts, halt: &Halt) -> Result<Opened, AppError> {
        let identity = &parts.identity;
        let evidence = Arc::new(Evidence::open(Arc::clone(&parts.store))?);
        let first = match &identity.log {
            Some(_) => Phase::AskingPeers { missing: Vec::new() },
            None => Phase::NoLog,
        };
        let health = Arc::new(Health::new(first));
        let (mut shelves, mut watched) = (BTreeMap::new(), Vec::new());
        let mut show = |key: &VerifierKey, shelf: &Arc<Shelf>| {
            shelves.insert(sha256(key.name().as_bytes()), Arc::clone(shelf));
            watched.push(Watched { key: key.clone(), shelf: Arc::clone(shelf) });
        };
        let mut mirrors = Vec::new();
        if let Some(cosigner) = &identity.cosigner {
            let shared = Shared {
                store: Arc::clone(&parts.store),
                cosigner: Arc::clone(cosigner),
                evidence: Arc::clone(&evidence),
                clock: Arc::clone(&parts.clock),
                grace_s: parts.grace.as_secs(),
                halt: halt.clone(),
            };
            for authority in identity.other_logs() {
                let open =
                    |prefix: &str, limit| open_replica(parts, authority.origin(), prefix, limit);
                let mirror = Arc::new(Mirror::open(shared.clone(), &authority.log, open)?);
                show(&authority.log, &mirror.shelf);
                mirrors.push(mirror);
            }
        }
        let own = match &identity.log {
            Some(key) => {
                let own = Own::open(parts, key.verifier_key().name(), &health)?;
                show(key.verifier_key(), &own.log.shelf);
                Some(own)
            }
            None => None,
        };
        let hosted = open_hosted(parts, own.as_ref().map(|own| &own.log))?;
        let (name, file) = (&identity.federation.current().name, &identity.federation_file);
        let operator = identity.cosigner.as_ref().map(|cosigner| cosigner.operator().to_owned());
        let federation = Arc::new(identity.federation.clone());
        let site = pages::site(&parts.page, name, file.clone())?.with_live(true);
        let outlook = Outlook::new(Arc::clone(&federation), operator, Arc::clone(&parts.clock));
        let others = others(parts, &shelves)?;
        let lists = Lists::new(federation, Arc::clone(&outlook.sights), &others);
        let anchors = open_anchors(parts, own.as_ref().map(|own| &own.log), &outlook)?;
        let node = Arc::new(Node {
            anchors,
            log: own.as_ref().map(|own| Arc::clone(&own.log)),
            mirrors: Mirrors::new(mirrors),
            shelves,
            evidence,
            federation: identity.federation_file.clone().into(),
            health,
            peers: Arc::new(Peers::default()),
            hosted: hosted.as_ref().map(hosted::Opened::hosted),
            lists: Arc::new(lists),
            outlook,
            pages: Pages::of(&site.with_desk(hosted.is_some())),
        });
        Ok(Opened { node, own, watched, others, hosted })
    }
}

impl Own {
    fn open(parts: &Parts, origin: &str, health: &Arc<Health>) -> Result<Own, AppError> {
        let read = |path: &str| -> Result<Option<SignedCheckpoint>, AppError> {
            let Some(bytes) = parts.store.read(path)? else { return Ok(None) };
            let signed = SignedCheckpoint::parse(&bytes).ok();
            let signed = signed.filter(|signed| signed.checkpoint().origin() == origin);
            let (path, origin) = (path.to_owned(), origin.to_owned());
            signed.map(Some).ok_or(AppError::BadCheckpoint { path, origin })
        };
        let published = read(log::writer::CHECKPOINT)?;
        let pending = read(log::recover::PENDING)?;
        let size = |signed: &SignedCheckpoint| signed.checkpoint().size();
        // `pending` is never behind, unless someone brought back one file and not the other.
        let pending = match (pending, &published) {
            (Some(pending), Some(published)) if size(&pending) < size(published) => {
                Some(published.clone())
            }
            (None, Some(published)) => Some(published.clone()),
            (pending, _) => pending,
        };
        let limit = pending.as_ref().map_or(TreeSize(0), size);
        let replica = open_replica(parts, origin, "log", limit)?;
        let shelf = Arc::new(Shelf::new(Arc::clone(&parts.store), "log", replica.reader()));
        if let Some(pending) = &pending {
            shelf.show_pending(pending.to_bytes().into());
        }
        if let Some(published) = &published {
            if let Some(cosigner) = &parts.identity.cosigner {
                cosigner.saw(published);
            }
            shelf.show_checkpoint(published.to_bytes().into());
            shelf.show_files(size(published));
        }
        let log = Arc::new(Log {
            rules: parts.identity.rules(origin),
            shelf,
            batches: RwLock::new(replica.batches()),
            pool: log::pool::Pool::new(parts.pool),
            board: log::board::Board::default(),
            health: Arc::clone(health),
        });
        Ok(Own { log, replica, pending, published })
    }
}

/// The logs that are written elsewhere, with clients for their nodes.
fn others(parts: &Parts, shelves: &BTreeMap<Hash, Arc<Shelf>>) -> Result<Vec<Other>, AppError> {
    let other = |authority: &Authority| {
        let origin = authority.origin().to_owned();
        let shelf = shelves.get(&sha256(origin.as_bytes())).cloned();
        Ok(Other { origin, client: Client::new(&authority.url, parts.timeouts)?, shelf })
    };
    parts.identity.other_logs().map(other).collect()
}

/// The anchors, over the newest published checkpoints of the own log and of those seen.
fn open_anchors(
    parts: &Parts,
    log: Option<&Arc<Log>>,
    outlook: &Outlook,
) -> Result<Option<Arc<Keeper>>, AppError> {
    let Some(anchors) = &parts.anchors else { return Ok(None) };
    let (log, sights) = (log.cloned(), Arc::clone(&outlook.sights));
    let others = parts.identity.other_logs().map(|authority| authority.origin().to_owned());
    let others: Vec<String> = others.collect();
    let heads = move || {
        let own = log.as_ref().and_then(|log| Some(log.board.published()?.signed.clone()));
        let seen = others.iter().filter_map(|origin| sights.log(origin).published);
        own.into_iter().chain(seen.map(|published| published.signed().clone())).collect()
    };
    let keeper = Keeper::open(keeper::Parts {
        data: anchors.data.clone(),
        store: Arc::clone(&parts.store),
        clocks: anchors.clocks.clone(),
        late_after: anchors.late_after,
        federation: Arc::new(parts.identity.federation.clone()),
        heads: Box::new(heads),
        clock: Arc::clone(&parts.clock),
    })?;
    Ok(Some(Arc::new(keeper)))
}

/// The offices that this node hosts, with what they have begun.
fn open_hosted(parts: &Parts, log: Option<&Arc<Log>>) -> Result<Option<hosted::Opened>, AppError> {
    let Some(folder) = &parts.hosted else { return Ok(None) };
    let offices = hosted::office::open_all(folder)?;
    if offices.is_empty() {
        return Ok(None);
    }
    let no_log = || hosted::OpenError::NoLog { folder: folder.display().to_string() };
    let log = log.ok_or_else(no_log)?;
    let federation = Arc::new(parts.identity.federation.clone());
    Ok(Some(hosted::Opened::open(offices, log, &federation, &parts.clock, &parts.proxies)?))
}

/// Opens one log's copy, as a start does and as recovery does again.
pub(super) fn open_replica(
    parts: &Parts,
    origin: &str,
    prefix: &str,
    limit: TreeSize,
) -> Result<Replica, ReplicaError> {
    let index = (parts.open_index)(prefix)?;
    let rules = parts.identity.rules(origin);
    Replica::open(Arc::clone(&parts.store), index, prefix, rules, limit)
}
