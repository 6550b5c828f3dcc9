//! Each alarm, at its border.

use super::*;
use crate::testing::World;

const NOW: Timestamp = Timestamp(1_800_000_000);

/// Four operators, a quorum of three, nothing wrong.
async fn version() -> Version {
    World::new(4).await.federation.current().clone()
}

fn facts(version: &Version) -> Facts<'_> {
    let node = NodeFacts { ready: true, state: "running", ..NodeFacts::default() };
    Facts { now: NOW, version, node, logs: Vec::new(), peers: Vec::new(), clocks: Vec::new() }
}

fn found(facts: &Facts<'_>) -> Vec<(&'static str, Option<u64>)> {
    let all = alarms(facts);
    for alarm in &all {
        assert!(alarm.message.ends_with('.') && alarm.next_step.ends_with('.'), "{alarm:?}");
    }
    all.iter().map(|alarm| (alarm.code, alarm.since.map(|since| since.0))).collect()
}

fn peers(failing: &[Option<u64>]) -> Vec<PeerFacts> {
    let names = ["north", "south", "west"].iter();
    let peer = |(name, failing): (&&str, &Option<u64>)| PeerFacts {
        operator: (*name).to_owned(),
        failing: failing.map(Timestamp),
    };
    names.zip(failing).map(peer).collect()
}

#[tokio::test]
async fn nothing_wrong_is_no_alarm() {
    assert_eq!(found(&facts(&version().await)), []);
}

#[tokio::test]
async fn a_federation_file_expires_with_thirty_days_of_warning() {
    let version = version().await;
    let end = version.expires.end().0;
    let at = |now| found(&Facts { now: Timestamp(now), ..facts(&version) });
    assert_eq!(at(end - RENEW_S - 1), []);
    assert_eq!(at(end - RENEW_S), [("expires-soon", Some(end - RENEW_S))]);
    assert_eq!(at(end - 1), [("expires-soon", Some(end - RENEW_S))]);
    assert_eq!(at(end), [("expired", Some(end))]);
}

#[tokio::test]
async fn the_quorum_first_has_no_spare_and_then_is_lost() {
    let version = version().await;
    let with = |failing: &[Option<u64>]| {
        let mut all = found(&Facts { peers: peers(failing), ..facts(&version) });
        all.retain(|(code, _)| *code != "peer-failing");
        all
    };
    assert_eq!(with(&[None, None, None]), []);
    assert_eq!(with(&[None, Some(70), None]), [("no-spare", Some(70))]);
    // Lost since the second one failed, whoever that was.
    assert_eq!(with(&[Some(90), Some(70), None]), [("no-quorum-left", Some(90))]);
    assert_eq!(with(&[Some(90), Some(70), Some(95)]), [("no-quorum-left", Some(90))]);
    let one = Facts { peers: peers(&[None, Some(70)]), ..facts(&version) };
    let alarm = alarms(&one).into_iter().find(|alarm| alarm.code == "peer-failing").unwrap();
    assert_eq!((alarm.subject.as_deref(), alarm.since), (Some("south"), Some(Timestamp(70))));
}

#[tokio::test]
async fn a_log_is_late_by_its_own_measure_and_too_old_by_the_federations() {
    let version = version().await;
    let at = |age: u64, gaps: &[u64]| {
        let last = Timestamp(NOW.0 - age);
        let mut times = vec![last];
        for gap in gaps {
            times.insert(0, Timestamp(times[0].0 - gap));
        }
        let log = LogFacts { last: Some(last), times, ..LogFacts::default() };
        found(&Facts { logs: vec![log], ..facts(&version) })
    };
    // As long as the log is not known: a minute.
    assert_eq!(at(240, &[]), []);
    assert_eq!(at(241, &[]), [("late", Some(NOW.0 - 1))]);
    // One that publishes every ten minutes.
    assert_eq!(at(600 * 3 + 60, &[600, 10]), []);
    assert_eq!(at(600 * 3 + 61, &[600, 10]), [("late", Some(NOW.0 - 1))]);
    // One that was busy a moment ago.
    assert_eq!(at(121, &[1, 2, 3]), [("late", Some(NOW.0 - 1))]);
    let old = version.status_age_s;
    assert_eq!(at(old + 5, &[]), [("status-too-old", Some(NOW.0 - 5))]);
}

#[tokio::test]
async fn a_log_that_lies_or_withholds_and_a_node_that_cannot_sign_are_named() {
    let version = version().await;
    let log = LogFacts {
        authority: "north".to_owned(),
        split: true,
        overdue: Some(Timestamp(7)),
        ..LogFacts::default()
    };
    let mut facts = Facts { logs: vec![log], ..facts(&version) };
    assert_eq!(found(&facts), [("split-view", None), ("revocation-overdue", Some(7))]);
    facts.logs.clear();
    for (state, code) in [("clock-behind", "clock-behind"), ("asking-peers", "node-not-ready")] {
        let (ready, since, message) = (false, Timestamp(9), "It waits.".to_owned());
        let authority = Some("east".to_owned());
        facts.node = NodeFacts { authority, ready, state, message, since };
        assert_eq!(found(&facts), [(code, Some(9))]);
    }
}
