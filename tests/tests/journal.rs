//! 1. An office issues five letters: its journal has five lines for them, and checks.
//! 2. One letter is erased: its file name, reference and digest are nowhere in the office's folder.
//! 3. The chain still checks, and the receipts of all letters, the erased one's too, still verify.
//! 4. A receipt of another office erases nothing.
//! 5. A line that is changed is found.

use crate::town::{HOME, TYPE, Town, documents_in, expect, receipt};
use anyhow::Result;
use e2e::process::{Output, run};
use std::fs;
use std::path::Path;
use std::process::Command;

fn journal(town: &Town, office: &Path, args: &[&str]) -> Result<Output> {
    let mut tool: Command = town.world.issuer_tool();
    run(tool.arg("journal").args(args).arg("--dir").arg(office))
}

#[test]
fn a_letter_is_erased_and_its_neighbours_still_verify() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let office = town.office.folder().to_owned();
    let folder = town.letters("letters", 4)?;
    let gone = folder.join("person-of-the-file.pdf");
    fs::write(&gone, e2e::pdf::page("Notice", &["A person.".to_owned()]))?;
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", "Front desk", "--reference", "AZ-4711"]).arg(&folder);
    expect(&run(&mut issue)?, 0);
    let list = journal(&town, &office, &["list"])?;
    expect(&list, 0);
    assert_eq!(list.stdout.lines().filter(|line| line.contains("AZ-4711")).count(), 5);
    let check = journal(&town, &office, &["check"])?;
    expect(&check, 0);
    assert!(check.stdout.contains("5 documents, 0 sealed parts erased"), "{check:?}");
    // 2.
    let digest = proto::hash::sha256(&fs::read(&gone)?).to_hex();
    expect(&journal(&town, &office, &["erase", &gone.display().to_string()])?, 0);
    for part in ["journal", "batches/done"] {
        for file in fs::read_dir(office.join(part))? {
            let path = file?.path();
            let bytes = fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let known = text.contains("person-of-the-file") || text.contains(&digest);
            assert!(!known, "{}", path.display());
        }
    }
    let csv = town.folder("journal.csv");
    expect(&journal(&town, &office, &["export", "--csv", &csv.display().to_string()])?, 0);
    let text = fs::read_to_string(&csv)?;
    assert_eq!(text.matches("AZ-4711").count(), 4, "{text}");
    assert_eq!((text.matches("(erased)").count(), text.contains(&digest)), (1, false), "{text}");
    // 3.
    let check = journal(&town, &office, &["check"])?;
    expect(&check, 0);
    assert!(check.stdout.contains("5 documents, 1 sealed parts erased"), "{check:?}");
    expect(&town.world.verify(&[&folder], &[])?, 0);
    assert_eq!(documents_in(&folder)?.len(), 5);
    // 4.
    let second = town.world.open_office(HOME, "Registry", &[TYPE])?;
    let other = town.letter("other.pdf")?;
    expect(&second.issue(TYPE, &[&other])?, 0);
    let theirs = receipt(&other).display().to_string();
    expect(&journal(&town, &office, &["erase", &theirs])?, 1);
    // 5.
    let lines = office.join("journal/lines");
    let changed = fs::read_to_string(&lines)?.replacen(TYPE, "public.notize", 1);
    fs::write(&lines, changed)?;
    let check = journal(&town, &office, &["check"])?;
    expect(&check, 2);
    assert!(check.stderr.contains("does not follow"), "{check:?}");
    town.world.stop_all()
}
