//! Colours, and whether one can be read on another (WCAG 2.2, contrast ratio).

use std::fmt;

/// Least contrast of text against its background (WCAG 2.2, 1.4.3).
pub(crate) const LEAST_CONTRAST: f64 = 4.5;

/// A colour as `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Colour([u8; 3]);

impl Colour {
    pub(crate) const WHITE: Colour = Colour([0xff; 3]);
    /// The darkest surface of the pages in daylight (`--sunk` in base.css). What can be read on it
    /// can be read on white, and white on it.
    pub(crate) const DAY: Colour = Colour([0xef, 0xec, 0xe6]);
    /// The lightest surface of the pages where a person prefers dark.
    pub(crate) const NIGHT: Colour = Colour([0x23, 0x28, 0x2d]);
    /// What the pages have if nobody chose.
    pub(crate) const ACCENT: Colour = Colour([0x0b, 0x4f, 0x9e]);

    /// Parses `#rrggbb`, and nothing else that a style sheet might take.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let mut colour = [0; 3];
        hex::decode_to_slice(digits, &mut colour).ok()?;
        Some(Colour(colour))
    }

    /// The contrast ratio of two colours, from 1 to 21.
    pub(crate) fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The nearest lighter shade of it that can be read on this background.
    pub(crate) fn lighter_for(self, background: Colour) -> Colour {
        let shade = |step: u16| {
            let mixed = |part: u8| {
                let part = u16::from(part);
                u8::try_from(part + (255 - part) * step / 32).unwrap_or(u8::MAX)
            };
            Colour(self.0.map(mixed))
        };
        let readable = |colour: &Colour| colour.contrast(background) >= LEAST_CONTRAST;
        (0..=32).map(shade).find(readable).unwrap_or(Colour::WHITE)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_one_spelling() {
        assert_eq!(Colour::parse("#0B4f9e").unwrap().to_string(), "#0b4f9e");
        let refused = ["", "#", "0b4f9e", "#0b4", "#0b4f9e0", "#0b4f9g", "blue", "#0b4f9e;}"];
        for text in refused.into_iter().chain(["#0b4f9e ", "rgb(1,2,3)", "#\u{e4}b4f9"]) {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guideline() {
        let contrast = |a: &str, b: Colour| Colour::parse(a).unwrap().contrast(b);
        assert!((contrast("#000000", Colour::WHITE) - 21.0).abs() < 0.001);
        assert!((contrast("#ffffff", Colour::WHITE) - 1.0).abs() < 0.001);
        // The last grey that can be read on white, and the next one.
        assert!(contrast("#767676", Colour::WHITE) >= LEAST_CONTRAST);
        assert!(contrast("#777777", Colour::WHITE) < LEAST_CONTRAST);
    }

    #[test]
    fn every_accent_has_a_shade_for_the_night() {
        for text in ["#000000", "#0b4f9e", "#7a0019", "#005a2b", "#767676"] {
            let shade = Colour::parse(text).unwrap().lighter_for(Colour::NIGHT);
            assert!(shade.contrast(Colour::NIGHT) >= LEAST_CONTRAST, "{text}: {shade}");
        }
        assert!(Colour::ACCENT.contrast(Colour::DAY) >= LEAST_CONTRAST);
    }
}
