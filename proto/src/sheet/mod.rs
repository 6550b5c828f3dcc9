//! What the QR code on a printed sheet says: a link to a page that checks, and behind its `#` the
//! facts that the paper shows. A browser sends no server what stands behind the `#`.
//!
//! ```text
//! link      <address>#<fragment>        address: https:// or http://, printable ASCII without #
//! fragment  s1.<base64url of the body, without padding>
//!
//! body      federation id[32] | u8 length, origin | u64 entry index | u64 status index
//!           commitment[32] | u8 length, issuer's name | u8 count of fields | fields
//! field     u8 name | u8 length, value     1 type, 2 unit, 3 valid-until, 4 date, 5 reference
//!           0 | u8 length, name | u8 length, value                any other name but content
//! ```
//!
//! The first three fields are always type, unit and valid-until. The commitment binds all fields
//! of the document and, as it is salted, says nothing about them to who has no receipt.
//!
//! **Nothing here is proven**: anybody can print a QR code. [`Sheet::compare`] says whether a
//! receipt is the one that the paper means; what that receipt is worth, [`crate::verify`] says.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use thiserror::Error;

use crate::bytes::{BytesError, Reader, Writer};
use crate::document::field::is_plain;
use crate::document::{Field, FieldError};
use crate::hash::{Hash, LeafIndex, StatusIndex};
use crate::ledger::FederationId;
use crate::limits;
use crate::receipt::{Receipt, ReceiptError};

const PREFIX: &str = "s1.";
/// Names with a number of their own, from 1 on; the first three are always there.
const NAMES: [&str; 5] = ["type", "unit", "valid-until", "date", "reference"];
const ALWAYS: usize = 3;

/// Why a text is no sheet, or why none can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The text does not begin as a sheet's.
    #[error("This is not the text of a sheet: nothing in it begins with {PREFIX}")]
    NotASheet,
    /// The text is longer than any sheet's.
    #[error("The text of a sheet has at most {limit} bytes.")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
    /// It is not spelt in the one way that is allowed.
    #[error("The text of the sheet is damaged: it is not spelt as a sheet's text is.")]
    Spelling,
    /// It ends too early, or goes on where it should end.
    #[error("The text of the sheet is damaged: {0}")]
    Bytes(#[from] BytesError),
    /// A field is malformed.
    #[error("A field of the sheet is malformed: {0}")]
    Field(#[from] FieldError),
    /// Type, unit or valid-until is missing, a name stands twice or is that of the content.
    #[error("The sheet lacks a field that must be there, or has one twice.")]
    Fields,
    /// A name is empty, too long or not for people to read, or a number is too large.
    #[error("The log, the issuer or a number on the sheet is malformed.")]
    Malformed,
    /// A value is too long to be printed in a QR code.
    #[error("The field {place} of the document is too long for a QR code: {limit} bytes fit.")]
    ValueTooLong {
        /// The field's place in the document.
        place: u32,
        /// Bytes allowed.
        limit: usize,
    },
    /// The address is none.
    #[error("The address of the page that checks is not https:// and printable ASCII without #.")]
    Address,
    /// The receipt's fields lead nowhere.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
}

/// What a sheet says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// The federation.
    pub federation: FederationId,
    /// The identity line of the log.
    pub origin: String,
    /// Index of the issuance.
    pub index: LeafIndex,
    /// The document's place in the status list.
    pub status: StatusIndex,
    /// The commitment.
    pub commitment: Hash,
    /// The issuer's name.
    pub issuer: String,
    fields: Vec<Field>,
}

/// What a sheet and a receipt have to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// The paper shows what the receipt shows.
    Same,
    /// The paper is of another document, or says something else about it.
    Other,
    /// The receipt hides a field that the paper shows.
    Hidden,
}

impl Sheet {
    /// The sheet of a receipt that was verified: the three fields that are never hidden, and those
    /// that are named if the receipt shows them.
    pub fn of(receipt: &Receipt, named: &[&str]) -> Result<Sheet, SheetError> {
        let limit = usize::from(u8::MAX);
        let mut fields = Vec::new();
        for (place, field) in receipt.disclosure.shown() {
            let always = NAMES.iter().take(ALWAYS).any(|name| *name == field.name());
            if !always && (field.name() == "content" || !named.contains(&field.name())) {
                continue;
            }
            if field.value().len() > limit {
                return Err(SheetError::ValueTooLong { place, limit });
            }
            fields.push(field.clone());
        }
        let sheet = Sheet {
            federation: receipt.federation,
            origin: receipt.checkpoint.checkpoint().origin().to_owned(),
            index: receipt.index,
            status: receipt.status_index(),
            commitment: receipt.disclosure.commitment()?,
            issuer: receipt.issuer.statement.name().to_owned(),
            fields,
        };
        sheet.check()?;
        Ok(sheet)
    }

    /// Reads a fragment. What it says is not checked.
    pub fn parse(fragment: &str) -> Result<Sheet, SheetError> {
        let body = fragment.strip_prefix(PREFIX).ok_or(SheetError::NotASheet)?;
        let limit = limits::SHEET_FRAGMENT_BYTES;
        if fragment.len() > limit {
            return Err(SheetError::TooLong { limit });
        }
        let body = Base64UrlUnpadded::decode_vec(body).map_err(|_| SheetError::Spelling)?;
        let sheet = Sheet::from_bytes(&body)?;
        sheet.check()?;
        // The decoder refuses other spellings itself; the format depends on it.
        if sheet.to_fragment()? == fragment { Ok(sheet) } else { Err(SheetError::Spelling) }
    }

    /// Reads what a scanner gives: the link, or its fragment alone. Where the link leads is not
    /// believed.
    pub fn scanned(text: &str) -> Result<Sheet, SheetError> {
        let text = text.trim_ascii();
        Sheet::parse(text.split_once('#').map_or(text, |(_, fragment)| fragment))
    }

    /// The text that [`Sheet::parse`] reads.
    pub fn to_fragment(&self) -> Result<String, SheetError> {
        let body = Base64UrlUnpadded::encode_string(&self.to_bytes()?);
        let fragment = format!("{PREFIX}{body}");
        let limit = limits::SHEET_FRAGMENT_BYTES;
        if fragment.len() > limit { Err(SheetError::TooLong { limit }) } else { Ok(fragment) }
    }

    /// The link that is printed as a QR code.
    pub fn to_link(&self, address: &str) -> Result<String, SheetError> {
        let scheme = ["https://", "http://"].iter().find_map(|s| address.strip_prefix(s));
        let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if scheme.is_none_or(str::is_empty) || !plain || address.len() > limits::SHEET_ADDRESS_BYTES
        {
            return Err(SheetError::Address);
        }
        Ok(format!("{address}#{}", self.to_fragment()?))
    }

    /// The fields: type, unit, valid-until, and those that the office chose to print.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether this paper is of the document of that receipt. The receipt is not checked.
    pub fn compare(&self, receipt: &Receipt) -> Comparison {
        let same = self.federation == receipt.federation
            && self.origin == receipt.checkpoint.checkpoint().origin()
            && self.index == receipt.index
            && self.status == receipt.status_index()
            && receipt.disclosure.commitment() == Ok(self.commitment)
            && self.issuer == receipt.issuer.statement.name();
        let of = |field: &Field| receipt.value(field.name()).map(|value| value == field.value());
        let fields = || self.fields.iter().map(of);
        if !same || fields().any(|equal| equal == Some(false)) {
            Comparison::Other
        } else if fields().any(|equal| equal.is_none()) {
            Comparison::Hidden
        } else {
            Comparison::Same
        }
    }

    fn check(&self) -> Result<(), SheetError> {
        let name = |text: &str, limit| {
            (1..=limit).contains(&text.len()) && text.trim() == text && is_plain(text)
        };
        let small = self.index.0 <= limits::JSON_INTEGER && self.status.0 <= limits::JSON_INTEGER;
        if !name(&self.origin, limits::ORIGIN_BYTES)
            || !name(&self.issuer, limits::ISSUER_NAME_BYTES)
            || !small
        {
            return Err(SheetError::Malformed);
        }
        let mut names: Vec<&str> = self.fields.iter().map(Field::name).collect();
        let fixed = names.iter().zip(NAMES).take(ALWAYS).filter(|(a, b)| *a == b).count();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        let good = fixed == ALWAYS && names.len() == count && !names.contains(&"content");
        if good { Ok(()) } else { Err(SheetError::Fields) }
    }

    fn from_bytes(body: &[u8]) -> Result<Sheet, SheetError> {
        let mut reader = Reader::new(body);
        let federation = FederationId(reader.array()?);
        let origin = text(reader.prefixed8()?)?;
        let (index, status) = (LeafIndex(reader.u64()?), StatusIndex(reader.u64()?));
        let commitment = reader.hash()?;
        let issuer = text(reader.prefixed8()?)?;
        let mut fields = Vec::new();
        for _ in 0..reader.u8()? {
            fields.push(read_field(&mut reader)?);
        }
        reader.finish()?;
        Ok(Sheet { federation, origin, index, status, commitment, issuer, fields })
    }

    fn to_bytes(&self) -> Result<Vec<u8>, SheetError> {
        let mut writer = Writer::new();
        writer.bytes(&self.federation.0).prefixed8(self.origin.as_bytes())?;
        writer.u64(self.index.0).u64(self.status.0).hash(&self.commitment);
        writer.prefixed8(self.issuer.as_bytes())?;
        writer.u8(u8::try_from(self.fields.len()).map_err(|_| SheetError::Fields)?);
        for field in &self.fields {
            match number(field.name()) {
                Some(number) => writer.u8(number),
                None => writer.u8(0).prefixed8(field.name().as_bytes())?,
            };
            writer.prefixed8(field.value().as_bytes())?;
        }
        Ok(writer.into_bytes())
    }
}

fn read_field(reader: &mut Reader<'_>) -> Result<Field, SheetError> {
    let name = match reader.u8()? {
        0 => Some(text(reader.prefixed8()?)?).filter(|name| number(name).is_none()),
        given => NAMES.iter().find(|name| number(name) == Some(given)).map(ToString::to_string),
    };
    let name = name.ok_or(SheetError::Spelling)?;
    Ok(Field::new(&name, &text(reader.prefixed8()?)?)?)
}

/// The number of a name, if it has one.
fn number(name: &str) -> Option<u8> {
    (1..).zip(NAMES).find(|(_, known)| *known == name).map(|(number, _)| number)
}

fn text(bytes: &[u8]) -> Result<String, SheetError> {
    core::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| SheetError::Spelling)
}

#[cfg(test)]
mod tests;
