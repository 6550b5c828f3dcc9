//! Opening a sealed file: found by its last lines, cut, built again, compared byte for byte.

use crate::limits;
use crate::syntax::Cursor;
use crate::v1;
use alloc::vec::Vec;
use core::ops::Range;

/// What a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opened {
    /// It carries no seal.
    NotSealed,
    /// It is what the builder makes of this original and this receipt.
    Sealed {
        /// Where the original stands in the file.
        original: Range<usize>,
        /// The receipt.
        receipt: Vec<u8>,
    },
    /// It bears the mark of a seal, and is not what the builder makes.
    Damaged(Damage),
    /// It bears the mark of a seal of a version that this program does not know.
    UnknownVersion,
}

/// What is wrong with a sealed file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A seal begins in it, and the file does not end as one does.
    #[error("something was added behind the seal, or its end is missing")]
    End,
    /// The mark at the start is not where the one at the end says.
    #[error("the seal does not begin where it says")]
    Start,
    /// Another original, receipt, attachment or structure than the mark says.
    #[error("the seal is not the one that belongs to this original and this receipt")]
    Different,
}

/// The longest end of a sealed file: mark, `startxref`, number, `%%EOF`.
const END_BYTES: usize = 128;
const ANY_MARK: &[u8] = b"%beleg-seal/";

/// Whether a file that ends in these bytes claims to be sealed; its last 128 bytes are enough.
pub fn ends_as_sealed(tail: &[u8]) -> bool {
    !matches!(end(tail), End::Other)
}

/// Whether a file bears the mark of a seal, sound or not.
pub(crate) fn is_sealed(file: &[u8]) -> bool {
    ends_as_sealed(file) || has_start(file)
}

/// Says what a file is. A sealed one is compared with what the builder makes.
pub fn open(file: &[u8]) -> Opened {
    let (original, receipt) = match end(file) {
        End::Mark { original, receipt } => (original, receipt),
        End::UnknownVersion => return Opened::UnknownVersion,
        End::Other if has_start(file) => return Opened::Damaged(Damage::End),
        End::Other => return Opened::NotSealed,
    };
    if original > limits::ORIGINAL_BYTES || receipt > limits::RECEIPT_BYTES {
        return Opened::Damaged(Damage::Start);
    }
    let Some((content, tail)) = file.split_at_checked(original) else {
        return Opened::Damaged(Damage::Start);
    };
    if tail.len() > limits::UPDATE_BYTES {
        return Opened::Damaged(Damage::End);
    }
    let Some(receipt) = receipt_in(tail, original, receipt) else {
        return Opened::Damaged(Damage::Start);
    };
    match crate::update(content, receipt, crate::Builder::V1) {
        Ok(update) if update == tail => {
            Opened::Sealed { original: 0..original, receipt: receipt.to_vec() }
        }
        _ => Opened::Damaged(Damage::Different),
    }
}

/// The receipt in an update, where the builder puts it.
fn receipt_in(tail: &[u8], original: usize, length: usize) -> Option<&[u8]> {
    let mut cursor = Cursor::new(tail.strip_prefix(b"\n")?);
    if !cursor.take(v1::mark(original, length).as_bytes()) {
        return None;
    }
    cursor.number()?;
    let found = cursor.take(v1::stream_head(length).as_bytes());
    cursor.rest().get(..length).filter(|_| found)
}

enum End {
    Other,
    UnknownVersion,
    Mark { original: usize, receipt: usize },
}

/// Reads the end of a file.
fn end(file: &[u8]) -> End {
    let from = file.len().saturating_sub(END_BYTES);
    let tail = file.get(from..).unwrap_or_default();
    let parts = || {
        let text = tail.strip_suffix(b"\n%%EOF\n")?;
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let text = text.get(..text.len().checked_sub(digits)?)?.strip_suffix(b"startxref\n")?;
        let text = text.strip_suffix(b"\n").filter(|_| digits > 0)?;
        let line = text.iter().rposition(|byte| *byte == b'\n')?.checked_add(1)?;
        text.get(line..)?.strip_prefix(ANY_MARK)
    };
    let Some(line) = parts() else { return End::Other };
    let mut cursor = Cursor::new(line);
    if !cursor.take(b"v1 ") {
        return End::UnknownVersion;
    }
    match lengths(&mut cursor) {
        Some((original, receipt)) if cursor.rest().is_empty() => End::Mark { original, receipt },
        // A mark that is none: `open` finds no start for it.
        _ => End::Mark { original: usize::MAX, receipt: usize::MAX },
    }
}

fn lengths(cursor: &mut Cursor<'_>) -> Option<(usize, usize)> {
    let start = cursor.rest();
    let mut read = |name: &[u8]| -> Option<usize> {
        if !cursor.take(name) {
            return None;
        }
        cursor.number().and_then(|number| usize::try_from(number).ok())
    };
    let (original, receipt) = (read(b"original=")?, read(b" receipt=")?);
    let line = v1::mark(original, receipt);
    let spelling = line.strip_prefix(v1::MARK)?.trim_end();
    start.starts_with(spelling.as_bytes()).then_some((original, receipt))
}

/// Whether a seal begins somewhere: a mark that says the place where it stands. A mark inside the
/// original that does not is only bytes.
fn has_start(file: &[u8]) -> bool {
    let mark = v1::MARK.as_bytes();
    let mut from = 0_usize;
    while let Some(rest) = file.get(from..) {
        let Some(skip) = position(rest, mark) else { return false };
        let at = from.saturating_add(skip);
        let mut cursor = Cursor::new(file.get(at.saturating_add(mark.len())..).unwrap_or_default());
        let says = lengths(&mut cursor).map(|(original, _)| original);
        if at > 0 && says == at.checked_sub(1) {
            return true;
        }
        from = at.saturating_add(mark.len());
    }
    false
}

/// Where `needle` begins. Its first byte is rare, so most bytes are looked at once.
fn position(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0_usize;
    loop {
        let rest = bytes.get(from..)?;
        let at = from.checked_add(rest.iter().position(|byte| *byte == first)?)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at.checked_add(1)?;
    }
}
