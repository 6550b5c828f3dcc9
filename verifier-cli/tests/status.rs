//! Status lists: fetched by `beleg update` from whichever nodes give one that counts, used by
//! `beleg verify` off-line.

use crate::desk::{Desk, Issue, now, text};
use crate::fixture::World;
use crate::fixture::log::Log;
use crate::node::Node;
use crate::update::update;
use proto::hash::{StatusIndex, Timestamp, sha256};
use proto::ledger::{Pointer, StatusState, StatusTree};
use proto::status_list::StatusList;
use proto::time::utc;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

const DAY: u64 = 86_400;
const ORIGIN: &str = "city-c.example/log";

/// Four nodes, of which the third is that of the log, and somebody with documents.
struct Scene {
    nodes: Vec<Node>,
    desk: Desk,
}

impl Scene {
    fn new() -> Scene {
        let nodes: Vec<Node> = (0..4).map(|_| Node::start()).collect();
        let url = |name: &str| {
            let number = "abcd".find(name.chars().last().unwrap()).unwrap();
            format!("http://{}", nodes[number].address)
        };
        let desk = Desk::of(World::at("2999-12-31", url));
        let scene = Scene { nodes, desk };
        scene.serve_federation();
        scene
    }

    fn serve_federation(&self) {
        let federation = self.desk.world.federation.to_bytes();
        self.nodes.iter().for_each(|node| node.serve("/federation", &federation));
    }

    /// What the log's own node serves.
    fn publish(&self, list: &StatusList) {
        self.nodes[2].serve("/v1/status-list", &list.to_bytes());
    }

    /// A mirror serves a list with its own cosignatures only.
    fn mirror(&self, log: &Log<'_>, number: usize, list: &StatusList, time: u64) {
        let signed = log.checkpoint(time, &[number]);
        let hash = sha256(ORIGIN.as_bytes()).to_hex();
        self.nodes[number].serve(&format!("/{hash}/checkpoint"), &signed.to_bytes());
        let list = list.clone().with_checkpoint(signed).to_bytes();
        self.nodes[number].serve(&format!("/{hash}/v1/status-list"), &list);
    }

    fn store(&self) -> PathBuf {
        self.desk.dir.path().join("store")
    }

    fn kept(&self) -> PathBuf {
        let folder = self.store().join(self.desk.world.federation.id().to_string());
        folder.join("status").join(sha256(ORIGIN.as_bytes()).to_hex())
    }

    fn update(&self) -> (i32, String, String) {
        said(&update(&self.desk.dir.path().join("federation"), &self.store()))
    }

    fn verify(&self, name: &str, args: &[&str]) -> (i32, String, String) {
        let store = self.store();
        let args = [&["--store", store.to_str().unwrap()], args].concat();
        said(&self.desk.beleg("verify", &[&self.desk.path(name)], &args))
    }

    fn without_store(&self, name: &str) -> i32 {
        said(&self.desk.beleg("verify", &[&self.desk.path(name)], &["--no-store"])).0
    }

    fn verdict(&self, name: &str, args: &[&str]) -> (i32, Value) {
        let (code, out, err) = self.verify(name, &[&["--json"], args].concat());
        (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}")))
    }
}

fn said(output: &Output) -> (i32, String, String) {
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn old(age_s: u64) -> Issue<'static> {
    Issue { age_s, ..Issue::default() }
}

fn revoke(index: u64) -> impl Fn(&mut StatusTree) {
    move |status| {
        status.set(StatusIndex(index), StatusState::Revoked).unwrap();
    }
}

#[test]
fn update_fetches_what_verify_then_uses_off_line() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    scene.desk.issue_in(&mut log, &["a.pdf", "b.pdf"], old(10_000));
    scene.publish(&log.close(now() - 100, revoke(1)));
    assert_eq!(scene.verdict("a.pdf", &[]).1["code"], "status-stale");
    let (code, out, err) = scene.update();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("city-c.example/log: 16 documents as of "), "{out}");
    assert!(out.contains("city-a.example/log: nothing is published yet"), "{out}");
    let (code, out, err) = scene.update();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains(", nothing newer\n"), "{out}");
    scene.nodes.iter().for_each(|node| drop(node.heard()));

    let (code, json) = scene.verdict("a.pdf", &[]);
    let status = &json["status"];
    assert_eq!((code, &status["source"], &status["state"]), (0, &"list".into(), &"valid".into()));
    assert!((100..200).contains(&status["age_s"].as_u64().unwrap()), "{json}");
    assert!(status["list_fetched"].as_u64().unwrap() <= now(), "{json}");
    let (_, out, _) = scene.verify("a.pdf", &[]);
    assert!(out.contains("UTC, from the status list fetched 20"), "{out}");
    let (code, json) = scene.verdict("b.pdf", &[]);
    assert_eq!((code, &json["code"]), (1, &"revoked".into()));
    assert_eq!(scene.without_store("a.pdf"), 2);
    let (code, out, _) = scene.verify("", &[]);
    assert_eq!(code, 1);
    let last: Vec<&str> = out.lines().rev().take(2).collect();
    assert_eq!(last[0], "1 VALID, 1 INVALID, 0 CANNOT TELL");
    assert!(last[1].starts_with("status lists of 1 log, the oldest as of 20"), "{out}");
    let (_, out, _) = scene.verify("", &["--json"]);
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(summary["status_lists"][0]["documents"], 16, "{summary}");
    assert!(scene.nodes.iter().all(|node| node.heard().is_empty()), "verify asks nobody");
}

#[test]
fn the_history_of_lists_tells_of_the_past() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    scene.desk.issue_in(&mut log, &["a.pdf"], old(6 * DAY));
    let times = [now() - 4 * DAY, now() - 60];
    scene.publish(&log.close(times[0], |_| ()));
    assert_eq!(scene.update().0, 0);
    scene.publish(&log.close(times[1], revoke(0)));
    assert_eq!(scene.update().0, 0);
    assert_eq!(fs::read_dir(scene.kept()).unwrap().count(), 2);
    let at = |time: u64| {
        let text = utc(Timestamp(time)).replace(" UTC", "Z").replace(' ', "T");
        let (code, json) = scene.verdict("a.pdf", &["--at", &text]);
        (code, json["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(at(times[0]), (0, "valid".into()));
    assert_eq!(at(times[0] + 3600), (0, "valid".into()));
    assert_eq!(at(times[0] + 3601), (2, "status-history-missing".into()));
    assert_eq!(at(times[1] - 1), (2, "status-history-missing".into()));
    assert_eq!(at(times[1]), (1, "revoked".into()));
}

#[test]
fn mirrors_make_up_for_an_authority_that_is_away() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    scene.desk.issue_in(&mut log, &["a.pdf"], old(10_000));
    let time = now() - 50;
    let list = log.close(time, revoke(0));
    // The authority has a list, and not yet the quorum for it; two mirrors are too few.
    scene.publish(&list.clone().with_checkpoint(log.checkpoint(time, &[])));
    scene.mirror(&log, 0, &list, time);
    scene.mirror(&log, 3, &list, time);
    let (code, out, err) = scene.update();
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("city-c.example/log: no status list could be had"), "{out}");
    assert!(err.contains("Only 2 of the 3"), "{err}");
    assert!(!scene.kept().exists());
    scene.mirror(&log, 1, &list, time);
    let (code, out, err) = scene.update();
    assert_eq!(code, 0, "{out}{err}");
    // Nor does it need the authority at all.
    fs::remove_dir_all(scene.store()).unwrap();
    scene.nodes[2].clear();
    let (code, out, err) = scene.update();
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("16 documents as of "), "{out}");
    assert_eq!(scene.verdict("a.pdf", &[]).1["code"], "revoked");
}

#[test]
fn nothing_goes_back_and_a_split_view_is_kept_as_evidence() {
    let scene = Scene::new();
    let (mut log, mut other) = (scene.desk.log(), scene.desk.log());
    scene.desk.issue_in(&mut other, &["b.pdf"], old(9_000));
    scene.desk.issue_in(&mut log, &["a.pdf"], old(10_000));
    let early = log.close(now() - 900, |_| ());
    let newest = log.close(now() - 800, revoke(0));
    scene.publish(&newest);
    assert_eq!(scene.update().0, 0);
    let days = || fs::read_dir(scene.kept()).unwrap().map(|entry| entry.unwrap().path());
    let kept = fs::read(days().next().unwrap()).unwrap();
    scene.publish(&early);
    let (code, out, err) = scene.update();
    assert_eq!(code, 2, "{out}");
    assert!(err.contains("older than the one that is kept"), "{err}");
    assert!(out.contains("no newer list could be had; 16 documents"), "{out}");
    // Another history of the same size, with a quorum or without.
    other.close(now() - 900, |_| ());
    let list = other.close(now() - 800, |_| ());
    let lonely = list.clone().with_checkpoint(other.checkpoint(now() - 800, &[]));
    for list in [lonely, list] {
        scene.publish(&list);
        let (code, out, _) = scene.update();
        assert_eq!(code, 1, "{out}");
        assert!(out.contains("SPLIT VIEW"), "{out}");
        let evidence = fs::read_dir(scene.kept().join("split-view")).unwrap();
        assert_eq!(evidence.count(), 2);
    }
    let list = days().find(|path| path.is_file()).unwrap();
    assert_eq!(fs::read(list).unwrap(), kept);
    assert_eq!(scene.verdict("a.pdf", &[]).1["code"], "revoked");
}

#[test]
fn a_giant_in_a_small_body_is_not_read_to_its_end() {
    let scene = Scene::new();
    scene.nodes[2].serve("/v1/status-list", &vec![0; 64 * 1024 * 1024 + 1]);
    let (code, out, err) = scene.update();
    assert_eq!(code, 2, "{out}");
    assert!(err.contains("it sends more than 67108864 bytes"), "{err}");
    scene.nodes[2].serve("/v1/status-list", &vec![0; 64 * 1024 * 1024]);
    assert!(scene.update().2.contains("This is no status list"));
}

#[test]
fn no_request_says_who_holds_what() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    scene.desk.issue_in(&mut log, &["a.pdf", "b.pdf"], old(10_000));
    let time = now() - 50;
    let list = log.close(time, |_| ());
    // So that mirrors are asked as well.
    (0..2).for_each(|number| scene.mirror(&log, number, &list, time));
    scene.mirror(&log, 3, &list, time);
    let federation = scene.desk.dir.path().join("federation");
    let heard = |names: &[&str]| {
        let store = tempfile::tempdir().unwrap();
        let other = Desk::new();
        other.issue(names, Issue::default());
        fs::copy(&federation, other.path("federation")).unwrap();
        let output = update(&other.path("federation"), store.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        scene.nodes.iter().map(Node::heard).collect::<Vec<_>>()
    };
    let nothing = heard(&[]);
    assert_eq!(heard(&["a.pdf"]), nothing);
    assert_eq!(heard(&["c.pdf", "d.pdf", "e.pdf"]), nothing);
    let lines = nothing.iter().flatten().map(|request| request.lines().next().unwrap());
    let paths: Vec<&str> = lines.map(|line| line.split(' ').nth(1).unwrap()).collect();
    let hashes = ["city-a", "city-b", "city-c", "city-d"]
        .map(|name| sha256(format!("{name}.example/log").as_bytes()).to_hex());
    for path in paths {
        let path = hashes.iter().fold(path.to_owned(), |path, hash| path.replace(hash, "LOG"));
        let whole = ["/federation", "/v1/status-list", "/LOG/v1/status-list", "/LOG/checkpoint"];
        assert!(whole.contains(&path.as_str()), "{path}");
    }
}

#[test]
fn a_superseded_document_leads_to_the_newer_one() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    let receipts = scene.desk.issue_in(&mut log, &["new.pdf", "old.pdf"], old(100));
    let commitment = |at: usize| receipts[at].disclosure.commitment().unwrap();
    let supersede = |status: &mut StatusTree| {
        status.set(StatusIndex(1), StatusState::Superseded).unwrap();
        let pointer = Pointer::new(&commitment(1), &commitment(0));
        *status = status.clone().with_successors([(StatusIndex(1), pointer)].into());
    };
    let file = scene.desk.dir.path().join("list");
    fs::write(&file, log.close(now() - 50, supersede).to_bytes()).unwrap();
    let named = ["--status-list", file.to_str().unwrap()];
    let (code, out, _) = scene.verify("old.pdf", &named);
    let digits = commitment(0).to_hex();
    assert_eq!(code, 1, "{out}");
    assert!(out.contains(&format!("has the commitment {}...", &digits[..16])), "{out}");
    assert!(out.contains("from the status list that was named"), "{out}");
    let (code, json) = scene.verdict("old.pdf", &named);
    assert_eq!((code, &json["status"]["successor"]), (1, &digits.clone().into()));
    let (_, json) = scene.verdict("new.pdf", &named);
    assert_eq!(json["document"]["commitment"], digits);
    let (old, new) = (scene.desk.path("old.pdf"), scene.desk.path("new.pdf"));
    let (_, out, _) = scene.verify("", &named);
    let line = format!("{}: {} took its place", old.display(), new.display());
    assert!(out.lines().any(|said| said == line), "{out}");
    let (_, out, _) = scene.verify("", &[&["--json"], &named[..]].concat());
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(summary["superseded"][0]["successor_file"], new.to_str().unwrap());
}

#[test]
fn a_list_that_cannot_be_used_is_told_and_never_passed_over() {
    let scene = Scene::new();
    let mut log = scene.desk.log();
    scene.desk.issue_in(&mut log, &["a.pdf", "b.pdf"], old(100));
    scene.publish(&log.close(now() - 50, |_| ()));
    assert_eq!(scene.update().0, 0);
    let list = fs::read_dir(scene.kept()).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&list).unwrap();
    fs::write(&list, &good[..good.len() - 1]).unwrap();
    let (code, json) = scene.verdict("a.pdf", &[]);
    assert_eq!((code, &json["code"]), (2, &"status-list-refused".into()));
    fs::write(scene.desk.path("b.pdf"), "changed").unwrap();
    assert_eq!(scene.verdict("b.pdf", &[]).1["code"], "content-differs");
    assert_eq!(scene.without_store("a.pdf"), 0);
    let (code, out, err) = scene.verify("a.pdf", &["--status-list", list.to_str().unwrap()]);
    assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 2), "{err}");
    // The next update puts a good one in its place.
    assert_eq!(scene.update().0, 0);
    assert_eq!(fs::read(&list).unwrap(), good);
    assert_eq!(scene.verdict("a.pdf", &[]).0, 0);
}
