//! One document: the four lines, the word, the exit code, and each way in which it can go wrong.

use crate::desk::{Desk, Issue, now, revoke_all, text};
use proto::hash::Timestamp;
use proto::time::{Date, utc};
use std::fs;

/// Runs `beleg verify` for a person: exit code and output.
fn told(desk: &Desk, name: &str, args: &[&str]) -> (i32, String) {
    let output = desk.beleg("verify", &[&desk.path(name)], args);
    (output.status.code().unwrap(), text(&output.stdout))
}

#[test]
fn a_good_document_gets_four_lines_under_one_word() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue { age_s: 60, ..Issue::default() });
    let (code, said) = told(&desk, "a.pdf", &[]);
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("VALID  ") && lines[0].ends_with("a.pdf"), "{said}");
    let starts = ["content  good", "issuer   good", "time     good", "status   good"];
    for (line, start) in lines[1..].iter().zip(starts) {
        assert!(line.trim_start().starts_with(start), "{line}");
    }
    assert!(lines[2].contains("Office \u{dc}, admitted by The city-c"), "{said}");
    assert!(lines[2].contains("Registry 3"), "{said}");
    // What is proven and what is claimed stand in lines of their own.
    let time = (now() - 65..=now()).any(|t| lines[3].contains(&utc(Timestamp(t))));
    assert!(time && !lines[3].contains("2026-05-03"), "{said}");
    let date = lines.iter().find(|line| line.contains("2026-05-03")).unwrap();
    assert!(date.contains("claimed") && date.contains("not proven"), "{said}");
    assert!(said.contains("pages: 2") && said.contains("reference: A 17"), "{said}");
    assert_eq!(told(&desk, "a.pdf", &["--quiet"]), (0, String::new()));
}

#[test]
fn json_has_its_promised_shape() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue { valid_until: Some("2990-01-31"), ..Issue::default() });
    let (code, json) = desk.verdict("a.pdf");
    assert_eq!((code, &json["verdict"], &json["code"]), (0, &"VALID".into(), &"valid".into()));
    let names = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let want = [
        "anchors",
        "code",
        "document",
        "federation",
        "file",
        "issuer",
        "lines",
        "log",
        "message",
        "next_step",
        "receipt",
        "status",
        "verdict",
    ];
    assert_eq!(names(&json), want);
    assert_eq!(names(&json["lines"]), ["content", "issuer", "status", "time"]);
    for line in ["content", "issuer", "time", "status"] {
        assert_eq!(names(&json["lines"][line]), ["code", "message", "state"]);
        assert_eq!(json["lines"][line]["state"], "good");
    }
    let document = [
        "batch_width",
        "claimed_date",
        "commitment",
        "entry",
        "fields",
        "hidden_fields",
        "hidden_places",
        "length",
        "media_type",
        "reference",
        "type",
        "unit",
        "valid_until",
    ];
    assert_eq!(names(&json["document"]), document);
    assert_eq!(json["document"]["valid_until"], "2990-01-31");
    assert_eq!(json["document"]["claimed_date"], "2026-05-03");
    assert_eq!(json["document"]["fields"][6]["value"], "2");
    assert_eq!(names(&json["issuer"]), ["entry", "key", "name"]);
    assert_eq!(names(&json["federation"]), ["expires", "name", "version"]);
    let log = [
        "authority",
        "authority_name",
        "operators",
        "origin",
        "proven_time",
        "quorum",
        "tree_size",
        "version",
    ];
    assert_eq!(names(&json["log"]), log);
    let status = "age_s allowed_age_s as_of index list_fetched source state successor";
    assert_eq!(names(&json["status"]).join(" "), status);
    assert_eq!(json["status"]["source"], "receipt");
    assert_eq!(json["status"]["state"], "valid");
}

#[test]
fn each_kind_of_trouble_has_its_word_and_code() {
    let desk = Desk::new();
    let check = |name: &str, code: i32, word: &str, reason: &str| {
        let (exit, json) = desk.verdict(name);
        let said = (exit, json["verdict"].as_str(), json["code"].as_str());
        assert_eq!(said, (code, Some(word), Some(reason)), "{name}: {json}");
        assert!(!json["next_step"].as_str().unwrap().is_empty());
        json
    };
    desk.issue(&["changed", "swapped", "lost", "cut", "noise"], Issue::default());
    fs::write(desk.path("changed"), "another").unwrap();
    check("changed", 1, "INVALID", "content-differs");
    fs::copy(desk.receipt_path("changed"), desk.receipt_path("swapped")).unwrap();
    check("swapped", 1, "INVALID", "content-differs");
    fs::remove_file(desk.receipt_path("lost")).unwrap();
    let json = check("lost", 2, "CANNOT TELL", "receipt-missing");
    assert!(json["lines"].is_null() && json["document"].is_null());
    let receipt = fs::read(desk.receipt_path("cut")).unwrap();
    fs::write(desk.receipt_path("cut"), &receipt[..receipt.len() - 100]).unwrap();
    check("cut", 2, "CANNOT TELL", "receipt-unreadable");
    fs::write(desk.receipt_path("noise"), [0xa5; 3000]).unwrap();
    check("noise", 2, "CANNOT TELL", "receipt-unreadable");
    // A receipt over the limit is an error and never a shorter read.
    let huge = fs::File::create(desk.receipt_path("noise")).unwrap();
    huge.set_len(1 << 32).unwrap();
    check("noise", 2, "CANNOT TELL", "receipt-unreadable");
    check("nowhere", 2, "CANNOT TELL", "file-unreadable");

    desk.issue(&["type"], Issue { document_type: "by-law", ..Issue::default() });
    check("type", 1, "INVALID", "type-out-of-scope");
    desk.issue(&["old"], Issue { age_s: 4000, ..Issue::default() });
    check("old", 2, "CANNOT TELL", "status-stale");
    desk.issue(&["withdrawn"], Issue { change: revoke_all, ..Issue::default() });
    let json = check("withdrawn", 1, "INVALID", "revoked");
    assert_eq!(json["lines"]["content"]["state"], "good");
    let yesterday = Date::of(Timestamp(now() - 86_400)).unwrap().to_string();
    desk.issue(&["over"], Issue { valid_until: Some(&yesterday), ..Issue::default() });
    check("over", 1, "INVALID", "expired");
    let today = Date::of(Timestamp(now())).unwrap().to_string();
    desk.issue(&["today"], Issue { valid_until: Some(&today), ..Issue::default() });
    check("today", 0, "VALID", "valid");
}

#[test]
fn a_moment_of_the_past_is_judged_by_what_was_seen_of_it() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue { age_s: 10_000, ..Issue::default() });
    let at = |before: u64| {
        let text = utc(Timestamp(now() - before));
        let text = text.replace(" UTC", "Z").replace(' ', "T");
        let output = desk.beleg("verify", &[&desk.path("a.pdf")], &["--json", "--at", &text]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code().unwrap(), json["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(at(9000), (0, "valid".into()));
    assert_eq!(at(0), (2, "status-history-missing".into()));
    assert_eq!(at(20_000), (2, "not-yet-proven-at".into()));
    for bad in ["2990-01-01", "yesterday"] {
        let output = desk.beleg("verify", &[&desk.path("a.pdf")], &["--at", bad]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(text(&output.stderr).starts_with("beleg: --at: "), "{}", text(&output.stderr));
    }
}

#[test]
fn an_expired_federation_cannot_say_what_is_fresh() {
    let desk = Desk::until("2026-01-01");
    desk.issue(&["a.pdf"], Issue::default());
    let (code, json) = desk.verdict("a.pdf");
    assert_eq!((code, &json["code"]), (2, &"federation-expired".into()));
    assert_eq!(json["lines"]["time"]["state"], "good");
}

#[test]
fn a_federation_file_that_is_none_is_refused_in_two_lines() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue::default());
    fs::write(desk.dir.path().join("federation"), "no federation\n").unwrap();
    let output = desk.beleg("verify", &[&desk.path("a.pdf")], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.contains("federation"), "{said}");
}

#[test]
fn a_receipt_elsewhere_alone_and_redacted() {
    let desk = Desk::new();
    let receipts = desk.issue(&["a.pdf"], Issue::default());
    // Elsewhere.
    let elsewhere = desk.dir.path().join("elsewhere");
    fs::rename(desk.receipt_path("a.pdf"), &elsewhere).unwrap();
    let named = ["--receipt", elsewhere.to_str().unwrap()];
    assert_eq!(told(&desk, "a.pdf", &named).0, 0);
    let output = desk.beleg("verify", &[&desk.path("a.pdf"), &desk.path("b.pdf")], &named);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("one document"));
    // Redacted: the verdict says how many fields are hidden.
    let redacted = receipts[0].redact(&[5]).unwrap();
    fs::write(desk.receipt_path("a.pdf"), redacted.to_bytes().unwrap()).unwrap();
    let (code, said) = told(&desk, "a.pdf", &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 of 7 fields are hidden"), "{said}");
    assert!(said.contains("A 17") && !said.contains("2026-05-03"), "{said}");
    // Named itself, the receipt finds its document; without it, it is explained.
    let (code, _) = told(&desk, "a.pdf.tlog-proof", &[]);
    assert_eq!(code, 0);
    fs::remove_file(desk.path("a.pdf")).unwrap();
    let (code, said) = told(&desk, "a.pdf.tlog-proof", &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.starts_with("CANNOT TELL") && said.contains("Office \u{dc}"), "{said}");
}

#[test]
fn a_second_digest_is_checked_where_the_issuer_gave_one() {
    let desk = Desk::new();
    desk.issue(&["a.pdf"], Issue { sha512: true, ..Issue::default() });
    let (code, json) = desk.verdict("a.pdf");
    assert_eq!(code, 0, "{json}");
    assert!(json["document"]["fields"][0]["value"].as_str().unwrap().contains(" sha512 "));
}

#[test]
fn names_that_would_act_on_a_terminal_are_escaped() {
    let desk = Desk::new();
    let name = "a\u{202e}fdp\u{1b}[2J\n.pdf";
    desk.issue(&[name], Issue::default());
    for args in [&[][..], &["--json"]] {
        let (code, said) = told(&desk, name, args);
        assert_eq!(code, 0, "{said}");
        let acts = |c: char| c != '\n' && verifier::shown::is_unsafe(c);
        assert!(!said.chars().any(acts), "{said:?}");
    }
    let (_, json) = desk.verdict(name);
    assert!(json["file"].as_str().unwrap().ends_with(name));
}
