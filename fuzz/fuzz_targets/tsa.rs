//! Chains of time-stamps and answers of authorities: what is read is written back to the same
//! bytes, and no edit of a good chain verifies that changes what is signed.
#![no_main]

use beleg_fuzz::input_of;
use proto::anchor::clocks::{Algorithm, Clocks};
use proto::anchor::tsa::algorithm::{ALGORITHMS, Digest};
use proto::anchor::tsa::chain::Chain;
use proto::anchor::tsa::exchange::{Asked, response};
use proto::anchor::tsa::{claims, sources, verify};
use proto::hash::{Hash, Timestamp};
use std::sync::LazyLock;

const GOOD: [&[u8]; 2] = [
    include_bytes!("../../proto/tests/testdata/anchor-tsa/good-renewed"),
    include_bytes!("../../proto/tests/testdata/anchor-tsa/good-nothing-revoked"),
];
const ANSWER: &[u8] = include_bytes!("../../proto/tests/testdata/anchor-tsa-answer/good");

/// Every algorithm counts, and every certificate of the good chains is a root.
static CLOCKS: LazyLock<Clocks> = LazyLock::new(|| {
    let algorithm = |name: &&str| Algorithm { name: name.to_string(), until: None };
    let headers = GOOD.map(|file| String::from_utf8_lossy(file).into_owned());
    let roots = headers.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let (name, certificate) = line.strip_prefix("authority: ")?.split_once(' ')?;
        let certificate = proto::text::base64_decode(certificate).ok()?;
        Some(proto::anchor::clocks::StampAuthority { name: name.into(), certificate })
    });
    let algorithms = ALGORITHMS.iter().map(algorithm).collect();
    Clocks { authorities: roots.collect(), algorithms, ..Clocks::default() }
});

static ROOT: LazyLock<Hash> = LazyLock::new(|| {
    let text = String::from_utf8_lossy(GOOD[0]);
    let root = text.lines().find_map(|line| line.strip_prefix("root: ")).expect("a root");
    Hash::from_hex(root).expect("32 bytes")
});

fn check(input: &[u8]) {
    let now = Timestamp(1_861_920_000);
    if let Ok(chain) = Chain::parse(input) {
        assert_eq!(chain.to_bytes().expect("as it was read"), input);
        for stamp in &chain.stamps {
            for certificate in sources::certificates(&stamp.token) {
                let _ = sources::list_addresses(&certificate);
            }
            stamp.certificates.iter().for_each(|der| {
                let _ = sources::list_addresses(der);
            });
            stamp.lists.iter().for_each(|der| {
                let _ = sources::is_list(der);
            });
        }
    }
    let claims = claims(input);
    if let Ok(facts) = verify(input, &ROOT, &CLOCKS, now) {
        // The good ones say so, whatever else is beside them.
        assert_eq!(facts.time, Timestamp(1_777_816_800));
        assert_eq!(claims.expect("what is good can be read")[0].time, facts.time);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for good in GOOD {
        beleg_fuzz::run_on(data, &input_of(good), check);
    }
    beleg_fuzz::run(data, ANSWER, |input| {
        let digest = Digest::Sha256;
        let imprint = ROOT.0.to_vec();
        let asked = Asked { digest, imprint, nonce: 0x0102_0304_0506_0708, policy: None };
        if let Ok(token) = response(input, &asked) {
            assert!(input.ends_with(token));
        }
    });
});
