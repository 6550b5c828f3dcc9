//! Submissions through one node with its quorum: four node processes on this machine.

use anyhow::{Context, Result};
use e2e::process::{Binaries, Process, cargo, free_port, run};
use e2e::world::{Office, Setup, World};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const DOCUMENTS: usize = 10_000;

/// Prints a table.
pub fn measure(dir: &Path, binaries: &Binaries, seconds: u64) -> Result<()> {
    build_load_client()?;
    let mut world = World::create(dir, binaries, &Setup::default())?;
    world.start_all()?;
    let office = world.open_office(0, "Bench", &["letter"])?;
    let noop = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let mut serve = load(&["noop", "--listen", &noop.to_string()]);
    let empty = Process::start(&mut serve, &dir.join("noop.txt"))?;
    println!("### Submissions through one node, four nodes on this machine, quorum 3\n");
    println!("From the request to the published answer with its proof; every client has one");
    println!("request in flight and shares the cores with the four nodes.\n");
    println!("| what | clients | submissions a second | documents a second | p50 | p99 | 503s |");
    println!("|---|---|---|---|---|---|---|");
    for (name, height, clients, documents) in [
        ("one document each", 4, 1, 1),
        ("one document each", 4, 512, 1),
        ("batches of 10,000", 14, 1, DOCUMENTS as u64),
        ("batches of 10,000", 14, 8, DOCUMENTS as u64),
    ] {
        let figures = submit(&world, &office, world.address(0), height, clients, seconds)?;
        print_row(name, clients, &figures, documents);
    }
    for clients in [1, 512] {
        let figures = submit(&world, &office, noop, 4, clients, seconds)?;
        print_row("axum handler that does nothing", clients, &figures, 0);
    }
    empty.kill();
    whole_batch(dir, &office)?;
    world.stop_all()
}

/// The office's whole way for one batch: hash, sign, submit, check, write the receipts.
fn whole_batch(dir: &Path, office: &Office) -> Result<()> {
    let folder = dir.join("small");
    std::fs::create_dir_all(&folder)?;
    for number in 0..DOCUMENTS {
        std::fs::write(folder.join(format!("{number:05}.txt")), format!("Letter {number}\n"))?;
    }
    let clock = Instant::now();
    office.issue("letter", &[&folder])?.ok()?;
    let seconds = clock.elapsed().as_secs_f64();
    println!(
        "\n`beleg-issuer issue` of {DOCUMENTS} small files, receipts written: {seconds:.2} s,"
    );
    println!("that is {:.0} documents a second.\n", DOCUMENTS as f64 / seconds);
    Ok(())
}

fn build_load_client() -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--release", "-q", "-p", "e2e"]);
    run(build.args(["--example", "load"]))?.ok()?;
    Ok(())
}

fn load(args: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["run", "--release", "-q", "-p", "e2e"]);
    command.args(["--example", "load", "--"]).args(args);
    command
}

fn submit(
    world: &World,
    office: &Office,
    target: SocketAddr,
    height: u8,
    clients: usize,
    seconds: u64,
) -> Result<Value> {
    // Signed before the clock starts: more than can be answered, within bounds.
    let most = if clients == 1 { 2_000 * seconds } else { 60_000 * seconds };
    let (federation, key) = (world.federation(), office.folder().join("key"));
    let mut command = load(&["submit", "--node", &target.to_string()]);
    command.args(["--asked", &world.address(0).to_string()]);
    command.arg("--federation").arg(federation).arg("--key").arg(key);
    command.args(["--origin", &World::origin(0), "--height", &height.to_string()]);
    command.args(["--clients", &clients.to_string(), "--seconds", &seconds.to_string()]);
    let said = run(command.args(["--most", &most.to_string()]))?.ok()?;
    serde_json::from_str(&said).with_context(|| format!("the load client said: {said}"))
}

fn print_row(name: &str, clients: usize, figures: &Value, documents: u64) {
    let number = |name: &str| figures[name].as_f64().unwrap_or(f64::NAN);
    let rate = number("per_second");
    let of_documents =
        if documents == 0 { "-".to_owned() } else { format!("{:.0}", rate * documents as f64) };
    println!(
        "| {name} | {clients} | {rate:.0} | {of_documents} | {:.1} ms | {:.1} ms | {} |",
        number("p50_ms"),
        number("p99_ms"),
        figures["told_to_wait"]
    );
}
