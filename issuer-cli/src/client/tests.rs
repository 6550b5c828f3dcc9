//! The client against a listener that plays a script: one answer for each connection.

use super::*;
use crate::watch::Step;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;

#[derive(Default)]
struct Waits(Mutex<Vec<Wait>>);

impl Watch for Waits {
    fn begin(&self, _: Step, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
    fn waiting(&self, why: Wait) {
        self.0.lock().unwrap().push(why);
    }
}

/// The request line and body of each connection.
type Asked = Vec<(String, Vec<u8>)>;

/// Answers each connection with the next text and gives back the request lines and bodies.
fn play(script: &'static [&'static str]) -> (String, thread::JoinHandle<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let answer = |text: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut length) = (String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line == "\r\n" {
                    break;
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            (first.trim_end().to_owned(), body)
        };
        script.iter().map(answer).collect()
    });
    (address, thread)
}

fn client(address: &str, patience_ms: u64) -> Client {
    Client::new(address, None, None, Duration::from_millis(patience_ms)).unwrap()
}

const PUBLISHED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
const ACCEPTED: &str = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const UNKNOWN: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
                    Content-Length: 29\r\n\r\n{\"error\":\"busy\",\"message\":\"\"}";
const NO_QUORUM: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\
     Content-Length: 39\r\n\r\n\
     {\"error\":\"quorum-missing\",\"message\":\"\"}";
const REFUSED: &str = "HTTP/1.1 422 Unprocessable\r\nConnection: close\r\n\
     Content-Length: 54\r\n\r\n\
                       {\"error\":\"issuer-retired\",\"message\":\"No.\",\"next_step\":1}";
const REFUSED_WELL: &str = "HTTP/1.1 422 Unprocessable\r\nConnection: close\r\n\
     Content-Length: 42\r\n\r\n\
     {\"error\":\"issuer-retired\",\"message\":\"No.\"}";

#[test]
fn it_waits_while_the_node_is_busy_and_while_the_quorum_is_missing() {
    let (address, script) = play(&[BUSY, ACCEPTED, PUBLISHED]);
    let waits = Waits::default();
    let answer = client(&address, 10_000).issue(b"submission", &waits).unwrap();
    assert_eq!(answer, b"{}");
    assert_eq!(*waits.0.lock().unwrap(), [Wait::NodeBusy, Wait::Quorum]);
    let asked = script.join().unwrap();
    assert!(asked.iter().all(|(_, body)| body == b"submission"));
    assert_eq!(asked[0].0, "POST /v1/issuances?wait_s=20 HTTP/1.1");
}

#[test]
fn a_batch_is_asked_for_by_its_root() {
    for (text, want) in [(PUBLISHED, "Published"), (ACCEPTED, "Waiting"), (UNKNOWN, "Unknown")] {
        let (address, script) = play(match text {
            PUBLISHED => &[PUBLISHED],
            ACCEPTED => &[ACCEPTED],
            _ => &[UNKNOWN],
        });
        let progress = client(&address, 100).ask(&Hash([7; 32]), &Waits::default()).unwrap();
        assert!(format!("{progress:?}").starts_with(want));
        let line = format!("GET /v1/issuances/{} HTTP/1.1", "07".repeat(32));
        assert_eq!(script.join().unwrap()[0].0, line);
    }
}

#[test]
fn patience_ends() {
    let (address, script) = play(&[ACCEPTED]);
    let error = client(&address, 0).issue(b"x", &Waits::default()).unwrap_err();
    assert!(matches!(error, ClientError::Quorum));
    script.join().unwrap();
    let (address, script) = play(&[BUSY]);
    let error = client(&address, 900).issue(b"x", &Waits::default()).unwrap_err();
    assert!(matches!(error, ClientError::Busy));
    script.join().unwrap();
    // Nobody listens there any more.
    let error = client(&address, 700).issue(b"x", &Waits::default()).unwrap_err();
    assert!(matches!(error, ClientError::Away(_)), "{error:?}");
}

#[test]
fn refusals_come_through_and_what_is_no_node_is_told_apart() {
    let ask = |script| {
        let (address, thread) = play(script);
        let error = client(&address, 100).issue(b"x", &Waits::default()).unwrap_err();
        thread.join().unwrap();
        error
    };
    let error = ask(&[REFUSED_WELL]);
    assert!(
        matches!(&error, ClientError::Refused { status: 422, refusal } if refusal.message == "No."),
        "{error:?}"
    );
    for script in [
        &[REFUSED] as &[_],
        &["HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"],
        &["HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"],
        &["220 mail.example.org ESMTP\r\n"],
    ] {
        let error = ask(script);
        assert!(matches!(error, ClientError::NotANode(_) | ClientError::Away(_)), "{error:?}");
    }
    assert!(matches!(ask(&[NO_QUORUM]), ClientError::Quorum));
}

#[test]
fn addresses_proxies_and_certificates_are_checked_first() {
    let new = |address, ca, proxy| Client::new(address, ca, proxy, PAUSE).unwrap_err().to_string();
    assert!(new("ftp://x", None, None).contains("http://"));
    assert!(new("http://x", None, Some("::")).contains("proxy"));
    assert!(new("http://x", Some(b"nothing"), None).contains("PEM"));
}
