//! The letters on a sheet: how wide a text is, where its lines break, and what stands in for a
//! character that the typeface lacks.
//!
//! The typeface is Roboto (Apache-2.0), cut down to Latin, Greek, Cyrillic and punctuation, with
//! the marks that names in German registers need (`fonts/README.md`). Other scripts, and what is
//! invisible or turns the direction of text, are printed as their code, as on a terminal.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};
use std::fmt::Write as _;

const REGULAR: &[u8] = include_bytes!("fonts/Roboto-Regular.ttf");
const MEDIUM: &[u8] = include_bytes!("fonts/Roboto-Medium.ttf");

/// A weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    Regular,
    Medium,
}

/// Both weights.
pub struct Letters {
    regular: Cut,
    medium: Cut,
}

struct Cut {
    font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
}

impl Cut {
    fn new(bytes: &'static [u8]) -> Cut {
        const WHOLE: &str = "the font in the program is whole, which the tests of this file read";
        let font = FontRef::new(bytes).expect(WHOLE);
        Cut {
            charmap: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            em: f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em),
            font: Font::new(bytes.into(), 0).expect(WHOLE),
        }
    }
}

impl Letters {
    /// Reads the fonts in the program.
    pub fn new() -> Letters {
        Letters { regular: Cut::new(REGULAR), medium: Cut::new(MEDIUM) }
    }

    fn cut(&self, face: Face) -> &Cut {
        match face {
            Face::Regular => &self.regular,
            Face::Medium => &self.medium,
        }
    }

    /// The font as the PDF takes it.
    pub fn font(&self, face: Face) -> Font {
        self.cut(face).font.clone()
    }

    /// The text with a code in the place of every character that cannot be printed.
    pub fn printable(&self, text: &str) -> String {
        let mut out = String::new();
        for c in verifier::shown::text(text).chars() {
            if self.regular.charmap.map(c).is_some() && self.medium.charmap.map(c).is_some() {
                out.push(c);
            } else {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
        out
    }

    /// One glyph for each character; what is not in the font is left out.
    pub fn glyphs(&self, face: Face, text: &str) -> Vec<KrillaGlyph> {
        let cut = self.cut(face);
        let glyph = |(at, c): (usize, char)| {
            let id = cut.charmap.map(c)?;
            let advance = cut.metrics.advance_width(id).unwrap_or(0.0) / cut.em;
            let range = at..at + c.len_utf8();
            let id = GlyphId::new(id.to_u32());
            Some(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None))
        };
        text.char_indices().filter_map(glyph).collect()
    }

    /// The width of a text without the spaces at its end.
    pub fn width(&self, face: Face, size: f32, text: &str) -> f32 {
        let glyphs = self.glyphs(face, text.trim_end());
        glyphs.iter().map(|glyph| glyph.x_advance * size).sum()
    }

    /// Breaks a text into lines of this width: at spaces, and inside of words that are too long for
    /// a line. Nothing is left out; a line keeps the space at which it was broken.
    pub fn wrap(&self, face: Face, size: f32, width: f32, text: &str) -> Vec<String> {
        let fits = |line: &str| self.width(face, size, line) <= width;
        let mut lines = vec![String::new()];
        for word in text.split_inclusive(' ') {
            let last = lines.last_mut().expect("there is a line from the start");
            if fits(&format!("{last}{word}")) {
                last.push_str(word);
                continue;
            }
            if !last.is_empty() {
                lines.push(String::new());
            }
            for c in word.chars() {
                let last = lines.last_mut().expect("there is a line from the start");
                if last.is_empty() || fits(&format!("{last}{c}")) {
                    last.push(c);
                } else {
                    lines.push(String::from(c));
                }
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let letters = Letters::new();
        let words = "Stra\u{df}enmusik in der F\u{fc}\u{df}g\u{e4}ngerzone, ";
        for text in [words.repeat(5), "x".repeat(255), String::new(), " ".into(), "a  b".into()] {
            let lines = letters.wrap(Face::Regular, 11.0, 200.0, &text);
            assert_eq!(lines.concat(), text);
            let widest = lines.iter().map(|line| letters.width(Face::Regular, 11.0, line));
            assert!(widest.fold(0.0, f32::max) <= 200.0);
        }
        assert_eq!(letters.wrap(Face::Medium, 11.0, 200.0, "one line"), ["one line"]);
    }

    #[test]
    fn names_of_europe_are_printed_as_they_are() {
        let letters = Letters::new();
        for name in [
            "J\u{f6}rg Gro\u{df}e-\u{c4}cker, STRA\u{1e9e}E 5",
            "\u{141}ucja \u{15a}wi\u{119}cicka",
            "\u{218}tefan \u{21a}\u{ee}ru",
            "Nguy\u{1ec5}n Th\u{1ecb} \u{110}\u{1ea1}t",
            "\u{394}\u{3b7}\u{3bc}\u{3ae}\u{3c4}\u{3c1}\u{3b7}\u{3c2}",
            "\u{41e}\u{43b}\u{435}\u{43a}\u{441}\u{456}\u{439} \u{2116} 7",
            "M\u{331}\u{323}",
        ] {
            assert_eq!(letters.printable(name), name);
            let glyphs = letters.glyphs(Face::Regular, name);
            assert_eq!(glyphs.len(), name.chars().count(), "{name}");
            assert!(glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_printed_is_its_code() {
        let letters = Letters::new();
        assert_eq!(letters.printable("\u{5d0}b\u{4e2d}"), "\\u{5d0}b\\u{4e2d}");
        assert_eq!(letters.printable("a\u{202e}\u{ad}b\\"), "a\\u{202e}\\u{ad}b\\\\");
    }
}
