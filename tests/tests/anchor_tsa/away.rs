//! 1. An office issues letters, one of them sealed, and the state of all logs is stamped by its
//!    authority's node. The others have the evidence too; then that node goes away for good.
//! 2. The office upgrades its receipts: the evidence comes from another node.
//! 3. A holder does so with `beleg update`. The sealed letter is still what the office issued and
//!    a sound PDF, and everything is VALID for who asks for a time-stamp.
//! 4. A dossier is refused in a sentence and stays as it is; what is taken out of it is upgraded.

use super::{ASKS, Anchoring};
use anyhow::Result;
use e2e::documents;
use e2e::outside::tsa::Key;
use e2e::process::{Output, run};
use std::fs;
use std::path::Path;
use std::process::Command;

const TYPE: &str = "public.notice";
const ASK: [&str; 2] = ["--require-anchor", "tsa"];
const TOLD: &str = "; and in a time-stamp of example (";

fn expect(output: &Output, code: i32, words: &str) {
    assert_eq!(output.code, code, "{output:?}");
    assert!(output.stdout.contains(words), "{words}: {output:?}");
}

/// `beleg WHAT` with these paths.
fn beleg(it: &Anchoring, what: &str, args: &[&Path]) -> Result<Output> {
    run(it.world.verifier_tool().arg(what).args(args))
}

fn update(it: &Anchoring, path: &Path) -> Result<Output> {
    let (federation, store) = (it.world.federation(), it.dir.path().join("store"));
    let options = [Path::new("--federation"), &federation, Path::new("--store"), &store];
    beleg(it, "update", &[&options[..], &[path]].concat())
}

#[test]
fn evidence_comes_from_another_node_into_every_form_of_a_receipt() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 1000)? else { return Ok(()) };
    it.configure("")?;
    it.world.start_all()?;
    let office = it.world.open_office(ASKS, "Front desk", &[TYPE])?;
    let letters = it.dir.path().join("letters");
    documents::letters(&letters, 2)?;
    let mut issue = office.issue_tool(TYPE);
    expect(&run(issue.args(["--unit", "Front desk", "--embed"]).arg(&letters))?, 0, "");
    let original = fs::read(letters.join("letter-00000.pdf"))?;
    let held = it.dir.path().join("held");
    fs::create_dir(&held)?;
    let sealed = held.join("letter.sealed.pdf");
    fs::copy(letters.join("letter-00000.sealed.pdf"), &sealed)?;
    let dossier = it.dir.path().join("dossier.zip");
    expect(&beleg(&it, "bundle", &[&letters, Path::new("--out"), &dossier])?, 0, "4 documents");
    let config = it.world.node_folder(ASKS).join("node.toml");
    run(it.world.node_tool().args(["anchor", "now", "--config"]).arg(&config))?.ok()?;
    for other in 1..4 {
        it.world.file_with(other, "data/anchors/ledger", "\"kept\"")?;
    }
    it.world.stop(ASKS)?;
    // 2.
    let upgraded = run(office.tool("upgrade").arg(&letters))?;
    expect(&upgraded, 0, "4 upgraded, 0 unchanged, 0 waiting, 0 refused");
    // 3.
    expect(&update(&it, &held)?, 0, "1 upgraded, 0 unchanged, 0 waiting, 0 refused");
    let sound = run(Command::new("qpdf").arg("--check").arg(&sealed))?;
    expect(&sound, 0, "No syntax or stream encoding errors found");
    expect(&it.world.verify(&[&sealed], &ASK)?, 0, TOLD);
    let out = it.dir.path().join("out");
    fs::create_dir(&out)?;
    expect(&beleg(&it, "extract", &[&sealed, Path::new("--out"), &out])?, 0, "");
    assert_eq!(fs::read(out.join("letter.pdf"))?, original);
    expect(&it.world.verify(&[&out.join("letter.pdf")], &ASK)?, 0, TOLD);
    // 4.
    let before = fs::read(&dossier)?;
    let refused = update(&it, &dossier)?;
    expect(&refused, 2, "refused\t");
    expect(&refused, 2, "\tdossier\n");
    assert!(refused.stderr.contains("Take its files out with `beleg extract`"), "{refused:?}");
    assert_eq!(fs::read(&dossier)?, before);
    expect(&beleg(&it, "extract", &[&dossier])?, 0, "dossier");
    let taken = it.dir.path().join("dossier");
    expect(&update(&it, &taken)?, 0, "4 upgraded");
    it.world.stop_all()?;
    expect(&it.world.verify(&[&taken, &letters], &ASK)?, 0, "8 VALID, 0 INVALID");
    Ok(())
}
