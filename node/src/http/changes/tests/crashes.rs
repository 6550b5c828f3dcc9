//! The node ends between any two steps of a change, and goes on at the next start.

use std::io::Write;

use proto::hash::StatusIndex;
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{RevocationStatement, StatusState};

use super::*;
use crate::hosted::changes::book::{Line, Signed, What, Who};
use crate::testing::office_key;

impl Counter {
    /// Ends the node, changes the record as a crash would have left it, starts again.
    async fn crash(&mut self, leave: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.town.world.stop(0).await.unwrap();
        let path = self.town.office().join("changes");
        let record = fs::read(&path).unwrap();
        fs::write(&path, leave(record)).unwrap();
        self.town.world.start(0).await.unwrap();
        self.town.world.ready(0).await;
    }

    async fn published(&self, id: &str) -> Value {
        let path = format!("/v1/changes/{id}");
        let done = async || self.look(&self.clerk, &path).await.json()["progress"] == "published";
        self.town.world.until("the change is published", done).await;
        self.look(&self.clerk, &path).await.json()
    }

    /// A change of four documents that waits, and its id.
    async fn waiting(&self, keys: &[&str]) -> (Vec<u64>, String) {
        let issued = self.issue(keys).await;
        let asked = self.ask(&self.clerk, keys[0], revoke(&issued)).await;
        assert_eq!(asked.status, 202);
        (issued, asked.json()["id"].as_str().unwrap().to_owned())
    }

    /// The entry that withdraws these documents, one by one, with this number.
    async fn entry(&self, documents: &[u64], sequence: u64) -> Vec<u8> {
        let issuer = proto::hash::LeafIndex(self.issuer().await["id"].as_u64().unwrap());
        let key = office_key(&self.town.office());
        let range = |at: &u64| Range { first: StatusIndex(*at), last: StatusIndex(*at) };
        let mut ranges: Vec<Range> = documents.iter().map(range).collect();
        ranges.sort_by_key(|range| range.first);
        let (signer, state) = (Signer::Issuer, StatusState::Revoked);
        let statement = RevocationStatement::new(issuer, sequence, signer, state, ranges).unwrap();
        self.town.world.sign(0, |place| statement.sign(place, &key).unwrap().to_bytes())
    }
}

fn line(id: &str, what: What) -> Vec<u8> {
    let mut line = serde_json::to_vec(&Line::new(NOW, id, what)).unwrap();
    line.push(b'\n');
    line
}

fn approved(id: &str) -> Vec<u8> {
    line(id, What::Approved(Who { token: "t".to_owned(), name: "second".to_owned() }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_approval_or_the_signature_it_goes_on() {
    let mut counter = Counter::open(1).await;
    // Right behind step 1, with half of the next line.
    let (issued, id) = counter.waiting(&["a", "b", "c", "d"]).await;
    let half = |mut record: Vec<u8>| {
        record.extend(approved(&id));
        record.write_all(b"{\"change\":1,\"time\":1").unwrap();
        record
    };
    counter.crash(half).await;
    let done = counter.published(&id).await;
    assert_eq!(done["decided_by"], "second");
    assert_eq!((counter.sequence().await, counter.state(issued[3]).await), (1, "revoked".into()));
    // Right behind step 2: what was signed is sent, byte for byte.
    let (issued, id) = counter.waiting(&["e", "f", "g", "h"]).await;
    let signed = |sequence, entry| What::Signed(Signed { sequence, entry });
    let entry = counter.entry(&issued, 7).await;
    let behind = |record: Vec<u8>| [record, approved(&id), line(&id, signed(7, entry))].concat();
    counter.crash(behind).await;
    counter.published(&id).await;
    assert_eq!((counter.sequence().await, counter.state(issued[0]).await), (7, "revoked".into()));
    // The same, and another entry has used the number: it is signed anew.
    let (issued, id) = counter.waiting(&["i", "j", "k", "l"]).await;
    let entry = counter.entry(&issued, 5).await;
    let behind = |record: Vec<u8>| [record, approved(&id), line(&id, signed(5, entry))].concat();
    counter.crash(behind).await;
    counter.published(&id).await;
    assert_eq!((counter.sequence().await, counter.state(issued[0]).await), (8, "revoked".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_log_has_is_not_entered_again() {
    let mut counter = Counter::open(1).await;
    let issued = counter.issue(&["a"]).await;
    let done = counter.ask(&counter.clerk, "k", revoke(&issued)).await.json();
    // Right behind step 3: published, and the record does not say so.
    let without_last = |record: Vec<u8>| {
        let text = String::from_utf8(record).unwrap();
        let end = text.trim_end().rfind('\n').unwrap();
        assert!(text[end..].contains("entered"));
        text.as_bytes()[..=end].to_vec()
    };
    counter.crash(without_last).await;
    let id = done["id"].as_str().unwrap();
    let again = counter.published(id).await;
    assert_eq!((&again["index"], counter.sequence().await), (&done["index"], 1));
    let asked = counter.ask(&counter.clerk, "k", revoke(&issued)).await;
    assert_eq!((asked.status, &asked.json()["index"]), (200, &done["index"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_quorum_it_waits_over_a_restart() {
    let mut counter = Counter::open(4).await;
    let issued = counter.issue(&["a", "b"]).await;
    for seat in [1, 2] {
        counter.town.world.stop(seat).await.unwrap();
    }
    let asked = counter.ask(&counter.clerk, "k", revoke(&issued)).await;
    assert_eq!((asked.status, &asked.json()["progress"]), (202, &json!("in-work")));
    counter.town.world.stop(0).await.unwrap();
    for seat in [0, 1, 2] {
        counter.town.world.start(seat).await.unwrap();
    }
    counter.town.world.ready(0).await;
    counter.published(asked.json()["id"].as_str().unwrap()).await;
    assert_eq!((counter.sequence().await, counter.state(issued[1]).await), (1, "revoked".into()));
    let record = fs::read_to_string(counter.town.office().join("changes")).unwrap();
    assert_eq!(record.lines().count(), 3);
}
