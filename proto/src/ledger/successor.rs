//! The pointer from a superseded document to the one that took its place, readable only for who
//! holds a receipt of the old one.
//!
//! ```text
//! mask    = SHA-256("beleg/successor/v1\0" || old commitment)
//! pointer = (mask XOR new commitment)[32] || first 8 bytes of
//!           SHA-256("beleg/successor-check/v1\0" || old commitment || new commitment)
//! ```
//!
//! A commitment has the entropy of its salts and never leaves issuer and holder, so to everybody
//! else the pointer is 40 random bytes. Who does not know the old commitment cannot make a pointer
//! that passes the check.

use crate::hash::{Hash, sha256_parts};

/// Bytes of a pointer.
pub const POINTER_BYTES: usize = 40;

const MASK_LABEL: &[u8] = b"beleg/successor/v1\0";
const CHECK_LABEL: &[u8] = b"beleg/successor-check/v1\0";

/// A pointer as it stands in the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pointer(pub [u8; POINTER_BYTES]);

impl Pointer {
    /// The pointer from the document with the old commitment to the one with the new.
    pub fn new(old: &Hash, new: &Hash) -> Pointer {
        let mut bytes = [0; POINTER_BYTES];
        let (masked, check) = bytes.split_at_mut(32);
        masked.copy_from_slice(&masked_by(old, &new.0));
        check.copy_from_slice(&check_of(old, new));
        Pointer(bytes)
    }

    /// The commitment that it leads to, for who knows the old one; none if it was not made for
    /// that one.
    pub fn open(&self, old: &Hash) -> Option<Hash> {
        let (masked, check) = self.0.split_first_chunk::<32>()?;
        let new = Hash(masked_by(old, masked));
        (check_of(old, &new) == check).then_some(new)
    }
}

fn masked_by(old: &Hash, value: &[u8; 32]) -> [u8; 32] {
    let mask = sha256_parts(&[MASK_LABEL, &old.0]);
    let mut masked = mask.0;
    masked.iter_mut().zip(value).for_each(|(byte, value)| *byte ^= value);
    masked
}

fn check_of(old: &Hash, new: &Hash) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256_parts(&[CHECK_LABEL, &old.0, &new.0]).0;
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_old_commitment_opens_it() {
        let (old, new) = (Hash([3; 32]), Hash([5; 32]));
        let pointer = Pointer::new(&old, &new);
        assert_eq!(pointer.open(&old), Some(new));
        assert_eq!(pointer.open(&new), None);
        for at in 0..POINTER_BYTES {
            let mut changed = pointer;
            changed.0[at] ^= 1;
            assert_eq!(changed.open(&old), None, "byte {at}");
        }
        assert_ne!(Pointer::new(&new, &new), pointer);
    }
}
