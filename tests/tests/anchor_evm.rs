//! An EVM chain as a clock, with Foundry's anvil.
//!
//! 1. A clerk puts the contract into a chain; the federation file names it.
//! 2. A node signs the transaction for its first root, and is killed before or after sending it.
//! 3. It starts again, and the root comes into the chain: paid once.
//! 4. When the block is final, the evidence is served. It holds against the block's hash as the
//!    chain has it, without the node and off-line.
//! 5. The contract says the same time to anybody who asks it directly.
//! 6. With one byte changed, the evidence is false or nobody knows its block.
//!
//! Receipts are upgraded with such evidence, the block's hash comes from the verifier's own node,
//! and the verdict tells the block, also in a browser. `beleg inspect` writes the proof as the
//! chain's node gives it.
//!
//! And with a key that never leaves its PKCS#11 module (softhsm2), the contract is put there too.

use crate::browser::time_before_and_with;
use anyhow::{Context, Result, ensure};
use e2e::http;
use e2e::outside::evm::{Anvil, CHAIN_ID, Contract, PAYER_KEY};
use e2e::outside::found;
use e2e::process::{Process, binaries, run};
use e2e::world::{MEMBERS, Setup, World};
use proto::anchor::evm::{self, KnownBlock};
use proto::anchor::statement::Statement;
use proto::federation::Federation;
use proto::hash::Hash;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const HOME: usize = 0;

fn secret(path: &Path, text: &str) -> Result<()> {
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Looks until there is something, and makes a block for each look.
fn mine_until<T>(anvil: &Anvil, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "nothing came: {}", anvil.tail());
        anvil.mine(1)?;
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// `beleg-node evm deploy` with a key: the line for the federation file.
fn deploy(anvil: &Anvil, folder: &Path, command: &mut Command) -> Result<String> {
    command.args(["--name", "test", "--rpc", &anvil.url(), "--max-fee-gwei", "50"]);
    let log = folder.join("deploy.log");
    let mut process = Process::start(command, &log)?;
    let code = mine_until(anvil, || process.wait(Duration::ZERO))?;
    let said = fs::read_to_string(&log)?;
    ensure!(code == 0, "{said}");
    Ok(said.trim().to_owned())
}

#[test]
fn a_root_stands_in_a_chain_and_is_paid_once() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(anvil) = Anvil::start(folder.path())? else { return Ok(()) };
    // 1.
    let key = folder.path().join("payer");
    secret(&key, PAYER_KEY)?;
    let mut tool = Command::new(&binaries().node);
    let line = deploy(&anvil, folder.path(), tool.args(["evm", "deploy", "--key"]).arg(&key))?;
    let words: Vec<&str> = line.split(' ').collect();
    let contract = Contract { address: words[3].into(), code_hash: words[4].into() };
    let setup = Setup { clocks: vec![line], ..Setup::default() };
    let mut world = World::create(&folder.path().join("towns"), binaries(), &setup)?;
    // 2.
    let options = format!(
        "\n[[anchor.evm]]\nchain = \"test\"\nrpc = \"{}\"\nkey = \"{}\"\nevery_s = 86400\n\
         poll_s = 1\nmax_fee_gwei = 50\nmax_per_day_gwei = 10000000\n",
        anvil.url(),
        key.display()
    );
    world.configure(HOME, &options)?;
    world.start_all()?;
    let ledger = world.node_folder(HOME).join("data/anchors/ledger");
    let ledger = || fs::read_to_string(&ledger).unwrap_or_default();
    let paid = anvil.paid()?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while !ledger().contains("is signed") {
        ensure!(Instant::now() < deadline, "nothing was signed: {}", world.tail(HOME));
        std::thread::sleep(Duration::from_millis(2));
    }
    world.kill(HOME);
    // 3.
    world.start(HOME)?;
    world.wait_ready(HOME)?;
    let done = mine_until(&anvil, || {
        let ledger = ledger();
        let done = ledger.lines().find(|line| line.contains("\"done\"")).map(str::to_owned);
        Ok(done)
    })?;
    assert_eq!(anvil.paid()?, paid + 1);
    let done: Value = serde_json::from_str(&done)?;
    assert!(done["what"]["done"]["cost"]["amount"].as_str().is_some_and(|wei| wei.len() > 10));
    // 4.
    let root = done["root"].as_str().context("a root")?;
    let file = done["what"]["done"]["file"].as_str().context("a file")?;
    let get = |file: &str| http::read(world.address(HOME), &format!("/anchors/{root}/{file}"));
    let (evidence, statement) = (get(file)?.body, get("statement")?.body);
    world.stop_all()?;
    let root_hash = Statement::parse(&statement)?.tree()?.root();
    assert_eq!(root_hash.to_hex(), root);
    let federation = Federation::parse(&fs::read(world.federation())?)?;
    let chains = &federation.current().clocks.chains;
    let header = evm::EvmEvidence::parse(&evidence)?.header;
    let number = evm::BlockHeader::parse(&header)?.number;
    let (_, hash) = anvil.block(&format!("{number:#x}"))?;
    let known = [KnownBlock { chain_id: CHAIN_ID, number, hash: Hash::from_hex(&hash)? }];
    let facts = evm::verify(&evidence, &root_hash, chains, &known)?;
    // 5.
    assert_eq!(anvil.anchored_at(&contract, root)?, facts.time.0);
    // 6.
    for at in (0..evidence.len()).step_by(7) {
        let mut changed = evidence.clone();
        changed[at] ^= 1;
        assert!(evm::verify(&changed, &root_hash, chains, &known).is_err(), "byte {at}");
    }
    assert_eq!(world.fsck(HOME)?.code, 0);
    Ok(())
}

#[test]
fn a_verdict_tells_the_block_that_the_own_node_knows() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(anvil) = Anvil::start(folder.path())? else { return Ok(()) };
    let key = folder.path().join("payer");
    secret(&key, PAYER_KEY)?;
    let mut tool = Command::new(&binaries().node);
    let line = deploy(&anvil, folder.path(), tool.args(["evm", "deploy", "--key"]).arg(&key))?;
    let contract = format!("0x{}", line.split(' ').nth(3).context("a contract")?);
    let setup = Setup { clocks: vec![line], ..Setup::default() };
    let mut world = World::create(&folder.path().join("towns"), binaries(), &setup)?;
    let config = world.node_folder(HOME).join("node.toml");
    let options = format!(
        "\n[[anchor.evm]]\nchain = \"test\"\nrpc = \"{}\"\nkey = \"{}\"\npoll_s = 1\n\
         max_fee_gwei = 50\nmax_per_day_gwei = 10000000\n",
        anvil.url(),
        key.display()
    );
    world.configure(HOME, &options)?;
    world.start_all()?;
    let office = world.open_office(HOME, "Front desk", &["public.notice"])?;
    let letters = folder.path().join("letters");
    e2e::documents::letters(&letters, 2)?;
    ensure!(office.issue("public.notice", &[&letters])?.code == 0, "nothing was issued");
    run(world.node_tool().args(["anchor", "now", "--config"]).arg(&config))?.ok()?;
    let ledger = world.node_folder(HOME).join("data/anchors/ledger");
    mine_until(&anvil, || {
        let done = fs::read_to_string(&ledger).unwrap_or_default().contains("\"done\"");
        Ok(done.then_some(()))
    })?;
    let store = folder.path().join("store");
    let (stored, letter) = (store.display().to_string(), letters.join("letter-00000.pdf"));
    let ask = ["--store", &stored, "--require-anchor", "evm"];
    let before = world.verify(&[&letter], &ask)?;
    ensure!(before.code == 2, "{before:?}");
    let mut update = world.verifier_tool();
    update.arg("update").arg("--federation").arg(world.federation()).args(["--store", &stored]);
    let node = format!("test={}", anvil.url());
    let updated = run(update.args(["--evm", &node]).arg(&letters))?;
    let told = "test: 1 blocks looked up, 0 not final yet";
    ensure!(updated.code == 0 && updated.stdout.contains(told), "{updated:?}");
    let federation = Federation::parse(&fs::read(world.federation())?)?;
    let file = store.join(federation.id().to_string()).join("evm-blocks");
    if let Some([before, with]) = time_before_and_with(&world, HOME, &letter, &file)? {
        ensure!(before.contains("Nothing to check it by is at hand"), "{before}");
        ensure!(with.contains(" of the chain test, since "), "{with}");
    }
    world.stop_all()?;
    let after = world.verify(&[&letter], &ask)?;
    ensure!(
        after.code == 0 && after.stdout.contains("; and on the chain test, block "),
        "{after:?}"
    );
    ensure!(after.stdout.contains("(block hash from "), "{after:?}");
    let evidence = folder.path().join("evidence");
    let mut inspect = world.verifier_tool();
    run(inspect.arg("inspect").arg(&letter).arg("--evidence").arg(&evidence))?.ok()?;
    let proof = fs::read(evidence.join("anchor-1-1-evm.json"))?;
    let proof: Value = serde_json::from_slice(&proof)?;
    let block = anvil.rpc("eth_getBlockByNumber", json!([proof["blockNumber"], false]))?;
    ensure!(proof["blockHash"] == block["hash"], "{proof} {block}");
    let (slot, number) = (&proof["storageProof"][0]["key"], &proof["blockNumber"]);
    let theirs = anvil.rpc("eth_getProof", json!([contract, [slot], number]))?;
    ensure!(proof["accountProof"] == theirs["accountProof"], "{proof} {theirs}");
    let nodes = |proof: &Value| proof["storageProof"][0]["proof"].clone();
    ensure!(nodes(&proof) == nodes(&theirs), "{proof} {theirs}");
    Ok(())
}

#[test]
fn a_key_in_a_module_pays() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let module = PathBuf::from("/usr/lib/softhsm/libsofthsm2.so");
    let Some(module) = found(module, "apt-get install softhsm2 opensc")? else { return Ok(()) };
    let Some(anvil) = Anvil::start(folder.path())? else { return Ok(()) };
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens)?;
    let settings = folder.path().join("softhsm2.conf");
    fs::write(&settings, format!("directories.tokendir = {}\n", tokens.display()))?;
    let with_token = |program: &Path| {
        let mut command = Command::new(program);
        command.env("SOFTHSM2_CONF", &settings);
        command
    };
    let mut init = with_token(Path::new("softhsm2-util"));
    init.args(["--init-token", "--free", "--label", MEMBERS[HOME].0]);
    run(init.args(["--pin", "1234", "--so-pin", "5678"]))?.ok()?;
    let mut make = with_token(Path::new("pkcs11-tool"));
    make.arg("--module").arg(&module).args(["--token-label", MEMBERS[HOME].0, "--login"]);
    make.args(["--pin", "1234", "--keypairgen", "--key-type", "EC:secp256k1"]);
    run(make.args(["--label", "anchors", "--id", "01"]))?.ok()?;
    let pin = folder.path().join("pin");
    secret(&pin, "1234\n")?;
    let tool = |command: &str| {
        let mut tool = with_token(&binaries().node);
        tool.args(["evm", command, "--module"]).arg(&module);
        tool.args(["--token", MEMBERS[HOME].0, "--label", "anchors", "--pin"]).arg(&pin);
        tool
    };
    let account = run(&mut tool("address"))?.ok()?;
    anvil.rpc("anvil_setBalance", json!([account.trim(), "0xde0b6b3a7640000"]))?;
    for _ in 0..3 {
        // Of two possible signatures chains take one: several transactions show that it is found.
        let line = deploy(&anvil, folder.path(), &mut tool("deploy"))?;
        assert!(line.lines().last().is_some_and(|line| line.starts_with("evm test 31337 ")));
    }
    Ok(())
}
