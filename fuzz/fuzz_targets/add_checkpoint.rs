//! Requests of add-checkpoint and its answer: what is read is written back to the same bytes.
#![no_main]

use proto::witness::AddCheckpoint;
use proto::witness::add_checkpoint::{parse_size_body, size_body};

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/add-checkpoint/good");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        if let Ok(request) = AddCheckpoint::parse(input) {
            assert_eq!(request.to_bytes(), input);
        }
        if let Ok(size) = parse_size_body(input) {
            assert_eq!(size_body(size).as_bytes(), input);
        }
    });
});
