//! JSON that is safe to look at: one value on one line, unsafe characters as `\uXXXX`.
//!
//! A program reads the very same text back; a person who prints the line on a terminal cannot be
//! tricked by it.

use crate::shown::is_unsafe;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io;

/// Serde's compact form, with every character escaped that a terminal might act on.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_unsafe) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// `value` as one line of JSON, without the newline.
pub fn line<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(1024);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Safe))?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_escaped_and_read_back_the_same() {
        let raw = "a\u{1b}[31m\u{202e}b\u{e0041}\u{7f}\u{9b}c\"\\\n";
        let line = line(&raw).unwrap();
        assert!(!line.chars().any(is_unsafe), "{line}");
        assert!(line.contains("\\u202e") && line.contains("\\udb40\\udc41"), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), raw);
    }

    #[test]
    fn ordinary_text_is_written_as_it_is() {
        assert_eq!(line(&["Gr\u{fc}n", "x"]).unwrap(), "[\"Gr\u{fc}n\",\"x\"]");
    }
}
