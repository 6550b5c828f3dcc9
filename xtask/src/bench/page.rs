//! How long the verifier page takes in Chromium, against `beleg verify` on the same files, in turn.

use super::median;
use anyhow::{Context as _, Result, ensure};
use e2e::browser::{self, Chromium, Page};
use e2e::process::Binaries;
use e2e::world::{Setup, World};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Size in bytes, what it is called, and how often it is measured.
const SIZES: [(usize, &str, usize); 3] =
    [(1_000, "1 KB", 9), (10_000_000, "10 MB", 9), (1_000_000_000, "1 GB", 3)];
const LOADS: usize = 5;

/// Prints a table; nothing where there is no Chromium.
pub fn measure(dir: &Path, binaries: &Binaries) -> Result<()> {
    let Some(program) = browser::installed()? else { return Ok(()) };
    let mut world = World::create(dir, binaries, &Setup::default())?;
    world.start_all()?;
    let office = world.open_office(0, "Bench", &["letter"])?;
    let mut files = Vec::new();
    for (size, ..) in SIZES {
        let file = dir.join(format!("{size}.bin"));
        write(&file, size)?;
        office.issue("letter", &[&file])?.ok()?;
        files.push(file);
    }
    let chromium = Chromium::start(&program, &dir.join("profile"), &[])?;
    let url = format!("http://{}/", world.address(0));
    let (mut paints, mut ready, mut bytes) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..LOADS {
        // A new profile each time, so that nothing is kept.
        let page = chromium.open("en", (1280, 900))?;
        page.go(&url)?;
        let paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime";
        paints.push(number(&page, paint)?);
        ready.push(number(&page, "performance.now()")?);
        bytes = number(
            &page,
            "[...performance.getEntriesByType('resource'), \
             ...performance.getEntriesByType('navigation')] \
             .reduce((sum, one) => sum + one.encodedBodySize, 0)",
        )?;
    }
    println!("### The verifier page in {}\n", version(&chromium)?);
    println!("| what | figure |\n|---|---|");
    println!("| first paint, median of {LOADS} | {:.0} ms |", median(paints)?);
    println!("| ready to judge, median of {LOADS}, at most | {:.0} ms |", median(ready)?);
    println!("| bytes fetched, compressed, lists included | {bytes:.0} |\n");
    println!(
        "| document | page, from dropped to answered | `beleg verify`, whole process | ratio |"
    );
    println!("|---|---|---|---|");
    let page = chromium.open("en", (1280, 900))?;
    page.go(&url)?;
    page.wait("document.querySelector('#trust').dataset.server === 'done'")?;
    for ((_, name, runs), file) in SIZES.iter().zip(&files) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..*runs {
            ours.push(in_page(&page, file)?);
            let clock = Instant::now();
            world.verify(&[file], &["--no-store"])?.ok()?;
            theirs.push(clock.elapsed().as_secs_f64() * 1000.0);
        }
        let (ours, theirs) = (median(ours)?, median(theirs)?);
        println!("| {name} | {ours:.0} ms | {theirs:.0} ms | {:.1} |", ours / theirs);
    }
    println!();
    Ok(())
}

/// Milliseconds from the choice of the files to the answer, by the page's own clock.
fn in_page(page: &Page, file: &Path) -> Result<f64> {
    page.eval(
        "(() => { const result = document.querySelector('#result'); \
         document.querySelector('#files').addEventListener('change', () => { \
           const start = performance.now(); window.took = null; \
           const look = new MutationObserver(() => { if (result.hidden) return; \
             look.disconnect(); window.took = performance.now() - start; \
             window.said = result.dataset.verdict; }); \
           look.observe(result, { attributes: true, childList: true }); \
         }, { once: true, capture: true }); return true; })()",
    )?;
    let mut receipt = file.as_os_str().to_owned();
    receipt.push(".tlog-proof");
    page.choose("#files", &[file, &PathBuf::from(receipt)])?;
    page.wait("typeof window.took === 'number'")?;
    ensure!(page.text("window.said")? == "VALID", "the page does not say VALID");
    let took = number(page, "window.took")?;
    page.eval("window.took = null; document.querySelector('#again').click(); true")?;
    Ok(took)
}

fn number(page: &Page, expression: &str) -> Result<f64> {
    page.eval(expression)?.as_f64().with_context(|| format!("{expression} is no number"))
}

fn version(chromium: &Chromium) -> Result<String> {
    chromium.open("en", (800, 600))?.text("navigator.userAgent.match(/Chrome\\/[0-9]+/)[0]")
}

fn write(path: &Path, size: usize) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut left = size;
    let mut part = vec![7; 1_000_000];
    while left > 0 {
        let length = left.min(part.len());
        part[..8].copy_from_slice(&(left as u64).to_be_bytes());
        file.write_all(&part[..length])?;
        left -= length;
    }
    Ok(file.flush()?)
}
