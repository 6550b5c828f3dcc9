//! 1. An office issues letters, one of them sealed; then the state of all logs is stamped.
//!    Another node, which asks no clock, has the evidence too.
//! 2. Without evidence in the receipts, who asks for a time-stamp is told CANNOT TELL.
//! 3. The office upgrades its receipts; a second run has nothing to do.
//! 4. Everything is off. The verdict tells the time-stamp and what it was judged by, for a person
//!    and for a program; the sealed letter too.
//! 5. A receipt whose evidence was changed: VALID with INVALID evidence, and INVALID for who asks.
//! 6. A holder, with another copy, does the same by `beleg update`.

use super::{ASKS, Anchoring};
use anyhow::{Context, Result};
use e2e::documents;
use e2e::outside::tsa::Key;
use e2e::process::{Output, run};
use proto::receipt::{Anchor, Receipt};
use std::fs;
use std::path::{Path, PathBuf};

const OTHER: usize = 2;
const TYPE: &str = "public.notice";
const ASK: [&str; 2] = ["--require-anchor", "tsa"];

fn expect(output: &Output, code: i32) {
    assert_eq!(output.code, code, "{output:?}");
}

fn receipt(document: &Path) -> PathBuf {
    PathBuf::from(format!("{}.tlog-proof", document.display()))
}

#[test]
fn receipts_are_upgraded_and_tell_the_time_stamp() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 1000)? else { return Ok(()) };
    it.configure("")?;
    it.world.start_all()?;
    let office = it.world.open_office(ASKS, "Front desk", &[TYPE])?;
    let folder = it.dir.path().join("letters");
    documents::letters(&folder, 3)?;
    let mut issue = office.issue_tool(TYPE);
    expect(&run(issue.args(["--unit", "Front desk", "--embed"]).arg(&folder))?, 0);
    let (letter, sealed) =
        (folder.join("letter-00000.pdf"), folder.join("letter-00001.sealed.pdf"));
    let held = it.dir.path().join("held.pdf");
    fs::copy(&letter, &held)?;
    fs::copy(receipt(&letter), receipt(&held))?;
    let config = it.world.node_folder(ASKS).join("node.toml");
    run(it.world.node_tool().args(["anchor", "now", "--config"]).arg(&config))?.ok()?;
    let (root, evidence) = it.evidence(1)?;
    it.world.file_with(OTHER, "data/anchors/ledger", "\"kept\"")?;
    let path = format!("/anchors/{root}/tsa-example.1");
    assert_eq!(e2e::http::read(it.world.address(OTHER), &path)?.body, evidence);
    // 2.
    let before = it.world.verify(&[&letter], &ASK)?;
    expect(&before, 2);
    assert!(before.stdout.contains("none can be checked here"), "{before:?}");
    // 3.
    let upgraded = run(office.tool("upgrade").arg(&folder))?;
    expect(&upgraded, 0);
    let bytes = fs::read(receipt(&letter))?;
    let again = run(office.tool("upgrade").arg(&folder))?;
    expect(&again, 0);
    assert_eq!(fs::read(receipt(&letter))?, bytes, "{again:?}");
    let store = it.dir.path().join("store");
    let mut update = it.world.verifier_tool();
    update.arg("update").arg("--federation").arg(it.world.federation());
    expect(&run(update.arg("--store").arg(&store).arg(&held))?, 0);
    it.world.stop_all()?;
    // 4.
    let after = it.world.verify(&[&letter], &ASK)?;
    expect(&after, 0);
    let told = "; and in a time-stamp of example (";
    assert!(after.stdout.contains(told), "{after:?}");
    assert!(after.stdout.contains("root certificate from the federation file"), "{after:?}");
    expect(&it.world.verify(&[&sealed], &ASK)?, 0);
    let json = it.world.verify(&[&letter], &["--json"])?;
    let json: serde_json::Value = serde_json::from_str(&json.stdout)?;
    assert_eq!(json["anchors"][0]["state"], "good", "{json}");
    assert_eq!(json["anchors"][0]["tsa"]["authority"], "example", "{json}");
    // 5.
    let whole = Receipt::parse(&bytes)?;
    let mut evidence = whole.anchors[0].evidence.clone();
    let root = whole.anchors[0].root(whole.federation)?;
    let mut places = evidence[0].bytes.windows(32);
    let imprint = places.position(|bytes| bytes == root.as_bytes()).context("the imprint")?;
    evidence[0].bytes[imprint] ^= 1;
    let anchor = Anchor { evidence, ..whole.anchors[0].clone() };
    let changed = Receipt { anchors: vec![anchor], ..whole };
    fs::write(receipt(&letter), changed.to_bytes()?)?;
    let plain = it.world.verify(&[&letter], &[])?;
    expect(&plain, 0);
    assert!(plain.stdout.contains("INVALID evidence"), "{plain:?}");
    expect(&it.world.verify(&[&letter], &ASK)?, 1);
    // 6.
    expect(&it.world.verify(&[&held], &ASK)?, 0);
    Ok(())
}
