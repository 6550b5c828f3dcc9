//! The pages in a real browser. What the stories share: one Chromium each, pages of a node or of a
//! file, the answer that a page shows, axe, and pictures for the docs.
//!
//! Without Chromium they are skipped and say so; `BELEG_BROWSER=required` makes that an error.

mod vectors;

use anyhow::Result;
use e2e::browser::{self, Chromium, Page};
use e2e::world::World;
use tempfile::TempDir;

pub const DESKTOP: (u32, u32) = (1280, 900);

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

/// Fails with all that went wrong in the page.
#[track_caller]
pub fn calm(page: &Page) {
    let troubles = page.troubles();
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}
