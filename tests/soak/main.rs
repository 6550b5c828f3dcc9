//! What is too slow for every change: `cargo xtask soak` runs it. The head of each file lists the
//! steps.

mod core;
mod kills;

use anyhow::{Context, Result};
use e2e::outside::bitcoin::{ANYONE, Chain};
use e2e::world::World;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The node that asks outside clocks.
const ASKS: usize = 0;
/// Of each node's files: the ledger of anchors.
const LEDGER: &str = "data/anchors/ledger";

/// A file that only its owner may read.
fn secret(path: PathBuf, text: &str) -> Result<PathBuf> {
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

/// Has the node, which was not started yet, anchor by transactions of its own, with these options,
/// and gives it a coin for that.
fn pay_in_bitcoin(world: &mut World, chain: &Chain, folder: &Path, options: &str) -> Result<()> {
    let key = secret(folder.join("bitcoin-key"), &"42".repeat(32))?;
    world.configure(ASKS, &chain.options(folder)?)?;
    world.configure(ASKS, &format!("key = \"{}\"\n{options}", key.display()))?;
    world.start_all()?;
    let log = world.file_with(ASKS, "log.txt", "send some to bcrt1q")?;
    let address = log.split("send some to ").nth(1).and_then(|rest| rest.split(' ').next());
    let paid = chain.mine(1, address.context("no address")?)?;
    chain.mine(100, ANYONE)?;
    world.stop(ASKS)?;
    world.configure(ASKS, &format!("funding = [\"{}:0\"]\n", chain.coinbase(&paid[0])?))?;
    world.start(ASKS)?;
    world.wait_ready(ASKS)
}
