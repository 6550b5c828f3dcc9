//! Tokens as they are made, kept, found and revoked.

use std::fs;

use super::super::ring::{Ring, Shown};
use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn types(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn grant<'a>(may: &'a [May], types: &'a [String], entrance: Entrance) -> Grant<'a> {
    Grant { name: "program", may, types, rate: 60, entrance }
}

fn make_with(folder: &Path, grant: Grant<'_>) -> Result<(String, String), String> {
    let office = types(&["public.notice", "permit"]);
    create(folder, "school", &office, grant, NOW)
        .map(|(id, text)| (id, text.map(|text| text.to_string()).unwrap_or_default()))
        .map_err(|error| error.to_string())
}

fn make(folder: &Path, kinds: &[&str], rate: u32) -> Result<(String, String), String> {
    let kinds = types(kinds);
    make_with(folder, Grant { rate, ..grant(&[May::Issue], &kinds, Entrance::Text) })
}

fn shown(token: &str, certificate: Option<u8>) -> Shown {
    let token = Some(token.to_owned()).filter(|text| !text.is_empty());
    Shown { token, certificate: certificate.map(|byte| Hash([byte; 32])) }
}

#[test]
fn a_token_lets_in_until_it_is_revoked_and_its_text_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(folder.path());
    let find = |text: &str| ring.find(&shown(text, None)).unwrap();
    assert!(find("school.x").is_none());
    let (id, text) = make(folder.path(), &["permit", "permit"], 60).unwrap();
    let (other, other_text) = make(folder.path(), &["public.notice"], 60).unwrap();
    assert_eq!(text.len(), "school.".len() + 64);
    let found = find(&text).unwrap();
    assert_eq!((&found.id, &found.types), (&id, &types(&["permit"])));
    assert!(find(&text.to_uppercase()).is_none());
    let file = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert!(!file.contains(&text[7..]));
    revoke(folder.path(), &id, NOW).unwrap();
    assert!(find(&text).is_none());
    assert_eq!(find(&other_text).unwrap().id, other);
    let again = revoke(folder.path(), &id, NOW).unwrap_err().to_string();
    assert!(again.contains("has no token"), "{again}");
    assert_eq!(read(folder.path()).unwrap()[0].revoked, Some(NOW.0));
}

#[test]
fn a_certificate_stands_in_the_place_of_a_token_or_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(folder.path());
    let find = |text: &str, certificate| ring.find(&shown(text, certificate)).unwrap();
    let kinds = types(&["permit"]);
    let with = |entrance| make_with(folder.path(), grant(&[May::Withdraw], &kinds, entrance));
    let (alone, none) = with(Entrance::Certificate(Hash([1; 32]))).unwrap();
    let (both, text) = with(Entrance::Both(Hash([2; 32]))).unwrap();
    assert_eq!((none.as_str(), text.len()), ("", "school.".len() + 64));
    assert_eq!(find("", Some(1)).unwrap().id, alone);
    assert_eq!(find(&text, Some(2)).unwrap().id, both);
    for (text, certificate) in [
        ("", None),
        ("", Some(2)),
        ("", Some(3)),
        (text.as_str(), None),
        (text.as_str(), Some(1)),
        ("school.x", Some(1)),
    ] {
        assert!(find(text, certificate).is_none(), "{text:?} {certificate:?}");
    }
    let taken = with(Entrance::Both(Hash([1; 32]))).unwrap_err();
    assert!(taken.contains(&format!("token {alone} has this certificate")), "{taken}");
    revoke(folder.path(), &alone, NOW).unwrap();
    assert!(find("", Some(1)).is_none());
    with(Entrance::Both(Hash([1; 32]))).unwrap();
}

#[test]
fn tokens_of_the_first_version_may_issue_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let hash = hex::encode(hash("school.x").0);
    let old = format!(
        "{{\"version\":1,\"tokens\":[{{\"id\":\"0a\",\"name\":\"p\",\
         \"types\":[\"permit\"],\"rate\":6,\"hash\":\"{hash}\",\"created\":1}}]}}"
    );
    fs::write(folder.path().join(FILE), old).unwrap();
    let ring = Ring::new(folder.path());
    let token = ring.find(&shown("school.x", None)).unwrap().unwrap();
    assert_eq!(token.may, [May::Issue]);
    assert!(!token.may(May::Withdraw) && !token.may(May::Approve));
    make(folder.path(), &["permit"], 1).unwrap();
    assert_eq!(read(folder.path()).unwrap()[0], *token);
}

#[test]
fn a_damaged_file_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let ring = Ring::new(folder.path());
    let (_, text) = make(folder.path(), &["permit"], 60).unwrap();
    assert!(ring.find(&shown(&text, None)).unwrap().is_some());
    fs::write(folder.path().join(FILE), "{}").unwrap();
    assert!(matches!(ring.find(&shown(&text, None)), Err(FileError::Damaged { .. })));
    assert!(ring.find(&shown(&text, None)).is_err());
}

#[test]
fn what_cannot_be_granted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |kinds: &[&str], rate| make(folder.path(), kinds, rate).unwrap_err();
    assert!(refused(&["diploma"], 1).contains("may not issue the type \"diploma\""));
    assert!(refused(&["permit"], 0).contains("rate"));
    assert!(refused(&["permit"], 100_001).contains("rate"));
    assert!(refused(&[], 1).contains("for no document type"));
    let kinds = types(&["permit"]);
    for name in ["", "a\nb", &"x".repeat(201)] {
        let grant = Grant { name, ..grant(&[May::Issue], &kinds, Entrance::Text) };
        let made = create(folder.path(), "school", &kinds, grant, NOW);
        assert!(matches!(made, Err(TokenError::Name)), "{name:?}");
    }
    // Who approves, and does nothing else, is for all types if none is named.
    make_with(folder.path(), grant(&[May::Approve], &[], Entrance::Text)).unwrap();
    assert_eq!(read(folder.path()).unwrap()[0].types, types(&["public.notice", "permit"]));
    assert!(
        make_with(folder.path(), grant(&[May::Withdraw, May::Approve], &[], Entrance::Text))
            .is_err()
    );
    for _ in 1..MOST {
        make(folder.path(), &["permit"], 1).unwrap();
    }
    assert!(refused(&["permit"], 1).contains("256 tokens"));
}
