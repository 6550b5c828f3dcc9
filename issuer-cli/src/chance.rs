//! Randomness from the operating system: secrets, padding, and the order inside a batch.

use std::io;

/// 32 bytes that nobody can guess.
pub fn secret() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// `count` different places out of `0..width`, every choice and every order equally likely.
pub fn places(count: usize, width: usize) -> io::Result<Vec<u32>> {
    let out_of_range = || io::Error::from(io::ErrorKind::InvalidInput);
    let top = u32::try_from(width).map_err(|_| out_of_range())?;
    if count > width {
        return Err(out_of_range());
    }
    // Fisher and Yates, as far as places are wanted.
    let mut all: Vec<u32> = (0..top).collect();
    let mut words = Words::new(count);
    for i in 0..count {
        let j = i + words.below(width - i)?;
        all.swap(i, j);
    }
    all.truncate(count);
    Ok(all)
}

/// Random 64-bit words, fetched many at a time.
struct Words {
    bytes: Vec<u8>,
    used: usize,
}

impl Words {
    fn new(expected: usize) -> Words {
        let bytes = vec![0; 8 * expected.clamp(1, 8192)];
        Words { used: bytes.len(), bytes }
    }

    fn next(&mut self) -> io::Result<u64> {
        if self.used == self.bytes.len() {
            getrandom::fill(&mut self.bytes)?;
            self.used = 0;
        }
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[self.used..self.used + 8]);
        self.used += 8;
        Ok(u64::from_le_bytes(word))
    }

    /// A number under `bound`. Words from the incomplete last multiple of the bound are thrown
    /// away, so that no number is likelier than another.
    fn below(&mut self, bound: usize) -> io::Result<usize> {
        let bound = bound as u64;
        let fair = u64::MAX - u64::MAX % bound;
        loop {
            let word = self.next()?;
            if word < fair {
                return Ok((word % bound) as usize);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn places_are_different_and_inside() {
        for (count, width) in [(0, 16), (1, 16), (16, 16), (17, 32), (10_000, 16_384)] {
            let places = places(count, width).unwrap();
            let set: BTreeSet<u32> = places.iter().copied().collect();
            assert_eq!((places.len(), set.len()), (count, count));
            assert!(set.iter().all(|&p| (p as usize) < width));
        }
        assert!(places(17, 16).is_err());
    }

    #[test]
    fn every_place_comes_up_and_none_much_more_often() {
        let mut seen = [0u32; 16];
        for _ in 0..4096 {
            seen[places(1, 16).unwrap()[0] as usize] += 1;
        }
        // 256 expected; ten standard deviations either way.
        assert!(seen.iter().all(|n| (100..412).contains(n)), "{seen:?}");
    }

    #[test]
    fn secrets_differ() {
        assert_ne!(secret().unwrap(), secret().unwrap());
    }
}
