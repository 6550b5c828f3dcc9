//! The contract of the EVM chains: `contracts/BelegAnchor.json` is what the pinned compiler makes
//! of `contracts/BelegAnchor.sol`, and compared with that.
//!
//! The compiler is solc from npm, which is the same program on every machine. Its hash of sources
//! and paths is left out of the code, so that only what runs decides about the bytes. Paris is the
//! last fork before PUSH0, which chains run by states may not have.

use anyhow::{Context, Result, ensure};
use e2e::outside;
use e2e::process::workspace;
use proto::anchor::evm::keccak256;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NAME: &str = "BelegAnchor";

/// Writes the compiled contract into the tree.
pub fn write() -> Result<()> {
    let compiler = outside::npm("solc/solc.js")?.context("no solc here")?;
    let compiled = compile(&compiler)?;
    std::fs::write(kept(), &compiled)?;
    println!("{compiled}");
    Ok(())
}

/// Compiles it and requires that it is what is in the tree.
pub fn compare() -> Result<()> {
    let Some(compiler) = outside::npm("solc/solc.js")? else { return Ok(()) };
    let same = std::fs::read_to_string(kept())? == compile(&compiler)?;
    ensure!(same, "the compiled contract is not what solc makes today: run `cargo xtask contract`");
    Ok(())
}

fn kept() -> PathBuf {
    workspace().join("contracts").join(NAME).with_extension("json")
}

fn compile(compiler: &Path) -> Result<String> {
    let file = format!("{NAME}.sol");
    let settings = json!({
        "evmVersion": "paris",
        "metadata": { "appendCBOR": false, "bytecodeHash": "none" },
        "optimizer": { "enabled": true, "runs": 200 },
    });
    let mut input = json!({ "language": "Solidity", "settings": settings });
    let source = std::fs::read_to_string(workspace().join("contracts").join(&file))?;
    input["sources"][&file]["content"] = source.into();
    input["settings"]["outputSelection"][&file][NAME] =
        json!(["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]);
    let answer = solc(compiler, &["--standard-json"], &input.to_string())?;
    // A line about solvers that it does not have may stand before it.
    let answer = answer.lines().find(|line| line.starts_with('{')).context("solc says nothing")?;
    let answer: Value = serde_json::from_str(answer)?;
    ensure!(answer["errors"].is_null(), "solc: {}", answer["errors"]);
    let contract = &answer["contracts"][&file][NAME];
    let runtime = contract["evm"]["deployedBytecode"]["object"].as_str().context("no code")?;
    let creation = contract["evm"]["bytecode"]["object"].as_str().context("no code")?;
    let compiled = json!({
        "contract": NAME,
        "compiler": solc(compiler, &["--version"], "")?.trim(),
        "settings": settings,
        "abi": contract["abi"],
        "creationCode": creation,
        "runtimeCode": runtime,
        "codeHash": keccak256(&bytes(runtime)?).to_hex(),
    });
    Ok(serde_json::to_string_pretty(&compiled)? + "\n")
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits = |at| hex.get(at..at + 2).context("an odd number of digits");
    (0..hex.len()).step_by(2).map(|at| Ok(u8::from_str_radix(digits(at)?, 16)?)).collect()
}

fn solc(compiler: &Path, args: &[&str], input: &str) -> Result<String> {
    let mut node = Command::new("node");
    node.arg(compiler).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = node.stderr(Stdio::null()).spawn().context("cannot run node")?;
    child.stdin.take().context("no input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "solc failed ({})", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
