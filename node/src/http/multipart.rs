//! multipart/form-data (RFC 7578, RFC 2046) as it comes: bytes in, parts out, nothing kept.
//!
//! The decoder holds a part's head, or as many bytes as a boundary has, and never a part. It is
//! strict where senders do not differ: no preamble, no white space behind a boundary, nothing after
//! the last one, no transfer encoding. Pure.

/// Bytes of the head of one part.
const HEAD_BYTES: usize = 4 * 1024;
/// Parts of a form.
const PARTS: usize = 80;
/// Characters of a boundary (RFC 2046, section 5.1.1).
const BOUNDARY_CHARS: usize = 70;

/// Why a body is no form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The content type is another, or has no boundary.
    #[error("The content type must be multipart/form-data with a boundary of 1 to 70 characters.")]
    NoForm,
    /// It does not begin with the boundary, or something stands behind one.
    #[error("The form is not separated by its boundary as RFC 2046 has it.")]
    BadBoundary,
    /// The head of a part is too long.
    #[error("The head of a part has more than {HEAD_BYTES} bytes.")]
    HeadTooLong,
    /// The head of a part is malformed.
    #[error("A part needs the header Content-Disposition: form-data with a name.")]
    BadHead,
    /// The part is encoded.
    #[error("A part has a Content-Transfer-Encoding; send its bytes as they are.")]
    Encoded,
    /// Too many parts.
    #[error("The form has more than {PARTS} parts.")]
    TooManyParts,
    /// It ends too early.
    #[error("The form is cut off.")]
    CutOff,
}

/// What the decoder has found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// A part begins.
    Part(Head),
    /// Bytes of the part.
    Bytes(&'a [u8]),
    /// The part ends.
    End,
}

/// The head of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The name of the form field.
    pub name: String,
    /// The content type, if it says one.
    pub content_type: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// In a part, or before the first one.
    Body,
    /// A boundary was read; its line is not over.
    Boundary,
    /// In the head of a part.
    Head,
    /// The last boundary was read.
    Over,
}

/// Takes a body apart.
#[derive(Debug)]
pub struct Decoder {
    /// CRLF, two hyphens, boundary.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    state: State,
    parts: usize,
}

impl Decoder {
    /// A decoder for a body with this content type.
    pub fn new(content_type: &str) -> Result<Decoder, FormError> {
        let (kind, parameters) = content_type.split_once(';').ok_or(FormError::NoForm)?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return Err(FormError::NoForm);
        }
        let boundary = parameter(parameters, "boundary").ok_or(FormError::NoForm)?;
        let letter = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
        let fits = (1..=BOUNDARY_CHARS).contains(&boundary.len()) && !boundary.ends_with(' ');
        if !fits || !boundary.bytes().all(letter) {
            return Err(FormError::NoForm);
        }
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first boundary has no line end before it; with one, it is like all others.
        Ok(Decoder { delimiter, buffer: b"\r\n".to_vec(), state: State::Body, parts: 0 })
    }

    /// Takes the next bytes of the body and shows what is in them.
    pub fn push<E: From<FormError>>(
        &mut self,
        bytes: &[u8],
        show: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.buffer.extend_from_slice(bytes);
        while self.step(show)? {}
        Ok(())
    }

    /// The body is over.
    pub fn finish(&self) -> Result<(), FormError> {
        match self.state {
            State::Over if self.buffer.is_empty() || self.buffer == b"\r\n" => Ok(()),
            State::Over => Err(FormError::BadBoundary),
            _ => Err(FormError::CutOff),
        }
    }

    /// One step; whether another one may follow with the bytes at hand.
    fn step<E: From<FormError>>(
        &mut self,
        show: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        match self.state {
            State::Body => self.body(show),
            State::Boundary => match self.buffer.get(..2) {
                None => Ok(false),
                Some(b"\r\n") => self.enter(State::Head),
                Some(b"--") => self.enter(State::Over),
                Some(_) => Err(FormError::BadBoundary.into()),
            },
            State::Head => {
                let end = find(&self.buffer, b"\r\n\r\n");
                if end.unwrap_or(self.buffer.len()) > HEAD_BYTES {
                    return Err(FormError::HeadTooLong.into());
                }
                let Some(end) = end else { return Ok(false) };
                self.parts += 1;
                if self.parts > PARTS {
                    return Err(FormError::TooManyParts.into());
                }
                show(Event::Part(head(self.buffer.get(..end).unwrap_or_default())?))?;
                self.buffer.drain(..end + 4);
                self.state = State::Body;
                Ok(true)
            }
            State::Over if self.buffer.len() > 2 => Err(FormError::BadBoundary.into()),
            State::Over => Ok(false),
        }
    }

    fn body<E: From<FormError>>(
        &mut self,
        show: &mut impl FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let end = find(&self.buffer, &self.delimiter);
        let keep = self.delimiter.len() - 1;
        let sure = end.unwrap_or_else(|| self.buffer.len().saturating_sub(keep));
        if self.parts == 0 && sure > 0 {
            return Err(FormError::BadBoundary.into());
        }
        if sure > 0 {
            show(Event::Bytes(self.buffer.get(..sure).unwrap_or_default()))?;
            self.buffer.drain(..sure);
        }
        if end.is_none() {
            return Ok(false);
        }
        if self.parts > 0 {
            show(Event::End)?;
        }
        self.buffer.drain(..self.delimiter.len());
        self.state = State::Boundary;
        Ok(true)
    }

    fn enter<E>(&mut self, state: State) -> Result<bool, E> {
        self.buffer.drain(..2);
        self.state = state;
        Ok(true)
    }
}

/// Where `what` begins in `bytes`.
fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        let start = from + at;
        if bytes.get(start..)?.starts_with(what) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

fn head(bytes: &[u8]) -> Result<Head, FormError> {
    let text = std::str::from_utf8(bytes).map_err(|_| FormError::BadHead)?;
    let (mut name, mut content_type) = (None, None);
    for line in text.split("\r\n") {
        let (header, value) = line.split_once(':').ok_or(FormError::BadHead)?;
        let value = value.trim();
        match header.to_ascii_lowercase().as_str() {
            "content-disposition" => {
                let rest = value.strip_prefix("form-data").ok_or(FormError::BadHead)?;
                name = Some(parameter(rest, "name").ok_or(FormError::BadHead)?);
            }
            "content-type" => content_type = Some(value.to_owned()),
            "content-transfer-encoding" => {
                let plain = ["binary", "8bit", "7bit"];
                if !plain.iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
                    return Err(FormError::Encoded);
                }
            }
            _ => {}
        }
    }
    Ok(Head { name: name.ok_or(FormError::BadHead)?, content_type })
}

/// The value of `; name=value` or `; name="value"`, of which quoted ones may hold semicolons.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text.trim_start_matches([';', ' ', '\t']);
    while !rest.is_empty() {
        let (have, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted_end(quoted)?;
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if have.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim_end().to_owned());
        }
        rest = next.trim_start_matches([';', ' ', '\t']);
    }
    None
}

/// Where the quotation mark is that ends a quoted text.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests;
