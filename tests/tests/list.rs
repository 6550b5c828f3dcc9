//! 1. A list with a mistake of every kind: all are named at once with their lines, nothing is sent.
//! 2. The mended list, as CSV with `;` and a byte order mark: each receipt has its own fields.
//! 3. A part of it again as JSON with `--skip-issued`, interrupted while the quorum is missing:
//!    `resume` gives each document the fields of its line.
//! 4. The log holds two issuances, and all receipts are VALID.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::process::{Output, run};
use e2e::world::World;
use std::fs;
use std::path::Path;

#[test]
fn a_list_gives_each_document_its_own_fields() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("outbox", 4)?;
    let list = folder.join("list.csv");
    fs::write(
        &list,
        "file;unit;valid-until;date;reference;pages;type\n\
         letter-00000.pdf;Registry 1;31.12.2999;;A 1;2;\n\
         letter-00001.pdf;Registry 2;2020-01-01;;A 2;2;permit\n\
         letter-00001.pdf;Registry 2;;;A 2;2;\n\
         letter-00009.pdf;Registry 3;;;A 3;2;\n\
         ../secret;;;;A 4;2;\n\
         letter-00002.pdf;;;2026-02-30;A 5;2;\n",
    )?;
    let issue = |list: &Path, more: &[&str]| -> Result<Output> {
        let mut issue = town.office.issue_tool(TYPE);
        run(issue.arg("--list").arg(list).args(more))
    };
    let said = issue(&list, &[])?;
    expect(&said, 1);
    assert_mistakes(&said);
    // 2.
    let listed = "file;unit;valid-until;reference;pages\n\
                  letter-00000.pdf;Registry 1;2999-12-31;A 1;2\n\
                  letter-00001.pdf;Registry 2;;A 2;\n\
                  letter-00002.pdf;\"Registry; 3\";;;4\n\
                  letter-00003.pdf;Registry 4;;;\n";
    fs::write(&list, format!("\u{feff}{listed}"))?;
    expect(&issue(&list, &["--dry-run"])?, 0);
    expect(&issue(&list, &[])?, 0);
    assert!(!receipt(&list).exists());
    let fields = |name: &str| -> Result<String> {
        let mut inspect = town.world.verifier_tool();
        let said = run(inspect.arg("inspect").arg(receipt(&folder.join(name))))?;
        expect(&said, 0);
        Ok(said.stdout)
    };
    let shown = fields("letter-00000.pdf")?;
    assert!(["Registry 1", "2999-12-31", "A 1"].iter().all(|text| shown.contains(text)), "{shown}");
    let shown = fields("letter-00002.pdf")?;
    assert!(shown.contains("Registry; 3") && !shown.contains("A 1"), "{shown}");
    // 3.
    interrupted(&mut town, &list)?;
    // 4.
    expect(&town.world.verify(&[&folder], &[])?, 0);
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), 2);
    town.world.stop_all()
}

fn interrupted(town: &mut Town, list: &Path) -> Result<()> {
    let folder = list.parent().expect("a folder");
    for number in [7, 8] {
        fs::write(folder.join(format!("late-{number}.txt")), format!("late {number}"))?;
    }
    fs::remove_file(list)?;
    let json = town.folder("late.json");
    fs::write(
        &json,
        "[{\"file\":\"late-7.txt\",\"unit\":\"Seven\"},\n \
          {\"file\":\"late-8.txt\",\"unit\":\"Eight\"}]",
    )?;
    town.office.set_patience(1)?;
    [0, 1].iter().for_each(|&number| town.world.kill(number));
    let mut late = town.office.issue_tool(TYPE);
    late.arg("--list").arg(&json).arg("--skip-issued").arg(folder);
    expect(&run(&mut late)?, 3);
    [0, 1].iter().try_for_each(|&number| town.world.start(number))?;
    [0, 1].iter().try_for_each(|&number| town.world.wait_ready(number))?;
    town.office.set_patience(60)?;
    expect(&town.office.resume()?, 0);
    for (name, unit) in [("late-7.txt", "Seven"), ("late-8.txt", "Eight")] {
        let mut inspect = town.world.verifier_tool();
        let said = run(inspect.arg("inspect").arg(receipt(&folder.join(name))))?;
        assert!(said.stdout.contains(unit), "{}", said.stdout);
    }
    // The list again: everything has its receipt.
    expect(&run(&mut late)?, 0);
    Ok(())
}

fn assert_mistakes(said: &Output) {
    for (file, code, places) in [
        ("letter-00000.pdf", "bad-field", vec!["line 2: valid-until"]),
        (
            "letter-00001.pdf",
            "type-not-allowed",
            vec!["line 3: This office may not", "line 3: valid-until", "line 4: Line 3 names"],
        ),
        ("letter-00002.pdf", "bad-field", vec!["line 7: unit", "line 7: date"]),
        ("letter-00003.pdf", "not-in-list", vec!["has no line"]),
        ("letter-00009.pdf", "file-missing", vec!["line 5: There is no such file"]),
        ("../secret", "file-outside", vec!["line 6: Name a file"]),
    ] {
        assert!(said.stdout.contains(&format!("{file}\t{code}\n")), "{file}: {}", said.stdout);
        for place in places {
            assert!(said.stderr.contains(place), "{place}: {}", said.stderr);
        }
    }
    assert!(said.stdout.contains("\n0 issued, 6 refused\n"), "{}", said.stdout);
}
