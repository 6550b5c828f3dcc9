//! 1. Letters are issued, one of them as a sealed PDF; all nodes are ended for good.
//! 2. `beleg bundle` makes one file of the folder, twice the same bytes, and writes over nothing.
//! 3. The dossier alone, in another place, is VALID document by document, and is looked into.
//! 4. `unzip` and other programs read it; what they unpack is VALID as a folder.
//! 5. A document exchanged for another in the folder: it is named, and no dossier is written.
//! 6. A byte of the dossier changed is never overlooked; one packed anew is refused and says why.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::{Context, Result};
use e2e::process::{Output, run};
use std::fs;
use std::path::Path;
use std::process::Command;

fn bundle(town: &Town, folder: &Path, out: &Path) -> Result<Output> {
    let mut tool = town.world.verifier_tool();
    tool.arg("bundle").arg(folder).arg("--out").arg(out);
    run(tool.arg("--federation").arg(town.world.federation()))
}

#[test]
fn a_dossier_travels_as_one_file() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let folder = town.letters("letters", 4)?;
    expect(&town.office.issue(TYPE, &[&folder])?, 0);
    let sealed = town.letter("notice.pdf")?;
    expect(&town.office.issue(TYPE, &[&sealed, Path::new("--embed")])?, 0);
    let inside = folder.join("sealed");
    fs::create_dir(&inside)?;
    fs::rename(sealed.with_extension("sealed.pdf"), inside.join("notice.sealed.pdf"))?;
    town.world.stop_all()?;
    // 2.
    let (out, again) = (town.folder("dossier.zip"), town.folder("again.zip"));
    let said = bundle(&town, &folder, &out)?;
    expect(&said, 0);
    assert!(said.stdout.contains("5 documents"), "{said:?}");
    expect(&bundle(&town, &folder, &again)?, 0);
    assert_eq!(fs::read(&out)?, fs::read(&again)?);
    expect(&bundle(&town, &folder, &out)?, 2);
    // 3.
    let elsewhere = town.folder("elsewhere");
    fs::create_dir(&elsewhere)?;
    let moved = elsewhere.join("dossier.zip");
    fs::rename(&out, &moved)?;
    let said = town.world.verify(&[&moved], &[])?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("5 VALID, 0 INVALID, 0 CANNOT TELL\n"), "{said:?}");
    assert!(said.stdout.contains("dossier.zip/sealed/notice.sealed.pdf"), "{said:?}");
    let mut inspect = town.world.verifier_tool();
    let said = run(inspect.arg("inspect").arg(&moved))?;
    expect(&said, 0);
    assert!(said.stdout.contains("receipt inside"), "{said:?}");
    let mut extract = town.world.verifier_tool();
    expect(&run(extract.arg("extract").arg(&moved))?, 0);
    let taken = elsewhere.join("dossier");
    expect(&town.world.verify(&[&taken], &[])?, 0);
    let letter = folder.join("letter-00002.pdf");
    assert_eq!(fs::read(taken.join("letter-00002.pdf"))?, fs::read(&letter)?);
    // 4.
    let unpacked = town.folder("unpacked");
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(&moved).arg(&unpacked);
    match run(&mut unzip) {
        Ok(said) => {
            expect(&said, 0);
            expect(&town.world.verify(&[&unpacked.join("documents")], &[])?, 0);
        }
        Err(_) => println!("passed over: python3 is not installed"),
    }
    // 5.
    let other = folder.join("letter-00001.pdf");
    let kept = fs::read(&other)?;
    fs::copy(&letter, &other)?;
    fs::remove_file(receipt(&folder.join("letter-00000.pdf")))?;
    let none = town.folder("none.zip");
    let said = bundle(&town, &folder, &none)?;
    expect(&said, 2);
    assert!(said.stderr.contains("letter-00001.pdf: it is not the document"), "{said:?}");
    assert!(said.stderr.contains("letter-00000.pdf: it has no receipt"), "{said:?}");
    assert!(!none.exists());
    fs::write(&other, kept)?;
    // 6.
    changed(&town, &fs::read(&moved)?)
}

fn changed(town: &Town, good: &[u8]) -> Result<()> {
    let hurt = town.folder("hurt.zip");
    for part in 0..40 {
        let mut changed = good.to_vec();
        *changed.get_mut(good.len() * part / 40).context("inside")? ^= 1;
        fs::write(&hurt, changed)?;
        let said = town.world.verify(&[&hurt], &["--quiet"])?;
        assert!([1, 2].contains(&said.code), "part {part}: {said:?}");
    }
    let mut deflated = good.to_vec();
    // The method in the directory's record of the first letter.
    let name = b"documents/letter-00000.pdf";
    let at = good.windows(name.len()).rposition(|window| window == name).context("a record")?;
    deflated[at - 36] = 8;
    fs::write(&hurt, deflated)?;
    let said = town.world.verify(&[&hurt], &["--json"])?;
    expect(&said, 2);
    assert!(said.stdout.contains("dossier-refused"), "{said:?}");
    assert!(said.stdout.contains("compressed"), "{said:?}");
    Ok(())
}
