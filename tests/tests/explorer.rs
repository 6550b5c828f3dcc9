//! What the pages check of a log, with the code that runs in them, against a real node.
//!
//! 1. Each entry of the log, as the node serves bundles and tiles, is proven to its checkpoint.
//! 2. An older checkpoint is proven to be a beginning of the newest one.
//! 3. One bit of a bundle, a tile or a checkpoint changed, or a cosignature taken away: refused.
//! 4. What is asked wrongly gets one sentence.

use crate::town::{HOME, TYPE, Town, expect};
use anyhow::{Context as _, Result};
use e2e::http;
use e2e::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use web::{Host, Session, answer};

/// Files of the page by number.
struct Files(Vec<Vec<u8>>);

impl Host for Files {
    fn read(&mut self, file: u32, from: u64, into: &mut [u8]) -> bool {
        let part = usize::try_from(from).ok().and_then(|from| {
            let to = from.checked_add(into.len())?;
            self.0.get(file as usize)?.get(from..to)
        });
        part.map(|part| into.copy_from_slice(part)).is_some()
    }

    fn write(&mut self, _: &[u8]) {}

    fn advance(&mut self, _: u32) {}
}

struct Explorer<'a> {
    town: &'a Town,
    session: Session,
}

impl Explorer<'_> {
    /// Asks; numbers in the question name the files.
    fn ask(&mut self, name: &str, mut values: Value, files: &[&[u8]]) -> Result<Value, String> {
        let blob = |file: u64| json!({ "file": file, "length": files[file as usize].len() });
        for member in ["file", "checkpoint", "old"] {
            if let Some(file) = values[member].as_u64() {
                values[member] = blob(file);
            }
        }
        for part in values["parts"].as_object_mut().into_iter().flat_map(|parts| parts.values_mut())
        {
            *part = blob(part.as_u64().unwrap());
        }
        if values["parts"].is_null() {
            values.as_object_mut().unwrap().remove("parts");
        }
        values.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let question = serde_json::to_vec(&json!({ name: values })).unwrap();
        let mut host = Files(files.iter().map(|bytes| bytes.to_vec()).collect());
        let said = answer(&mut self.session, &mut host, &question);
        let said: Value = serde_json::from_slice(&said).unwrap();
        match said.get("ok") {
            Some(ok) => Ok(ok.clone()),
            None => Err(said["refused"]["code"].as_str().unwrap().to_owned()),
        }
    }

    fn fetch(&self, path: &str) -> Result<Vec<u8>> {
        let answer = http::read(self.town.world.address(HOME), &format!("/{path}"))?;
        anyhow::ensure!(answer.status == 200, "{path}: {}", answer.status);
        Ok(answer.body)
    }

    /// The paths of a plan, fetched.
    fn parts(&self, plan: &Value) -> Result<BTreeMap<String, Vec<u8>>> {
        let paths = plan["paths"].as_array().context("paths")?;
        let paths = paths.iter().filter_map(Value::as_str);
        paths.map(|path| Ok((path.to_owned(), self.fetch(path)?))).collect()
    }

    fn entries(
        &mut self,
        checkpoint: &[u8],
        parts: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Value, String> {
        let files: Vec<&[u8]> =
            std::iter::once(checkpoint).chain(parts.values().map(Vec::as_slice)).collect();
        let named: BTreeMap<_, _> = parts.keys().zip(1..).collect();
        let values = json!({
            "origin": World::origin(HOME), "checkpoint": 0, "bundle": 0, "parts": named,
        });
        self.ask("entries", values, &files)
    }
}

#[test]
fn what_a_page_shows_of_a_log_was_proven() -> Result<()> {
    let town = Town::start()?;
    let mut explorer = Explorer { town: &town, session: Session::new() };
    let federation = explorer.fetch("federation")?;
    let asked = |e: &mut Explorer<'_>, name, values, files: &[&[u8]]| {
        e.ask(name, values, files).map_err(anyhow::Error::msg)
    };
    asked(&mut explorer, "trust", json!({ "file": 0 }), &[&federation])?;
    let old = explorer.fetch("checkpoint")?;
    let letter = town.letter("letter.pdf")?;
    expect(&town.office.issue(TYPE, &[&letter])?, 0);
    // 1.
    let checkpoint = explorer.fetch("checkpoint")?;
    let origin = World::origin(HOME);
    let named = json!({ "origin": origin, "file": 0 });
    let view = asked(&mut explorer, "checkpoint", named.clone(), &[&checkpoint])?;
    assert_eq!((&view["published"], &view["counted"]), (&json!(true), &json!(3)), "{view}");
    let size = view["size"].as_u64().context("a size")?;
    let plan = asked(&mut explorer, "plan-entries", json!({ "size": size, "bundle": 0 }), &[])?;
    let parts = explorer.parts(&plan)?;
    let said = explorer.entries(&checkpoint, &parts).map_err(anyhow::Error::msg)?;
    let kinds: Vec<_> = said["entries"].as_array().context("entries")?.iter().collect();
    assert_eq!(kinds.len() as u64, size);
    assert!(kinds.iter().any(|entry| entry["kind"] == "issuance"));
    assert_eq!(kinds[kinds.len() - 1]["kind"], "snapshot");
    // 2.
    let before = asked(&mut explorer, "checkpoint", named, &[&old])?;
    let sizes = json!({ "old_size": before["size"], "size": size });
    let plan = asked(&mut explorer, "plan-consistency", sizes, &[])?;
    let between = explorer.parts(&plan)?;
    let files: Vec<&[u8]> = [old.as_slice(), &checkpoint]
        .into_iter()
        .chain(between.values().map(Vec::as_slice))
        .collect();
    let named: BTreeMap<_, _> = between.keys().zip(2..).collect();
    let trees = json!({ "origin": origin, "old": 0, "checkpoint": 1, "parts": named });
    let said = asked(&mut explorer, "consistency", trees, &files)?;
    assert_eq!(said["consistent"], true);
    // 3.
    for path in parts.keys() {
        let mut wrong = parts.clone();
        let bytes = wrong.get_mut(path).context("a part")?;
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(explorer.entries(&checkpoint, &wrong).unwrap_err(), "not-proven", "{path}");
        wrong.remove(path);
        let refused = explorer.entries(&checkpoint, &wrong).unwrap_err();
        assert_eq!(refused, "question-malformed", "{path}");
    }
    let text = String::from_utf8(checkpoint.clone())?;
    let fewer: Vec<&str> = text.lines().take(text.lines().count() - 1).collect();
    let fewer = fewer.join("\n") + "\n";
    let refused = explorer.entries(fewer.as_bytes(), &parts).unwrap_err();
    assert_eq!(refused, "checkpoint-untrusted");
    let mut root = text.lines().map(str::to_owned).collect::<Vec<_>>();
    root[1] = (size - 1).to_string();
    let refused = explorer.entries((root.join("\n") + "\n").as_bytes(), &parts).unwrap_err();
    assert_eq!(refused, "not-proven");
    // 4.
    for (name, values, code) in [
        ("plan-entries", json!({ "size": size, "bundle": 9 }), "question-malformed"),
        ("plan-entries", json!({ "size": u64::MAX, "bundle": 0 }), "question-malformed"),
        ("plan-consistency", json!({ "old_size": 9, "size": 2 }), "question-malformed"),
        ("sheet", json!({ "text": "no code" }), "sheet-unreadable"),
        ("unknown", json!({}), "question-malformed"),
    ] {
        assert_eq!(explorer.ask(name, values, &[]).unwrap_err(), code, "{name}");
    }
    let stranger = json!({ "origin": "stranger.example/log", "file": 0 });
    assert_eq!(explorer.ask("checkpoint", stranger, &[&checkpoint]).unwrap_err(), "log-unknown");
    Ok(())
}
