//! A second reader of Merkle Patricia proofs, written from the yellow paper (appendices B, C and D)
//! and slow: it asks nobody but Keccak, and panics where a trie is not as it should be.

use proto::anchor::evm::keccak256;

/// An RLP item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item<'a> {
    String(&'a [u8]),
    List(Vec<Item<'a>>),
}

/// The first item of some bytes, and what follows.
pub fn read(bytes: &[u8]) -> (Item<'_>, &[u8]) {
    let first = usize::from(bytes[0]);
    let (from, length, list) = match first {
        0..=0x7f => (0, 1, false),
        0x80..=0xb7 => (1, first - 0x80, false),
        0xb8..=0xbf => long(bytes, first - 0xb7, false),
        0xc0..=0xf7 => (1, first - 0xc0, true),
        _ => long(bytes, first - 0xf7, true),
    };
    let (payload, rest) = (&bytes[from..from + length], &bytes[from + length..]);
    if !list {
        return (Item::String(payload), rest);
    }
    let (mut items, mut inside) = (Vec::new(), payload);
    while !inside.is_empty() {
        let (item, after) = read(inside);
        items.push(item);
        inside = after;
    }
    (Item::List(items), rest)
}

fn long(bytes: &[u8], digits: usize, list: bool) -> (usize, usize, bool) {
    let length = bytes[1..=digits].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    (1 + digits, length, list)
}

/// What stands under a key, if something does.
pub fn find(root: [u8; 32], key: &[u8; 32], proof: &[Vec<u8>]) -> Option<Vec<u8>> {
    let nibbles: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let (mut path, mut hash) = (&nibbles[..], root);
    if proof.is_empty() {
        assert_eq!(root, keccak256(&[0x80]).0, "only an empty trie needs no nodes");
    }
    for (at, node) in proof.iter().enumerate() {
        assert_eq!(keccak256(node).0, hash);
        let (Item::List(items), []) = read(node) else { panic!("a node is a list") };
        let next = match &items[..] {
            [Item::String(packed), Item::String(value)] => {
                let (leaf, part) = unpack(packed);
                let rest = path.strip_prefix(&part[..]);
                if leaf || rest.is_none() {
                    assert_eq!(at + 1, proof.len(), "the proof ends here");
                    return rest.map(|_| value.to_vec());
                }
                path = rest?;
                value
            }
            branch => {
                let Item::String(child) = branch[usize::from(path[0])] else { panic!("a hash") };
                path = &path[1..];
                child
            }
        };
        if next.is_empty() {
            assert_eq!(at + 1, proof.len(), "the proof ends here");
            return None;
        }
        hash = next.try_into().expect("32 bytes");
    }
    None
}

/// Hex prefix encoding: whether it is a leaf's, and the nibbles.
fn unpack(packed: &[u8]) -> (bool, Vec<u8>) {
    let nibbles: Vec<u8> = packed.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let skip = if nibbles[0] & 1 == 1 { 1 } else { 2 };
    (nibbles[0] & 2 == 2, nibbles[skip..].to_vec())
}
