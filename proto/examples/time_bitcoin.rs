//! How long 100,000 headers take: `cargo run --release -p beleg-proto --example time_bitcoin`.
//!
//! They are those of a regtest chain made here; hashing and linking cost the same on any chain.

use std::time::Instant;

use proto::anchor::bitcoin::{Header, Headers};
use proto::anchor::clocks::{Bitcoin, Network};

const COUNT: u32 = 100_000;
const ROUNDS: u32 = 9;

fn main() {
    let mut bytes = Vec::new();
    let mut previous = [0; 32];
    for place in 0..COUNT {
        let raw = mined(previous, 1_300_000_000 + place * 60);
        previous = Header::parse(&raw).hash.0;
        bytes.extend(raw);
    }
    let (first, _) = bytes.split_first_chunk().expect("one header at least");
    let hash = Header::parse(first).hash.0;
    let base = Bitcoin { network: Network::Regtest, height: 0, hash };
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            Headers::verify(&base, &bytes).expect("a chain");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{COUNT} headers, {} bytes: {:.1} ms, median of {ROUNDS}", bytes.len(), times[4]);
}

fn mined(previous: [u8; 32], time: u32) -> [u8; 80] {
    let header = |nonce: u32| -> [u8; 80] {
        let integers = [time, 0x207f_ffff, nonce].map(u32::to_le_bytes).concat();
        let raw = [&[4, 0, 0, 0][..], &previous, &[0; 32], &integers].concat();
        raw.try_into().expect("80 bytes")
    };
    (0..).map(header).find(|raw| Header::parse(raw).hash.0[31] < 0x7f).expect("every second one")
}
