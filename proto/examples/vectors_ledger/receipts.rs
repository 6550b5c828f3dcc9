//! Receipts: the one spelling of the `extra` line.

use crate::case::Case;
use crate::replaced;
use crate::world::{Log, T0, document, federation, issuer_key};
use proto::hash::Hash;
use proto::receipt::Receipt;
use proto::text::{base64_decode, base64_encode};

/// A receipt with a status of its own, full.
pub fn good() -> Receipt {
    let federation = federation();
    let mut log = Log::new(&federation, 1);
    let issuer = log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    let paper = log.issue(issuer, &issuer_key(1), vec![document(0)]);
    log.close(T0);
    log.receipt(&federation, &paper, 0)
}

pub fn text(receipt: &Receipt) -> String {
    String::from_utf8(receipt.to_bytes().unwrap()).unwrap()
}

fn extra(text: &str) -> (String, String) {
    let line = text.lines().nth(1).unwrap().strip_prefix("extra ").unwrap();
    (line.into(), String::from_utf8(base64_decode(line).unwrap()).unwrap())
}

/// A case whose JSON is `change` of that of a receipt.
pub fn json(receipt: &Receipt, name: &str, expect: &str, change: impl Fn(&str) -> String) -> Case {
    let text = text(receipt);
    let (line, json) = extra(&text);
    let changed = base64_encode(change(&json).as_bytes());
    Case::new("receipt", name, expect, replaced(&text, &line, &changed).as_bytes())
}

pub fn cases() -> Vec<Case> {
    [files(), spellings(), numbers(), parts()].into_iter().flatten().collect()
}

fn files() -> Vec<Case> {
    let full = good();
    let text = text(&full);
    let (line, json) = extra(&text);
    let case =
        |name: &str, expect: &str, text: &str| Case::new("receipt", name, expect, text.as_bytes());
    let redacted = full.redact(&[4, 7]).unwrap();
    let open = full.redact(&[4, 5, 6, 7]).unwrap();
    let no_status = Receipt { status: None, ..full.clone() };
    let bytes = |receipt: &Receipt| String::from_utf8(receipt.to_bytes().unwrap()).unwrap();
    vec![
        case("good-full", "ok full 8 of 8", &text),
        case("good-redacted", "ok redacted 6 of 8", &bytes(&redacted)),
        case("good-redacted-shows-all", "ok redacted 8 of 8", &bytes(&open)),
        case("good-without-status", "ok full 8 of 8", &bytes(&no_status)),
        case("no-extra-line", "NoExtra", &replaced(&text, &format!("extra {line}\n"), "")),
        case("extra-empty", "BadJson", &replaced(&text, &line, "")),
        case(
            "extra-is-json-without-base64",
            "TlogProof(Line { line: 2, error: BadBase64 })",
            &replaced(&text, &line, &json),
        ),
        case(
            "index-beyond-2-53",
            "BadNumber",
            &replaced(&text, "\nindex 1\n", "\nindex 9007199254740993\n"),
        ),
        case(
            "first-line-of-version-2",
            "TlogProof(WrongFirstLine)",
            &replaced(&text, "@v1", "@v2"),
        ),
        case("cut-off", "TlogProof(Line { line: 2, error: MissingNewline })", &text[..400]),
    ]
}

fn spellings() -> Vec<Case> {
    let full = good();
    let case = |name: &str, expect: &str, from: &str, to: &str| {
        json(&full, name, expect, |text| replaced(text, from, to))
    };
    let other = "NotCanonical";
    vec![
        case("unknown-member", "BadJson", "{\"v\":1,", "{\"v\":1,\"x\":1,"),
        case("unknown-member-inside", "BadJson", "\"batch\":{", "\"batch\":{\"x\":1,"),
        case("member-twice", "BadJson", "{\"v\":1,", "{\"v\":1,\"v\":1,"),
        case("member-missing", "BadJson", "{\"v\":1,", "{"),
        case("member-null", "BadJson", "{\"v\":1,", "{\"v\":1,\"links\":null,"),
        case("links-empty", other, "{\"v\":1,", "{\"links\":[],\"v\":1,"),
        case("space", other, "{\"v\":1,", "{\"v\":1, "),
        case("escape-not-needed", other, "Jane", "\\u004aane"),
        case("slash-escaped", other, "text/plain", "text\\/plain"),
        case("two-values", "BadJson", "{\"v\":1,", "{}{\"v\":1,"),
        case("comment", "BadJson", "{\"v\":1,", "/* */{\"v\":1,"),
        case("value-with-escape-sequence", "Field(NotPlain)", "Jane", "\\u001b[31m"),
        case("value-not-a-date", "Field(BadDate)", "2026-05-02", "2026-02-30"),
        case(
            "field-name-in-capitals",
            "Field(BadName)",
            "\"name\":\"holder\"",
            "\"name\":\"Holder\"",
        ),
        json(&full, "newline-behind", other, |text| text.to_string() + "\n"),
        json(&full, "members-swapped", other, |text| {
            let (head, rest) = text.split_once("\"batch\":{\"index\":0,\"path\":").unwrap();
            let (path, tail) = rest.split_once(']').unwrap();
            format!("{head}\"batch\":{{\"path\":{path}],\"index\":0{tail}")
        }),
    ]
}

fn numbers() -> Vec<Case> {
    let full = good();
    let case = |name: &str, expect: &str, from: &str, to: &str| {
        json(&full, name, expect, |text| replaced(text, from, to))
    };
    vec![
        case("version-2", "UnknownVersion { found: 2 }", "\"v\":1", "\"v\":2"),
        case("number-with-fraction", "BadJson", "\"v\":1", "\"v\":1.0"),
        case("number-with-exponent", "BadJson", "\"v\":1", "\"v\":1e0"),
        case("number-negative", "BadJson", "\"v\":1", "\"v\":-1"),
        case("number-with-leading-zero", "BadJson", "\"v\":1", "\"v\":01"),
        case("number-as-text", "BadJson", "\"v\":1", "\"v\":\"1\""),
        case("number-beyond-2-64", "BadJson", "\"issuer\":0", "\"issuer\":18446744073709551616"),
        case("number-beyond-2-53", "BadNumber", "\"issuer\":0", "\"issuer\":9007199254740993"),
        case("count-beyond-2-32", "BadNumber", "\"count\":8", "\"count\":4294967304"),
        case("count-larger-than-fields", "BadNumber", "\"count\":8", "\"count\":9"),
        case("field-index-jumps", "BadNumber", "{\"index\":4,", "{\"index\":5,"),
    ]
}

fn parts() -> Vec<Case> {
    let full = good();
    let redacted = full.redact(&[4]).unwrap();
    let hash = Hash([7; 32]);
    let long = Receipt { issuer_proof: vec![hash; 64], ..full.clone() };
    let hash = hash.to_base64();
    let field = "{\"index\":9,\"name\":\"a\",\"value\":\"\"},";
    vec![
        json(&full, "secret-missing", "BadJson", |text| {
            let (head, rest) = text.split_once("\"secret\":\"").unwrap();
            format!("{head}{}", &rest[46..])
        }),
        json(&full, "secret-and-proof", "BadJson", |text| {
            replaced(text, "}]},\"batch\"", "}],\"proof\":[]},\"batch\"")
        }),
        json(&full, "secret-too-short", "Text(BadLength { want: 32, got: 1 })", |text| {
            let (head, rest) = text.split_once("\"secret\":\"").unwrap();
            format!("{head}\"secret\":\"AA=={}", &rest[44..])
        }),
        json(&redacted, "secret-of-a-redacted-document", "BadJson", |text| {
            replaced(text, "\"count\":8,", &format!("\"count\":8,\"secret\":\"{hash}\","))
        }),
        json(&redacted, "salt-missing", "BadJson", |text| {
            let (head, rest) = text.split_once(",\"salt\":\"").unwrap();
            format!("{head}{}", &rest[45..])
        }),
        json(&full, "fields-65", "TooMany", |text| {
            replaced(text, "\"fields\":[", &format!("\"fields\":[{}", field.repeat(57)))
        }),
        json(&full, "links-9", "TooMany", |text| {
            let link = "{\"version\":2,\"proof\":[]}";
            let links = [link; 9].join(",");
            format!("{},\"links\":[{links}]}}", text.strip_suffix('}').unwrap())
        }),
        Case::new("receipt", "proof-of-64-hashes", "TooMany", text(&long).as_bytes()),
        json(&full, "base64-with-unused-bits", "Text(BadBase64)", |text| {
            let (head, rest) = text.split_once("\"federation\":\"").unwrap();
            let (hash, tail) = rest.split_at(42);
            let other = if tail.starts_with('B') { "C" } else { "B" };
            format!("{head}\"federation\":\"{hash}{other}{}", &tail[1..])
        }),
        json(
            &full,
            "issuer-entry-cut-off",
            "Issuer(Bytes(Truncated { want: 64, have: 63 }))",
            |text| {
                let (head, rest) = text.split_once("\"issuer\":{\"entry\":\"").unwrap();
                let (entry, tail) = rest.split_once('"').unwrap();
                let entry = base64_decode(entry).unwrap();
                let entry = base64_encode(&entry[..entry.len() - 1]);
                format!("{head}\"issuer\":{{\"entry\":\"{entry}\"{tail}")
            },
        ),
        json(&full, "issuer-entry-is-a-snapshot", "BadJson", |text| {
            let (head, rest) = text.split_once("\"issuer\":{\"entry\":\"").unwrap();
            let (_, tail) = rest.split_once('"').unwrap();
            let snapshot = [&[1, 4], &[0; 80][..]].concat();
            format!("{head}\"issuer\":{{\"entry\":\"{}\"{tail}", base64_encode(&snapshot))
        }),
        json(&full, "piece-of-255-bytes", "Text(BadLength { want: 256, got: 255 })", |text| {
            let piece = base64_encode(&[0; 256]);
            replaced(text, &piece, &base64_encode(&[0; 255]))
        }),
    ]
}
