//! PDFs that carry their receipt: found, and compared with what the builder makes.

use crate::input::{self, InputError};
use seal::{Damage, Opened};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most bytes that a sealed file has.
pub const LIMIT: usize = seal::limits::ORIGINAL_BYTES + seal::limits::UPDATE_BYTES;
/// What the name of a sealed file ends with.
pub const EXTENSION: &str = "sealed.pdf";

/// A sealed file, whole in memory.
#[derive(Debug)]
pub struct Sealed {
    bytes: Vec<u8>,
    original: Range<usize>,
    /// The receipt that it carries.
    pub receipt: Vec<u8>,
}

impl Sealed {
    /// The original, byte for byte.
    pub fn original(&self) -> &[u8] {
        &self.bytes[self.original.clone()]
    }
}

/// Why a file that bears the mark of a seal cannot be taken as sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The system refused.
    #[error("it cannot be read: {0}")]
    Input(#[from] InputError),
    /// It is not what the builder makes.
    #[error("{0}")]
    Damage(Damage),
    /// A newer program made it.
    #[error("its seal is of a version that this program does not know")]
    Version,
}

/// Opens a file; `None` if it carries no seal.
pub fn open(path: &Path) -> Result<Option<Sealed>, SealError> {
    if !begins_as_pdf(path)? {
        return Ok(None);
    }
    let bytes = match input::read_bounded(path, LIMIT) {
        Err(InputError::TooLong { .. }) => return Ok(None),
        read => read?,
    };
    open_bytes(bytes)
}

/// The same of a file that is in memory.
pub fn open_bytes(bytes: Vec<u8>) -> Result<Option<Sealed>, SealError> {
    match seal::open(&bytes) {
        Opened::NotSealed => Ok(None),
        Opened::Sealed { original, receipt } => Ok(Some(Sealed { bytes, original, receipt })),
        Opened::Damaged(damage) => Err(SealError::Damage(damage)),
        Opened::UnknownVersion => Err(SealError::Version),
    }
}

/// Whether a file ends as a sealed one does; only its first and last bytes are read.
pub fn claims(path: &Path) -> bool {
    let tail = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(128)))?;
        let mut tail = Vec::new();
        file.take(128).read_to_end(&mut tail)?;
        Ok(seal::ends_as_sealed(&tail))
    };
    begins_as_pdf(path).unwrap_or(false) && tail().unwrap_or(false)
}

fn begins_as_pdf(path: &Path) -> Result<bool, InputError> {
    if !path.metadata()?.is_file() {
        return Err(InputError::NotAFile);
    }
    let mut head = Vec::new();
    File::open(path)?.take(5).read_to_end(&mut head)?;
    Ok(head == b"%PDF-")
}

/// `NAME.sealed.pdf` for `NAME.pdf`.
pub fn path_of(document: &Path) -> PathBuf {
    match document.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("pdf") => {
            document.with_extension(EXTENSION)
        }
        _ => {
            let mut name = document.as_os_str().to_owned();
            name.push(".");
            name.push(EXTENSION);
            PathBuf::from(name)
        }
    }
}

/// The name that the original gets: `NAME.pdf` for `NAME.sealed.pdf`, else `NAME.original.pdf`.
pub fn original_name(sealed: &Path) -> PathBuf {
    let stem = PathBuf::from(sealed.file_stem().unwrap_or_default());
    match stem.extension() {
        Some(extension) if extension == "sealed" => stem.with_extension("pdf"),
        _ => {
            let mut name = stem.into_os_string();
            name.push(".original.pdf");
            PathBuf::from(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_there_and_back() {
        let sealed = path_of(Path::new("dir/a.b.pdf"));
        assert_eq!(sealed, Path::new("dir/a.b.sealed.pdf"));
        assert_eq!(original_name(&sealed), Path::new("a.b.pdf"));
        assert_eq!(path_of(Path::new("dir/a")), Path::new("dir/a.sealed.pdf"));
        assert_eq!(original_name(Path::new("dir/a.pdf")), Path::new("a.original.pdf"));
    }

    #[test]
    fn what_is_no_pdf_is_not_sealed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdf");
        std::fs::write(&path, "hello").unwrap();
        assert!(open(&path).unwrap().is_none() && !claims(&path));
        assert!(matches!(open(dir.path()), Err(SealError::Input(InputError::NotAFile))));
    }
}
