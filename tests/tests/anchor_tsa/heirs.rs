//! 1. A root is stamped by an authority whose certificate ends in 30 days. Another node keeps the
//!    evidence; it asks the same authority, but calls it by another name.
//! 2. The node that made the root goes away, and the authority signs with a new certificate. All of
//!    that was a hundred days ago, the ledgers say. The other one starts again and renews what it
//!    has kept.
//! 3. A third node, which asks no clock, takes the renewed evidence from there.
//! 4. The first one comes back and takes it as well, and does not renew again.
//! 5. A year later it proves the first time.

use super::{ASKS, Anchoring, now};
use anyhow::{Context, Result};
use e2e::outside::tsa::Key;
use proto::anchor::tsa::verify;
use proto::hash::Timestamp;
use std::fs;

const KEEPS: usize = 1;
const READS: usize = 2;
const DAY_S: u64 = 86_400;
const YEAR_S: u64 = 365 * DAY_S;

#[test]
fn evidence_of_a_node_that_is_gone_is_renewed_by_another() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 30)? else { return Ok(()) };
    it.configure("every_s = 86400\nrenew_days = 1\n")?;
    let url = it.authority.url();
    let other = format!("[[anchor.tsa]]\nname = \"other\"\nurl = \"{url}\"\nrenew_days = 90\n");
    it.world.configure(KEEPS, &other)?;
    it.world.start_all()?;
    let (root, first) = it.evidence(1)?;
    let clocks = it.clocks()?;
    let before = verify(&first, &root, &clocks, now())?;
    for node in [KEEPS, READS] {
        assert_eq!(it.evidence_at(node, 1)?, (root, first.clone()));
    }
    // 2.
    it.world.stop(ASKS)?;
    it.authority.signs_with("Signer 2", Key::P256, 2000)?;
    for node in [KEEPS, READS] {
        it.world.stop(node)?;
        put_back(&it, node)?;
        it.world.start(node)?;
    }
    let (again, second) = it.evidence_at(KEEPS, 2)?;
    assert_eq!(again, root);
    let facts = verify(&second, &root, &clocks, now())?;
    assert_eq!((facts.stamps, facts.time), (2, before.time));
    // 3.
    assert_eq!(it.evidence_at(READS, 2)?, (root, second.clone()));
    // 4.
    put_back(&it, ASKS)?;
    it.world.start(ASKS)?;
    assert_eq!(it.evidence(2)?, (root, second.clone()));
    let ledger = it.file_with("data/anchors/ledger", "\"tsa-example.2\"")?;
    assert!(!ledger.contains("it ages and is renewed"), "{ledger}");
    it.world.stop_all()?;
    // 5.
    assert_eq!(verify(&second, &root, &clocks, Timestamp(now().0 + YEAR_S))?.time, before.time);
    Ok(())
}

/// Puts every line of a node's ledger back by a hundred days.
fn put_back(it: &Anchoring, node: usize) -> Result<()> {
    let ledger = it.world.node_folder(node).join("data/anchors/ledger");
    let mut text = String::new();
    for line in fs::read_to_string(&ledger)?.lines() {
        let mut line: serde_json::Value = serde_json::from_str(line)?;
        let time = line["time"].as_u64().context("no time")?;
        line["time"] = (time - 100 * DAY_S).into();
        text.push_str(&format!("{line}\n"));
    }
    Ok(fs::write(ledger, text)?)
}
