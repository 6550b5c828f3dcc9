//! Entry bundles: what is read is written back to the same bytes.
#![no_main]

use proto::tile::bundle;

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/bundle/good");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        for width in [0, 1, 2, 3, 4, 256, 257] {
            if let Ok(entries) = bundle::parse(input, width) {
                assert_eq!(entries.len(), usize::from(width));
                assert_eq!(bundle::to_bytes(&entries).unwrap(), input);
            }
        }
    });
});
