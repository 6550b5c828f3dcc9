//! Reading the journal, line by line, with its chain; also while another process appends to it:
//! what has no newline yet is not there yet.

use super::line::{self, Line};
use proto::hash::Hash;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Bytes of a line: 64 fields of 4,096 bytes, escaped and in base64, or 4,000 ranges and an entry.
pub const LINE_BYTES: usize = 4 * 1024 * 1024;
/// Read from the end of the file at first.
const TAIL: u64 = 64 * 1024;

/// Why the journal cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error("The journal cannot be read: {0}.")]
    Io(#[from] io::Error),
    #[error("Line {number} of the journal is damaged: {why}.")]
    Damaged { number: u64, why: serde_json::Error },
    #[error("Line {number} of the journal is longer than any line may be.")]
    LongLine { number: u64 },
    #[error("Line {number} of the journal does not follow the line before it.")]
    Chain { number: u64 },
}

/// A line, and the hash that the next one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hashed {
    pub line: Line,
    pub hash: Hash,
}

/// Reads all lines in order and checks the chain; gives the last. A file that is not there is an
/// empty journal.
pub fn walk(
    path: &Path,
    each: &mut dyn FnMut(Hashed) -> Result<(), ReadError>,
) -> Result<Option<(u64, Hash)>, ReadError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut file = BufReader::with_capacity(256 * 1024, file);
    let (mut number, mut before) = (0, line::START);
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = file.by_ref().take(LINE_BYTES as u64).read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            if length == LINE_BYTES {
                return Err(ReadError::LongLine { number });
            }
            return Ok(number.checked_sub(1).map(|last| (last, before)));
        }
        text.pop();
        let hashed = parse(&text, number)?;
        if hashed.line.number != number || hashed.line.before != before {
            return Err(ReadError::Chain { number });
        }
        (number, before) = (number + 1, hashed.hash);
        each(hashed)?;
    }
}

/// The last line that counts, and how long the file is with it: behind it stands at most what a
/// crash has left.
pub fn end(file: &mut File) -> Result<(Option<Hashed>, u64), ReadError> {
    let (last, length) = last_line(file, u64::MAX)?;
    let open = matches!(&last, Some(line) if line.line.what.left() > 0);
    if !open {
        return Ok((last, length));
    }
    // A batch or an order without all of its lines: back to the line before it.
    let mut before = length;
    loop {
        let (line, length) = last_line(file, before)?;
        let Some(line) = line else { return Ok((None, length)) };
        let start = length - line.line.to_text().len() as u64 - 1;
        if line.line.what.begins() {
            return last_line(file, start);
        }
        before = start;
    }
}

/// The last whole line among the first `limit` bytes, and where it ends.
fn last_line(file: &mut File, limit: u64) -> Result<(Option<Hashed>, u64), ReadError> {
    let end = file.metadata()?.len().min(limit);
    let mut want = TAIL;
    loop {
        let start = end.saturating_sub(want);
        let mut tail = vec![0; (end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut tail)?;
        let close = tail.iter().rposition(|byte| *byte == b'\n');
        let open = close.and_then(|close| tail[..close].iter().rposition(|byte| *byte == b'\n'));
        match (open, close) {
            (Some(open), Some(close)) => {
                let line = parse(&tail[open + 1..close], u64::MAX)?;
                return Ok((Some(line), start + close as u64 + 1));
            }
            (None, Some(close)) if start == 0 => {
                return Ok((Some(parse(&tail[..close], 0)?), close as u64 + 1));
            }
            (_, None) if start == 0 => return Ok((None, 0)),
            _ if want > 2 * LINE_BYTES as u64 => {
                return Err(ReadError::LongLine { number: u64::MAX });
            }
            _ => want *= 4,
        }
    }
}

fn parse(text: &[u8], number: u64) -> Result<Hashed, ReadError> {
    let line = serde_json::from_slice(text).map_err(|why| ReadError::Damaged { number, why })?;
    Ok(Hashed { line, hash: line::hash(text) })
}
