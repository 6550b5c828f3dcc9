//! The codec against itself, against hostile bytes, and against the crate `opentimestamps`.

use alloc::vec;
use alloc::vec::Vec;

use opentimestamps::attestation::Attestation as TheirAttestation;
use opentimestamps::timestamp::{Step, StepData};
use proptest::prelude::*;

use super::*;
use crate::hash::{Hash, sha256};
use crate::merkle::inclusion;

const DIGEST: [u8; 32] = [7; 32];

fn uri(text: &str) -> Uri {
    Uri::new(text).unwrap()
}

fn block(height: u64) -> Attestation {
    Attestation::Bitcoin { height }
}

fn pending(text: &str) -> Attestation {
    Attestation::Pending(uri(text))
}

/// A timestamp of `DIGEST` along a path.
fn path(ops: &[Op], attestation: Attestation) -> Timestamp {
    let end = Op::apply_all(ops, &DIGEST).unwrap();
    let end = Timestamp::new(&end, attestation).unwrap();
    Timestamp::leading_to(end, &DIGEST, ops).unwrap()
}

fn salted(salt: u8) -> Vec<Op> {
    vec![Op::Append(vec![salt; 16]), Op::Sha256]
}

/// Two calendars, one of which has answered with a block; every operation and something unknown.
fn rich() -> DetachedFile {
    let all = [Op::Sha1, Op::Reverse, Op::Ripemd160, Op::Hexlify, Op::Prepend(vec![1]), Op::Sha256];
    let other = b"\0\x06\x86\x9a\x0d\x73\xd7\x1b\x45\x02\x80\x01";
    let whole = path(&salted(1), pending("https://a.example"))
        .merged(path(&salted(2), pending("https://b.example/x:1")))
        .and_then(|it| it.merged(path(&[&salted(2)[..], &all].concat(), block(871_234))))
        .and_then(|it| it.merged(path(&[], block(3))))
        .and_then(|it| it.merged(Timestamp::parse(other, &DIGEST)?));
    DetachedFile::new(whole.unwrap()).unwrap()
}

#[test]
fn files_are_read_back() {
    let file = rich();
    let bytes = file.to_bytes();
    assert_eq!(DetachedFile::parse(&bytes), Ok(file.clone()));
    let found = file.timestamp().attestations();
    assert_eq!(found.len(), 5);
    assert_eq!(found[0], (&DIGEST[..], &block(3)));
    assert!(matches!(found[1], (_, Attestation::Other(_))));
    let salted = sha256(&[&DIGEST[..], &[2; 16]].concat());
    assert!(found.contains(&(&salted.0, &pending("https://b.example/x:1"))));
}

#[test]
fn the_crate_reads_the_same() {
    let bytes = rich().to_bytes();
    let theirs = opentimestamps::DetachedTimestampFile::from_reader(&bytes[..]).unwrap();
    let mut again = Vec::new();
    theirs.to_writer(&mut again).unwrap();
    assert_eq!(again, bytes);
    let mut found = Vec::new();
    walk(&theirs.timestamp.first_step, &mut found);
    let file = rich();
    let ours = file.timestamp().attestations();
    assert_eq!(found.len(), ours.len());
    for ((message, theirs), (our_message, ours)) in found.iter().zip(ours) {
        assert_eq!(message, our_message);
        let same = match (theirs, ours) {
            (TheirAttestation::Bitcoin { height }, Attestation::Bitcoin { height: ours }) => {
                u64::try_from(*height) == Ok(*ours)
            }
            (TheirAttestation::Pending { uri }, Attestation::Pending(ours)) => uri == ours.as_str(),
            (TheirAttestation::Unknown { .. }, Attestation::Other(_)) => true,
            _ => false,
        };
        assert!(same, "{theirs:?} {ours:?}");
    }
}

fn walk(step: &Step, found: &mut Vec<(Vec<u8>, TheirAttestation)>) {
    if let StepData::Attestation(attestation) = &step.data {
        found.push((step.output.clone(), attestation.clone()));
    }
    step.next.iter().for_each(|next| walk(next, found));
}

#[test]
fn every_changed_byte_changes_what_is_read() {
    let (file, bytes) = (rich(), rich().to_bytes());
    for place in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut other = bytes.clone();
            other[place] ^= change;
            if let Ok(read) = DetachedFile::parse(&other) {
                assert_ne!(read, file, "{place}");
                assert_eq!(read.to_bytes(), other, "{place}");
            }
        }
        assert!(DetachedFile::parse(&bytes[..place]).is_err(), "{place}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(DetachedFile::parse(&longer), Err(OtsError::Bytes(_))));
}

#[test]
fn what_is_refused() {
    let parse = |bytes: &[u8]| Timestamp::parse(bytes, &DIGEST);
    let att = |height: u8| [&[0, 5, 0x88, 0x96, 13, 0x73, 0xd7, 25, 1, 1][..], &[height]].concat();
    assert_eq!(parse(&att(9)), Timestamp::new(&DIGEST, block(9)));
    assert_eq!(parse(b"\x67"), Err(OtsError::Keccak));
    assert_eq!(parse(b"\x09"), Err(OtsError::UnknownOp { tag: 9 }));
    assert_eq!(parse(b"\xff\xff"), Err(OtsError::UnknownOp { tag: 0xff }));
    assert_eq!(parse(b"\xf0\0"), Err(OtsError::Argument { got: 0 }));
    let order = |parts: &[&[u8]]| assert_eq!(parse(&parts.concat()), Err(OtsError::Order));
    order(&[b"\xff", &att(9), &att(9)]);
    order(&[b"\xff", &att(9), &att(8)]);
    order(&[b"\xff\x08", &att(9), &att(8)]);
    order(&[b"\xff\xf0\x01\x02", &att(9), b"\x08"]);
    order(&[b"\xff\x08", &att(9), b"\x08"]);
    let large = [&b"\0\x06\x86\x9a\x0d\x73\xd7\x1b\x45\x81\x40"[..], &[0; 8193]].concat();
    assert_eq!(parse(&large), Err(OtsError::Payload { got: 8193 }));
    let file = |head: &[u8]| DetachedFile::parse(&[&rich().to_bytes()[..31], head].concat());
    assert_eq!(file(&[2]), Err(OtsError::Version { got: 2 }));
    assert_eq!(file(&[1, 2]), Err(OtsError::FileHash { tag: 2 }));
    assert_eq!(DetachedFile::parse(b"%PDF"), Err(OtsError::Magic));
    assert!(DetachedFile::parse(&vec![0; 65_537]).is_err());
    for bad in ["https://a?b", "https://a@b", "a b", "\u{e4}", &"x".repeat(1001)] {
        assert_eq!(Uri::new(bad), Err(OtsError::Uri), "{bad}");
    }
}

#[test]
fn bounds() {
    // As deep as it may be, and one deeper; a message that doubles; many short operations.
    let deep = |count: usize| [&vec![8; count][..], &rich().to_bytes()[65..]].concat();
    assert!(Timestamp::parse(&deep(247), &DIGEST).is_ok());
    assert_eq!(Timestamp::parse(&deep(248), &DIGEST), Err(OtsError::TooDeep));
    assert_eq!(Timestamp::parse(&[8; 60_000], &DIGEST), Err(OtsError::TooDeep));
    assert_eq!(Timestamp::parse(&[0xf3; 9], &DIGEST), Err(OtsError::Message { got: 8192 }));
    let wide = [0xff, 0x08].repeat(30_000);
    assert_eq!(Timestamp::parse(&wide, &DIGEST), Err(OtsError::TooDeep));
    let ops = vec![Op::Sha256; 256];
    let end = Timestamp::new(&Op::apply_all(&ops, &DIGEST).unwrap(), block(1)).unwrap();
    assert_eq!(Timestamp::leading_to(end, &DIGEST, &ops), Err(OtsError::TooDeep));
    let leaf = || Timestamp::new(&DIGEST, block(1)).unwrap();
    for argument in [vec![], vec![0; 4097]] {
        let got = argument.len();
        let ops = [Op::Append(argument)];
        let made = Timestamp::leading_to(leaf(), &DIGEST, &ops);
        assert_eq!(made, Err(OtsError::Argument { got }));
    }
    let mut many = leaf();
    let mut refused = None;
    for round in 0..10u8 {
        let ops: Vec<Op> = core::iter::repeat_n(Op::Append(vec![round]), 250).collect();
        match many.clone().merged(path(&ops, block(1))) {
            Ok(more) => many = more,
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    assert_eq!(refused, Some(OtsError::TooManyOps));
}

#[test]
fn an_answer_takes_the_place_of_the_promise() {
    let (a, b) = (uri("https://a.example"), uri("https://b.example"));
    let waiting = path(&salted(1), Attestation::Pending(a.clone()))
        .merged(path(&salted(2), Attestation::Pending(b.clone())))
        .unwrap();
    let asked = Op::apply_all(&salted(1), &DIGEST).unwrap();
    let answer = |attestation| {
        let end = Timestamp::new(&sha256(&asked).0, attestation).unwrap();
        Timestamp::leading_to(end, &asked, &[Op::Sha256]).unwrap()
    };
    let done = waiting.clone().upgraded(&a, &answer(block(5))).unwrap();
    let left: Vec<_> = done.attestations().into_iter().map(|(_, it)| it.clone()).collect();
    assert_eq!(left, [block(5), Attestation::Pending(b.clone())]);
    // A promise of another calendar does not end the first one.
    let more = waiting.clone().upgraded(&a, &answer(pending("https://c.example"))).unwrap();
    assert_eq!(more.attestations().len(), 3);
    assert_eq!(waiting.clone().upgraded(&b, &answer(block(5))), Err(OtsError::NotAwaited));
    let other = Timestamp::new(&[1; 32], block(5)).unwrap();
    assert_eq!(waiting.clone().upgraded(&a, &other), Err(OtsError::NotAwaited));
    assert_eq!(waiting.merged(other), Err(OtsError::OtherMessage));
    // An answer that leads back to itself.
    let twice = [Op::Reverse, Op::Reverse];
    let again = Timestamp::new(&asked, Attestation::Pending(a.clone())).unwrap();
    let circle = Timestamp::leading_to(again, &asked, &twice).unwrap();
    let through = done.merged(path(&salted(1), Attestation::Pending(a.clone()))).unwrap();
    assert!(through.upgraded(&a, &circle).is_ok());
}

#[test]
fn the_shortest_path_is_kept() {
    let long = path(&[&salted(1)[..], &[Op::Append(vec![0; 99])]].concat(), block(5));
    let short = path(&[&salted(3)[..], &[Op::Append(vec![0; 90])]].concat(), block(900_000));
    let all = long.clone().merged(short.clone()).and_then(|it| it.merged(rich().into_timestamp()));
    let all = all.unwrap();
    let from = |least| {
        all.shortest(|_, it| match it {
            Attestation::Bitcoin { height } => *height >= least,
            _ => false,
        })
    };
    assert_eq!(from(0), Some(path(&[], block(3))));
    assert_eq!(from(1_000_000), None);
    assert_eq!(from(900_000), Some(short));
    assert_eq!(from(5).unwrap().attestations().len(), 1);
}

#[test]
fn operations_climb_a_tree() {
    let leaves: Vec<Hash> = (0..8u8).map(|it| sha256(&[it])).collect();
    for index in 0..8u64 {
        let proof = [leaves[1], leaves[2], leaves[3]];
        let leaf = leaves[usize::try_from(index).unwrap()];
        let root = Op::apply_all(&Op::climb(index, &proof), &leaf.0).unwrap();
        let size = crate::hash::TreeSize(8);
        let want = inclusion::root(&leaf, crate::hash::LeafIndex(index), size, &proof).unwrap();
        assert_eq!(root, want.0);
    }
}

#[test]
fn known_hashes() {
    let apply = |op: Op| hex::encode(op.apply(b"abc").unwrap());
    assert_eq!(apply(Op::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(apply(Op::Ripemd160), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    assert_eq!(apply(Op::Sha256), sha256(b"abc").to_hex());
    assert_eq!(apply(Op::Hexlify), hex::encode("616263"));
    assert_eq!(apply(Op::Reverse), hex::encode("cba"));
}

fn any_op() -> impl Strategy<Value = Op> {
    let argument = || proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        Just(Op::Sha256),
        Just(Op::Sha1),
        Just(Op::Ripemd160),
        Just(Op::Reverse),
        argument().prop_map(Op::Append),
        argument().prop_map(Op::Prepend),
    ]
}

fn any_attestation() -> impl Strategy<Value = Attestation> {
    let calendar = "[a-z]{1,9}".prop_map(|name| pending(&name));
    prop_oneof![any::<u64>().prop_map(block), calendar]
}

proptest! {
    #[test]
    fn any_tree_is_read_back(
        paths in proptest::collection::vec(
            (proptest::collection::vec(any_op(), 0..6), any_attestation()),
            1..12,
        )
    ) {
        let paths: Vec<Timestamp> = paths.into_iter().map(|(ops, end)| path(&ops, end)).collect();
        let join = |order: Vec<Timestamp>| {
            order.into_iter().reduce(|all, next| all.merged(next).unwrap()).unwrap()
        };
        let forward = join(paths.clone());
        prop_assert_eq!(&join(paths.into_iter().rev().collect()), &forward);
        let bytes = forward.to_bytes();
        prop_assert_eq!(Timestamp::parse(&bytes, &DIGEST), Ok(forward.clone()));
        let file = DetachedFile::new(forward).unwrap().to_bytes();
        let theirs = opentimestamps::DetachedTimestampFile::from_reader(&file[..]).unwrap();
        let mut again = Vec::new();
        theirs.to_writer(&mut again).unwrap();
        prop_assert_eq!(again, file);
    }
}
