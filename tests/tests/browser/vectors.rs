//! The shared vectors, put to the module in the browser: the same verdict and the same reasons,
//! line by line, as `proto` and `beleg` give.
//!
//! 1. Every receipt of `proto/tests/testdata/verdict`, at its own time and with its lists.
//! 2. Every sealed PDF of `verifier-cli/tests/testdata/sealed`.
//! 3. Every dossier of `proto/tests/testdata/dossier`: taken or refused.

#[path = "../../../proto/tests/case/mod.rs"]
mod case;

use super::{Browser, calm};
use crate::town::{HOME, Town};
use anyhow::{Context as _, Result, ensure};
use case::Case;
use e2e::browser::Page;
use e2e::process::workspace;
use proto::text::{base64_decode, base64_encode};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// When the sealed PDFs are judged: 2026-05-03T15:00:00Z.
const MOMENT: u64 = 1_777_820_400;

#[test]
fn the_module_gives_what_the_vectors_expect() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    let town = Town::start()?;
    let page = browser.page(&town.world, HOME, "accessibility.html")?;
    page.eval(&fs::read_to_string(workspace().join("tests/tests/browser/ask.js"))?)?;
    // 1.
    let mut wrong = Vec::new();
    let verdicts = files_of("proto/tests/testdata/verdict")?;
    ensure!(verdicts.len() > 100, "only {} verdicts", verdicts.len());
    for path in &verdicts {
        let case = Case::read("verdict", path);
        if let Some(got) = verdict(&page, &case)?.filter(|got| *got != case.expect) {
            wrong.push(format!("{}\n  expected {}\n  got      {got}", path.display(), case.expect));
        }
    }
    // 2.
    let folder = workspace().join("verifier-cli/tests/testdata");
    let trust = fs::read(folder.join("federation"))?;
    let expected = fs::read_to_string(folder.join("sealed.expected"))?;
    let sealed = files_of("verifier-cli/tests/testdata/sealed")?;
    ask(&page, "trust", json!({ "file": 0 }), &[&trust])?;
    for path in &sealed {
        let name = path.file_stem().context("a name")?.to_string_lossy().into_owned();
        let got = one(&page, &[(format!("{name}.pdf"), fs::read(path)?)], MOMENT)?;
        let got = format!("{name} {} {}", text(&got["verdict"]), text(&got["code"]));
        if !expected.lines().any(|line| line == got) {
            wrong.push(got);
        }
    }
    // 3.
    for path in files_of("proto/tests/testdata/dossier")? {
        let case = Case::read("dossier", &path);
        let got = one(&page, &[("dossier.zip".to_owned(), case.body)], MOMENT)?;
        let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
        let taken = text(&got["kind"]) == "listed";
        let whole = case.expect.starts_with("ok") || case.expect == "Content";
        // A content that differs is seen when it is judged; what does not begin as a dossier does
        // is a document without a receipt.
        if taken != whole && text(&got["code"]) != "receipt-missing" {
            wrong.push(format!("{name}: {} {}", case.expect, got["code"]));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    calm(&page);
    Ok(())
}

/// The words of the verdict on a case; none if no file is at hand that has the digest, if the case
/// is of a time that a browser's clock cannot tell, or if it asks for outside evidence, for which
/// the page has no question.
fn verdict(page: &Page, case: &Case) -> Result<Option<String>> {
    let now = case.number("now");
    if now > proto::limits::JSON_INTEGER || !case.all("require").is_empty() {
        return Ok(None);
    }
    let federation = workspace().join("proto/tests/testdata/federation");
    let federation = Case::read("federation", &federation.join(case.one("federation"))).body;
    ask(page, "trust", json!({ "file": 0 }), &[&federation])?;
    let mut files = vec![("document.tlog-proof".to_owned(), case.body.clone())];
    if let Some(content) = case.all("content").first() {
        let (sha256, length) = content.split_once(' ').context("digest and length")?;
        let Some(document) = document(sha256, length.parse()?) else { return Ok(None) };
        files.push(("document".to_owned(), document));
    }
    for (number, list) in case.all("list").into_iter().enumerate() {
        files.push((format!("list-{number}"), base64_decode(list)?));
    }
    let at = case.all("at").first().map(|at| at.parse::<u64>()).transpose()?;
    let said = check(page, &files, now, at)?;
    let one = &said["results"][0];
    let lines = ["content", "issuer", "time", "status"];
    let lines = lines.map(|line| text(&one["lines"][line]["code"]));
    Ok(Some(format!("{} {} {}", text(&one["verdict"]), text(&one["code"]), lines.join(" "))))
}

/// The documents of the vectors, and any file where only the length counts.
fn document(sha256: &str, length: usize) -> Option<Vec<u8>> {
    let known = (0..=u8::MAX).map(|number| format!("This is document {number}.\n").into_bytes());
    let mut known = known.filter(|bytes| bytes.len() == length);
    known.find(|bytes| proto::hash::sha256(bytes).to_hex() == sha256)
}

fn one(page: &Page, files: &[(String, Vec<u8>)], now: u64) -> Result<Value> {
    Ok(check(page, files, now, None)?["results"][0].take())
}

fn check(page: &Page, files: &[(String, Vec<u8>)], now: u64, at: Option<u64>) -> Result<Value> {
    let named: Vec<_> =
        (0..files.len()).map(|n| json!({ "name": files[n].0, "blob": n })).collect();
    let values = json!({ "files": named, "now": now, "at": at, "sheet": null, "layers": false });
    let blobs: Vec<&[u8]> = files.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    ask(page, "check", values, &blobs)
}

/// One question; the numbers in it name the files.
fn ask(page: &Page, name: &str, values: Value, files: &[&[u8]]) -> Result<Value> {
    let files: Vec<String> = files.iter().map(|bytes| base64_encode(bytes)).collect();
    page.eval(&format!("ask({}, {values}, {})", json!(name), json!(files)))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn files_of(folder: &str) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(workspace().join(folder))?;
    let mut paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
