//! How fast `beleg verify` is: one small file as a whole process, and very many.

use super::median;
use anyhow::{Context as _, Result, ensure};
use e2e::pdf;
use e2e::process::{Binaries, peak_kib, run};
use e2e::world::{Office, Setup, World};
use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const RUNS: usize = 201;

/// Prints a table.
pub fn measure(dir: &Path, binaries: &Binaries, documents: usize) -> Result<()> {
    let mut world = World::create(dir, binaries, &Setup::default())?;
    world.start_all()?;
    let office = world.open_office(0, "Bench", &["letter"])?;
    let one = dir.join("one.pdf");
    std::fs::write(&one, pdf::page("A letter", &["One line.".to_owned()]))?;
    office.issue("letter", &[&one])?.ok()?;
    let folder = dir.join("many");
    std::fs::create_dir_all(&folder)?;
    for number in 0..documents {
        std::fs::write(folder.join(format!("{number:06}.txt")), format!("Letter {number}\n"))?;
    }
    let clock = Instant::now();
    office.issue("letter", &[&folder])?.ok()?;
    let issuing = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let withdrawn = withdraw(dir, &office, &folder, documents)?;
    let revoking = clock.elapsed().as_secs_f64();
    let store = dir.join("store");
    world.update(&store)?.ok()?;
    let list_bytes = list_bytes(&store)?;
    world.stop_all()?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let clock = Instant::now();
        let said = world.verify(&[&one], &[])?;
        times.push(clock.elapsed().as_secs_f64());
        ensure!(said.code == 0, "{said:?}");
    }
    let many = Many::verify(&world, &folder, &store)?;
    ensure!(many.invalid == withdrawn, "{} INVALID, {withdrawn} revoked", many.invalid);
    println!("### Verifying\n");
    println!("| what | figure |\n|---|---|");
    println!(
        "| `beleg verify` of one small PDF, whole process, median of {RUNS} | {:.2} ms |",
        median(times)? * 1000.0
    );
    let what = format!("`beleg verify` of {documents} documents, {withdrawn} of them revoked");
    println!("| {what}, wall time | {:.2} s |", many.wall_s);
    println!("| the same, most memory at any time | {:.1} MiB |", many.peak_kib as f64 / 1024.0);
    println!("| documents a second | {:.0} |", documents as f64 / many.wall_s);
    println!("| the status list in the store | {list_bytes} bytes |");
    println!("| `beleg-issuer issue` of the same {documents} documents | {issuing:.1} s |");
    println!("| proposing, approving and publishing the revocation | {revoking:.1} s |\n");
    Ok(())
}

/// Revokes every hundredth document, with the second person that so many need.
fn withdraw(dir: &Path, office: &Office, folder: &Path, documents: usize) -> Result<usize> {
    let (key, proposal) = (dir.join("second.key"), dir.join("proposal"));
    let list = dir.join("withdrawn.csv");
    let chosen: Vec<usize> = (0..documents).step_by(100).collect();
    let line = |number: &usize| format!("{}/{number:06}.txt\n", folder.display());
    std::fs::write(
        &list,
        chosen.iter().map(line).fold("file\n".to_owned(), |all, one| all + &one),
    )?;
    run(office.tool("approver").args(["add", "Second", "--key"]).arg(&key))?.ok()?;
    let mut propose = office.tool("revoke");
    propose.args(["--reason", "error", "--list"]).arg(&list).arg("--propose").arg(&proposal);
    run(&mut propose)?.ok()?;
    let mut approve = office.tool("approve");
    approve.arg(&proposal).args(["--as", "Second", "--yes", "--key"]).arg(&key);
    run(&mut approve)?.ok()?;
    Ok(chosen.len())
}

/// Bytes of the largest file below the store's lists: that of the only log with documents.
fn list_bytes(store: &Path) -> Result<u64> {
    let mut most = 0;
    for entry in std::fs::read_dir(store)? {
        let entry = entry?;
        let bytes = match entry.file_type()?.is_dir() {
            true => list_bytes(&entry.path())?,
            false if store.parent().is_some_and(|above| above.ends_with("status")) => {
                entry.metadata()?.len()
            }
            false => 0,
        };
        most = most.max(bytes);
    }
    Ok(most)
}

/// One run over all documents.
struct Many {
    wall_s: f64,
    peak_kib: u64,
    invalid: usize,
}

impl Many {
    fn verify(world: &World, folder: &Path, store: &Path) -> Result<Many> {
        let mut tool = world.verifier_tool();
        tool.args(["verify", "--quiet"]).arg(folder);
        tool.arg("--federation").arg(world.federation()).arg("--store").arg(store);
        let clock = Instant::now();
        let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut output = child.stdout.take().context("stdout")?;
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            output.read_to_string(&mut text).map(|_| text)
        });
        let mut peak = 0;
        while child.try_wait()?.is_none() {
            // The kernel keeps the peak itself; what is read last before the end is it.
            peak = peak.max(peak_kib(child.id()).unwrap_or(0));
            std::thread::sleep(Duration::from_millis(20));
        }
        let wall_s = clock.elapsed().as_secs_f64();
        let text = reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
        let invalid = text.lines().filter(|line| line.starts_with("INVALID\trevoked\t")).count();
        Ok(Many { wall_s, peak_kib: peak, invalid })
    }
}
