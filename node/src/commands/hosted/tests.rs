//! An office from its folder to its tokens, on the command line.

use std::fs;

use proto::ledger::IssuerRequest;

use crate::commands::federation::tests::{Office, run};

/// A node's config beside the federation file `f`.
fn with_node() -> Office {
    let office = Office::new();
    office.founded("f");
    let text = "listen = \"127.0.0.1:1\"\ndata = \"d\"\nfederation = \"f\"\n\
                origin = \"a.example/log\"\nlog_key = \"a-log\"\n";
    fs::write(office.path("node.toml"), text).unwrap();
    office
}

fn hosted(office: &Office, words: &[&str], rest: &[&str]) -> Result<String, String> {
    let config = office.text("node.toml");
    let fixed = ["--config", config.as_str(), "--office", "school"];
    run(&[&["hosted"], words, &fixed, rest].concat())
}

#[test]
fn an_office_is_made_and_gets_tokens() {
    let office = with_node();
    let types = ["--type", "permit", "--type", "public.notice"];
    let said = hosted(&office, &["init"], &[&["--name", "School"], &types[..]].concat()).unwrap();
    assert!(said.contains("hosted/school/request"), "{said}");
    let request = fs::read(office.path("hosted/school/request")).unwrap();
    let request = IssuerRequest::parse(&request).unwrap();
    assert_eq!(request.place().origin, "a.example/log");
    assert_eq!(request.statement().scope(), ["permit", "public.notice"]);

    let create = ["token", "create"];
    let made = hosted(&office, &create, &["--name", "Registry", "--type", "permit"]).unwrap();
    let token = made.lines().next().unwrap();
    assert!(token.starts_with("school.") && token.len() == 71, "{made}");
    let listed = hosted(&office, &["token", "list"], &[]).unwrap();
    assert!(!listed.contains(&token[7..]), "{listed}");
    let id = listed.split(' ').next().unwrap().to_owned();
    let want = format!(
        "{id}  in-force  60 a minute  0 issued  last never  permit  issue  token  Registry\n"
    );
    assert_eq!(listed, want);
    hosted(&office, &["token", "revoke"], &["--id", &id]).unwrap();
    let listed = hosted(&office, &["token", "list"], &[]).unwrap();
    assert!(listed.starts_with(&format!("{id}  revoked  ")), "{listed}");
    assert_eq!(hosted(&office, &["issued"], &[]).unwrap(), "");
}

#[test]
fn a_token_can_be_a_certificate() {
    let office = with_node();
    hosted(&office, &["init"], &["--name", "School", "--type", "permit"]).unwrap();
    let der = proto::text::base64_encode(&[0x30; 40]);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
    fs::write(office.path("card.pem"), pem).unwrap();
    fs::write(office.path("none.pem"), "no certificate").unwrap();
    let (card, none) = (office.text("card.pem"), office.text("none.pem"));
    let create = |rest: &[&str]| {
        let fixed = ["--name", "Clerk", "--type", "permit"];
        hosted(&office, &["token", "create"], &[&fixed, rest].concat())
    };
    let made = create(&["--may", "withdraw,issue", "--certificate", &card]).unwrap();
    assert!(!made.contains("school."), "{made}");
    let taken = create(&["--certificate", &card, "--both"]).unwrap_err();
    assert!(taken.contains("has this certificate"), "{taken}");
    let bad = create(&["--certificate", &none]).unwrap_err();
    assert!(bad.contains("no certificate in PEM"), "{bad}");
    let listed = hosted(&office, &["token", "list"], &[]).unwrap();
    assert!(listed.ends_with("  permit  issue,withdraw  certificate  Clerk\n"), "{listed}");
    let kept = fs::read_to_string(office.path("hosted/school/tokens")).unwrap();
    assert!(kept.contains(&proto::hash::sha256(&[0x30; 40]).to_hex()), "{kept}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let office = with_node();
    let init = ["--name", "School", "--type", "permit"];
    let missing = hosted(&office, &["token", "list"], &[]).unwrap_err();
    assert!(missing.contains("there is no hosted office"), "{missing}");
    hosted(&office, &["init"], &init).unwrap();
    let again = hosted(&office, &["init"], &init).unwrap_err();
    assert!(again.contains("never overwritten"), "{again}");
    let create = ["--name", "x", "--type", "diploma"];
    let refused = hosted(&office, &["token", "create"], &create).unwrap_err();
    assert!(refused.contains("it may issue: permit"), "{refused}");
    let refused = hosted(&office, &["token", "revoke"], &["--id", "no"]).unwrap_err();
    assert!(refused.contains("hosted token list shows them"), "{refused}");
    let config = office.text("node.toml");
    let upward = ["hosted", "issued", "--config", &config, "--office", "../school"];
    assert!(run(&upward).unwrap_err().contains("short name"));

    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("a.example", "x.example")).unwrap();
    assert!(hosted(&office, &["init"], &init).unwrap_err().contains("names no such log"));
    fs::write(&config, text.split("origin").next().unwrap()).unwrap();
    assert!(hosted(&office, &["init"], &init).unwrap_err().contains("writes no log"));
}
