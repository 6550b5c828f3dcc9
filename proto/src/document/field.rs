//! Fields: a name and a value each, at fixed places what may never be hidden.
//!
//! ```text
//! 0 content      which bytes (see Content)
//! 1 type         document type, [a-z0-9.-]{1,64}
//! 2 unit         the issuing unit, for people
//! 3 valid-until  YYYY-MM-DD or none
//! 4 date         YYYY-MM-DD, if the issuer claims one
//!   reference    if there is one, then others in the issuer's order
//! ```
//!
//! Names are unique. Values are shown to people, so they hold no control characters and nothing
//! that reorders the text around it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use thiserror::Error;

use crate::limits;
use crate::time::Date;

use super::content::Content;

/// The names at places 0 to 3, which are never hidden.
pub const FIXED_NAMES: [&str; 4] = ["content", "type", "unit", "valid-until"];

/// Why a field is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The name does not have the form that names have.
    #[error("A field name has 1 to 64 of the characters a-z, 0-9 and hyphen.")]
    BadName,
    /// The value is too long.
    #[error("A field value has {got} bytes and at most {limit} are allowed.")]
    ValueTooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
    /// The value holds characters that are not for people to read.
    #[error("A field value holds a control character or one that changes the direction of text.")]
    NotPlain,
    /// The field `content` does not have its form.
    #[error("The field content is not a digest, a length and a media type.")]
    BadContent,
    /// The field `type` does not have its form.
    #[error("A document type has 1 to 64 of the characters a-z, 0-9, dot and hyphen.")]
    BadType,
    /// A date does not have its form.
    #[error("The fields date and valid-until hold YYYY-MM-DD; valid-until can also hold none.")]
    BadDate,
}

/// Why fields do not make a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// One of the fixed fields is missing or stands elsewhere.
    #[error("The field {0} is missing, hidden or not in its place.")]
    FixedField(&'static str),
    /// Two fields have one name.
    #[error("Two fields have the same name.")]
    NameTwice,
    /// There are too many fields.
    #[error("There are {got} fields and at most {limit} are allowed.")]
    TooMany {
        /// Fields allowed.
        limit: usize,
        /// Fields found.
        got: usize,
    },
    /// A field is refused.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// A named value of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    name: String,
    value: String,
}

impl Field {
    /// Checks a name and a value.
    pub fn new(name: &str, value: &str) -> Result<Field, FieldError> {
        let letter = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let good_length = (1..=limits::FIELD_NAME_BYTES).contains(&name.len());
        if !good_length || !name.bytes().all(letter) {
            return Err(FieldError::BadName);
        }
        let limit = limits::FIELD_VALUE_BYTES;
        if value.len() > limit {
            return Err(FieldError::ValueTooLong { limit, got: value.len() });
        }
        if !is_plain(value) {
            return Err(FieldError::NotPlain);
        }
        match name {
            "content" => {
                Content::parse(value)?;
            }
            "type" if !is_document_type(value) => return Err(FieldError::BadType),
            "valid-until" if value != "none" && Date::parse(value).is_err() => {
                return Err(FieldError::BadDate);
            }
            "date" if Date::parse(value).is_err() => return Err(FieldError::BadDate),
            _ => {}
        }
        Ok(Field { name: name.to_string(), value: value.to_string() })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// All fields of a document, each in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    fields: Vec<Field>,
    content: Content,
}

impl Document {
    /// Checks that the fixed fields are in their places and that no name comes twice.
    pub fn new(fields: Vec<Field>) -> Result<Document, DocumentError> {
        let limit = limits::FIELDS;
        if fields.len() > limit {
            return Err(DocumentError::TooMany { limit, got: fields.len() });
        }
        check_fixed(fields.iter().map(Field::name))?;
        check_unique(fields.iter().map(Field::name))?;
        let content = fields.first().ok_or(DocumentError::FixedField("content"))?;
        let content = Content::parse(content.value())?;
        Ok(Document { fields, content })
    }

    /// Puts a document together: the fixed fields, then what else the issuer says.
    pub fn build(
        content: &Content,
        document_type: &str,
        unit: &str,
        valid_until: Option<Date>,
        others: Vec<Field>,
    ) -> Result<Document, DocumentError> {
        let valid_until = valid_until.map_or_else(|| "none".to_string(), |date| date.to_string());
        let mut fields = alloc::vec![
            Field::new("content", &content.to_string())?,
            Field::new("type", document_type)?,
            Field::new("unit", unit)?,
            Field::new("valid-until", &valid_until)?,
        ];
        let place = |field: &Field| match field.name() {
            "date" => 0,
            "reference" => 1,
            _ => 2,
        };
        let mut others = others;
        others.sort_by_key(place);
        fields.append(&mut others);
        Document::new(fields)
    }

    /// The fields in their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What the field `content` says.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The value of the field with this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name() == name).map(Field::value)
    }
}

/// Checks that the first names are the fixed ones and that those come nowhere else.
pub(crate) fn check_fixed<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), DocumentError> {
    let mut first = names.clone();
    for fixed in FIXED_NAMES {
        if first.next() != Some(fixed) {
            return Err(DocumentError::FixedField(fixed));
        }
    }
    Ok(())
}

/// Checks that no name comes twice.
pub(crate) fn check_unique<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), DocumentError> {
    let mut names: Vec<&str> = names.collect();
    let before = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() == before { Ok(()) } else { Err(DocumentError::NameTwice) }
}

/// Whether a text can be a document type.
pub fn is_document_type(text: &str) -> bool {
    (1..=limits::DOCUMENT_TYPE_BYTES).contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
}

/// Whether a text can be shown to a person as it is: no control characters, no line separators,
/// nothing invisible that reorders the text around it.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::ContentDigest;
    use crate::hash::Hash;

    fn content() -> Content {
        let digest = ContentDigest { sha256: Hash([1; 32]), length: 3, sha512: None };
        Content::new(digest, "application/pdf").unwrap()
    }

    #[test]
    fn names_and_values() {
        assert!(Field::new("a-1", "").is_ok());
        assert!(Field::new(&"a".repeat(64), &"\u{e4}".repeat(2048)).is_ok());
        for name in ["", "A", "a b", "a_b", "\u{e4}", &"a".repeat(65)] {
            assert_eq!(Field::new(name, "x"), Err(FieldError::BadName), "{name:?}");
        }
        for value in ["a\nb", "\u{1b}[31m", "\u{202e}x", "\u{85}", "\u{feff}", "\u{2067}"] {
            assert_eq!(Field::new("a", value), Err(FieldError::NotPlain), "{value:?}");
        }
        assert!(matches!(
            Field::new("a", &"x".repeat(4097)),
            Err(FieldError::ValueTooLong { limit: 4096, got: 4097 })
        ));
        assert_eq!(Field::new("date", "3.5.2026"), Err(FieldError::BadDate));
        assert_eq!(Field::new("valid-until", "never"), Err(FieldError::BadDate));
        assert!(Field::new("valid-until", "none").is_ok());
        assert_eq!(Field::new("type", "Zeugnis"), Err(FieldError::BadType));
    }

    #[test]
    fn fixed_fields_have_their_places() {
        let others = alloc::vec![
            Field::new("grade", "1").unwrap(),
            Field::new("reference", "A 1").unwrap(),
            Field::new("date", "2026-05-03").unwrap(),
        ];
        let document = Document::build(&content(), "school.certificate", "S", None, others);
        let document = document.unwrap();
        let names: Vec<&str> = document.fields().iter().map(Field::name).collect();
        assert_eq!(names, [&FIXED_NAMES[..], &["date", "reference", "grade"]].concat());
        assert_eq!(document.value("valid-until"), Some("none"));
        assert_eq!(document.content(), &content());

        let good = document.fields().to_vec();
        for (at, fixed) in FIXED_NAMES.iter().enumerate() {
            let mut fields = good.clone();
            fields.remove(at);
            assert_eq!(Document::new(fields), Err(DocumentError::FixedField(fixed)));
        }
        let mut fields = good.clone();
        fields.push(Field::new("unit", "another").unwrap());
        assert_eq!(Document::new(fields), Err(DocumentError::NameTwice));
        let mut fields = good.clone();
        fields.extend((7..65).map(|i| Field::new(&alloc::format!("f{i}"), "").unwrap()));
        assert_eq!(Document::new(fields), Err(DocumentError::TooMany { limit: 64, got: 65 }));
        assert_eq!(Document::new(Vec::new()), Err(DocumentError::FixedField("content")));
    }
}
