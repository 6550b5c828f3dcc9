//! Strict reading of line formats: exact newlines, decimals without leading zeros, canonical
//! base64.
//!
//! There is one spelling for each value, so that what was parsed is written back to the same bytes.

use alloc::{string::String, vec::Vec};

use base64ct::{Base64, Encoding};
use thiserror::Error;

/// Why a text is not what a format says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum TextError {
    /// The bytes are not UTF-8.
    #[error("The text is not UTF-8.")]
    NotUtf8,
    /// A control character stands where none may.
    #[error("The text holds a control character.")]
    ControlCharacter,
    /// The text ends where a line should follow.
    #[error("A line is missing at the end of the text.")]
    MissingLine,
    /// The last line does not end with a newline.
    #[error("The last line does not end with a newline.")]
    MissingNewline,
    /// Text follows where a format ends.
    #[error("Text follows where it should end.")]
    TrailingText,
    /// A line does not start with the word that the format asks for.
    #[error("A line does not start with the word that belongs there.")]
    WrongKeyword,
    /// A number is not decimal, has a leading zero or a sign, or is too large.
    #[error("A number is not a plain decimal number without leading zeros, or it is too large.")]
    BadDecimal,
    /// Base64 is not canonical: wrong characters, padding or unused bits.
    #[error("A part is not canonical base64.")]
    BadBase64,
    /// Hexadecimal digits are missing or not lower case.
    #[error("A part is not lower-case hexadecimal.")]
    BadHex,
    /// A decoded part has not the length that the format asks for.
    #[error("A part has {got} bytes after decoding and should have {want}.")]
    BadLength {
        /// Bytes that the format asks for.
        want: usize,
        /// Bytes found.
        got: usize,
    },
    /// The text is larger than its limit.
    #[error("The text has {got} bytes and at most {limit} are allowed.")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
}

/// Takes lines off the front of a text. Each line ends with a newline, the last one too.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    /// A cursor at the first line of `text`.
    pub fn new(text: &'a str) -> Lines<'a> {
        Lines { rest: text, number: 0 }
    }

    /// The text not yet read.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// Whether the whole text is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The number of the line read last, counted from 1: for messages.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The next line without its newline.
    pub fn line(&mut self) -> Result<&'a str, TextError> {
        if self.rest.is_empty() {
            return Err(TextError::MissingLine);
        }
        let (line, rest) = self.rest.split_once('\n').ok_or(TextError::MissingNewline)?;
        self.rest = rest;
        self.number = self.number.saturating_add(1);
        Ok(line)
    }

    /// The next line without being read.
    pub fn peek(&self) -> Option<&'a str> {
        self.rest.split_once('\n').map(|(line, _)| line)
    }

    /// What follows `keyword` and one space on the next line.
    pub fn keyword(&mut self, keyword: &str) -> Result<&'a str, TextError> {
        let line = self.line()?;
        after_keyword(line, keyword).ok_or(TextError::WrongKeyword)
    }

    /// The decimal number that is the next line.
    pub fn decimal(&mut self) -> Result<u64, TextError> {
        decimal(self.line()?)
    }

    /// Checks that the text is read to its end.
    pub fn finish(self) -> Result<(), TextError> {
        if self.rest.is_empty() { Ok(()) } else { Err(TextError::TrailingText) }
    }
}

/// What follows `keyword` and one space, if the line starts so.
pub fn after_keyword<'a>(line: &'a str, keyword: &str) -> Option<&'a str> {
    line.strip_prefix(keyword)?.strip_prefix(' ')
}

/// UTF-8 text of at most `limit` bytes without control characters other than newline.
pub fn lines_utf8(bytes: &[u8], limit: usize) -> Result<&str, TextError> {
    if bytes.len() > limit {
        return Err(TextError::TooLong { limit, got: bytes.len() });
    }
    let text = core::str::from_utf8(bytes).map_err(|_| TextError::NotUtf8)?;
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(TextError::ControlCharacter);
    }
    Ok(text)
}

/// A decimal number: digits only, no leading zero unless it is `0`.
pub fn decimal(digits: &str) -> Result<u64, TextError> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = digits.len() > 1 && digits.starts_with('0');
    if !plain || leading_zero {
        return Err(TextError::BadDecimal);
    }
    digits.parse().map_err(|_| TextError::BadDecimal)
}

/// A decimal number that may not be larger than `limit`.
pub fn decimal_up_to(digits: &str, limit: u64) -> Result<u64, TextError> {
    decimal(digits).and_then(|n| if n <= limit { Ok(n) } else { Err(TextError::BadDecimal) })
}

/// Standard base64 with padding (RFC 4648, section 4).
pub fn base64_encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Reads base64; unused bits must be zero, and line breaks and spaces are refused.
pub fn base64_decode(text: &str) -> Result<Vec<u8>, TextError> {
    let bytes = Base64::decode_vec(text).map_err(|_| TextError::BadBase64)?;
    // The decoder refuses other spellings itself; the formats depend on it, so it is checked here.
    if base64_encode(&bytes) == text { Ok(bytes) } else { Err(TextError::BadBase64) }
}

/// Reads base64 of exactly `N` bytes.
pub fn base64_array<const N: usize>(text: &str) -> Result<[u8; N], TextError> {
    let bytes = base64_decode(text)?;
    let wrong = TextError::BadLength { want: N, got: bytes.len() };
    bytes.try_into().map_err(|_| wrong)
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
pub fn hex_array<const N: usize>(text: &str) -> Result<[u8; N], TextError> {
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(TextError::BadHex);
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| TextError::BadHex)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_one_spelling() {
        for (text, want) in
            [("0", Some(0)), ("10", Some(10)), ("18446744073709551615", Some(u64::MAX))]
        {
            assert_eq!(decimal(text).ok(), want);
        }
        for text in
            ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "18446744073709551616", "\u{661}"]
        {
            assert_eq!(decimal(text), Err(TextError::BadDecimal), "{text:?}");
        }
        assert_eq!(decimal_up_to("7", 7), Ok(7));
        assert_eq!(decimal_up_to("8", 7), Err(TextError::BadDecimal));
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64_decode("AA==").as_deref(), Ok(&[0u8][..]));
        assert_eq!(base64_decode("").as_deref(), Ok(&[][..]));
        for text in
            ["AB==", "AA=", "AA", "A", "AA==\n", " AA==", "AA==AA==", "A-==", "AAB=", "=AA="]
        {
            assert_eq!(base64_decode(text), Err(TextError::BadBase64), "{text:?}");
        }
        assert_eq!(base64_array::<2>("AA=="), Err(TextError::BadLength { want: 2, got: 1 }));
    }

    #[test]
    fn hexadecimal_has_one_spelling() {
        assert_eq!(hex_array::<2>("00ff"), Ok([0, 255]));
        for text in ["00FF", "00f", "00fff", "00 f", ""] {
            assert_eq!(hex_array::<2>(text), Err(TextError::BadHex), "{text:?}");
        }
    }

    #[test]
    fn lines_end_with_newlines() {
        let mut lines = Lines::new("word 7\n\nlast");
        assert_eq!(lines.peek(), Some("word 7"));
        assert_eq!(lines.keyword("word"), Ok("7"));
        assert_eq!(lines.line(), Ok(""));
        assert_eq!(lines.number(), 2);
        assert_eq!(lines.line(), Err(TextError::MissingNewline));
        assert_eq!(lines.clone().finish(), Err(TextError::TrailingText));
        assert_eq!(Lines::new("").line(), Err(TextError::MissingLine));
        assert_eq!(Lines::new("word7\n").keyword("word"), Err(TextError::WrongKeyword));
        assert_eq!(Lines::new("01\n").decimal(), Err(TextError::BadDecimal));
    }

    #[test]
    fn texts_are_bounded_and_clean() {
        assert_eq!(lines_utf8(b"a\nb", 3), Ok("a\nb"));
        assert_eq!(lines_utf8(b"abcd", 3), Err(TextError::TooLong { limit: 3, got: 4 }));
        assert_eq!(lines_utf8(b"\r\n", 3), Err(TextError::ControlCharacter));
        assert_eq!(lines_utf8(b"\xff", 3), Err(TextError::NotUtf8));
    }
}
