//! Both languages, and no mouse.
//!
//! 1. A German browser gets German, `lang` says so; the switch gives English and is remembered.
//! 2. With the keyboard alone a receipt is pasted and judged; each stop shows where the focus is,
//!    and the answer gets it.
//! 3. The same words stand in both languages for every key, and for every code of a verdict.

use super::{Browser, DESKTOP, calm};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::{Context as _, Result};
use check::Obstacle;
use e2e::browser::Page;
use e2e::process::workspace;
use proto::verify::{LineState, Reason};
use serde_json::{Map, Value};
use std::fs;

#[test]
fn both_languages_and_the_keyboard_alone() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    let town = Town::start()?;
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    // 1.
    let page = browser.chromium.open("de", DESKTOP)?;
    let home = format!("http://{}/", town.world.address(HOME));
    page.go(&home)?;
    assert_eq!(page.text("document.documentElement.lang")?, "de");
    let german = page.text("document.querySelector('h1').innerText")?;
    page.click(".languages [data-language=en]")?;
    page.wait("document.documentElement.lang === 'en'")?;
    assert_ne!(page.text("document.querySelector('h1').innerText")?, german);
    page.go(&home)?;
    assert_eq!(page.text("document.documentElement.lang")?, "en");
    // 2.
    tab_to(&page, "#paste")?;
    page.press("Enter")?;
    page.wait("document.querySelector('#paste-dialog').open")?;
    tab_to(&page, "#paste-text")?;
    page.write(&fs::read_to_string(receipt(&letter))?)?;
    tab_to(&page, "#paste-check")?;
    page.press("Enter")?;
    page.wait("!document.querySelector('#result').hidden")?;
    let code = "document.querySelector('#result').dataset.code";
    assert_eq!(page.text(code)?, "content-not-given");
    page.wait("document.querySelector('#result').contains(document.activeElement)")?;
    tab_to(&page, "#details summary")?;
    page.press("Enter")?;
    page.wait("document.querySelector('#details').open")?;
    calm(&page);
    Ok(())
}

/// Presses Tab until the focus is there, and sees at each stop that it shows.
fn tab_to(page: &Page, element: &str) -> Result<()> {
    let there = format!("document.activeElement.matches('{element}')");
    for _ in 0..80 {
        if page.eval(&there)? == true {
            return Ok(());
        }
        page.press("Tab")?;
        let shows = "(() => { const e = document.activeElement; \
                     if (e === document.body) return true; \
                     const s = getComputedStyle(e); \
                     return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 \
                       || s.boxShadow !== 'none'; })()";
        let focus = page.text("document.activeElement.outerHTML.slice(0, 120)")?;
        assert!(page.eval(shows)? == true, "the focus does not show: {focus}");
    }
    anyhow::bail!("the Tab key does not lead to {element}")
}

#[test]
fn both_languages_have_the_same_words() -> Result<()> {
    // 3.
    let folder = workspace().join("verifier-web/page/page/words");
    let read = |name: &str, language: &str| -> Result<Map<String, Value>> {
        let path = folder.join(format!("{name}.{language}.json"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_str(&text)?)
    };
    let mut names = Vec::new();
    for file in fs::read_dir(&folder)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".en.json").map(str::to_owned));
    }
    assert!(names.len() >= 4, "{names:?}");
    for name in &names {
        let (english, german) = (read(name, "en")?, read(name, "de")?);
        assert!(english.keys().eq(german.keys()), "{name}: the keys differ");
        for word in ["beglaubig", "notariell", "rechtsverbindlich", "block-chain"] {
            let text = serde_json::to_string(&german)?.to_lowercase();
            assert!(!text.contains(&word.replace('-', "")), "{name}: {word}");
        }
    }
    let words = read("check", "en")?;
    let has = |key: String| assert!(words.contains_key(&key), "no words: {key}");
    let bad = Reason::ALL.iter().filter(|reason| reason.state() != LineState::Good);
    let nexts = bad.map(Reason::code).chain(Obstacle::ALL.map(Obstacle::code));
    nexts.for_each(|code| has(format!("next.{code}")));
    let codes = Reason::ALL.iter().map(Reason::code).chain(Obstacle::ALL.map(Obstacle::code));
    codes.for_each(|code| has(format!("code.{code}")));
    Ok(())
}
