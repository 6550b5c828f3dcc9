//! Dossiers: what opens is spelt in the one way in which it would be written again; no panic.
#![no_main]

use proto::dossier::{Builder, Dossier, List};

const GOOD: &[u8] = include_bytes!("../../proto/tests/testdata/dossier/good");

fn check(input: &[u8]) {
    let Ok(dossier) = Dossier::open(input) else { return };
    let listed = dossier.parts.iter().map(|part| part.listed.clone()).collect();
    let list = List::new(listed).unwrap();
    let (mut builder, mut file) = Builder::new(&list).unwrap();
    for part in &dossier.parts {
        file.extend(builder.next(&part.listed, part.member.crc32).unwrap());
        let from = usize::try_from(part.member.content()).unwrap();
        file.extend(&input[from..from + part.member.size()]);
    }
    file.extend(builder.finish().unwrap());
    assert_eq!(file, input);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| beleg_fuzz::run(data, GOOD, check));
