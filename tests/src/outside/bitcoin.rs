//! Bitcoin as the stories need it: a regtest node (bcoin, all in memory, or Bitcoin Core) that
//! mines when it is told to, a calendar made of the official Python package, and the official
//! client.

use super::found;
use crate::http::{self, Answer};
use crate::process::{Output, Process, free_port, run, workspace};
use anyhow::{Context, Result, ensure};
use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The first block of every regtest chain.
pub const GENESIS: &str = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
/// Whoever asks may spend what is paid to it: the script "true" behind its hash.
pub const ANYONE: &str = "bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85";
/// Where `cargo xtask soak` puts the Bitcoin Core that it builds.
pub const CORE: &str = "target/tools/core/bin/bitcoind";
/// Blocks until bcoin takes transactions with a witness (BIP 9, three periods of regtest).
const WITNESS_FROM: usize = 3 * 144;
const PASSWORD: &str = "secret";
const START_LIMIT: Duration = Duration::from_secs(60);

/// Whose program it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Maker {
    Bcoin,
    Core,
}

/// A regtest chain.
#[derive(Debug)]
pub struct Chain {
    maker: Maker,
    address: SocketAddr,
    process: Process,
}

impl Chain {
    /// Starts bcoin; `None` if it is not installed.
    pub fn start(folder: &Path) -> Result<Option<Chain>> {
        let program = workspace().join("target/tools/node_modules/bcoin/bin/node");
        let Some(program) = found(program, "npm, as .ci/run does")? else { return Ok(None) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut node = Command::new("node");
        node.arg(program).env("NODE_BACKEND", "js");
        node.args(["--network=regtest", "--memory=true", "--listen=false", "--no-wallet"]);
        node.args(["--replace-by-fee=true", "--log-level=error", "--http-host=127.0.0.1"]);
        node.arg(format!("--prefix={}", folder.join("bcoin").display()));
        node.arg(format!("--http-port={}", address.port()));
        node.arg(format!("--port={}", free_port()?)).arg(format!("--api-key={PASSWORD}"));
        let process = Process::start(&mut node, &folder.join("bcoin.txt"))?;
        let chain = Chain { maker: Maker::Bcoin, address, process };
        wait(|| chain.height().is_ok(), "bcoin")?;
        chain.mine(WITNESS_FROM, ANYONE)?;
        Ok(Some(chain))
    }

    /// Starts Bitcoin Core with a folder of its own; `None` if it was not built.
    pub fn start_core(folder: &Path) -> Result<Option<Chain>> {
        let Some(program) = found(workspace().join(CORE), "cargo xtask soak")? else {
            return Ok(None);
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        Self::start_core_at(&program, folder, address).map(Some)
    }

    fn start_core_at(program: &Path, folder: &Path, address: SocketAddr) -> Result<Chain> {
        let data = folder.join("core");
        fs::create_dir_all(&data)?;
        let mut node = Command::new(program);
        node.args(["-regtest", "-server", "-listen=0", "-dnsseed=0", "-rpcuser=x"]);
        // What waits for a block is forgotten when it ends, as if it had waited too long.
        node.args(["-persistmempool=0", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1"]);
        node.arg(format!("-datadir={}", data.display()));
        node.arg(format!("-rpcpassword={PASSWORD}")).arg(format!("-rpcport={}", address.port()));
        let process = Process::start(&mut node, &folder.join("core.txt"))?;
        let chain = Chain { maker: Maker::Core, address, process };
        wait(|| chain.height().is_ok(), "Bitcoin Core")?;
        Ok(chain)
    }

    /// Ends Bitcoin Core and starts it again in the same folder.
    pub fn restart_core(self, folder: &Path) -> Result<Chain> {
        ensure!(self.process.stop()? == 0, "Bitcoin Core did not end well");
        Self::start_core_at(&workspace().join(CORE), folder, self.address)
    }

    /// What the config file of a node says to use it.
    pub fn options(&self, folder: &Path) -> Result<String> {
        let (url, file) = (self.url(), self.credentials(folder)?.display().to_string());
        let options = format!("rpc = \"{url}\"\ncredentials = \"{file}\"\npoll_s = 1\n");
        Ok(format!("[anchor.bitcoin]\n{options}"))
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A file with its user and password.
    pub fn credentials(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("bitcoin-cookie");
        fs::write(&file, format!("x:{PASSWORD}\n"))?;
        Ok(file)
    }

    /// The same in its address, as the official client wants it.
    pub fn url_with_credentials(&self) -> String {
        format!("http://x:{PASSWORD}@{}", self.address)
    }

    /// Asks it.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        let request = serde_json::to_vec(&json!({"method": method, "params": params, "id": 0}))?;
        let user = Base64::encode_string(format!("x:{PASSWORD}").as_bytes());
        let user = format!("Basic {user}");
        let headers = [("content-type", "application/json"), ("authorization", &user)];
        let answer: Answer = http::send(self.address, "POST", "/", &headers, &request)?;
        let mut reply = answer.json()?;
        ensure!(reply["error"].is_null(), "{method}: {}", reply["error"]);
        Ok(reply["result"].take())
    }

    /// Mines blocks that pay this address, and says their hashes.
    pub fn mine(&self, count: usize, address: &str) -> Result<Vec<String>> {
        let address = self.spelling(address)?;
        let hashes = self.call("generatetoaddress", json!([count, address]))?;
        let hashes = hashes.as_array().context("no list of blocks")?.iter();
        Ok(hashes.filter_map(|hash| hash.as_str().map(str::to_owned)).collect())
    }

    /// Mines blocks without a single transaction of others, which bcoin cannot.
    pub fn mine_empty(&self, count: usize) -> Result<()> {
        (0..count).try_for_each(|_| self.call("generateblock", json!([ANYONE, []])).map(drop))
    }

    /// Height of the last block.
    pub fn height(&self) -> Result<u64> {
        self.call("getblockcount", json!([]))?.as_u64().context("no height")
    }

    /// Takes the block at a height away, with all on top of it and whatever waits.
    pub fn invalidate(&self, height: u64) -> Result<()> {
        let hash = self.call("getblockhash", json!([height]))?;
        self.call("invalidateblock", json!([hash])).map(drop)
    }

    /// The id of the transaction with which a block pays its miner.
    pub fn coinbase(&self, block: &str) -> Result<String> {
        let block = self.call("getblock", json!([block, true]))?;
        block["tx"][0].as_str().map(str::to_owned).context("no transaction")
    }

    /// Waits until so many transactions wait for a block, and says their ids.
    pub fn waiting(&self, count: usize) -> Result<Vec<String>> {
        let list = || self.call("getrawmempool", json!([]));
        wait(|| list().is_ok_and(|ids| ids.as_array().map(Vec::len) == Some(count)), "the wait")?;
        let ids = list()?;
        let ids = ids.as_array().context("no list")?.iter();
        Ok(ids.filter_map(|id| id.as_str().map(str::to_owned)).collect())
    }

    /// An address as this node spells it: bcoin has another name of the network in front.
    fn spelling(&self, address: &str) -> Result<String> {
        const DIGITS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        if self.maker == Maker::Core {
            return Ok(address.to_owned());
        }
        let data = address.strip_prefix("bcrt1q").context("not version 0 on regtest")?;
        let data = &data[..data.len().checked_sub(6).context("too short")?];
        let digits = data.chars().map(|c| DIGITS.find(c).context("not bech32"));
        let bits = digits.collect::<Result<Vec<_>>>()?;
        let bits: String = bits.iter().map(|digit| format!("{digit:05b}")).collect();
        let bytes = bits.as_bytes().chunks_exact(8);
        let mut script = format!("00{:02x}", bytes.len());
        for byte in bytes {
            let byte = u8::from_str_radix(std::str::from_utf8(byte)?, 2)?;
            script += &format!("{byte:02x}");
        }
        let decoded = self.call("decodescript", json!([script]))?;
        decoded["addresses"][0].as_str().map(str::to_owned).context("no address")
    }

    /// All headers, one after the other.
    pub fn headers(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for height in 0..=self.height()? {
            let hash = self.call("getblockhash", json!([height]))?;
            let header = self.call("getblockheader", json!([hash, false]))?;
            let digits = header.as_str().context("no header")?.as_bytes().chunks(2);
            for pair in digits {
                bytes.push(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
            }
        }
        Ok(bytes)
    }
}

/// A program of the official packages; `None` if they are not installed.
fn python(program: &str) -> Result<Option<PathBuf>> {
    let path = workspace().join("target/tools/ots/bin").join(program);
    let install = "python3 -m venv target/tools/ots && target/tools/ots/bin/pip install \
                   opentimestamps-client==0.7.2";
    found(path, install)
}

/// A calendar.
#[derive(Debug)]
pub struct Calendar {
    address: SocketAddr,
    _process: Process,
}

impl Calendar {
    /// Starts a calendar that anchors in this chain; `None` if Python's package is not installed.
    pub fn start(folder: &Path, chain: &Chain) -> Result<Option<Calendar>> {
        let Some(program) = python("python")? else { return Ok(None) };
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let script = workspace().join("tests/src/outside/ots_calendar.py");
        let mut calendar = Command::new(program);
        calendar.arg(script).arg(port.to_string()).arg(chain.url_with_credentials());
        let log = folder.join(format!("calendar-{port}.txt"));
        let process = Process::start(&mut calendar, &log)?;
        let calendar = Calendar { address, _process: process };
        wait(|| http::read(address, "/").is_ok(), "the calendar")?;
        Ok(Some(calendar))
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts what it has into a transaction and that into a block.
    pub fn anchor(&self) -> Result<()> {
        self.order("anchor")
    }

    /// From now on it lies about its block, stalls, sends a gigabyte, or is good again.
    pub fn becomes(&self, habit: &str) -> Result<()> {
        self.order(habit)
    }

    fn order(&self, word: &str) -> Result<()> {
        let answer = http::post(self.address, &format!("/order/{word}"), &[])?;
        ensure!(answer.status == 200, "{word}: {}", answer.text());
        Ok(())
    }
}

/// The official client; `None` if it is not installed.
#[derive(Debug)]
pub struct Client {
    program: PathBuf,
}

impl Client {
    /// Finds it.
    pub fn find() -> Result<Option<Client>> {
        Ok(python("ots")?.map(|program| Client { program }))
    }

    /// Runs it against this chain; what it keeps goes into a folder.
    pub fn run(&self, chain: &Chain, cache: &Path, args: &[&str]) -> Result<Output> {
        let mut client = Command::new(&self.program);
        client.arg("--btc-regtest").args(["--bitcoin-node", &chain.url_with_credentials()]);
        client.arg("--cache").arg(cache);
        run(client.args(args))
    }
}

fn wait(mut is_there: impl FnMut() -> bool, name: &str) -> Result<()> {
    let start = Instant::now();
    while !is_there() {
        ensure!(start.elapsed() < START_LIMIT, "{name} did not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
