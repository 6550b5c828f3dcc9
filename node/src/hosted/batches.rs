//! The batches of a hosted office on disk.
//!
//! ```text
//! batches/ROOT.plan     begun: see plan. Without an answer it is finished at the next start.
//! batches/ROOT.answer   what the log answered: with the plan, enough to make each receipt again
//! batches/ROOT.gone     being destroyed
//! ```
//!
//! A batch whose time is over is renamed first, so that a crash in between leaves nothing that
//! looks like a batch, then overwritten, then removed. What a disk keeps of an overwritten file is
//! beyond a program's reach.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use proto::hash::Hash;
use proto::limits::ANSWER_BYTES;
use proto::receipt::answer::IssuanceAnswer;

use super::plan::{Plan, Planned};
use crate::lines::{FileError, io_error};
use crate::store::{replace_file, sync_folder};

const PLAN: &str = "plan";
const ANSWER: &str = "answer";
const GONE: &str = "gone";
/// Bytes of a plan: what its documents say is bounded when they are taken in (`desk`), and JSON
/// may need six bytes for one.
const PLAN_BYTES: u64 = 128 * 1024 * 1024;

/// The folder.
#[derive(Clone, Debug)]
pub struct Batches {
    folder: PathBuf,
}

/// A batch that was found on disk.
#[derive(Debug)]
pub struct Found {
    /// Its plan.
    pub plan: Plan,
    /// Whether it is finished.
    pub answered: bool,
}

impl Batches {
    /// The batches of an office; what a crash left half destroyed is destroyed.
    pub fn open(office: &Path) -> Result<Batches, FileError> {
        let folder = office.join("batches");
        fs::create_dir_all(&folder).map_err(|e| io_error(&folder, "create folder", e))?;
        let batches = Batches { folder };
        for path in batches.list(GONE)? {
            wipe(&path)?;
        }
        for path in batches.list(ANSWER)? {
            if !path.with_extension(PLAN).exists() {
                fs::remove_file(&path).map_err(|e| io_error(&path, "remove", e))?;
            }
        }
        Ok(batches)
    }

    /// All batches, in the order in which they were begun.
    pub fn load(&self) -> Result<Vec<Found>, FileError> {
        let mut found = Vec::new();
        for path in self.list(PLAN)? {
            let plan = read_plan(&path)?;
            let answered = self.path(&plan.root(), ANSWER).exists();
            found.push(Found { plan, answered });
        }
        found.sort_by_key(|found| found.plan.created);
        Ok(found)
    }

    /// Writes a plan down, durably: from here the batch is finished, whatever happens.
    pub fn put(&self, plan: &Plan) -> Result<(), FileError> {
        Ok(replace_file(&self.path(&plan.root(), PLAN), &plan.to_bytes())?)
    }

    /// Writes down what the log answered.
    pub fn answer(&self, root: &Hash, answer: &IssuanceAnswer) -> Result<(), FileError> {
        Ok(replace_file(&self.path(root, ANSWER), &answer.to_json())?)
    }

    /// The document at a place of a batch, if the batch is kept.
    pub fn planned(&self, root: &Hash, place: u64) -> Result<Option<Planned>, FileError> {
        let path = self.path(root, PLAN);
        if !path.exists() {
            return Ok(None);
        }
        let mut documents = read_plan(&path)?.documents.into_iter();
        Ok(documents.find(|planned| u64::from(planned.place) == place))
    }

    /// A finished batch.
    pub fn read(&self, root: &Hash) -> Result<(Plan, IssuanceAnswer), FileError> {
        let plan = read_plan(&self.path(root, PLAN))?;
        let path = self.path(root, ANSWER);
        let bytes = read_bounded(&path, ANSWER_BYTES as u64)?;
        let answer = IssuanceAnswer::parse(&bytes);
        let answer = answer.map_err(|_| FileError::Damaged { file: path.display().to_string() })?;
        Ok((plan, answer))
    }

    /// Destroys a batch.
    pub fn destroy(&self, root: &Hash) -> Result<(), FileError> {
        let gone = self.path(root, GONE);
        match fs::rename(self.path(root, PLAN), &gone) {
            Ok(()) => {
                sync_folder(&self.folder)?;
                wipe(&gone)?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(io_error(&gone, "rename", e)),
        }
        match fs::remove_file(self.path(root, ANSWER)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(io_error(&self.path(root, ANSWER), "remove", e))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, root: &Hash, ending: &str) -> PathBuf {
        self.folder.join(format!("{root}.{ending}"))
    }

    fn list(&self, ending: &str) -> Result<Vec<PathBuf>, FileError> {
        let failed = |e| io_error(&self.folder, "list", e);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|have| have == ending) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

fn read_plan(path: &Path) -> Result<Plan, FileError> {
    let plan = Plan::parse(&read_bounded(path, PLAN_BYTES)?);
    plan.ok_or_else(|| FileError::Damaged { file: path.display().to_string() })
}

fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|e| io_error(path, "read", e))?;
    Ok(bytes)
}

fn wipe(path: &Path) -> Result<(), FileError> {
    let wiped = OpenOptions::new().write(true).open(path).and_then(|mut file| {
        let mut left = file.metadata()?.len();
        let zeros = [0u8; 4096];
        while left > 0 {
            let part = left.min(4096);
            file.write_all(zeros.get(..part as usize).unwrap_or(&zeros))?;
            left -= part;
        }
        file.sync_all()?;
        fs::remove_file(path)
    });
    wiped.map_err(|e| io_error(path, "destroy", e))
}
