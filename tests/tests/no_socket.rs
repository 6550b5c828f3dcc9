//! 1. A folder is issued and the nodes are ended.
//! 2. `beleg verify` runs over it under strace: no socket is made, for good documents, changed
//!    ones and broken receipts alike.
//! 3. Where strace is missing, it runs without any network interface instead.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::{Result, bail};
use e2e::process::run;
use std::fs;
use std::process::Command;

#[test]
fn verify_opens_no_socket() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("letters", 12)?;
    expect(&town.office.issue(TYPE, &[&folder])?, 0);
    fs::write(folder.join("letter-00003.pdf"), "changed")?;
    fs::write(receipt(&folder.join("letter-00004.pdf")), "broken")?;
    town.world.stop_all()?;
    // 2.
    let trace = town.folder("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=%network,execve", "-o"]).arg(&trace);
    let verifier = town.world.verifier_tool();
    strace.arg(verifier.get_program()).arg("verify").arg(&folder);
    strace.arg("--federation").arg(town.world.federation());
    match run(&mut strace) {
        Ok(said) => {
            expect(&said, 1);
            let calls = fs::read_to_string(&trace)?;
            assert!(calls.contains("execve("), "strace saw nothing:\n{calls}");
            let network = calls.lines().filter(|line| !line.contains("execve("));
            let network: Vec<&str> = network.filter(|line| line.contains('(')).collect();
            assert!(network.is_empty(), "{network:#?}");
        }
        Err(_) => {
            // 3.
            let mut alone = Command::new("unshare");
            alone.args(["--net", "--map-root-user", "--"]).arg(verifier.get_program());
            alone.arg("verify").arg(&folder).arg("--federation").arg(town.world.federation());
            let said = run(&mut alone)?;
            if said.code != 1 {
                bail!("neither strace nor a namespace without interfaces can be used: {said:?}");
            }
        }
    }
    Ok(())
}
