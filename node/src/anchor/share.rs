//! Evidence that other nodes have: fetched, checked and kept, so that one anchor serves all.
//!
//! Nothing is believed for the sake of the node that shows it. The statement has to lead to the
//! root, a quorum has to vouch for each of its checkpoints, and a checkpoint that contradicts the
//! copy here is a split view. Evidence that is false is not kept; what cannot be told here, for
//! want of Bitcoin headers or block hashes, is, because others can tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proto::anchor::Evidence as Piece;
use proto::anchor::judge::{Outside, Proven, judge};
use proto::anchor::list::{self, Listed};
use proto::anchor::statement::Statement;
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use proto::limits;
use proto::time::{DAY_S, Month};

use super::keeper::{CHECKPOINTS, Keeper, STATEMENT};
use super::notes::note_of;
use crate::client::Client;
use crate::clock::Clock;
use crate::evidence::{Compared, Evidence};
use crate::mirror::gossip::Watched;

/// Bytes of the signed checkpoints under a root.
const CHECKPOINTS_BYTES: usize = 16 * 1024 * 1024;
/// Pieces that are taken from one node in one round: who sends more waits.
const PIECES: usize = 16;
/// And in one day: four clocks every six minutes.
const DAY_PIECES: usize = 1024;
/// Numbers of evidence grow by renewals; who begins at the end would leave no room for them.
const NUMBERS: u32 = 10_000;

/// Looks at what the other nodes have.
pub struct Share {
    keeper: Arc<Keeper>,
    federation: Arc<Federation>,
    peers: Vec<(String, Client)>,
    watched: Vec<Watched>,
    evidence: Arc<Evidence>,
    clock: Arc<dyn Clock>,
    /// The day, and what each node has given in it.
    day: u64,
    taken: BTreeMap<String, usize>,
    /// What was refused: it is not fetched again in a day.
    refused: BTreeSet<(Hash, String)>,
    /// The older month whose turn it was.
    older: Option<Month>,
}

/// Why a piece is not kept.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    #[error("{0}")]
    Away(String),
    #[error("{0}")]
    Bad(String),
    #[error("it ends no later than what is kept")]
    Older,
}

impl Share {
    /// A look at these nodes.
    pub fn new(
        keeper: Arc<Keeper>,
        federation: Arc<Federation>,
        peers: Vec<(String, Client)>,
        watched: Vec<Watched>,
        evidence: Arc<Evidence>,
        clock: Arc<dyn Clock>,
    ) -> Share {
        let (day, taken, refused, older) = (0, BTreeMap::new(), BTreeSet::new(), None);
        Share { keeper, federation, peers, watched, evidence, clock, day, taken, refused, older }
    }

    /// One round in each interval, for ever.
    pub async fn run(mut self, interval: Duration) {
        loop {
            self.round().await;
            tokio::time::sleep(interval).await;
        }
    }

    /// Looks once at what every node has of this month, the one before and an older one.
    pub async fn round(&mut self) {
        let now = self.clock.now();
        let months = self.months(now);
        for (name, client) in self.peers.clone() {
            let mut taken = 0;
            for month in &months {
                let Ok(listed) = listed(&client, *month).await else { continue };
                for one in listed {
                    let refused = self.refused.contains(&(one.root, one.file.clone()));
                    let numbered = (1..NUMBERS).contains(&one.clock().1);
                    let room = taken < PIECES && self.today(&name, now) < DAY_PIECES;
                    if refused || !numbered || !room || self.keeper.has(&one) {
                        continue;
                    }
                    taken += 1;
                    *self.taken.entry(name.clone()).or_default() += 1;
                    match self.take(&name, &client, &one, now).await {
                        Ok(()) | Err(NotKept::Away(_)) => {}
                        Err(NotKept::Older) => drop(self.refused.insert((one.root, one.file))),
                        Err(NotKept::Bad(why)) => {
                            let (root, file) = (one.root, one.file);
                            tracing::warn!(peer = name, %root, file, why, "an anchor is refused");
                            self.refused.insert((root, file));
                        }
                    }
                }
            }
        }
    }

    /// The months of this round: what is renewed is listed in the month in which its root was made.
    fn months(&mut self, now: Timestamp) -> Vec<Month> {
        let month = Month::of(now);
        let newest = [month, month.and_then(Month::before)];
        let first = self.keeper.first().and_then(Month::of);
        self.older = older(self.older, first, newest[1].and_then(Month::before));
        newest.into_iter().chain([self.older]).flatten().collect()
    }

    /// Pieces that this node has given today. With the day all is forgotten, so that nobody fills
    /// memory or disk.
    fn today(&mut self, peer: &str, now: Timestamp) -> usize {
        let day = now.0 / DAY_S;
        if self.day != day {
            self.day = day;
            self.taken.clear();
            self.refused.clear();
        }
        self.taken.get(peer).copied().unwrap_or(0)
    }

    async fn take(
        &self,
        peer: &str,
        client: &Client,
        one: &Listed,
        now: Timestamp,
    ) -> Result<(), NotKept> {
        if !self.keeper.knows(&one.root) {
            self.take_statement(client, &one.root).await?;
        }
        let path = format!("/anchors/{}/{}", one.root, one.file);
        let bytes = fetch(client, &path, limits::TSA_EVIDENCE_BYTES).await?;
        let piece = Piece { kind: one.kind, bytes };
        let clocks = &self.federation.current().clocks;
        let ends = match judge(&piece, &one.root, clocks, &Outside::default(), now) {
            Ok(Proven::Tsa(facts)) => Some(facts.ends),
            Err(problem) if problem.is_false() => return Err(NotKept::Bad(problem.to_string())),
            _ => None,
        };
        if self.keeper.ends(one).is_some_and(|kept| ends.is_none_or(|ends| ends <= kept)) {
            return Err(NotKept::Older);
        }
        let kept = tokio::task::block_in_place(|| self.keeper.keep(peer, one, piece.bytes, ends));
        kept.map_err(|e| NotKept::Away(e.to_string()))
    }

    /// The statement of a root, and the checkpoints under it.
    async fn take_statement(&self, client: &Client, root: &Hash) -> Result<(), NotKept> {
        let of = |file: &str| format!("/anchors/{root}/{file}");
        let statement = fetch(client, &of(STATEMENT), limits::STATEMENT_BYTES).await?;
        let statement = Statement::parse(&statement).map_err(|e| NotKept::Bad(e.to_string()))?;
        let leads = statement.tree().is_ok_and(|tree| tree.root() == *root);
        if !leads || statement.federation() != self.federation.id() {
            let why = "its statement is of another root or federation";
            return Err(NotKept::Bad(why.to_owned()));
        }
        let checkpoints = fetch(client, &of(CHECKPOINTS), CHECKPOINTS_BYTES).await?;
        for head in statement.heads() {
            let note = note_of(&checkpoints, head);
            let note = note.filter(|n| self.federation.verify_checkpoint(n, &[]).is_ok());
            let origin = head.checkpoint().origin();
            let note = note.ok_or_else(|| {
                NotKept::Bad(format!("no quorum vouches for its checkpoint of {origin}"))
            })?;
            self.compare(&note)?;
        }
        let kept = tokio::task::block_in_place(|| self.keeper.publish(&statement, checkpoints));
        kept.map(drop).map_err(|e| NotKept::Away(e.to_string()))
    }

    /// What was anchored has to be in the log that is here.
    fn compare(&self, note: &SignedCheckpoint) -> Result<(), NotKept> {
        let origin = note.checkpoint().origin();
        let here = self.watched.iter().find(|watched| watched.key.name() == origin);
        let Some(here) = here else { return Ok(()) };
        let Some(newest) = here.shelf.checkpoint() else { return Ok(()) };
        let Ok(newest) = SignedCheckpoint::parse(&newest) else { return Ok(()) };
        let compared = tokio::task::block_in_place(|| {
            self.evidence.compare(&here.shelf.reader(), &newest, note)
        });
        match compared {
            Ok(Compared::Same | Compared::Larger) => Ok(()),
            Ok(Compared::Split) => {
                Err(NotKept::Bad(format!("it shows another history of {origin} than the one here")))
            }
            Err(error) => Err(NotKept::Away(error.to_string())),
        }
    }
}

async fn fetch(client: &Client, path: &str, limit: usize) -> Result<Vec<u8>, NotKept> {
    let answer = client.get(path, limit).await.map_err(|e| NotKept::Away(e.to_string()))?;
    match answer.status {
        200 => Ok(answer.body.to_vec()),
        status => Err(NotKept::Away(format!("it answered {status}"))),
    }
}

async fn listed(client: &Client, month: Month) -> Result<Vec<Listed>, NotKept> {
    let bytes = fetch(client, &format!("/anchors/{month}"), limits::ANCHOR_LIST_BYTES).await?;
    list::parse(&bytes).map_err(|e| NotKept::Bad(e.to_string()))
}

/// The month whose turn it is after another one: back from the last one to the first, and again.
fn older(turn: Option<Month>, first: Option<Month>, last: Option<Month>) -> Option<Month> {
    let within = |month: &Month| first.is_some_and(|first| *month >= first);
    turn.and_then(Month::before).filter(within).or(last.filter(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_months_have_their_turn_one_after_the_other() {
        let month = |text| Some(Month::parse(text).unwrap());
        let (first, last) = (month("2026-12"), month("2027-02"));
        let mut turn = None;
        for want in ["2027-02", "2027-01", "2026-12", "2027-02", "2027-01"] {
            turn = older(turn, first, last);
            assert_eq!(turn, month(want));
        }
        assert_eq!(older(None, None, last), None);
        assert_eq!(older(None, month("2027-03"), last), None);
    }
}
