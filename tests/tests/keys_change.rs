//! 1. An office issues, changes its key, and issues with the new one.
//! 2. What the old key signs now is refused.
//! 3. The office is retired: it issues nothing more; a replayed admission does not bring it back.
//! 4. Another office goes on.
//! 5. All receipts, from before and after each change, are VALID off-line.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::http;
use e2e::world::World;

#[test]
fn keys_change_and_offices_retire_without_harm_to_old_receipts() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let node = town.world.address(HOME);
    let before = town.letter("before.pdf")?;
    expect(&town.office.issue(TYPE, &[&before])?, 0);
    let old_desk = town.desk()?;
    town.world.rotate_key(HOME, &town.office)?;
    let after = town.letter("after.pdf")?;
    expect(&town.office.issue(TYPE, &[&after])?, 0);
    // 2.
    let late = http::post(node, "/v1/issuances?wait_s=5", &old_desk.sign_new(4)?)?;
    assert!((400..500).contains(&late.status), "{}: {}", late.status, late.text());
    // 3.
    let desk = town.desk()?;
    town.world.retire_first(HOME)?;
    let refused = http::post(node, "/v1/issuances?wait_s=5", &desk.sign_new(4)?)?;
    assert!((400..500).contains(&refused.status), "{}: {}", refused.status, refused.text());
    let too_late = town.letter("too-late.pdf")?;
    let said = town.office.issue(TYPE, &[&too_late])?;
    expect(&said, 2);
    assert!(said.stderr.contains("retired"), "{said:?}");
    assert!(!receipt(&too_late).exists());
    let log = Log::read(node, &World::origin(HOME), &desk.federation)?;
    for entry in log.entries.iter().filter(|entry| entry[1] == 1) {
        http::post(node, "/v1/issuers", entry)?;
    }
    let again = http::post(node, "/v1/issuances?wait_s=5", &desk.sign_new(4)?)?;
    assert!((400..500).contains(&again.status), "{}: {}", again.status, again.text());
    // 4.
    let second = town.world.open_office(HOME, "Registry", &[TYPE])?;
    let other = town.letter("other.pdf")?;
    expect(&second.issue(TYPE, &[&other])?, 0);
    // 5.
    town.world.stop_all()?;
    expect(&town.world.verify(&[&before, &after, &other], &[])?, 0);
    for number in 0..4 {
        expect(&town.world.fsck(number)?, 0);
    }
    Ok(())
}
