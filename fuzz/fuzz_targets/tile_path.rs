//! Paths of tiles: what is read is written back to the same path.
#![no_main]

use proto::tile::path::{self, Resource};

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/tile-path/good-zeros-inside");

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        let Ok(line) = std::str::from_utf8(input) else { return };
        let line = line.trim_end_matches('\n');
        match path::parse(line) {
            Ok(Resource::Tile(tile)) => assert_eq!(tile.path(), line),
            Ok(Resource::Bundle(bundle)) => assert_eq!(bundle.path(), line),
            Err(_) => {}
        }
    });
});
