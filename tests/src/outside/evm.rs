//! Foundry's anvil: a chain of its own on this machine, whose blocks come when they are asked for.
//!
//! With one slot in an epoch, what is three blocks old is final. It knows ten rich accounts and
//! sends for them without a signature.

use super::npm;
use crate::http;
use crate::process::{Process, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PROGRAM: &str = "@foundry-rs/anvil-linux-amd64/bin/anvil";
/// Its second account, which pays for anchors in the stories; everybody knows its key.
pub const PAYER: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
/// The key of that account.
pub const PAYER_KEY: &str = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
/// The chain's id.
pub const CHAIN_ID: u64 = 31_337;

/// A running chain. It ends with this value.
pub struct Anvil {
    process: Process,
    address: SocketAddr,
}

/// The contract, as a federation file has it.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its address, 40 hex digits.
    pub address: String,
    /// The hash of its code, 64 hex digits.
    pub code_hash: String,
}

impl Anvil {
    /// Starts a chain in a folder; nothing if anvil is not installed.
    pub fn start(folder: &Path) -> Result<Option<Anvil>> {
        let Some(program) = npm(PROGRAM)? else { return Ok(None) };
        let log = folder.join("anvil.log");
        let mut anvil = Command::new(program);
        anvil.args(["--host", "127.0.0.1", "--port", "0", "--no-mining"]);
        anvil.args(["--slots-in-an-epoch", "1", "--order", "fifo"]);
        let mut process = Process::start(&mut anvil, &log)?;
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let said = std::fs::read_to_string(&log)?;
            let line = said.lines().find_map(|line| line.strip_prefix("Listening on "));
            if let Some(address) = line.and_then(|address| address.trim().parse().ok()) {
                return Ok(Some(Anvil { process, address }));
            }
            ensure!(process.is_running(), "anvil ended: {}", process.tail());
            ensure!(Instant::now() < deadline, "anvil does not listen: {}", process.tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks a question in JSON-RPC, with nothing between.
    pub fn rpc(&self, method: &str, params: Value) -> Result<Value> {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let headers = [("content-type", "application/json")];
        let question = question.to_string();
        let answer =
            http::send(self.address, "POST", "/", &headers, question.as_bytes())?.json()?;
        ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        Ok(answer["result"].clone())
    }

    /// Makes blocks.
    pub fn mine(&self, blocks: u64) -> Result<()> {
        (0..blocks).try_for_each(|_| self.rpc("evm_mine", json!([])).map(drop))
    }

    /// Puts the contract into the chain.
    pub fn deploy(&self) -> Result<Contract> {
        let file = workspace().join("contracts/BelegAnchor.json");
        let compiled: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        let code = compiled["creationCode"].as_str().context("no code")?;
        let from = self.rpc("eth_accounts", json!([]))?[0].clone();
        let call = json!({"from": from, "data": format!("0x{code}"), "gas": "0x40000"});
        let hash = self.rpc("eth_sendTransaction", json!([call]))?;
        self.mine(1)?;
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash]))?;
        let address = receipt["contractAddress"].as_str().context("no contract was made")?;
        let code_hash = compiled["codeHash"].as_str().context("no hash")?.to_owned();
        let address = address.trim_start_matches("0x").to_owned();
        Ok(Contract { address, code_hash })
    }

    /// Asks the contract itself when a root came, as any other tool would: `anchoredAt(root)`.
    pub fn anchored_at(&self, contract: &Contract, root: &str) -> Result<u64> {
        let call =
            json!({"to": format!("0x{}", contract.address), "data": format!("0x9591a610{root}")});
        let word = self.rpc("eth_call", json!([call, "latest"]))?;
        let word = word.as_str().context("no word")?.trim_start_matches("0x");
        Ok(u64::from_str_radix(word.trim_start_matches('0'), 16).unwrap_or(0))
    }

    /// How many transactions the payer has in blocks.
    pub fn paid(&self) -> Result<u64> {
        let count = self.rpc("eth_getTransactionCount", json!([PAYER, "latest"]))?;
        let count = count.as_str().context("no number")?;
        Ok(u64::from_str_radix(count.trim_start_matches("0x"), 16)?)
    }

    /// Hash and number of a block.
    pub fn block(&self, which: &str) -> Result<(u64, String)> {
        let block = self.rpc("eth_getBlockByNumber", json!([which, false]))?;
        let word = |name: &str| Some(block[name].as_str()?.trim_start_matches("0x").to_owned());
        let number = word("number").context("no such block")?;
        Ok((u64::from_str_radix(&number, 16)?, word("hash").context("no hash")?))
    }

    /// What it has written.
    pub fn tail(&self) -> String {
        self.process.tail()
    }
}
