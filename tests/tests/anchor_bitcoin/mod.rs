//! Federation roots in Bitcoin: through calendars, and through a node's own transactions. The chain
//! is bcoin on regtest, the other side's tools are those of OpenTimestamps.

mod calendars;
mod liars;
mod theirs;
mod transactions;
mod upgraded;

use anyhow::{Context, Result, ensure};
use e2e::outside::bitcoin::{Chain, GENESIS};
use e2e::process::binaries;
use e2e::world::{Setup, World};
use proto::anchor::bitcoin::Headers;
use proto::anchor::clocks::{Bitcoin, Network};
use proto::hash::Hash;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The node that asks outside clocks.
const ASKS: usize = 0;

/// Four nodes, and a chain beside them.
struct Anchoring {
    world: World,
    chain: Chain,
    dir: TempDir,
}

impl Anchoring {
    /// Starts the chain and makes a federation that names its first block; `None` if something is
    /// not installed.
    fn prepare() -> Result<Option<Anchoring>> {
        let dir = tempfile::tempdir()?;
        let Some(chain) = Chain::start(dir.path())? else { return Ok(None) };
        let clocks = vec![format!("bitcoin regtest 0 {GENESIS}")];
        let setup = Setup { idle_interval_s: 1, clocks, ..Setup::default() };
        let world = World::create(dir.path(), binaries(), &setup)?;
        Ok(Some(Anchoring { world, chain, dir }))
    }

    /// Adds to the config file of the node that asks.
    fn configure(&self, lines: &str) -> Result<()> {
        self.world.configure(ASKS, lines)
    }

    /// What a node needs to ask the chain.
    fn rpc_options(&self) -> Result<String> {
        self.chain.options(self.dir.path())
    }

    /// Waits until the ledger of anchors holds this, and gives it.
    fn ledger_with(&self, what: &str) -> Result<String> {
        self.file_with("data/anchors/ledger", what)
    }

    /// The same for the node's log.
    fn log_with(&self, what: &str) -> Result<String> {
        self.file_with("log.txt", what)
    }

    fn file_with(&self, name: &str, what: &str) -> Result<String> {
        self.world.file_with(ASKS, name, what)
    }

    /// The first evidence of a clock, as the node serves it, and its root.
    fn evidence(&self, clock: &str) -> Result<(Hash, Vec<u8>)> {
        let ledger = self.ledger_with("\"done\"")?;
        let line = ledger.lines().find(|line| line.contains("\"done\"")).context("no line")?;
        let line: serde_json::Value = serde_json::from_str(line)?;
        ensure!(line["what"]["done"]["clock"] == clock, "another clock: {line}");
        let (root, file) = (line["root"].as_str(), line["what"]["done"]["file"].as_str());
        let (root, file) = (root.context("no root")?, file.context("no file")?);
        let path = format!("/anchors/{root}/{file}");
        let answer = e2e::http::read(self.world.address(ASKS), &path)?;
        ensure!(answer.status == 200, "{path}: {}", answer.status);
        Ok((Hash::from_hex(root)?, answer.body))
    }

    /// The chain's headers, checked.
    fn headers(&self) -> Result<Headers> {
        headers(&self.chain)
    }

    /// A file with these bytes.
    fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.dir.path().join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

fn headers(chain: &Chain) -> Result<Headers> {
    let mut hash = Hash::from_hex(GENESIS)?.0;
    hash.reverse();
    let base = Bitcoin { network: Network::Regtest, height: 0, hash };
    Ok(Headers::verify(&base, &chain.headers()?)?)
}
