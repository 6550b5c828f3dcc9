//! `.ots` files and calendars' answers: what is read is written again with the same bytes, what is
//! joined or cut down is read back; no panic.
#![no_main]

use proto::anchor::bitcoin;
use proto::anchor::ots::{Attestation, DetachedFile, Timestamp};
use proto::hash::Hash;

fn good() -> Vec<u8> {
    let calendar = |name: &str, salt: u8| {
        let end = [&[0, 0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e, 2, 1], name.as_bytes()];
        [&[0xf0, 1, salt, 8], &end.concat()[..]].concat()
    };
    let block = [0xf1, 1, 9, 0xf2, 3, 0, 0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01, 1, 9];
    let timestamp = [&[0xff], &calendar("a", 1)[..], &[0xff], &calendar("b", 2), &block].concat();
    let timestamp = Timestamp::parse(&timestamp, &[7; 32]).expect("made as the format says");
    DetachedFile::new(timestamp).expect("made as the format says").to_bytes()
}

fn check(input: &[u8]) {
    if let Ok(timestamp) = Timestamp::parse(input, &[7; 32]) {
        assert_eq!(timestamp.to_bytes(), input);
    }
    let Ok(file) = DetachedFile::parse(input) else { return };
    assert_eq!(file.to_bytes(), input);
    let _ = bitcoin::verify(input, &Hash([7; 32]), None);
    let timestamp = file.into_timestamp();
    assert_eq!(timestamp.clone().merged(timestamp.clone()), Ok(timestamp.clone()));
    for (message, attestation) in timestamp.attestations() {
        if let Attestation::Pending(uri) = attestation {
            let _ = timestamp
                .clone()
                .upgraded(uri, &Timestamp::new(message, attestation.clone()).unwrap());
        }
    }
    if let Some(one) = timestamp.shortest(|_, it| matches!(it, Attestation::Bitcoin { .. })) {
        assert_eq!(Timestamp::parse(&one.to_bytes(), timestamp.message()), Ok(one));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| beleg_fuzz::run_on(data, &good(), check));
