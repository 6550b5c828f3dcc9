//! Making, reading and comparing sheets.

use super::*;
use alloc::vec;

fn field(name: &str, value: &str) -> Field {
    Field::new(name, value).unwrap()
}

fn fields() -> Vec<Field> {
    vec![
        field("type", "residence.certificate"),
        field("unit", "Registry 3"),
        field("valid-until", "none"),
        field("date", "2026-05-02"),
        field("reference", "A 17"),
        field("pages", "2"),
    ]
}

fn sheet(fields: Vec<Field>) -> Sheet {
    Sheet {
        federation: FederationId([1; 32]),
        origin: "town.example/log".into(),
        index: LeafIndex(4),
        status: StatusIndex(17),
        commitment: Hash([2; 32]),
        issuer: "B\u{fc}rgeramt Nord".into(),
        fields,
    }
}

#[test]
fn what_is_written_is_read_from_link_and_fragment() {
    let sheet = sheet(fields());
    let fragment = sheet.to_fragment().unwrap();
    assert_eq!(Sheet::parse(&fragment), Ok(sheet.clone()));
    let link = sheet.to_link("https://check.example/").unwrap();
    assert_eq!(link, format!("https://check.example/#{fragment}"));
    assert_eq!(Sheet::scanned(&format!(" {link}\r\n")), Ok(sheet.clone()));
    assert_eq!(Sheet::scanned(&fragment), Ok(sheet));
}

#[test]
fn no_byte_of_a_fragment_can_be_another() {
    let fragment = sheet(fields()).to_fragment().unwrap();
    for at in 0..fragment.len() {
        for byte in [b'A', b'_', b'=', b'+', b'%', b' '] {
            let mut other = fragment.clone().into_bytes();
            other[at] = byte;
            let other = std::string::String::from_utf8(other).unwrap();
            if let Ok(read) = Sheet::parse(&other) {
                assert_eq!(read.to_fragment().as_ref(), Ok(&other));
                assert!(other == fragment || read != sheet(fields()));
            }
        }
        assert!(Sheet::parse(&fragment[..at]).is_err(), "{at}");
    }
    assert!(Sheet::parse(&format!("{fragment}A")).is_err());
}

#[test]
fn fields_have_their_order_and_names_come_once() {
    let good = |fields: Vec<Field>| sheet(fields).check();
    assert_eq!(good(fields()), Ok(()));
    assert_eq!(good(fields()[..3].to_vec()), Ok(()));
    assert_eq!(good(fields()[..2].to_vec()), Err(SheetError::Fields));
    let mut swapped = fields();
    swapped.swap(0, 1);
    assert_eq!(good(swapped), Err(SheetError::Fields));
    let mut twice = fields();
    twice.push(field("pages", "3"));
    assert_eq!(good(twice), Err(SheetError::Fields));
    let mut content = fields();
    let digest = format!("sha256 {} 3 text/plain", Hash([3; 32]));
    content.push(field("content", &digest));
    assert_eq!(good(content), Err(SheetError::Fields));
}

#[test]
fn names_and_numbers_are_bounded() {
    let bad = |change: fn(&mut Sheet)| {
        let mut sheet = sheet(fields());
        change(&mut sheet);
        assert_eq!(sheet.check(), Err(SheetError::Malformed));
    };
    bad(|s| s.origin.clear());
    bad(|s| s.origin.push('\n'));
    bad(|s| s.issuer.insert(0, ' '));
    bad(|s| s.issuer.push('\u{202e}'));
    bad(|s| s.issuer = "x".repeat(201));
    bad(|s| s.index.0 = limits::JSON_INTEGER + 1);
    bad(|s| s.status.0 = limits::JSON_INTEGER + 1);
    let mut long = fields();
    long.extend((0..3).map(|i| field(&format!("long-{i}"), &"x".repeat(250))));
    let limit = limits::SHEET_FRAGMENT_BYTES;
    assert_eq!(sheet(long).to_fragment(), Err(SheetError::TooLong { limit }));
    let mut long = fields();
    long.push(field("long", &"x".repeat(256)));
    assert!(matches!(sheet(long).to_fragment(), Err(SheetError::Bytes(_))));
    let endless = format!("{PREFIX}{}", "A".repeat(limit));
    assert_eq!(Sheet::parse(&endless), Err(SheetError::TooLong { limit }));
}

#[test]
fn an_address_is_an_address() {
    let sheet = sheet(fields());
    for good in ["https://a", "http://127.0.0.1:8080/check/", "https://a.example/?x=1"] {
        assert!(sheet.to_link(good).is_ok(), "{good}");
    }
    let long = format!("https://{}", "a".repeat(limits::SHEET_ADDRESS_BYTES));
    for bad in [
        "",
        "https://",
        "a.example",
        "javascript:alert(1)",
        "https://a#b",
        "https://a b",
        "https://\u{e4}.example",
        &long,
    ] {
        assert_eq!(sheet.to_link(bad), Err(SheetError::Address), "{bad}");
    }
}

#[test]
fn every_error_is_a_sentence() {
    for error in [SheetError::NotASheet, SheetError::Spelling, SheetError::Fields] {
        assert!(error.to_string().len() > 20);
    }
}
