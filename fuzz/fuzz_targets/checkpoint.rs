//! Checkpoints: what is read is written back to the same bytes.
#![no_main]

use proto::checkpoint::{Checkpoint, SignedCheckpoint};

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/checkpoint/good");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        if let Ok(signed) = SignedCheckpoint::parse(input) {
            assert_eq!(signed.to_bytes(), input);
            assert_eq!(signed.checkpoint().to_text(), signed.note().text());
        }
        if let Ok(checkpoint) = std::str::from_utf8(input).map(Checkpoint::parse)
            && let Ok(checkpoint) = checkpoint
        {
            assert_eq!(checkpoint.to_text().as_bytes(), input);
        }
    });
});
