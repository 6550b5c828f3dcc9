//! 1. A letter is issued and the state of all logs stamped; the certificate ends in 30 days.
//!    `beleg update` adds the time-stamp to the receipt.
//! 2. The authority has a new certificate, and the node renews. A second `beleg update` puts the
//!    renewed evidence in the place of the old one; the proven time stays, a third changes nothing.
//! 3. `beleg inspect` tells both time-stamps and judges neither; `--evidence` writes them as files.
//! 4. Everything is off. Each command that it names for these files, run as it stands there with
//!    the root certificate out of the federation file, says that all is well.
//! 5. A byte of a token is changed: `openssl` does not take it any more.

use super::{ASKS, Anchoring};
use anyhow::{Context, Result};
use e2e::documents;
use e2e::outside::tsa::Key;
use e2e::process::{Output, run};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const TYPE: &str = "public.notice";
const ASK: [&str; 3] = ["--require-anchor", "tsa", "--json"];
/// As docs/verifying.md has it.
const ROOT: &str = "awk '$1 == \"tsa\" && $2 == \"example\" { print $3 }' federation | tail -n 1 \
                    | base64 -d | openssl x509 -inform DER -out evidence/ROOT.pem";

fn expect(output: &Output, code: i32, words: &str) {
    assert_eq!(output.code, code, "{output:?}");
    assert!(output.stdout.contains(words), "{words}: {output:?}");
}

fn update(it: &Anchoring, path: &Path, words: &str) -> Result<()> {
    let mut update = it.world.verifier_tool();
    update.arg("update").arg("--federation").arg(it.world.federation());
    expect(&run(update.arg("--store").arg(it.dir.path().join("store")).arg(path))?, 0, words);
    Ok(())
}

/// The time-stamps that the verdict tells: how many, and the first one's time.
fn told(it: &Anchoring, letter: &Path) -> Result<(Value, Value)> {
    let verdict = it.world.verify(&[letter], &ASK)?;
    expect(&verdict, 0, "");
    let verdict: Value = serde_json::from_str(&verdict.stdout)?;
    let anchor = &verdict["anchors"][0];
    Ok((anchor["tsa"]["stamps"].clone(), anchor["time"].clone()))
}

fn shell(folder: &Path, command: &str) -> Result<Output> {
    run(Command::new("sh").current_dir(folder).args(["-c", command]))
}

#[test]
fn openssl_takes_what_inspect_writes_of_a_renewed_time_stamp() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 30)? else { return Ok(()) };
    it.configure("")?;
    it.world.start_all()?;
    let office = it.world.open_office(ASKS, "Front desk", &[TYPE])?;
    let letters = it.dir.path().join("letters");
    documents::letters(&letters, 1)?;
    expect(&office.issue(TYPE, &[&letters])?, 0, "");
    let letter = letters.join("letter-00000.pdf");
    let config = it.world.node_folder(ASKS).join("node.toml");
    run(it.world.node_tool().args(["anchor", "now", "--config"]).arg(&config))?.ok()?;
    it.evidence(1)?;
    update(&it, &letter, "1 upgraded")?;
    let (count, time) = told(&it, &letter)?;
    assert_eq!(count, 1);
    // 2.
    it.authority.signs_with("Signer 2", Key::Rsa, 2000)?;
    it.world.stop(ASKS)?;
    it.world.start(ASKS)?;
    it.world.wait_ready(ASKS)?;
    it.evidence(2)?;
    update(&it, &letter, "1 upgraded")?;
    assert_eq!(told(&it, &letter)?, (2.into(), time));
    update(&it, &letter, "0 upgraded, 1 unchanged")?;
    it.world.stop_all()?;
    // 3.
    let inspect = |args: &[&str]| {
        let mut tool = it.world.verifier_tool();
        run(tool.current_dir(it.dir.path()).arg("inspect").arg(&letter).args(args))
    };
    let shown = inspect(&["--evidence", "evidence"])?;
    expect(&shown, 0, ", by CN=Example Signer 1,O=Example");
    expect(&shown, 0, ", by CN=Example Signer 2,O=Example, renewing what is above");
    expect(&shown, 0, "bytes, not judged (`beleg verify` does)");
    expect(&shown, 0, "Files in evidence, for other people's tools");
    let json = inspect(&["--evidence", "again", "--json"])?;
    let json: Value = serde_json::from_str(&json.stdout)?;
    // 4.
    shell(it.dir.path(), ROOT)?.ok()?;
    let (mut tokens, mut lists) = (Vec::new(), 0);
    let evidence = it.dir.path().join("evidence");
    for file in json["evidence"]["files"].as_array().context("files")? {
        let (name, check) = (file["name"].as_str(), file["check"].as_str());
        let (name, check) = (name.context("a name")?, check.context("a command")?);
        assert!(shown.stdout.contains(check), "{check}: {shown:?}");
        if name.ends_with(".tst") {
            expect(&shell(&evidence, check)?, 0, "Verification: OK");
            tokens.push((evidence.join(name), check));
        } else if name.ends_with(".crl") {
            let said = shell(&evidence, check)?;
            assert!(said.code == 0 && said.stderr.contains("verify OK"), "{said:?}");
            lists += 1;
        }
    }
    assert_eq!((tokens.len(), lists), (2, 2));
    // 5.
    for (token, check) in tokens {
        let mut bytes = fs::read(&token)?;
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&token, bytes)?;
        assert_ne!(shell(&evidence, check)?.code, 0, "{check}");
    }
    Ok(())
}
