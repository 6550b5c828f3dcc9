//! The ZIP around it (PKWARE's APPNOTE, 4.3.7, 4.3.12 and 4.3.16): written in one way, and read by
//! writing it again. What other writers do otherwise is named, so that a person knows why.

use super::refusal::DossierError;
use super::{LIST_NAME, MEDIA_TYPE_NAME};
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LAST: &[u8; 4] = b"PK\x05\x06";
/// Bytes of a header in front of its name.
const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: usize = 46;
/// Bytes of the record at the end.
pub const END_BYTES: usize = 22;
/// Version 1.0 of the format: nothing but stored files.
const VERSION: u16 = 10;
/// The name is UTF-8; set where it is not ASCII.
const UTF_8: u16 = 1 << 11;
const ENCRYPTED: u16 = 1;
const DESCRIPTOR: u16 = 1 << 3;
/// 1 January 1980, the first day that a ZIP can say; the time of day is zero.
const DAY: u16 = 0x21;

/// An entry of the ZIP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its whole name.
    pub name: String,
    /// Bytes of its content.
    pub length: u32,
    /// CRC-32 of its content.
    pub crc32: u32,
    /// Where its header stands.
    pub(super) place: u32,
}

impl Member {
    /// What both headers say alike.
    fn common(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let utf_8 = if self.name.is_ascii() { 0 } else { UTF_8 };
        for number in [VERSION, utf_8, 0, 0, DAY] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc32, self.length, self.length] {
            out.extend(number.to_le_bytes());
        }
        // Names are short: `check_name` has seen them.
        out.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        out
    }

    /// The header in front of the content.
    pub fn header(&self) -> Vec<u8> {
        [LOCAL.as_slice(), &self.common(), self.name.as_bytes()].concat()
    }

    /// Its record in the directory.
    fn record(&self) -> Vec<u8> {
        let place = self.place.to_le_bytes();
        let version = VERSION.to_le_bytes();
        let none = [0; 10];
        let head = [CENTRAL.as_slice(), &version, &self.common(), &none, &place];
        [head.concat().as_slice(), self.name.as_bytes()].concat()
    }

    /// Where the header stands.
    pub fn place(&self) -> u64 {
        self.place.into()
    }

    /// Where the content stands.
    pub fn content(&self) -> u64 {
        let name = u64::try_from(self.name.len()).unwrap_or(u64::MAX);
        self.place().saturating_add(LOCAL_BYTES).saturating_add(name)
    }

    /// Where the next header stands.
    pub fn end(&self) -> u64 {
        self.content().saturating_add(self.length.into())
    }

    /// Bytes of its content.
    pub fn size(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }

    /// Compares the CRC of the content.
    pub fn check_crc(&self, crc32: u32) -> Result<(), DossierError> {
        if crc32 == self.crc32 { Ok(()) } else { Err(DossierError::Content) }
    }
}

/// What the last bytes of a file say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    count: u16,
    length: u32,
    place: u32,
}

impl End {
    /// Reads the last 22 bytes of a file of this size.
    pub fn parse(tail: &[u8; END_BYTES], size: u64) -> Result<End, DossierError> {
        if size > limits::DOSSIER_BYTES {
            return Err(DossierError::TooLarge);
        }
        let mut fields = Fields(tail);
        if fields.take(4) != Some(LAST) {
            return Err(DossierError::End);
        }
        let mut number = || fields.u16().ok_or(DossierError::End);
        let [disk, first_disk, here, count] = [number()?, number()?, number()?, number()?];
        let (length, place) = fields.u32().zip(fields.u32()).ok_or(DossierError::End)?;
        if count == u16::MAX || here == u16::MAX || length == u32::MAX || place == u32::MAX {
            return Err(DossierError::Zip64);
        }
        let end = End { count, length, place };
        if usize::from(count) > limits::DOSSIER_FILES.saturating_add(2) {
            return Err(DossierError::TooMany);
        }
        if end.length() > limits::DOSSIER_LIST_BYTES {
            return Err(DossierError::TooLarge);
        }
        if fields.u16() != Some(0) || (disk, first_disk, here) != (0, 0, count) {
            return Err(DossierError::End);
        }
        let behind = u64::from(place).checked_add(length.into());
        let whole = behind.and_then(|end| end.checked_add(22));
        if whole == Some(size) { Ok(end) } else { Err(DossierError::Place) }
    }

    /// Where the directory stands.
    pub fn place(&self) -> u64 {
        self.place.into()
    }

    /// Bytes of the directory.
    pub fn length(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }
}

/// The entries of the ZIP, one behind the other from its first byte to the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directory {
    members: Vec<Member>,
}

impl Directory {
    /// The entries; the first two are media type and list.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Reads the directory that the end leads to.
    pub fn parse(end: &End, bytes: &[u8]) -> Result<Directory, DossierError> {
        let mut fields = Fields(bytes);
        let mut members: Vec<Member> = Vec::new();
        let mut place = 0;
        for _ in 0..end.count {
            let before = fields.0;
            let member = fields.record()?;
            let read = before.len().saturating_sub(fields.0.len());
            if u64::from(member.place) != place {
                return Err(DossierError::Place);
            }
            if before.get(..read) != Some(member.record().as_slice()) {
                return Err(DossierError::Spelling);
            }
            place = member.end();
            members.push(member);
        }
        if !fields.0.is_empty() || place != end.place() {
            return Err(DossierError::Place);
        }
        let names = members.iter().map(|member| member.name.as_str());
        if !names.take(2).eq([MEDIA_TYPE_NAME, LIST_NAME]) {
            return Err(DossierError::First);
        }
        Ok(Directory { members })
    }

    /// Directory and end of these entries, which end at `place`.
    pub(super) fn to_bytes(members: &[Member], place: u64) -> Result<Vec<u8>, DossierError> {
        let mut out: Vec<u8> = members.iter().flat_map(Member::record).collect();
        let count = u16::try_from(members.len()).map_err(|_| DossierError::TooMany)?;
        let length = u32::try_from(out.len()).map_err(|_| DossierError::TooLarge)?;
        let place = u32::try_from(place).map_err(|_| DossierError::TooLarge)?;
        out.extend_from_slice(LAST);
        for number in [0, 0, count, count] {
            out.extend(number.to_le_bytes());
        }
        out.extend(length.to_le_bytes());
        out.extend(place.to_le_bytes());
        out.extend(0_u16.to_le_bytes());
        let tail = out.last_chunk::<END_BYTES>().ok_or(DossierError::End)?;
        let written = u64::try_from(out.len()).map_err(|_| DossierError::TooLarge)?;
        End::parse(tail, u64::from(place).saturating_add(written))?;
        Ok(out)
    }
}

/// A cursor over numbers with their smallest byte first.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// One record of the directory; what is unusual in it is named, all else is compared later.
    fn record(&mut self) -> Result<Member, DossierError> {
        let mut head = Fields(self.take(CENTRAL_BYTES).ok_or(DossierError::Place)?);
        if head.take(4) != Some(CENTRAL) {
            return Err(DossierError::Place);
        }
        let mut shorts = |count: usize| -> Option<Vec<u16>> {
            (0..count).map(|_| head.u16()).collect::<Option<Vec<u16>>>()
        };
        let first = shorts(6).unwrap_or_default();
        let [_, _, flags, method, _, _] = first.as_slice() else { return Err(DossierError::Place) };
        if flags & ENCRYPTED != 0 {
            return Err(DossierError::Encrypted);
        }
        if flags & DESCRIPTOR != 0 {
            return Err(DossierError::Descriptor);
        }
        if *method != 0 {
            return Err(DossierError::Compressed);
        }
        let (crc32, sizes) =
            head.u32().zip(head.u32().zip(head.u32())).ok_or(DossierError::Place)?;
        let (name, extra) = head.u16().zip(head.u16()).ok_or(DossierError::Place)?;
        let comment = head.u16().ok_or(DossierError::Place)?;
        let _ = head.take(8);
        let place = head.u32().ok_or(DossierError::Place)?;
        if sizes.0 == u32::MAX || sizes.1 == u32::MAX || place == u32::MAX {
            return Err(DossierError::Zip64);
        }
        if (extra, comment) != (0, 0) {
            return Err(DossierError::Extra);
        }
        if sizes.0 != sizes.1 {
            return Err(DossierError::Sizes);
        }
        let name = self.take(name.into()).ok_or(DossierError::Place)?;
        let name = core::str::from_utf8(name).map_err(|_| DossierError::Spelling)?;
        Ok(Member { name: name.into(), length: sizes.0, crc32, place })
    }
}
