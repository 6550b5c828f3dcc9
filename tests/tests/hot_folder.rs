//! 1. Documents appear in a watched folder: written slowly, with fields, with faults.
//! 2. What is in order comes out with a receipt and a result; the rest lies among the errors with
//!    a text that says why; what is not ready stays. The service manager was told.
//! 3. The node goes away: documents wait, and the watch says so.
//! 4. Twenty times, at a random moment, the watch is killed with -9 while documents come in, and
//!    started again.
//! 5. Every document is in exactly one place, all receipts are VALID, nothing was issued twice.

use crate::ledger::Log;
use crate::town::{HOME, TYPE, Town, expect, receipt};
use anyhow::{Context, Result, ensure};
use e2e::process::{Process, binaries, run, workspace};
use e2e::world::World;
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const KILLS: usize = 20;

fn start(town: &Town, more: &[&str]) -> Result<Process> {
    let mut watch = town.world.issuer_tool();
    watch.arg("watch").arg(town.folder("in")).arg(town.folder("out"));
    watch.arg("--dir").arg(town.office.folder()).args(["--settle-s", "1", "--unit", "Desk"]);
    watch.args(more).env("NOTIFY_SOCKET", town.folder("notify"));
    Process::start(&mut watch, &town.folder("watch.txt"))
}

fn until(what: &str, watch: &Process, done: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        ensure!(Instant::now() < deadline, "{what}: {}", watch.tail());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    found
}

#[test]
fn a_watched_folder_issues_everything_once() -> Result<()> {
    // 1.
    let mut town = Town::start()?;
    let input = town.folder("in").join(TYPE);
    fs::create_dir_all(&input)?;
    fs::create_dir_all(town.folder("in").join("permit"))?;
    let manager = UnixDatagram::bind(town.folder("notify"))?;
    manager.set_read_timeout(Some(Duration::from_secs(20)))?;
    town.office.set_patience(1)?;
    let watch = start(&town, &[])?;
    let mut said = [0; 512];
    let length = manager.recv(&mut said)?;
    assert_eq!(&said[..length], b"READY=1");
    manager.set_nonblocking(true)?;
    fs::write(input.join("a.pdf.json"), r#"{"unit":"Registry","pages":"2"}"#)?;
    fs::write(input.join("a.pdf"), "a")?;
    fs::write(input.join("bad.pdf.json"), r#"{"date":"31.12.2026"}"#)?;
    fs::write(input.join("bad.pdf"), "bad")?;
    fs::write(town.folder("in").join("permit/no.pdf"), "no")?;
    fs::write(town.folder("in").join("loose.pdf"), "loose")?;
    fs::write(input.join("later.pdf.part"), "half")?;
    // 2.
    let out = town.folder("out").join(TYPE);
    let errors = town.folder("out-errors");
    until("a.pdf", &watch, || out.join("a.pdf.result.json").exists())?;
    until("faults", &watch, || files(&errors).len() == 7)?;
    let mut inspect = town.world.verifier_tool();
    let shown = e2e::process::run(inspect.arg("inspect").arg(receipt(&out.join("a.pdf"))))?;
    assert!(shown.stdout.contains("Registry"), "{}", shown.stdout);
    for (file, why) in [
        (format!("{TYPE}/bad.pdf"), "bad-field"),
        ("permit/no.pdf".to_owned(), "type-not-allowed"),
        ("loose.pdf".to_owned(), "type-missing"),
    ] {
        let text = fs::read_to_string(errors.join(format!("{file}.error.txt")))?;
        assert!(text.contains(why) && text.contains("again"), "{text}");
        assert!(errors.join(&file).exists());
    }
    assert_eq!(files(&town.folder("in")), [input.join("later.pdf.part")]);
    // The same name again: nothing is written over.
    fs::write(input.join("a.pdf"), "another a")?;
    until("a-2.pdf", &watch, || out.join("a-2.pdf.result.json").exists())?;
    assert_eq!(fs::read(out.join("a.pdf"))?, b"a");
    // 3.
    town.world.kill(HOME);
    fs::write(input.join("b.pdf"), "b")?;
    until("away", &watch, || watch.tail().contains("does not answer"))?;
    assert!(input.join("b.pdf").exists());
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    until("b.pdf", &watch, || out.join("b.pdf.result.json").exists())?;
    let count = 3 + killed_again_and_again(&town, watch, &input, &out)?;
    // 5.
    assert_eq!(files(&town.folder("out-work")), [town.folder("out-work").join("lock")]);
    assert_eq!(files(&town.folder("in")), [input.join("later.pdf.part")]);
    for path in files(&out).iter().filter(|path| path.extension().is_some_and(|e| e == "pdf")) {
        expect(&town.world.verify(&[path], &[])?, 0);
    }
    let mut issued = Vec::new();
    let done = files(&town.office.folder().join("batches/done"));
    for batch in &done {
        let text = fs::read_to_string(batch)?;
        let paths = text.lines().filter(|line| line.contains("\"outcome\":\"issued\""));
        issued.extend(paths.map(str::to_owned));
    }
    assert_eq!(issued.len(), count, "{issued:#?}");
    let desk = town.desk()?;
    let log = Log::read(town.world.address(HOME), &World::origin(HOME), &desk.federation)?;
    assert_eq!(log.issuances(), done.len());
    town.world.stop_all()
}

fn killed_again_and_again(town: &Town, first: Process, input: &Path, out: &Path) -> Result<usize> {
    // 4.
    let mut watch = first;
    for round in 0..KILLS {
        for number in 0..3 {
            let name = format!("k-{round}-{number}.pdf");
            fs::write(input.join(&name), &name)?;
        }
        let mut byte = [0];
        getrandom::fill(&mut byte)?;
        std::thread::sleep(Duration::from_millis(200 + u64::from(byte[0]) * 6));
        watch.kill();
        watch = start(town, &["--batch", "5"])?;
    }
    let all = KILLS * 3;
    let results = || {
        let name = |path: &PathBuf| path.to_string_lossy().into_owned();
        let of = files(out).iter().map(name).filter(|n| n.contains("/k-")).collect::<Vec<_>>();
        of.iter().filter(|name| name.ends_with(".result.json")).count()
    };
    until("all of them", &watch, || results() == all)
        .with_context(|| format!("{} of {all}", results()))?;
    for round in 0..KILLS {
        for number in 0..3 {
            let name = format!("k-{round}-{number}.pdf");
            assert_eq!(fs::read_to_string(out.join(&name))?, name);
        }
    }
    until("an empty work folder", &watch, || files(&town.folder("out-work")).len() == 1)?;
    assert_eq!(watch.stop()?, 128 + 15);
    Ok(all)
}

/// systemd itself reads the unit that docs/systemd has and finds nothing to say.
#[test]
fn systemd_takes_the_unit() -> Result<()> {
    let told = match Command::new("systemd-analyze").arg("--version").output() {
        Ok(told) => told,
        Err(_) => {
            println!("skipped: no systemd here");
            return Ok(());
        }
    };
    ensure!(told.status.success(), "systemd-analyze does not run");
    let unit = fs::read_to_string(workspace().join("docs/systemd/beleg-watch.service"))?;
    let folder = tempfile::tempdir()?;
    let place = folder.path().join("beleg-watch.service");
    // It is installed in another place here than on an office's machine.
    let installed = binaries().issuer.display().to_string();
    ensure!(unit.contains("ExecStart=/usr/bin/beleg-issuer watch "), "the command of the unit");
    fs::write(&place, unit.replace("/usr/bin/beleg-issuer", &installed))?;
    let said = run(Command::new("systemd-analyze").arg("verify").arg(&place))?;
    expect(&said, 0);
    let ours = said.stderr.lines().filter(|line| line.contains("beleg-watch"));
    assert_eq!(ours.collect::<Vec<_>>(), Vec::<&str>::new());
    Ok(())
}
