//! Integers in base 128, the low part first, and byte strings behind their length.

use alloc::vec::Vec;

use super::OtsError;
use crate::bytes::Reader;

/// Seven bits at a time; the last byte is below 128. Ten bytes hold 64 bits.
pub(super) fn read_integer(reader: &mut Reader<'_>) -> Result<u64, OtsError> {
    let mut value: u64 = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = reader.u8()?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << shift;
        if shifted >> shift != bits {
            return Err(OtsError::Integer);
        }
        value |= shifted;
        if byte < 0x80 {
            let shortest = byte != 0 || shift == 0;
            return if shortest { Ok(value) } else { Err(OtsError::Integer) };
        }
    }
    Err(OtsError::Integer)
}

pub(super) fn write_integer(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// A byte string; how long it may be is for the caller, who knows what it is.
pub(super) fn read_bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], OtsError> {
    let len = read_integer(reader)?;
    Ok(reader.take(usize::try_from(len).unwrap_or(usize::MAX))?)
}

pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // A length in memory has 64 bits at most.
    write_integer(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_spelling() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (871_234, &[0xc2, 0x96, 0x35]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut out = Vec::new();
            write_integer(&mut out, value);
            assert_eq!(out, bytes);
            assert_eq!(read_integer(&mut Reader::new(bytes)), Ok(value));
        }
        for bad in [&[0x80, 0][..], &[0xff, 0x80, 0], &[0xff; 10], &[0xff; 11]] {
            assert_eq!(read_integer(&mut Reader::new(bad)), Err(OtsError::Integer), "{bad:?}");
        }
        let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        assert_eq!(read_integer(&mut Reader::new(&over)), Err(OtsError::Integer));
        assert!(matches!(read_integer(&mut Reader::new(&[0x80])), Err(OtsError::Bytes(_))));
    }
}
