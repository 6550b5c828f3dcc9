//! Three clocks at once, and a node that is killed all the time.
//!
//! 1. One node anchors every three seconds: in Bitcoin, paid from its own key, in an EVM chain, and
//!    with a time-stamping authority. Blocks come all the time.
//! 2. At random moments, for as long as was asked for, it is killed with -9 and started again.
//! 3. It makes no more roots, and brings to an end what is open.
//! 4. Each clock has brought evidence for each of its roots, and the evidence is good.
//! 5. No root stands twice in a chain: what costs money was paid once.
//! 6. `fsck` is clean.

use super::{ASKS, LEDGER, pay_in_bitcoin, secret};
use anyhow::{Context, Result, ensure};
use e2e::outside::bitcoin::{ANYONE, Chain, GENESIS};
use e2e::outside::evm::{Anvil, CHAIN_ID, PAYER_KEY};
use e2e::outside::tsa::{Authority, Key};
use e2e::process::binaries;
use e2e::world::{Setup, World};
use proto::anchor::bitcoin::Headers;
use proto::anchor::evm::{BlockHeader, EvmEvidence, KnownBlock};
use proto::anchor::judge::{Outside, judge};
use proto::anchor::{Evidence, Kind};
use proto::federation::Federation;
use proto::hash::{Hash, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How long what is open may take when nobody is killed any more.
const PATIENCE: Duration = Duration::from_secs(300);
/// The option that has a node make roots by itself.
const EVERY: &str = "every_s = 3\n";

/// The three clocks.
struct Clockwork {
    chain: Chain,
    anvil: Anvil,
    authority: Authority,
}

impl Clockwork {
    fn lines(&self) -> Result<Vec<String>> {
        let contract = self.anvil.deploy()?;
        let mut lines = vec![
            format!("bitcoin regtest 0 {GENESIS}"),
            format!("evm test {CHAIN_ID} {} {}", contract.address, contract.code_hash),
            format!("tsa example {}", self.authority.root().display()),
        ];
        for algorithm in ["ecdsa-p256", "sha256", "sha512"] {
            lines.push(format!("tsa-algorithm {algorithm} none"));
        }
        Ok(lines)
    }

    /// Blocks, until there are enough.
    fn tick_until(&self, ended: &AtomicBool) -> Result<()> {
        while !ended.load(Ordering::Relaxed) {
            self.chain.mine(1, ANYONE)?;
            self.anvil.mine(1)?;
            std::thread::sleep(Duration::from_millis(300));
        }
        Ok(())
    }
}

/// What the ledger of anchors tells: files by root and clock, and what is still awaited.
#[derive(Default)]
struct Told {
    done: BTreeMap<(String, String), String>,
    awaited: BTreeSet<(String, String)>,
}

impl Told {
    fn read(world: &World) -> Result<Told> {
        let mut told = Told::default();
        for line in std::fs::read_to_string(world.node_folder(ASKS).join(LEDGER))?.lines() {
            let line: Value = serde_json::from_str(line)?;
            let root = || line["root"].as_str().map(str::to_owned).context("no root");
            let (what, text) = (&line["what"], |value: &Value| value.as_str().map(str::to_owned));
            ensure!(what["refused"].is_null(), "given up: {line}");
            for clock in what["made"]["clocks"].as_array().into_iter().flatten() {
                told.awaited.insert((root()?, text(clock).context("no clock")?));
            }
            if let Some(clock) = text(&what["done"]["clock"]) {
                let (key, file) = ((root()?, clock), text(&what["done"]["file"]));
                ensure!(told.awaited.remove(&key), "evidence came twice: {line}");
                told.done.insert(key, file.context("no file")?);
            }
        }
        Ok(told)
    }

    /// The roots for which a clock has brought evidence.
    fn roots(&self, clock: &str) -> Vec<String> {
        self.done.keys().filter(|(_, name)| name == clock).map(|(root, _)| root.clone()).collect()
    }
}

#[test]
fn every_root_is_anchored_once() -> Result<()> {
    let seconds = std::env::var("BELEG_SOAK_S").context("run `cargo xtask soak`")?.parse()?;
    let dir = tempfile::tempdir()?;
    let Some(chain) = Chain::start(dir.path())? else { return Ok(()) };
    let Some(anvil) = Anvil::start(dir.path())? else { return Ok(()) };
    let authority = Authority::start(&dir.path().join("tsa"), Key::P256)?;
    let Some(authority) = authority else { return Ok(()) };
    authority.signs_with("Signer 1", Key::P256, 700)?;
    let clocks = Clockwork { chain, anvil, authority };
    // 1.
    let setup = Setup { idle_interval_s: 1, clocks: clocks.lines()?, ..Setup::default() };
    let mut world = World::create(&dir.path().join("towns"), binaries(), &setup)?;
    pay_in_bitcoin(&mut world, &clocks.chain, dir.path(), EVERY)?;
    let payer = secret(dir.path().join("payer"), PAYER_KEY)?;
    let (evm, tsa, payer) = (clocks.anvil.url(), clocks.authority.url(), payer.display());
    let others = format!(
        "[[anchor.evm]]\nchain = \"test\"\nrpc = \"{evm}\"\nkey = \"{payer}\"\n{EVERY}\
         poll_s = 1\nmax_fee_gwei = 50\nmax_per_day_gwei = 1000000000\n\
         [[anchor.tsa]]\nname = \"example\"\nurl = \"{tsa}\"\n{EVERY}"
    );
    world.configure(ASKS, &others)?;
    let ended = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let blocks = scope.spawn(|| clocks.tick_until(&ended));
        // 2. and 3.
        let told = kill_for(&mut world, Duration::from_secs(seconds))
            .and_then(|()| make_no_more(&mut world))
            .and_then(|()| settled(&world));
        ended.store(true, Ordering::Relaxed);
        blocks.join().expect("blocks do not panic")?;
        told
    })?;
    println!("{} pieces of evidence", told.done.len());
    ensure!(told.done.len() as u64 >= seconds / 10, "only {} pieces", told.done.len());
    // 4.
    judge_all(&world, &clocks, &told)?;
    // 5.
    ensure!(in_bitcoin(&clocks.chain)? == told.roots("bitcoin"), "Bitcoin holds other roots");
    ensure!(clocks.anvil.paid()? == told.roots("evm-test").len() as u64, "more was paid");
    // 6.
    world.stop_all()?;
    ensure!(world.fsck(ASKS)?.code == 0, "fsck");
    Ok(())
}

fn kill_for(world: &mut World, time: Duration) -> Result<()> {
    let (start, mut kills) = (Instant::now(), 0);
    while start.elapsed() < time {
        let mut dice = [0; 2];
        getrandom::fill(&mut dice).context("no randomness")?;
        // Up to four seconds: before, between and after the steps of all three clocks.
        std::thread::sleep(Duration::from_millis(u64::from(u16::from_le_bytes(dice) % 4000)));
        world.kill(ASKS);
        world.start(ASKS)?;
        kills += 1;
    }
    println!("{kills} kills");
    Ok(())
}

fn make_no_more(world: &mut World) -> Result<()> {
    world.kill(ASKS);
    let config = world.node_folder(ASKS).join("node.toml");
    let text = std::fs::read_to_string(&config)?.replace(EVERY, "");
    std::fs::write(&config, text)?;
    world.start(ASKS)
}

/// Waits until nothing is open.
fn settled(world: &World) -> Result<Told> {
    let start = Instant::now();
    loop {
        let told = Told::read(world)?;
        if told.awaited.is_empty() {
            return Ok(told);
        }
        ensure!(start.elapsed() < PATIENCE, "still open: {:?}\n{}", told.awaited, world.tail(ASKS));
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn judge_all(world: &World, clocks: &Clockwork, told: &Told) -> Result<()> {
    let federation = Federation::parse(&std::fs::read(world.federation())?)?;
    let named = &federation.current().clocks;
    let base = named.bitcoin.context("no Bitcoin")?;
    let headers = Headers::verify(&base, &clocks.chain.headers()?)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    for ((root, clock), file) in &told.done {
        let answer = e2e::http::read(world.address(ASKS), &format!("/anchors/{root}/{file}"))?;
        ensure!(answer.status == 200, "{root} {file}: {}", answer.status);
        let kind = Kind::parse(clock.split('-').next().unwrap_or_default()).context("no kind")?;
        let evidence = Evidence { kind, bytes: answer.body };
        let mut blocks = Vec::new();
        if kind == Kind::Evm {
            let header = EvmEvidence::parse(&evidence.bytes)?.header;
            let number = BlockHeader::parse(&header)?.number;
            let (_, hash) = clocks.anvil.block(&format!("{number:#x}"))?;
            blocks.push(KnownBlock { chain_id: CHAIN_ID, number, hash: Hash::from_hex(&hash)? });
        }
        let outside = Outside { headers: Some(&headers), blocks: &blocks };
        let judged = judge(&evidence, &Hash::from_hex(root)?, named, &outside, Timestamp(now));
        judged.map_err(|problem| anyhow::anyhow!("{root} {file}: {problem}"))?;
    }
    Ok(())
}

/// The roots in outputs that nobody can spend, sorted, each as often as it is there.
fn in_bitcoin(chain: &Chain) -> Result<Vec<String>> {
    let mut roots = Vec::new();
    for height in 0..=chain.height()? {
        let hash = chain.call("getblockhash", json!([height]))?;
        let block = chain.call("getblock", json!([hash, true, true]))?;
        let transactions = block["tx"].as_array().context("no transactions")?.iter();
        for output in transactions.flat_map(|tx| tx["vout"].as_array().into_iter().flatten()) {
            let script = output["scriptPubKey"]["hex"].as_str().context("no script")?;
            roots.extend(script.strip_prefix("6a20").map(str::to_owned));
        }
    }
    roots.sort();
    Ok(roots)
}
