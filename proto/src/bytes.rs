//! A reader and a writer for binary formats: big-endian integers, lengths before bytes, and no byte
//! read that is not there.
//!
//! The reader takes from a slice that is already bounded; it never allocates what a length
//! promises.

use alloc::vec::Vec;

use thiserror::Error;

use crate::hash::Hash;

/// Why bytes are not what a format says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum BytesError {
    /// The bytes end too early.
    #[error("The data ends too early: {want} more bytes are needed and {have} are there.")]
    Truncated {
        /// Bytes that the format asks for.
        want: usize,
        /// Bytes that are left.
        have: usize,
    },
    /// Something follows where the format ends.
    #[error("{extra} bytes follow where the data should end.")]
    Trailing {
        /// Bytes that are left over.
        extra: usize,
    },
    /// A part is longer than its length can say or than its limit allows.
    #[error("A part has {got} bytes and at most {limit} are allowed.")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
}

/// Takes parts off the front of a slice.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the first of these bytes.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The bytes not yet read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The count of bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], BytesError> {
        let truncated = BytesError::Truncated { want: len, have: self.rest.len() };
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], BytesError> {
        let truncated = BytesError::Truncated { want: N, have: self.rest.len() };
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, BytesError> {
        self.array().map(u8::from_be_bytes)
    }

    /// The next 16-bit integer.
    pub fn u16(&mut self) -> Result<u16, BytesError> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next 32-bit integer.
    pub fn u32(&mut self) -> Result<u32, BytesError> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next 64-bit integer.
    pub fn u64(&mut self) -> Result<u64, BytesError> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next hash.
    pub fn hash(&mut self) -> Result<Hash, BytesError> {
        self.array().map(Hash)
    }

    /// Bytes behind an 8-bit length.
    pub fn prefixed8(&mut self) -> Result<&'a [u8], BytesError> {
        let len = self.u8()?;
        self.take(usize::from(len))
    }

    /// Bytes behind a 16-bit length.
    pub fn prefixed16(&mut self) -> Result<&'a [u8], BytesError> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    /// Bytes behind a 32-bit length.
    pub fn prefixed32(&mut self) -> Result<&'a [u8], BytesError> {
        let len = self.u32()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Checks that nothing is left.
    pub fn finish(self) -> Result<(), BytesError> {
        match self.rest.len() {
            0 => Ok(()),
            extra => Err(BytesError::Trailing { extra }),
        }
    }
}

/// Appends parts to a vector.
#[derive(Clone, Default, Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A writer without bytes.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// Appends bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) -> &mut Writer {
        self.bytes(&[value])
    }

    /// Appends a 16-bit integer.
    pub fn u16(&mut self, value: u16) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a 32-bit integer.
    pub fn u32(&mut self, value: u32) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a 64-bit integer.
    pub fn u64(&mut self, value: u64) -> &mut Writer {
        self.bytes(&value.to_be_bytes())
    }

    /// Appends a hash.
    pub fn hash(&mut self, hash: &Hash) -> &mut Writer {
        self.bytes(&hash.0)
    }

    /// Appends bytes behind an 8-bit length.
    pub fn prefixed8(&mut self, bytes: &[u8]) -> Result<&mut Writer, BytesError> {
        let len = u8::try_from(bytes.len()).map_err(|_| too_long(255, bytes))?;
        Ok(self.u8(len).bytes(bytes))
    }

    /// Appends bytes behind a 16-bit length.
    pub fn prefixed16(&mut self, bytes: &[u8]) -> Result<&mut Writer, BytesError> {
        let len = u16::try_from(bytes.len()).map_err(|_| too_long(65_535, bytes))?;
        Ok(self.u16(len).bytes(bytes))
    }

    /// Appends bytes behind a 32-bit length.
    pub fn prefixed32(&mut self, bytes: &[u8]) -> Result<&mut Writer, BytesError> {
        let len = u32::try_from(bytes.len()).map_err(|_| too_long(usize::MAX, bytes))?;
        Ok(self.u32(len).bytes(bytes))
    }

    /// What was written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All that was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

fn too_long(limit: usize, bytes: &[u8]) -> BytesError {
    BytesError::TooLong { limit, got: bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut w = Writer::new();
        w.u8(1).u16(2).u32(3).u64(4).hash(&Hash([5; 32])).bytes(b"six");
        w.prefixed8(b"seven").unwrap().prefixed16(b"eight").unwrap().prefixed32(b"nine").unwrap();
        let bytes = w.into_bytes();
        let mut r = Reader::new(&bytes);
        assert_eq!(r.u8(), Ok(1));
        assert_eq!(r.u16(), Ok(2));
        assert_eq!(r.u32(), Ok(3));
        assert_eq!(r.u64(), Ok(4));
        assert_eq!(r.hash(), Ok(Hash([5; 32])));
        assert_eq!(r.take(3), Ok(&b"six"[..]));
        assert_eq!(r.prefixed8(), Ok(&b"seven"[..]));
        assert_eq!(r.prefixed16(), Ok(&b"eight"[..]));
        assert_eq!(r.prefixed32(), Ok(&b"nine"[..]));
        assert_eq!(r.finish(), Ok(()));
    }

    #[test]
    fn nothing_is_read_that_is_not_there() {
        let mut r = Reader::new(&[0, 9, 1]);
        assert_eq!(r.prefixed16(), Err(BytesError::Truncated { want: 9, have: 1 }));
        assert_eq!(r.u32(), Err(BytesError::Truncated { want: 4, have: 1 }));
        assert_eq!(r.finish(), Err(BytesError::Trailing { extra: 1 }));
        let mut r = Reader::new(&[255; 4]);
        assert!(matches!(r.prefixed32(), Err(BytesError::Truncated { .. })));
    }

    #[test]
    fn a_length_that_does_not_fit_is_refused() {
        let long = alloc::vec![0; 65_536];
        assert!(Writer::new().prefixed8(&long[..256]).is_err());
        assert!(Writer::new().prefixed16(&long).is_err());
        assert!(Writer::new().prefixed16(&long[1..]).is_ok());
    }
}
