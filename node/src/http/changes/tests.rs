//! Changes over HTTP: who may ask for what, what is refused, the second person, and what goes on
//! after a crash between any two steps.

mod crashes;

use std::fs;

use proto::hash::{Timestamp, sha256};
use proto::receipt::Receipt;
use serde_json::{Value, json};

use super::super::town::*;
use crate::hosted::token::{Entrance, Grant, May};
use crate::testing::{NOW, World};

/// The office with a clerk, and somebody who approves.
struct Counter {
    town: Town,
    clerk: String,
    second: String,
}

impl Counter {
    async fn open(seats: usize) -> Counter {
        let town = Town::open(seats).await;
        let (clerk, second) = (
            grant(&town, "clerk", &[May::Issue, May::Withdraw]),
            grant(&town, "second", &[May::Approve]),
        );
        Counter { town, clerk, second }
    }

    /// Issues documents and gives their status indexes.
    async fn issue(&self, keys: &[&str]) -> Vec<u64> {
        let mut statuses = Vec::new();
        for key in keys {
            let body = form(&[&LEAST[..], &[("reference", key)]].concat(), Some(key.as_bytes()));
            let seen = self.town.send(&self.clerk, key, body).await;
            assert_eq!(seen.status, 200);
            statuses.push(seen.json()["status"].as_u64().unwrap());
        }
        statuses
    }

    async fn ask(&self, token: &str, key: &str, body: Value) -> Seen {
        self.send(token, "POST /v1/changes", key, body.to_string().into_bytes()).await
    }

    async fn look(&self, token: &str, path: &str) -> Seen {
        self.send(token, &format!("GET {path}"), "", Vec::new()).await
    }

    async fn decide(&self, token: &str, id: &str, word: &str) -> Seen {
        self.send(token, &format!("POST /v1/changes/{id}/{word}"), "", Vec::new()).await
    }

    async fn send(&self, token: &str, what: &str, key: &str, body: Vec<u8>) -> Seen {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("authorization", bearer.as_str())];
        if !key.is_empty() {
            headers.push(("idempotency-key", key));
        }
        self.town.call(what, &headers, body).await
    }

    /// The state of a document as the page finds it.
    async fn state(&self, status: u64) -> String {
        let found = self.look(&self.clerk, &format!("/v1/documents?status={status}")).await;
        found.json()["documents"][0]["state"].as_str().unwrap_or_default().to_owned()
    }

    /// How many changes the ledger has of this office.
    async fn sequence(&self) -> u64 {
        self.issuer().await["sequence"].as_u64().unwrap()
    }

    /// The office in the ledger.
    async fn issuer(&self) -> Value {
        let issuers = self.town.world.get(0, "/v1/issuers").await;
        serde_json::from_slice::<Value>(&issuers.body).unwrap()[0].clone()
    }
}

fn grant(town: &Town, name: &str, may: &[May]) -> String {
    let types = [TYPE.to_owned()];
    town.grant(Grant { name, may, types: &types, rate: 100_000, entrance: Entrance::Text }).1
}

fn revoke(documents: &[u64]) -> Value {
    json!({ "state": "revoked", "documents": documents, "reason": "error" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_found_withdrawn_suspended_and_reinstated() {
    let counter = Counter::open(1).await;
    let issued = counter.issue(&["a", "b", "c"]).await;
    let office = counter.look(&counter.clerk, "/v1/office").await.json();
    assert_eq!((&office["state"], &office["many"]), (&json!("ready"), &json!(3)));
    assert_eq!(office["token"]["may"], json!(["issue", "withdraw"]));
    let found = counter.look(&counter.clerk, "/v1/documents?reference=b").await.json();
    assert_eq!(found["documents"][0]["status"], issued[1]);
    assert_eq!((&found["documents"][0]["state"], &found["more"]), (&json!("valid"), &json!(false)));
    let done = counter.ask(&counter.clerk, "k1", revoke(&issued[..1])).await;
    assert_eq!((done.status, &done.json()["progress"]), (200, &json!("published")));
    assert_eq!(done.json()["by"], "clerk");
    assert_eq!(counter.state(issued[0]).await, "revoked");
    assert_eq!(counter.state(issued[1]).await, "valid");
    // The same request again is the same change; another one under the key is none.
    let again = counter.ask(&counter.clerk, "k1", revoke(&issued[..1])).await;
    assert_eq!((again.status, again.json()), (200, done.json()));
    assert_eq!(counter.sequence().await, 1);
    let other = counter.ask(&counter.clerk, "k1", revoke(&issued[1..2])).await;
    assert_eq!(other.refusal(), want(422, "idempotency-key-reused"));
    let suspend =
        json!({ "state": "suspended", "documents": issued[1..], "reason": "other: a doubt" });
    assert_eq!(counter.ask(&counter.clerk, "k2", suspend).await.status, 200);
    assert_eq!(counter.state(issued[2]).await, "suspended");
    let valid = json!({ "state": "valid", "documents": [issued[2]] });
    assert_eq!(counter.ask(&counter.clerk, "k3", valid).await.status, 200);
    assert_eq!(counter.state(issued[2]).await, "valid");
    // What is so already stays out, and is said.
    let both = counter.ask(&counter.clerk, "k4", revoke(&[issued[0], issued[2]])).await.json();
    assert_eq!(
        (&both["documents"], &both["unchanged"]),
        (&json!([issued[2]]), &json!([issued[0]]))
    );
    let listed = counter.look(&counter.clerk, "/v1/changes").await.json();
    let listed = listed["changes"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    let id =
        listed.iter().find(|one| one["documents"] == json!([issued[0]])).unwrap()["id"].clone();
    let one = counter.look(&counter.clerk, &format!("/v1/changes/{}", id.as_str().unwrap())).await;
    assert_eq!(one.json(), done.json());
    let none = counter.look(&counter.clerk, "/v1/changes/0").await;
    assert_eq!(none.refusal(), want(404, "change-unknown"));
    let record = fs::read_to_string(counter.town.office().join("changes")).unwrap();
    assert_eq!(record.lines().count(), 12, "asked, signed, entered for each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mistake_is_refused_before_anything_is_signed() {
    let counter = Counter::open(1).await;
    let issued = counter.issue(&["a", "b"]).await;
    let done = counter.ask(&counter.clerk, "k", revoke(&issued[1..])).await;
    assert_eq!(done.status, 200);
    let (one, gone) = (issued[0], issued[1]);
    let with = |state: &str, more: Value| {
        let mut body = json!({ "state": state, "documents": [one], "reason": "error" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let many: Vec<u64> = (0..4_001).collect();
    for (number, (body, status, code)) in [
        (json!({ "state": "revoked" }), 400, "change-malformed"),
        (with("gone", json!({})), 400, "change-malformed"),
        (with("revoked", json!({ "documents": [-1] })), 400, "change-malformed"),
        (with("revoked", json!({ "more": 1 })), 400, "change-malformed"),
        (with("revoked", json!({ "documents": [] })), 422, "nothing-named"),
        (with("revoked", json!({ "documents": many })), 422, "too-many-documents"),
        (with("revoked", json!({ "documents": [one, one] })), 422, "named-twice"),
        (with("revoked", json!({ "documents": [one, 999] })), 422, "document-unknown"),
        (with("revoked", json!({ "reason": null })), 422, "reason-missing"),
        (with("suspended", json!({ "reason": " " })), 422, "reason-missing"),
        (with("revoked", json!({ "reason": "a\nb" })), 422, "reason-malformed"),
        (with("revoked", json!({ "reason": "x".repeat(201) })), 422, "reason-malformed"),
        (with("suspended", json!({ "documents": [gone] })), 422, "state-final"),
        (with("revoked", json!({ "documents": [gone] })), 422, "already-so"),
        (with("revoked", json!({ "successor": gone })), 422, "successor-unasked"),
        (with("superseded", json!({})), 422, "successor-missing"),
        (with("superseded", json!({ "successor": one })), 422, "own-successor"),
        (with("superseded", json!({ "successor": gone })), 422, "successor-not-valid"),
        (with("superseded", json!({ "successor": 999 })), 422, "document-unknown"),
        (
            with("superseded", json!({ "documents": [one, gone], "successor": 9 })),
            422,
            "one-successor-for-many",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let said = body.to_string();
        let seen = counter.ask(&counter.clerk, &format!("bad-{number}"), body).await;
        assert_eq!(seen.refusal(), want(status, code), "{said:.200}");
    }
    assert_eq!((counter.sequence().await, counter.state(one).await), (1, "valid".to_owned()));
    assert_eq!(
        fs::read_to_string(counter.town.office().join("changes")).unwrap().lines().count(),
        3
    );
    for path in ["?limit=0", "?limit=101", "?reference=a&status=1", "?status=x", "?name=a"] {
        let seen = counter.look(&counter.clerk, &format!("/v1/documents{path}")).await;
        assert_eq!(seen.refusal(), want(400, "query-malformed"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_does_what_it_is_for_and_no_more() {
    let counter = Counter::open(1).await;
    let issued = counter.issue(&["a", "b", "c", "d"]).await;
    let body = || revoke(&issued[..1]);
    let town = &counter.town;
    let forbidden = want(403, "not-permitted");
    // `town.token` may issue; it sees what was issued with it, and no changes.
    assert_eq!(counter.ask(&town.token, "k", body()).await.refusal(), forbidden);
    assert_eq!(counter.look(&town.token, "/v1/changes").await.refusal(), forbidden);
    let found = counter.look(&town.token, "/v1/documents").await.json();
    assert_eq!(found, json!({ "documents": [], "more": false }));
    assert_eq!(counter.ask(&counter.second, "k", body()).await.refusal(), forbidden);
    let form = form(&LEAST, Some(b"x"));
    assert_eq!(town.send(&counter.second, "x", form).await.refusal(), forbidden);
    assert_eq!(counter.ask("school.x", "k", body()).await.refusal(), want(401, "token-unknown"));
    let permits = ["permit".to_owned()];
    let may = &[May::Withdraw, May::Approve];
    let other = Grant { name: "p", may, types: &permits, rate: 100, entrance: Entrance::Text };
    let (_, other) = town.grant(other);
    let refused = counter.ask(&other, "k", body()).await;
    assert_eq!(refused.refusal(), want(403, "type-not-allowed"));
    let proposed = counter.ask(&counter.clerk, "many", revoke(&issued)).await.json();
    let id = proposed["id"].as_str().unwrap();
    assert_eq!(counter.decide(&counter.clerk, id, "approve").await.refusal(), forbidden);
    assert_eq!(counter.decide(&other, id, "approve").await.refusal(), want(404, "change-unknown"));
    assert_eq!(counter.look(&other, "/v1/changes").await.json(), json!({ "changes": [] }));
    // A stolen token is slow, for looks as well.
    let slow = Grant {
        name: "s",
        may: &[May::Withdraw],
        types: &[TYPE.to_owned()],
        rate: 1,
        entrance: Entrance::Text,
    };
    let (_, slow) = town.grant(slow);
    assert_eq!(counter.ask(&slow, "slow", body()).await.status, 200);
    assert_eq!(counter.ask(&slow, "slow", body()).await.refusal(), want(429, "rate-exceeded"));
    let mut looks = 0;
    while counter.look(&slow, "/v1/office").await.status == 200 {
        looks += 1;
    }
    assert!((240..=300).contains(&looks), "{looks}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_documents_wait_for_a_second_person() {
    let mut counter = Counter::open(1).await;
    let issued = counter.issue(&["a", "b", "c", "d", "e"]).await;
    let asked = counter.ask(&counter.clerk, "many", revoke(&issued[..4])).await;
    assert_eq!((asked.status, &asked.json()["progress"]), (202, &json!("waits-for-approval")));
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(counter.state(issued[0]).await, "valid");
    counter.town.restart().await;
    // One of them changes meanwhile: the second person sees another ledger than the first.
    assert_eq!(counter.ask(&counter.clerk, "one", revoke(&issued[..1])).await.status, 200);
    let stale = counter.decide(&counter.second, &id, "approve").await;
    assert_eq!(stale.refusal(), want(422, "state-changed"));
    let rejected = counter.decide(&counter.second, &id, "reject").await;
    assert_eq!((rejected.status, &rejected.json()["progress"]), (200, &json!("rejected")));
    let late = counter.decide(&counter.second, &id, "approve").await;
    assert_eq!(late.refusal(), want(409, "nothing-to-decide"));
    let again = counter.ask(&counter.clerk, "many", revoke(&issued[..4])).await;
    assert_eq!(again.refusal(), want(409, "change-rejected"));
    // A token that may do both cannot be both persons.
    let both = grant(&counter.town, "both", &[May::Withdraw, May::Approve]);
    let suspend = json!({ "state": "suspended", "documents": issued[1..], "reason": "error" });
    let asked = counter.ask(&both, "more", suspend).await;
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(counter.decide(&both, &id, "approve").await.refusal(), want(403, "own-change"));
    let (one, two) = tokio::join!(
        counter.decide(&counter.second, &id, "approve"),
        counter.decide(&counter.second, &id, "approve")
    );
    for approved in [one, two] {
        assert_eq!((approved.status, &approved.json()["progress"]), (200, &json!("published")));
        assert_eq!(approved.json()["decided_by"], "second");
    }
    assert_eq!(counter.sequence().await, 2);
    assert_eq!(counter.state(issued[4]).await, "suspended");
    // Two weeks later nobody can say yes any more.
    let back = json!({ "state": "valid", "documents": issued[1..] });
    let asked = counter.ask(&both, "back", back).await;
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    counter.town.world.clock.set(Timestamp(NOW.0 + 14 * 86_400 + 1));
    let late = counter.decide(&counter.second, &id, "approve").await;
    assert_eq!(late.refusal(), want(409, "change-expired"));
    let seen = counter.look(&counter.second, &format!("/v1/changes/{id}")).await.json();
    assert_eq!(seen["progress"], "expired");
    // Who asked takes back; only so many wait at one time.
    let mut ids = Vec::new();
    for number in 0..4 {
        let state = json!({ "state": "valid", "documents": issued[1..] });
        let asked = counter.ask(&both, &format!("w{number}"), state).await;
        ids.push(asked.json()["id"].as_str().unwrap().to_owned());
    }
    let state = json!({ "state": "valid", "documents": issued[1..] });
    let full = counter.ask(&both, "w4", state.clone()).await;
    assert_eq!(full.refusal(), want(503, "changes-too-many"));
    assert_eq!(counter.decide(&both, &ids[0], "reject").await.status, 200);
    assert_eq!(counter.ask(&both, "w4", state).await.status, 202);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replaced_document_leads_to_its_successor() {
    let mut counter = Counter::open(1).await;
    let body = |key: &str| form(&LEAST, Some(key.as_bytes()));
    let mut seen = Vec::new();
    for key in ["old", "new", "older"] {
        let answer = counter.town.send(&counter.clerk, key, body(key)).await;
        seen.push((answer.json()["status"].as_u64().unwrap(), answer.receipt()));
    }
    let (old, new, older) = (&seen[0], &seen[1], &seen[2]);
    let replace = |old: u64, by: u64, receipt: Option<&String>| {
        let mut body = json!({ "state": "superseded", "documents": [old], "successor": by });
        body["receipt"] = json!(receipt);
        body
    };
    let done = counter.ask(&counter.clerk, "k", replace(old.0, new.0, None)).await;
    assert_eq!((done.status, &done.json()["successor"]), (200, &json!(new.0)));
    assert_eq!(leads_to(&counter.town.world, &old.1, old.0).await, commitment(&new.1));
    // A week later what the node has kept of them is destroyed.
    counter.town.world.clock.set(Timestamp(NOW.0 + 169 * 3_600));
    counter.town.restart().await;
    let batches = counter.town.office().join("batches");
    counter.town.world.until("the batches are gone", async || files(&batches).is_empty()).await;
    let late = counter.ask(&counter.clerk, "k2", replace(older.0, new.0, None)).await;
    assert_eq!(late.refusal(), want(422, "successor-too-old"));
    let answer = counter.town.send(&counter.clerk, "newer", body("newer")).await;
    let (status, receipt) = (answer.json()["status"].as_u64().unwrap(), answer.receipt());
    let needed = counter.ask(&counter.clerk, "k3", replace(older.0, status, None)).await;
    assert_eq!(needed.refusal(), want(422, "receipt-needed"));
    for wrong in [&new.1, &receipt, &"x".to_owned()] {
        let seen = counter.ask(&counter.clerk, "k4", replace(older.0, status, Some(wrong))).await;
        assert_eq!(seen.refusal(), want(422, "receipt-wrong"));
    }
    let done = counter.ask(&counter.clerk, "k4", replace(older.0, status, Some(&older.1))).await;
    assert_eq!(done.status, 200);
    assert_eq!(leads_to(&counter.town.world, &older.1, older.0).await, commitment(&receipt));
}

fn commitment(receipt: &str) -> proto::hash::Hash {
    Receipt::parse(receipt.as_bytes()).unwrap().disclosure.commitment().unwrap()
}

/// Where the published list leads from a superseded document.
async fn leads_to(world: &World, receipt: &str, status: u64) -> proto::hash::Hash {
    let list = world.get(0, "/v1/status-list").await;
    let list = proto::status_list::StatusList::parse(&list.body).unwrap();
    let list = list.verify(&world.federation, &[]).unwrap();
    let pointer = list.tree().successors()[&proto::hash::StatusIndex(status)];
    pointer.open(&commitment(receipt)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_lets_in_from_a_trusted_proxy_only() {
    let mut counter = Counter::open(1).await;
    let der = [7u8; 300];
    let entrance = Entrance::Certificate(sha256(&der));
    let types = [TYPE.to_owned()];
    let may = &[May::Withdraw];
    counter.town.grant(Grant { name: "smart card", may, types: &types, rate: 1000, entrance });
    let header = format!(":{}:", proto::text::base64_encode(&der));
    let office = async |town: &Town, headers: &[(&str, &str)]| {
        town.call("GET /v1/office", headers, Vec::new()).await
    };
    let unknown = want(401, "token-unknown");
    let shown = [("client-cert", header.as_str())];
    assert_eq!(office(&counter.town, &shown).await.refusal(), unknown, "no proxy is trusted");
    counter.town.world.seats[0].proxies = vec!["10.0.0.7".parse().unwrap()];
    counter.town.restart().await;
    assert_eq!(office(&counter.town, &shown).await.refusal(), unknown, "another proxy is");
    counter.town.world.seats[0].proxies = vec!["127.0.0.1".parse().unwrap()];
    counter.town.restart().await;
    assert_eq!(office(&counter.town, &shown).await.json()["token"]["name"], "smart card");
    // A token that is shown as well must be one; without it the certificate speaks.
    let wrong = [shown[0], ("authorization", "Bearer school.x")];
    assert_eq!(office(&counter.town, &wrong).await.refusal(), unknown);
    let basic = [shown[0], ("authorization", "Basic eDp5")];
    assert_eq!(office(&counter.town, &basic).await.refusal(), unknown);
    let other = format!(":{}:", proto::text::base64_encode(&[8; 300]));
    for value in ["", "::", ":", &header[1..], &header[..header.len() - 1], "x", &other] {
        let seen = office(&counter.town, &[("client-cert", value)]).await;
        assert_eq!(seen.refusal(), unknown, "{value:.20}");
    }
    let twice = [shown[0], shown[0]];
    assert_eq!(office(&counter.town, &twice).await.refusal(), unknown);
}
