//! Tlog proofs: what is read is written back to the same bytes.
#![no_main]

use proto::tlog_proof::TlogProof;

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/tlog-proof/good-with-extra");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        if let Ok(proof) = TlogProof::parse(input) {
            assert_eq!(proof.to_bytes(), input);
        }
    });
});
