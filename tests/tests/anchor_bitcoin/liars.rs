//! 1. A root is stamped at two calendars.
//! 2. One of them stalls, then sends a gigabyte, then names a block that does not hold the root:
//!    each is noted, and nothing of it becomes evidence.
//! 3. The other one's block becomes the evidence.
//! 4. All the while the node publishes.

use super::{ASKS, Anchoring};
use anyhow::Result;
use e2e::outside::bitcoin::{ANYONE, Calendar};
use proto::anchor::bitcoin::verify;

#[test]
fn a_calendar_that_stalls_floods_and_lies_is_noted_and_passed_over() -> Result<()> {
    let Some(mut it) = Anchoring::prepare()? else { return Ok(()) };
    let (Some(liar), Some(good)) =
        (Calendar::start(it.dir.path(), &it.chain)?, Calendar::start(it.dir.path(), &it.chain)?)
    else {
        return Ok(());
    };
    // 1.
    let calendars = format!("[\"{}\", \"{}\"]", liar.url(), good.url());
    it.configure(&it.rpc_options()?)?;
    it.configure(&format!(
        "[anchor.ots]\ncalendars = {calendars}\nevery_s = 86400\npoll_s = 1\ntimeout_s = 2\n"
    ))?;
    it.world.start_all()?;
    it.ledger_with("2 of 2 calendars have it")?;
    // 2.
    liar.becomes("stall")?;
    it.ledger_with("no answer")?;
    liar.becomes("gigabyte")?;
    it.ledger_with("larger than 10000 bytes")?;
    let size = || -> Result<u64> {
        let answer = e2e::http::read(it.world.address(ASKS), "/checkpoint")?;
        let text = answer.text();
        Ok(text.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0))
    };
    let before = size()?;
    liar.becomes("lie")?;
    liar.anchor()?;
    let ledger = it.ledger_with("block 1 does not hold what is said of it")?;
    assert!(!ledger.contains("\"done\""), "{ledger}");
    // 3.
    good.anchor()?;
    let height = it.chain.height()?;
    it.chain.mine(6, ANYONE)?;
    let (root, evidence) = it.evidence("ots")?;
    assert_eq!(verify(&evidence, &root, Some(&it.headers()?))?.height, height);
    // 4.
    assert!(size()? > before, "the log stood still");
    it.world.stop_all()
}
