//! Files that stay with the page.

use crate::Refusal;
use check::ContentDigester;
use proto::document::ContentDigest;
use serde::Deserialize;

/// The largest part of a document that is in memory at once. A browser reads twice as fast in parts
/// of this size as in parts of 1 MiB.
const PART: u64 = 8 * 1024 * 1024;

/// Who keeps the files.
pub trait Host {
    /// Fills `into` with what stands at `from` in a file; false if that cannot be had.
    fn read(&mut self, file: u32, from: u64, into: &mut [u8]) -> bool;
    /// Takes the next part of a file that is made.
    fn write(&mut self, bytes: &[u8]);
    /// Hears that so many more bytes were read of what is judged.
    fn advance(&mut self, bytes: u32);
}

/// A file of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// By which number the host knows it.
    pub file: u32,
    /// Its bytes.
    pub length: u64,
}

impl Blob {
    /// A part of it.
    pub(crate) fn at(
        self,
        host: &mut dyn Host,
        from: u64,
        length: usize,
    ) -> Result<Vec<u8>, Refusal> {
        let inside = from.checked_add(length as u64).is_some_and(|end| end <= self.length);
        let mut bytes = vec![0; if inside { length } else { 0 }];
        if inside && host.read(self.file, from, &mut bytes) {
            Ok(bytes)
        } else {
            Err(Refusal::unreadable())
        }
    }

    /// The whole file, if it has at most `limit` bytes.
    pub(crate) fn whole(self, host: &mut dyn Host, limit: usize) -> Result<Vec<u8>, Refusal> {
        match usize::try_from(self.length) {
            Ok(length) if length <= limit => self.at(host, 0, length),
            _ => Err(Refusal::too_large(limit)),
        }
    }

    /// The first bytes, at most so many.
    pub(crate) fn head(self, host: &mut dyn Host, most: usize) -> Result<Vec<u8>, Refusal> {
        self.at(host, 0, usize::try_from(self.length).unwrap_or(most).min(most))
    }

    /// Shows each part of a piece of the file to `seen`.
    pub(crate) fn each(
        self,
        host: &mut dyn Host,
        piece: std::ops::Range<u64>,
        mut seen: impl FnMut(&mut dyn Host, &[u8]),
    ) -> Result<(), Refusal> {
        if piece.end > self.length {
            return Err(Refusal::unreadable());
        }
        let longest = piece.end.saturating_sub(piece.start).min(PART);
        let (mut buffer, mut place) = (vec![0; longest as usize], piece.start);
        while place < piece.end {
            let length = (piece.end - place).min(PART);
            let part = &mut buffer[..length as usize];
            if !host.read(self.file, place, part) {
                return Err(Refusal::unreadable());
            }
            seen(host, part);
            host.advance(length as u32);
            place += length;
        }
        Ok(())
    }

    /// Digest and length.
    pub(crate) fn digest(
        self,
        host: &mut dyn Host,
        with_sha512: bool,
    ) -> Result<ContentDigest, Refusal> {
        let mut digester = ContentDigester::new(with_sha512);
        self.each(host, 0..self.length, |_, part| digester.update(part))?;
        Ok(digester.finish())
    }
}
