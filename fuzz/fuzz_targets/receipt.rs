//! Receipts and answers of a node: what is read as a receipt is written back to the same bytes.
#![no_main]

use beleg_fuzz::world::World;
use proto::receipt::Receipt;
use proto::receipt::answer::IssuanceAnswer;
use proto::tlog_proof::TlogProof;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn check(input: &[u8]) {
    if let Ok(receipt) = Receipt::parse(input) {
        assert_eq!(receipt.to_bytes().unwrap(), input);
        let _ = receipt.entry();
        let _ = receipt.redact(&[0, 1, 2, 3]);
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for good in [&WORLD.receipt, &WORLD.redacted] {
        beleg_fuzz::run_on(data, good, check);
        // Edits of the JSON behind the base64.
        let proof = TlogProof::parse(good).unwrap();
        let extra = beleg_fuzz::edited(proof.extra.clone().unwrap(), data);
        check(&TlogProof { extra: Some(extra), ..proof }.to_bytes());
    }
    beleg_fuzz::run_on(data, &WORLD.answer, |input| {
        let _ = IssuanceAnswer::parse(input);
    });
});
