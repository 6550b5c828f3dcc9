//! From a transaction and the block that holds it to an `.ots` file.

use bitcoin::Witness;
use bitcoin::consensus::encode;
use proto::anchor::bitcoin::sha256d;
use proto::anchor::ots::{Attestation, DetachedFile, Op, OtsError, Timestamp};
use proto::hash::Hash;

use super::coins::Signed;
use super::rpc::Block;

/// The file; `None` if the block does not hold the transaction, or its ids do not lead to its
/// header.
pub fn build(
    root: &Hash,
    signed: &Signed,
    block: &Block,
    height: u64,
) -> Option<Result<DetachedFile, OtsError>> {
    let mut transaction = signed.transaction.clone();
    for input in &mut transaction.input {
        input.witness = Witness::new(); // ids are those without it
    }
    let bytes = encode::serialize(&transaction);
    let place = bytes.windows(32).position(|part| part == root.0)?;
    let (prefix, suffix) = (&bytes[..place], &bytes[place + 32..]);
    let mut ops =
        vec![Op::Prepend(prefix.to_vec()), Op::Append(suffix.to_vec()), Op::Sha256, Op::Sha256];
    let id = sha256d(&bytes);
    ops.extend(climb(&id, &block.transactions)?);
    let end = Op::apply_all(&ops, &root.0).ok()?;
    if end != block.header.merkle_root {
        return None;
    }
    let file = Timestamp::new(&end, Attestation::Bitcoin { height })
        .and_then(|end| Timestamp::leading_to(end, &root.0, &ops))
        .and_then(DetachedFile::new);
    Some(file)
}

/// From an id to the Merkle root of a block. A level of odd length ends in its last one twice.
fn climb(id: &[u8; 32], ids: &[[u8; 32]]) -> Option<Vec<Op>> {
    let mut place = ids.iter().position(|it| it == id)?;
    let (mut level, mut ops) = (ids.to_vec(), Vec::new());
    while level.len() > 1 {
        if level.len() % 2 == 1 {
            level.extend(level.last().copied());
        }
        let sibling = level[place ^ 1].to_vec();
        ops.push(if place % 2 == 0 { Op::Append(sibling) } else { Op::Prepend(sibling) });
        ops.extend([Op::Sha256, Op::Sha256]);
        level = level.as_chunks::<2>().0.iter().map(|pair| sha256d(pair.as_flattened())).collect();
        place /= 2;
    }
    Some(ops)
}

#[cfg(test)]
mod tests {
    use super::super::coins::purse;
    use super::*;
    use bitcoin::hashes::Hash as _;
    use bitcoin::{OutPoint, Txid};
    use proto::anchor::bitcoin::Header;

    #[test]
    fn every_place_of_every_small_block() {
        let root = Hash([9; 32]);
        let place = OutPoint::new(Txid::from_byte_array([1; 32]), 0);
        let coin = super::super::coins::Coin { place, sat: 10_000 };
        let signed = purse().sign(&root, coin, 1).unwrap();
        let ours = signed.transaction.compute_txid();
        for count in 1..=17u8 {
            for place in 0..count {
                let other = |it| Txid::from_byte_array([it; 32]);
                let ids = (0..count).map(|it| if it == place { ours } else { other(it) });
                let ids: Vec<Txid> = ids.collect();
                let mut hashes = ids.clone();
                let tree = bitcoin::merkle_tree::calculate_root_inline(&mut hashes).unwrap();
                let mut raw = [0; 80];
                raw[36..68].copy_from_slice(tree.as_byte_array());
                let transactions = ids.iter().map(|id| id.to_byte_array()).collect();
                let mut block = Block { header: Header::parse(&raw), transactions };
                let file = build(&root, &signed, &block, 5).unwrap().unwrap();
                assert_eq!(file.digest(), root);
                let found = file.timestamp().attestations();
                assert_eq!(found, [(&raw[36..68], &Attestation::Bitcoin { height: 5 })]);
                block.header.merkle_root[0] ^= 1;
                assert!(build(&root, &signed, &block, 5).is_none());
                block.transactions.remove(place.into());
                assert!(build(&root, &signed, &block, 5).is_none());
            }
        }
    }
}
