//! `beleg update` against real listeners: what it keeps, what it refuses, what it gives away.

use crate::desk::{Desk, Issue, text};
use crate::fixture::{Member, World};
use crate::node::Node;
use proto::federation::{Pin, sign_next};
use proto::hash::{EMPTY_ROOT, TreeSize};
use proto::note::Note;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

pub fn update(federation: &Path, store: &Path) -> Output {
    let mut beleg = Command::new(env!("CARGO_BIN_EXE_beleg"));
    beleg.arg("update").arg("--federation").arg(federation).arg("--store").arg(store);
    beleg.output().unwrap()
}

fn kept(world: &World, store: &Path) -> Vec<u8> {
    fs::read(store.join(world.federation.id().to_string()).join("federation")).unwrap()
}

#[test]
fn the_chain_is_followed_and_nothing_goes_back() {
    let node = Node::start();
    let address = node.address;
    let world = World::at("2999-12-31", |_| format!("http://{address}"));
    let first = world.federation.to_bytes();
    let dir = tempfile::tempdir().unwrap();
    let (federation, store) = (dir.path().join("federation"), dir.path().join("store"));
    fs::write(&federation, &first).unwrap();
    let second = continued(&world, &[0, 1, 2]);
    let stranger = World::at("2998-12-31", |_| format!("http://{address}"));
    let steps: [(&[u8], i32, &[u8]); 7] = [
        (&first, 0, &first),
        // Signed by too few, cut off, of another federation, or none at all.
        (&continued(&world, &[0, 1]), 2, &first),
        (&second[..second.len() - 9], 2, &first),
        (&stranger.federation.to_bytes(), 2, &first),
        (b"<html>\n", 2, &first),
        (&second, 0, &second),
        // An older file is no step back.
        (&first, 0, &second),
    ];
    for (number, (given, code, want)) in steps.into_iter().enumerate() {
        node.serve("/federation", given);
        let said = update(&federation, &store);
        assert_eq!(said.status.code(), Some(code), "{number}: {}", text(&said.stderr));
        assert_eq!(text(&said.stderr).lines().count(), usize::from(code == 2), "{number}");
        assert_eq!(kept(&world, &store), want, "{number}");
    }
}

#[test]
fn verify_takes_the_store_and_refuses_another_chain() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue::default());
    let store = desk.dir.path().join("store");
    let folder = store.join(desk.world.federation.id().to_string());
    fs::create_dir_all(&folder).unwrap();
    let version = |args: &[&str]| {
        let output = desk.beleg("verify", &[&desk.path("a.pdf")], &[args, &["--json"]].concat());
        let json = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        (output.status.code().unwrap(), json.ok().and_then(|j| j["federation"]["version"].as_u64()))
    };
    let here = ["--store", store.to_str().unwrap()];
    assert_eq!(version(&here), (0, Some(1)));
    fs::write(folder.join("federation"), "broken").unwrap();
    assert_eq!(version(&here), (2, None));
    assert_eq!(version(&["--no-store"]), (0, Some(1)));
    fs::write(folder.join("federation"), desk.world.federation.to_bytes()).unwrap();
    assert_eq!(version(&here), (0, Some(1)));
}

/// The file with one more version, signed by these members.
fn continued(world: &World, signers: &[usize]) -> Vec<u8> {
    let before = &world.federation;
    let mut version = before.current().clone();
    version.number += 1;
    version.previous = Some(before.current().hash());
    let pin = |member: &Member| Pin {
        origin: member.log.verifier_key().name().into(),
        size: TreeSize(0),
        root: EMPTY_ROOT,
    };
    version.pins = world.members.iter().map(pin).collect();
    let sign = |n: &usize| sign_next(before, &version, &world.members[*n].governance);
    let lines = signers.iter().map(|n| sign(n).unwrap()).collect();
    let note = Note::new(&version.to_text(), lines).unwrap();
    [before.to_bytes(), note.to_bytes()].concat()
}
