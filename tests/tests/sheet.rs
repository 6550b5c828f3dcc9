//! 1. An office issues letters and prints their sheets: the receipt is verified first, and a PDF
//!    lies in the folder that was named.
//! 2. The code on the rendered page leads to the page that checks; `inspect --sheet` says what the
//!    paper claims, and that nothing of it is proven.
//! 3. `verify --sheet` knows the paper's document from another, and from a receipt that hides what
//!    the paper shows.
//! 4. People can read it: what, by whom, when, how to check, and no word too many.
//! 5. Printed again, from the sealed file or from the receipt alone, it is the same bytes; nothing
//!    is written over.
//! 6. A stamp carries the same code, in the other language.
//! 7. A changed letter, one without a receipt, and one whose reference fits on no code get none.

use crate::town::{TYPE, Town, expect, receipt};
use anyhow::{Context as _, Result, ensure};
use e2e::process::{Output, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ADDRESS: &str = "https://check.example/";
const REFERENCE: &str = "AZ-4711/26 Stra\u{df}enmusik, F\u{fc}\u{df}li \u{218}tefan";

/// Prints sheets of `paths` into `out`.
fn sheet(town: &Town, paths: &[&Path], out: &Path, args: &[&str]) -> Result<Output> {
    let mut tool = town.world.issuer_tool();
    tool.arg("sheet").arg("--dir").arg(town.office.folder()).arg("--out").arg(out);
    run(tool.args(args).args(paths))
}

/// What a tool of other people says about a PDF.
fn other(program: &str, args: &[&str]) -> Result<String> {
    run(Command::new(program).args(args))?.ok()
}

/// Renders the first page and reads the code on it, as a scanner would.
fn scanned(pdf: &Path, dots_per_inch: &str) -> Result<String> {
    let picture = pdf.with_extension("grey");
    let (from, to) = (pdf.display().to_string(), picture.display().to_string());
    other("pdftoppm", &["-gray", "-singlefile", "-r", dots_per_inch, &from, &to])?;
    let bytes = fs::read(picture.with_extension("grey.pgm"))?;
    // P5, width, height, 255, each followed by one white space.
    let mut parts = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
    let mut number = || -> Result<usize> {
        Ok(std::str::from_utf8(parts.next().context("a header")?)?.parse()?)
    };
    ensure!(number().is_err(), "P5");
    let (width, height) = (number()?, number()?);
    let pixels = &bytes[bytes.len() - width * height..];
    let grey = |x: usize, y: usize| pixels[y * width + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    ensure!(grids.len() == 1, "{} codes on {}", grids.len(), pdf.display());
    Ok(grids[0].decode()?.1)
}

fn verify(town: &Town, document: &Path, text: &str) -> Result<(i32, String)> {
    let said = town.world.verify(&[document], &["--sheet", text, "--json"])?;
    let json: serde_json::Value = serde_json::from_str(&said.stdout)?;
    Ok((said.code, json["code"].as_str().unwrap_or_default().to_owned()))
}

fn issued(town: &Town) -> Result<PathBuf> {
    let folder = town.letters("letters", 1)?;
    let letter = folder.join("Bescheid.pdf");
    fs::write(&letter, e2e::pdf::page("Notice", &["A line.".to_owned()]))?;
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", "Meldestelle 3", "--reference", REFERENCE, "--embed"]);
    issue.args(["--date", "2026-11-20", "--field", "pages=2"]);
    expect(&run(issue.arg(&folder))?, 0);
    Ok(letter)
}

fn compared(town: &Town, letter: &Path, link: &str) -> Result<()> {
    assert_eq!(verify(town, letter, link)?, (0, "valid".into()));
    assert_eq!(verify(town, &letter.with_extension("sealed.pdf"), link)?, (0, "valid".into()));
    let letters = crate::town::documents_in(letter.parent().context("a folder")?)?;
    let others = letters.iter().filter(|path| receipt(path).exists() && *path != letter);
    let another = others.clone().next().context("another letter")?;
    assert_eq!(verify(town, another, link)?, (1, "sheet-differs".into()));
    let copy = town.folder("copy.pdf");
    fs::copy(letter, &copy)?;
    let mut redact = town.world.verifier_tool();
    redact.arg("redact").arg(letter).args(["--keep", "date", "--out"]).arg(receipt(&copy));
    expect(&run(&mut redact)?, 0);
    assert_eq!(verify(town, &copy, link)?, (2, "sheet-field-hidden".into()));
    fs::write(&copy, "another content")?;
    assert_eq!(verify(town, &copy, link)?, (1, "content-differs".into()));
    expect(&town.world.verify(&[letter], &["--sheet", &link[..link.len() - 1]])?, 2);
    Ok(())
}

#[test]
fn paper_leads_to_the_check() -> Result<()> {
    // 1.
    let town = Town::start()?;
    let letter = issued(&town)?;
    let (folder, out) = (letter.parent().context("a folder")?, town.folder("sheets"));
    expect(&sheet(&town, &[folder], &out, &[])?, 2);
    let settings = town.office.folder().join("issuer.toml");
    let text = fs::read_to_string(&settings)?;
    fs::write(&settings, format!("{text}\nverifier_url = \"{ADDRESS}\"\n"))?;
    expect(&sheet(&town, &[folder], &folder.join("sheets"), &[])?, 2);
    let said = sheet(&town, &[folder], &out, &[])?;
    expect(&said, 0);
    assert!(said.stdout.ends_with("2 written, 0 refused\n"), "{said:?}");
    let page = out.join("Bescheid.pdf.sheet.pdf");
    let bytes = fs::read(&page)?;
    // 2.
    let link = scanned(&page, "300")?;
    assert!(link.starts_with(&format!("{ADDRESS}#s1.")), "{link}");
    let mut inspect = town.world.verifier_tool();
    let said = run(inspect.args(["inspect", "--sheet", &link]))?;
    expect(&said, 0);
    for word in ["Nothing here is proven", TYPE, "Meldestelle 3", REFERENCE, "2026-11-20"] {
        assert!(said.stdout.contains(word), "{word}: {said:?}");
    }
    assert!(!said.stdout.contains("pages"), "{said:?}");
    // 3.
    compared(&town, &letter, &link)?;
    // 4.
    let name = page.display().to_string();
    let text = other("pdftotext", &["-layout", &name, "-"])?;
    for word in [
        "Echtheitsnachweis",
        REFERENCE,
        "Front desk",
        "20.11.2026",
        "nicht nachgewiesen",
        "Dieses Blatt allein beweist nichts.",
        ADDRESS,
        "beleg verify",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("#s1.") && !text.to_lowercase().contains("beglaub"), "{text}");
    other("qpdf", &["--check", &name])?;
    // 5.
    let again = town.folder("again");
    let (sealed, alone) = (town.folder("Bescheid.sealed.pdf"), town.folder("b.tlog-proof"));
    fs::copy(letter.with_extension("sealed.pdf"), &sealed)?;
    fs::copy(receipt(&letter), &alone)?;
    expect(&sheet(&town, &[&letter, &sealed, &alone], &again, &[])?, 0);
    for file in fs::read_dir(&again)? {
        assert_eq!(fs::read(file?.path())?, bytes);
    }
    assert_eq!(fs::read_dir(&again)?.count(), 3);
    let said = sheet(&town, &[&letter], &out, &["--language", "en"])?;
    expect(&said, 1);
    assert!(said.stdout.contains("sheet-in-the-way"), "{said:?}");
    assert_eq!(fs::read(&page)?, bytes);
    // 6.
    expect(&sheet(&town, &[&letter], &out, &["--stamp", "--language", "en"])?, 0);
    let stamp = out.join("Bescheid.pdf.stamp.pdf");
    assert_eq!(scanned(&stamp, "600")?, link);
    let name = stamp.display().to_string();
    let text = other("pdftotext", &[&name, "-"])?;
    assert!(text.contains("authenticity") && text.contains("check.example"), "{text}");
    other("qpdf", &["--check", &name])?;
    refused(&town, &letter)
}

/// 7.
fn refused(town: &Town, letter: &Path) -> Result<()> {
    let out = town.folder("none");
    let changed = town.folder("changed.pdf");
    fs::write(&changed, "another content")?;
    fs::copy(receipt(letter), receipt(&changed))?;
    let bare = town.letter("bare.pdf")?;
    let long = town.letter("long.pdf")?;
    let mut issue = town.office.issue_tool(TYPE);
    issue.args(["--unit", "Meldestelle 3", "--reference", &"x".repeat(4000)]);
    expect(&run(issue.arg(&long))?, 0);
    let said = sheet(town, &[&changed, &bare, &long], &out, &[])?;
    expect(&said, 1);
    for code in ["content-differs", "receipt-missing", "too-much-for-a-code"] {
        assert!(said.stdout.contains(code), "{said:?}");
    }
    assert_eq!(fs::read_dir(&out)?.count(), 0);
    expect(&sheet(town, &[&long], &out, &["--show", "pages"])?, 1);
    expect(&sheet(town, &[&long], &out, &["--mandatory-only"])?, 0);
    let link = scanned(&out.join("long.pdf.sheet.pdf"), "300")?;
    assert_eq!(verify(town, &long, &link)?, (0, "valid".into()));
    Ok(())
}
