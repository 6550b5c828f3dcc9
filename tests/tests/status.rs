//! 1. An office issues two letters and withdraws one.
//! 2. A verifier fetches the status lists.
//! 3. The authority's node is gone with its disk: another verifier gets a list from the operators'
//!    nodes, with a quorum of cosignatures that none of them has alone.
//! 4. Everything is switched off. At the time of either list the one letter stood and the other was
//!    revoked.
//! 5. When the lists are older than the federation allows, what was revoked stays so, and of the
//!    other letter nobody can tell.
//!
//! And each node by itself gives every log's list with a quorum of cosignatures, also when it was
//! started anew while the log's own node is gone: a page asks no other.

use crate::town::{HOME, TYPE, Town, expect};
use anyhow::{Context, Result, ensure};
use e2e::http;
use e2e::process::run;
use e2e::world::{Setup, World};
use proto::federation::Federation;
use proto::hash::{StatusIndex, TreeSize, sha256};
use proto::ledger::StatusState;
use proto::status_list::StatusList;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A status older than this is too old.
const STATUS_AGE_S: u64 = 20;

fn verify(town: &Town, letter: &Path, store: &Path) -> Result<(i32, String, u64)> {
    let store = store.to_str().context("a path")?;
    let said = town.world.verify(&[letter], &["--json", "--store", store])?;
    let json: serde_json::Value = serde_json::from_str(&said.stdout)?;
    let code = json["code"].as_str().context("a code")?.to_owned();
    Ok((said.code, code, json["status"]["as_of"].as_u64().context("a time")?))
}

#[test]
fn what_was_withdrawn_is_invalid_off_line_whoever_gave_the_list() -> Result<()> {
    // 1.
    let setup = Setup { status_age_s: STATUS_AGE_S, ..Setup::default() };
    let mut town = Town::start_between(&setup, |_| Ok(()))?;
    let (stands, withdrawn) = (town.letter("stands.pdf")?, town.letter("withdrawn.pdf")?);
    expect(&town.office.issue(TYPE, &[&stands, &withdrawn])?, 0);
    expect(&run(town.office.tool("revoke").args(["--reason", "error"]).arg(&withdrawn))?, 0);
    // 2.
    let (first, second) = (town.folder("first"), town.folder("second"));
    expect(&town.world.update(&first)?, 0);
    town.world.kill(HOME);
    fs::remove_dir_all(town.world.node_folder(HOME).join("data"))?;
    // 3.
    let said = town.world.update(&second)?;
    expect(&said, 0);
    let line = said.stdout.lines().find(|line| line.starts_with(&World::origin(HOME)));
    assert!(line.context("a line")?.contains("16 documents as of "), "{said:?}");
    town.world.stop_all()?;
    // 4.
    for store in [&first, &second] {
        let (code, reason, as_of) = verify(&town, &withdrawn, store)?;
        assert_eq!((code, reason.as_str()), (1, "revoked"));
        let (_, _, other) = verify(&town, &stands, store)?;
        assert_eq!(as_of, other, "both from the list");
        let at = proto::time::utc(proto::hash::Timestamp(as_of)).replace(" UTC", "Z");
        let at = at.replace(' ', "T");
        let store = store.to_str().context("a path")?;
        let args = ["--store", store, "--at", &at];
        expect(&town.world.verify(&[&stands], &args)?, 0);
        expect(&town.world.verify(&[&withdrawn], &args)?, 1);
    }
    // 5.
    let deadline = Instant::now() + Duration::from_secs(STATUS_AGE_S + 60);
    while verify(&town, &stands, &second)?.1 != "status-stale" {
        assert!(Instant::now() < deadline, "it is stale after {STATUS_AGE_S} s");
        sleep(Duration::from_millis(200));
    }
    assert_eq!(verify(&town, &withdrawn, &second)?.1, "revoked");
    Ok(())
}

/// The size of the home log's list at a node, if it counts and says that the document with this
/// index is revoked.
fn shown(town: &Town, node: usize, index: StatusIndex) -> Result<TreeSize> {
    let federation = Federation::parse(&fs::read(town.world.federation())?)?;
    let path = format!("/{}/v1/status-list", sha256(World::origin(HOME).as_bytes()));
    let answer = http::read(town.world.address(node), &path)?;
    let list = StatusList::parse(&answer.body)?.verify(&federation, &[])?;
    ensure!(list.state(index) == Some(StatusState::Revoked), "an older list");
    Ok(list.published().size())
}

/// The same, as soon as it is so.
fn soon_shown(town: &Town, node: usize, index: StatusIndex) -> TreeSize {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match shown(town, node, index) {
            Ok(size) => return size,
            Err(why) => assert!(Instant::now() < deadline, "{why:#}"),
        }
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn one_node_alone_shows_what_was_withdrawn_elsewhere() -> Result<()> {
    const AWAY: usize = 0;
    let mut town = Town::start()?;
    let letter = town.letter("withdrawn.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    expect(&run(town.office.tool("revoke").args(["--reason", "error"]).arg(&letter))?, 0);
    let size = soon_shown(&town, AWAY, StatusIndex(0));
    town.world.kill(HOME);
    town.world.kill(AWAY);
    town.world.start(AWAY)?;
    assert_eq!(soon_shown(&town, AWAY, StatusIndex(0)), size);
    town.world.stop_all()
}
