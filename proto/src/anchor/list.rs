//! The list of a month: the evidence that a node has about the roots made in it, oldest first.
//!
//! ```text
//! <time> <root, hex> <kind> <file>
//! ```
//!
//! A kind that this program does not know is passed over: nodes and programs are not renewed on
//! one day.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

use thiserror::Error;

use super::Kind;
use crate::hash::{Hash, Timestamp};
use crate::limits;
use crate::text::{self, Lines, TextError};

/// Why bytes are no list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum ListError {
    /// A line is not spelt as it must be.
    #[error("A line of the list of anchors is not written as docs/http-api.md says: {0}")]
    Text(#[from] TextError),
    /// A file has a name that no node gives.
    #[error("The list of anchors names a file as no node does.")]
    BadName,
    /// Lines are not in the order of time.
    #[error("The list of anchors is not in the order of time.")]
    NotSorted,
}

/// A piece of evidence that a node has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// When the root was made.
    pub time: Timestamp,
    /// The root.
    pub root: Hash,
    /// The kind.
    pub kind: Kind,
    /// The name of the file: the clock, a full stop, and a number that grows when it is renewed.
    pub file: String,
}

impl Listed {
    /// The clock that gave it, and which of its files about the root this is.
    pub fn clock(&self) -> (&str, u32) {
        numbered(&self.file)
    }
}

/// The clock that the name of a file of evidence holds, and its number.
pub fn numbered(file: &str) -> (&str, u32) {
    let cut = file.rsplit_once('.');
    let numbered = cut.and_then(|(clock, number)| Some((clock, number.parse().ok()?)));
    numbered.unwrap_or((file, 0))
}

/// Reads a list.
pub fn parse(bytes: &[u8]) -> Result<Vec<Listed>, ListError> {
    let mut listed: Vec<Listed> = Vec::new();
    if bytes.is_empty() {
        return Ok(listed);
    }
    let mut lines = Lines::new(text::lines_utf8(bytes, limits::ANCHOR_LIST_BYTES)?);
    while !lines.is_empty() {
        let mut words = lines.line()?.splitn(4, ' ');
        let mut next = || words.next().ok_or(TextError::WrongKeyword);
        let time = Timestamp(text::decimal_up_to(next()?, limits::JSON_INTEGER)?);
        let root = Hash(text::hex_array(next()?)?);
        let (kind, file) = (Kind::parse(next()?), next()?.to_owned());
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if file.is_empty() || file.starts_with('.') || !file.bytes().all(plain) {
            return Err(ListError::BadName);
        }
        if listed.last().is_some_and(|last| last.time > time) {
            return Err(ListError::NotSorted);
        }
        listed.extend(kind.map(|kind| Listed { time, root, kind, file }));
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn what_a_node_lists_is_read_and_nothing_else() {
        let root = Hash([10; 32]);
        let good = format!("7 {} tsa tsa-a.1\n9 {} moon moon.1\n", root.to_hex(), root.to_hex());
        let listed = parse(good.as_bytes()).unwrap();
        let file = String::from("tsa-a.1");
        assert_eq!(listed, [Listed { time: Timestamp(7), root, kind: Kind::Tsa, file }]);
        assert_eq!(listed[0].clock(), ("tsa-a", 1));
        assert_eq!(parse(b""), Ok(Vec::new()));
        for (text, want) in [
            (good.replace("tsa-a.1", "../a"), ListError::BadName),
            (good.replace("tsa-a.1", "a/b"), ListError::BadName),
            (good.replace("9 ", "6 "), ListError::NotSorted),
            (good.replace("7 ", "07 "), TextError::BadDecimal.into()),
            (good.replace("0a", "0A"), TextError::BadHex.into()),
            (good.replace(" tsa-a.1", ""), TextError::WrongKeyword.into()),
            (good.trim_end().into(), TextError::MissingNewline.into()),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(want), "{text}");
        }
    }
}
