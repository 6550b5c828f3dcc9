//! 1. A node has a key and no money: it says to which address money goes.
//! 2. It gets some; it signs a transaction and sends it.
//! 3. It is killed and starts again: there is still one transaction.
//! 4. While it is down, the block is reorganised away: it sends the transaction again, which goes
//!    into another block.
//! 5. Six blocks on top of it: an `.ots` file that the official client and our codec verify.

use super::{ASKS, Anchoring};
use anyhow::{Context, Result};
use e2e::outside::bitcoin::{ANYONE, Client};
use proto::anchor::bitcoin::verify;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_root_goes_into_a_transaction_of_our_own() -> Result<()> {
    let Some(mut it) = Anchoring::prepare()? else { return Ok(()) };
    let Some(client) = Client::find()? else { return Ok(()) };
    // 1.
    let key = it.file("bitcoin-key", format!("{}\n", "42".repeat(32)).as_bytes())?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    it.configure(&format!("{}key = \"{}\"\n", it.rpc_options()?, key.display()))?;
    it.configure("every_s = 86400\n")?;
    it.world.start_all()?;
    let log = it.log_with("send some to bcrt1q")?;
    let address = log.split("send some to ").nth(1).and_then(|rest| rest.split(' ').next());
    // 2.
    let paid = it.chain.mine(1, address.context("no address")?)?;
    it.chain.mine(100, ANYONE)?;
    it.world.stop(ASKS)?;
    it.configure(&format!("funding = [\"{}:0\"]\n", it.chain.coinbase(&paid[0])?))?;
    it.world.start(ASKS)?;
    it.ledger_with("sent, for 153 sat (1 for a byte)")?;
    // 3.
    it.world.kill(ASKS);
    it.world.start(ASKS)?;
    assert_eq!(it.chain.waiting(1)?.len(), 1);
    // 4.
    it.chain.mine(3, ANYONE)?;
    let first = it.chain.height()? - 2;
    it.ledger_with(&format!("in Bitcoin block {first}, 2 blocks on top of it"))?;
    it.world.kill(ASKS);
    it.chain.invalidate(first)?;
    it.chain.mine(5, ANYONE)?;
    it.world.start(ASKS)?;
    it.ledger_with(&format!("block {first} went away in a reorganisation"))?;
    assert_eq!(it.chain.waiting(1)?.len(), 1);
    it.chain.mine(1, ANYONE)?;
    let second = it.chain.height()?;
    assert!(second > first);
    // 5.
    it.chain.mine(6, ANYONE)?;
    let (root, evidence) = it.evidence("bitcoin")?;
    assert_eq!(verify(&evidence, &root, Some(&it.headers()?))?.height, second);
    println!("an .ots file of our own transaction has {} bytes", evidence.len());
    let file = it.file("root.ots", &evidence)?.display().to_string();
    let cache = it.dir.path().join("cache");
    let said = client.run(&it.chain, &cache, &["verify", "-d", &root.to_hex(), &file])?;
    assert!(said.stderr.contains(&format!("Bitcoin block {second} attests")), "{said:?}");
    assert!(it.ledger_with("\"done\"")?.contains("\"amount\":\"153\""));
    it.world.stop_all()
}
