//! Tokens of PDF (ISO 32000-1, 7.2 and 7.3), strictly: values with their raw bytes, dictionaries,
//! arrays. Nothing is built for what is only passed over.

use crate::limits;
use crate::refusal::{Fault, Refusal};
use crate::spelling::{unescaped, unquoted};
use alloc::vec::Vec;

/// A place in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// An indirect reference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reference {
    pub number: u32,
    pub generation: u16,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Null,
    Bool,
    Int(i64),
    Real,
    Name,
    Text,
    Reference(Reference),
    Array,
    Dict,
}

/// A value and the bytes that spell it.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub raw: &'a [u8],
    pub kind: Kind,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

impl<'a> Cursor<'a> {
    /// At the first byte.
    pub fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0 }
    }

    /// Bytes from the start.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Goes to a place counted from the start.
    pub fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Passes white space and comments.
    pub fn space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.skip(1);
                }
            } else if is_space(byte) {
                self.skip(1);
            } else {
                return;
            }
        }
    }

    /// Takes exactly these bytes.
    pub fn take(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.skip(text.len());
        }
        found
    }

    /// Takes a keyword that ends here.
    pub fn keyword(&mut self, word: &[u8]) -> bool {
        let ends = self.rest().get(word.len()).is_none_or(|&byte| !is_regular(byte));
        ends && self.take(word)
    }

    /// Takes an unsigned number that ends here.
    pub fn number(&mut self) -> Option<u64> {
        let start = self.at;
        let mut number = 0_u64;
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            let digit = u64::from(byte.wrapping_sub(b'0'));
            number = number.checked_mul(10)?.checked_add(digit)?;
            self.skip(1);
        }
        let ends = self.peek().is_none_or(|byte| !is_regular(byte));
        (self.at > start && ends).then_some(number)
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Value<'a>, Refusal> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Value<'a>, Refusal> {
        if depth > limits::DEPTH {
            return Err(Refusal::TooIntricate);
        }
        self.space();
        let start = self.at;
        let kind = match self.peek().ok_or(Fault::Syntax)? {
            b'/' => {
                self.skip(1);
                self.regular();
                Kind::Name
            }
            b'(' => {
                self.literal()?;
                Kind::Text
            }
            b'<' if self.take(b"<<") => {
                self.members(b">>", depth)?;
                Kind::Dict
            }
            b'<' => {
                self.skip(1);
                while self.peek().is_some_and(|byte| byte.is_ascii_hexdigit() || is_space(byte)) {
                    self.skip(1);
                }
                if !self.take(b">") {
                    return Err(Fault::Syntax.into());
                }
                Kind::Text
            }
            b'[' => {
                self.skip(1);
                self.members(b"]", depth)?;
                Kind::Array
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.numeric()?,
            _ if self.keyword(b"null") => Kind::Null,
            _ if self.keyword(b"true") || self.keyword(b"false") => Kind::Bool,
            _ => return Err(Fault::Syntax.into()),
        };
        Ok(Value { raw: self.since(start), kind })
    }

    fn regular(&mut self) {
        while self.peek().is_some_and(is_regular) {
            self.skip(1);
        }
    }

    fn members(&mut self, end: &[u8], depth: usize) -> Result<(), Refusal> {
        loop {
            self.space();
            if self.take(end) {
                return Ok(());
            }
            self.nested(depth.saturating_add(1))?;
        }
    }

    fn literal(&mut self) -> Result<(), Refusal> {
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or(Fault::Syntax)? {
                b'(' => open = open.saturating_add(1),
                b')' => open = open.saturating_sub(1),
                b'\\' => self.skip(1),
                _ => {}
            }
            self.skip(1);
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// A number, or a reference if another number and `R` follow.
    fn numeric(&mut self) -> Result<Kind, Refusal> {
        let start = self.at;
        self.regular();
        let text = self.since(start);
        let digits = text.strip_prefix(b"+").or(text.strip_prefix(b"-")).unwrap_or(text);
        let whole = digits.iter().all(u8::is_ascii_digit);
        if !whole {
            let points = digits.iter().filter(|&&byte| byte == b'.').count();
            let good = digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
            let real = good && points == 1 && digits.len() > 1;
            return if real { Ok(Kind::Real) } else { Err(Fault::Syntax.into()) };
        }
        let text = core::str::from_utf8(text).map_err(|_| Fault::Syntax)?;
        let number: i64 = text.parse().map_err(|_| Fault::Syntax)?;
        let mut ahead = *self;
        ahead.space();
        let generation = ahead.number();
        ahead.space();
        if let (Ok(object), Some(generation)) = (u32::try_from(number), generation)
            && digits.len() == text.len()
            && ahead.keyword(b"R")
        {
            self.at = ahead.at;
            let generation = u16::try_from(generation).map_err(|_| Fault::Syntax)?;
            return Ok(Kind::Reference(Reference { number: object, generation }));
        }
        Ok(Kind::Int(number))
    }
}

impl<'a> Value<'a> {
    /// The one value that these bytes spell.
    pub fn parse(raw: &'a [u8]) -> Result<Value<'a>, Refusal> {
        Cursor::new(raw).value()
    }

    /// A number from zero up.
    pub fn size(&self) -> Option<usize> {
        match self.kind {
            Kind::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }

    /// A reference.
    pub fn reference(&self) -> Option<Reference> {
        match self.kind {
            Kind::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    /// Whether this is the name `/name`.
    pub fn is_name(&self, name: &[u8]) -> bool {
        self.kind == Kind::Name
            && self.raw.strip_prefix(b"/").map(unescaped).as_deref() == Some(name)
    }

    /// The members of an array.
    pub fn items(&self) -> Result<Vec<Value<'a>>, Refusal> {
        let inside = match self.kind {
            Kind::Array => self.raw.strip_prefix(b"[").and_then(|raw| raw.strip_suffix(b"]")),
            _ => None,
        };
        let mut cursor = Cursor::new(inside.ok_or(Fault::Syntax)?);
        let mut items = Vec::new();
        loop {
            cursor.space();
            if cursor.rest().is_empty() {
                return Ok(items);
            }
            if items.len() >= limits::ITEMS {
                return Err(Refusal::TooIntricate);
            }
            items.push(cursor.value()?);
        }
    }

    /// The entries of a dictionary.
    pub fn dict(&self) -> Result<Dict<'a>, Refusal> {
        let inside = match self.kind {
            Kind::Dict => self.raw.strip_prefix(b"<<").and_then(|raw| raw.strip_suffix(b">>")),
            _ => None,
        };
        let mut cursor = Cursor::new(inside.ok_or(Fault::Syntax)?);
        let mut entries: Vec<(Vec<u8>, Value<'a>, Value<'a>)> = Vec::new();
        loop {
            cursor.space();
            if cursor.rest().is_empty() {
                return Ok(Dict { entries });
            }
            let key = cursor.value()?;
            let name = key.raw.strip_prefix(b"/").filter(|_| key.kind == Kind::Name);
            let name = unescaped(name.ok_or(Fault::Syntax)?);
            // Readers differ in which of two equal keys they believe.
            if entries.iter().any(|(other, ..)| *other == name) {
                return Err(Fault::Syntax.into());
            }
            if entries.len() >= limits::ENTRIES {
                return Err(Refusal::TooIntricate);
            }
            entries.push((name, key, cursor.value()?));
        }
    }

    /// The bytes of a string.
    pub fn text(&self) -> Option<Vec<u8>> {
        if self.kind != Kind::Text {
            return None;
        }
        if let Some(literal) = self.raw.strip_prefix(b"(") {
            return Some(unquoted(literal.strip_suffix(b")")?));
        }
        let mut digits: Vec<u8> = self.raw.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        if digits.len() % 2 == 1 {
            digits.push(b'0');
        }
        hex::decode(digits).ok()
    }
}

/// A dictionary: names, and values with their bytes, in the order of the file.
#[derive(Clone, Debug)]
pub struct Dict<'a> {
    /// The name, its spelling, the value.
    pub entries: Vec<(Vec<u8>, Value<'a>, Value<'a>)>,
}

impl<'a> Dict<'a> {
    /// The value of a name; a null is as good as none.
    pub fn get(&self, name: &[u8]) -> Option<Value<'a>> {
        let mut found = self.entries.iter().filter(|(key, ..)| key == name);
        found.next().map(|(.., value)| *value).filter(|value| value.kind != Kind::Null)
    }
}
