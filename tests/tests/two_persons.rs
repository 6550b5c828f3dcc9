//! 1. An office issues 120 letters. To revoke them all is refused without a second person.
//! 2. A proposal is made. Without an approver, with the office's own key, or with another person's
//!    key nobody can approve it; a changed proposal is none.
//! 3. The second person looks first, which sends nothing, and approves: all are revoked by one
//!    entry with one range, padding included.
//! 4. The same proposal again is refused, also after the letters' state has changed.

use crate::town::{TYPE, Town, expect};
use crate::withdraw::{revocations, state, states};
use anyhow::Result;
use e2e::process::{Output, run};
use proto::ledger::StatusState;
use std::fs;
use std::path::Path;

fn approve(town: &Town, proposal: &Path, name: &str, key: &Path, more: &[&str]) -> Result<Output> {
    let mut approve = town.office.tool("approve");
    run(approve.arg(proposal).args(["--as", name]).arg("--key").arg(key).args(more))
}

#[test]
fn more_than_a_hundred_take_two_persons() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("letters", 120)?;
    expect(&town.office.issue(TYPE, &[&folder])?, 0);
    let all = ["--issued-between", "2020-01-01", "2999-12-31", "--reason", "error"];
    let said = run(town.office.tool("revoke").args(all))?;
    expect(&said, 1);
    assert!(said.stderr.contains("more than 100 at once need a second person"), "{said:?}");
    // 2.
    let proposal = town.folder("proposal");
    let said = run(town.office.tool("revoke").args(all).arg("--propose").arg(&proposal))?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("\n120 planned\n"), "{said:?}");
    let (key, other) = (town.folder("second.key"), town.folder("third.key"));
    let own = town.office.folder().join("key");
    expect(&approve(&town, &proposal, "Second", &own, &["--yes"])?, 1);
    for (name, key) in [("Second", &key), ("Third", &other)] {
        let mut approver = town.office.tool("approver");
        expect(&run(approver.args(["add", name, "--key"]).arg(key))?, 0);
    }
    let mut public = town.office.tool("approver");
    let own_public = town.office.folder().join("key.pub");
    expect(&run(public.args(["add", "Self", "--public"]).arg(own_public))?, 1);
    expect(&approve(&town, &proposal, "Second", &other, &["--yes"])?, 1);
    let changed = town.folder("changed");
    fs::write(
        &changed,
        fs::read_to_string(&proposal)?.replacen("state revoked", "state valid", 1),
    )?;
    expect(&approve(&town, &changed, "Second", &key, &["--yes"])?, 1);
    assert_eq!(revocations(&town)?, 0);
    // 3.
    let said = approve(&town, &proposal, "Second", &key, &[])?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("\n120 planned\n"), "{said:?}");
    assert!(said.stderr.contains("by 1 entries with 1 ranges"), "{said:?}");
    assert_eq!(revocations(&town)?, 0);
    let said = approve(&town, &proposal, "Second", &key, &["--yes"])?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("\n120 revoked\n"), "{said:?}");
    let list = states(&town)?;
    assert_eq!(state(&list, &folder.join("letter-00077.pdf"))?, StatusState::Revoked);
    let all_revoked = (0..128)
        .all(|index| list.state(proto::hash::StatusIndex(index)) == Some(StatusState::Revoked));
    assert!(all_revoked, "the padding shows how many there were");
    assert_eq!(revocations(&town)?, 1);
    // 4.
    let said = approve(&town, &proposal, "Second", &key, &["--yes"])?;
    expect(&said, 1);
    assert!(said.stderr.contains("carried out before"), "{said:?}");
    town.world.stop_all()
}
