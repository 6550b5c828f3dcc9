//! 1. Everything wrong that a client can send to the submission interface gets a refusal with a
//!    code, a sentence and a next step, and nothing is entered.
//! 2. Requests that break off, lie about their length or are far too large leave the node well.
//! 3. What another federation's issuer signed, and a replayed issuer entry, are refused.
//! 4. Afterwards a good submission is entered, and it is the only one.

use crate::desk::Desk;
use crate::ledger::Log;
use crate::town::{HOME, Town};
use anyhow::Result;
use e2e::http::{self, Answer};
use e2e::world::World;
use std::net::SocketAddr;

#[test]
fn wrong_input_is_refused_and_nothing_is_entered() -> Result<()> {
    let mut town = Town::start()?;
    let desk = town.desk()?;
    let node = town.world.address(HOME);
    let entered = |desk: &Desk| -> Result<usize> {
        Ok(Log::read(node, &World::origin(HOME), &desk.federation)?.issuances())
    };
    // 1.
    let good = desk.sign_new(4)?;
    for (what, body) in wrong_submissions(&good) {
        let answer = http::post(node, "/v1/issuances?wait_s=5", &body)?;
        assert_refusal(&what, &answer);
    }
    for (what, path, body) in [
        ("an issuer entry of nothing", "/v1/issuers", Vec::new()),
        ("an issuer entry that is a submission", "/v1/issuers", good.clone()),
        ("an issuer entry of noise", "/v1/issuers", vec![0xa5; 4_000]),
        ("a batch root that is none", "/v1/issuances/xyz", Vec::new()),
    ] {
        let answer = match path {
            "/v1/issuers" => http::post(node, path, &body)?,
            _ => http::read(node, path)?,
        };
        assert_refusal(what, &answer);
    }
    let unknown = http::read(node, &format!("/v1/issuances/{}", "0".repeat(64)))?;
    assert_eq!(unknown.status, 404, "{}", unknown.text());
    let wait = http::post(node, "/v1/issuances?wait_s=minus-one", &good)?;
    assert_refusal("a wait that is no number", &wait);
    // 2.
    rude_clients(node, &good)?;
    // 3.
    let stranger = Town::start()?;
    let elsewhere = stranger.desk()?.sign_new(4)?;
    let answer = http::post(node, "/v1/issuances?wait_s=5", &elsewhere)?;
    assert_refusal("a submission from another federation", &answer);
    let log = Log::read(node, &World::origin(HOME), &desk.federation)?;
    for entry in log.entries.iter().filter(|entry| entry[1] == 1) {
        let size = Log::read(node, &World::origin(HOME), &desk.federation)?;
        let answer = http::post(node, "/v1/issuers", entry)?;
        assert!((200..500).contains(&answer.status), "{}: {}", answer.status, answer.text());
        let after = Log::read(node, &World::origin(HOME), &desk.federation)?;
        let issuers = |log: &Log| log.entries.iter().filter(|entry| entry[1] == 1).count();
        assert_eq!(issuers(&size), issuers(&after), "an issuer entry was replayed");
    }
    // 4.
    assert_eq!(entered(&desk)?, 0);
    let answer = http::post(node, "/v1/issuances?wait_s=30", &good)?;
    desk.check(&good, &answer)?;
    assert_eq!(entered(&desk)?, 1);
    town.world.stop_all()
}

/// A good submission, spoilt in every way.
fn wrong_submissions(good: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut wrong = vec![
        ("nothing".to_owned(), Vec::new()),
        ("one byte missing".to_owned(), good[..106].to_vec()),
        ("one byte too many".to_owned(), [good, &[0]].concat()),
        ("a megabyte".to_owned(), vec![1; 1 << 20]),
        ("zeros".to_owned(), vec![0; 107]),
        ("text".to_owned(), b"please register my document".to_vec()),
    ];
    // version, kind, issuer, root, height, signature
    for (part, at) in [
        ("version", 0),
        ("kind", 1),
        ("issuer", 9),
        ("root", 20),
        ("height", 42),
        ("signature", 90),
    ] {
        let mut bytes = good.to_vec();
        bytes[at] ^= 0x40;
        wrong.push((format!("another {part}"), bytes));
    }
    wrong
}

/// Clients that break off or lie; after each of them the node answers others.
fn rude_clients(node: SocketAddr, good: &[u8]) -> Result<()> {
    let head = "POST /v1/issuances HTTP/1.1\r\nhost: x\r\ncontent-length: ";
    let half = [format!("{head}107\r\n\r\n").as_bytes(), &good[..50]].concat();
    let endless = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000));
    let many_headers = "x: y\r\n".repeat(10_000);
    let many_headers = format!("GET /checkpoint HTTP/1.1\r\n{many_headers}\r\n");
    let noise: Vec<u8> = (0..10_000_u32).map(|number| ((number * 7_919) >> 3) as u8).collect();
    for bytes in
        [half.as_slice(), endless.as_bytes(), many_headers.as_bytes(), &noise, b"\r\n\r\n", b""]
    {
        http::hang_up_after(node, bytes)?;
    }
    let giant = format!("{head}99999999999\r\n\r\n");
    let answer = http::raw(node, &[giant.as_bytes(), &vec![0; 200_000]])?;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let answer = http::send(node, "DELETE", "/checkpoint", &[], &[])?;
    assert_eq!(answer.status, 405);
    for path in
        ["/nothing", "/tile/0/../../../../etc/passwd", "/tile/99/000", "/%00", "/tile/0/999"]
    {
        let answer = http::read(node, path)?;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
    assert_eq!(http::read(node, "/healthz")?.status, 200);
    Ok(())
}

/// A refusal that a person and a program can use.
#[track_caller]
fn assert_refusal(what: &str, answer: &Answer) {
    let (status, text) = (answer.status, answer.text());
    assert!((400..500).contains(&status), "{what}: {status} {text}");
    let json = answer.json().unwrap_or_default();
    for member in ["error", "message", "next_step"] {
        let said = json[member].as_str().unwrap_or("");
        assert!(!said.is_empty(), "{what}: {status} {text} has no {member}");
    }
    let code = json["error"].as_str().unwrap_or("");
    assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{what}: {code}");
}
