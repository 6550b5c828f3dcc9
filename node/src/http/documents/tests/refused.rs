//! Forms that are malformed, too large or too slow.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_that_are_refused_say_why_and_leave_nothing() {
    let town = Town::open(1).await;
    let size = town.world.published(0).await.checkpoint().size();
    let bearer = format!("Bearer {}", town.token);
    let good = form(&LEAST, Some(b"one"));
    let headers = |key: &'static str, kind: &'static str| {
        [("authorization", bearer.as_str()), ("idempotency-key", key), ("content-type", kind)]
    };
    let no_key = want(400, "idempotency-key-missing");
    let without = [("authorization", bearer.as_str()), ("content-type", FORM)];
    assert_eq!(town.ask(&without, good.clone()).await.refusal(), no_key);
    let long: &'static str = Box::leak("k".repeat(256).into_boxed_str());
    for key in ["", "\u{e4}", long] {
        assert_eq!(town.ask(&headers(key, FORM), good.clone()).await.refusal(), no_key);
    }
    let twice = [&headers("a", FORM)[..], &[("idempotency-key", "b")]].concat();
    assert_eq!(town.ask(&twice, good.clone()).await.refusal(), no_key);
    let json = town.ask(&headers("a", "application/json"), good.clone()).await;
    assert_eq!(json.refusal(), want(400, "form-malformed"));
    let long = "x".repeat(4_097);
    let many: Vec<(String, String)> =
        (0..17).map(|i| (format!("field.{i}"), "x".repeat(4_000))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for (body, refusal) in [
        (good[..good.len() - 6].to_vec(), want(400, "form-malformed")),
        (b"x".repeat(100), want(400, "form-malformed")),
        (form(&[LEAST[0], ("unit", &long)], Some(b"")), want(400, "field-too-long")),
        (form(&many, Some(b"")), want(422, "form-too-large")),
        (form(&[LEAST[0]], Some(b"")), want(422, "part-missing")),
        (form(&[LEAST[0], LEAST[1], ("tpye", "x")], Some(b"")), want(422, "part-unknown")),
        (form(&LEAST, None), want(422, "file-or-digest")),
        (form(&[LEAST[0], LEAST[1], LEAST[1]], Some(b"")), want(422, "part-twice")),
        (
            form(&[LEAST[0], LEAST[1], ("valid-until", "2020-01-01")], Some(b"")),
            want(422, "valid-until-past"),
        ),
        (form(&[LEAST[0], LEAST[1], ("file", "x")], Some(b"")), want(422, "part-twice")),
        ([&b"--xYz\r\nX: "[..], &b"x".repeat(5_000)].concat(), want(400, "form-malformed")),
        (
            good.iter().map(|b| if *b == b'O' { 0xff } else { *b }).collect(),
            want(400, "form-malformed"),
        ),
    ] {
        let start = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        assert_eq!(town.ask(&headers("a", FORM), body).await.refusal(), refusal, "{start}");
    }
    assert_eq!(town.world.published(0).await.checkpoint().size(), size);
    assert!(files(&town.office().join("batches")).is_empty());
    // None of this has used the key up.
    town.issue("a", b"one").await.receipt();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_too_large_or_stands_still_is_told_so() {
    let town = Town::open(1).await;
    let address = town.world.client(0).base().trim_start_matches("http://").to_owned();
    let head = |length: u64| {
        format!(
            "POST /v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
             Idempotency-Key: a\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n--xYz",
            town.token
        )
    };
    for (length, code) in [((1 << 30) + (1 << 20) + 1, "413 "), (1_000, "408 ")] {
        let mut client = tokio::net::TcpStream::connect(&address).await.unwrap();
        client.write_all(head(length).as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(20), client.read(&mut answer));
        let count = read.await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]);
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{answer}");
    }
}
