//! A walk through the parts of a DER value, and what stands behind each tag.
//!
//! Lengths are definite and minimal and every part is inside the one around it: `der` checks that.
//! Where a signature covers bytes, they are taken as they came and not written again.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Tag, TagNumber};

/// Bytes that are no DER, or not what they should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

impl From<der::Error> for Malformed {
    fn from(_: der::Error) -> Malformed {
        Malformed
    }
}

/// A part with the bytes that it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part<'a> {
    pub any: AnyRef<'a>,
    pub raw: &'a [u8],
}

/// The parts of a value, from the first on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    rest: &'a [u8],
}

/// The tag `[number]` of a part that holds parts.
pub(super) fn outer(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The tag `[number]` of a part that holds bytes.
pub(super) fn plain(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

/// The one part that these bytes are.
pub(super) fn whole(bytes: &[u8]) -> Result<Part<'_>, Malformed> {
    let mut parts = Parts::new(bytes);
    let part = parts.next()?;
    parts.finish()?;
    Ok(part)
}

impl<'a> Parts<'a> {
    /// The parts that these bytes hold.
    pub fn new(bytes: &'a [u8]) -> Parts<'a> {
        Parts { rest: bytes }
    }

    /// The next part, whatever it is.
    pub fn next(&mut self) -> Result<Part<'a>, Malformed> {
        let (any, rest) = AnyRef::from_der_partial(self.rest)?;
        let length = self.rest.len().saturating_sub(rest.len());
        let raw = self.rest.get(..length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Part { any, raw })
    }

    /// The next part, which must have this tag.
    pub fn take(&mut self, tag: Tag) -> Result<Part<'a>, Malformed> {
        self.optional(tag)?.ok_or(Malformed)
    }

    /// The next part, if it has this tag.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Part<'a>>, Malformed> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut ahead = *self;
        let part = ahead.next()?;
        if der::Tagged::tag(&part.any) != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(part))
    }

    /// Whether no part is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Checks that no part is left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

impl<'a> Part<'a> {
    /// What stands in it.
    pub fn value(self) -> &'a [u8] {
        self.any.value()
    }

    /// The parts in it.
    pub fn parts(self) -> Parts<'a> {
        Parts::new(self.value())
    }

    /// The parts in it, if it has this tag.
    pub fn parts_of(self, tag: Tag) -> Result<Parts<'a>, Malformed> {
        if der::Tagged::tag(&self.any) == tag { Ok(self.parts()) } else { Err(Malformed) }
    }

    /// The object identifier that it is.
    pub fn oid(self) -> Result<ObjectIdentifier, Malformed> {
        Ok(self.any.decode_as()?)
    }

    /// The small number that it is.
    pub fn number(self) -> Result<u32, Malformed> {
        Ok(self.any.decode_as()?)
    }

    /// The number that it is, not negative, without leading zeros.
    pub fn unsigned(self) -> Result<&'a [u8], Malformed> {
        let number: UintRef<'a> = self.any.decode_as()?;
        Ok(number.as_bytes())
    }

    /// The bytes of the OCTET STRING that it is.
    pub fn bytes(self) -> Result<&'a [u8], Malformed> {
        let bytes: &OctetStringRef = self.any.decode_as()?;
        Ok(bytes.as_bytes())
    }

    /// The bytes of the BIT STRING that it is, if its bits fill them.
    pub fn bits(self) -> Result<&'a [u8], Malformed> {
        let bits: BitStringRef<'a> = self.any.decode_as()?;
        bits.as_bytes().ok_or(Malformed)
    }
}
