//! The dossier: many documents with their receipts in one file, as `docs/formats.md` draws it.
//!
//! It is a ZIP file in one spelling: nothing compressed, no time, one directory, no byte that does
//! not follow from the list and the documents. A reader does not interpret what it finds; it writes
//! what should stand there and compares. So two programs cannot see two different contents in one
//! file, nothing unfolds, and nothing is hidden between or behind the parts.
//!
//! Nothing here is signed and nothing is proven by being listed: each document has its own receipt.
//! Nor does anything here read a file. [`Dossier::read`] asks whoever reads one for its end, the
//! directory there, every header, and the list; then it is said which part stands where.

mod list;
mod name;
mod refusal;
mod zip;

pub use list::{List, Listed, Paired};
pub use name::{NameError, check_name};
pub use refusal::DossierError;
pub use zip::Member;
use zip::{Directory, END_BYTES, End};

use crate::hash::Hash;
use crate::limits;
use alloc::string::String;
use alloc::vec::Vec;

/// What a dossier is called in the media type, the whole content of its first part.
pub const MEDIA_TYPE: &str = "application/x-beleg-dossier+zip";

/// The names of the first two parts.
pub(crate) const MEDIA_TYPE_NAME: &str = "mimetype";
pub(crate) const LIST_NAME: &str = "META-INF/beleg-dossier";
/// What the names of all others begin with.
pub(crate) const FOLDER: &str = "documents/";

/// Bytes at the start of a file that tell whether it claims to be a dossier.
pub const HEAD_BYTES: usize = 30 + MEDIA_TYPE_NAME.len() + MEDIA_TYPE.len();

/// Whether a file that starts with these bytes claims to be a dossier.
pub fn claims(head: &[u8]) -> bool {
    let name = head.get(30..).unwrap_or_default();
    let content = name.strip_prefix(MEDIA_TYPE_NAME.as_bytes()).unwrap_or_default();
    head.starts_with(b"PK\x03\x04") && content.starts_with(MEDIA_TYPE.as_bytes())
}

/// A document or receipt in a dossier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// What the list says of it.
    pub listed: Listed,
    /// Its place in the file.
    pub member: Member,
}

/// The parts of a dossier whose structure is sound. Their content is still to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dossier {
    /// Documents and receipts, in the order of their names.
    pub parts: Vec<Part>,
    /// Which of them belong together.
    pub documents: Vec<Paired>,
}

impl Dossier {
    /// Compares the list with the directory: the same names, lengths and order, nothing more.
    pub fn new(directory: &Directory, list: &List) -> Result<Dossier, DossierError> {
        let members = directory.members().get(2..).unwrap_or_default();
        if members.len() != list.files().len() {
            return Err(DossierError::ListDiffers);
        }
        let mut parts = Vec::with_capacity(members.len());
        for (member, listed) in members.iter().zip(list.files()) {
            let name = member.name.strip_prefix(FOLDER);
            if name != Some(listed.name.as_str()) || member.length != listed.length {
                return Err(DossierError::ListDiffers);
            }
            parts.push(Part { listed: listed.clone(), member: member.clone() });
        }
        Ok(Dossier { parts, documents: list.pairs()? })
    }

    /// Reads the structure of a dossier of so many bytes, from the first byte to the last, by
    /// asking `at` for parts of it: where, and how many bytes. The contents of documents and
    /// receipts are not asked for.
    pub fn read<E: From<DossierError>>(
        size: u64,
        mut at: impl FnMut(u64, usize) -> Result<Vec<u8>, E>,
    ) -> Result<Dossier, E> {
        let place = u64::try_from(END_BYTES).ok().and_then(|end| size.checked_sub(end));
        let tail = at(place.ok_or(DossierError::End)?, END_BYTES)?;
        let end = End::parse(tail.first_chunk().ok_or(DossierError::End)?, size)?;
        let directory = Directory::parse(&end, &at(end.place(), end.length())?)?;
        for member in directory.members() {
            let header = member.header();
            if at(member.place(), header.len())? != header {
                return Err(DossierError::Header.into());
            }
        }
        let mut content = |member: &Member, most: usize| -> Result<Vec<u8>, E> {
            if member.size() > most {
                return Err(DossierError::TooLarge.into());
            }
            let bytes = at(member.content(), member.size())?;
            member.check_crc(crc32fast::hash(&bytes))?;
            Ok(bytes)
        };
        let [media_type, list, ..] = directory.members() else {
            return Err(DossierError::First.into());
        };
        if content(media_type, MEDIA_TYPE.len())? != MEDIA_TYPE.as_bytes() {
            return Err(DossierError::First.into());
        }
        let list = List::parse(&content(list, limits::DOSSIER_LIST_BYTES)?)?;
        Ok(Dossier::new(&directory, &list)?)
    }

    /// Reads a whole dossier that is in memory. Contents are compared with CRC and list as well.
    pub fn open(file: &[u8]) -> Result<Dossier, DossierError> {
        let size = u64::try_from(file.len()).map_err(|_| DossierError::TooLarge)?;
        let slice = |place: u64, length: usize| -> Result<&[u8], DossierError> {
            let from = usize::try_from(place).map_err(|_| DossierError::Place)?;
            let to = from.checked_add(length).ok_or(DossierError::Place)?;
            file.get(from..to).ok_or(DossierError::Place)
        };
        let dossier =
            Dossier::read(size, |place, length| slice(place, length).map(<[u8]>::to_vec))?;
        for part in &dossier.parts {
            let content = slice(part.member.content(), part.member.size())?;
            part.member.check_crc(crc32fast::hash(content))?;
            part.check(crate::hash::sha256(content))?;
        }
        Ok(dossier)
    }
}

impl Part {
    /// Compares the digest of the content with that in the list.
    pub fn check(&self, sha256: Hash) -> Result<(), DossierError> {
        if sha256 == self.listed.sha256 { Ok(()) } else { Err(DossierError::Content) }
    }
}

/// The parts of a dossier to be written, before their contents, which are known by CRC.
#[derive(Clone, Debug)]
pub struct Builder {
    members: Vec<Member>,
    place: u64,
}

impl Builder {
    /// Starts a dossier; what to write first: media type and list.
    pub fn new(list: &List) -> Result<(Builder, Vec<u8>), DossierError> {
        let mut builder = Builder { members: Vec::new(), place: 0 };
        let text = list.to_text();
        let mut out = Vec::new();
        for (name, content) in [(MEDIA_TYPE_NAME, MEDIA_TYPE), (LIST_NAME, text.as_str())] {
            out.extend(builder.add(
                name.into(),
                content.len(),
                crc32fast::hash(content.as_bytes()),
            )?);
            out.extend_from_slice(content.as_bytes());
        }
        Ok((builder, out))
    }

    /// The header of the next part; its content has to follow.
    pub fn next(&mut self, listed: &Listed, crc32: u32) -> Result<Vec<u8>, DossierError> {
        let length = usize::try_from(listed.length).map_err(|_| DossierError::TooLarge)?;
        self.add([FOLDER, &listed.name].concat(), length, crc32)
    }

    fn add(&mut self, name: String, length: usize, crc32: u32) -> Result<Vec<u8>, DossierError> {
        let length = u32::try_from(length).map_err(|_| DossierError::TooLarge)?;
        let place = u32::try_from(self.place).map_err(|_| DossierError::TooLarge)?;
        let member = Member { name, length, crc32, place };
        let header = member.header();
        self.place = member.end();
        self.members.push(member);
        Ok(header)
    }

    /// What stands behind the last content.
    pub fn finish(self) -> Result<Vec<u8>, DossierError> {
        Directory::to_bytes(&self.members, self.place)
    }
}
