//! Walks over the files of `tests/testdata/dossier`, and over what one byte can do to a good one.

mod case;

use case::Case;
use proto::dossier::{Dossier, claims};

fn outcome(file: &[u8]) -> String {
    match Dossier::open(file) {
        Ok(dossier) => {
            let documents = dossier.documents.len();
            format!("ok {documents} documents, {} receipts", dossier.parts.len() - documents)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            format!("{error:?}")
        }
    }
}

#[test]
fn every_dossier_gives_what_it_expects() {
    let mut wrong = Vec::new();
    for case in Case::all_of("dossier") {
        let got = outcome(&case.body);
        if got != case.expect {
            wrong.push(format!("{case}\n  expected {}\n  got      {got}", case.expect));
        }
        assert_eq!(case.name.starts_with("good"), case.expect.starts_with("ok"), "{case}");
        let file = std::fs::read(case::folder().join("dossier").join(&case.name)).unwrap();
        assert_eq!(case.to_file(), file, "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_changed_or_missing_byte_is_overlooked() {
    let case = Case::all_of("dossier").into_iter().find(|case| case.name == "good").unwrap();
    assert!(claims(&case.body));
    for at in 0..case.body.len() {
        for bit in 0..8 {
            let mut changed = case.body.clone();
            changed[at] ^= 1 << bit;
            assert!(Dossier::open(&changed).is_err(), "byte {at}, bit {bit}");
        }
        assert!(Dossier::open(&case.body[..at]).is_err(), "cut at {at}");
        assert!(Dossier::open(&case.body[at + 1..]).is_err(), "cut in front at {at}");
    }
}
