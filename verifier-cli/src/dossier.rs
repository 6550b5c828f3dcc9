//! Dossiers on disk: opened with their structure checked, read part by part, never unpacked as a
//! whole. What a dossier lists is not believed; each document is judged by its own receipt.

use crate::input::{self, Digester, InputError};
use proto::document::ContentDigest;
use proto::dossier::{self, Dossier, DossierError, Part};
use proto::hash::sha256;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Why a dossier, or a part of one, cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DossierFault {
    /// The system refused.
    #[error("it cannot be read: {0}")]
    Input(#[from] InputError),
    /// It is not what `beleg bundle` writes.
    #[error("{0}")]
    Refused(#[from] DossierError),
}

impl From<io::Error> for DossierFault {
    fn from(error: io::Error) -> DossierFault {
        match error.kind() {
            // It became shorter since it was opened.
            io::ErrorKind::UnexpectedEof => InputError::Changed.into(),
            _ => InputError::Io(error).into(),
        }
    }
}

/// A dossier that is open.
#[derive(Debug)]
pub struct Opened {
    file: File,
    /// What it holds.
    pub dossier: Dossier,
}

/// Whether a file begins as a dossier does.
pub fn claims(path: &Path) -> bool {
    let head = || -> Result<Vec<u8>, InputError> {
        let mut head = Vec::new();
        input::open(path)?.0.take(dossier::HEAD_BYTES as u64).read_to_end(&mut head)?;
        Ok(head)
    };
    head().is_ok_and(|head| dossier::claims(&head))
}

/// Opens a file that begins as a dossier; its structure is checked from the first byte to the last,
/// its contents are not read yet.
pub fn open(path: &Path) -> Result<Opened, DossierFault> {
    let (file, metadata) = input::open(path)?;
    let size = metadata.len();
    let at = |place: u64, length: usize| -> Result<Vec<u8>, DossierFault> {
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, place)?;
        Ok(bytes)
    };
    let dossier = Dossier::read(size, at)?;
    Ok(Opened { file, dossier })
}

impl Opened {
    /// A whole part of at most `limit` bytes, compared with the list.
    pub fn read(&self, part: &Part, limit: usize) -> Result<Vec<u8>, DossierFault> {
        if part.member.size() > limit {
            return Err(InputError::TooLong { limit }.into());
        }
        let mut bytes = vec![0; part.member.size()];
        self.file.read_exact_at(&mut bytes, part.member.content())?;
        part.member.check_crc(crc32fast::hash(&bytes))?;
        part.check(sha256(&bytes))?;
        Ok(bytes)
    }

    /// The digest of a part, compared with the list; each piece that is read is shown to `seen`.
    pub fn digest(
        &self,
        part: &Part,
        digester: &mut Digester,
        with_sha512: bool,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<ContentDigest, DossierFault> {
        let mut crc32 = crc32fast::Hasher::new();
        let (place, left) = (part.member.content(), part.member.size() as u64);
        let mut source = Section { file: &self.file, place, left };
        let digest = digester.digest_of(&mut source, left, with_sha512, |bytes| {
            crc32.update(bytes);
            seen(bytes);
        })?;
        part.member.check_crc(crc32.finalize())?;
        part.check(digest.sha256)?;
        Ok(digest)
    }
}

/// A piece of a file; many threads read from one file without moving each other's place.
struct Section<'a> {
    file: &'a File,
    place: u64,
    left: u64,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..most], self.place)?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.place += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}
