//! Objects: looked up, loaded from the file or from an object stream, followed by reference.

use crate::inflate;
use crate::limits;
use crate::refusal::{Fault, Refusal};
use crate::syntax::{Cursor, Dict, Kind, Reference, Value};
use crate::xref::{Entry, Xref};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// A file whose structure was read.
pub struct Pdf<'a> {
    bytes: &'a [u8],
    pub xref: Xref<'a>,
    /// What streams may still unfold to.
    left: usize,
    /// Object streams that were unfolded.
    unfolded: BTreeMap<u32, Rc<[u8]>>,
}

/// An object in the file.
pub struct Found<'a> {
    pub number: u32,
    pub generation: u16,
    /// Its value; the dictionary of a stream.
    pub raw: &'a [u8],
    /// Where the value ends.
    pub end: usize,
}

/// As many bytes as an object may have.
pub fn bounded(bytes: &[u8]) -> &[u8] {
    bytes.get(..limits::OBJECT_BYTES).unwrap_or(bytes)
}

/// The object that begins at `offset`.
pub fn at(bytes: &[u8], offset: usize) -> Result<Found<'_>, Refusal> {
    let mut cursor = Cursor::new(bounded(bytes.get(offset..).ok_or(Fault::Object)?));
    cursor.space();
    let number = cursor.number().and_then(|number| u32::try_from(number).ok());
    cursor.space();
    let generation = cursor.number().and_then(|number| u16::try_from(number).ok());
    cursor.space();
    let (number, generation) = number.zip(generation).ok_or(Fault::Object)?;
    if !cursor.keyword(b"obj") {
        return Err(Fault::Object.into());
    }
    let value = cursor.value()?;
    let end = offset.checked_add(cursor.at()).ok_or(Fault::Object)?;
    Ok(Found { number, generation, raw: value.raw, end })
}

/// The data of the stream whose dictionary ends at `end`.
pub fn stream_data(bytes: &[u8], end: usize, length: usize) -> Result<&[u8], Refusal> {
    let mut cursor = Cursor::new(bytes.get(end..).ok_or(Fault::Stream)?);
    cursor.space();
    if !cursor.take(b"stream\r\n") && !cursor.take(b"stream\n") {
        return Err(Fault::Stream.into());
    }
    let (data, rest) = cursor.rest().split_at_checked(length).ok_or(Fault::Stream)?;
    let mut cursor = Cursor::new(rest);
    let _ = cursor.take(b"\r\n") || cursor.take(b"\n") || cursor.take(b"\r");
    if cursor.keyword(b"endstream") { Ok(data) } else { Err(Fault::Stream.into()) }
}

impl<'a> Pdf<'a> {
    /// Reads the structure of a file.
    pub fn read(bytes: &'a [u8]) -> Result<Pdf<'a>, Refusal> {
        if !bytes.starts_with(b"%PDF-") {
            return Err(Refusal::NotPdf);
        }
        let mut left = limits::UNFOLDED_BYTES;
        let xref = Xref::read(bytes, &mut left)?;
        Ok(Pdf { bytes, xref, left, unfolded: BTreeMap::new() })
    }

    /// The value of an object; `None` if there is no such object, which is as good as null.
    pub fn load(&mut self, reference: Reference) -> Result<Option<Cow<'a, [u8]>>, Refusal> {
        match self.xref.entry(reference.number)? {
            Entry::Free => Ok(None),
            Entry::At { offset, generation } => {
                let found = self.check(offset, generation, reference)?;
                Ok(Some(Cow::Borrowed(found.raw)))
            }
            Entry::Inside { stream, index } => {
                if reference.generation != 0 {
                    return Err(Fault::Object.into());
                }
                let data = self.object_stream(stream)?;
                let value = member(&data, reference.number, index)?;
                Ok(Some(Cow::Owned(value)))
            }
        }
    }

    /// The value itself, or that of the object which it refers to.
    pub fn resolve<'b>(&mut self, value: &Value<'b>) -> Result<Cow<'b, [u8]>, Refusal>
    where
        'a: 'b,
    {
        let Some(reference) = value.reference() else { return Ok(Cow::Borrowed(value.raw)) };
        let loaded = self.load(reference)?.unwrap_or(Cow::Borrowed(b"null"));
        // A reference that leads to another one is not worth following.
        match Value::parse(&loaded)?.kind {
            Kind::Reference(_) => Err(Fault::Object.into()),
            _ => Ok(loaded),
        }
    }

    /// Dictionary and unfolded data of a stream; `None` if the object is no stream.
    pub fn stream(&mut self, reference: Reference) -> Result<Option<Vec<u8>>, Refusal> {
        let Entry::At { offset, generation } = self.xref.entry(reference.number)? else {
            return Ok(None);
        };
        let found = self.check(offset, generation, reference)?;
        let value = Value::parse(found.raw)?;
        if value.kind != Kind::Dict {
            return Ok(None);
        }
        let dict = value.dict()?;
        let data = self.data(&dict, found.end)?;
        inflate::content(&dict, data, &mut self.left).map(Some)
    }

    fn data(&mut self, dict: &Dict<'_>, end: usize) -> Result<&'a [u8], Refusal> {
        let length = dict.get(b"Length").ok_or(Fault::Stream)?;
        let length = match length.reference() {
            None => length.size(),
            // The length of an object stream inside another one would lead round in circles.
            Some(reference) => match self.xref.entry(reference.number)? {
                Entry::At { offset, generation } => {
                    let found = self.check(offset, generation, reference)?;
                    Value::parse(found.raw)?.size()
                }
                _ => None,
            },
        };
        stream_data(self.bytes, end, length.ok_or(Fault::Stream)?)
    }

    fn check(
        &self,
        offset: usize,
        generation: u16,
        reference: Reference,
    ) -> Result<Found<'a>, Refusal> {
        let found = at(self.bytes, offset)?;
        let here = Reference { number: found.number, generation: found.generation };
        if here == reference && generation == reference.generation {
            Ok(found)
        } else {
            Err(Fault::Object.into())
        }
    }

    fn object_stream(&mut self, number: u32) -> Result<Rc<[u8]>, Refusal> {
        if let Some(data) = self.unfolded.get(&number) {
            return Ok(Rc::clone(data));
        }
        let Entry::At { offset, generation } = self.xref.entry(number)? else {
            return Err(Fault::Object.into());
        };
        let found = self.check(offset, generation, Reference { number, generation })?;
        let dict = Value::parse(found.raw)?.dict()?;
        let number_of = |name: &[u8]| dict.get(name).and_then(|value| value.size());
        let first = number_of(b"First").ok_or(Fault::Stream)?;
        let count = number_of(b"N").ok_or(Fault::Stream)?;
        if !dict.get(b"Type").is_some_and(|value| value.is_name(b"ObjStm")) {
            return Err(Fault::Stream.into());
        }
        let data = self.data(&dict, found.end)?;
        let data = inflate::content(&dict, data, &mut self.left)?;
        // Kept as: first, count, content; `member` reads it so.
        let mut kept = Vec::with_capacity(data.len().saturating_add(16));
        let eight = |number: usize| u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes();
        kept.extend(eight(first));
        kept.extend(eight(count));
        kept.extend_from_slice(&data);
        let data: Rc<[u8]> = Rc::from(kept);
        self.unfolded.insert(number, Rc::clone(&data));
        Ok(data)
    }
}

/// The object at place `index` of an object stream, which must have this number.
fn member(kept: &[u8], number: u32, index: usize) -> Result<Vec<u8>, Refusal> {
    let (first, rest) = kept.split_first_chunk::<8>().ok_or(Fault::Stream)?;
    let (count, data) = rest.split_first_chunk::<8>().ok_or(Fault::Stream)?;
    let size = |bytes: &[u8; 8]| usize::try_from(u64::from_be_bytes(*bytes)).unwrap_or(usize::MAX);
    let (first, count) = (size(first), size(count));
    if index >= count || index >= limits::ITEMS {
        return Err(Fault::Object.into());
    }
    let head = data.get(..first).ok_or(Fault::Stream)?;
    let mut cursor = Cursor::new(head);
    let mut offset = None;
    for _ in 0..=index {
        cursor.space();
        let here = cursor.number().ok_or(Fault::Stream)?;
        cursor.space();
        let at = cursor.number().ok_or(Fault::Stream)?;
        offset = (here == u64::from(number)).then_some(at);
    }
    let offset = offset.and_then(|at| usize::try_from(at).ok()).ok_or(Fault::Object)?;
    let from = first.checked_add(offset).ok_or(Fault::Object)?;
    let value = Cursor::new(bounded(data.get(from..).ok_or(Fault::Object)?)).value()?;
    Ok(value.raw.to_vec())
}
