//! How fast a folder is hashed: `beleg-issuer issue --dry-run` and `sha256sum`, in turn.

use super::{median, timed};
use anyhow::Result;
use e2e::documents;
use e2e::process::Binaries;
use e2e::world::{Setup, World};
use std::path::Path;

const FILES: usize = 2_000;
const PAIRS: usize = 9;

/// Prints a table.
pub fn measure(dir: &Path, binaries: &Binaries) -> Result<()> {
    let mut world = World::create(dir, binaries, &Setup::default())?;
    world.start_all()?;
    let office = world.open_office(0, "Bench", &["letter"])?;
    world.stop_all()?;
    let folder = dir.join("letters");
    documents::letters(&folder, FILES)?;
    let bytes: u64 = std::fs::read_dir(&folder)?
        .filter_map(|file| file.ok()?.metadata().ok())
        .map(|metadata| metadata.len())
        .sum();
    let ours = format!(
        "{} issue --dir {} --type letter --unit Bench --dry-run --quiet {}",
        binaries.issuer.display(),
        office.folder().display(),
        folder.display()
    );
    let theirs = format!("sha256sum {}/*.pdf", folder.display());
    // Once each without counting, so that both find the files in memory.
    timed(&ours)?;
    timed(&theirs)?;
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        our_times.push(timed(&ours)?);
        their_times.push(timed(&theirs)?);
    }
    let split = |times: &[(f64, f64)]| -> Result<(f64, f64)> {
        let wall = median(times.iter().map(|time| time.0).collect())?;
        Ok((wall, median(times.iter().map(|time| time.1).collect())?))
    };
    let (ours, theirs) = (split(&our_times)?, split(&their_times)?);
    println!("### Hashing {FILES} PDF files, {} MB\n", bytes / 1_000_000);
    println!("Medians of {PAIRS} pairs of runs, files in memory.\n");
    println!("| program | wall time | CPU time |\n|---|---|---|");
    println!("| `beleg-issuer issue --dry-run` | {:.3} s | {:.3} s |", ours.0, ours.1);
    println!("| `sha256sum` | {:.3} s | {:.3} s |", theirs.0, theirs.1);
    println!("| ratio | {:.2} | {:.2} |\n", ours.0 / theirs.0, ours.1 / theirs.1);
    Ok(())
}
