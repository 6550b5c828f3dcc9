//! The pages in a real browser. What the stories share: one Chromium each, pages of a node or of a
//! file, the answer that a page shows, axe, and pictures for the docs.
//!
//! Without Chromium they are skipped and say so; `BELEG_BROWSER=required` makes that an error.
//! `BELEG_PICTURES=FOLDER` keeps a picture of every page and verdict there.

mod accessible;
mod desk_page;
mod disk;
mod hostile;
mod large;
mod live_page;
mod reading;
mod vectors;
mod verdicts;
mod watched;

use crate::town::receipt;
use anyhow::{Context as _, Result};
use e2e::browser::{self, Chromium, Page};
use e2e::process::workspace;
use e2e::world::World;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const DESKTOP: (u32, u32) = (1280, 900);
pub const PHONE: (u32, u32) = (360, 740);

/// A browser in a profile that vanishes with it.
pub struct Browser {
    pub chromium: Chromium,
    _profile: TempDir,
}

impl Browser {
    /// Starts it; none if there is none here.
    pub fn start(extra: &[&str]) -> Result<Option<Browser>> {
        let Some(program) = browser::installed()? else { return Ok(None) };
        let profile = tempfile::tempdir()?;
        let chromium = Chromium::start(&program, profile.path(), extra)?;
        Ok(Some(Browser { chromium, _profile: profile }))
    }

    /// A page of a node, ready to be used.
    pub fn page(&self, world: &World, node: usize, path: &str) -> Result<Page> {
        let page = self.chromium.open("en", DESKTOP)?;
        page.go(&format!("http://{}/{path}", world.address(node)))?;
        Ok(page)
    }
}

/// What the verifier page says.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub verdict: String,
    pub code: String,
}

impl Answer {
    pub fn new(verdict: &str, code: &str) -> Answer {
        Answer { verdict: verdict.into(), code: code.into() }
    }
}

/// Gives files to the verifier page and waits for the answer on one document.
pub fn check(page: &Page, files: &[&Path]) -> Result<Answer> {
    begin(page, files)?;
    page.wait("!document.querySelector('#result').hidden")?;
    let said = |name: &str| page.text(&format!("document.querySelector('#result').dataset.{name}"));
    Ok(Answer { verdict: said("verdict")?, code: said("code")? })
}

/// The same without waiting: what was checked before is put away first.
pub fn begin(page: &Page, files: &[&Path]) -> Result<()> {
    page.eval(
        "[...document.querySelectorAll('#again, #again-many')] \
         .filter((button) => button.checkVisibility()).forEach((button) => button.click())",
    )?;
    page.wait("!document.querySelector('#start').hidden")?;
    page.choose("#files", files)
}

/// What the page of a node says of the time of a document, given its receipt and then another file
/// too, which it takes into use. None if there is no browser.
pub fn time_before_and_with(
    world: &World,
    node: usize,
    document: &Path,
    more: &Path,
) -> Result<Option<[String; 2]>> {
    let Some(browser) = Browser::start(&[])? else { return Ok(None) };
    let page = browser.page(world, node, "")?;
    let receipt = receipt(document);
    let time = |files: &[&Path]| {
        assert_eq!(check(&page, files)?, Answer::new("VALID", "valid"));
        page.text("document.querySelector('.line[data-line=\"time\"]').textContent")
    };
    let said = [time(&[document, &receipt])?, time(&[document, &receipt, more])?];
    calm(&page);
    Ok(Some(said))
}

/// What axe says about the page as it is; empty where it finds nothing. None if axe is not here.
pub fn axe(page: &Page) -> Result<Option<Vec<String>>> {
    let file = workspace().join("target/tools/node_modules/axe-core/axe.min.js");
    let required = std::env::var_os("BELEG_BROWSER").is_some_and(|value| value == "required");
    let code = match std::fs::read_to_string(&file) {
        Ok(code) => code,
        Err(error) if required => return Err(error).context("axe-core is not in target/tools"),
        Err(_) => {
            println!("skipped: no axe-core (`npm install --prefix target/tools axe-core`)");
            return Ok(None);
        }
    };
    page.eval(&format!("{code}; true"))?;
    let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    let rules = json!({ "runOnly": { "type": "tag", "values": tags } });
    let found = page.eval(&format!("axe.run(document, {rules}).then((r) => r.violations)"))?;
    let found = found.as_array().context("what axe found")?;
    let line = |rule: &Value| {
        let nodes = rule["nodes"].as_array().into_iter().flatten();
        let places: Vec<_> = nodes.map(|node| node["html"].as_str().unwrap_or("")).collect();
        format!("{}: {}\n{}", rule["id"], rule["help"], places.join("\n"))
    };
    Ok(Some(found.iter().map(line).collect()))
}

/// Keeps a picture, if the docs want one.
pub fn picture(page: &Page, name: &str) -> Result<()> {
    match std::env::var_os("BELEG_PICTURES") {
        Some(folder) => page.picture(&workspace().join(folder).join(format!("{name}.webp"))),
        None => Ok(()),
    }
}

/// The page as one file, built by the command for federations.
pub fn single_file(world: &World, folder: &Path) -> Result<PathBuf> {
    let file = folder.join("beleg.html");
    let mut tool = world.node_tool();
    tool.arg("page").arg("--federation").arg(world.federation()).arg("--single").arg(&file);
    e2e::process::run(&mut tool)?.ok()?;
    Ok(file)
}

/// Fails with all that went wrong in the page.
#[track_caller]
pub fn calm(page: &Page) {
    let troubles = page.troubles();
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}
