//! Cross-reference sections (ISO 32000-1, 7.5.4 and 7.5.8): the chain of them, newest first, and
//! where each object stands. Tables are looked up in place; only streams are unfolded.

use crate::inflate;
use crate::limits;
use crate::refusal::{Fault, Refusal};
use crate::syntax::{Cursor, Dict, Kind, Value};
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// Bytes of an entry of a table.
const ENTRY: usize = 20;

/// How the newest section is written; the update is written alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Table,
    Stream,
}

/// Where an object stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    Free,
    At { offset: usize, generation: u16 },
    Inside { stream: u32, index: usize },
}

/// Objects from `first` on, `count` of them.
struct Range {
    first: u32,
    count: u32,
    /// Of the first entry: in the file, or in the unfolded stream.
    at: usize,
}

enum Rows {
    Table,
    Stream { data: Vec<u8>, widths: [usize; 3] },
}

struct Section {
    ranges: Vec<Range>,
    rows: Rows,
}

/// All sections of a file.
pub struct Xref<'a> {
    bytes: &'a [u8],
    sections: Vec<Section>,
    /// Of the newest section.
    pub trailer: Dict<'a>,
    pub style: Style,
    /// Offset of the newest section.
    pub start: usize,
    steps: u64,
}

/// The offset behind the last `startxref`; nothing but white space may follow its `%%EOF`.
fn start(bytes: &[u8]) -> Result<usize, Fault> {
    let from = bytes.len().saturating_sub(limits::TAIL_BYTES);
    let tail = bytes.get(from..).unwrap_or_default();
    let blank = |byte: &u8| matches!(byte, 0 | 9 | 10 | 12 | 13 | 32);
    let trimmed = |text: &[u8]| text.iter().rev().take_while(|byte| blank(byte)).count();
    let cut = |text: &[u8]| text.len().saturating_sub(trimmed(text));
    let text = tail.get(..cut(tail)).and_then(|text| text.strip_suffix(b"%%EOF"));
    let text = text.ok_or(Fault::End)?;
    let text = text.get(..cut(text)).unwrap_or_default();
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, number) =
        text.split_at_checked(text.len().saturating_sub(digits)).ok_or(Fault::End)?;
    let before = before.get(..cut(before)).filter(|text| text.len() < before.len());
    if !before.is_some_and(|text| text.ends_with(b"startxref")) {
        return Err(Fault::End);
    }
    let number = Cursor::new(number).number().and_then(|number| usize::try_from(number).ok());
    number.filter(|number| *number < bytes.len()).ok_or(Fault::End)
}

impl<'a> Xref<'a> {
    /// Reads the chain of sections; `left` is what streams may still unfold to.
    pub fn read(bytes: &'a [u8], left: &mut usize) -> Result<Xref<'a>, Refusal> {
        let start = start(bytes)?;
        let mut sections = Vec::new();
        let mut newest = None;
        let mut seen = BTreeSet::new();
        let mut ranges = 0_usize;
        // What is still to be read, the next one last.
        let mut waiting = vec![(start, false)];
        while let Some((at, hidden)) = waiting.pop() {
            if !seen.insert(at) {
                return Err(Fault::Loop.into());
            }
            if seen.len() > limits::SECTIONS {
                return Err(Refusal::TooIntricate);
            }
            let most = limits::RANGES.saturating_sub(ranges);
            let (section, trailer, style) = section(bytes, at, left, most)?;
            ranges = ranges.saturating_add(section.ranges.len());
            if trailer.get(b"Encrypt").is_some() {
                return Err(Refusal::Encrypted);
            }
            let offset = |name: &[u8]| match trailer.get(name) {
                None => Ok(None),
                Some(value) => {
                    let offset = value.size().filter(|offset| *offset < bytes.len());
                    offset.map(Some).ok_or(Fault::Trailer)
                }
            };
            // A section that only newer readers see has no chain of its own.
            if !hidden && let Some(before) = offset(b"Prev")? {
                waiting.push((before, false));
            }
            if style == Style::Table
                && let Some(stream) = offset(b"XRefStm")?
            {
                waiting.push((stream, true));
            } else if hidden && style == Style::Table {
                return Err(Fault::Xref.into());
            }
            sections.push(section);
            newest.get_or_insert((trailer, style));
        }
        let (trailer, style) = newest.ok_or(Fault::Xref)?;
        let xref = Xref { bytes, sections, trailer, style, start, steps: 0 };
        let size = xref.size()?;
        let ranges = xref.sections.iter().flat_map(|section| &section.ranges);
        // What is numbered beyond the size is there for some readers and not for others.
        if ranges.into_iter().any(|range| range.first.saturating_add(range.count) > size) {
            return Err(Fault::Trailer.into());
        }
        Ok(xref)
    }

    /// One more than the greatest object number.
    pub fn size(&self) -> Result<u32, Refusal> {
        let size = self.trailer.get(b"Size").and_then(|value| value.size());
        let size = size.and_then(|size| u32::try_from(size).ok()).filter(|size| *size > 0);
        Ok(size.filter(|size| *size <= limits::OBJECTS).ok_or(Fault::Trailer)?)
    }

    /// Where an object stands; the newest section that names it decides.
    pub fn entry(&mut self, number: u32) -> Result<Entry, Refusal> {
        for section in &self.sections {
            for range in &section.ranges {
                self.steps = self.steps.saturating_add(1);
                let row = number.checked_sub(range.first).filter(|row| *row < range.count);
                if let Some(row) = row {
                    let row = usize::try_from(row).map_err(|_| Fault::Xref)?;
                    return Ok(self.row(section, range, row)?);
                }
            }
            if self.steps > limits::STEPS {
                return Err(Refusal::TooIntricate);
            }
        }
        Ok(Entry::Free)
    }

    fn row(&self, section: &Section, range: &Range, row: usize) -> Result<Entry, Fault> {
        match &section.rows {
            Rows::Table => {
                let at = row.checked_mul(ENTRY).and_then(|skip| skip.checked_add(range.at));
                let end = at.and_then(|at| at.checked_add(ENTRY));
                let text = at.zip(end).and_then(|(at, end)| self.bytes.get(at..end));
                table_entry(text.ok_or(Fault::Xref)?)
            }
            Rows::Stream { data, widths } => {
                let width = widths.iter().sum::<usize>();
                let at = row.checked_mul(width).and_then(|skip| skip.checked_add(range.at));
                let at = at.ok_or(Fault::Xref)?;
                stream_entry(data.get(at..).ok_or(Fault::Xref)?, *widths)
            }
        }
    }
}

fn table_entry(text: &[u8]) -> Result<Entry, Fault> {
    let mut cursor = Cursor::new(text);
    let offset = cursor.number().filter(|_| cursor.at() == 10).ok_or(Fault::Xref)?;
    let space = cursor.take(b" ");
    let generation = cursor.number().filter(|_| space && cursor.at() == 16).ok_or(Fault::Xref)?;
    let rest = cursor.rest();
    let free = matches!(rest, b" f \r" | b" f \n" | b" f\r\n");
    if !free && !matches!(rest, b" n \r" | b" n \n" | b" n\r\n") {
        return Err(Fault::Xref);
    }
    let generation = match (free, u16::try_from(generation)) {
        (true, _) => return Ok(Entry::Free),
        (false, generation) => generation.map_err(|_| Fault::Xref)?,
    };
    let offset = usize::try_from(offset).map_err(|_| Fault::Xref)?;
    Ok(Entry::At { offset, generation })
}

fn stream_entry(row: &[u8], widths: [usize; 3]) -> Result<Entry, Fault> {
    let mut rest = row;
    let mut parts = [0_u64; 3];
    for (width, part) in widths.into_iter().zip(&mut parts) {
        let (bytes, tail) = rest.split_at_checked(width).ok_or(Fault::Xref)?;
        rest = tail;
        for &byte in bytes {
            *part = part
                .checked_mul(256)
                .and_then(|n| n.checked_add(byte.into()))
                .ok_or(Fault::Xref)?;
        }
    }
    let [kind, second, third] = parts;
    let kind = if widths.first() == Some(&0) { 1 } else { kind };
    let size = |number: u64| usize::try_from(number).map_err(|_| Fault::Xref);
    match kind {
        0 => Ok(Entry::Free),
        1 => {
            let generation = u16::try_from(third).map_err(|_| Fault::Xref)?;
            Ok(Entry::At { offset: size(second)?, generation })
        }
        2 => {
            let stream = u32::try_from(second).map_err(|_| Fault::Xref)?;
            Ok(Entry::Inside { stream, index: size(third)? })
        }
        _ => Err(Fault::Xref),
    }
}

fn section<'a>(
    bytes: &'a [u8],
    at: usize,
    left: &mut usize,
    most: usize,
) -> Result<(Section, Dict<'a>, Style), Refusal> {
    let mut cursor = Cursor::new(bytes.get(at..).ok_or(Fault::Xref)?);
    cursor.space();
    if cursor.keyword(b"xref") {
        let (section, trailer) = table(bytes, at, cursor, most)?;
        return Ok((section, trailer, Style::Table));
    }
    let (section, trailer) = stream(bytes, at, left, most)?;
    Ok((section, trailer, Style::Stream))
}

fn table<'a>(
    bytes: &'a [u8],
    at: usize,
    mut cursor: Cursor<'a>,
    most: usize,
) -> Result<(Section, Dict<'a>), Refusal> {
    let mut ranges = Vec::new();
    loop {
        cursor.space();
        if cursor.keyword(b"trailer") {
            break;
        }
        let first = cursor.number().and_then(|first| u32::try_from(first).ok());
        cursor.space();
        let count = cursor.number().and_then(|count| u32::try_from(count).ok());
        cursor.space();
        let (first, count) = first.zip(count).ok_or(Fault::Xref)?;
        let entries = at.checked_add(cursor.at()).ok_or(Fault::Xref)?;
        let skip = usize::try_from(count).ok().and_then(|count| count.checked_mul(ENTRY));
        let end = skip.and_then(|skip| skip.checked_add(entries)).filter(|end| *end <= bytes.len());
        let rest = end.and_then(|end| bytes.get(end..)).ok_or(Fault::Xref)?;
        let read = bytes.len().saturating_sub(rest.len()).saturating_sub(at);
        cursor = Cursor::new(bytes.get(at..).unwrap_or_default());
        cursor.skip_to(read);
        ranges.push(Range { first, count, at: entries });
        if ranges.len() > most {
            return Err(Refusal::TooIntricate);
        }
    }
    let trailer = crate::object::bounded(cursor.rest());
    let trailer = Cursor::new(trailer).value().and_then(|value| value.dict());
    Ok((Section { ranges, rows: Rows::Table }, trailer.map_err(|e| e.or(Fault::Trailer))?))
}

fn stream<'a>(
    bytes: &'a [u8],
    at: usize,
    left: &mut usize,
    most: usize,
) -> Result<(Section, Dict<'a>), Refusal> {
    let found = crate::object::at(bytes, at).map_err(|e| e.or(Fault::Xref))?;
    let value = Value { raw: found.raw, kind: Kind::Dict };
    let dict = value.dict()?;
    if !dict.get(b"Type").is_some_and(|value| value.is_name(b"XRef")) {
        return Err(Fault::Xref.into());
    }
    let length = dict.get(b"Length").and_then(|value| value.size()).ok_or(Fault::Xref)?;
    let data = crate::object::stream_data(bytes, found.end, length)?;
    let data = inflate::content(&dict, data, left)?;
    let numbers = |name: &[u8]| -> Result<Option<Vec<usize>>, Refusal> {
        let Some(value) = dict.get(name) else { return Ok(None) };
        let items = value.items()?;
        let sizes: Option<Vec<usize>> = items.iter().map(Value::size).collect();
        Ok(Some(sizes.ok_or(Fault::Xref)?))
    };
    let widths = numbers(b"W")?.and_then(|widths| <[usize; 3]>::try_from(widths).ok());
    let widths = widths.filter(|widths| widths.iter().all(|width| *width <= 8));
    let widths = widths.ok_or(Fault::Xref)?;
    let width = widths.iter().sum::<usize>();
    let size = dict.get(b"Size").and_then(|value| value.size()).ok_or(Fault::Xref)?;
    let index = numbers(b"Index")?.unwrap_or_else(|| vec![0, size]);
    let (mut ranges, mut from) = (Vec::new(), 0_usize);
    for pair in index.chunks(2) {
        let [first, count] = *pair else { return Err(Fault::Xref.into()) };
        let end = count.checked_mul(width).and_then(|bytes| bytes.checked_add(from));
        let end = end.filter(|end| width > 0 && *end <= data.len()).ok_or(Fault::Xref)?;
        let number = |number: usize| u32::try_from(number).map_err(|_| Fault::Xref);
        ranges.push(Range { first: number(first)?, count: number(count)?, at: from });
        from = end;
    }
    if ranges.len() > most {
        return Err(Refusal::TooIntricate);
    }
    Ok((Section { ranges, rows: Rows::Stream { data, widths } }, dict))
}
