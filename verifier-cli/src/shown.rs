//! Text that came from outside, made safe for a terminal.
//!
//! A field of a receipt, a name in an issuer's entry or a file's name can hold escape sequences
//! that repaint a terminal, or direction marks that make `fdp.exe` read as `exe.pdf`. Everything
//! that is printed goes through here: what could act instead of being read is written as an
//! escape, and the backslash too, so that no two texts look the same.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Characters that are invisible or change how their neighbours are shown, apart from the control
/// characters that `char::is_control` knows: Unicode categories Cf, Zl and Zp, the fillers and the
/// variation selectors.
const UNSEEN: [(char, char); 25] = [
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{0600}', '\u{0605}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{06dd}', '\u{06dd}'),
    ('\u{070f}', '\u{070f}'),
    ('\u{0890}', '\u{0891}'),
    ('\u{08e2}', '\u{08e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1345f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a terminal might act on this character, or hide it, instead of showing it.
pub fn is_unsafe(c: char) -> bool {
    // All printable ASCII, which is nearly all there is, is decided by two comparisons.
    if (' '..='~').contains(&c) {
        return false;
    }
    c.is_control() || UNSEEN.iter().any(|&(first, last)| (first..=last).contains(&c))
}

/// `text` as it may be printed: unsafe characters as `\u{..}`, the backslash doubled.
pub fn text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c == '\\' || is_unsafe(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push(&mut out, text);
    Cow::Owned(out)
}

/// A path as it may be printed; bytes that are not UTF-8 appear as `\xNN`.
pub fn path(path: &Path) -> Cow<'_, str> {
    if let Some(valid) = path.to_str() {
        return text(valid);
    }
    let mut out = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        push(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

fn push(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn ordinary_text_is_untouched_and_not_copied() {
        for plain in ["", "Ordnungsamt", "Gr\u{fc}\u{df}e, \u{41a}\u{438}\u{457}\u{432}", "a b"] {
            assert!(matches!(text(plain), Cow::Borrowed(t) if t == plain));
        }
    }

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        let cases = [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\rVALID", "a\\u{d}VALID"),
            ("a\nVALID", "a\\u{a}VALID"),
            ("a\tb", "a\\u{9}b"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{7f}", "\\u{7f}"),
            ("\u{202e}fdp.exe", "\\u{202e}fdp.exe"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("line\u{2028}line", "line\\u{2028}line"),
            ("\u{e0041}", "\\u{e0041}"),
            ("\\u{202e}", "\\\\u{202e}"),
        ];
        for (raw, want) in cases {
            assert_eq!(text(raw), want);
        }
    }

    #[test]
    fn no_two_texts_look_the_same() {
        assert_ne!(text("\u{202e}"), text("\\u{202e}"));
        assert_ne!(
            path(Path::new(OsStr::from_bytes(b"\xff"))),
            path(Path::new(OsStr::from_bytes(b"\\xff")))
        );
    }

    #[test]
    fn a_name_that_is_not_utf8_keeps_its_bytes() {
        let name = Path::new(OsStr::from_bytes(b"Gr\xfc\x1bn.pdf"));
        assert_eq!(path(name), "Gr\\xfc\\u{1b}n.pdf");
    }
}
