//! 1. An authority stalls, sends a gigabyte, has a wrong clock, and stamps under another policy:
//!    each is noted, nothing of it becomes evidence, and the node publishes on.
//! 2. It is honest again: the root is stamped.
//! 3. It answers the next root with what it answered before: that is not taken.

use super::{ASKS, Anchoring, LIMIT, now};
use anyhow::{Result, ensure};
use e2e::outside::tsa::{Conduct, Key};
use proto::anchor::tsa::verify;
use std::time::{Duration, Instant};

/// After a restart the node asks at once, and not after a pause that has grown.
fn restarted(it: &mut Anchoring, conduct: Conduct) -> Result<()> {
    it.world.kill(ASKS);
    it.authority.becomes(conduct);
    it.world.start(ASKS)?;
    it.world.wait_ready(ASKS)
}

#[test]
fn an_authority_that_stalls_floods_and_lies_is_noted_and_asked_again() -> Result<()> {
    let Some(mut it) = Anchoring::prepare(Key::P256, 1000)? else { return Ok(()) };
    it.configure("every_s = 86400\ntimeout_s = 2\npolicy = \"1.2.3.4.1\"\n")?;
    // 1.
    let published = |it: &Anchoring| -> Result<u64> {
        let answer = e2e::http::read(it.world.address(ASKS), "/checkpoint")?;
        Ok(answer.text().lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0))
    };
    it.authority.becomes(Conduct::Stalls);
    it.world.start_all()?;
    it.file_with("log.txt", "/stamp: no answer")?;
    let before = published(&it)?;
    for (conduct, words) in [
        (Conduct::Gigabyte, "larger than 73728 bytes"),
        (Conduct::Late, "seconds apart"),
        (Conduct::OtherPolicy, "under another policy"),
    ] {
        restarted(&mut it, conduct)?;
        it.file_with("log.txt", words)?;
    }
    let start = Instant::now();
    while published(&it)? <= before {
        ensure!(start.elapsed() < LIMIT, "the log stood still");
        std::thread::sleep(Duration::from_millis(100));
    }
    let ledger = it.file_with("data/anchors/ledger", "made")?;
    assert!(!ledger.contains("\"done\""), "{ledger}");
    // 2.
    restarted(&mut it, Conduct::Honest)?;
    let (root, evidence) = it.evidence(1)?;
    assert!(verify(&evidence, &root, &it.clocks()?, now()).is_ok());
    // 3.
    it.authority.becomes(Conduct::Repeats);
    std::fs::write(it.world.node_folder(ASKS).join("data/anchors/now"), "")?;
    it.file_with("log.txt", "over something else than what was asked")?;
    it.world.stop_all()
}
