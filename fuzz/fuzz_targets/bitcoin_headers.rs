//! Bitcoin headers: what is taken is linked and kept as it came; no panic, also when the first one
//! is the federation's whatever it says.
#![no_main]

use proto::anchor::bitcoin::{HEADER_BYTES, Headers, sha256d};
use proto::anchor::clocks::{Bitcoin, Network};

fn check(input: &[u8]) {
    let Some((first, rest)) = input.split_first_chunk::<HEADER_BYTES>() else { return };
    for network in [Network::Main, Network::Regtest] {
        let base = Bitcoin { network, height: 2016, hash: sha256d(first) };
        if let Ok(headers) = Headers::verify(&base, input) {
            assert_eq!(headers.as_bytes(), input);
            let last = headers.at(headers.tip_height()).unwrap();
            assert_eq!(last, *headers.tip());
        }
        if let Ok(mut headers) = Headers::verify(&base, first) {
            let before = headers.clone();
            let grown = headers.extend(rest).is_ok();
            assert_eq!(grown, Headers::verify(&base, input).is_ok() && !rest.is_empty());
            assert!(grown || headers == before);
        }
    }
}

/// Headers that name each other and ask for the work of a regtest chain.
fn good() -> Vec<u8> {
    let mut previous = [0; 32];
    let mut bytes = Vec::new();
    for time in 1..16u32 {
        let mut header = [0; HEADER_BYTES];
        header[4..36].copy_from_slice(&previous);
        header[68..72].copy_from_slice(&time.to_le_bytes());
        header[72..76].copy_from_slice(&0x207f_ffffu32.to_le_bytes());
        while sha256d(&header)[31] > 0x7f {
            header[76] += 1;
        }
        previous = sha256d(&header);
        bytes.extend(header);
    }
    bytes
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| beleg_fuzz::run_on(data, &good(), check));
