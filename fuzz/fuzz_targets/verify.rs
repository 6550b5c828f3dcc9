//! The verdict: whatever the receipt, there is one, and VALID only for what was issued.
#![no_main]

use beleg_fuzz::world::{NOW, World};
use proto::document::ContentDigest;
use proto::hash::Timestamp;
use proto::tlog_proof::TlogProof;
use proto::verify::{Question, Word, verify};
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let world = World::new();
    for receipt in [&world.receipt, &world.redacted] {
        let verdict = ask(&world, receipt, &world.content);
        assert_eq!(verdict.word, Word::Valid, "{verdict:?}");
    }
    world
});

fn ask(world: &World, receipt: &[u8], content: &ContentDigest) -> proto::verify::Verdict {
    let now = Timestamp(NOW.0 + 60);
    verify(&Question::new(Some(content), receipt, &world.federation, now))
}

fn check(input: &[u8]) {
    let verdict = ask(&WORLD, input, &WORLD.content);
    if verdict.word == Word::Valid {
        let facts = verdict.facts.document.expect("the document is known");
        for (place, name, value) in facts.shown {
            let field = &WORLD.document.fields()[place as usize];
            assert_eq!((field.name(), field.value()), (name.as_str(), value.as_str()));
        }
        assert_eq!(verdict.facts.log.expect("the log is known").proven_time, NOW);
    }
    // Another file is never what was issued.
    let other = ContentDigest { length: WORLD.content.length + 1, ..WORLD.content };
    assert_ne!(ask(&WORLD, input, &other).word, Word::Valid);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for good in [&WORLD.receipt, &WORLD.redacted] {
        beleg_fuzz::run_on(data, good, check);
        // Edits of the JSON behind the base64.
        let proof = TlogProof::parse(good).unwrap();
        let extra = beleg_fuzz::edited(proof.extra.clone().unwrap(), data);
        check(&TlogProof { extra: Some(extra), ..proof }.to_bytes());
    }
});
