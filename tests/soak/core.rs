//! Bitcoin Core as the chain, and transactions of a node's own.
//!
//! 1. A node has money; it signs a transaction at the least fee and sends it.
//! 2. Blocks come without it. It is replaced by one that pays more, again and again, and never by
//!    one above the operator's limit. In between the node is killed, and Core, which keeps nothing
//!    that waits, too.
//! 3. The dearest one comes into a block. That goes away in a reorganisation; it waits again and
//!    comes into another.
//! 4. Six blocks on top of it: an `.ots` file that the official client verifies against Core, and
//!    our codec against Core's headers.
//! 5. The ledger has the fee of what was mined, and the next root is paid from its change.

use super::{ASKS, LEDGER, pay_in_bitcoin};
use anyhow::{Context, Result, ensure};
use e2e::outside::bitcoin::{ANYONE, Chain, Client, GENESIS};
use e2e::process::{binaries, run};
use e2e::world::{Setup, World};
use proto::anchor::bitcoin::{Headers, verify};
use proto::anchor::clocks::{Bitcoin, Network};
use proto::hash::Hash;
use serde_json::json;

/// Satoshi of the replacements: 153 bytes at 1, 2, 3, 4, 5, 6 and 7 a byte, a quarter more each
/// time and at least one.
const FEES: [u64; 7] = [153, 306, 459, 612, 765, 918, 1071];

#[test]
fn a_transaction_that_nobody_mines_is_replaced() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(mut chain) = Chain::start_core(dir.path())? else { return Ok(()) };
    let Some(client) = Client::find()? else { return Ok(()) };
    let clocks = vec![format!("bitcoin regtest 0 {GENESIS}")];
    let setup = Setup { idle_interval_s: 1, clocks, ..Setup::default() };
    let mut world = World::create(dir.path(), binaries(), &setup)?;
    // 1.
    let options = "every_s = 86400\nbump_after = 2\nfee_cap = 7\n";
    pay_in_bitcoin(&mut world, &chain, dir.path(), options)?;
    world.file_with(ASKS, LEDGER, "sent, for 153 sat (1 for a byte)")?;
    // 2.
    for (at, fee) in FEES.into_iter().enumerate() {
        let rate = fee / 153;
        world.file_with(ASKS, LEDGER, &format!("for {fee} sat ({rate} for a byte)"))?;
        let waiting = chain.waiting(1)?;
        let entry = chain.call("getmempoolentry", json!([waiting[0]]))?;
        let shown = entry["fees"]["base"].as_f64().context("no fee")?;
        ensure!((shown * 1e8).round() as u64 == fee, "{entry}");
        match at % 3 {
            0 => {}
            1 => {
                world.kill(ASKS);
                world.start(ASKS)?;
            }
            _ => {
                chain = chain.restart_core(dir.path())?;
                chain.waiting(1)?;
            }
        }
        chain.mine_empty(2)?;
    }
    let before = chain.waiting(1)?;
    chain.mine_empty(4)?;
    world.file_with(ASKS, LEDGER, &format!("\"height\":{}", chain.height()?))?;
    assert_eq!(chain.waiting(1)?, before);
    // 3.
    chain.mine(1, ANYONE)?;
    let first = chain.height()?;
    world.file_with(ASKS, LEDGER, &format!("in Bitcoin block {first}, 0 blocks on top of it"))?;
    chain.invalidate(first)?;
    chain.mine_empty(2)?;
    world.file_with(ASKS, LEDGER, &format!("block {first} went away in a reorganisation"))?;
    assert_eq!(chain.waiting(1)?, before);
    chain.mine(1, ANYONE)?;
    let second = chain.height()?;
    // 4.
    chain.mine(6, ANYONE)?;
    let ledger = world.file_with(ASKS, LEDGER, "\"done\"")?;
    let line = ledger.lines().find(|line| line.contains("\"done\"")).context("no line")?;
    let line: serde_json::Value = serde_json::from_str(line)?;
    let root = line["root"].as_str().context("no root")?;
    let path = format!("/anchors/{root}/bitcoin.1");
    let evidence = e2e::http::read(world.address(ASKS), &path)?.body;
    let mut hash = Hash::from_hex(GENESIS)?.0;
    hash.reverse();
    let base = Bitcoin { network: Network::Regtest, height: 0, hash };
    let headers = Headers::verify(&base, &chain.headers()?)?;
    assert_eq!(verify(&evidence, &Hash::from_hex(root)?, Some(&headers))?.height, second);
    let file = dir.path().join("root.ots");
    std::fs::write(&file, &evidence)?;
    let (cache, file) = (dir.path().join("cache"), file.display().to_string());
    let said = client.run(&chain, &cache, &["verify", "-d", root, &file])?;
    assert!(said.stderr.contains(&format!("Bitcoin block {second} attests")), "{said:?}");
    // 5.
    assert_eq!(line["what"]["done"]["cost"]["amount"], "1071");
    let config = world.node_folder(ASKS).join("node.toml");
    run(world.node_tool().args(["anchor", "now", "--config"]).arg(config))?.ok()?;
    let next = chain.waiting(1)?;
    let next = chain.call("getrawtransaction", json!([next[0], true]))?;
    assert_eq!(next["vin"][0]["txid"], before[0]);
    world.stop_all()
}
