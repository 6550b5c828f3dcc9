//! 1. A folder is issued with `--embed`: each PDF gets a second file that carries its receipt, and
//!    the original and its receipt stay; what cannot be sealed is named with the reason.
//! 2. The sealed file alone is VALID, also among others in a folder, and `inspect` reads it.
//! 3. `extract` gives original and receipt back, byte for byte, and writes over nothing.
//! 4. A byte behind it, a page changed, the seal taken off, a receipt sealed into another file:
//!    none is VALID. (The attacks by name are in `verifier-cli/tests/testdata/sealed`.)
//! 5. A second run over the folder does not issue what is sealed.
//! 6. The holder hides what need not be shown: out comes another sealed PDF, which is VALID, says
//!    how many fields are hidden, and begins with the same original.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::Result;
use e2e::process::run;
use std::fs;
use std::path::Path;

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
    let said = town
        .office
        .issue(TYPE, &[&one, &two, &broken, Path::new("--embed"), Path::new("--reference=A 17")])?;
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
    let mut changed = bytes.clone();
    let line = original.windows(7).position(|window| window == b"A line.").unwrap_or(0);
    changed[line] ^= 1;
    let appended = [&bytes[..], b"\n"].concat();
    for (attack, code, says) in [
        (&appended, 1, "sealed-file-changed"),
        (&changed, 1, "content-differs"),
        (&original, 2, "receipt-missing"),
    ] {
        fs::write(&hurt, attack)?;
        let said = town.world.verify(&[&hurt], &["--json"])?;
        expect(&said, code);
        assert!(said.stdout.contains(says), "{said:?}");
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
    // 6.
    redacted(&town, &sealed, &original)
}

fn redacted(town: &Town, sealed: &Path, original: &[u8]) -> Result<()> {
    let mut redact = town.world.verifier_tool();
    expect(&run(redact.arg("redact").arg(sealed).arg("--mandatory-only"))?, 0);
    let redacted = sealed.with_file_name("one.redacted.sealed.pdf");
    let said = town.world.verify(&[&redacted], &["--json"])?;
    expect(&said, 0);
    let json: serde_json::Value = serde_json::from_str(&said.stdout)?;
    assert!(json["document"]["hidden_fields"].as_u64() >= Some(1), "{json}");
    assert!(fs::read(&redacted)?.starts_with(original));
    Ok(())
}
