//! What a dossier holds, shown and taken out. Nothing is judged here.

use crate::args;
use crate::run::{folder_aside, write_new};
use crate::trouble::RunError;
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use verifier::dossier::{self, DossierFault, Opened};
use verifier::input::Digester;
use verifier::{shown, walk};

/// Whether this is a dossier that is to be looked into. A receipt beside it is for the whole file.
pub fn is_dossier(path: &Path) -> bool {
    !walk::receipt_path(path).exists() && dossier::claims(path)
}

/// What `inspect` shows.
#[derive(Debug, Serialize)]
pub struct ContentsView {
    dossier: String,
    documents: Vec<DocumentView>,
}

#[derive(Debug, Serialize)]
struct DocumentView {
    name: String,
    bytes: u32,
    sha256: String,
    /// Null: it carries its receipt.
    receipt: Option<String>,
}

fn open(path: &Path) -> Result<Opened, RunError> {
    dossier::open(path).map_err(|why| RunError::Dossier { path: path.to_path_buf(), why })
}

/// The list of a dossier, whose structure is sound; contents are not compared.
pub fn contents(path: &Path) -> Result<ContentsView, RunError> {
    let dossier = open(path)?.dossier;
    let listed = |at: usize| &dossier.parts[at].listed;
    let document = |pair: &proto::dossier::Paired| DocumentView {
        name: listed(pair.document).name.clone(),
        bytes: listed(pair.document).length,
        sha256: listed(pair.document).sha256.to_hex(),
        receipt: pair.receipt.map(|at| listed(at).name.clone()),
    };
    let documents = dossier.documents.iter().map(document).collect();
    Ok(ContentsView { dossier: crate::view::path(path), documents })
}

/// The list for a person.
pub fn words(view: &ContentsView) -> Vec<String> {
    let head = format!("dossier  {} documents", view.documents.len());
    let line = |document: &DocumentView| {
        let DocumentView { name, bytes, sha256, receipt } = document;
        let receipt = if receipt.is_some() { "receipt beside it" } else { "receipt inside" };
        format!("{sha256}  {bytes:>10}  {receipt:17}  {}", shown::text(name))
    };
    std::iter::once(head).chain(view.documents.iter().map(line)).collect()
}

/// Writes everything into a new folder that has the dossier's name, or nothing; the folder.
pub fn extract(args: &args::Extract) -> Result<PathBuf, RunError> {
    let opened = open(&args.path)?;
    let beside = args.path.parent().unwrap_or(Path::new(""));
    let name = args.path.file_stem().unwrap_or_default();
    let folder = args.out.as_deref().unwrap_or(beside).join(name);
    folder_aside(&folder, |aside| unpack(&opened, &args.path, aside))?;
    Ok(folder)
}

fn unpack(opened: &Opened, path: &Path, folder: &Path) -> Result<(), RunError> {
    let mut digester = Digester::new();
    for part in &opened.dossier.parts {
        // The names were checked: none leads out of the folder, no two are the same.
        let target = folder.join(&part.listed.name);
        let failed = |why| RunError::Write { path: target.clone(), why };
        fs::create_dir_all(target.parent().unwrap_or(folder)).map_err(failed)?;
        write_new(&target, b"")?;
        let mut file = File::options().append(true).open(&target).map_err(failed)?;
        let mut written = Ok(());
        let read = opened.digest(part, &mut digester, false, |bytes| {
            if written.is_ok() {
                written = file.write_all(bytes);
            }
        });
        written.and_then(|()| file.sync_all()).map_err(failed)?;
        let refused = |why: DossierFault| RunError::Dossier { path: path.to_path_buf(), why };
        read.map_err(refused)?;
    }
    Ok(())
}
