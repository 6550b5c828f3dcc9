//! Sealed PDFs: what is sealed opens to the same original and receipt; what opens as sealed is what
//! the builder makes of them; nothing panics.
#![no_main]

use seal::{Builder, Opened, open, seal};
use std::sync::LazyLock;

const RECEIPT: &[u8] = b"stands for a receipt\n";
const ORIGINAL: &[u8] = include_bytes!("../../seal/tests/testdata/signed.pdf");
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| seal(ORIGINAL, RECEIPT, Builder::V1).unwrap());

fn check_original(input: &[u8]) {
    if let Ok(sealed) = seal(input, RECEIPT, Builder::V1) {
        let want = Opened::Sealed { original: 0..input.len(), receipt: RECEIPT.to_vec() };
        assert_eq!(open(&sealed), want);
    }
}

fn check_sealed(input: &[u8]) {
    if let Opened::Sealed { original, receipt } = open(input) {
        assert_eq!(seal(&input[original], &receipt, Builder::V1).unwrap(), input);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run_on(data, ORIGINAL, check_original);
    beleg_fuzz::run_on(data, &SEALED, check_sealed);
});
