//! `beleg bundle`: many documents and their receipts in one file, a dossier.
//!
//! Only pairs that belong together get in: the receipt is of exactly this document, or the PDF is
//! sealed and was not changed since. All that is wrong is named at once, and then nothing is
//! written. The same files give the same dossier, byte for byte; no file is ever written over.

use crate::args;
use crate::judge::{Asked, Task, Worker};
use crate::lists::Lists;
use crate::outside::{AtHand, Named};
use crate::run::{now, read_federation, write_aside};
use crate::trouble::RunError;
use check::ContentDigester;
use proto::document::{Content, ContentDigest};
use proto::dossier::{Builder, DossierError, List, Listed, NameError, check_name};
use proto::limits;
use proto::receipt::Receipt;
use proto::verify::Word;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use verifier::input::{self, Digester, InputError};
use verifier::sealed::{self, SealError};
use verifier::walk::{self, Found, WalkError};

/// Why a file cannot be in a dossier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    #[error("it has no receipt beside it, and is no sealed PDF")]
    NoReceipt,
    #[error("its document is not beside it")]
    ReceiptAlone,
    #[error("its receipt cannot be read: {0}")]
    Receipt(String),
    #[error("it is not the document that its receipt is of")]
    OtherContent,
    #[error("{0}")]
    Seal(SealError),
    #[error("{0}")]
    Input(InputError),
    #[error("{0}")]
    Found(WalkError),
    #[error("it has 4 GiB or more")]
    TooLarge,
    #[error("its name is not allowed in a dossier: {0}")]
    Name(NameError),
    #[error("its name is not UTF-8")]
    NameNotText,
    #[error("another file has the same name, at least on systems where capitals do not count")]
    NameTwice,
    #[error("it is INVALID: {0}")]
    Invalid(String),
}

/// A file that cannot be in it, and why.
#[derive(Debug)]
pub struct Problem {
    pub path: PathBuf,
    pub why: Fault,
}

/// What came of it.
#[derive(Debug)]
pub enum Bundled {
    /// A dossier with so many documents.
    Written { documents: usize, bytes: u64 },
    /// Nothing: all that is wrong.
    Refused(Vec<Problem>),
}

/// A file on its way into the dossier.
struct Source {
    path: PathBuf,
    name: String,
    crc32: u32,
    digest: ContentDigest,
}

/// Writes a dossier of everything that was named.
pub fn bundle(args: &args::Bundle) -> Result<Bundled, RunError> {
    if std::fs::symlink_metadata(&args.out).is_ok() {
        let why = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(RunError::Write { path: args.out.clone(), why });
    }
    let (pairs, mut problems) = find(&args.paths);
    let mut digester = Digester::new();
    let mut sources = Vec::new();
    for pair in &pairs {
        match sources_of(pair, &mut digester) {
            Ok(found) => sources.extend(found),
            Err(why) => problems.push(Problem { path: pair.document.clone(), why }),
        }
    }
    names(&sources, &mut problems);
    if let Some(path) = &args.federation {
        let federation = read_federation(path)?;
        let lists = Lists::new(&federation, None, None, &[])?;
        let outside = AtHand::new(&federation, None, &Named::default())?;
        let (federation, lists, outside) = (&federation, &lists, &outside);
        let asked = Asked { federation, lists, outside, require: &[], now: now(), at: None };
        let mut worker = Worker::new(asked);
        let sound = pairs.iter().filter(|pair| !problems.iter().any(|p| p.path == pair.document));
        let judged: Vec<Problem> = sound.filter_map(|pair| judge(&mut worker, pair)).collect();
        problems.extend(judged);
    }
    if !problems.is_empty() {
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        return Ok(Bundled::Refused(problems));
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let listed = sources.iter().map(listed).collect();
    let list = List::new(listed).map_err(|why| RunError::Bundle { why })?;
    let total: u64 = sources.iter().map(|source| source.digest.length).sum();
    if total > limits::DOSSIER_BYTES {
        return Err(RunError::Bundle { why: DossierError::TooLarge });
    }
    let bytes = write(&args.out, &sources, &list, &mut digester)?;
    Ok(Bundled::Written { documents: pairs.len(), bytes })
}

/// A document, its receipt if it lies beside it, and its name in the dossier.
struct Pair {
    document: PathBuf,
    receipt: Option<PathBuf>,
    name: Option<String>,
}

/// Files go in under their names, folders with what is below them.
fn find(paths: &[PathBuf]) -> (Vec<Pair>, Vec<Problem>) {
    let (mut pairs, mut problems) = (BTreeMap::new(), Vec::new());
    for top in paths {
        for found in walk::walk(std::slice::from_ref(top)) {
            let document = match found {
                Found::Document(document) => document,
                Found::Receipt(receipt) => {
                    let document = walk::document_path(&receipt);
                    if !document.is_file() {
                        problems.push(Problem { path: receipt, why: Fault::ReceiptAlone });
                        continue;
                    }
                    document
                }
                Found::Refused(path, why) => {
                    problems.push(Problem { path, why: Fault::Found(why) });
                    continue;
                }
            };
            let below = document.strip_prefix(top).ok().filter(|path| !path.as_os_str().is_empty());
            let name = below.or(document.file_name().map(Path::new)).and_then(Path::to_str);
            let name = name.map(str::to_owned);
            let receipt = Some(walk::receipt_path(&document)).filter(|path| path.exists());
            pairs.insert(document.clone(), Pair { document, receipt, name });
        }
    }
    (pairs.into_values().collect(), problems)
}

/// Document and receipt, after they were compared.
fn sources_of(pair: &Pair, digester: &mut Digester) -> Result<Vec<Source>, Fault> {
    let name = pair.name.clone().ok_or(Fault::NameNotText)?;
    let document = source(&pair.document, name, digester)?;
    let Some(receipt) = &pair.receipt else {
        let sealed = sealed::open(&pair.document).map_err(Fault::Seal)?;
        let sealed = sealed.ok_or(Fault::NoReceipt)?;
        compare(&sealed.receipt, |with_sha512| {
            Ok(ContentDigester::digest(sealed.original(), with_sha512))
        })?;
        return Ok(vec![document]);
    };
    let bytes = input::read_bounded(receipt, limits::TLOG_PROOF_BYTES);
    let bytes = bytes.map_err(|why| Fault::Receipt(why.to_string()))?;
    compare(&bytes, |with_sha512| {
        let mut again = || digester.digest(&pair.document, true, |_| {}).map(|(digest, _)| digest);
        if with_sha512 { again() } else { Ok(document.digest) }
    })?;
    let receipt = Source {
        path: receipt.clone(),
        name: format!("{}.{}", document.name, walk::RECEIPT_EXTENSION),
        crc32: crc32fast::hash(&bytes),
        digest: ContentDigester::digest(&bytes, false),
    };
    check_name(&receipt.name).map_err(Fault::Name)?;
    Ok(vec![document, receipt])
}

/// Whether a receipt is of this content; nothing is judged.
fn compare(
    receipt: &[u8],
    mut content: impl FnMut(bool) -> Result<ContentDigest, InputError>,
) -> Result<(), Fault> {
    let unreadable = |why: &dyn std::fmt::Display| Fault::Receipt(why.to_string());
    let receipt = Receipt::parse(receipt).map_err(|why| unreadable(&why))?;
    // Whether its own proofs lead to an entry at all.
    receipt.entry().map_err(|why| unreadable(&why))?;
    let said = receipt.disclosure.shown().find(|(_, field)| field.name() == "content");
    let said = said.and_then(|(_, field)| Content::parse(field.value()).ok());
    let said = said.ok_or_else(|| unreadable(&"it does not say of which document it is"))?;
    let with_sha512 = said.digest.sha512.is_some();
    let found = content(with_sha512).map_err(Fault::Input)?;
    if found == said.digest { Ok(()) } else { Err(Fault::OtherContent) }
}

fn source(path: &Path, name: String, digester: &mut Digester) -> Result<Source, Fault> {
    check_name(&name).map_err(Fault::Name)?;
    let mut crc32 = crc32fast::Hasher::new();
    let digest = digester.digest(path, false, |part| crc32.update(part));
    let (digest, _) = digest.map_err(Fault::Input)?;
    if digest.length > limits::DOSSIER_BYTES {
        return Err(Fault::TooLarge);
    }
    Ok(Source { path: path.to_path_buf(), name, crc32: crc32.finalize(), digest })
}

/// Names that would fall together.
fn names(sources: &[Source], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for source in sources {
        if !seen.insert(source.name.to_lowercase()) {
            problems.push(Problem { path: source.path.clone(), why: Fault::NameTwice });
        }
    }
}

/// What is INVALID does not get in. What is too old to say may: that can be told again where newer
/// data is at hand.
fn judge(worker: &mut Worker<'_>, pair: &Pair) -> Option<Problem> {
    let document = pair.document.clone();
    let receipt = walk::receipt_path(&document);
    let checked = worker.judge(&Task::Pair { document, receipt });
    let (_, sentence, _) = checked.why();
    let why = Fault::Invalid(sentence);
    (checked.word() == Word::Invalid).then_some(Problem { path: checked.file, why })
}

fn listed(source: &Source) -> Listed {
    Listed {
        sha256: source.digest.sha256,
        // `source` has seen that it fits.
        length: u32::try_from(source.digest.length).unwrap_or(u32::MAX),
        name: source.name.clone(),
    }
}

/// Writes the dossier; each file is read again and compared with what was read before.
fn write(
    out: &Path,
    sources: &[Source],
    list: &List,
    digester: &mut Digester,
) -> Result<u64, RunError> {
    let refused = |why| RunError::Bundle { why };
    let (mut builder, head) = Builder::new(list).map_err(refused)?;
    write_aside(out, |file: &mut io::BufWriter<File>| {
        let failed = |why| RunError::Write { path: out.to_path_buf(), why };
        file.write_all(&head).map_err(failed)?;
        for (source, listed) in sources.iter().zip(list.files()) {
            let header = builder.next(listed, source.crc32).map_err(refused)?;
            file.write_all(&header).map_err(failed)?;
            let mut written = Ok(());
            let read = digester.digest(&source.path, false, |part| {
                if written.is_ok() {
                    written = file.write_all(part);
                }
            });
            written.map_err(failed)?;
            let lost = |why| RunError::File { path: source.path.clone(), why };
            let (digest, _) = read.map_err(lost)?;
            if digest != source.digest {
                return Err(lost(InputError::Changed));
            }
        }
        file.write_all(&builder.finish().map_err(refused)?).map_err(failed)
    })?;
    let written = std::fs::metadata(out);
    Ok(written.map_err(|why| RunError::Write { path: out.to_path_buf(), why })?.len())
}
