//! Federation roots under RFC 3161 time-stamps. The authority is `openssl ts`, and `openssl ts
//! -verify` is the other side's tool.

mod away;
mod exported;
mod heirs;
mod liars;
mod renewed;
mod rewritten;
mod stamped;
mod upgraded;

use anyhow::{Context, Result, ensure};
use e2e::outside::tsa::{Authority, Key};
use e2e::process::binaries;
use e2e::world::{Setup, World};
use proto::anchor::clocks::Clocks;
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use std::fs;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The node that asks.
const ASKS: usize = 0;
/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(90);

/// Four nodes and an authority.
struct Anchoring {
    world: World,
    authority: Authority,
    dir: TempDir,
}

impl Anchoring {
    /// An authority whose certificate is good for so many days, and a federation that pins its
    /// root; `None` if something is not installed.
    fn prepare(key: Key, days: u32) -> Result<Option<Anchoring>> {
        let dir = tempfile::tempdir()?;
        let Some(authority) = Authority::start(&dir.path().join("tsa"), key)? else {
            return Ok(None);
        };
        authority.signs_with("Signer 1", key, days)?;
        let mut clocks = vec![format!("tsa example {}", authority.root().display())];
        for algorithm in ["ecdsa-p256", "rsa-2048", "sha256", "sha512"] {
            clocks.push(format!("tsa-algorithm {algorithm} none"));
        }
        let setup = Setup { idle_interval_s: 1, clocks, ..Setup::default() };
        let world = World::create(dir.path(), binaries(), &setup)?;
        Ok(Some(Anchoring { world, authority, dir }))
    }

    /// Has the node ask the authority, with these options beside.
    fn configure(&self, options: &str) -> Result<()> {
        let url = self.authority.url();
        let named = format!("[[anchor.tsa]]\nname = \"example\"\nurl = \"{url}\"\n{options}");
        self.world.configure(ASKS, &named)
    }

    fn clocks(&self) -> Result<Clocks> {
        let federation = Federation::parse(&fs::read(self.world.federation())?)?;
        Ok(federation.current().clocks.clone())
    }

    /// Waits until a file of the node that asks holds this, and gives it.
    fn file_with(&self, name: &str, what: &str) -> Result<String> {
        self.world.file_with(ASKS, name, what)
    }

    /// The evidence with this number, as the node serves it, and its root.
    fn evidence(&self, number: u32) -> Result<(Hash, Vec<u8>)> {
        self.evidence_at(ASKS, number)
    }

    /// The same of any node.
    fn evidence_at(&self, node: usize, number: u32) -> Result<(Hash, Vec<u8>)> {
        let file = format!("tsa-example.{number}");
        let name = "data/anchors/ledger";
        let ledger = self.world.file_with(node, name, &format!("\"{file}\""))?;
        let line = ledger.lines().find(|line| line.contains(&file)).context("no line")?;
        let line: serde_json::Value = serde_json::from_str(line)?;
        let root = line["root"].as_str().context("no root")?;
        let path = format!("/anchors/{root}/{file}");
        let answer = e2e::http::read(self.world.address(node), &path)?;
        ensure!(answer.status == 200, "{path}: {}", answer.status);
        Ok((Hash::from_hex(root)?, answer.body))
    }
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(now.map_or(0, |now| now.as_secs()))
}
