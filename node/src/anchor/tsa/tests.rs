//! Authorities that lie, stall or send too much, on a socket of their own. What a real one answers
//! is in the stories, with OpenSSL.

use super::*;
use proto::time::Date;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const NOW: Timestamp = Timestamp(1_777_820_400);

/// A server that answers every request with these bytes and then stalls, or closes.
async fn server(answer: Vec<u8>, stall: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&answer).await;
                if stall {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    url
}

fn http(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn authority(url: &str) -> Authority {
    let timeouts =
        Timeouts { connect: Duration::from_millis(300), request: Duration::from_millis(300) };
    Authority {
        name: "tsa-test".into(),
        client: Client::new(url, timeouts).unwrap(),
        path: "",
        timeouts,
        policy: None,
        certificates: Vec::new(),
        lists: Vec::new(),
        renew_s: 90 * DAY_S,
        clocks: Clocks::default(),
    }
}

async fn asked(answer: Vec<u8>, stall: bool) -> StepError {
    let url = server(answer, stall).await;
    authority(&url).step(&Hash([7; 32]), None, NOW).await.unwrap_err()
}

fn is_later(error: &StepError, words: &str) -> bool {
    matches!(error, StepError::Later(said) if said.contains(words))
}

/// An answer that OpenSSL gave to another request.
fn answer_to_another() -> Vec<u8> {
    let file = include_bytes!("../../../../proto/tests/testdata/anchor-tsa-answer/good");
    let text = std::str::from_utf8(file).unwrap();
    let (_, digits) = text.split_once("\n\n").unwrap();
    hex::decode(digits.replace('\n', "")).unwrap()
}

#[tokio::test]
async fn who_stalls_is_asked_again_later() {
    let error = asked(b"HTTP/1.1 200 OK\r\n".to_vec(), true).await;
    assert!(is_later(&error, "no answer"), "{error}");
}

#[tokio::test]
async fn who_sends_a_gigabyte_is_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\n\
                content-length: 1000000000\r\n\r\n";
    let error = asked([head.as_bytes(), &[0; 200_000]].concat(), true).await;
    assert!(is_later(&error, "larger than"), "{error}");
}

#[tokio::test]
async fn who_answers_with_a_page_is_no_authority() {
    let error = asked(http("text/html", b"<html>Login</html>"), false).await;
    assert!(is_later(&error, "text/html"), "{error}");
    let error = asked(http(exchange::ANSWER_TYPE, b"<html>Login</html>"), false).await;
    assert!(is_later(&error, "not one of a time-stamping authority"), "{error}");
}

#[tokio::test]
async fn an_old_answer_is_not_taken() {
    let error = asked(http(exchange::ANSWER_TYPE, &answer_to_another()), false).await;
    assert!(is_later(&error, "something else"), "{error}");
}

#[tokio::test]
async fn a_refusal_that_stays_ends_the_matter() {
    let refused = [0x30, 0x09, 0x30, 0x07, 2, 1, 2, 3, 2, 7, 0x80];
    let error = asked(http(exchange::ANSWER_TYPE, &refused), false).await;
    assert!(matches!(error, StepError::Refused(_)), "{error}");
    let waiting = [0x30, 0x05, 0x30, 0x03, 2, 1, 3];
    let error = asked(http(exchange::ANSWER_TYPE, &waiting), false).await;
    assert!(is_later(&error, "ask again later"), "{error}");
}

#[test]
fn a_clock_that_is_off_is_not_believed() {
    let authority = authority("http://127.0.0.1:9");
    let at = |seconds: u64| authority.check_time(Timestamp(seconds), NOW);
    assert!(at(NOW.0 - 300).is_ok() && at(NOW.0 + 300).is_ok());
    assert!(at(NOW.0 - 301).is_err() && at(NOW.0 + 301).is_err());
}

#[test]
fn a_renewal_uses_the_hash_that_lasts() {
    let mut authority = authority("http://127.0.0.1:9");
    let name = |name: &str, until: Option<&str>| proto::anchor::clocks::Algorithm {
        name: name.into(),
        until: until.map(|day| Date::parse(day).unwrap()),
    };
    authority.clocks.algorithms = vec![name("sha256", None), name("sha512", None)];
    assert_eq!(authority.lasting_digest(), Digest::Sha256);
    authority.clocks.algorithms = vec![name("sha256", Some("2030-12-31")), name("sha512", None)];
    assert_eq!(authority.lasting_digest(), Digest::Sha512);
}
