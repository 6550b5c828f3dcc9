//! 1. A folder is issued with `--embed`: each PDF gets a second file that carries its receipt, and
//!    the original and its receipt stay; what cannot be sealed is named with the reason.
//! 2. The sealed file alone is VALID, also among others in a folder, and `inspect` reads it.
//! 3. `extract` gives original and receipt back, byte for byte, and writes over nothing.
//! 4. Whatever an attacker does to a sealed file, it is INVALID or CANNOT TELL.
//! 5. A second run over the folder does not issue what is sealed.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::process::run;
use std::fs;
use std::path::Path;

fn replaced(file: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = file.windows(from.len()).rposition(|window| window == from.as_bytes());
    let at = at.unwrap_or_else(|| panic!("{from} is there"));
    [&file[..at], to.as_bytes(), &file[at + from.len()..]].concat()
}

/// What was done to the file, and the code that says so.
fn attacks(one: &[u8], two: &[u8], original: &[u8]) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let update = &one[original.len()..];
    let shadow = b"\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\n%%EOF\n";
    let changed = "sealed-file-changed";
    let mut receipt_byte = one.to_vec();
    let at = original.len() + update.windows(7).position(|w| w == b"stream\n").unwrap_or(0) + 300;
    receipt_byte[at] ^= 1;
    let mut page = one.to_vec();
    page[original.len() / 2] ^= 1;
    let other_at = two.windows(16).position(|w| w == b"\n%beleg-seal/v1 ").unwrap_or(0);
    vec![
        ("appended", [one, b"\n"].concat(), changed),
        ("shadow objects", [one, shadow].concat(), changed),
        ("second update", [one, update].concat(), changed),
        ("update cut", one[..one.len() - 20].to_vec(), changed),
        ("half an update", one[..original.len() + update.len() / 2].to_vec(), changed),
        ("the update gone", original.to_vec(), "receipt-missing"),
        ("attachment renamed", replaced(one, "/UF (receipt", "/UF (invoice"), changed),
        ("receipt changed", receipt_byte, ""),
        ("original changed", page, ""),
        ("the seal of another file", [original, &two[other_at..]].concat(), changed),
        ("mark of a later version", replaced(one, "seal/v1", "seal/v2"), "seal-version-unknown"),
    ]
}

#[test]
fn a_receipt_travels_in_its_pdf() -> Result<()> {
    // 1.
    let town = Town::start()?;
    let one = town.letter("one.pdf")?;
    let folder = one.parent().unwrap_or(Path::new("."));
    let page = e2e::pdf::page("Another letter", &["Other text".to_owned()]);
    fs::write(folder.join("two.pdf"), &page)?;
    let broken = folder.join("broken.pdf");
    fs::write(&broken, [&page, &b"garbage"[..]].concat())?;
    let two = folder.join("two.pdf");
    let said = town.office.issue(TYPE, &[&one, &two, &broken, Path::new("--embed")])?;
    expect(&said, 0);
    assert!(said.stdout.contains("pdf-broken"), "{}", said.stdout);
    let (sealed, other) = (one.with_extension("sealed.pdf"), two.with_extension("sealed.pdf"));
    assert!(sealed.exists() && receipt(&one).exists() && receipt(&broken).exists());
    assert!(!broken.with_extension("sealed.pdf").exists());
    let original = fs::read(&one)?;
    let bytes = fs::read(&sealed)?;
    assert!(bytes.starts_with(&original));
    // 2.
    expect(&town.world.verify(&[&sealed], &[])?, 0);
    expect(&town.world.verify(&[&sealed, &one, &other], &["--json"])?, 0);
    let mut tool = town.world.verifier_tool();
    let said = run(tool.arg("inspect").arg(&sealed))?;
    expect(&said, 0);
    // 3.
    let out = town.folder("out");
    fs::create_dir(&out)?;
    let extract = |path: &Path| {
        let mut tool = town.world.verifier_tool();
        run(tool.arg("extract").arg(path).arg("--out").arg(&out))
    };
    expect(&extract(&sealed)?, 0);
    assert_eq!(fs::read(out.join("one.pdf"))?, original);
    assert_eq!(fs::read(out.join("one.pdf.tlog-proof"))?, fs::read(receipt(&one))?);
    expect(&town.world.verify(&[&out], &[])?, 0);
    expect(&extract(&sealed)?, 2);
    fs::remove_file(out.join("one.pdf"))?;
    expect(&extract(&sealed)?, 2);
    assert!(!out.join("one.pdf").exists());
    expect(&extract(&one)?, 2);
    // 4.
    let hurt = folder.join("hurt.pdf");
    for (name, attack, code) in attacks(&bytes, &fs::read(&other)?, &original) {
        fs::write(&hurt, attack)?;
        let said = town.world.verify(&[&hurt], &["--json"])?;
        assert!([1, 2].contains(&said.code), "{name}: {said:?}");
        assert!(said.stdout.contains(code), "{name}: {said:?}");
    }
    // A sound seal around another content: the content tells.
    let made = seal::seal(&page, &fs::read(receipt(&one))?, seal::Builder::V1)?;
    fs::write(&hurt, made)?;
    let said = town.world.verify(&[&hurt], &["--json"])?;
    expect(&said, 1);
    assert!(said.stdout.contains("content-differs"), "{said:?}");
    fs::remove_file(&hurt)?;
    // 5.
    let said = town.office.issue(TYPE, &[&sealed])?;
    expect(&said, 1);
    assert!(said.stdout.contains("is-sealed"), "{said:?}");
    Ok(())
}
