//! 1. A node stamps its federation root at two calendars.
//! 2. They put it into a block; the node waits until six more are on top, and has an `.ots` file.
//! 3. Our codec verifies it with the chain's headers, and the official client with a Bitcoin node.
//! 4. `anchor show --out` writes all of it into a folder, never over an older one. The official
//!    client leads from the text of each log's checkpoint to the block, and from no other text.
//! 5. One byte is changed, anywhere: neither of them takes it.
//! 6. The block is reorganised away: both say that it does not hold the root.

use super::{ASKS, Anchoring};
use anyhow::Result;
use e2e::outside::bitcoin::{ANYONE, Calendar, Client};
use e2e::process::run;
use proto::anchor::bitcoin::{BitcoinProblem, verify};
use std::fs;

#[test]
fn a_root_is_stamped_by_calendars() -> Result<()> {
    let Some(mut it) = Anchoring::prepare()? else { return Ok(()) };
    let (Some(a), Some(b)) =
        (Calendar::start(it.dir.path(), &it.chain)?, Calendar::start(it.dir.path(), &it.chain)?)
    else {
        return Ok(());
    };
    let Some(client) = Client::find()? else { return Ok(()) };
    // 1.
    let calendars = format!("[\"{}\", \"{}\"]", a.url(), b.url());
    it.configure(&it.rpc_options()?)?;
    it.configure(&format!(
        "[anchor.ots]\ncalendars = {calendars}\nneed = 2\nevery_s = 86400\npoll_s = 1\n"
    ))?;
    it.world.start_all()?;
    it.ledger_with("2 of 2 calendars have it")?;
    it.ledger_with("is not ready")?;
    // 2.
    a.anchor()?;
    let height = it.chain.height()?;
    it.ledger_with("blocks on top of it")?;
    it.chain.mine(6, ANYONE)?;
    let (root, evidence) = it.evidence("ots")?;
    // 3.
    let facts = verify(&evidence, &root, Some(&it.headers()?))?;
    assert_eq!(facts.height, height);
    println!("an .ots file of a calendar on an empty chain has {} bytes", evidence.len());
    let cache = it.dir.path().join("cache");
    let digest = root.to_hex();
    let theirs = |name: &str, bytes: &[u8]| {
        let file = it.file(name, bytes)?;
        let file = file.display().to_string();
        client.run(&it.chain, &cache, &["verify", "-d", &digest, &file])
    };
    let said = theirs("good.ots", &evidence)?;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains(&format!("Bitcoin block {height} attests")), "{said:?}");
    // 4.
    shown(&it, &client, &digest, &evidence)?;
    // 5.
    let headers = it.headers()?;
    for place in 0..evidence.len() {
        let mut other = evidence.clone();
        other[place] ^= 1;
        assert!(verify(&other, &root, Some(&headers)).is_err(), "{place}");
        if place % 40 == 0 {
            let said = theirs("changed.ots", &other)?;
            assert_ne!(said.code, 0, "{place}: {said:?}");
        }
    }
    // 6.
    it.chain.invalidate(height)?;
    it.chain.mine(9, ANYONE)?;
    let problem = verify(&evidence, &root, Some(&it.headers()?)).unwrap_err();
    assert_eq!(problem, BitcoinProblem::NotInBlock { height });
    let said = theirs("gone.ots", &evidence)?;
    assert_ne!(said.code, 0, "{said:?}");
    it.world.stop_all()
}

/// What `anchor show --out` writes of a root, and what the official client says of it.
fn shown(it: &Anchoring, client: &Client, root: &str, evidence: &[u8]) -> Result<()> {
    let cache = it.dir.path().join("cache");
    let folder = it.dir.path().join("shown");
    let show = || {
        let mut show = it.world.node_tool();
        show.args(["anchor", "show", root, "--config"]);
        show.arg(it.world.node_folder(ASKS).join("node.toml")).arg("--out").arg(&folder);
        run(&mut show)
    };
    show()?.ok()?;
    assert_eq!(fs::read(folder.join("ots.1"))?, evidence);
    // As many logs as had published by then.
    let statement = fs::read_to_string(folder.join("statement"))?;
    let heads: Vec<&str> = statement.lines().filter_map(|it| it.strip_prefix("head ")).collect();
    assert!(!heads.is_empty(), "{statement}");
    for (log, head) in (1..).zip(heads) {
        let text = fs::read_to_string(folder.join(format!("log-{log}")))?;
        assert!(head.starts_with(&text.lines().take(3).collect::<Vec<_>>().join(" ")), "{text}");
        let stamp = fs::read(folder.join(format!("log-{log}.ots.1.ots")))?;
        let stamp = it.file("log.ots", &stamp)?.display().to_string();
        for (text, code) in [(text.clone(), 0), (text + "x", 1)] {
            let text = it.file("log", text.as_bytes())?.display().to_string();
            let said = client.run(&it.chain, &cache, &["verify", "-f", &text, &stamp])?;
            assert_eq!(said.code, code, "{log}: {said:?}");
        }
    }
    let again = show()?;
    assert!(again.code == 1 && again.stderr.contains("is not overwritten"), "{again:?}");
    Ok(())
}
