//! The status lists that the store keeps of one log.
//!
//! ```text
//! STORE/<federation id>/status/<origin hash>/<YYYY-MM-DD>              the last list of a day, UTC
//! STORE/<federation id>/status/<origin hash>/split-view/<size>-<root>  contradicting checkpoints
//! ```
//!
//! The last day's file is the newest list; the others are the history that `verify --at` looks at.
//! What is read is verified again.

use crate::store;
use crate::trouble::ListTrouble;
use proto::checkpoint::SignedCheckpoint;
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::limits;
use proto::status_list::{StatusList, VerifiedStatusList};
use proto::time::Date;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use verifier::input;

/// Most lists of a log: a year of days, and some.
const MOST: usize = 400;
/// Most bytes of all lists of a log, the newest one aside.
const MOST_BYTES: u64 = 1 << 30;

/// The folder of one log.
#[derive(Debug, Clone)]
pub struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// What is kept in this folder, which need not be there.
    pub fn in_folder(folder: PathBuf) -> Kept {
        Kept { folder }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files, oldest day first.
    fn days(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut days = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| Date::parse(name).is_ok()) {
                days.push(entry.path());
            }
        }
        days.sort();
        Ok(days)
    }

    /// The newest list.
    pub fn newest(&self) -> io::Result<Option<PathBuf>> {
        Ok(self.days()?.pop())
    }

    /// The lists nearest to a moment: of its own day, of the last day before and the first after.
    pub fn around(&self, at: Timestamp) -> io::Result<Vec<PathBuf>> {
        let days = self.days()?;
        let day = Date::of(at).map(|day| self.folder.join(day.to_string()));
        let day = day.unwrap_or_default();
        let before = days.iter().rfind(|path| **path < day);
        let after = days.iter().find(|path| **path > day);
        let own = days.iter().find(|path| **path == day);
        Ok(before.into_iter().chain(own).chain(after).cloned().collect())
    }

    /// Keeps a list in the place of an older one of the same day, and takes away the oldest ones
    /// where there are too many; durable on return.
    pub fn keep(&self, time: Timestamp, list: &[u8]) -> io::Result<()> {
        let day = Date::of(time).ok_or(io::ErrorKind::InvalidData)?;
        store::replace(&self.folder.join(day.to_string()), list)?;
        let days = self.days()?;
        let mut bytes = 0;
        for (number, path) in days.iter().rev().enumerate().skip(1) {
            bytes += path.metadata()?.len();
            if number >= MOST || bytes > MOST_BYTES {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Keeps a checkpoint that contradicts another one, and gives its file; durable on return.
    pub fn accuse(&self, signed: &SignedCheckpoint) -> io::Result<PathBuf> {
        let tree = signed.checkpoint();
        let name = format!("{}-{:.16}", tree.size(), tree.root().to_hex());
        let path = self.folder.join("split-view").join(name);
        store::replace(&path, &signed.to_bytes())?;
        Ok(path)
    }
}

/// Reads a list and verifies it.
pub fn open(path: &Path, federation: &Federation) -> Result<VerifiedStatusList, ListTrouble> {
    let bytes = input::read_bounded(path, limits::STATUS_LIST_BYTES)?;
    Ok(StatusList::parse(&bytes)?.verify(federation, &[])?)
}

/// When a file was written last.
pub fn written(path: &Path) -> Option<Timestamp> {
    let time = path.metadata().ok()?.modified().ok()?;
    Some(Timestamp(time.duration_since(UNIX_EPOCH).ok()?.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect()
    }

    #[test]
    fn the_last_list_of_each_day_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(dir.path().join("log"));
        assert_eq!(kept.newest().unwrap(), None);
        for (time, list) in [(0, "a"), (DAY - 1, "b"), (DAY, "c"), (5 * DAY, "d")] {
            kept.keep(Timestamp(time), list.as_bytes()).unwrap();
        }
        fs::create_dir(dir.path().join("log/split-view")).unwrap();
        let days = kept.days().unwrap();
        assert_eq!(names(&days), ["1970-01-01", "1970-01-02", "1970-01-06"]);
        let lists: Vec<String> = days.iter().map(|d| fs::read_to_string(d).unwrap()).collect();
        assert_eq!(lists, ["b", "c", "d"]);
        assert_eq!(kept.newest().unwrap().as_ref(), days.last());
        let around = |at: u64| names(&kept.around(Timestamp(at)).unwrap()).join(" ");
        assert_eq!(around(DAY - 5), "1970-01-01 1970-01-02");
        assert_eq!(around(DAY), "1970-01-01 1970-01-02 1970-01-06");
        assert_eq!(around(3 * DAY), "1970-01-02 1970-01-06");
        assert_eq!(around(9 * DAY), "1970-01-06");
    }

    #[test]
    fn the_history_has_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(dir.path().to_owned());
        for day in 0..=(MOST as u64) + 1 {
            kept.keep(Timestamp(day * DAY), b"x").unwrap();
        }
        let days = kept.days().unwrap();
        assert_eq!((days.len(), names(&days)[0]), (MOST, "1970-01-03"));
        // Two large ones, not written: only the newest is sure of its place.
        for day in &days[..3] {
            fs::File::options().write(true).open(day).unwrap().set_len(MOST_BYTES / 2 + 1).unwrap();
        }
        kept.keep(Timestamp((MOST as u64 + 1) * DAY), b"y").unwrap();
        assert_eq!(kept.days().unwrap().len(), MOST - 2);
    }
}
