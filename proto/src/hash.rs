//! SHA-256 as the trees use it (RFC 6962, section 2.1), and the numbers that name places in a tree.
//!
//! A leaf is hashed behind one zero byte and a node behind one byte of value one, so that no leaf
//! can be taken for a node.

use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::text;

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

/// The root of a tree without leaves: the hash of nothing (RFC 6962, section 2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// SHA-256 of `parts`, one after the other.
pub fn sha256_parts(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The leaf hash of an entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256_parts(&[&[0], entry])
}

/// The hash of a node with these two children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One buffer and one call: measurably faster than three updates.
    let mut buffer = [0u8; 65];
    let (mark, children) = buffer.split_at_mut(1);
    mark.fill(1);
    let (l, r) = children.split_at_mut(32);
    l.copy_from_slice(&left.0);
    r.copy_from_slice(&right.0);
    sha256(&buffer)
}

impl Hash {
    /// The hash in these bytes, if there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits: for paths and people.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// 44 characters of base64: for lines of a note.
    pub fn to_base64(&self) -> String {
        text::base64_encode(&self.0)
    }

    /// Reads what [`Hash::to_hex`] writes, and nothing else.
    pub fn from_hex(line: &str) -> Result<Hash, text::TextError> {
        Ok(Hash(text::hex_array(line)?))
    }

    /// Reads what [`Hash::to_base64`] writes, and nothing else.
    pub fn from_base64(line: &str) -> Result<Hash, text::TextError> {
        Ok(Hash(text::base64_array(line)?))
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// The place of an entry in a log: the first has index 0.
    LeafIndex
}
number! {
    /// The count of leaves of a tree.
    TreeSize
}
number! {
    /// A time in whole seconds, as POSIX counts them.
    Timestamp
}
number! {
    /// The place of a document in the status list of a log.
    StatusIndex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_root_is_the_hash_of_nothing() {
        assert_eq!(sha256(b""), EMPTY_ROOT);
    }

    #[test]
    fn leaf_and_node_have_their_own_prefix() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        assert_eq!(a, sha256(b"\0a"));
        let mut joined = alloc::vec![1u8];
        joined.extend_from_slice(&a.0);
        joined.extend_from_slice(&b.0);
        assert_eq!(node_hash(&a, &b), sha256(&joined));
        assert_ne!(node_hash(&a, &b), node_hash(&b, &a));
    }

    #[test]
    fn texts_are_read_back() {
        let hash = sha256(b"x");
        assert_eq!(Hash::from_hex(&hash.to_hex()), Ok(hash));
        assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
        assert_eq!(alloc::format!("{hash}"), hash.to_hex());
        assert!(Hash::from_hex(&hash.to_hex().to_uppercase()).is_err());
        assert_eq!(Hash::from_slice(&hash.0), Some(hash));
        assert_eq!(Hash::from_slice(&hash.0[1..]), None);
    }
}
