//! Policies: what is written is read back to the same policy and the same bytes.
#![no_main]

use proto::policy;

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/policy/good");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        if let Ok(policy) = policy::parse(input) {
            let written = policy.to_bytes();
            let again = policy::parse(&written).unwrap();
            assert_eq!(again, policy);
            assert_eq!(again.to_bytes(), written);
        }
    });
});
