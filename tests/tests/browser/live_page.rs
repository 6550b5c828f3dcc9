//! The federation's page.
//!
//! 1. Four nodes publish; the page says that all is well, and shows each log's newest checkpoint
//!    with a quorum of cosigners, each figure checked in the page.
//! 2. An entry of a log is opened: kind, fields, and its proof to the cosigned root.
//! 3. A node is killed: the page says what is wrong and what to do. It comes back: all is well.

use super::{Browser, PHONE, calm, picture};
use crate::town::{HOME, TYPE, Town, expect};
use anyhow::Result;
use e2e::world::{MEMBERS, Setup};

#[test]
fn the_page_says_whether_the_federation_is_well() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    // 1.
    let setup = Setup { idle_interval_s: 5, ..Setup::default() };
    let mut town = Town::start_between(&setup, |_| Ok(()))?;
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    let page = browser.page(&town.world, HOME, "live.html")?;
    page.wait("document.querySelector('#look').dataset.level === 'good'")?;
    for (name, _) in MEMBERS {
        let card = format!("document.querySelector('[data-log={name}]')");
        page.wait(&format!("{card}.dataset.logState === 'alive'"))?;
        let cosigned = format!("{card}.querySelectorAll('[data-cosigned=full]').length >= 3");
        page.wait(&cosigned)?;
    }
    picture(&page, "live")?;
    // 2.
    page.eval(&format!(
        "(() => {{ const log = document.querySelector('#explore-log'); \
         log.value = [...log.options].find((o) => o.textContent.includes('{}')).value; \
         document.querySelector('#explore-index').value = 1; return true; }})()",
        MEMBERS[HOME].1
    ))?;
    page.click("#explore-show")?;
    page.wait("document.querySelector('#entry-title[data-kind]') !== null")?;
    let root = page.text("document.querySelector('#entry-root').innerText")?;
    assert!(!root.is_empty());
    picture(&page, "live-entry")?;
    page.resize(PHONE)?;
    picture(&page, "live-phone")?;
    // 3.
    town.world.kill(0);
    page.wait("document.querySelector('#look').dataset.level !== 'good'")?;
    page.wait("document.querySelectorAll('#troubles > [data-trouble]').length > 0")?;
    picture(&page, "live-trouble-phone")?;
    town.world.start(0)?;
    town.world.wait_ready(0)?;
    page.wait("document.querySelector('#look').dataset.level === 'good'")?;
    calm(&page);
    Ok(())
}
