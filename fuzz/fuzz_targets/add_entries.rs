//! Bodies of add-entries: pieces of any length give the same events, and what is read is written
//! back to the same bytes.
#![no_main]

use proto::mirror::{Decoder, Event, MirrorInfo};

const VECTOR: &[u8] = include_bytes!("../../proto/tests/testdata/add-entries/good");

fn decode(input: &[u8], piece: usize) -> (Vec<Event>, Decoder, bool) {
    let (mut decoder, mut events) = (Decoder::new(), Vec::new());
    for mut bytes in input.chunks(piece) {
        loop {
            match decoder.decode(&mut bytes) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(_) => return (events, decoder, false),
            }
        }
    }
    (events, decoder, true)
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    beleg_fuzz::run(data, VECTOR, |input| {
        let (events, decoder, good) = decode(input, usize::MAX);
        let (again, _, good_again) = decode(input, usize::from(data.len() as u8 % 13) + 1);
        assert_eq!((&events, good), (&again, good_again));
        let mut written = Vec::new();
        for event in &events {
            match event {
                Event::Header(header) => written.extend(header.to_bytes().unwrap()),
                Event::Package(package) => written.extend(package.to_bytes().unwrap()),
            }
        }
        assert!(input.starts_with(&written));
        if good && !events.is_empty() {
            assert_eq!(decoder.is_between(), written.len() == input.len());
        }
        if let Ok(info) = MirrorInfo::parse(input) {
            assert_eq!(info.to_body().as_bytes(), input);
        }
    });
});
