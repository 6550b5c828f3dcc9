//! 1. An office issues letters of two units; one reference stands on two of them.
//! 2. The counts of the day and of the month are those of the journal, in text, CSV and JSON.
//! 3. A list of the office's own program is held against it: only here, only there, twice.
//! 4. Counts for each day are held against it.
//! 5. An erased letter still counts, without its unit, and is not compared.

use crate::town::{TYPE, Town, expect};
use anyhow::Result;
use e2e::process::{Output, run};
use std::fs;

fn counts(town: &Town, args: &[&str]) -> Result<Output> {
    let mut tool = town.world.issuer_tool();
    run(tool.arg("counts").arg("--dir").arg(town.office.folder()).args(args))
}

/// Issues one letter for each reference.
fn issue(town: &Town, unit: &str, references: &[&str]) -> Result<()> {
    let folder = town.letters(unit, references.len())?;
    let mut list = "file;unit;reference\n".to_owned();
    for (path, reference) in crate::town::documents_in(&folder)?.iter().zip(references) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        list += &format!("{name};{unit};{reference}\n");
    }
    let path = town.folder("list.csv");
    fs::write(&path, list)?;
    let mut issue = town.office.issue_tool(TYPE);
    expect(&run(issue.arg("--list").arg(&path).arg(&folder))?, 0);
    Ok(())
}

#[test]
fn an_office_reconciles_what_it_issued() -> Result<()> {
    // 1.
    let town = Town::start()?;
    issue(&town, "North", &["AZ-1", "AZ-2", "AZ-3"])?;
    issue(&town, "South", &["AZ-4", "AZ-4"])?;
    // 2.
    let said = counts(&town, &["--json"])?;
    expect(&said, 0);
    let json: serde_json::Value = serde_json::from_str(&said.stdout)?;
    assert_eq!(json["documents"], 5);
    let count = |unit: &str| -> u64 {
        let all = json["counts"].as_array().into_iter().flatten();
        let of = all.filter(|count| count["unit"] == unit && count["state"] == "valid");
        of.filter_map(|count| count["documents"].as_u64()).sum()
    };
    assert_eq!((count("North"), count("South")), (3, 2));
    let status = |name: &str| json[name].as_u64().unwrap_or(u64::MAX);
    assert!(status("first_status") < status("last_status"), "{json}");
    let days = json["counts"].as_array().map_or(0, Vec::len);
    let csv = town.folder("counts.csv");
    let csv = csv.display().to_string();
    expect(&counts(&town, &["--csv", &csv])?, 0);
    let table = fs::read_to_string(&csv)?;
    assert_eq!(table.lines().count(), days + 1, "{table}");
    assert!(table.contains(&format!("\"{TYPE}\",\"North\",\"valid\",\"3\"")), "{table}");
    expect(&counts(&town, &["--csv", &csv])?, 2);
    let said = counts(&town, &["--by", "month"])?;
    expect(&said, 0);
    assert!(said.stdout.contains(&format!("\t{TYPE}\tSouth\tvalid\t2\n")), "{said:?}");
    assert!(said.stdout.contains("\ntotal\t5\tfirst status "), "{said:?}");
    let none = counts(&town, &["--from", "9999-01-01"])?;
    assert_eq!((none.code, none.stdout.as_str()), (0, "total\t0\n"));
    // 3.
    let own = town.folder("own.csv");
    let compare = |text: &str| -> Result<Output> {
        fs::write(&own, text)?;
        counts(&town, &["--compare", &own.display().to_string()])
    };
    let said = compare("no,Reference\n1,AZ-1\n2,AZ-2\n3,AZ-2\n4,AZ-4\n5,AZ-9\n")?;
    expect(&said, 1);
    let differences: Vec<&str> =
        said.stdout.lines().skip_while(|l| !l.starts_with("only")).collect();
    let want = [
        "only-here\tAZ-3\there 1\tthere 0",
        "only-there\tAZ-9\there 0\tthere 1",
        "twice-here\tAZ-4\there 2\tthere 1",
        "twice-there\tAZ-2\there 1\tthere 2",
    ];
    assert_eq!(differences, want);
    expect(&compare("file\nletter.pdf\n")?, 2);
    // 4.
    one_day(&town, &json)?;
    // 5.
    let mut erase = town.world.issuer_tool();
    erase.args(["journal", "erase", "AZ-3", "--dir"]).arg(town.office.folder());
    expect(&run(&mut erase)?, 0);
    let said = compare("reference\nAZ-1\nAZ-2\nAZ-4\n")?;
    expect(&said, 1);
    assert!(said.stdout.contains("\ntotal\t5\t"), "{said:?}");
    assert!(said.stdout.contains(&format!("\t{TYPE}\t(erased)\tvalid\t1\n")), "{said:?}");
    assert!(said.stdout.ends_with("twice-here\tAZ-4\there 2\tthere 1\n"), "{said:?}");
    assert!(said.stderr.contains("1 documents of the journal were erased"), "{said:?}");
    Ok(())
}

/// The counts of one day against those of the office's program.
fn one_day(town: &Town, json: &serde_json::Value) -> Result<()> {
    let own = town.folder("own.csv");
    let day = json["counts"][0]["period"].as_str().unwrap_or_default();
    let day_total: u64 = json["counts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|count| count["period"] == day)
        .filter_map(|count| count["documents"].as_u64())
        .sum();
    let only = |text: &str| -> Result<Output> {
        fs::write(&own, text)?;
        let own = own.display().to_string();
        counts(town, &["--from", day, "--to", day, "--compare", &own])
    };
    expect(&only(&format!("\u{feff}day;count\r\n{day};{day_total}\r\n"))?, 0);
    let said = only(&format!("day;count\n{day};7\n"))?;
    expect(&said, 1);
    let want = format!("more-there\t{day}\there {day_total}\tthere 7\n");
    assert!(said.stdout.ends_with(&want), "{said:?}");
    expect(&only(&format!("day;count\n{day};many\n"))?, 2);
    Ok(())
}
