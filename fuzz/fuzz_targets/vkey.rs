//! Verifier keys and key files: what is read is written back to the same bytes.
#![no_main]

use proto::note::{SigningKey, VerifierKey};

const VKEY: &[u8] = include_bytes!("../../proto/tests/testdata/vkey/good-type-04");
const FILE: &[u8] = include_bytes!("../../proto/tests/testdata/signing-key/good-type-01");

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(key) = VerifierKey::parse(text.trim_end_matches('\n')) {
        assert_eq!(key.to_string(), text.trim_end_matches('\n'));
    }
    if let Ok(key) = SigningKey::parse(text) {
        assert_eq!(key.to_file().as_str(), text);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VKEY, check);
    beleg_fuzz::run(data, FILE, check);
});
