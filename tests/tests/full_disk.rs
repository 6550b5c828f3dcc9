//! 1. The data folder of the log's node lies on a disk of a few megabytes, which is then filled.
//! 2. No submission is answered with 200; the node ends and says why.
//! 3. Room is made and the node started again: it goes on.
//! 4. Everything that was answered is in the log, and `fsck` is clean.
//!
//! Needs the right to mount; where that is missing the story says so and ends.

use crate::town::{HOME, Town, expect};
use anyhow::Result;
use e2e::http;
use e2e::process::run;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in memory, unmounted at the end.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of this size, or says why that cannot be done here.
    pub fn mount(at: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).ok()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"]).arg(at);
        let mounted = run(&mut mount).is_ok_and(|said| said.code == 0);
        if !mounted {
            println!("skipped: no right to mount a small disk here");
        }
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The nodes have ended by now; if one has not, the folder stays behind and shows it.
        let _ = run(Command::new("umount").arg(&self.0));
    }
}

#[test]
fn a_full_disk_loses_nothing() -> Result<()> {
    // 1.
    let mut disk = None;
    let town = Town::start_between(&Default::default(), |world| {
        disk = SmallDisk::mount(&world.node_folder(HOME).join("data"), "24m");
        Ok(())
    })?;
    let Some(disk) = disk else { return Ok(()) };
    let told = story(town, &disk.0);
    drop(disk);
    told
}

fn story(mut town: Town, data: &Path) -> Result<()> {
    let desk = town.desk()?;
    let node = town.world.address(HOME);
    let mut kept = Vec::new();
    let mut submit = |wait: u32| -> Result<u16> {
        let submission = desk.sign_new(4)?;
        let answer = http::post(node, &format!("/v1/issuances?wait_s={wait}"), &submission)?;
        if answer.status == 200 {
            kept.push((submission.clone(), desk.check(&submission, &answer)?));
        }
        Ok(answer.status)
    };
    for _ in 0..5 {
        assert_eq!(submit(30)?, 200);
    }
    let ballast = data.join("ballast");
    fill(&ballast)?;
    // 2.
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(submit(2).unwrap_or(0));
    }
    assert!(!statuses.contains(&200), "issued on a full disk: {statuses:?}");
    assert_eq!(town.world.ended_by_itself(HOME)?, Some(1));
    assert!(town.world.tail(HOME).contains("space"), "{}", town.world.tail(HOME));
    // 3.
    fs::remove_file(&ballast)?;
    town.world.kill(HOME);
    town.world.start(HOME)?;
    town.world.wait_ready(HOME)?;
    assert_eq!(submit(30)?, 200, "{}", town.world.tail(HOME));
    // 4.
    let log = crate::ledger::Log::read(node, &e2e::world::World::origin(HOME), &desk.federation)?;
    for (submission, proven) in &kept {
        assert_eq!(log.entries[proven.index.0 as usize], proven.entry);
        assert_eq!(log.times_entered(submission), 1);
    }
    town.world.stop_all()?;
    expect(&town.world.fsck(HOME)?, 0);
    Ok(())
}

/// Writes until nothing more fits.
pub fn fill(path: &Path) -> Result<()> {
    let mut file = File::create(path)?;
    let mut block = vec![0; 1 << 20];
    while !block.is_empty() {
        if file.write_all(&block).is_err() {
            block.truncate(block.len() / 2);
        }
    }
    Ok(())
}
