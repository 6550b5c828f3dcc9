//! The hosted mode over HTTP: what comes in, what is refused, what goes on after a restart.

mod refused;

use std::fs;

use proto::hash::{Timestamp, sha256};
use proto::verify::Word;

use super::super::town::*;
use crate::hosted::token;
use crate::testing::{NOW, office_key, origin};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_gets_its_receipt_and_the_same_one_again() {
    let mut town = Town::open(1).await;
    let first = town.issue("a", b"one").await;
    let receipt = first.receipt();
    assert_eq!(town.verdict(b"one", receipt.as_bytes()), Word::Valid);
    assert_eq!(town.verdict(b"two", receipt.as_bytes()), Word::Invalid);
    assert_eq!(first.json()["origin"], origin(0));
    assert_eq!(town.issue("a", b"one").await.receipt(), receipt);
    // By digest it is the same document.
    let digest = sha256(b"one").to_hex();
    let by_digest = [&LEAST[..], &[("sha256", &digest), ("length", "3")]].concat();
    let by_digest = [&by_digest[..], &[("media-type", "application/pdf")]].concat();
    let again = town.send(&town.token, "a", form(&by_digest, None)).await;
    assert_eq!(again.receipt(), receipt);
    // Another document, another unit: not under this key.
    let reused = want(422, "idempotency-key-reused");
    assert_eq!(town.issue("a", b"two").await.refusal(), reused);
    let other = form(&[LEAST[0], ("unit", "Another")], Some(b"one"));
    assert_eq!(town.send(&town.token, "a", other.clone()).await.refusal(), reused);
    assert_ne!(town.send(&town.token, "b", other).await.receipt(), receipt);
    town.restart().await;
    assert_eq!(town.issue("a", b"one").await.receipt(), receipt);
    assert_eq!(town.issue("a", b"two").await.refusal(), reused);
    // The receipt file itself.
    let bearer = format!("Bearer {}", town.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("idempotency-key", "a"),
        ("content-type", FORM),
        ("accept", "text/plain, */*"),
    ];
    let file = town.ask(&headers, form(&LEAST, Some(b"one"))).await;
    assert_eq!(file.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(file.body, receipt.as_bytes());
    let journal = fs::read_to_string(town.office().join("journal")).unwrap();
    assert_eq!(journal.matches("\"status\"").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_issue_is_told_so() {
    let town = Town::start(1).await;
    let early = town.issue("a", b"one").await;
    assert_eq!(early.refusal(), want(503, "office-not-admitted"));
    let key = office_key(&town.office());
    town.world.admit(0, &key).await;
    let body = || form(&LEAST, Some(b"one"));
    let unknown = want(401, "token-unknown");
    let none = town.ask(&[("idempotency-key", "a"), ("content-type", FORM)], body()).await;
    assert_eq!(
        (none.refusal(), &none.headers["www-authenticate"]),
        (unknown.clone(), &"Bearer".parse().unwrap())
    );
    let mut wrong = town.token.clone();
    wrong.replace_range(70..71, if wrong.ends_with('0') { "1" } else { "0" });
    let other_office = town.token.replace("school", "office");
    for token in ["", "school.", "x", &wrong, &other_office, &"x".repeat(1_000)] {
        assert_eq!(town.send(token, "a", body()).await.refusal(), unknown, "{token}");
    }
    let basic = [("authorization", "Basic eDp5"), ("idempotency-key", "a")];
    assert_eq!(town.ask(&basic, body()).await.refusal(), unknown);

    let (_, permits) = town.make_token(&["permit"], 100);
    let refused = town.send(&permits, "a", body()).await;
    assert_eq!(refused.refusal(), want(403, "type-not-allowed"));
    // The token allows it, and the ledger's entry of the office does not.
    let permit = form(&[("type", "permit"), LEAST[1]], Some(b"one"));
    let refused = town.send(&permits, "a", permit).await;
    assert_eq!(refused.refusal(), want(403, "type-not-allowed"));

    let (id, slow) = town.make_token(&[TYPE], 1);
    town.send(&slow, "a", body()).await.receipt();
    let refused = town.send(&slow, "a", body()).await;
    assert_eq!(refused.refusal(), want(429, "rate-exceeded"));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    token::revoke(&town.office(), &id, NOW).unwrap();
    assert_eq!(town.send(&slow, "a", body()).await.refusal(), unknown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_together_shares_a_batch_and_a_key_is_used_once() {
    let mut town = Town::open(4).await;
    for seat in [1, 2] {
        town.world.stop(seat).await.unwrap();
    }
    // The first one waits alone for the quorum, the others gather behind it.
    let (first, second) = tokio::join!(town.issue("a", b"one"), town.issue("a", b"one"));
    assert_eq!(first.refusal(), want(503, "no-quorum"));
    assert_eq!(second.refusal(), want(503, "no-quorum"));
    let keys: Vec<String> = (0..20).map(|i| format!("k{i}")).collect();
    for sent in town.issue_all(&keys) {
        assert_eq!(sent.await.unwrap().unwrap().status().as_u16(), 503);
    }
    assert_eq!(town.issue("a", b"two").await.refusal(), want(422, "idempotency-key-reused"));
    for seat in [1, 2] {
        town.world.start(seat).await.unwrap();
    }
    let published = async || {
        let mut good = town.issue("a", b"one").await.status == 200;
        for sent in town.issue_all(&keys) {
            good &= sent.await.unwrap().unwrap().status().as_u16() == 200;
        }
        good
    };
    town.world.until("all receipts", published).await;
    for key in &keys {
        let receipt = town.issue(key, key.as_bytes()).await.receipt();
        assert_eq!(town.verdict(key.as_bytes(), receipt.as_bytes()), Word::Valid);
    }
    let journal = fs::read_to_string(town.office().join("journal")).unwrap();
    let documents = journal.lines().map(|line| line.matches("\"status\"").count());
    assert_eq!(documents.collect::<Vec<_>>(), [1, 20]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_is_finished_after_a_restart_and_once() {
    let mut town = Town::open(4).await;
    for seat in [1, 2] {
        town.world.stop(seat).await.unwrap();
    }
    assert_eq!(town.issue("a", b"one").await.refusal(), want(503, "no-quorum"));
    town.world.stop(0).await.unwrap();
    assert_eq!(files(&town.office().join("batches")).len(), 1);
    for seat in [0, 1, 2] {
        town.world.start(seat).await.unwrap();
    }
    town.world.ready(0).await;
    let answered = || files(&town.office().join("batches")).len() == 2;
    town.world.until("the batch is finished", async || answered()).await;
    let receipt = town.issue("a", b"one").await.receipt();
    assert_eq!(town.verdict(b"one", receipt.as_bytes()), Word::Valid);
    town.restart().await;
    assert_eq!(town.issue("a", b"one").await.receipt(), receipt);
    let journal = fs::read_to_string(town.office().join("journal")).unwrap();
    assert_eq!(journal.matches("\"status\"").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_cannot_be_written_is_tried_again() {
    let town = Town::open(1).await;
    let (batches, away) = (town.office().join("batches"), town.office().join("away"));
    fs::rename(&batches, &away).unwrap();
    let size = town.world.published(0).await.checkpoint().size();
    assert_eq!(town.issue("a", b"one").await.refusal(), want(503, "no-quorum"));
    assert_eq!(town.world.published(0).await.checkpoint().size(), size);
    fs::rename(&away, &batches).unwrap();
    town.world.until("the receipt", async || town.issue("a", b"one").await.status == 200).await;
    let journal = fs::read_to_string(town.office().join("journal")).unwrap();
    assert_eq!(journal.matches("\"status\"").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_go_when_their_time_is_over() {
    let mut town = Town::open(1).await;
    let before = town.issue("a", b"one").await.receipt();
    assert_eq!(files(&town.office().join("batches")).len(), 2);
    let later = Timestamp(NOW.0 + 169 * 3_600);
    town.world.clock.set(later);
    town.restart().await;
    town.world
        .until("the batch is gone", async || files(&town.office().join("batches")).is_empty())
        .await;
    let after = town.issue("a", b"one").await.receipt();
    assert_ne!(before, after);
    let journal = fs::read_to_string(town.office().join("journal")).unwrap();
    assert_eq!(journal.lines().count(), 2);
}
