//! 1. A node has the federation's state stamped; an auditor keeps the node's folder of anchors, and
//!    finds it good.
//! 2. All authorities together throw their logs away and write new ones from scratch, with the very
//!    same keys. The new logs are in order for everybody who looks at them alone.
//! 3. The auditor's anchors, put beside the new logs: what was stamped is not in them.
//! 4. A node that still shows the old anchors is enough: the others find two histories, and keep
//!    the proof of that.

use super::{ASKS, Anchoring, LIMIT};
use anyhow::{Result, ensure};
use e2e::outside::tsa::Key;
use e2e::process::{Output, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const OTHER: usize = 1;

fn anchors_verify(it: &Anchoring) -> Result<Output> {
    let config = it.world.node_folder(ASKS).join("node.toml");
    run(it.world.node_tool().args(["anchor", "verify", "--config"]).arg(config))
}

fn data(it: &Anchoring, number: usize) -> PathBuf {
    it.world.node_folder(number).join("data")
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Size of a node's own log, as it shows it.
fn size(it: &Anchoring, number: usize) -> u64 {
    let shown = e2e::http::read(it.world.address(number), "/checkpoint");
    let text = shown.map(|answer| answer.text()).unwrap_or_default();
    text.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0)
}

fn wait(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !done()? {
        ensure!(start.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

#[test]
fn all_authorities_together_cannot_rewrite_what_was_anchored() -> Result<()> {
    // 1.
    let Some(mut it) = Anchoring::prepare(Key::P256, 1000)? else { return Ok(()) };
    it.configure("every_s = 86400\n")?;
    it.world.start_all()?;
    let (root, _) = it.evidence(1)?;
    let sizes: Vec<u64> = (0..4).map(|number| size(&it, number)).collect();
    it.world.stop_all()?;
    let good = anchors_verify(&it)?;
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.contains(&format!("root {root}")), "{good:?}");
    assert!(good.stdout.contains("is what the log on this disk holds"), "{good:?}");
    assert!(good.stdout.contains("tsa-example: good"), "{good:?}");
    let kept = it.dir.path().join("auditor");
    copy(&data(&it, ASKS).join("anchors"), &kept)?;
    // 2.
    for number in 0..4 {
        fs::remove_dir_all(data(&it, number))?;
    }
    it.world.start_all()?;
    wait("the new logs are as long as the old ones", || {
        Ok((0..4).all(|number| size(&it, number) > sizes[number] + 1))
    })?;
    it.world.stop_all()?;
    let fsck = it.world.fsck(ASKS)?;
    assert_eq!(fsck.code, 0, "{fsck:?}");
    // 3.
    let anchors = data(&it, ASKS).join("anchors");
    fs::remove_dir_all(&anchors)?;
    copy(&kept, &anchors)?;
    let bad = anchors_verify(&it)?;
    assert_eq!(bad.code, 1, "{bad:?}");
    assert!(bad.stdout.contains("the log on this disk does not hold what was anchored"), "{bad:?}");
    assert!(bad.stdout.contains("tsa-example: good"), "the stamp stays good: {bad:?}");
    // 4.
    it.world.start_all()?;
    wait("another node has found two histories", || {
        let shown = e2e::http::read(it.world.address(OTHER), "/evidence")?;
        Ok(shown.text().lines().count() >= 2)
    })?;
    it.world.stop_all()
}
