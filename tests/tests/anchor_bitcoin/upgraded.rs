//! 1. An office issues letters; a calendar stamps the state of all logs, and its block gets deep.
//! 2. The office upgrades its receipts. Without headers nobody can tell what they say of Bitcoin.
//! 3. `beleg update` takes the headers from a node of one's own. The verdict tells the block, and
//!    where the headers are from; a file of headers serves as well.
//! 4. So it does for the page in a browser.
//! 5. `beleg inspect` tells the block, and writes an `.ots` file that the official client verifies
//!    with the command that is named for it.
//! 6. The block is reorganised away: the evidence is INVALID, and so is the document for who asks.

use super::{ASKS, Anchoring};
use crate::browser::time_before_and_with;
use anyhow::{Context, Result, bail};
use e2e::documents;
use e2e::outside::bitcoin::{ANYONE, Calendar, Client};
use e2e::process::{Output, run};
use serde_json::{Value, json};
use std::path::Path;

const TYPE: &str = "public.notice";
const ASK: [&str; 2] = ["--require-anchor", "bitcoin"];

fn expect(output: &Output, code: i32, words: &str) {
    assert_eq!(output.code, code, "{output:?}");
    assert!(output.stdout.contains(words), "{words}: {output:?}");
}

fn update(it: &Anchoring, store: &Path, credentials: &Path) -> Result<Output> {
    let mut tool = it.world.verifier_tool();
    tool.arg("update").arg("--federation").arg(it.world.federation()).arg("--store").arg(store);
    tool.args(["--bitcoin", &it.chain.url()]).arg("--bitcoin-auth").arg(credentials);
    run(&mut tool)
}

/// Checks what `beleg inspect` says and writes of a letter's evidence.
fn client_verifies(it: &Anchoring, client: &Client, letter: &Path, height: u64) -> Result<()> {
    let evidence = it.dir.path().join("evidence");
    let mut inspect = it.world.verifier_tool();
    inspect.arg("inspect").arg(letter).arg("--json").arg("--evidence").arg(&evidence);
    let shown: Value = serde_json::from_str(&run(&mut inspect)?.ok()?)?;
    let claimed = &shown["anchors"][0]["evidence"][0];
    assert_eq!((&claimed["state"], &claimed["kind"]), (&"not-judged".into(), &"bitcoin".into()));
    assert_eq!(claimed["bitcoin"]["heights"], json!([height]));
    let command = shown["evidence"]["files"][0]["check"].as_str().context("a command")?;
    let words: Vec<&str> = command.split(' ').collect();
    let ["ots", "verify", "-d", root, name] = words[..] else { bail!("{command}") };
    let file = evidence.join(name).display().to_string();
    let cache = it.dir.path().join("cache");
    let said = client.run(&it.chain, &cache, &["verify", "-d", root, &file])?;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains(&format!("Bitcoin block {height} attests")), "{said:?}");
    Ok(())
}

#[test]
fn a_verdict_tells_the_block_until_it_is_reorganised_away() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare()? else { return Ok(()) };
    let Some(calendar) = Calendar::start(it.dir.path(), &it.chain)? else { return Ok(()) };
    let Some(client) = Client::find()? else { return Ok(()) };
    let url = calendar.url();
    it.configure(&format!("[anchor.ots]\ncalendars = [\"{url}\"]\npoll_s = 1\n"))?;
    it.world.start_all()?;
    let office = it.world.open_office(ASKS, "Front desk", &[TYPE])?;
    let folder = it.dir.path().join("letters");
    documents::letters(&folder, 2)?;
    assert_eq!(office.issue(TYPE, &[&folder])?.code, 0);
    let letter = folder.join("letter-00000.pdf");
    let config = it.world.node_folder(ASKS).join("node.toml");
    run(it.world.node_tool().args(["anchor", "now", "--config"]).arg(&config))?.ok()?;
    it.ledger_with("\"open\"")?;
    calendar.anchor()?;
    let height = it.chain.height()?;
    it.chain.mine(6, ANYONE)?;
    it.evidence("ots")?;
    // 2.
    let upgraded = run(office.tool("upgrade").arg(&folder))?;
    assert_eq!(upgraded.code, 0, "{upgraded:?}");
    let store = it.dir.path().join("store");
    let stored = store.display().to_string();
    let verify = |it: &Anchoring, more: &[&str]| {
        let more: Vec<&str> =
            ["--store", &stored].into_iter().chain(more.iter().copied()).collect();
        it.world.verify(&[&letter], &more)
    };
    expect(&verify(&it, &[])?, 0, "no Bitcoin headers are at hand");
    expect(&verify(&it, &ASK)?, 2, "none can be checked here");
    // 3.
    let credentials = it.chain.credentials(it.dir.path())?;
    let tip = it.chain.height()?;
    expect(&update(&it, &store, &credentials)?, 0, &format!("headers up to block {tip}"));
    let told = format!("; and in Bitcoin block {height} of ");
    expect(&verify(&it, &ASK)?, 0, &told);
    expect(&verify(&it, &[])?, 0, &format!("bitcoin-headers, up to block {tip})"));
    let file = it.file("headers", &it.chain.headers()?)?.display().to_string();
    let named = ["--no-store", "--bitcoin-headers", &file, "--require-anchor", "bitcoin"];
    expect(&it.world.verify(&[&letter], &named)?, 0, &told);
    // 4.
    let in_page = time_before_and_with(&it.world, ASKS, &letter, Path::new(&file))?;
    if let Some([before, with]) = in_page {
        assert!(before.contains("Nothing to check it by is at hand"), "{before}");
        assert!(with.contains(&format!("in Bitcoin block {height} of ")), "{with}");
    }
    // 5.
    client_verifies(&it, &client, &letter, height)?;
    // 6.
    it.chain.invalidate(height)?;
    it.chain.mine(9, ANYONE)?;
    let tip = it.chain.height()?;
    expect(&update(&it, &store, &credentials)?, 0, &format!("headers up to block {tip}"));
    expect(&verify(&it, &[])?, 0, "INVALID evidence bitcoin: ");
    expect(&verify(&it, &ASK)?, 1, "what there is, is false");
    it.world.stop_all()
}
