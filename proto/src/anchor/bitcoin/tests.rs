//! Real headers of the main chain, a regtest chain made here, and evidence about its blocks.

use alloc::vec;
use alloc::vec::Vec;

use super::target::Target;
use super::*;
use crate::anchor::clocks::{Bitcoin, Network};
use crate::anchor::ots::{Attestation, DetachedFile, Op, Timestamp, Uri};
use crate::hash::{Hash, Timestamp as Time};

/// The first three blocks of the main chain.
const MAIN: [&str; 3] = [
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac7\
     2c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c",
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe\
     680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299",
    "010000004860eb18bf1b1620e37e9490fc8a427514416fd75159ab86688e9a8300000000d5fdcc541e25de1c7a5a\
     ddedf24858b8bb665c9f36ef744ee42c316022c90f9bb0bc6649ffff001d08d2bd61",
];
const TIP: &str = "000000006a625f06636b8bb6ac7b960a8d03705d1ace08b1a19da3fdcc99ddbd";
const GENESIS: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
const START: u32 = 1_777_000_000;

fn main_chain() -> (Bitcoin, Vec<u8>) {
    let hash = BlockHash::from_shown(GENESIS).unwrap().0;
    let bytes: Vec<u8> = MAIN.iter().flat_map(|line| hex::decode(line).unwrap()).collect();
    (Bitcoin { network: Network::Main, height: 0, hash }, bytes)
}

/// A header with as much work as regtest asks for.
fn mined(previous: [u8; 32], merkle_root: [u8; 32], time: u32) -> [u8; 80] {
    let limit = Target::from_bits(Target::LIMIT_REGTEST).unwrap();
    (0u32..)
        .map(|nonce| {
            let integers = [time, Target::LIMIT_REGTEST, nonce].map(u32::to_le_bytes).concat();
            [&[4, 0, 0, 0][..], &previous, &merkle_root, &integers].concat().try_into().unwrap()
        })
        .find(|raw| limit.is_met(&Header::parse(raw).hash.0))
        .unwrap()
}

/// A chain of `count` headers on a first one of height 2,016; `root_of` makes Merkle roots.
fn regtest(count: u32, root_of: impl Fn(u64) -> [u8; 32]) -> (Bitcoin, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut previous = [0; 32];
    let mut first = None;
    for place in 0..count {
        let raw = mined(previous, root_of(2016 + u64::from(place)), START + 600 * place);
        previous = Header::parse(&raw).hash.0;
        first.get_or_insert(previous);
        bytes.extend(raw);
    }
    (Bitcoin { network: Network::Regtest, height: 2016, hash: first.unwrap() }, bytes)
}

#[test]
fn the_first_blocks_of_the_main_chain() {
    let (base, bytes) = main_chain();
    let headers = Headers::verify(&base, &bytes).unwrap();
    assert_eq!(headers.tip_height(), 2);
    assert_eq!(alloc::format!("{}", headers.tip().hash), TIP);
    assert_eq!(headers.tip().time, Time(1_231_469_744));
    assert_eq!(headers.work(), 3 * 0x1_0001_0001);
    assert_eq!(headers.at(1).unwrap().previous.0, base.hash);
    assert_eq!(headers.at(3), None);
    assert_eq!(headers.as_bytes(), bytes);
    let mut grown = Headers::verify(&base, &bytes[..80]).unwrap();
    grown.extend(&bytes[80..]).unwrap();
    assert_eq!(grown, headers);
}

#[test]
fn every_changed_byte_of_a_header_is_seen() {
    let (base, bytes) = main_chain();
    let good = Headers::verify(&base, &bytes[..160]).unwrap();
    for place in 160..240 {
        let mut other = bytes.clone();
        other[place] ^= 1;
        let mut headers = good.clone();
        let want = match place {
            164..196 => HeadersError::Link { height: 2 },
            232..236 => HeadersError::Target { height: 2 },
            _ => HeadersError::Work { height: 2 },
        };
        assert_eq!(headers.extend(&other[160..]), Err(want), "{place}");
        assert_eq!(headers, good, "nothing is taken");
    }
    for place in 0..80 {
        let mut other = bytes.clone();
        other[place] ^= 0x80;
        assert_eq!(Headers::verify(&base, &other), Err(HeadersError::Base), "{place}");
    }
    for cut in [0, 1, 79, 81, 239] {
        let refused = Headers::verify(&base, &bytes[..cut]);
        assert!(matches!(refused, Err(HeadersError::Length { .. })), "{cut}");
    }
    let odd = Bitcoin { height: 1, ..base };
    assert_eq!(Headers::verify(&odd, &bytes), Err(HeadersError::BaseHeight { height: 1 }));
}

#[test]
fn a_regtest_chain_is_no_main_chain() {
    let (base, bytes) = regtest(14, |_| [9; 32]);
    assert_eq!(Headers::verify(&base, &bytes).unwrap().tip_height(), 2029);
    let main = Bitcoin { network: Network::Main, ..base };
    let refused = Headers::verify(&main, &bytes);
    assert_eq!(refused, Err(HeadersError::Target { height: 2016 }));
    let (base, bytes) = main_chain();
    let regtest = Bitcoin { network: Network::Regtest, ..base };
    assert!(Headers::verify(&regtest, &bytes).is_err());
}

#[test]
fn time_does_not_go_back() {
    let (base, bytes) = regtest(12, |_| [9; 32]);
    let headers = Headers::verify(&base, &bytes).unwrap();
    let median = START + 600 * 6;
    for (time, good) in [(median, false), (median + 1, true), (0, false), (u32::MAX, true)] {
        let raw = mined(headers.tip().hash.0, [9; 32], time);
        let mut headers = headers.clone();
        let want = if good { Ok(()) } else { Err(HeadersError::Time { height: 2028 }) };
        assert_eq!(headers.extend(&raw), want, "{time}");
    }
    // Ten headers before it do not make a median.
    let mut short = Headers::verify(&base, &bytes[..800]).unwrap();
    assert_eq!(short.extend(&mined(short.tip().hash.0, [9; 32], 0)), Ok(()));
}

/// The oracle computes targets, their next ones and their work.
#[test]
fn targets_as_the_crate_bitcoin_has_them() {
    use bitcoin::{CompactTarget, Target as Theirs, params::MAINNET};
    for bits in [0x1d00_ffff, 0x1c38_7f6f, 0x1b04_04cb, 0x1703_098c, 0x1702_5f96, 0x207f_ffff] {
        let (ours, theirs) =
            (Target::from_bits(bits).unwrap(), CompactTarget::from_consensus(bits));
        let work = Theirs::from_compact(theirs).to_work().to_be_bytes();
        assert_eq!(&work[..16], [0; 16]);
        assert_eq!(ours.work().to_be_bytes(), work[16..]);
        if bits == Target::LIMIT_REGTEST {
            continue; // never changes
        }
        for seconds in [0, 302_399, 302_401, 999_999, 1_209_600, 1_234_567, 4_838_401, 9_999_999] {
            let span = u64::try_from(seconds).unwrap();
            let next = CompactTarget::from_next_work_required(theirs, span, &MAINNET);
            assert_eq!(ours.after_period(seconds).to_bits(), next.to_consensus());
        }
    }
}

#[test]
fn headers_as_the_crate_bitcoin_reads_them() {
    let (_, bytes) = main_chain();
    for raw in bytes.as_chunks::<80>().0 {
        let ours = Header::parse(raw);
        let theirs: bitcoin::block::Header = bitcoin::consensus::deserialize(raw).unwrap();
        assert_eq!(alloc::format!("{}", theirs.block_hash()), alloc::format!("{}", ours.hash));
        assert_eq!(u64::from(theirs.time), ours.time.0);
        assert_eq!(theirs.bits.to_consensus(), ours.bits);
        assert_eq!(theirs.merkle_root.as_ref() as &[u8], ours.merkle_root);
    }
}

const ROOT: Hash = Hash([0xaa; 32]);

fn stamped(ops: &[Op], attestation: Attestation) -> Timestamp {
    let end = Op::apply_all(ops, &ROOT.0).unwrap();
    Timestamp::leading_to(Timestamp::new(&end, attestation).unwrap(), &ROOT.0, ops).unwrap()
}

fn salt(salt: u8) -> [Op; 2] {
    [Op::Append(vec![salt]), Op::Sha256]
}

/// Blocks whose Merkle root is the salted root; the salt is the height above the first block.
fn holding(count: u32) -> Headers {
    let root_of = |height: u64| {
        let salt = salt(u8::try_from(height - 2016).unwrap());
        Op::apply_all(&salt, &ROOT.0).unwrap().try_into().unwrap()
    };
    let (base, bytes) = regtest(count, root_of);
    Headers::verify(&base, &bytes).unwrap()
}

fn judged(
    stamps: Vec<Timestamp>,
    headers: Option<&Headers>,
) -> Result<BitcoinFacts, BitcoinProblem> {
    let whole = stamps.into_iter().reduce(|all, next| all.merged(next).unwrap()).unwrap();
    verify(&DetachedFile::new(whole).unwrap().to_bytes(), &ROOT, headers)
}

fn at(place: u8) -> Timestamp {
    stamped(&salt(place), Attestation::Bitcoin { height: 2016 + u64::from(place) })
}

#[test]
fn a_block_holds_the_root() {
    let headers = holding(12);
    let facts = judged(vec![at(5)], Some(&headers)).unwrap();
    assert_eq!((facts.height, facts.depth), (2021, 6));
    assert_eq!(facts.time, Time(u64::from(START) + 600 * 5));
    assert_eq!(facts.block, headers.at(2021).unwrap().hash);
    // The earliest good one counts, whatever stands beside it.
    let calendar = Attestation::Pending(Uri::new("https://a.example").unwrap());
    let beside = stamped(&[], calendar);
    let wrong = stamped(&salt(0), Attestation::Bitcoin { height: 2017 });
    let all = vec![at(6), wrong, at(5), at(4), beside];
    assert_eq!(judged(all, Some(&headers)).unwrap().height, 2020);
}

#[test]
fn what_cannot_be_told_yet() {
    let headers = holding(12);
    let calendar = |name| stamped(&salt(9), Attestation::Pending(Uri::new(name).unwrap()));
    let below = stamped(&salt(0), Attestation::Bitcoin { height: 2015 });
    let wrong = stamped(&salt(0), Attestation::Bitcoin { height: 2017 });
    let pending = BitcoinProblem::Pending { calendars: vec!["a".into(), "b".into()] };
    for (stamps, headers, want) in [
        (vec![at(6)], Some(&headers), BitcoinProblem::NotDeepEnough { height: 2022, depth: 5 }),
        (vec![at(12)], Some(&headers), BitcoinProblem::AboveTip { height: 2028, tip: 2027 }),
        (vec![below], Some(&headers), BitcoinProblem::BelowBase { height: 2015, base: 2016 }),
        (vec![at(5)], None, BitcoinProblem::NoHeaders { height: 2021 }),
        (vec![calendar("b"), calendar("a")], Some(&headers), pending),
        (
            vec![wrong, at(7)],
            Some(&headers),
            BitcoinProblem::NotDeepEnough { height: 2023, depth: 4 },
        ),
    ] {
        assert!(!want.is_false());
        assert!(want.code().starts_with("anchor-"));
        assert_eq!(judged(stamps, headers), Err(want));
    }
}

#[test]
fn false_evidence() {
    let headers = holding(12);
    let wrong = stamped(&salt(0), Attestation::Bitcoin { height: 2017 });
    let short = stamped(&[Op::Sha1], Attestation::Bitcoin { height: 2017 });
    let calendar = stamped(&[], Attestation::Pending(Uri::new("a").unwrap()));
    for stamps in [vec![wrong.clone()], vec![short], vec![wrong, calendar]] {
        let refused = judged(stamps, Some(&headers)).unwrap_err();
        assert_eq!(refused, BitcoinProblem::NotInBlock { height: 2017 });
        assert!(refused.is_false());
    }
    let good = DetachedFile::new(at(5)).unwrap().to_bytes();
    let refused = verify(&good, &Hash([6; 32]), Some(&headers)).unwrap_err();
    assert_eq!(refused, BitcoinProblem::OtherMessage(ROOT));
    assert!(refused.is_false());
    // No single changed byte leaves it good, and none makes it panic.
    for place in 0..good.len() {
        let mut other = good.clone();
        other[place] ^= 1;
        assert!(verify(&other, &ROOT, Some(&headers)).is_err(), "{place}");
    }
}
