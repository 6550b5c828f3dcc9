//! 1. The tool is ended right after the plan of a batch is down, before anything is sent.
//! 2. The office's key is rotated: `resume` signs the same batch with the new key. VALID.
//! 3. The tool is ended when a batch is in the log and its receipts are not written yet.
//! 4. The office is retired: `resume` still delivers, because the batch was entered before.
//! 5. A batch that was planned and not sent stays with its reason, and nothing of it is issued.

use super::{assert_nothing_left_over, names_in, state, traced};
use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::world::World;
use std::path::Path;

#[test]
fn keys_change_between_plan_and_receipt() -> Result<()> {
    let mut town = Town::start()?;
    let ended = |town: &Town, folder: &Path, fault: &str| -> Result<bool> {
        let mut issue = town.office.issue_tool(TYPE);
        issue.args(["--unit", "Front desk"]).arg(folder);
        let said = traced(&issue, fault)?;
        Ok(said.inspect(|said| assert_eq!(said.code, 137, "{said:?}")).is_some())
    };
    // The first call of all makes the office's folders, which takes such calls as well.
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    // 1. The second call is for the folder's name of the plan.
    let (planned, sent) = ("inject=fsync:signal=KILL:when=2", "inject=renameat2:signal=KILL");
    let first = town.letters("first", 3)?;
    if !ended(&town, &first, planned)? {
        return Ok(());
    }
    assert_eq!(names_in(&town.office.folder().join("batches"))?.len(), 3);
    // 2.
    let old_key = std::fs::read(town.office.folder().join("key.pub"))?;
    town.world.rotate_key(HOME, &town.office)?;
    expect(&town.office.resume()?, 0);
    assert_ne!(std::fs::read(town.office.folder().join("key.pub"))?, old_key);
    expect(&town.world.verify(&[&first], &[])?, 0);
    // 3.
    let second = town.letters("second", 3)?;
    assert!(ended(&town, &second, sent)?);
    let desk = town.desk()?;
    // 4.
    town.world.retire_first(HOME)?;
    expect(&town.office.resume()?, 0);
    expect(&town.world.verify(&[&second], &[])?, 0);
    assert_nothing_left_over(&[first, second])?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), 3);
    // 5. The key has no seat any more, so a plan can only be an old one: another office's.
    let office = town.world.open_office(HOME, "Registry", &[TYPE])?;
    let fourth = town.letter("fourth.pdf")?;
    expect(&office.issue(TYPE, &[&fourth])?, 0);
    let third = town.letters("third", 1)?;
    let document = third.join("letter-00000.pdf");
    let mut issue = office.issue_tool(TYPE);
    issue.args(["--unit", "Front desk"]).arg(&third);
    assert_eq!(traced(&issue, planned)?.map(|said| said.code), Some(137));
    town.world.retire_last(HOME)?;
    let said = office.resume()?;
    expect(&said, 3);
    assert_eq!(state(&said, &document), ["waiting", "office-has-no-key"]);
    assert!(said.stderr.contains("retired"), "{}", said.stderr);
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), 4);
    town.world.stop_all()
}
