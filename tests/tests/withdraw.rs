//! `documents_are_withdrawn_and_come_back`
//! 1. An office issues eight letters. A dry run says what would change and sends nothing.
//! 2. A call with a mistake of every kind names them all and sends nothing.
//! 3. A letter is revoked, another suspended and reinstated, a third superseded by a fourth: the
//!    status list that a quorum vouches for says so, and the pointer opens with the old receipt.
//! 4. The same calls again change nothing and make no entry.
//! 5. A list revokes the rest: their batches are covered whole, padding and all.
//! 6. The office and a copy of its folder change documents at the same time: both changes are
//!    entered.
//! 7. The alarm for a stolen key stays silent, and the journal says what became of each.
//!
//! `the_own_node_is_gone`
//! 1. The authority's node is away: the call ends with 3, and the others hold the revocation.
//! 2. It comes back: `resume` ends it. There is one entry, and the letter is revoked.
//!
//! `killed_at_every_write`
//! 1. Revoking is killed at its first write to disk, the next time at its second, and so on.
//! 2. `resume` ends what was begun: each letter is as it was, or revoked by exactly one entry.

use crate::delivery::traced;
use crate::ledger::{Log, status_list};
use crate::town::{HOME, TYPE, Town, documents_in, expect, receipt};
use anyhow::{Context, Result};
use e2e::process::{Output, run};
use e2e::world::World;
use proto::hash::StatusIndex;
use proto::ledger::StatusState;
use proto::receipt::Receipt;
use proto::status_list::VerifiedStatusList;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn call(town: &Town, what: &str, args: &[&str]) -> Result<Output> {
    run(town.office.tool(what).args(args))
}

/// The receipt of a document.
pub fn read(document: &Path) -> Result<Receipt> {
    Ok(Receipt::parse(&fs::read(receipt(document))?)?)
}

/// The status list of the office's log.
pub fn states(town: &Town) -> Result<VerifiedStatusList> {
    status_list(town.world.address(HOME), &town.desk()?.federation)
}

/// The state of a document.
pub fn state(list: &VerifiedStatusList, document: &Path) -> Result<StatusState> {
    list.state(read(document)?.status_index()).context("in the list")
}

/// How many revocations the log holds.
pub fn revocations(town: &Town) -> Result<usize> {
    let (desk, node) = (town.desk()?, town.world.address(HOME));
    Ok(Log::read(node, &World::origin(HOME), &desk.federation)?.revocations())
}

/// Letters in batches of their own, each with a reference.
fn letters(town: &Town, count: usize) -> Result<Vec<PathBuf>> {
    let letters = documents_in(&town.letters("letters", count)?)?;
    for (number, letter) in letters.iter().enumerate() {
        let mut issue = town.office.issue_tool(TYPE);
        issue.args(["--unit", "Front desk", "--reference", &format!("AZ-{number}")]).arg(letter);
        expect(&run(&mut issue)?, 0);
    }
    Ok(letters)
}

#[test]
fn documents_are_withdrawn_and_come_back() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let letters = letters(&town, 8)?;
    let name = |number: usize| letters[number].display().to_string();
    let said = call(&town, "revoke", &[&name(0), "--reason", "error", "--dry-run"])?;
    expect(&said, 0);
    assert!(said.stdout.contains("letter-00000.pdf\tvalid -> revoked\n1 planned\n"), "{said:?}");
    assert_eq!(revocations(&town)?, 0);
    // 2.
    mistakes(&town, &letters)?;
    assert_eq!(revocations(&town)?, 0);
    // 3.
    let revoke = [&name(0), "--reason", "error"];
    let said = call(&town, "revoke", &revoke)?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("letter-00000.pdf\n1 revoked\n"), "{said:?}");
    expect(&call(&town, "suspend", &["--reference", "AZ-1", "--reason", "other:in doubt"])?, 0);
    assert_eq!(state(&states(&town)?, &letters[1])?, StatusState::Suspended);
    expect(&call(&town, "reinstate", &["--reference", "AZ-1"])?, 0);
    let by = receipt(&letters[3]).display().to_string();
    let supersede = [&name(2), "--by", &by];
    expect(&call(&town, "supersede", &supersede)?, 0);
    let list = states(&town)?;
    let want = [StatusState::Revoked, StatusState::Valid, StatusState::Superseded];
    for (letter, want) in letters.iter().zip(want) {
        assert_eq!(state(&list, letter)?, want);
    }
    let (old, new) = (read(&letters[2])?, read(&letters[3])?);
    let pointer = list.successor(old.status_index()).context("a successor")?;
    let successor = pointer.open(&old.disclosure.commitment()?);
    assert_eq!(successor, Some(new.disclosure.commitment()?));
    // 4.
    let before = revocations(&town)?;
    for (what, args) in [("revoke", &revoke[..]), ("reinstate", &["--reference", "AZ-1"])] {
        let said = call(&town, what, args)?;
        expect(&said, 0);
        assert!(said.stdout.ends_with("\n1 unchanged\n"), "{said:?}");
    }
    assert_eq!(revocations(&town)?, before);
    // 5.
    covered(&town, &letters)?;
    // 6.
    copied(&town, &letters)?;
    // 7.
    let said = run(town.office.tool("watch-ledger").arg("--once"))?;
    // The copy's own change is not in this journal: exactly that is the alarm.
    assert_eq!((said.code, said.stdout.matches("ALARM").count()), (1, 1), "{said:?}");
    let said = run(town.office.tool("journal").arg("list"))?;
    expect(&said, 0);
    let line = said.stdout.lines().find(|line| line.contains("letter-00000")).context("a line")?;
    assert!(line.contains("\trevoked\t") && line.ends_with("\terror"), "{line}");
    town.world.stop_all()
}

fn mistakes(town: &Town, letters: &[PathBuf]) -> Result<()> {
    let other = town.world.open_office(HOME, "Registry", &[TYPE])?;
    let theirs = town.letter("theirs.pdf")?;
    expect(&other.issue(TYPE, &[&theirs])?, 0);
    let twice = town.letter("twice.pdf")?;
    let again = town.letter("again.pdf")?;
    for document in [&twice, &again] {
        let mut issue = town.office.issue_tool(TYPE);
        issue.args(["--unit", "Front desk", "--reference", "AZ-twice"]).arg(document);
        expect(&run(&mut issue)?, 0);
    }
    let list = town.folder("wrong.csv");
    let text = format!(
        "file;reason\nAZ-99;error\nAZ-twice;error\n{};error\nstatus:9999;error\nAZ-4;whim\n\
         AZ-5;error\nAZ-5;fraud\nAZ-6;\n",
        receipt(&theirs).display()
    );
    fs::write(&list, text)?;
    let said = call(town, "revoke", &["--list", &list.display().to_string()])?;
    expect(&said, 1);
    for (name, code) in [
        ("AZ-99", "not-in-journal"),
        ("AZ-twice", "ambiguous"),
        ("theirs.pdf.tlog-proof", "other-office"),
        ("status:9999", "not-in-journal"),
        ("AZ-5", "named-twice"),
    ] {
        let found = said.stdout.lines().any(|l| l.contains(name) && l.ends_with(code));
        assert!(found, "{name} {code}: {}", said.stdout);
    }
    for sentence in ["\"whim\" is no reason", "line 9): No reason is named", "Registry"] {
        assert!(said.stderr.contains(sentence), "{sentence}: {}", said.stderr);
    }
    assert_eq!(letters.len(), 8);
    Ok(())
}

fn covered(town: &Town, letters: &[PathBuf]) -> Result<()> {
    let list = town.folder("rest.csv");
    let names: Vec<String> =
        letters[5..].iter().map(|letter| format!("{},fraud\n", letter.display())).collect();
    fs::write(&list, format!("file,reason\n{}", names.concat()))?;
    expect(&call(town, "revoke", &["--list", &list.display().to_string()])?, 0);
    let list = states(town)?;
    for letter in &letters[5..] {
        let first = read(letter)?.first_status.0;
        for index in first..first + 16 {
            assert_eq!(list.state(StatusIndex(index)), Some(StatusState::Revoked), "{index}");
        }
    }
    Ok(())
}

/// Both read the same number and sign with the next one; whoever comes second signs anew.
fn copied(town: &Town, letters: &[PathBuf]) -> Result<()> {
    let copy = town.folder("copy");
    expect(&run(Command::new("cp").arg("-a").arg(town.office.folder()).arg(&copy))?, 0);
    let mut theirs = town.world.issuer_tool();
    theirs.args(["suspend", "--reason", "error"]).arg(&letters[3]).arg("--dir").arg(&copy);
    let mut ours = town.office.tool("suspend");
    ours.args(["--reason", "error"]).arg(&letters[4]);
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| run(&mut theirs));
        (run(&mut ours), theirs.join().expect("no panic"))
    });
    expect(&ours?, 0);
    expect(&theirs?, 0);
    let list = states(town)?;
    for letter in &letters[3..5] {
        assert_eq!(state(&list, letter)?, StatusState::Suspended);
    }
    Ok(())
}

#[test]
fn the_own_node_is_gone() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let letters = letters(&town, 1)?;
    town.office.set_patience(2)?;
    town.world.kill(HOME);
    let name = letters[0].display().to_string();
    let said = call(&town, "revoke", &[&name, "--reason", "key-stolen"])?;
    expect(&said, 3);
    assert!(said.stdout.contains("\tnode-away\n1 waiting\n"), "{said:?}");
    assert!(said.stderr.contains("3 of 3 other data centres have it"), "{said:?}");
    // 2.
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    town.office.set_patience(60)?;
    let said = town.office.resume()?;
    expect(&said, 0);
    assert!(said.stdout.contains("\n1 revoked\n"), "{said:?}");
    assert_eq!(revocations(&town)?, 1);
    assert_eq!(state(&states(&town)?, &letters[0])?, StatusState::Revoked);
    town.world.stop_all()
}

#[test]
fn killed_at_every_write() -> Result<()> {
    let mut town = Town::start()?;
    let letters = letters(&town, 12)?;
    let mut ended = false;
    for (number, letter) in letters.iter().enumerate() {
        // 1.
        let mut revoke = town.office.tool("revoke");
        revoke.args(["--reason", "error"]).arg(letter);
        let when = format!("inject=fsync:signal=SIGKILL:when={}", number + 1);
        let Some(said) = traced(&revoke, &when)? else { return town.world.stop_all() };
        ended |= said.code == 0;
        // 2.
        expect(&town.office.resume()?, 0);
        let list = states(&town)?;
        let begun = state(&list, letter)? == StatusState::Revoked;
        assert!(begun || said.code != 0, "{said:?}");
        let done =
            letters[..=number].iter().map(|l| state(&list, l)).collect::<Result<Vec<_>>>()?;
        let done = done.iter().filter(|state| **state == StatusState::Revoked).count();
        assert_eq!(revocations(&town)?, done);
        expect(&run(town.office.tool("journal").arg("check"))?, 0);
        if ended {
            break;
        }
    }
    assert!(ended, "a call writes more than twelve times");
    expect(&run(town.office.tool("watch-ledger").arg("--once"))?, 0);
    town.world.stop_all()
}
