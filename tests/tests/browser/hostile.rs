//! Script in every place that a page shows.
//!
//! 1. An issuer with markup for a name issues a document whose unit, reference, fields and file
//!    name are markup that would run.
//! 2. The page shows all of it as text: nothing runs, no element comes from it, nothing is asked of
//!    another server, and the page's policy has nothing to refuse.
//! 3. A code of paper that claims the same, by a link and by text, runs nothing either.

use super::{Answer, Browser, calm, check};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::process::run;

const ATTACKS: [&str; 4] = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror=\"window.hit = 2\">",
    "\"><svg onload=window.hit=3><a href=\"javascript:window.hit=4\">x</a>",
    "{{constructor.constructor('window.hit=5')()}}${window.hit=6}",
];

#[test]
fn nothing_that_a_receipt_says_runs() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    // 1.
    let town = Town::start()?;
    let office = town.world.open_office(HOME, "<img src=x onerror=window.hit=7>", &[TYPE])?;
    let letter = town.letter("<img src=x onerror=window.hit=8>.pdf")?;
    let mut issue = office.issue_tool(TYPE);
    issue.args(["--unit", ATTACKS[0], "--reference", ATTACKS[1]]);
    issue.args(["--field", &format!("holder={}", ATTACKS[2])]);
    issue.args(["--field", &format!("note={}", ATTACKS[3])]);
    expect(&run(issue.arg(&letter))?, 0);
    // 2.
    let page = browser.page(&town.world, HOME, "")?;
    page.requests();
    let got = check(&page, &[&letter, &receipt(&letter)])?;
    assert_eq!(got, Answer::new("VALID", "valid"));
    page.eval("document.querySelectorAll('details').forEach((d) => { d.open = true; }); true")?;
    let shown = page.text("document.querySelector('#result').innerText")?;
    for attack in ATTACKS {
        assert!(shown.contains(attack), "not shown as text: {attack}\n{shown}");
    }
    let strange = "document.querySelectorAll('#result img, #result script, #result a[href^=java], \
                   #result [onerror], #result [onload]').length";
    assert!(page.eval(strange)? == 0);
    assert!(page.eval("window.hit === undefined")? == true);
    let asked = page.requests();
    let own = format!("http://{}/", town.world.address(HOME));
    let strangers: Vec<_> = asked
        .iter()
        .filter(|request| request.url.starts_with("http") && !request.url.starts_with(&own))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    calm(&page);
    // 3.
    for text in [ATTACKS[1], "s1.<img src=x onerror=window.hit=9>"] {
        page.go(&format!("{own}#{}", text.replace(' ', "%20")))?;
        page.click("#paste")?;
        page.wait("document.querySelector('#paste-dialog').open")?;
        page.eval("document.querySelector('#paste-text').focus(); true")?;
        page.write(text)?;
        page.click("#paste-check")?;
        page.eval("new Promise((done) => setTimeout(done, 300))")?;
        assert!(page.eval("window.hit === undefined")? == true, "{text}");
    }
    calm(&page);
    Ok(())
}
