//! 1. Four nodes: each log's checkpoint counts, no alarm, every data centre answers.
//! 2. One is killed: the others name it, and say that none may fail now.
//! 3. What it had published is still shown, as long as nobody has anything newer.
//! 4. It comes back: the alarm goes.
//! 5. The figures are not believed because they are there: the notes verify.

use anyhow::{Context, Result, bail, ensure};
use e2e::http;
use e2e::process::binaries;
use e2e::world::{MEMBERS, Setup, World};
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Longer than the pause between two looks at the other nodes.
const PATIENCE: Duration = Duration::from_secs(60);

fn until(world: &World, what: &str, good: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let state = http::read(world.address(0), "/v1/federation-state")?.json()?;
        if good(&state) {
            return Ok(state);
        }
        if Instant::now() > deadline {
            bail!("waited in vain: {what}: {state:#}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn alarms(state: &Value) -> Vec<(&str, &str)> {
    state["alarms"].as_array().into_iter().flatten().map(pair).collect()
}

fn pair(alarm: &Value) -> (&str, &str) {
    let part = |name: &str| alarm[name].as_str().unwrap_or_default();
    (part("code"), part("subject"))
}

fn peer<'a>(state: &'a Value, name: &str) -> &'a Value {
    let mut peers = state["peers"].as_array().into_iter().flatten();
    peers.find(|peer| peer["operator"] == name).unwrap_or(&Value::Null)
}

fn sizes(state: &Value, federation: &Federation) -> Result<Vec<u64>> {
    let logs = state["logs"].as_array().context("logs")?.iter();
    logs.enumerate()
        .map(|(number, log)| {
            let note = log["checkpoint"].as_str().context("a checkpoint")?;
            let signed = SignedCheckpoint::parse(note.as_bytes())?;
            let published = federation.verify_checkpoint(&signed, &[])?;
            ensure!(published.origin() == World::origin(number), "{}", published.origin());
            Ok(published.size().0)
        })
        .collect()
}

#[test]
fn a_dead_data_centre_is_named_until_it_is_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let setup = Setup { idle_interval_s: 1, ..Setup::default() };
    let mut world = World::create(folder.path(), binaries(), &setup)?;
    world.start_all()?;
    let federation = Federation::parse(&std::fs::read(world.federation())?)?;
    let last = MEMBERS[3].0;
    // 1.
    let whole = until(&world, "all logs, no alarm", |state| {
        let peers = state["peers"].as_array().is_some_and(|peers| {
            peers.len() == 3 && peers.iter().all(|peer| peer["state"] == "ok")
        });
        peers && alarms(state).is_empty() && sizes(state, &federation).is_ok()
    })?;
    // 5.
    let before = sizes(&whole, &federation)?;
    // 2.
    world.kill(3);
    let named = |state: &Value| alarms(state) == [("no-spare", ""), ("peer-failing", last)];
    let broken = until(&world, "the dead one is named", named)?;
    ensure!(peer(&broken, last)["state"] == "failing");
    ensure!(peer(&broken, last)["message"].is_string());
    let message = broken["alarms"][0]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("3 of 4 operators answer") && message.contains("0 more"), "{message}");
    ensure!(broken["alarms"][1]["since"].as_u64() <= broken["time"].as_u64());
    // 3.
    let shown = sizes(&broken, &federation)?;
    ensure!(shown[0] > before[0] && shown[3] >= before[3], "{before:?} {shown:?}");
    // 4.
    world.start(3)?;
    world.wait_ready(3)?;
    let back = until(&world, "no alarm", |state| alarms(state).is_empty())?;
    ensure!(peer(&back, last)["state"] == "ok");
    world.stop_all()
}
