//! Tests of what people and programs read. Verdicts on real receipts are in `tests/`.

use alloc::collections::BTreeSet;

use super::*;

#[test]
fn every_reason_has_a_code_of_its_own_and_plain_words() {
    let mut codes = BTreeSet::new();
    for reason in Reason::ALL {
        let (code, sentence, next) = (reason.code(), reason.sentence(), reason.next_step());
        let plain = code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
        assert!(plain && codes.insert(code), "{code}");
        for text in [sentence.as_str(), next] {
            assert!(text.ends_with('.') && text.len() > 10, "{code}: {text}");
            assert!(text.starts_with(char::is_uppercase), "{code}: {text}");
            // Words of law that nothing here has earned, and words that help nobody.
            for word in ["certif", "notar", "legal", concat!("block", "chain"), "guarantee"] {
                assert!(!text.to_lowercase().contains(word), "{code}: {text}");
            }
        }
        assert_eq!(reason.word(), reason.state().word());
    }
    assert_eq!(codes.len(), Reason::ALL.len());
}

#[test]
fn words_and_exit_codes() {
    let words = [Word::Valid, Word::Invalid, Word::CannotTell];
    assert_eq!(words.map(Word::text), ["VALID", "INVALID", "CANNOT TELL"]);
    assert_eq!(words.map(Word::exit_code), [0, 1, 2]);
    assert!(Word::Valid < Word::CannotTell && Word::CannotTell < Word::Invalid);
}

#[test]
fn the_worst_line_decides_and_not_the_one_that_was_not_judged() {
    use Reason::{ContentMatches, IssuerProven, NotJudged, Revoked, StatusStale, TimeInFuture};
    let facts = || Facts {
        federation: "f".into(),
        federation_version: 1,
        federation_expires: crate::time::Date::new(2027, 12, 31).unwrap(),
        log: None,
        issuer: None,
        document: None,
        status: None,
        anchors: alloc::vec::Vec::new(),
    };
    let good = Reason::TimeProven;
    for (lines, want) in [
        ([ContentMatches, IssuerProven, good, Reason::StatusValid], Reason::Valid),
        ([ContentMatches, IssuerProven, good, StatusStale], StatusStale),
        ([ContentMatches, IssuerProven, TimeInFuture, StatusStale], TimeInFuture),
        ([NotJudged, NotJudged, TimeInFuture, NotJudged], TimeInFuture),
        ([Reason::ContentNotGiven, IssuerProven, good, Revoked], Revoked),
    ] {
        let verdict = Verdict::new(lines.map(Line::from), facts());
        assert_eq!((verdict.reason, verdict.word), (want, want.word()));
    }
}
