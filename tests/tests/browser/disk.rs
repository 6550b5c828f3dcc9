//! The page as one file, opened from disk without a network.
//!
//! 1. A federation builds its file with one command; all nodes are stopped.
//! 2. Opened from disk by a browser that is off-line, it says VALID, INVALID and CANNOT TELL, by
//!    the statuses in the receipts.
//! 3. Nothing was asked of any network, and nothing was refused by the page's own policy.

use super::{Answer, Browser, DESKTOP, calm, check, single_file};
use crate::town::{TYPE, Town, expect, receipt};
use anyhow::Result;
use std::fs;

#[test]
fn one_file_from_disk_needs_no_network() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    // 1.
    let mut town = Town::start()?;
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    let file = single_file(&town.world, &town.folder(""))?;
    town.world.stop_all()?;
    // 2.
    let page = browser.chromium.open("de", DESKTOP)?;
    page.offline(true)?;
    page.go(&format!("file://{}", file.display()))?;
    page.requests();
    assert_eq!(check(&page, &[&letter, &receipt(&letter)])?, Answer::new("VALID", "valid"));
    let alone = town.letter("alone.pdf")?;
    let missing = Answer::new("CANNOT TELL", "receipt-missing");
    assert_eq!(check(&page, &[&alone])?, missing);
    fs::write(&letter, [&fs::read(&letter)?, b"\n".as_slice()].concat())?;
    let differs = Answer::new("INVALID", "content-differs");
    assert_eq!(check(&page, &[&letter, &receipt(&letter)])?, differs);
    // 3.
    let asked: Vec<_> = page.requests();
    let asked: Vec<_> = asked.iter().filter(|request| request.url.starts_with("http")).collect();
    assert!(asked.is_empty(), "{asked:?}");
    calm(&page);
    Ok(())
}
