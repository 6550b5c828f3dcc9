//! The state of a federation of four, whole and with one node away.

use proto::checkpoint::SignedCheckpoint;
use serde_json::Value;

use crate::testing::{World, key, origin};

async fn state(world: &World) -> Value {
    let answer = world.get(0, "/v1/federation-state").await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/json"));
    serde_json::from_slice(&answer.body).unwrap()
}

fn codes(state: &Value) -> Vec<String> {
    let alarms = state["alarms"].as_array().unwrap().iter();
    alarms.map(|alarm| alarm["code"].as_str().unwrap().to_owned()).collect()
}

fn peer<'a>(state: &'a Value, name: &str) -> &'a Value {
    let mut peers = state["peers"].as_array().unwrap().iter();
    peers.find(|peer| peer["operator"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_federation_shows_checkpoints_that_count_and_no_alarm() {
    let world = World::running(4).await;
    world
        .until("all logs are seen", async || {
            let state = state(&world).await;
            let logs = state["logs"].as_array().unwrap();
            logs.iter().all(|log| log["checkpoint"].is_string()) && codes(&state).is_empty()
        })
        .await;
    let state = state(&world).await;
    assert_eq!(state["time"], crate::testing::NOW.0);
    let node = &state["node"];
    assert_eq!((&node["authority"], &node["operator"]), (&"east".into(), &"east".into()));
    assert_eq!((&node["ready"], &node["origin"]), (&true.into(), &origin(0).into()));
    for (seat, log) in state["logs"].as_array().unwrap().iter().enumerate() {
        assert_eq!((&log["origin"], &log["own"]), (&origin(seat).into(), &(seat == 0).into()));
        let note = log["checkpoint"].as_str().unwrap();
        let signed = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        let published = world.federation.verify_checkpoint(&signed, &[]).unwrap();
        assert_eq!(published.origin(), origin(seat));
        assert!(log["checkpoint_seen"].is_u64() && log["error"].is_null(), "{log}");
        assert_eq!(log["mirror_checkpoint"].is_string(), seat != 0);
        assert_eq!((&log["split_view"], &log["revocations_held"]), (&false.into(), &0.into()));
    }
    assert_eq!(state["peers"].as_array().unwrap().len(), 3);
    assert_eq!(peer(&state, "south")["state"], "ok");
    assert_eq!(
        (&state["evidence"], &state["anchors"]),
        (&Vec::<u8>::new().into(), &state["anchors"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_away_is_named_and_nothing_is_left_to_spare() {
    let mut world = World::running(4).await;
    world.stop(2).await.unwrap();
    world
        .until("it is missed", async || codes(&state(&world).await) == ["no-spare", "peer-failing"])
        .await;
    let seen = state(&world).await;
    assert_eq!(peer(&seen, "south")["state"], "failing");
    assert!(peer(&seen, "south")["message"].is_string());
    assert!(seen["alarms"][0]["message"].as_str().unwrap().contains("0 more may fail"));
    assert_eq!(seen["alarms"][1]["subject"], "south");
    assert!(seen["logs"][2]["error"].is_string());
    world.start(2).await.unwrap();
    // Its next push shows that it is back, for which somebody has to issue.
    let issuer = key("School", proto::note::KeyType::Ed25519, 77);
    world.admit(0, &issuer).await;
    world.until("it is back", async || codes(&state(&world).await).is_empty()).await;
}
