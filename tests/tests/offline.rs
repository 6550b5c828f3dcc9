//! 1. An office issues a folder.
//! 2. Every node is killed.
//! 3. All documents verify off-line, for a person and for a program.
//! 4. A document without its receipt, or with that of another, does not.

use crate::town::{Town, documents_in, expect, receipt};
use anyhow::{Context, Result};
use std::fs;

#[test]
fn receipts_verify_when_no_node_is_alive() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("letters", 40)?;
    expect(&town.office.issue(crate::town::TYPE, &[&folder])?, 0);
    let documents = documents_in(&folder)?;
    assert_eq!(documents.len(), 40);
    // 2.
    (0..4).for_each(|number| town.world.kill(number));
    // 3.
    expect(&town.world.verify(&[&folder], &[])?, 0);
    let one = town.world.verify(&[&documents[7]], &[])?;
    expect(&one, 0);
    for word in ["VALID", "Front desk", "City of Hafenstadt"] {
        assert!(one.stdout.contains(word), "{word} is missing in:\n{}", one.stdout);
    }
    let json = town.world.verify(&[&documents[7]], &["--json"])?;
    let json: serde_json::Value = serde_json::from_str(&json.stdout)?;
    assert_eq!(json["verdict"], "VALID", "{json}");
    // 4.
    fs::remove_file(receipt(&documents[0]))?;
    expect(&town.world.verify(&[&documents[0]], &[])?, 2);
    fs::copy(receipt(&documents[2]), receipt(&documents[1]))?;
    expect(&town.world.verify(&[&documents[1]], &[])?, 1);
    let all = town.world.verify(&[&folder], &["--json"])?;
    expect(&all, 1);
    let words: Vec<String> = all
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["verdict"].as_str().map(str::to_owned))
        .collect();
    let count = |word: &str| words.iter().filter(|have| *have == word).count();
    let counts = (count("VALID"), count("INVALID"), count("CANNOT TELL"));
    assert_eq!(counts.0, 38, "{counts:?}\n{}", all.stdout);
    let last = documents.last().context("there are letters")?;
    expect(&town.world.verify(&[last], &["--quiet"])?, 0);
    Ok(())
}
