//! What an office's program says of a document, and the document that it makes. Pure.

use proto::document::{Content, ContentDigest, Document, DocumentError, Field, FieldError};
use proto::hash::Hash;
use proto::limits;
use proto::text;
use proto::time::Date;

/// Bytes of all names and values together; a receipt repeats them.
pub const TEXT_BYTES: usize = 64 * 1024;
/// What stands before the name of a field of the issuer's own.
pub const OWN_FIELD: &str = "field.";
const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";

/// The file that came with the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Digest and length of its bytes, which are gone.
    pub digest: ContentDigest,
    /// The content type that its part had, with parameters.
    pub media_type: Option<String>,
}

/// A form that has arrived.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    texts: Vec<(String, String)>,
    bytes: usize,
    upload: Option<Upload>,
}

/// Why a form makes no document.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A part that is not known here.
    #[error("There is no part with the name {0:?}.")]
    UnknownPart(String),
    /// A part came twice.
    #[error("The part {0} came twice.")]
    Twice(String),
    /// A part is missing.
    #[error("The part {0} is missing or empty.")]
    Missing(&'static str),
    /// Names and values are too long together.
    #[error("The texts of the form have more than {TEXT_BYTES} bytes together.")]
    TooMuchText,
    /// A file and a digest, or neither.
    #[error("Send either the part file, or sha256, length and media-type.")]
    FileOrDigest,
    /// The digest is none.
    #[error("The part sha256 must have 64 hexadecimal digits in lower case.")]
    BadDigest,
    /// The length is none.
    #[error("The part length must be a number of bytes.")]
    BadLength,
    /// The media type is none.
    #[error("A media type has the form type/subtype and at most 127 characters.")]
    BadMediaType,
    /// The document has run out.
    #[error("The last day of validity has passed already.")]
    Past,
    /// A value that no field can have.
    #[error("{name}: {why}")]
    Field {
        /// The part.
        name: String,
        /// Why.
        why: FieldError,
    },
    /// All together.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl ClaimError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ClaimError::UnknownPart(_) => "part-unknown",
            ClaimError::Twice(_) => "part-twice",
            ClaimError::Missing(_) => "part-missing",
            ClaimError::TooMuchText => "form-too-large",
            ClaimError::FileOrDigest => "file-or-digest",
            ClaimError::BadDigest => "digest-malformed",
            ClaimError::BadLength => "length-malformed",
            ClaimError::BadMediaType => "media-type-malformed",
            ClaimError::Past => "valid-until-past",
            ClaimError::Field { .. } => "field-malformed",
            ClaimError::Document(_) => "document-malformed",
        }
    }
}

impl Claims {
    /// The part that holds the document's bytes.
    pub const FILE: &'static str = "file";

    /// Takes a text part. Names are checked here, so that a misspelt one is an error and never a
    /// claim that silently is not made.
    pub fn text(&mut self, name: &str, value: &str) -> Result<(), ClaimError> {
        let known = ["type", "unit", "valid-until", "date", "reference"];
        let digest = ["sha256", "length", "media-type"];
        if !known.contains(&name) && !digest.contains(&name) && !name.starts_with(OWN_FIELD) {
            return Err(ClaimError::UnknownPart(name.to_owned()));
        }
        if self.value(name).is_some() {
            return Err(ClaimError::Twice(name.to_owned()));
        }
        self.bytes += name.len() + value.len();
        if self.bytes > TEXT_BYTES || self.texts.len() >= 2 * limits::FIELDS {
            return Err(ClaimError::TooMuchText);
        }
        self.texts.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Takes the file.
    pub fn upload(&mut self, upload: Upload) -> Result<(), ClaimError> {
        if self.upload.is_some() {
            return Err(ClaimError::Twice(Claims::FILE.to_owned()));
        }
        self.upload = Some(upload);
        Ok(())
    }

    /// The document type, as soon as its part is there.
    pub fn document_type(&self) -> Option<&str> {
        self.value("type")
    }

    /// The document, if everything that is said can stand in one.
    pub fn document(&self, today: Option<Date>) -> Result<Document, ClaimError> {
        let content = self.content()?;
        let valid_until = self.value("valid-until").unwrap_or("none");
        match (Date::parse(valid_until), today) {
            (Ok(last), Some(today)) if last < today => return Err(ClaimError::Past),
            _ => {}
        }
        let mut fields = vec![field("content", "content", &content.to_string())?];
        fields.push(field("type", "type", self.required("type")?)?);
        fields.push(field("unit", "unit", self.required("unit")?)?);
        fields.push(field("valid-until", "valid-until", valid_until)?);
        for name in ["date", "reference"] {
            match self.value(name) {
                Some("") if name == "reference" => return Err(ClaimError::Missing("reference")),
                Some(value) => fields.push(field(name, name, value)?),
                None => {}
            }
        }
        for (name, value) in &self.texts {
            if let Some(own) = name.strip_prefix(OWN_FIELD) {
                fields.push(field(name, own, value)?);
            }
        }
        Ok(Document::new(fields)?)
    }

    fn content(&self) -> Result<Content, ClaimError> {
        let media_type = self.value("media-type");
        let (digest, media_type) = match (&self.upload, self.value("sha256")) {
            (Some(upload), None) if self.value("length").is_none() => {
                let of_part = upload.media_type.as_deref().filter(|kind| !kind.is_empty());
                (upload.digest, media_type.or(of_part).unwrap_or(UNKNOWN_MEDIA_TYPE))
            }
            (None, Some(sha256)) => {
                let sha256 = Hash::from_hex(sha256).map_err(|_| ClaimError::BadDigest)?;
                let length = self.value("length").ok_or(ClaimError::Missing("length"))?;
                let length = text::decimal(length).map_err(|_| ClaimError::BadLength)?;
                let media_type = media_type.ok_or(ClaimError::Missing("media-type"))?;
                (ContentDigest { sha256, length, sha512: None }, media_type)
            }
            _ => return Err(ClaimError::FileOrDigest),
        };
        // RFC 9110, section 8.3.1: names of types do not depend on case, parameters are not part
        // of them.
        let plain = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Content::new(digest, &plain).map_err(|_| match digest.length > limits::JSON_INTEGER {
            true => ClaimError::BadLength,
            false => ClaimError::BadMediaType,
        })
    }

    fn required(&self, name: &'static str) -> Result<&str, ClaimError> {
        self.value(name).filter(|value| !value.is_empty()).ok_or(ClaimError::Missing(name))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

fn field(part: &str, name: &str, value: &str) -> Result<Field, ClaimError> {
    Field::new(name, value).map_err(|why| ClaimError::Field { name: part.to_owned(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Option<Date> {
        Date::new(2026, 11, 25).ok()
    }

    fn upload(media_type: Option<&str>) -> Upload {
        let digest = ContentDigest { sha256: Hash([1; 32]), length: 3, sha512: None };
        Upload { digest, media_type: media_type.map(str::to_owned) }
    }

    fn claims(texts: &[(&str, &str)], file: Option<Upload>) -> Result<Claims, ClaimError> {
        let mut claims = Claims::default();
        for (name, value) in texts {
            claims.text(name, value)?;
        }
        file.into_iter().try_for_each(|file| claims.upload(file))?;
        Ok(claims)
    }

    const LEAST: [(&str, &str); 2] = [("type", "permit"), ("unit", "Office")];

    #[test]
    fn a_form_in_any_order_makes_one_document() {
        let texts = [
            ("field.pages", "2"),
            ("reference", "A 1"),
            ("date", "2026-11-24"),
            ("unit", "Office"),
            ("valid-until", "2026-11-25"),
            ("type", "permit"),
        ];
        let file = upload(Some("Application/PDF; charset=x"));
        let document = claims(&texts, Some(file)).unwrap().document(today()).unwrap();
        let names: Vec<&str> = document.fields().iter().map(Field::name).collect();
        assert_eq!(names, ["content", "type", "unit", "valid-until", "date", "reference", "pages"]);
        assert_eq!(document.content().media_type(), "application/pdf");
        let least = claims(&LEAST, Some(upload(None))).unwrap().document(today()).unwrap();
        assert_eq!(least.content().media_type(), UNKNOWN_MEDIA_TYPE);
        assert_eq!(least.value("valid-until"), Some("none"));
    }

    #[test]
    fn a_digest_takes_the_place_of_the_file() {
        let digest = "01".repeat(32);
        let texts = [
            LEAST[0],
            LEAST[1],
            ("sha256", digest.as_str()),
            ("length", "3"),
            ("media-type", "application/pdf"),
        ];
        let by_digest = claims(&texts, None).unwrap().document(today()).unwrap();
        let file = upload(Some("application/pdf"));
        let by_file = claims(&LEAST, Some(file)).unwrap().document(today()).unwrap();
        assert_eq!(by_digest, by_file);
        for leave_out in 2..5 {
            let mut texts = texts.to_vec();
            texts.remove(leave_out);
            assert!(claims(&texts, None).unwrap().document(today()).is_err(), "{leave_out}");
        }
        let both = claims(&texts, Some(upload(None))).unwrap();
        assert_eq!(both.document(today()), Err(ClaimError::FileOrDigest));
    }

    #[test]
    fn each_mistake_has_its_code() {
        let digest = "01".repeat(32);
        let upper = "AB".repeat(32);
        let long = "x".repeat(4097);
        let by = |texts: &[(&str, &str)], file: Option<Upload>| {
            let made = claims(texts, file).and_then(|claims| claims.document(today()));
            made.unwrap_err().code()
        };
        let with = |extra: &[(&str, &str)]| {
            let texts = [&LEAST[..], extra].concat();
            by(&texts, Some(upload(None)))
        };
        assert_eq!(with(&[("typ", "permit")]), "part-unknown");
        assert_eq!(with(&[("type", "permit")]), "part-twice");
        assert_eq!(by(&LEAST[1..], Some(upload(None))), "part-missing");
        assert_eq!(by(&[LEAST[0], ("unit", "")], Some(upload(None))), "part-missing");
        assert_eq!(with(&[("reference", "")]), "part-missing");
        assert_eq!(by(&LEAST, None), "file-or-digest");
        assert_eq!(with(&[("valid-until", "2026-11-24")]), "valid-until-past");
        assert_eq!(with(&[("valid-until", "soon")]), "field-malformed");
        assert_eq!(with(&[("field.a", "b\nc")]), "field-malformed");
        assert_eq!(with(&[("field.a", &long)]), "field-malformed");
        assert_eq!(with(&[("field.A", "b")]), "field-malformed");
        assert_eq!(with(&[("field.unit", "again")]), "document-malformed");
        assert_eq!(with(&[("media-type", "pdf")]), "media-type-malformed");
        let hashed = |sha256: &str, length: &str| {
            let kind = ("media-type", "text/plain");
            by(&[LEAST[0], LEAST[1], ("sha256", sha256), ("length", length), kind], None)
        };
        assert_eq!(hashed(&upper, "3"), "digest-malformed");
        assert_eq!(hashed(&digest, "03"), "length-malformed");
        assert_eq!(hashed(&digest, "9007199254740993"), "length-malformed");
        let many: Vec<(String, String)> =
            (0..17).map(|i| (format!("field.{i}"), "x".repeat(4000))).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(with(&many), "form-too-large");
        let many: Vec<String> = (0..61).map(|i| format!("field.{i}")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "x")).collect();
        assert_eq!(with(&many), "document-malformed");
    }
}
