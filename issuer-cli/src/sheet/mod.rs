//! `beleg-issuer sheet`: a page, or a small area for a page, to be printed for documents that have
//! their receipts. It leads from the paper to the check.
//!
//! A receipt is verified before anything is printed of it. The same receipt gives the same bytes
//! whenever it is printed. Nothing is ever written over.

mod code;
mod examine;
mod layout;
mod letters;
mod pdf;
mod words;

pub use words::Language;

use crate::args::sheet::Sheet as Args;
use crate::durable;
use crate::office::Office;
use crate::report::Said;
use crate::run::{RunError, now};
use code::Code;
use examine::{Examined, Trouble};
use letters::Letters;
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::sheet::Sheet;
use proto::verify::Known;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use verifier::walk::{self, Found};
use verifier::{parallel, shown};
use words::Facts;

/// Documents that are worked on before what became of them is noted.
const CHUNK: usize = 256;
/// Fields that are printed if the document has them and nothing else is said.
const USUAL: [&str; 2] = ["date", "reference"];

/// Why no sheet can be made at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetCallError {
    #[error("No page that checks is named.")]
    NoVerifier,
    #[error("The folder for the sheets cannot be made or read: {0}.")]
    Folder(io::Error),
    #[error("{} lies in a folder of documents; its sheets would be issued as documents.",
        shown::path(.folder))]
    Inside { folder: PathBuf },
}

impl SheetCallError {
    /// What a person can do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            SheetCallError::NoVerifier => "Add --verifier, or set verifier_url in issuer.toml.",
            _ => "Name another folder with --out.",
        }
    }
}

/// One sheet that is to be made.
struct Task {
    path: PathBuf,
    /// Where the sheet goes, below the folder for all of them.
    place: PathBuf,
    /// Named on the command line, and not found in a folder.
    named: bool,
}

/// What became of it.
enum Done {
    Written(PathBuf),
    /// In a folder there are other files, too.
    Passed,
    Failed(Trouble),
}

/// What all sheets of a call have in common.
struct Job<'a> {
    args: &'a Args,
    federation: &'a Federation,
    address: &'a str,
    now: Timestamp,
}

/// Makes the sheets of everything that was named.
pub fn run(args: &Args) -> Result<Said, RunError> {
    let office = Office::look(&args.dir)?;
    let address = args.verifier.as_deref().or(office.settings.verifier_url.as_deref());
    let address = address.ok_or(SheetCallError::NoVerifier)?;
    let job = Job { args, federation: &office.federation, address, now: now() };
    fs::create_dir_all(&args.out).map_err(SheetCallError::Folder)?;
    let tasks = tasks(args)?;
    let (mut said, mut written, mut failed) = (Said::default(), 0, 0);
    for chunk in tasks.chunks(CHUNK) {
        let worker = || (Letters::new(), Known::default());
        let done = parallel::map(chunk.len(), parallel::cores(), worker, |(letters, known), at| {
            job.make(letters, known, &chunk[at]).unwrap_or_else(Done::Failed)
        });
        for (task, done) in chunk.iter().zip(done) {
            let path = shown::path(&task.path);
            match done {
                Done::Written(sheet) => {
                    written += 1;
                    said.out.push(format!("written\t{path}\t{}", shown::path(&sheet)));
                }
                Done::Passed => {}
                Done::Failed(trouble) => {
                    failed += 1;
                    said.out.push(format!("refused\t{path}\t{}", trouble.code()));
                    said.err.push(format!("{}: {trouble}", task.path.to_string_lossy()));
                }
            }
        }
    }
    said.out.push(format!("{written} written, {failed} refused"));
    said.exit = u8::from(failed > 0);
    Ok(said)
}

/// What was named, and what is in the folders that were named.
fn tasks(args: &Args) -> Result<Vec<Task>, SheetCallError> {
    let out = fs::canonicalize(&args.out).map_err(SheetCallError::Folder)?;
    let mut tasks = Vec::new();
    for top in &args.paths {
        let folder = top.is_dir();
        if folder && fs::canonicalize(top).is_ok_and(|top| out.starts_with(top)) {
            return Err(SheetCallError::Inside { folder: args.out.clone() });
        }
        for found in walk::walk(std::slice::from_ref(top)) {
            let path = match found {
                Found::Document(path) | Found::Refused(path, _) => path,
                // It comes with its document, if that is there.
                Found::Receipt(path) if folder && walk::document_path(&path).exists() => continue,
                Found::Receipt(path) => path,
            };
            let below = path.strip_prefix(top).ok().filter(|below| !below.as_os_str().is_empty());
            let name = below.unwrap_or(Path::new(path.file_name().unwrap_or_default()));
            let place = name.to_path_buf();
            tasks.push(Task { place, path, named: !folder });
        }
    }
    Ok(tasks)
}

impl Job<'_> {
    fn make(&self, letters: &Letters, known: &mut Known, task: &Task) -> Result<Done, Trouble> {
        let examined = match examine::examine(&task.path, self.federation, known, self.now) {
            Err(Trouble::NoReceipt) if !task.named => return Ok(Done::Passed),
            // A sealed file beside its original is the same document once more.
            Ok(examined) if !task.named && examined.twin => return Ok(Done::Passed),
            examined => examined?,
        };
        let sheet = self.sheet(&examined)?;
        let link = sheet.to_link(self.address)?;
        let facts = self.facts(&examined, &sheet);
        let language = self.args.language;
        let pages = if self.args.stamp {
            layout::stamp(letters, &facts, language).ok_or(Trouble::AddressTooLong)?
        } else {
            layout::sheet(letters, &facts, language)
        };
        let code = Code::new(&link, layout::code_side(&pages)).ok_or(Trouble::TooFine)?;
        let fixed = language.fixed();
        let about = pdf::About {
            title: fixed.title,
            language: fixed.code,
            dated: facts.proven,
            alternative: fixed.alternative,
        };
        let bytes = pdf::write(letters, &pages, &code, about).map_err(|_| Trouble::Standard)?;
        self.place(&task.place, &bytes).map(Done::Written)
    }

    /// What is printed of the receipt.
    fn sheet(&self, examined: &Examined) -> Result<Sheet, Trouble> {
        let receipt = &examined.receipt;
        let asked = &self.args.show;
        if let Some(name) = asked.iter().find(|name| receipt.value(name).is_none()) {
            return Err(Trouble::FieldMissing(name.clone()));
        }
        let asked: Vec<&str> = match (asked.is_empty(), self.args.mandatory_only) {
            (_, true) => Vec::new(),
            (true, _) => USUAL.to_vec(),
            _ => asked.iter().map(String::as_str).collect(),
        };
        Ok(Sheet::of(receipt, &asked)?)
    }

    fn facts(&self, examined: &Examined, sheet: &Sheet) -> Facts {
        let Examined { log, document, .. } = examined;
        Facts {
            issuer: sheet.issuer.clone(),
            authority: log.authority_name.clone(),
            proven: log.proven_time,
            operators: log.operators.clone(),
            media_type: document.media_type.clone(),
            bytes: document.length,
            fields: sheet.fields().to_vec(),
            address: self.address.to_owned(),
            place: [
                format!("{}  #{}  status {}", sheet.origin, sheet.index, sheet.status),
                format!("commitment {}", sheet.commitment),
                format!("federation {}", sheet.federation),
            ],
        }
    }

    /// Writes the file under its name, unless that is taken.
    fn place(&self, below: &Path, bytes: &[u8]) -> Result<PathBuf, Trouble> {
        let ending = if self.args.stamp { ".stamp.pdf" } else { ".sheet.pdf" };
        let path = self.args.out.join(with_ending(below, ending));
        let aside = path.with_file_name(hidden(&path));
        let write = || {
            fs::create_dir_all(durable::folder_of(&path))?;
            let mut file = durable::create_aside(&aside, durable::PUBLIC)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            durable::place(&aside, &path)?;
            durable::sync_folder(durable::folder_of(&path))
        };
        write().map_err(|why| {
            // Ours, and of no use to anybody.
            let _ = fs::remove_file(&aside);
            match why.kind() {
                io::ErrorKind::AlreadyExists => Trouble::InTheWay(path.clone()),
                _ => Trouble::NotWritten(why),
            }
        })?;
        Ok(path)
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn hidden(path: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name
}

#[cfg(test)]
mod tests;
