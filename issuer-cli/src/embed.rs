//! `issue --embed`: beside each PDF that got its receipt a second file, `NAME.sealed.pdf`, that
//! carries it. The original and the receipt beside it stay as they are, because that original is
//! what was issued; the sealed file is what the office hands out.

use crate::durable;
use crate::outcome::Why;
use crate::plan::Planned;
use proto::hash::Hash;
use seal::{Builder, Refusal};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use verifier::input::{self, InputError};
use verifier::sealed;

/// Files from this size on are sealed one after the other, so that memory stays bounded.
const LARGE: u64 = 4 * 1024 * 1024;

/// Why there is no sealed file beside a document. The receipt beside it is not touched.
enum Trouble {
    Refused(Refusal),
    Changed,
    InTheWay(PathBuf),
    Io(io::Error),
}

/// Seals documents of a batch.
#[derive(Default)]
pub struct Embedder {
    large: Mutex<()>,
}

impl Embedder {
    /// Writes the sealed file of a PDF; why there is none, if there is something to say. What is
    /// no PDF keeps its receipt beside it, as every other document does.
    pub fn embed(&self, document: &Planned, receipt: &[u8], aside: &Path) -> Result<(), Why> {
        if document.media_type != "application/pdf" {
            return Ok(());
        }
        let _one = (document.digest.length >= LARGE)
            .then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        place(document, receipt, aside).map_err(|trouble| {
            let (code, what) = match trouble {
                Trouble::Refused(refusal) => (refusal.code(), refusal.to_string()),
                Trouble::Changed => ("file-changed", "It was changed meanwhile.".to_owned()),
                Trouble::InTheWay(path) => {
                    let path = verifier::shown::path(&path).into_owned();
                    ("sealed-in-the-way", format!("Another file {path} is there and stays."))
                }
                Trouble::Io(why) => ("sealed-not-written", format!("It cannot be written: {why}.")),
            };
            let sentence = format!("{what} There is no sealed file; the receipt lies beside it.");
            Why::new(code, sentence)
        })
    }
}

fn place(document: &Planned, receipt: &[u8], aside: &Path) -> Result<(), Trouble> {
    let limit = seal::limits::ORIGINAL_BYTES;
    let original = input::read_bounded(&document.path, limit).map_err(|why| match why {
        InputError::TooLong { limit } => Trouble::Refused(Refusal::TooLarge { limit }),
        InputError::Io(error) => Trouble::Io(error),
        other => Trouble::Io(io::Error::other(other)),
    })?;
    if Hash(Sha256::digest(&original).into()) != document.digest.sha256 {
        return Err(Trouble::Changed);
    }
    let update = seal::update(&original, receipt, Builder::V1).map_err(Trouble::Refused)?;
    let path = sealed::path_of(&document.path);
    let write = || {
        let mut file = durable::create_aside(aside, durable::PUBLIC)?;
        file.write_all(&original)?;
        file.write_all(&update)?;
        file.sync_all()?;
        durable::place(aside, &path)
    };
    let written = write();
    if written.is_err() {
        // What is left of it would only be in the way.
        let _ = fs::remove_file(aside);
    }
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // An interrupted run wrote the very same.
            match sealed::open(&path) {
                Ok(Some(there)) if there.original() == original && there.receipt == receipt => {
                    Ok(())
                }
                _ => Err(Trouble::InTheWay(path)),
            }
        }
        written => written.map_err(Trouble::Io),
    }
}
