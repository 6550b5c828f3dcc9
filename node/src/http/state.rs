//! The state of the federation as this node sees it, for the page that shows it and for tools.
//!
//! What can be verified is sent as the signed note. Nothing in it is secret, and nothing is about a
//! person. An answer is made when it is asked for and kept for a moment, so that a crowd costs one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use proto::checkpoint::SignedCheckpoint;
use proto::federation::{Authority, Federation};
use proto::hash::{Timestamp, sha256};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use super::Node;
use super::anchors::AnchorState;
use crate::alarms::{self, ClockFacts, Facts, LogFacts, NodeFacts, PeerFacts};
use crate::anchor::view::ClockState;
use crate::clock::Clock;
use crate::mirror::sight::Sights;

/// How long an answer is given out again.
const KEPT: Duration = Duration::from_secs(1);

/// The federation as this node sees it. Times are POSIX seconds.
#[derive(Serialize, ToSchema)]
pub struct FederationState {
    /// When this was made, by the node's clock.
    time: u64,
    node: NodeState,
    /// The logs of the newest version of the federation.
    logs: Vec<LogState>,
    /// The other operators.
    peers: Vec<PeerState>,
    /// What needs somebody.
    alarms: Vec<AlarmState>,
    /// Names of the files under `/evidence`.
    evidence: Vec<String>,
    /// The clocks outside the federation that this node asks.
    anchors: Vec<AnchorState>,
}

/// The node that answers.
#[derive(Serialize, ToSchema)]
pub struct NodeState {
    /// Whose log it writes.
    authority: Option<String>,
    /// Whose cosigner it runs.
    operator: Option<String>,
    /// The origin of its log.
    origin: Option<String>,
    /// As `/readyz` says.
    ready: bool,
    /// The word for what it is doing, as `/readyz` says.
    state: &'static str,
    /// The sentence for it.
    message: String,
    /// Since when.
    since: u64,
}

/// One log.
#[derive(Serialize, ToSchema)]
pub struct LogState {
    /// Short name of its authority.
    authority: String,
    /// The authority's name for people.
    display_name: String,
    origin: String,
    /// SHA-256 of the origin, in hex.
    origin_hash: String,
    /// Whether this node writes it.
    own: bool,
    /// The newest checkpoint with a quorum that this node has seen, a signed note.
    checkpoint: Option<String>,
    /// When the log's own node last gave one.
    checkpoint_seen: Option<u64>,
    /// The newest checkpoint that this node's cosigner signed, a signed note.
    mirror_checkpoint: Option<String>,
    /// Size of the newest checkpoint that the log has signed, as far as this node knows.
    pending_size: Option<u64>,
    /// Why the log's own node gave none, the last time.
    error: Option<String>,
    /// Whether it has signed two histories.
    split_view: bool,
    /// Revocations that this node holds it to.
    revocations_held: u64,
    /// Those of them whose time is over.
    revocations_overdue: u64,
}

/// One other operator.
#[derive(Serialize, ToSchema)]
pub struct PeerState {
    /// Its name.
    operator: String,
    /// `ok`, `failing` or `unknown`.
    state: &'static str,
    /// Since when.
    since: u64,
    /// What went wrong the last time.
    message: Option<String>,
    /// Entries of this node's log that it does not have yet.
    lag_entries: u64,
}

/// Something that needs somebody.
#[derive(Serialize, ToSchema)]
pub struct AlarmState {
    /// A stable word.
    code: &'static str,
    /// Since when.
    since: u64,
    /// An operator's or an authority's name.
    subject: Option<String>,
    /// What is wrong, in one sentence.
    message: String,
    /// What to do, in one sentence.
    next_step: &'static str,
}

/// What the state is made of, beside the roles.
pub struct Outlook {
    federation: Arc<Federation>,
    /// Whose cosigner runs here.
    operator: Option<String>,
    clock: Arc<dyn Clock>,
    /// What other nodes show.
    pub sights: Arc<Sights>,
    kept: Mutex<Kept>,
    started: Instant,
}

#[derive(Default)]
struct Kept {
    answer: Option<(Instant, Bytes)>,
    /// When an alarm was first seen, of those that are there.
    first: BTreeMap<(&'static str, Option<String>), Timestamp>,
}

impl Outlook {
    /// An outlook on this federation.
    pub fn new(
        federation: Arc<Federation>,
        operator: Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Outlook {
        let (sights, kept) = (Arc::new(Sights::default()), Mutex::default());
        Outlook { federation, operator, clock, sights, kept, started: Instant::now() }
    }
}

/// Gives the state of the federation as this node sees it: logs, operators, alarms.
#[utoipa::path(
    get,
    path = "/v1/federation-state",
    tag = "log",
    operation_id = "federationState",
    responses((status = 200, description = "The state.", body = FederationState)),
)]
pub async fn state(State(node): State<Arc<Node>>) -> Response {
    let mut kept = node.outlook.kept.lock().await;
    let fresh = kept.answer.as_ref().filter(|(made, _)| made.elapsed() < KEPT);
    let bytes = match fresh {
        Some((_, bytes)) => bytes.clone(),
        None => {
            let state = View { node: &node, now: node.outlook.clock.now() }.state(&mut kept);
            // Texts and numbers always serialise.
            let bytes = Bytes::from(serde_json::to_vec(&state).unwrap_or_default());
            kept.answer = Some((Instant::now(), bytes.clone()));
            bytes
        }
    };
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], bytes).into_response()
}

/// One look at the node.
struct View<'a> {
    node: &'a Node,
    now: Timestamp,
}

impl View<'_> {
    fn state(&self, kept: &mut Kept) -> FederationState {
        let outlook = &self.node.outlook;
        let version = outlook.federation.current();
        let node = self.node_state();
        let logs: Vec<_> = version.authorities.iter().map(|one| self.log_state(one)).collect();
        let own = outlook.operator.as_deref();
        let others = version.operators.iter().filter(|one| Some(one.name.as_str()) != own);
        let peers: Vec<PeerState> = others.map(|one| self.peer_state(&one.name)).collect();
        let clocks = self.node.anchors.as_ref().map(|keeper| keeper.states()).unwrap_or_default();
        let facts = Facts {
            now: self.now,
            version,
            node: NodeFacts {
                authority: node.authority.clone(),
                ready: node.ready,
                state: node.state,
                message: node.message.clone(),
                since: Timestamp(node.since),
            },
            logs: logs.iter().map(|(_, facts)| facts.clone()).collect(),
            peers: peers.iter().map(peer_facts).collect(),
            clocks: clocks.iter().map(|clock| self.clock_facts(clock)).collect(),
        };
        FederationState {
            time: self.now.0,
            node,
            alarms: self.alarms(&facts, kept),
            logs: logs.into_iter().map(|(state, _)| state).collect(),
            peers,
            evidence: self.node.evidence.list(),
            anchors: clocks.iter().map(AnchorState::from).collect(),
        }
    }

    fn clock_facts(&self, clock: &ClockState) -> ClockFacts {
        let late_after = self.node.anchors.as_ref().map_or(0, |keeper| keeper.late_after_s());
        let due = clock.proven.or(clock.first_asked).filter(|_| clock.every.is_some());
        let money = clock.money.as_ref();
        ClockFacts {
            name: clock.name.clone(),
            late: due.map(|time| Timestamp(time.0.saturating_add(late_after))),
            anchors_left: money
                .map(|money| money.left.checked_div(money.per_anchor).unwrap_or(u128::MAX)),
            ends: clock.ends,
        }
    }

    fn node_state(&self) -> NodeState {
        let report = self.node.health.report();
        let origin = self.node.log.as_ref().map(|log| log.rules.origin().to_owned());
        let version = self.node.outlook.federation.current();
        let authority = origin.as_deref().and_then(|origin| version.authority_by_origin(origin));
        NodeState {
            authority: authority.map(|authority| authority.name.clone()),
            operator: self.node.outlook.operator.clone(),
            origin,
            ready: report.ready,
            state: report.state,
            message: report.message,
            since: self.at(report.since).0,
        }
    }

    fn log_state(&self, authority: &Authority) -> (LogState, LogFacts) {
        let origin = authority.origin();
        let hash = sha256(origin.as_bytes());
        let log = self.node.log.as_ref().filter(|log| log.rules.origin() == origin);
        let sight = self.node.outlook.sights.log(origin);
        let published = match log {
            Some(log) => log.board.published().map(|published| published.signed.clone()),
            None => sight.published.as_ref().map(|published| published.signed().clone()),
        };
        let shelf = self.node.shelves.get(&hash);
        let mirrored = shelf.filter(|_| log.is_none()).and_then(|shelf| shelf.checkpoint());
        let pending = shelf.and_then(|shelf| SignedCheckpoint::parse(&shelf.pending()?).ok());
        let seen = match log {
            Some(_) => published.as_ref().map(|_| self.now),
            None => sight.seen.map(|seen| self.at(seen)),
        };
        let dues = self.node.mirrors.find(origin).map(|mirror| mirror.dues()).unwrap_or_default();
        let overdue = dues.iter().filter(|due| **due < self.now);
        let split = self.node.evidence.is_split(origin);
        let facts = LogFacts {
            authority: authority.name.clone(),
            last: sight.published.as_ref().map(|published| published.proven_time()),
            times: sight.times.iter().copied().collect(),
            split,
            overdue: overdue.clone().min().copied(),
        };
        let state = LogState {
            authority: authority.name.clone(),
            display_name: authority.display_name.clone(),
            origin: origin.to_owned(),
            origin_hash: hash.to_hex(),
            own: log.is_some(),
            checkpoint: published.map(|signed| text(&signed.to_bytes())),
            checkpoint_seen: seen.map(|seen| seen.0),
            mirror_checkpoint: mirrored.map(|bytes| text(&bytes)),
            pending_size: pending.map(|pending| pending.checkpoint().size().0),
            error: sight.error.filter(|_| log.is_none()),
            split_view: split,
            revocations_held: count(dues.len()),
            revocations_overdue: count(overdue.count()),
        };
        (state, facts)
    }

    /// What the log heard when it pushed to a peer, and what the lookout heard when it asked.
    fn peer_state(&self, name: &str) -> PeerState {
        let (pushed, lag_entries) = match self.node.peers.find(name) {
            Some(pushed) => (Some(pushed.answers), pushed.lag),
            None => (None, 0),
        };
        let both = [pushed, self.node.outlook.sights.operator(name)];
        let known = both.iter().flatten();
        let failing = known.clone().filter(|answers| answers.error.is_some());
        let (state, since) = match failing.clone().map(|answers| answers.since).min() {
            Some(since) => ("failing", since),
            None => match known.map(|answers| answers.since).max() {
                Some(since) => ("ok", since),
                None => ("unknown", self.node.outlook.started),
            },
        };
        PeerState {
            operator: name.to_owned(),
            state,
            since: self.at(since).0,
            message: failing.clone().find_map(|answers| answers.error.clone()),
            lag_entries,
        }
    }

    /// The alarms; those whose facts do not say since when began when they were first seen.
    fn alarms(&self, facts: &Facts<'_>, kept: &mut Kept) -> Vec<AlarmState> {
        let mut first = BTreeMap::new();
        let mut listed = Vec::new();
        for alarm in alarms::alarms(facts) {
            let name = (alarm.code, alarm.subject.clone());
            let before = kept.first.get(&name).copied();
            let since = alarm.since.or(before).unwrap_or(self.now);
            first.insert(name, since);
            listed.push(AlarmState {
                code: alarm.code,
                since: since.0,
                subject: alarm.subject,
                message: alarm.message,
                next_step: alarm.next_step,
            });
        }
        kept.first = first;
        listed
    }

    /// When that was, by the clock.
    fn at(&self, then: Instant) -> Timestamp {
        Timestamp(self.now.0.saturating_sub(then.elapsed().as_secs()))
    }
}

fn peer_facts(peer: &PeerState) -> PeerFacts {
    let failing = (peer.state == "failing").then_some(Timestamp(peer.since));
    PeerFacts { operator: peer.operator.clone(), failing }
}

fn text(note: &[u8]) -> String {
    String::from_utf8_lossy(note).into_owned()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
