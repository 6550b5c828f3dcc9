//! One tab.

use super::wire::{Event, Wire};
use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a page may take until it shows what is waited for: a gigabyte is hashed in ten seconds
/// where nobody else works.
const PATIENCE: Duration = Duration::from_secs(180);
const GLANCE: Duration = Duration::from_millis(50);

/// What a reader prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// Nothing in particular.
    Plain,
    /// A dark screen.
    Dark,
    /// The reader's own few colours.
    ForcedColours,
    /// Paper.
    Print,
}

/// A request that the page, its worker or its service worker made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` and the like.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Whether anything was sent with it.
    pub has_body: bool,
}

/// A tab of the browser.
pub struct Page {
    wire: Rc<RefCell<Wire>>,
    session: String,
}

impl Page {
    pub(super) fn new(
        wire: Rc<RefCell<Wire>>,
        session: String,
        language: &str,
        size: (u32, u32),
    ) -> Result<Page> {
        let page = Page { wire, session };
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call("Emulation.setLocaleOverride", json!({ "locale": language }))?;
        page.call("Emulation.setTimezoneOverride", json!({ "timezoneId": "Europe/Berlin" }))?;
        let agent = page.eval("navigator.userAgent")?;
        let agent = json!({ "userAgent": agent, "acceptLanguage": language });
        page.call("Network.setUserAgentOverride", agent)?;
        page.resize(size)?;
        Ok(page)
    }

    /// One command of the protocol.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.wire.borrow_mut().call(Some(&self.session), method, &params)
    }

    /// Goes to an address and waits until the page has its words and, where it says so, is ready.
    pub fn go(&self, url: &str) -> Result<()> {
        // From elsewhere, so that the page is loaded anew also where only the fragment is another.
        self.call("Page.navigate", json!({ "url": "about:blank" }))?;
        let went = self.call("Page.navigate", json!({ "url": url }))?;
        ensure!(went["errorText"].is_null(), "{url}: {}", went["errorText"]);
        self.wait(
            "document.readyState === 'complete' && document.querySelector('h1').innerText !== '' \
             && (document.querySelector('#trust') === null \
               || document.body.dataset.ready === 'true')",
        )
    }

    /// The size of the window in CSS pixels; narrow ones are telephones with a touch screen.
    pub fn resize(&self, (width, height): (u32, u32)) -> Result<()> {
        let mobile = width < 600;
        let screen = json!({
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": mobile,
        });
        self.call("Emulation.setDeviceMetricsOverride", screen)?;
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": mobile }))?;
        Ok(())
    }

    /// What the reader prefers.
    pub fn prefer(&self, media: Media) -> Result<()> {
        let feature = |name: &str, value: &str| json!([{ "name": name, "value": value }]);
        let wanted = match media {
            Media::Plain => json!({ "media": "", "features": [] }),
            Media::Dark => json!({ "features": feature("prefers-color-scheme", "dark") }),
            Media::ForcedColours => json!({ "features": feature("forced-colors", "active") }),
            Media::Print => json!({ "media": "print" }),
        };
        self.call("Emulation.setEmulatedMedia", wanted)?;
        // Colours may take a moment to change.
        self.eval("new Promise((done) => setTimeout(done, 400))").map(drop)
    }

    /// The value of an expression, a promise awaited.
    pub fn eval(&self, expression: &str) -> Result<Value> {
        let ask = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
            "userGesture": true,
        });
        let mut answer = self.call("Runtime.evaluate", ask)?;
        if answer["exceptionDetails"].is_null() {
            return Ok(answer["result"]["value"].take());
        }
        let why = &answer["exceptionDetails"];
        bail!("{expression:.120}: {}{}", why["text"], why["exception"]["description"])
    }

    /// The text of an expression.
    pub fn text(&self, expression: &str) -> Result<String> {
        let value = self.eval(expression)?;
        value
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("{expression}: {value} is no text"))
    }

    /// Waits until an expression is true.
    pub fn wait(&self, condition: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        // While a page is on its way an expression may fail.
        while !self.eval(condition).is_ok_and(|value| value == true) {
            ensure!(
                Instant::now() < end,
                "not within {PATIENCE:?}: {condition}\n{}",
                self.report()
            );
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// What went wrong in the page, and what it shows.
    fn report(&self) -> String {
        let shown = self.text("document.body.innerText").unwrap_or_default();
        format!("{}\nthe page shows:\n{shown:.2000}", self.troubles().join("\n"))
    }

    /// Gives files to an input as if they had been chosen.
    pub fn choose(&self, input: &str, files: &[&Path]) -> Result<()> {
        let expression = format!("document.querySelector({})", json!(input));
        let found = self.call("Runtime.evaluate", json!({ "expression": expression }))?;
        let files: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
        let object = &found["result"]["objectId"];
        self.call("DOM.setFileInputFiles", json!({ "files": files, "objectId": object })).map(drop)
    }

    /// Clicks the middle of an element with the mouse.
    pub fn click(&self, element: &str) -> Result<()> {
        let place = self.eval(&format!(
            "(() => {{ const e = document.querySelector({}); \
             e.scrollIntoView({{ block: 'center' }}); \
             const r = e.getBoundingClientRect(); \
             return [r.x + r.width / 2, r.y + r.height / 2]; }})()",
            json!(element)
        ))?;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event)?;
        }
        Ok(())
    }

    /// Presses and releases a key: `Tab`, `Enter`, ` ` and the like.
    pub fn press(&self, key: &str) -> Result<()> {
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Escape" => ("Escape", 27, ""),
            " " => ("Space", 32, " "),
            "ArrowDown" => ("ArrowDown", 40, ""),
            _ => bail!("{key}: this key is not known here"),
        };
        let event = |kind: &str| {
            json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number,
                "text": if kind == "keyDown" { text } else { "" },
            })
        };
        self.call("Input.dispatchKeyEvent", event("keyDown"))?;
        self.call("Input.dispatchKeyEvent", event("keyUp")).map(drop)
    }

    /// Types text where the focus is.
    pub fn write(&self, text: &str) -> Result<()> {
        self.call("Input.insertText", json!({ "text": text })).map(drop)
    }

    /// Cuts the tab, its worker and its service worker off from every network, or not.
    pub fn offline(&self, offline: bool) -> Result<()> {
        let network = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.call("Network.emulateNetworkConditions", network).map(drop)
    }

    /// Everything that was requested since the last call.
    pub fn requests(&self) -> Vec<Request> {
        let mut wire = self.wire.borrow_mut();
        let sent = wire.take(&self.session, |event| event.method == "Network.requestWillBeSent");
        let request = |Event { params, .. }: Event| Request {
            method: params["request"]["method"].as_str().unwrap_or_default().to_owned(),
            url: params["request"]["url"].as_str().unwrap_or_default().to_owned(),
            has_body: params["request"]["hasPostData"] == true,
        };
        sent.into_iter().map(request).collect()
    }

    /// Exceptions, and what the browser refused or complained of, since the last call.
    pub fn troubles(&self) -> Vec<String> {
        let trouble = |event: &Event| match event.method.as_str() {
            "Runtime.exceptionThrown" => true,
            "Log.entryAdded" => event.params["entry"]["level"] == "error",
            _ => false,
        };
        let found = self.wire.borrow_mut().take(&self.session, trouble);
        found.into_iter().map(|event| event.params.to_string()).collect()
    }

    /// A picture of the whole page, as WebP.
    pub fn picture(&self, file: &Path) -> Result<()> {
        let all = json!({ "format": "webp", "quality": 80, "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", all)?;
        let data = picture["data"].as_str().context("no picture")?;
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(file, Base64::decode_vec(data).context("no picture")?)?;
        Ok(())
    }
}
