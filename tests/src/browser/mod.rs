//! A real browser, headless, as a person would have it: Chromium, told what to do over the DevTools
//! protocol. Nothing of the page is replaced; files are given to it as if they were chosen, keys
//! and clicks are events that the browser makes.

mod page;
mod wire;

pub use page::{Media, Page, Request};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use wire::Wire;

/// Names under which distributions install it.
const NAMES: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FLAGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=NetworkTimeServiceQuerying,MediaRouter,OptimizationHints",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--remote-debugging-pipe",
    "about:blank",
];

/// The browser that is installed here. Where it has to be there (`BELEG_BROWSER=required`, as in
/// CI), its absence is an error; elsewhere what needs it is skipped and says so.
pub fn installed() -> Result<Option<PathBuf>> {
    let found = NAMES.iter().map(PathBuf::from).find(|path| path.exists());
    let required = std::env::var_os("BELEG_BROWSER").is_some_and(|value| value == "required");
    ensure!(
        found.is_some() || !required,
        "Chromium is not installed, and BELEG_BROWSER requires it"
    );
    if found.is_none() {
        println!("skipped: no Chromium here (`apt-get install chromium`)");
    }
    Ok(found)
}

/// A running browser with a profile of its own. It ends with this value.
pub struct Chromium {
    process: Child,
    wire: Rc<RefCell<Wire>>,
}

impl Chromium {
    /// Starts it with a new profile in this folder.
    pub fn start(program: &Path, profile: &Path, extra: &[&str]) -> Result<Chromium> {
        // The protocol runs over the descriptors 3 and 4, which a shell can hand on.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"]);
        shell.arg(program).arg(format!("--user-data-dir={}", profile.display()));
        shell.args(extra).args(FLAGS).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = shell.spawn().context("cannot start Chromium")?;
        let input = process.stdin.take().context("no pipe to Chromium")?;
        let output = process.stdout.take().context("no pipe from Chromium")?;
        let wire = Rc::new(RefCell::new(Wire::new(input, output)));
        Ok(Chromium { process, wire })
    }

    /// Opens a tab that speaks this language, of this size in CSS pixels.
    pub fn open(&self, language: &str, size: (u32, u32)) -> Result<Page> {
        let context = self.call("Target.createBrowserContext", &json!({}))?;
        let context = &context["browserContextId"];
        let new = json!({ "url": "about:blank", "browserContextId": context });
        let target = self.call("Target.createTarget", &new)?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = self.call("Target.attachToTarget", &attach)?;
        let session = session["sessionId"].as_str().context("no session")?.to_owned();
        Page::new(Rc::clone(&self.wire), session, language, size)
    }

    fn call(&self, method: &str, params: &Value) -> Result<Value> {
        self.wire.borrow_mut().call(None, method, params)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.call("Browser.close", &json!({}));
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
