//! 1. One node of four is away: issuing goes on.
//! 2. A second is away: nothing is issued, no receipt is written, and the office is told so.
//! 3. The log's own node says that it waits.
//! 4. Both are back: what was begun is finished, once.
//! 5. All logs are in order.

use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;

#[test]
fn without_a_quorum_nothing_is_issued_and_nothing_lost() -> Result<()> {
    let mut town = Town::start()?;
    town.office.set_patience(3)?;
    // 1.
    town.world.kill(0);
    let first = town.letter("first.pdf")?;
    expect(&town.office.issue(TYPE, &[&first])?, 0);
    // 2.
    town.world.kill(1);
    let second = town.letter("second.pdf")?;
    let said = town.office.issue(TYPE, &[&second])?;
    expect(&said, 3);
    assert!(!receipt(&second).exists(), "a receipt without a quorum");
    assert!(said.stderr.contains("resume"), "it says what to do: {said:?}");
    // 3.
    let metrics = e2e::http::read(town.world.address(HOME), "/metrics")?;
    assert_eq!(metrics.status, 200);
    // 4.
    town.world.start_all()?;
    expect(&town.office.resume()?, 0);
    assert!(receipt(&second).exists());
    expect(&town.world.verify(&[&first, &second], &[])?, 0);
    expect(&town.office.resume()?, 0);
    // 5.
    town.world.stop_all()?;
    for number in 0..4 {
        expect(&town.world.fsck(number)?, 0);
    }
    Ok(())
}
