//! A document of 1 GB.
//!
//! 1. It is issued, and dropped on the page beside its receipt.
//! 2. While it is hashed the page goes on drawing, and its progress grows.
//! 3. It is VALID; stopped half-way, the page takes the next document.

use super::{Answer, Browser, begin, calm, check};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::{Context as _, Result};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

const SIZE: usize = 1_000_000_000;
#[test]
fn a_gigabyte_is_hashed_while_the_page_goes_on() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    // 1.
    let town = Town::start()?;
    let large = town.folder("scan.tif");
    write_large(&large)?;
    expect(&town.office.issue(TYPE, &[&large])?, 0);
    let page = browser.page(&town.world, HOME, "")?;
    // 2.
    page.eval(
        "window.seen = new Set(); \
         const look = () => { window.seen.add(document.querySelector('#progress').value); \
         requestAnimationFrame(look); }; look(); true",
    )?;
    let got = check(&page, &[&large, &receipt(&large)])?;
    // 3.
    assert_eq!(got, Answer::new("VALID", "valid"));
    let seen = page.eval("window.seen.size")?.as_u64().context("a number")?;
    assert!(seen > 4, "progress had only {seen} values");
    begin(&page, &[&large, &receipt(&large)])?;
    page.wait("Number(document.querySelector('#progress').value) > 0")?;
    page.click("#cancel")?;
    let small = town.letter("small.pdf")?;
    assert_eq!(check(&page, &[&small])?, Answer::new("CANNOT TELL", "receipt-missing"));
    calm(&page);
    Ok(())
}

fn write_large(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut part = vec![0; 1_000_000];
    for number in 0..SIZE / part.len() {
        part[..8].copy_from_slice(&(number as u64).to_be_bytes());
        file.write_all(&part)?;
    }
    file.flush()?;
    Ok(())
}
