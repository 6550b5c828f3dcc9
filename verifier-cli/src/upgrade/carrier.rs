//! The file that a receipt is in: one of its own, or a sealed PDF.

use crate::input::{self, InputError};
use crate::sealed::{self, SealError, Sealed};
use crate::{dossier, walk};
use proto::limits;
use seal::{Builder, Opened};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Why a receipt cannot be had from a file, or be put back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// The system refused.
    #[error("It cannot be read: {0}. Name a file that you may read.")]
    Unreadable(#[from] InputError),
    /// It bears the mark of a seal and is not sealed.
    #[error("{0}. Ask whoever gave it to you for the file, unchanged.")]
    Seal(SealError),
    /// The builder refuses what it sealed before.
    #[error("The original cannot be sealed with the new receipt. Please report this.")]
    NotSealed,
    /// It holds many receipts.
    #[error("It is a dossier. Take its files out with `beleg extract` and name the folder.")]
    Dossier,
}

impl CarrierError {
    /// The same word for the same thing, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            CarrierError::Unreadable(_) | CarrierError::Seal(SealError::Input(_)) => {
                "file-unreadable"
            }
            CarrierError::Seal(SealError::Damage(_)) => "sealed-file-changed",
            CarrierError::Seal(_) => "seal-version-unknown",
            CarrierError::NotSealed => "not-sealed",
            CarrierError::Dossier => "dossier",
        }
    }
}

/// A file with a receipt.
pub enum Carrier {
    /// The receipt itself.
    Receipt(PathBuf, Vec<u8>),
    /// A sealed PDF.
    Sealed(PathBuf, Sealed),
}

impl Carrier {
    /// Opens a receipt, a document whose receipt lies beside it, or a sealed PDF.
    pub fn open(path: &Path) -> Result<Option<Carrier>, CarrierError> {
        let beside = walk::receipt_path(path);
        let receipt = match walk::is_receipt(path) {
            true => Some(path),
            false if beside.exists() => Some(beside.as_path()),
            false => None,
        };
        // A link stays a link: what it leads to is written anew.
        let real = |path: &Path| path.canonicalize().map_err(InputError::Io);
        if let Some(path) = receipt {
            let bytes = input::read_bounded(path, limits::TLOG_PROOF_BYTES)?;
            return Ok(Some(Carrier::Receipt(real(path)?, bytes)));
        }
        match sealed::open(path).map_err(CarrierError::Seal)? {
            Some(sealed) => Ok(Some(Carrier::Sealed(real(path)?, sealed))),
            None if dossier::claims(path) => Err(CarrierError::Dossier),
            None => Ok(None),
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        let (Carrier::Receipt(path, _) | Carrier::Sealed(path, _)) = self;
        path
    }

    /// The receipt that is in it.
    pub fn receipt(&self) -> &[u8] {
        match self {
            Carrier::Receipt(_, bytes) => bytes,
            Carrier::Sealed(_, sealed) => &sealed.receipt,
        }
    }

    /// The file with another receipt, opened again as a stranger would.
    pub fn with_receipt(&self, receipt: Vec<u8>) -> Result<Vec<u8>, CarrierError> {
        let Carrier::Sealed(_, sealed) = self else { return Ok(receipt) };
        let original = sealed.original();
        let file = seal::seal(original, &receipt, Builder::V1);
        let file = file.map_err(|_| CarrierError::NotSealed)?;
        let want = Opened::Sealed { original: 0..original.len(), receipt };
        if seal::open(&file) == want { Ok(file) } else { Err(CarrierError::NotSealed) }
    }
}

/// Writes a file in the place of one that is there, for the same people to read: aside, synced,
/// then renamed. A crash leaves the old one or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let aside = folder.join(name);
    let written = fs::metadata(path).and_then(|old| {
        let mut file = File::create(&aside)?;
        file.set_permissions(old.permissions())?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    });
    if let Err(error) = written {
        // Half written, and ours alone.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}
