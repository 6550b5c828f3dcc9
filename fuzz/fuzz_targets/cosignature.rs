//! Cosignatures: no changed byte of a line or of a checkpoint verifies.
#![no_main]

use proto::checkpoint::SignedCheckpoint;
use proto::cosignature;
use proto::note::VerifierKey;

const V1: &[u8] = include_bytes!("../../proto/tests/testdata/cosignature/good-type-04");
const SUBTREE_V1: &[u8] = include_bytes!("../../proto/tests/testdata/cosignature/good-type-06");

/// The `cosigner` header of a vector.
fn cosigner(vector: &[u8]) -> VerifierKey {
    let head = vector.split(|byte| *byte == b'\n').nth(1).unwrap();
    VerifierKey::parse(std::str::from_utf8(head).unwrap().strip_prefix("cosigner: ").unwrap())
        .unwrap()
}

fn check(vector: &[u8], key: &VerifierKey, input: &[u8]) {
    let good = SignedCheckpoint::parse(&beleg_fuzz::input_of(vector)).unwrap();
    let Ok(signed) = SignedCheckpoint::parse(input) else { return };
    if let Ok(Some(_)) = cosignature::verify(key, &signed) {
        // The extension lines are not covered by type 0x06.
        let same = |s: &SignedCheckpoint| {
            let c = s.checkpoint();
            (c.origin().to_owned(), c.size(), *c.root())
        };
        assert_eq!(same(&signed), same(&good));
        let mut lines = signed.note().signatures_naming(key);
        assert!(lines.all(|line| good.note().signatures().contains(line)));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for vector in [V1, SUBTREE_V1] {
        let key = cosigner(vector);
        beleg_fuzz::run(data, vector, |input| check(vector, &key, input));
    }
});
