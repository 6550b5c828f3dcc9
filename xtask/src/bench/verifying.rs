//! How fast `beleg verify` is: one small file as a whole process, and very many.

use super::{median, timed};
use anyhow::{Result, ensure};
use e2e::pdf;
use e2e::process::Binaries;
use e2e::world::{Setup, World};
use std::path::Path;
use std::time::Instant;

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
    world.stop_all()?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let clock = Instant::now();
        let said = world.verify(&[&one], &[])?;
        times.push(clock.elapsed().as_secs_f64());
        ensure!(said.code == 0, "{said:?}");
    }
    let many = format!(
        "{} verify --quiet --federation {} {}",
        binaries.verifier.display(),
        world.federation().display(),
        folder.display()
    );
    let (wall, cpu) = timed(&many)?;
    println!("### Verifying\n");
    println!("| what | figure |\n|---|---|");
    println!(
        "| `beleg verify` of one small PDF, whole process, median of {RUNS} | {:.2} ms |",
        median(times)? * 1000.0
    );
    println!("| `beleg verify` of {documents} documents, wall time | {wall:.2} s |");
    println!("| the same, CPU time | {cpu:.2} s |");
    println!("| documents a second | {:.0} |", documents as f64 / wall);
    println!("| `beleg-issuer issue` of the same {documents} documents | {issuing:.1} s |\n");
    Ok(())
}
