//! The office's journal: one line for each document issued and for each change of a status, in a
//! file that only grows.
//!
//! ```text
//! journal/lines   one JSON object a line; each holds the hash of the line before
//! journal/keys    32 bytes for each sealed part, in the order of their slots; zeros: erased
//! ```
//!
//! What is about a person (file name, fields, digest, secret, notes) is sealed with a key of its
//! own. Erasing overwrites that key: the line and the chain stay as they are, and nobody can read
//! the sealed part again.
//!
//! Order on disk: keys first, then the lines that need them, each synced. A crash leaves keys
//! without lines, which the next start cuts off, or a line or batch that is not whole, which it
//! cuts off too: nobody was told of it yet.

pub mod check;
pub mod command;
pub mod keys;
pub mod line;
pub mod read;
pub mod rows;

use crate::chance;
use crate::durable;
use crate::journal::Entered;
use crate::plan::Plan;
use keys::Keys;
use line::{Batch, Line, Personal, Sealed, Version, What};
use proto::document::Document;
use proto::hash::{Hash, Timestamp};
use read::ReadError;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The journal's folder inside the office's.
pub const FOLDER: &str = "journal";
const LINES: &str = "lines";
const KEYS: &str = "keys";

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    #[error("The journal cannot be read or written: {0}.")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("The journal's keys end before line {line}; a file was taken from a backup alone.")]
    KeysMissing { line: u64 },
    #[error("A part of a line cannot be sealed.")]
    Sealing,
    #[error("A line of the journal would be longer than any may be.")]
    LongLine,
}

/// Where the next line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    /// Number of the next line.
    number: u64,
    /// Hash of the last line.
    last: Hash,
    /// Slots in use.
    slots: u64,
}

/// The journal, open for writing. The caller holds the office's lock.
#[derive(Debug)]
pub struct Book {
    folder: PathBuf,
    lines: File,
    keys: Keys,
    end: End,
}

/// The file with the lines.
pub fn lines_path(office: &Path) -> PathBuf {
    office.join(FOLDER).join(LINES)
}

/// The file with the keys.
pub fn keys_path(office: &Path) -> PathBuf {
    office.join(FOLDER).join(KEYS)
}

impl Book {
    /// Opens the journal of an office, made if it is not there, and cuts off what a crash has left
    /// half written.
    pub fn open(office: &Path) -> Result<Book, BookError> {
        let folder = office.join(FOLDER);
        if !folder.is_dir() {
            durable::private_folder(&folder)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(durable::PRIVATE);
        let mut lines = options.open(lines_path(office))?;
        let keys = Keys::open(&keys_path(office))?;
        durable::sync_folder(&folder)?;
        let (end, length) = read::end(&mut lines)?;
        let end = end.map_or(End { number: 0, last: line::START, slots: 0 }, |line| End {
            number: line.line.number + 1,
            last: line.hash,
            slots: line.line.slots,
        });
        if lines.metadata()?.len() != length {
            lines.set_len(length)?;
            lines.sync_all()?;
        }
        let mut book = Book { folder: office.to_path_buf(), lines, keys, end };
        if book.keys.count()? < end.slots {
            return Err(BookError::KeysMissing { line: end.number.saturating_sub(1) });
        }
        book.keys.cut(end.slots)?;
        Ok(book)
    }

    /// Writes down a whole batch before any receipt of it is handed out; once, however often it is
    /// called for a batch that an earlier run began.
    pub fn record(
        &mut self,
        plan: &Plan,
        fields: &[Document],
        entered: Entered,
        resumed: bool,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let root = plan.head.root();
        if resumed && self.has_batch(&root)? {
            return Ok(());
        }
        let mut whats = vec![What::Batch(Batch {
            root,
            origin: plan.head.origin.clone(),
            issuer: plan.head.issuer,
            key: Hash(plan.head.key),
            index: entered.index,
            first_status: entered.first_status,
            height: plan.head.height,
            documents: plan.documents.len() as u64,
        })];
        let mut sealer = self.sealer()?;
        for (at, (planned, fields)) in plan.documents.iter().zip(fields).enumerate() {
            let status = entered.first_status + u64::from(planned.place);
            let personal = Personal {
                file: verifier::shown::path(&planned.path).into_owned(),
                fields: fields.fields().iter().map(line::pair).collect(),
                secret: planned.secret,
            };
            whats.push(What::Document(line::Issued {
                status,
                document_type: fields.fields().get(1).map_or("", |f| f.value()).to_owned(),
                left: (plan.documents.len() - at - 1) as u64,
                sealed: sealer.seal(status, &personal.to_bytes())?,
            }));
        }
        self.append(sealer.keys(), whats, now)
    }

    /// Whether a batch stands in the journal.
    pub fn has_batch(&self, root: &Hash) -> Result<bool, BookError> {
        let mut found = false;
        read::walk(&lines_path(&self.folder), &mut |line| {
            found |= matches!(&line.line.what, What::Batch(batch) if batch.root == *root);
            Ok(())
        })?;
        Ok(found)
    }

    /// Begins to seal parts of the lines that come next.
    pub fn sealer(&self) -> Result<Sealer, BookError> {
        Ok(Sealer { next: self.end.slots, keys: Vec::new() })
    }

    /// Appends a line without a sealed part; gives its number.
    pub fn note(&mut self, what: What, now: Timestamp) -> Result<u64, BookError> {
        let number = self.end.number;
        self.append(&[], vec![what], now)?;
        Ok(number)
    }

    /// Appends lines with the keys of their sealed parts; durable on return.
    pub fn append(
        &mut self,
        keys: &[[u8; 32]],
        whats: Vec<What>,
        now: Timestamp,
    ) -> Result<(), BookError> {
        let mut end = self.end;
        let mut bytes = Vec::new();
        for what in whats {
            end.slots = what.sealed().map_or(end.slots, |sealed| sealed.slot + 1);
            let line = Line {
                version: Version,
                number: end.number,
                before: end.last,
                time: now.0,
                slots: end.slots,
                what,
            };
            let text = line.to_text();
            if text.len() >= read::LINE_BYTES {
                return Err(BookError::LongLine);
            }
            end = End { number: end.number + 1, last: line::hash(text.as_bytes()), ..end };
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(b'\n');
        }
        self.keys.put(self.end.slots, keys)?;
        let at = self.lines.seek(SeekFrom::End(0))?;
        let written = self.lines.write_all(&bytes).and_then(|()| self.lines.sync_all());
        if let Err(error) = written {
            // Half a batch must not stand before the next line. If this fails too, the next start
            // cuts it off.
            let _ = self.lines.set_len(at).and_then(|()| self.lines.sync_all());
            return Err(error.into());
        }
        self.end = end;
        Ok(())
    }

    /// Destroys the keys of these slots, then says so in a line for each.
    pub fn erase(&mut self, slots: &[(u64, Option<u64>)], now: Timestamp) -> Result<(), BookError> {
        self.keys.destroy(&slots.iter().map(|(slot, _)| *slot).collect::<Vec<_>>())?;
        let erased = |&(slot, status): &(u64, Option<u64>)| What::Erased { slot, status };
        self.append(&[], slots.iter().map(erased).collect(), now)
    }

    /// Writes down a key of this office, once.
    pub fn know_key(&mut self, key: &[u8; 32], now: Timestamp) -> Result<(), BookError> {
        let mut known = false;
        read::walk(&lines_path(&self.folder), &mut |line| {
            known |= matches!(&line.line.what, What::Key { key: k } if k.0 == *key);
            Ok(())
        })?;
        if known {
            return Ok(());
        }
        self.note(What::Key { key: Hash(*key) }, now).map(|_| ())
    }
}

/// Seals the personal parts of lines that are written together.
#[derive(Debug)]
pub struct Sealer {
    next: u64,
    keys: Vec<[u8; 32]>,
}

impl Sealer {
    /// The keys of what was sealed.
    pub fn keys(&self) -> &[[u8; 32]] {
        &self.keys
    }

    /// Seals one part with a new key.
    pub fn seal(&mut self, status: u64, part: &[u8]) -> Result<Sealed, BookError> {
        // A key of zeros says "erased"; it comes up once in 2^256 times.
        let key = chance::secret()?;
        let sealed = keys::seal(&key, self.next, status, part).ok_or(BookError::Sealing)?;
        self.keys.push(key);
        self.next += 1;
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests;
