//! Every kind of answer on a node's own page.
//!
//! 1. An office issues letters beside their receipts, sealed, and as a dossier.
//! 2. Dropped on the page, each is VALID; a renamed receipt still finds its document.
//! 3. One byte more, another document's receipt: INVALID, and said to be changed, not forged.
//! 4. No receipt, a receipt alone: CANNOT TELL.
//! 5. After a withdrawal and a new status list, the same page says INVALID, revoked.
//! 6. `beleg verify` says the same of each, word and code.

use super::{Answer, Browser, PHONE, calm, check, picture};
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::{Context as _, Result};
use e2e::process::run;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_answer_is_that_of_the_command_line() -> Result<()> {
    let Some(browser) = Browser::start(&[])? else { return Ok(()) };
    let town = Town::start()?;
    // 1.
    let scene = Scene::make(&town)?;
    let page = browser.page(&town.world, HOME, "")?;
    let check_all = |cases: &[Case<'_>]| -> Result<()> {
        for (name, files, want) in cases {
            let got = check(&page, files).with_context(|| (*name).to_owned())?;
            assert_eq!(got, *want, "{name}");
            assert_eq!(scene.command_line(&town, files)?, *want, "{name}");
            picture(&page, &format!("verdict-{name}"))?;
        }
        Ok(())
    };
    let valid = || Answer::new("VALID", "valid");
    let (letter, proof) = (scene.letter.as_path(), receipt(&scene.letter));
    let other = town.folder("another place").join("other.pdf.tlog-proof");
    fs::create_dir_all(town.folder("another place"))?;
    fs::copy(receipt(&scene.other), &other)?;
    check_all(&[
        // 2.
        ("valid", &[letter, &proof], valid()),
        ("sealed", &[&scene.sealed], valid()),
        ("dossier", &[&scene.dossier], valid()),
        // 3.
        ("changed", &[&scene.changed, &receipt(&scene.changed)], {
            Answer::new("INVALID", "content-differs")
        }),
        ("sealed-changed", &[&scene.sealed_changed], {
            Answer::new("INVALID", "sealed-file-changed")
        }),
        // 4.
        ("no-receipt", &[&scene.alone], Answer::new("CANNOT TELL", "receipt-missing")),
        ("receipt-alone", &[&other], Answer::new("CANNOT TELL", "content-not-given")),
    ])?;
    let renamed = town.folder("renamed.tlog-proof");
    fs::copy(&proof, &renamed)?;
    assert_eq!(check(&page, &[letter, &renamed])?, valid());
    check(&page, &[&scene.changed, &receipt(&scene.changed)])?;
    assert!(page.eval("document.querySelector('#saved-anew') !== null")? == true);
    page.resize(PHONE)?;
    picture(&page, "verdict-changed-phone")?;
    // 5.
    let mut revoke = town.office.tool("revoke");
    expect(&run(revoke.args(["--reason", "error"]).arg(letter))?, 0);
    page.go(&format!("http://{}/", town.world.address(HOME)))?;
    page.wait("document.querySelector('#trust').dataset.server === 'done'")?;
    let got = check(&page, &[letter, &proof])?;
    assert_eq!(got, Answer::new("INVALID", "revoked"));
    picture(&page, "verdict-revoked-phone")?;
    calm(&page);
    Ok(())
}

type Case<'a> = (&'a str, &'a [&'a Path], Answer);

struct Scene {
    letter: PathBuf,
    other: PathBuf,
    alone: PathBuf,
    changed: PathBuf,
    sealed: PathBuf,
    sealed_changed: PathBuf,
    dossier: PathBuf,
}

impl Scene {
    fn make(town: &Town) -> Result<Scene> {
        let [letter, other, inside] =
            ["letter.pdf", "other.pdf", "inside.pdf"].map(|name| town.letter(name));
        let (letter, other, inside) = (letter?, other?, inside?);
        expect(&town.office.issue(TYPE, &[&letter, &other])?, 0);
        let mut embed = town.office.issue_tool(TYPE);
        expect(&run(embed.args(["--unit", "Front desk", "--embed"]).arg(&inside))?, 0);
        let dossier = town.folder("dossier.zip");
        let mut bundle = town.world.verifier_tool();
        expect(&run(bundle.arg("bundle").arg(&letter).arg("--out").arg(&dossier))?, 0);
        let more = |from: &Path, name: &str| -> Result<PathBuf> {
            let to = town.folder(name);
            fs::write(&to, [&fs::read(from)?, b"\n".as_slice()].concat())?;
            Ok(to)
        };
        let changed = more(&letter, "changed.pdf")?;
        fs::copy(receipt(&letter), receipt(&changed))?;
        let sealed = town.folder("inside.sealed.pdf");
        let sealed_changed = more(&sealed, "printed.sealed.pdf")?;
        let alone = town.letter("alone.pdf")?;
        Ok(Scene { letter, other, alone, changed, sealed, sealed_changed, dossier })
    }

    /// Word and code of `beleg verify --json`.
    fn command_line(&self, town: &Town, files: &[&Path]) -> Result<Answer> {
        let said = town.world.verify(&files[..1], &["--json", "--no-store"])?;
        let line = said.stdout.lines().next().context("an answer")?;
        let json: Value = serde_json::from_str(line)?;
        let word = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Ok(Answer { verdict: word("verdict"), code: word("code") })
    }
}
