//! The QR code: as coarse as it can be, and never finer than a telephone's camera reads from paper.

use fast_qr::{ECL, QRBuilder};

/// Modules of the light margin on each side (ISO/IEC 18004, 6.3.8).
pub const QUIET: usize = 4;
/// Points that a module must measure at least: a third of a millimetre.
const FINEST: f32 = 72.0 / 25.4 / 3.0;

/// A code: rows of dark and light modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub size: usize,
    dark: Vec<bool>,
}

impl Code {
    /// The code for a link that is printed `side` points wide, its light margin included; none if
    /// it would be too fine. A code that loses 15 % of its area is still read, or 7 % where the
    /// other would be too fine.
    pub fn new(link: &str, side: f32) -> Option<Code> {
        [ECL::M, ECL::L].into_iter().find_map(|level| {
            let code = QRBuilder::new(link).ecl(level).build().ok()?;
            let size = code.size;
            let dark = (0..size * size).map(|at| code[at / size][at % size].value()).collect();
            let modules = u16::try_from(size + 2 * QUIET).ok()?;
            (side / f32::from(modules) >= FINEST).then_some(Code { size, dark })
        })
    }

    /// Runs of dark modules: row, first column, count.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        (0..self.size).flat_map(move |row| {
            let line = &self.dark[row * self.size..(row + 1) * self.size];
            let starts = (0..self.size).filter(|&x| line[x] && (x == 0 || !line[x - 1]));
            starts.map(move |x| (row, x, line[x..].iter().take_while(|dark| **dark).count()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_dark_modules() {
        let code = Code::new("https://check.example/#s1.AAAA", 170.0).unwrap();
        let mut dark = vec![false; code.size * code.size];
        for (row, first, count) in code.runs() {
            dark[row * code.size + first..][..count].fill(true);
        }
        assert_eq!(dark, code.dark);
        // The finder pattern in the corner: seven dark modules.
        assert_eq!(code.runs().next(), Some((0, 0, 7)));
    }

    #[test]
    fn a_code_that_is_too_fine_is_none() {
        let link = |length| format!("https://check.example/#s1.{}", "A".repeat(length));
        let millimetres = |n: f32| n * 72.0 / 25.4;
        assert!(Code::new(&link(1024), millimetres(58.0)).is_some());
        assert!(Code::new(&link(400), millimetres(33.0)).is_some());
        assert!(Code::new(&link(1024), millimetres(33.0)).is_none());
        assert!(Code::new(&link(4000), millimetres(200.0)).is_none());
    }
}
