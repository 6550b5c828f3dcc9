//! Forms that are malformed, too large or too slow.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::super::{AROUND_BYTES, DOCUMENT_BYTES};
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

/// Begins a request and sends no more than its head and the first bytes of the form.
async fn begin(town: &Town, length: &str) -> tokio::net::TcpStream {
    let address = town.world.client(0).base().trim_start_matches("http://").to_owned();
    let mut client = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /v1/documents HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n\
         Idempotency-Key: a\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n",
        town.token
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

async fn answer(client: &mut tokio::net::TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(20), client.read(&mut answer));
    let count = read.await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_too_large_is_told_so() {
    let town = Town::open(1).await;
    let most = DOCUMENT_BYTES + AROUND_BYTES;
    let said = answer(&mut begin(&town, &format!("Content-Length: {}", most + 1)).await).await;
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    let full = vec![7; DOCUMENT_BYTES as usize];
    town.issue("full", &full).await.receipt();
    let larger = [&full[..], &[7]].concat();
    assert_eq!(town.issue("larger", &larger).await.refusal(), want(413, "body-too-large"));
    // Of unknown length, with nothing but a part that never ends.
    let mut endless = begin(&town, "Transfer-Encoding: chunked").await;
    let start = form(&[], Some(b""));
    let start = &start[..start.len() - b"\r\n--xYz--\r\n".len()];
    let chunk =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    endless.write_all(&chunk(start)).await.unwrap();
    endless.write_all(&chunk(&larger)).await.unwrap();
    // What may still be the beginning of a boundary is not counted yet.
    endless.write_all(&chunk(&[7; 100])).await.unwrap();
    let said = answer(&mut endless).await;
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_stands_still_is_told_so_and_room_is_bounded() {
    let town = Town::open(1).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut client = begin(&town, "Content-Length: 1000").await;
        client.write_all(b"--xYz").await.unwrap();
        slow.push(client);
    }
    town.world.until("no room", async || town.issue("b", b"one").await.status == 503).await;
    for mut client in slow {
        let said = answer(&mut client).await;
        assert!(said.starts_with("HTTP/1.1 408 ") || said.starts_with("HTTP/1.1 503 "), "{said}");
    }
    town.issue("b", b"one").await.receipt();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_surplus_of_an_office_is_told_to_come_back() {
    let mut town = Town::open(4).await;
    for seat in [1, 2] {
        town.world.stop(seat).await.unwrap();
    }
    assert_eq!(town.issue("a", b"one").await.refusal(), want(503, "no-quorum"));
    let keys: Vec<String> = (0..24).map(|i| format!("k{i}")).collect();
    for sent in town.issue_all(&keys) {
        assert_eq!(sent.await.unwrap().unwrap().status().as_u16(), 503);
    }
    assert_eq!(town.issue("b", b"one").await.refusal(), want(503, "office-full"));
    for seat in [1, 2] {
        town.world.start(seat).await.unwrap();
    }
    town.world.until("room", async || town.issue("b", b"one").await.status == 200).await;
    // 26 keys are remembered; a further 34 are, and no more.
    let keys: Vec<String> = (0..34).map(|i| format!("m{i}")).collect();
    for key in &keys {
        town.issue(key, b"one").await.receipt();
    }
    assert_eq!(town.issue("c", b"one").await.refusal(), want(503, "office-full"));
    town.issue("m0", b"one").await.receipt();
}
