//! 1. A document is issued.
//! 2. Each of many copies with one bit changed somewhere is INVALID.
//! 3. Each of many receipts with one character changed is not VALID, and nothing crashes.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::documents::copy_with_one_byte_changed;
use std::fs;

#[test]
fn one_changed_byte_is_never_valid() -> Result<()> {
    // 1.
    let town = Town::start()?;
    let genuine = town.letter("genuine.pdf")?;
    expect(&town.office.issue(TYPE, &[&genuine])?, 0);
    let length = fs::metadata(&genuine)?.len() as usize;
    // 2.
    let changed = town.folder("changed.pdf");
    fs::copy(receipt(&genuine), receipt(&changed))?;
    for index in (0..length).step_by(length / 20) {
        copy_with_one_byte_changed(&genuine, &changed, index)?;
        let said = town.world.verify(&[&changed], &["--json"])?;
        expect(&said, 1);
        assert!(said.stdout.contains("content"), "{}", said.stdout);
    }
    // 3.
    let text = fs::read(receipt(&genuine))?;
    fs::copy(&genuine, &changed)?;
    for index in (0..text.len()).step_by(text.len() / 60) {
        copy_with_one_byte_changed(&receipt(&genuine), &receipt(&changed), index)?;
        let said = town.world.verify(&[&changed], &[])?;
        assert!([1, 2].contains(&said.code), "byte {index}: {said:?}");
        assert!(!said.stderr.contains("panicked"), "byte {index}: {said:?}");
    }
    Ok(())
}
