//! 1. Somebody stamps a file with the official client: our codec says that it is pending at which
//!    calendar.
//! 2. The calendar anchors it and the client upgrades the file: it verifies here too, byte for byte
//!    as the client wrote it.

use super::headers;
use anyhow::Result;
use e2e::outside::bitcoin::{ANYONE, Calendar, Chain, Client};
use proto::anchor::bitcoin::{BitcoinProblem, verify};
use proto::anchor::ots::DetachedFile;
use proto::hash::sha256;
use std::fs;

#[test]
fn a_file_of_the_official_client_verifies_here() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let Some(chain) = Chain::start(dir.path())? else { return Ok(()) };
    let Some(calendar) = Calendar::start(dir.path(), &chain)? else { return Ok(()) };
    let Some(client) = Client::find()? else { return Ok(()) };
    let (file, stamp) = (dir.path().join("letter.txt"), dir.path().join("letter.txt.ots"));
    fs::write(&file, "Dear all,\n")?;
    let digest = sha256(b"Dear all,\n");
    let (name, stamped) = (file.display().to_string(), stamp.display().to_string());
    let cache = dir.path().join("cache");
    // 1.
    client.run(&chain, &cache, &["stamp", "-m", "1", "-c", &calendar.url(), &name])?.ok()?;
    let pending = verify(&fs::read(&stamp)?, &digest, Some(&headers(&chain)?)).unwrap_err();
    assert_eq!(pending, BitcoinProblem::Pending { calendars: vec![calendar.url()] });
    // 2.
    calendar.anchor()?;
    let height = chain.height()?;
    chain.mine(6, ANYONE)?;
    client.run(&chain, &cache, &["-l", &calendar.url(), "upgrade", &stamped])?.ok()?;
    let bytes = fs::read(&stamp)?;
    assert_eq!(DetachedFile::parse(&bytes)?.to_bytes(), bytes);
    assert_eq!(verify(&bytes, &digest, Some(&headers(&chain)?))?.height, height);
    client.run(&chain, &cache, &["verify", &stamped])?.ok()?;
    Ok(())
}
