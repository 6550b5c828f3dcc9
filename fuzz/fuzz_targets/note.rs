//! Notes: what is read is written back to the same bytes.
#![no_main]

use proto::note::{Note, VerifierKey, parse_signature_lines, signature_lines};

const VECTOR: &[u8] =
    include_bytes!("../../proto/tests/testdata/note/good-example-of-the-specification");
const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let key = VerifierKey::parse(KEY).unwrap();
    beleg_fuzz::run(data, VECTOR, |input| {
        if let Ok(note) = Note::parse(input) {
            assert_eq!(note.to_bytes(), input);
            let text_is_known = note.text() == "This is an example message.\n";
            assert!(note.verify(&[&key]).is_err() || text_is_known);
        }
        if let Ok(lines) = parse_signature_lines(input) {
            assert_eq!(signature_lines(&lines), input);
        }
    });
});
