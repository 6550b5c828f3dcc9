//! The DevTools protocol over a pair of pipes: JSON texts, each with a NUL behind it.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The longest that an answer may take: a page may hash a gigabyte meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the browser said by itself.
pub struct Event {
    pub session: String,
    pub method: String,
    pub params: Value,
}

pub struct Wire {
    input: ChildStdin,
    heard: Receiver<Value>,
    next: u64,
    events: Vec<Event>,
}

impl Wire {
    pub fn new(input: ChildStdin, output: ChildStdout) -> Wire {
        let (send, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut text = Vec::new();
            while output.read_until(0, &mut text).is_ok_and(|length| length > 0) {
                let message = serde_json::from_slice(text.strip_suffix(b"\0").unwrap_or(&text));
                let Ok(message) = message else { return };
                if send.send(message).is_err() {
                    return;
                }
                text.clear();
            }
        });
        Wire { input, heard, next: 0, events: Vec::new() }
    }

    /// Asks, and waits for the answer; what is heard meanwhile is kept.
    pub fn call(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<Value> {
        self.next += 1;
        let id = self.next;
        let mut question = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            question["sessionId"] = session.into();
        }
        let mut text = serde_json::to_vec(&question)?;
        text.push(0);
        self.input.write_all(&text).context("Chromium has ended")?;
        let end = Instant::now() + PATIENCE;
        loop {
            let wait = end.saturating_duration_since(Instant::now());
            let mut message = match self.heard.recv_timeout(wait) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => bail!("{method}: no answer"),
                Err(RecvTimeoutError::Disconnected) => bail!("{method}: Chromium has ended"),
            };
            if message["id"] == id {
                if let Some(why) = message["error"]["message"].as_str() {
                    bail!("{method}: {why}");
                }
                return Ok(message["result"].take());
            }
            self.keep(message);
        }
    }

    fn keep(&mut self, mut message: Value) {
        if let Some(method) = message["method"].as_str().map(str::to_owned) {
            let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
            self.events.push(Event { session, method, params: message["params"].take() });
        }
    }

    /// Takes out what was heard of a session and `wanted`.
    pub fn take(&mut self, session: &str, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mine = |event: &mut Event| event.session == session && wanted(event);
        self.events.extract_if(.., mine).collect()
    }
}
