//! Targets: the number that the hash of a header must not be above, its short form, and the rule by
//! which it follows the pace of the blocks.

/// Seconds in which 2,016 blocks should be found: two weeks.
const PERIOD_S: u64 = 14 * 24 * 3600;

/// A number of 256 bits, the high byte first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Target([u8; 32]);

impl Target {
    /// The highest target on the main chain, in short form.
    pub(super) const LIMIT_MAIN: u32 = 0x1d00_ffff;
    /// The only target on a regtest chain.
    pub(super) const LIMIT_REGTEST: u32 = 0x207f_ffff;

    /// From the short form: one byte says how many bytes the number has, three are its first ones.
    /// `None` for zero, negative numbers and those of more than 256 bits.
    pub(super) fn from_bits(bits: u32) -> Option<Target> {
        let [size, mantissa @ ..] = bits.to_be_bytes();
        if mantissa.first().is_some_and(|high| *high >= 0x80) {
            return None;
        }
        let mut bytes = [0; 32];
        let first = 32isize.checked_sub(isize::from(size))?;
        for (place, byte) in (first..).zip(mantissa) {
            // Beyond the last byte they are cut off; before the first one they must not be.
            match usize::try_from(place).map(|place| bytes.get_mut(place)) {
                Ok(Some(to)) => *to = byte,
                Err(_) if byte != 0 => return None,
                _ => {}
            }
        }
        (bytes != [0; 32]).then_some(Target(bytes))
    }

    /// The short form; the number is rounded down to it.
    pub(super) fn to_bits(self) -> u32 {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        let mut digits = self.0.iter().skip(zeros).copied();
        let mut next = || digits.next().unwrap_or(0);
        let mut mantissa = [0, next(), next(), next()];
        let mut size = u8::try_from(32usize.saturating_sub(zeros)).unwrap_or(0);
        if mantissa[1] >= 0x80 {
            mantissa = [0, 0, mantissa[1], mantissa[2]];
            size = size.saturating_add(1);
        }
        mantissa[0] = size;
        u32::from_be_bytes(mantissa)
    }

    /// Whether the hash of a header is not above this target.
    pub(super) fn is_met(self, hash: &[u8; 32]) -> bool {
        // The hash is a number with its low byte first.
        hash.iter().rev().cmp(self.0.iter()).is_le()
    }

    /// The target after 2,016 blocks of the main chain, between whose first and last times lie
    /// these seconds: as much harder or easier, but never four times, and never above the limit.
    pub(super) fn after_period(self, seconds: i64) -> Target {
        let seconds = u64::try_from(seconds).unwrap_or(0).clamp(PERIOD_S / 4, PERIOD_S * 4);
        let mut bytes = self.0;
        let mut carry: u64 = 0;
        for byte in bytes.iter_mut().rev() {
            carry = u64::from(*byte).saturating_mul(seconds).saturating_add(carry);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        // Targets are at most 224 bits long and this factor 23, so that nothing is carried over.
        let mut rest: u64 = 0;
        for byte in &mut bytes {
            rest = (rest << 8) | u64::from(*byte);
            *byte = u8::try_from(rest / PERIOD_S).unwrap_or(u8::MAX);
            rest %= PERIOD_S;
        }
        let limit = Target::from_bits(Target::LIMIT_MAIN);
        limit.map_or(Target(bytes), |limit| limit.min(Target(bytes)))
    }

    /// How many hashes it takes on average to meet it: 2^256 / (target + 1), rounded down.
    pub(super) fn work(self) -> u128 {
        let (high, low) = self.0.split_at(16);
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap_or([0; 16]));
        let number = (half(high), half(low));
        // 2^256 / d = (2^256 - d) / d + 1, and 2^256 - d is what is left of 256 set bits.
        let mut rest = (!number.0, !number.1);
        let (low, over) = number.1.overflowing_add(1);
        let divisor = (number.0.saturating_add(u128::from(over)), low);
        let (mut quotient, mut remainder) = (0u128, (0u128, 0u128));
        for _ in 0..256 {
            let bit = rest.0 >> 127;
            rest = ((rest.0 << 1) | (rest.1 >> 127), rest.1 << 1);
            remainder = ((remainder.0 << 1) | (remainder.1 >> 127), (remainder.1 << 1) | bit);
            if quotient >> 127 == 1 {
                return u128::MAX; // no block of any chain takes so much
            }
            quotient <<= 1;
            if remainder >= divisor {
                let (low, borrow) = remainder.1.overflowing_sub(divisor.1);
                let high = remainder.0.wrapping_sub(divisor.0).wrapping_sub(u128::from(borrow));
                remainder = (high, low);
                quotient |= 1;
            }
        }
        quotient.saturating_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        for bits in [0x1d00_ffff, 0x207f_ffff, 0x1b04_04cb, 0x1703_098c, 0x0401_2345, 0x0101_0000] {
            assert_eq!(Target::from_bits(bits).unwrap().to_bits(), bits, "{bits:08x}");
        }
        for bits in [0, 0x1d00_0000, 0x1d80_ffff, 0x2201_0000, 0x2100_ffff + 0x10000, 0xff12_3456] {
            assert_eq!(Target::from_bits(bits), None, "{bits:08x}");
        }
        assert_eq!(Target::from_bits(0x0200_1234).unwrap().to_bits(), 0x0112_0000);
        assert_eq!(Target::from_bits(0x2200_0012).unwrap().0[0], 0x12);
    }

    #[test]
    fn the_pace_of_the_main_chain() {
        // Behind the blocks 32,255, 68,543, 46,367 and 2,015: what the chain has there.
        for (bits, first, last, next) in [
            (0x1d00_ffff, 1_261_130_161, 1_262_152_739, 0x1d00_d86a),
            (0x1c05_a3f4, 1_279_008_237, 1_279_297_671, 0x1c01_68fd),
            (0x1c38_7f6f, 1_263_163_443, 1_269_211_443, 0x1d00_e1fd),
            (0x1d00_ffff, 1_231_006_505, 1_233_061_996, 0x1d00_ffff),
        ] {
            let target = Target::from_bits(bits).unwrap().after_period(last - first);
            assert_eq!(target.to_bits(), next, "{bits:08x}");
        }
        let target = Target::from_bits(0x1c05_a3f4).unwrap();
        assert_eq!(target.after_period(-5), target.after_period(302_400));
        assert_eq!(target.after_period(i64::MAX), target.after_period(4_838_400));
        assert_eq!(target.after_period(1 << 31), target.after_period(4_838_400));
    }

    #[test]
    fn work_of_known_targets() {
        let work = |bits| Target::from_bits(bits).unwrap().work();
        assert_eq!(work(Target::LIMIT_MAIN), 0x1_0001_0001);
        assert_eq!(work(Target::LIMIT_REGTEST), 2);
        assert_eq!(work(0x0101_0000), u128::MAX);
    }
}
