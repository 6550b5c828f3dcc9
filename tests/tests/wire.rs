//! 1. Every byte between the nodes, and between the office and its node, passes a recorder.
//! 2. Documents with telling fields are issued; their receipts are VALID.
//! 3. What was recorded, unpacked where it is packed, holds none of: the documents, their digests,
//!    commitments, secrets, salts, names and values of fields, file names.
//! 4. It does hold the batch root, so the recorder did see the submission.

use crate::town::{HOME, TYPE, Town, documents_in, expect, receipt};
use anyhow::{Context, Result};
use e2e::process::{free_port, run};
use e2e::wire::{Proxy, contains, layers};
use e2e::world::Setup;
use proto::hash::sha256;
use proto::tlog_proof::TlogProof;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;

#[test]
fn nothing_about_a_person_is_on_the_wire() -> Result<()> {
    // 1.
    let mut doors = [SocketAddr::from(([127, 0, 0, 1], 0)); 4];
    for door in &mut doors {
        door.set_port(free_port()?);
    }
    let (town, proxies) = recorded_town(doors)?;
    // 2.
    let folder = town.letters("letters", 6)?;
    let telling = ["holder", "Erika-Mustermann-1964", "Registry-of-Harbour-Street", "ref-77-4711"];
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", telling[2], "--reference", telling[3]]);
    issue.args(["--field", &format!("{}={}", telling[0], telling[1])]).arg(&folder);
    expect(&run(&mut issue)?, 0);
    expect(&town.world.verify(&[&folder], &[])?, 0);
    // 3.
    let recorded: Vec<Vec<u8>> = proxies.iter().flat_map(Proxy::recorded).collect();
    let recorded = layers(&recorded);
    let mut secrets: Vec<(String, Vec<u8>)> = Vec::new();
    for text in &telling[1..] {
        secrets.push(((*text).to_owned(), text.as_bytes().to_vec()));
    }
    for document in documents_in(&folder)? {
        let name = document.file_name().context("a name")?.to_string_lossy().into_owned();
        let bytes = fs::read(&document)?;
        secrets.push((format!("digest of {name}"), sha256(&bytes).0.to_vec()));
        secrets.push((format!("first bytes of {name}"), bytes[..32].to_vec()));
        secrets.push((format!("name {name}"), name.into_bytes()));
        secrets.extend(inside_of(&fs::read(receipt(&document))?)?);
    }
    for (what, secret) in &secrets {
        assert!(!contains(&recorded, secret), "on the wire: {what}");
    }
    // 4.
    let desk = town.desk()?;
    let log = crate::ledger::Log::read(
        town.world.address(HOME),
        &e2e::world::World::origin(HOME),
        &desk.federation,
    )?;
    let issuance = log.entries.iter().find(|entry| entry[1] == 2).context("an issuance")?;
    assert!(contains(&recorded, &issuance[10..42]), "the recorder has not seen the batch root");
    Ok(())
}

fn recorded_town(doors: [SocketAddr; 4]) -> Result<(Town, Vec<Proxy>)> {
    let mut proxies = Vec::new();
    let setup = Setup { doors: Some(doors), ..Setup::default() };
    let town = Town::start_between(&setup, |world| {
        for (number, door) in doors.iter().enumerate() {
            proxies.push(Proxy::start(*door, world.address(number))?);
        }
        Ok(())
    })?;
    Ok((town, proxies))
}

/// Secret, salts, commitment and field values of a receipt.
fn inside_of(receipt: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let proof = TlogProof::parse(receipt)?;
    let ours: Value = serde_json::from_slice(&proof.extra.context("extra")?)?;
    let document = &ours["document"];
    let secret = proto::text::base64_decode(document["secret"].as_str().context("a secret")?)?;
    let mut found = vec![("the document's secret".to_owned(), secret.clone())];
    let fields = document["fields"].as_array().context("fields")?;
    for (number, field) in (0_u32..).zip(fields) {
        let salted = [b"beleg/salt/v1\0", secret.as_slice(), &number.to_be_bytes()].concat();
        found.push((format!("salt {number}"), sha256(&salted).0.to_vec()));
        let value = field["value"].as_str().context("a value")?;
        // Short words such as "none" stand in every log line; they tell nothing.
        if value.len() >= 12 && value != "application/pdf" && value != TYPE {
            found.push((format!("value {value}"), value.as_bytes().to_vec()));
        }
    }
    let path = ours["batch"]["path"].as_array().context("a batch path")?;
    for hash in path.iter().filter_map(Value::as_str) {
        found.push(("a neighbour's hash".to_owned(), proto::text::base64_decode(hash)?));
    }
    Ok(found)
}
