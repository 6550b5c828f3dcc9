//! The value of the field `content`: which bytes the document is.
//!
//! ```text
//! sha256 <64 hex> <length> <media type>[ sha512 <128 hex>]
//! ```
//!
//! The second digest is for the day when SHA-256 is weak: only a digest that was committed in time
//! can take its place without the original (RFC 4998 hash renewal).

use alloc::string::String;
use core::fmt;

use crate::hash::Hash;
use crate::limits;
use crate::text;

use super::field::FieldError;

/// The digest and length of a file in hand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentDigest {
    /// SHA-256 of the bytes.
    pub sha256: Hash,
    /// Count of the bytes.
    pub length: u64,
    /// SHA-512 of the bytes, if it was computed.
    pub sha512: Option<[u8; 64]>,
}

/// What the field `content` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    /// The digest and length that were committed.
    pub digest: ContentDigest,
    media_type: String,
}

impl Content {
    /// Puts a digest and a media type such as `application/pdf` together.
    pub fn new(digest: ContentDigest, media_type: &str) -> Result<Content, FieldError> {
        if !is_media_type(media_type) || digest.length > limits::JSON_INTEGER {
            return Err(FieldError::BadContent);
        }
        Ok(Content { digest, media_type: String::from(media_type) })
    }

    /// The media type.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Reads what [`Content`] displays, and nothing else.
    pub fn parse(value: &str) -> Result<Content, FieldError> {
        let mut words = value.split(' ');
        let mut word = || words.next().ok_or(FieldError::BadContent);
        let bad = |_| FieldError::BadContent;
        if word()? != "sha256" {
            return Err(FieldError::BadContent);
        }
        let sha256 = Hash::from_hex(word()?).map_err(bad)?;
        let length = text::decimal(word()?).map_err(bad)?;
        let media_type = word()?;
        let sha512 = match (words.next(), words.next(), words.next()) {
            (None, _, _) => None,
            (Some("sha512"), Some(digest), None) => Some(text::hex_array(digest).map_err(bad)?),
            _ => return Err(FieldError::BadContent),
        };
        Content::new(ContentDigest { sha256, length, sha512 }, media_type)
    }

    /// Whether this file is the document. A second digest counts only if both sides have it.
    pub fn is(&self, file: &ContentDigest) -> bool {
        let second = match (self.digest.sha512, file.sha512) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        self.digest.sha256 == file.sha256 && self.digest.length == file.length && second
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = &self.digest;
        write!(f, "sha256 {} {} {}", digest.sha256, digest.length, self.media_type)?;
        match &digest.sha512 {
            Some(bytes) => write!(f, " sha512 {}", hex::encode(bytes)),
            None => Ok(()),
        }
    }
}

/// Type and subtype in lower case, without parameters (RFC 6838, section 4.2).
fn is_media_type(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|byte| {
                matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'&' | b'-'
                    | b'^' | b'_' | b'.' | b'+')
            })
    };
    text.split_once('/').is_some_and(|(main, sub)| part(main) && part(sub))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn digest() -> ContentDigest {
        ContentDigest { sha256: Hash([0xab; 32]), length: 10, sha512: None }
    }

    #[test]
    fn one_spelling() {
        let hex = "ab".repeat(32);
        let plain = alloc::format!("sha256 {hex} 10 application/pdf");
        let both = alloc::format!("{plain} sha512 {hex}{hex}");
        for good in [&plain, &both] {
            assert_eq!(Content::parse(good).unwrap().to_string(), **good);
        }
        for bad in [
            String::new(),
            alloc::format!("sha256 {hex} 10"),
            alloc::format!("sha256 {hex} 010 application/pdf"),
            alloc::format!("sha256 {} 10 application/pdf", hex.to_uppercase()),
            alloc::format!("sha256  {hex} 10 application/pdf"),
            alloc::format!("sha256 {hex} 10 application"),
            alloc::format!("sha256 {hex} 10 Application/PDF"),
            alloc::format!("sha256 {hex} 9007199254740993 application/pdf"),
            alloc::format!("{plain} "),
            alloc::format!("{plain} sha512"),
            alloc::format!("{plain} sha512 {hex}"),
            alloc::format!("{both} "),
            alloc::format!("{both} more"),
        ] {
            assert_eq!(Content::parse(&bad), Err(FieldError::BadContent), "{bad:?}");
        }
    }

    #[test]
    fn every_part_of_the_digest_counts() {
        let content = Content::new(digest(), "text/plain").unwrap();
        assert!(content.is(&digest()));
        assert!(!content.is(&ContentDigest { length: 11, ..digest() }));
        assert!(!content.is(&ContentDigest { sha256: Hash([0; 32]), ..digest() }));
        let one = ContentDigest { sha512: Some([1; 64]), ..digest() };
        assert!(content.is(&one));
        let both = Content::new(one, "text/plain").unwrap();
        assert!(both.is(&one) && both.is(&digest()));
        assert!(!both.is(&ContentDigest { sha512: Some([2; 64]), ..digest() }));
    }
}
