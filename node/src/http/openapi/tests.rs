//! The description is the one in the docs, and says what the bodies really hold.

use std::collections::BTreeSet;

use proto::receipt::answer::{ErrorAnswer, IssuerAdmitted, IssuerListed};
use serde::Serialize;
use serde_json::Value;

use crate::testing::{World, key};

fn described() -> Value {
    serde_json::from_str(&super::super::description()).unwrap()
}

fn members(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_page_in_the_docs_is_what_the_code_generates() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let page = std::fs::read_to_string(page).unwrap();
    let how = "run: cargo run -p beleg-node -- openapi > docs/openapi.json";
    assert!(page == super::super::description(), "docs/openapi.json is out of date; {how}");
}

#[test]
fn every_call_is_described_with_its_refusals() {
    let api = described();
    assert_eq!(api["openapi"], "3.1.0");
    let mut calls = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            calls.insert(format!("{method} {path}"));
            assert!(call["operationId"].is_string(), "{path}");
            assert!(call["responses"]["200"].is_object(), "{path}");
        }
    }
    for call in [
        "post /v1/documents",
        "get /v1/documents",
        "get /v1/office",
        "post /v1/changes",
        "get /v1/changes",
        "get /v1/changes/{id}",
        "post /v1/changes/{id}/approve",
        "post /v1/changes/{id}/reject",
        "post /v1/issuances",
        "get /v1/issuances/{batch}",
        "post /v1/issuers",
        "get /v1/issuers",
        "post /v1/revocations",
        "get /v1/status-list",
        "get /v1/federation-state",
    ] {
        assert!(calls.contains(call), "{call} is not in {calls:?}");
    }
    let document = &api["paths"]["/v1/documents"]["post"];
    for status in ["400", "401", "403", "408", "413", "422", "429", "503"] {
        let schema = &document["responses"][status]["content"]["application/json"]["schema"];
        assert_eq!(schema["$ref"], "#/components/schemas/Refusal", "{status}");
    }
    assert_eq!(document["security"][0]["token"], Value::Array(Vec::new()));
    assert_eq!(document["security"][1]["certificate"], Value::Array(Vec::new()));
}

fn same(name: &str, body: &impl Serialize) {
    let body = serde_json::to_value(body).unwrap();
    let schema = &described()["components"]["schemas"][name];
    assert_eq!(members(&schema["properties"]), members(&body), "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_have_the_members_that_are_described() {
    let text = String::new;
    same("Refusal", &ErrorAnswer { error: text(), message: text(), next_step: text() });
    same("IssuerAdmitted", &IssuerAdmitted { index: 0 });
    let issuer = IssuerListed {
        index: 0,
        id: 0,
        name: text(),
        key: text(),
        scope: Vec::new(),
        retired: false,
        in_force: true,
        sequence: 0,
        admin_sequence: 0,
    };
    same("IssuerListed", &issuer);
    let world = World::running(1).await;
    let issuer = key("School", proto::note::KeyType::Ed25519, 77);
    let index = world.admit(0, &issuer).await;
    let answer = world.issue(0, world.issuance(0, &issuer, index, 1)).await;
    let answer: Value = serde_json::from_slice(&answer.to_json()).unwrap();
    same("IssuanceAnswer", &answer);
    same("IssuerProof", &answer["issuer"]);
    same("StatusOfBatch", &answer["status"]);
    same("Piece", &answer["status"]["pieces"][0]);
    let state = world.get(0, "/v1/federation-state").await;
    let state: Value = serde_json::from_slice(&state.body).unwrap();
    same("FederationState", &state);
    same("NodeState", &state["node"]);
    same("LogState", &state["logs"][0]);
    let page = world.get(0, "/docs").await;
    assert!(page.status == 200 && page.excerpt().starts_with("<!DOCTYPE html>"));
    let served = world.get(0, "/openapi.json").await;
    assert_eq!(served.body, super::super::description().into_bytes());
    // A node whose next round is an hour away.
    let mut world = World::new(1).await;
    world.seats[0].rhythm.interval = std::time::Duration::from_secs(3_600);
    world.start(0).await.unwrap();
    world.ready(0).await;
    let early = world.issuance(0, &issuer, proto::hash::LeafIndex(0), 2);
    let early = world.post(0, "/v1/issuances?wait_s=0", early).await;
    assert_eq!(early.status, 202);
    same("Waiting", &serde_json::from_slice::<Value>(&early.body).unwrap());
}
