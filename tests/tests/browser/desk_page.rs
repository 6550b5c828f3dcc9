//! The clerk's page, against a node that hosts the office.
//!
//! 1. A wrong token is refused in words; the right one opens the desk. Nothing is kept of it.
//! 2. Two PDFs are issued with fields; what the node was sent does not hold the files.
//! 3. They are taken as one ZIP, sealed: `beleg verify` says VALID of both.
//! 4. One is found by its reference and withdrawn in three steps: INVALID, revoked.
//! 5. axe finds nothing at any step; after a reload nobody is signed in.

use super::accessible::everywhere;
use super::{Browser, DESKTOP, calm};
use crate::hosted_changes::Counter;
use crate::town::{HOME, expect};
use anyhow::{Result, bail};
use e2e::browser::Page;
use e2e::pdf;
use e2e::wire::contains;
use e2e::world::Setup;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[test]
fn a_clerk_issues_and_withdraws_in_the_page() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    let counter = Counter::open(&Setup::default(), |_| Ok(()))?;
    let page = browser.chromium.open("en", DESKTOP)?;
    let saved = counter.dir.path().join("saved");
    fs::create_dir(&saved)?;
    page.call("Page.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": saved }))?;
    let desk = format!("http://{}/desk.html", counter.world.address(HOME));
    // 1.
    page.go(&desk)?;
    everywhere(&page, "desk-en")?;
    sign_in(&page, "beleg-token-of-nobody")?;
    page.wait("document.querySelector('#sign-in-fault').innerText !== ''")?;
    // The browser notes the 401, and nothing else.
    let noted = page.troubles();
    assert!(noted.len() == 1 && noted[0].contains("401"), "{noted:?}");
    page.requests();
    page.eval("document.querySelector('#token').value = ''; true")?;
    sign_in(&page, &counter.clerk)?;
    page.wait("!document.querySelector('#desk').hidden")?;
    let kept = "JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie";
    assert!(!page.text(kept)?.contains(&counter.clerk));
    // 2.
    let letters = ["first.pdf", "second.pdf"].map(|name| counter.dir.path().join(name));
    for letter in &letters {
        let title = letter.display().to_string();
        fs::write(letter, pdf::page(&title, &["A line.".to_owned()]))?;
    }
    page.choose("#files", &letters.each_ref().map(PathBuf::as_path))?;
    page.wait("document.querySelectorAll('#rows > [data-row]').length === 2")?;
    type_into(&page, "#common-unit", "Registry")?;
    for (number, reference) in ["R 1", "R 2"].iter().enumerate() {
        let fields = "document.querySelectorAll('#rows [id^=reference-]')";
        page.eval(&format!("{fields}[{number}].focus(); {fields}[{number}].select(); true"))?;
        page.write(reference)?;
        page.press("Tab")?;
    }
    everywhere(&page, "desk-list-en")?;
    page.click("#issue-start")?;
    page.wait("document.querySelectorAll('[data-row-state=issued]').length === 2")?;
    everywhere(&page, "desk-issued-en")?;
    let sent: Vec<_> = page.requests().into_iter().filter(|sent| sent.has_body).collect();
    assert!(sent.len() >= 2 && sent.iter().all(|sent| sent.url.ends_with("/v1/documents")));
    // 3.
    page.click("#save-all")?;
    let zip = saved_file(&saved)?;
    let said = counter.world.verify(&[&zip], &["--no-store"])?;
    expect(&said, 0);
    assert!(said.stdout.contains("2 VALID"), "{}", said.stdout);
    let bytes = fs::read(&letters[0])?;
    assert!(contains(&[fs::read(&zip)?], &bytes[..64]), "the ZIP does not hold the letter");
    // 4.
    withdraw(&page, "R 1")?;
    expect(&counter.world.update(&counter.store)?, 0);
    let store = counter.store.display().to_string();
    let said = counter.world.verify(&[&zip], &["--json", "--store", &store])?;
    expect(&said, 1);
    assert!(said.stdout.contains("\"code\":\"revoked\""), "{}", said.stdout);
    assert!(said.stdout.contains("\"valid\":1,\"invalid\":1"), "{}", said.stdout);
    // 5.
    calm(&page);
    page.go(&desk)?;
    assert!(page.eval("document.querySelector('#desk').hidden")? == true);
    Ok(())
}

/// Withdraws the only document with this reference, step by step.
fn withdraw(page: &Page, reference: &str) -> Result<()> {
    page.click("[data-tab=change]")?;
    type_into(page, "#find-reference", reference)?;
    page.press("Enter")?;
    // The only one that is found is chosen already.
    page.wait("document.querySelector('#found [id^=choose-]')?.checked === true")?;
    page.click("#step-1 [data-step-to='2']")?;
    page.eval("document.querySelector('[name=state][value=revoked]').click(); true")?;
    page.eval(
        "(() => { const reason = document.querySelector('#reason'); reason.value = 'error'; \
         reason.dispatchEvent(new Event('change', { bubbles: true })); return true; })()",
    )?;
    everywhere(page, "desk-change-en")?;
    page.click("#step-2 [data-step-to='3']")?;
    page.wait("!document.querySelector('#step-3').hidden")?;
    page.click("#change-sure")?;
    page.click("#change-send")?;
    page.wait("!document.querySelector('#change-answer').hidden")?;
    everywhere(page, "desk-changed-en")?;
    Ok(())
}

fn sign_in(page: &Page, token: &str) -> Result<()> {
    type_into(page, "#token", token)?;
    page.press("Enter")
}

fn type_into(page: &Page, field: &str, text: &str) -> Result<()> {
    page.wait(&format!("document.querySelector('{field}').checkVisibility()"))?;
    page.eval(&format!("document.querySelector('{field}').focus(); true"))?;
    page.write(text)
}

/// The file that the page gave to be saved, when it is whole.
fn saved_file(folder: &Path) -> Result<PathBuf> {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        let found = fs::read_dir(folder)?.filter_map(|file| Some(file.ok()?.path()));
        let whole = found.into_iter().find(|path| path.extension().is_some_and(|e| e == "zip"));
        if let Some(path) = whole {
            return Ok(path);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("nothing was saved in {}", folder.display())
}
