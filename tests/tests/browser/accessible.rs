//! What a machine can tell about access for all.
//!
//! 1. On every page and every kind of answer, axe finds nothing: both languages, large, on a
//!    telephone, dark, with forced colours, details open.
//! 2. At 320 CSS pixels, which is 1,280 at 400 % zoom, nothing has to be moved sideways to be read.
//! 3. The answer can be printed: the word, the digest and the day are on paper.

use super::{Browser, DESKTOP, PHONE, axe, begin, check, picture};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::browser::{Media, Page};
use std::fs;
use std::path::PathBuf;

const NARROW: (u32, u32) = (320, 640);

#[test]
fn no_page_keeps_anybody_out() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    let town = Town::start()?;
    let (letter, alone) = (town.letter("letter.pdf")?, town.letter("alone.pdf")?);
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    let changed = town.folder("changed.pdf");
    fs::write(&changed, [&fs::read(&letter)?, b"\n".as_slice()].concat())?;
    fs::copy(receipt(&letter), receipt(&changed))?;
    for language in ["en", "de"] {
        let page = browser.chromium.open(language, DESKTOP)?;
        let home = format!("http://{}/", town.world.address(HOME));
        // 1.
        for name in ["accessibility.html", "live.html", ""] {
            page.go(&format!("{home}{name}"))?;
            let name = name.strip_suffix(".html").unwrap_or("start");
            everywhere(&page, &format!("{name}-{language}"))?;
        }
        check(&page, &[&letter, &receipt(&letter)])?;
        page.eval("document.querySelectorAll('details').forEach((d) => { d.open = true; }); true")?;
        everywhere(&page, &format!("valid-{language}"))?;
        check(&page, &[&changed, &receipt(&changed)])?;
        everywhere(&page, &format!("invalid-{language}"))?;
        check(&page, &[&alone])?;
        everywhere(&page, &format!("cannot-tell-{language}"))?;
        let all = [&letter, &receipt(&letter), &changed, &receipt(&changed), &alone];
        begin(&page, &all.map(PathBuf::as_path))?;
        page.wait("document.querySelector('#results').dataset.count === '3'")?;
        everywhere(&page, &format!("many-{language}"))?;
        // 3.
        check(&page, &[&letter, &receipt(&letter)])?;
        page.prefer(Media::Print)?;
        picture(&page, &format!("printed-{language}"))?;
        let paper = page.text("document.body.innerText")?;
        assert!(paper.contains("letter.pdf"), "{paper}");
        let digest = proto::hash::sha256(&fs::read(&letter)?).to_hex();
        let joined: String = paper.split_whitespace().collect();
        assert!(joined.contains(&digest), "{paper}");
        assert!(page.eval("getComputedStyle(document.querySelector('#again')).display")? == "none");
    }
    Ok(())
}

/// Looks at the page as it is on all screens.
pub fn everywhere(page: &Page, name: &str) -> Result<()> {
    let screens = [
        (DESKTOP, Media::Plain),
        (PHONE, Media::Dark),
        (PHONE, Media::ForcedColours),
        (NARROW, Media::Plain),
    ];
    for (size, media) in screens {
        page.resize(size)?;
        page.prefer(media)?;
        // 2.
        let wide = page.eval("document.documentElement.scrollWidth")?;
        assert!(wide.as_u64().is_some_and(|wide| wide <= size.0.into()), "{name}: {wide} wide");
        if let Some(found) = axe(page)? {
            assert!(found.is_empty(), "{name}, {size:?}, {media:?}:\n{}", found.join("\n\n"));
        }
        if media != Media::ForcedColours {
            let screen = match (size, media) {
                (DESKTOP, _) => "desktop",
                (_, Media::Dark) => "phone-dark",
                _ => "narrow",
            };
            picture(page, &format!("{name}-{screen}"))?;
        }
    }
    page.resize(DESKTOP)?;
    page.prefer(Media::Plain)
}
