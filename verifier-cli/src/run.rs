//! What each command does, without printing and without ending the process.

use crate::args;
use crate::contents;
use crate::export::{self, Export};
use crate::judge::{Asked, Checked, Task, Worker};
use crate::lists::{Lists, Used};
use crate::moment;
use crate::outside::{AtHand, Named};
use crate::store::Store;
use crate::successors::{Replaced, Successors};
use crate::trouble::RunError;
use proto::dossier::Paired;
use proto::federation::Federation;
use proto::hash::Timestamp;
use proto::limits;
use proto::receipt::{Receipt, ReceiptError};
use proto::sheet::Sheet;
use proto::verify::Word;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use verifier::dossier;
use verifier::input;
use verifier::parallel;
use verifier::sealed;
use verifier::walk::{self, Found};

/// Documents that are judged before their verdicts are handed on: enough to keep all cores busy,
/// few enough that memory does not grow with the folder.
const CHUNK: usize = 1024;

/// How many of each word.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub valid: u64,
    pub invalid: u64,
    pub cannot_tell: u64,
}

impl Counts {
    fn add(&mut self, word: Word) {
        match word {
            Word::Valid => self.valid += 1,
            Word::Invalid => self.invalid += 1,
            Word::CannotTell => self.cannot_tell += 1,
        }
    }

    /// INVALID wins over CANNOT TELL, and no document at all is CANNOT TELL.
    pub fn exit(self) -> u8 {
        match self {
            Counts { invalid: 1.., .. } => 1,
            Counts { cannot_tell: 0, valid: 1.., .. } => 0,
            _ => 2,
        }
    }
}

/// What is to be said when everything was judged.
#[derive(Debug)]
pub struct Summary {
    pub counts: Counts,
    /// The status lists that were used, by origin.
    pub lists: Vec<Used>,
    /// Documents that do not stand because another took their place.
    pub replaced: Vec<Replaced>,
    pub now: Timestamp,
}

/// Whom a person hears while a folder is read.
pub trait Listener {
    /// One document was judged; they come in the order of their names.
    fn checked(&mut self, checked: &Checked) -> io::Result<()>;
    /// So many more were judged, and all of them were told.
    fn advance(&mut self, documents: u64) -> io::Result<()>;
}

/// Whether one document was named, and so one verdict is to be explained.
pub fn is_single(args: &args::Verify) -> bool {
    let single = matches!(args.paths.as_slice(), [path] if !path.is_dir());
    single && (args.receipt.is_some() || !contents::is_dossier(&args.paths[0]))
}

/// Judges everything that was named.
pub fn verify_all(args: &args::Verify, listener: &mut impl Listener) -> Result<Summary, RunError> {
    let trusted = read_federation(&args.federation)?;
    let store = if args.no_store { None } else { Store::named(args.store.as_deref()) };
    let federation = match &store {
        Some(store) => store.newest(trusted)?,
        None => trusted,
    };
    let now = now();
    let at = args.at.as_deref().map(|text| moment::parse(text, now)).transpose()?;
    let sheet = args.sheet.as_deref().map(Sheet::scanned).transpose()?;
    if sheet.is_some() && !is_single(args) {
        return Err(RunError::SheetOfMany);
    }
    let named = Named { headers: args.bitcoin_headers.clone(), blocks: args.evm_blocks.clone() };
    let outside = AtHand::new(&federation, store.as_ref(), &named)?;
    let lists = Lists::new(&federation, store, at, &args.status_list)?;
    let (federation, require) = (&federation, args.require_anchor.as_slice());
    let asked = Asked { federation, lists: &lists, outside: &outside, require, now, at };
    let mut tasks = tasks(args)?;
    let (mut counts, mut successors) = (Counts::default(), Successors::default());
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        chunk.extend(tasks.by_ref().take(CHUNK));
        if chunk.is_empty() {
            let (lists, replaced) = (lists.used(), successors.replaced());
            return Ok(Summary { counts, lists, replaced, now });
        }
        // A single document is judged right here: no thread is worth starting for it.
        let workers = if chunk.len() == 1 { 1 } else { parallel::cores() };
        let worker = || Worker::new(asked).with_paper(sheet.as_ref());
        let judged = parallel::map(chunk.len(), workers, worker, |w, i| w.judge(&chunk[i]));
        for checked in &judged {
            counts.add(checked.word());
            successors.add(checked);
            listener.checked(checked)?;
        }
        listener.advance(judged.len() as u64)?;
    }
}

fn tasks(args: &args::Verify) -> Result<Box<dyn Iterator<Item = Task> + '_>, RunError> {
    if let Some(receipt) = &args.receipt {
        return match args.paths.as_slice() {
            [document] if !document.is_dir() => {
                let (document, receipt) = (document.clone(), receipt.clone());
                Ok(Box::new(std::iter::once(Task::Pair { document, receipt })))
            }
            _ => Err(RunError::ReceiptOfMany),
        };
    }
    let task = |found| {
        let task = match found {
            Found::Document(path) if contents::is_dossier(&path) => return listed(path),
            Found::Document(document) => {
                let receipt = walk::receipt_path(&document);
                Some(Task::Pair { document, receipt })
            }
            Found::Receipt(receipt) => {
                let document = walk::document_path(&receipt);
                match (document.exists(), args.paths.contains(&receipt)) {
                    (true, true) => Some(Task::Pair { document, receipt }),
                    // It comes by itself.
                    (true, false) => None,
                    (false, _) => Some(Task::Alone { receipt }),
                }
            }
            Found::Refused(path, why) => Some(Task::Lost { path, why: Arc::new(why) }),
        };
        task.into_iter().collect()
    };
    Ok(Box::new(walk::walk(&args.paths).flat_map(task)))
}

/// The documents of a dossier.
fn listed(path: PathBuf) -> Vec<Task> {
    match dossier::open(&path) {
        Ok(opened) => {
            let dossier = Arc::new(opened);
            let pairs = dossier.dossier.documents.iter();
            let task = |pair: &Paired| {
                let (dossier, path) = (Arc::clone(&dossier), path.clone());
                Task::Listed { dossier, path, pair: *pair }
            };
            pairs.map(task).collect()
        }
        Err(why) => vec![Task::Unopened { path, why: Arc::new(why) }],
    }
}

/// The system's clock.
pub fn now() -> Timestamp {
    // A clock before 1970 reads as 0: every time is then in the future, which the verdict says.
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs()))
}

/// The federation file.
pub fn read_federation(path: &Path) -> Result<Federation, RunError> {
    let bytes = read(path, limits::FEDERATION_BYTES)?;
    let failed = |why| RunError::Federation { path: path.to_path_buf(), why };
    Federation::parse(&bytes).map_err(failed)
}

/// A whole file of at most `limit` bytes.
pub fn read(path: &Path, limit: usize) -> Result<Vec<u8>, RunError> {
    let failed = |why| RunError::File { path: path.to_path_buf(), why };
    input::read_bounded(path, limit).map_err(failed)
}

/// A receipt that was opened to be looked at.
#[derive(Debug)]
pub struct Opened {
    pub path: PathBuf,
    pub size: usize,
    pub receipt: Receipt,
    /// What was written of the evidence of outside clocks, if that was asked for.
    pub export: Option<Export>,
}

/// Opens the receipt, or that of the document, and writes of it what is asked for.
pub fn inspect(named: &Path, args: &args::Inspect) -> Result<Opened, RunError> {
    let beside = walk::receipt_path(named);
    let path = match (walk::is_receipt(named), beside.exists()) {
        (false, true) => beside,
        _ => named.to_path_buf(),
    };
    let inside = !walk::is_receipt(&path);
    let inside = if inside { sealed::open(&path) } else { Ok(None) };
    let inside = inside.map_err(|why| RunError::Seal { path: path.clone(), why })?;
    let bytes = match inside {
        Some(sealed) => sealed.receipt,
        None => read(&path, limits::TLOG_PROOF_BYTES)?,
    };
    let failed = |why| RunError::Receipt { path: path.clone(), why };
    let receipt = Receipt::parse(&bytes).map_err(|why| {
        let document = !walk::is_receipt(named);
        let not_a_receipt = document && matches!(why, ReceiptError::TlogProof(_));
        if not_a_receipt { RunError::NoReceipt { path: path.clone() } } else { failed(why) }
    })?;
    if let Some(out) = &args.entry {
        write_new(out, &receipt.entry().map_err(failed)?)?;
    }
    let folder = args.evidence.as_deref();
    let export = folder.map(|folder| export::export(&path, &receipt, folder)).transpose()?;
    Ok(Opened { path, size: bytes.len(), receipt, export })
}

/// Writes a file that is not there yet; nothing is left of it if that fails.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let failed = |why| RunError::Write { path: path.to_path_buf(), why };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(bytes).map_err(|why| {
        // Ours since `create_new`, and half written.
        let _ = fs::remove_file(path);
        failed(why)
    })
}

/// Writes a new file under another name first, and gives it its name when it is whole and durable.
pub fn write_aside(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let failed = |why| RunError::Write { path: path.to_path_buf(), why };
    let aside = aside_name(path);
    let mut file = BufWriter::new(File::create_new(&aside).map_err(failed)?);
    let written = write(&mut file).and_then(|()| {
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().and_then(|()| rename_new(&aside, path)).map_err(failed)
    });
    written.inspect_err(|_| {
        // Ours since `create_new`, and not whole.
        let _ = fs::remove_file(&aside);
    })
}

/// Makes a folder under another name first, and gives it its name when all of it is there.
pub fn folder_aside(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let failed = |why| RunError::Write { path: folder.to_path_buf(), why };
    let aside = aside_name(folder);
    if fs::symlink_metadata(folder).is_ok() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    fs::create_dir(&aside).map_err(failed)?;
    let durable = || File::open(&aside)?.sync_all();
    fill(&aside)
        .and_then(|()| durable().and_then(|()| rename_new(&aside, folder)).map_err(failed))
        .inspect_err(|_| {
            // Made just now, and ours alone.
            let _ = fs::remove_dir_all(&aside);
        })
}

/// A hidden name beside a path, that of this process.
fn aside_name(path: &Path) -> PathBuf {
    let mut aside = OsString::from(".");
    aside.push(path.file_name().unwrap_or_default());
    aside.push(format!(".{}", std::process::id()));
    path.with_file_name(aside)
}

/// Gives a file or folder a name that nothing has yet; durable on return.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system can say so in one step.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_err() => {
            fs::rename(from, to)?;
        }
        renamed => renamed?,
    }
    let folder = to.parent().filter(|path| !path.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// The policy file of one log.
pub fn policy(args: &args::Policy) -> Result<Vec<u8>, RunError> {
    let federation = read_federation(&args.federation)?;
    let authorities = &federation.current().authorities;
    let origin = match (&args.origin, authorities.as_slice()) {
        (Some(origin), _) => origin.as_str(),
        (None, [authority]) => authority.origin(),
        (None, _) => {
            let origins = authorities.iter().map(|a| a.origin().to_owned()).collect();
            return Err(RunError::WhichLog { origins });
        }
    };
    let policy = federation.policy(origin);
    let policy = policy.ok_or_else(|| RunError::NoLog { origin: origin.to_owned() })?;
    Ok(policy?.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_wins_over_cannot_tell_and_nothing_is_cannot_tell() {
        let exit = |valid, invalid, cannot_tell| Counts { valid, invalid, cannot_tell }.exit();
        assert_eq!([exit(1, 0, 0), exit(9, 1, 5), exit(9, 0, 1), exit(0, 0, 0)], [0, 1, 2, 2]);
    }
}
