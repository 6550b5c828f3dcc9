//! Names and literal strings without their escapes (ISO 32000-1, 7.3.4.2 and 7.3.5).

use alloc::vec::Vec;

/// A name without its `#xx`.
pub fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match tail.get(..2).and_then(|digits| hex::decode(digits).ok()) {
            Some(decoded) if byte == b'#' => {
                out.extend(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => out.push(byte),
        }
    }
    out
}

/// A literal string without its escapes (ISO 32000-1, 7.3.4.2).
pub fn unquoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(b'b') => out.push(8),
                Some(b'f') => out.push(12),
                Some(b'\n') | None => {}
                Some(b'\r') => {
                    bytes.next_if_eq(&b'\n');
                }
                Some(first @ b'0'..=b'7') => {
                    let mut code = first.wrapping_sub(b'0');
                    for _ in 0..2 {
                        let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte)) else {
                            break;
                        };
                        code = code.wrapping_mul(8).wrapping_add(digit.wrapping_sub(b'0'));
                    }
                    out.push(code);
                }
                Some(other) => out.push(other),
            },
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.push(b'\n');
            }
            _ => out.push(byte),
        }
    }
    out
}
