//! How long each kind of evidence takes:
//! `cargo run --release -p beleg-proto --example time_anchors`.
//!
//! The evidence of EVM chains and authorities is that of the vectors, that of Bitcoin is made here,
//! like its headers, on a regtest chain: hashing and linking cost the same on any chain.

#[path = "../../tests/case/mod.rs"]
mod case;

use std::time::Instant;

use case::Case;
use proto::anchor::bitcoin::{self, Header, Headers};
use proto::anchor::clocks::{Algorithm, Bitcoin, Chain, Clocks, Network, StampAuthority};
use proto::anchor::evm::{self, KnownBlock};
use proto::anchor::ots::{Attestation, DetachedFile, Op, Timestamp as Ots};
use proto::anchor::tsa;
use proto::hash::{Hash, Timestamp};
use proto::text;
use proto::time::Date;

const HEADERS: u32 = 100_000;
/// Levels of the tree over the 4,000 transactions of a full block.
const LEVELS: usize = 12;
const ROUNDS: usize = 99;
/// The vectors.
const EVM: [&str; 2] = ["good-london", "good-validators"];
const TSA: [&str; 5] = [
    "good-openssl-p256",
    "good-openssl-rsa",
    "good-nothing-revoked",
    "good-renewed",
    "good-renewed-twice",
];

fn main() {
    println!("| evidence | bytes | verified in |\n|---|---|---|");
    let (root, file) = (Hash([9; 32]), full_block());
    let (end, _) = file.timestamp().attestations()[0];
    let (base, bytes) = chain(HEADERS, end.try_into().expect("32 bytes"));
    time(&format!("{HEADERS} Bitcoin headers"), bytes.len(), 9, || {
        Headers::verify(&base, &bytes).expect("a chain");
    });
    let (headers, evidence) = (Headers::verify(&base, &bytes).expect("a chain"), file.to_bytes());
    time("`.ots` of a full block", evidence.len(), ROUNDS, || {
        bitcoin::verify(&evidence, &root, Some(&headers)).expect("good evidence");
    });
    for case in cases("anchor-evm", &EVM) {
        let (chain, block) = (chain_of(&case), block_of(&case));
        time(&format!("EVM, {}", case.name), case.body.len(), ROUNDS, || {
            evm::verify(&case.body, &root_of(&case), std::slice::from_ref(&chain), &[block])
                .expect("good");
        });
    }
    for case in cases("anchor-tsa", &TSA) {
        let (clocks, now) = (clocks_of(&case), Timestamp(case.number("now")));
        time(&format!("time-stamp, {}", case.name), case.body.len(), ROUNDS, || {
            tsa::verify(&case.body, &root_of(&case), &clocks, now).expect("good evidence");
        });
    }
}

fn time(name: &str, bytes: usize, rounds: usize, work: impl Fn()) {
    let once = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..rounds).map(once).collect();
    times.sort_by(f64::total_cmp);
    println!("| {name} | {bytes} | {:.3} ms |", times[rounds / 2]);
}

/// Evidence as a transaction of our own leaves it, in block 0.
fn full_block() -> DetachedFile {
    let mut ops = vec![Op::Prepend(vec![1; 70]), Op::Append(vec![2; 35]), Op::Sha256, Op::Sha256];
    for _ in 0..LEVELS {
        ops.extend([Op::Append(vec![3; 32]), Op::Sha256, Op::Sha256]);
    }
    let root = [9; 32];
    let end = Op::apply_all(&ops, &root).expect("within the limits");
    Ots::new(&end, Attestation::Bitcoin { height: 0 })
        .and_then(|end| Ots::leading_to(end, &root, &ops))
        .and_then(DetachedFile::new)
        .expect("within the limits")
}

fn chain(count: u32, first_root: [u8; 32]) -> (Bitcoin, Vec<u8>) {
    let (mut bytes, mut previous, mut root) = (Vec::new(), [0; 32], first_root);
    let mut first = None;
    for place in 0..count {
        let raw = mined(previous, root, 1_300_000_000 + place * 60);
        (previous, root) = (Header::parse(&raw).hash.0, [0; 32]);
        first.get_or_insert(previous);
        bytes.extend(raw);
    }
    let hash = first.expect("one header at least");
    (Bitcoin { network: Network::Regtest, height: 0, hash }, bytes)
}

fn mined(previous: [u8; 32], root: [u8; 32], time: u32) -> [u8; 80] {
    let header = |nonce: u32| -> [u8; 80] {
        let integers = [time, 0x207f_ffff, nonce].map(u32::to_le_bytes).concat();
        let raw = [&[4, 0, 0, 0][..], &previous, &root, &integers].concat();
        raw.try_into().expect("80 bytes")
    };
    (0..).map(header).find(|raw| Header::parse(raw).hash.0[31] < 0x7f).expect("every second one")
}

fn cases(kind: &str, names: &[&str]) -> impl Iterator<Item = Case> {
    let named = |case: &Case| names.contains(&case.name.as_str());
    Case::all_of(kind).into_iter().filter(named)
}

fn root_of(case: &Case) -> Hash {
    Hash::from_hex(case.one("root")).expect("a root")
}

fn words<const N: usize>(line: &str) -> [&str; N] {
    line.split(' ').collect::<Vec<_>>().try_into().expect("so many words")
}

fn chain_of(case: &Case) -> Chain {
    let [name, id, contract, code_hash] = words(case.one("chain"));
    Chain {
        name: name.into(),
        id: id.parse().expect("a number"),
        contract: text::hex_array(contract).expect("hex"),
        code_hash: text::hex_array(code_hash).expect("hex"),
    }
}

fn block_of(case: &Case) -> KnownBlock {
    let [id, number, hash] = words(case.one("block"));
    let (chain_id, number) = (id.parse().expect("a number"), number.parse().expect("a number"));
    KnownBlock { chain_id, number, hash: Hash::from_hex(hash).expect("hex") }
}

fn clocks_of(case: &Case) -> Clocks {
    let authority = |line: &str| {
        let [name, certificate] = words(line);
        let certificate = text::base64_decode(certificate).expect("base64");
        StampAuthority { name: name.into(), certificate }
    };
    let algorithm = |line: &str| {
        let (name, until) = line.split_once(' ').map_or((line, None), |(n, u)| (n, Some(u)));
        let until = until.map(|day| Date::parse(day).expect("a day"));
        Algorithm { name: name.into(), until }
    };
    Clocks {
        authorities: case.all("authority").into_iter().map(authority).collect(),
        algorithms: case.all("algorithm").into_iter().map(algorithm).collect(),
        ..Clocks::default()
    }
}
