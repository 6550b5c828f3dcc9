//! One document in the work folder, from pick-up to its place in OUT or among the errors.
//!
//! ```text
//! WORK/ID/job.json        what it is and how far it came
//! WORK/ID/files/NAME      the document; beside it NAME.json, NAME.tlog-proof, what is said of it
//! ```
//!
//! Every step is written down before it is done, and done by a rename, so that a run which is
//! ended at any moment leaves the document in one place and the next run knows which.

use crate::durable;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const STATE: &str = "job.json";
/// Bytes of a name that leave room for every ending.
const NAME_BYTES: usize = 220;
/// What can lie beside a document; the document itself is the empty ending. What tells a program
/// that all is there comes last.
const ENDINGS: [&str; 5] = [".tlog-proof", ".json", "", ".result.json", ".error.txt"];

/// What is written down of a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The sub-folder of IN that it came from, which is its type; empty for IN itself.
    pub kind: String,
    pub name: String,
    /// The root of the batch that it was planned in.
    pub batch: Option<String>,
    /// Where it goes, once that is decided.
    pub end: Option<End>,
}

/// Where a document goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub issued: bool,
    /// Its name there: another one if its own is taken.
    pub name: String,
}

/// A document in the work folder.
#[derive(Debug)]
pub struct Job {
    folder: PathBuf,
    pub state: State,
}

impl Job {
    /// All documents in the work folder. What was only begun is removed: nothing lies in it yet.
    pub fn all(work: &Path) -> io::Result<Vec<Job>> {
        let mut jobs = Vec::new();
        for entry in fs::read_dir(work)? {
            let folder = entry?.path();
            if !folder.is_dir() {
                continue;
            }
            match fs::read(folder.join(STATE)) {
                Ok(bytes) => jobs.push(Job { state: serde_json::from_slice(&bytes)?, folder }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::remove_dir_all(&folder)?;
                }
                Err(error) => return Err(error),
            }
        }
        jobs.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(jobs)
    }

    /// Takes a file out of IN, the fields beside it first.
    pub fn take(work: &Path, input: &Path, kind: &str, name: &str) -> io::Result<Job> {
        let id = hex::encode(&crate::chance::secret()?[..16]);
        let folder = work.join(id);
        durable::private_folder(&folder)?;
        durable::private_folder(&folder.join("files"))?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        let job = Job { folder, state: State { kind, name, batch: None, end: None } };
        job.save()?;
        let from = input.join(&job.state.kind);
        let beside = format!("{}.json", job.state.name);
        match fs::rename(from.join(&beside), job.files().join(&beside)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(from.join(&job.state.name), job.document())?;
        durable::sync_folder(&job.files())?;
        durable::sync_folder(&from)?;
        Ok(job)
    }

    fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    pub fn document(&self) -> PathBuf {
        self.files().join(&self.state.name)
    }

    /// A file beside the document.
    pub fn beside(&self, ending: &str) -> PathBuf {
        self.files().join(format!("{}{ending}", self.state.name))
    }

    pub fn save(&self) -> io::Result<()> {
        let path = self.folder.join(STATE);
        durable::replace(&path, durable::PRIVATE, |file| {
            serde_json::to_writer(&mut *file, &self.state)?;
            file.write_all(b"\n")
        })
    }

    /// Puts back what a run has taken that was ended before it had the document.
    pub fn put_back(self, input: &Path) -> io::Result<()> {
        let beside = self.beside(".json");
        if beside.exists() {
            let name = beside.file_name().unwrap_or_default();
            durable::place(&beside, &input.join(&self.state.kind).join(name))?;
        }
        fs::remove_dir_all(&self.folder)
    }

    /// Writes what is said of the document beside it, and decides where it goes.
    pub fn decide(&mut self, issued: bool, ending: &str, text: &str, top: &Path) -> io::Result<()> {
        let said = self.beside(ending);
        durable::replace(&said, durable::PUBLIC, |file| file.write_all(text.as_bytes()))?;
        let name = self.free_name(&top.join(&self.state.kind));
        self.state.end = Some(End { issued, name });
        self.save()
    }

    fn free_name(&self, folder: &Path) -> String {
        let name = &self.state.name;
        let (stem, end) = match name.rfind('.') {
            Some(dot) if dot > 0 => name.split_at(dot),
            _ => (name.as_str(), ""),
        };
        let taken = |name: &str| {
            let path = |ending: &&str| folder.join(format!("{name}{ending}"));
            ENDINGS.iter().any(|ending| fs::symlink_metadata(path(ending)).is_ok())
        };
        let mut names = (2u64..).map(|number| format!("{stem}-{number}{end}"));
        if taken(name) { names.find(|name| !taken(name)).unwrap_or_default() } else { name.clone() }
    }

    /// Moves everything to where it goes; run again, it goes on where it stopped.
    pub fn end(self, out: &Path, errors: &Path) -> io::Result<()> {
        let Some(end) = &self.state.end else { return Ok(()) };
        let folder = if end.issued { out } else { errors }.join(&self.state.kind);
        fs::create_dir_all(&folder)?;
        for ending in ENDINGS {
            let from = self.beside(ending);
            if fs::symlink_metadata(&from).is_ok() {
                durable::place(&from, &folder.join(format!("{}{ending}", end.name)))?;
            }
        }
        durable::sync_folder(&folder)?;
        // Only what is left empty goes: a file that somebody put there is not lost.
        // A run that was ended right after this has left the state alone.
        if self.files().is_dir() {
            durable::sweep(&self.files())?;
            fs::remove_dir(self.files())?;
        }
        fs::remove_file(self.folder.join(STATE))?;
        fs::remove_dir(&self.folder)
    }

    /// Whether the document lies in the work folder.
    pub fn has_document(&self) -> bool {
        fs::symlink_metadata(self.document()).is_ok()
    }

    /// Whether a name leaves room for the receipt's.
    pub fn is_name(name: &str) -> bool {
        name.len() <= NAME_BYTES && !name.chars().any(verifier::shown::is_unsafe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_was_interrupted_anywhere_is_finished_and_names_are_never_taken_twice() {
        let dir = tempfile::tempdir().unwrap();
        let places = ["in", "work", "out", "errors"].map(|name| dir.path().join(name));
        places.iter().for_each(|place| fs::create_dir_all(place.join("by-law")).unwrap());
        let [input, work, out, errors] = places;
        fs::remove_dir(work.join("by-law")).unwrap();
        fs::write(out.join("by-law/a.pdf.tlog-proof"), "somebody's").unwrap();
        // After the first move; after all moves; when the folder of files is gone as well.
        for stop in 0..3 {
            fs::write(input.join("by-law/a.pdf"), "a").unwrap();
            fs::write(input.join("by-law/a.pdf.json"), "{}").unwrap();
            let mut job = Job::take(&work, &input, "by-law", "a.pdf").unwrap();
            assert_eq!(fs::read_dir(input.join("by-law")).unwrap().count(), 0);
            fs::write(job.beside(".tlog-proof"), "receipt").unwrap();
            job.decide(true, ".result.json", "{}", &out).unwrap();
            let name = format!("a-{}.pdf", stop + 2);
            let place = |ending: &str| out.join(format!("by-law/{name}{ending}"));
            fs::rename(job.beside(".tlog-proof"), place(".tlog-proof")).unwrap();
            if stop > 0 {
                for ending in [".json", "", ".result.json"] {
                    fs::rename(job.beside(ending), place(ending)).unwrap();
                }
            }
            if stop > 1 {
                fs::remove_dir(job.files()).unwrap();
            }
            drop(job);
            let job = Job::all(&work).unwrap().pop().unwrap();
            job.end(&out, &errors).unwrap();
            assert!(ENDINGS[..4].iter().all(|ending| place(ending).exists()), "{stop}");
            assert_eq!(fs::read_dir(&work).unwrap().count(), 0, "{stop}");
        }
        assert_eq!(fs::read(out.join("by-law/a.pdf.tlog-proof")).unwrap(), b"somebody's");
    }

    #[test]
    fn what_was_taken_in_part_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let (input, work) = (dir.path().join("in"), dir.path().join("work"));
        fs::create_dir_all(input.join("by-law")).unwrap();
        fs::write(input.join("by-law/a.pdf.json"), "{}").unwrap();
        fs::create_dir(&work).unwrap();
        assert!(Job::take(&work, &input, "by-law", "a.pdf").is_err());
        assert!(!input.join("by-law/a.pdf.json").exists());
        let job = Job::all(&work).unwrap().pop().unwrap();
        assert!(!job.has_document());
        job.put_back(&input).unwrap();
        assert!(input.join("by-law/a.pdf.json").exists());
        assert_eq!(fs::read_dir(&work).unwrap().count(), 0);
    }
}
