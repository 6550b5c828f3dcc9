//! What is refused before anything is sent, and what is made of a node's answers.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use proto::hash::LeafIndex;
use proto::ledger::{Entry, IssuerRequest, IssuerStatement, Place, Previous};
use proto::note::{KeyType, SigningKey};

use crate::commands::federation::tests::{Office, run};

/// A node that gives these answers, one to each request, and keeps what it was sent.
fn node(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let worker = thread::spawn(move || {
        let mut received = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let count = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..count]);
                if count == 0 || is_complete(&request) {
                    break;
                }
            }
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n");
            write!(stream, "{head}connection: close\r\n\r\n{body}").unwrap();
            received.push(request);
        }
        received
    });
    (url, worker)
}

fn body(request: &[u8]) -> &[u8] {
    let end = request.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    &request[end + 4..]
}

fn is_complete(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|part| part == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    request.len() >= end + 4 + length.map_or(0, |digits| digits.parse::<usize>().unwrap())
}

/// A federation in `f`, and requests of an office for the log of authority a.
fn with_requests() -> Office {
    let office = Office::new();
    let federation = office.founded("f");
    let key = SigningKey::from_seed("office", KeyType::Ed25519, &[9; 32]).unwrap();
    let public = key.verifier_key().ed25519_public_key().unwrap();
    let write = |name: &str, place: &Place<'_>, previous| {
        let statement = IssuerStatement::new(previous, "School", public, &["diploma"]).unwrap();
        let request = IssuerRequest::sign(place, statement, &key).unwrap();
        fs::write(office.path(name), request.to_text()).unwrap();
    };
    let place = Place { federation: federation.id(), origin: "a.example/log" };
    let previous = Previous { id: LeafIndex(1), replaces: LeafIndex(4) };
    write("first", &place, None);
    write("later", &place, Some(previous));
    write("other-log", &Place { origin: "x.example/log", ..place }, None);
    let other = proto::ledger::FederationId([1; 32]);
    write("other-federation", &Place { federation: other, ..place }, None);
    fs::write(office.path("nonsense"), "hello\n").unwrap();
    office
}

fn admit(office: &Office, command: &str, request: &str, key: &str) -> Result<String, String> {
    admit_at(office, command, request, key, "http://127.0.0.1:1")
}

fn admit_at(
    office: &Office,
    command: &str,
    request: &str,
    key: &str,
    node: &str,
) -> Result<String, String> {
    let (request, federation, key) = (office.text(request), office.text("f"), office.text(key));
    let fixed = ["issuer", command, &request, "--federation", &federation];
    run(&fixed.into_iter().chain(["--admin-key", &key, "--node", node]).collect::<Vec<_>>())
}

#[test]
fn what_is_wrong_is_found_before_anything_is_sent() {
    let office = with_requests();
    for (command, request, key, want) in [
        ("admit", "nonsense", "a-administration", "This is no issuer request"),
        ("admit", "other-federation", "a-administration", "for another federation"),
        ("admit", "other-log", "a-administration", "no authority \"x.example/log\""),
        ("admit", "first", "b-administration", "is not the administration key of a"),
        ("admit", "first", "a-governance", "is not the administration key of a"),
        ("admit", "first", "none", "none: cannot open the key"),
        ("admit", "later", "a-administration", "use beleg-node issuer rotate"),
        ("rotate", "first", "a-administration", "use beleg-node issuer admit"),
        ("admit", "first", "a-administration", "no answer"),
    ] {
        let error = admit(&office, command, request, key).unwrap_err();
        assert!(error.contains(want), "{command} {request} {key}: {error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
}

#[test]
fn the_node_is_sent_the_finished_entry_and_its_answer_is_told() {
    let office = with_requests();
    let refusal = r#"{"error":"x","message":"No\u001b[31m.","next_step":"Do this."}"#;
    let answers = vec![(200, r#"{"index":7}"#), (200, r#"{"index":9}"#), (202, ""), (422, refusal)];
    let (url, worker) = node([answers, vec![(200, "hello"), (404, "<html>")]].concat());
    let admit = |command: &str, request: &str| {
        admit_at(&office, command, request, "a-administration", &url)
    };
    let said = admit("admit", "first").unwrap();
    assert!(said.contains("School for Town of a\n") && said.ends_with("its id is 7\n"), "{said}");
    let said = admit("rotate", "later").unwrap();
    assert!(said.ends_with("changed; id 1 stays, entry 9 is in force\n"), "{said}");
    assert!(admit("admit", "first").unwrap().contains("not yet published"));
    let refused = admit("admit", "first").unwrap_err();
    assert!(refused.ends_with("the node refuses: No [31m.\nDo this."), "{refused}");
    for status in [200, 404] {
        let strange = admit("admit", "first").unwrap_err();
        assert!(
            strange.contains(&format!("not the answer of a Beleg node (HTTP status {status})"))
        );
    }
    let received = worker.join().unwrap();
    let Ok(Entry::Issuer(entry)) = Entry::parse(body(&received[0])) else { panic!("no entry") };
    assert_eq!(entry.statement.name(), "School");
    assert!(received[0].starts_with(b"POST /v1/issuers "));
}

#[test]
fn an_office_is_retired_as_the_list_has_it() {
    let office = with_requests();
    let list = r#"[{"index":4,"id":1,"name":"School","key":"KEY","scope":["diploma"],
        "retired":false,"in_force":true,"sequence":0,"admin_sequence":0},
        {"index":6,"id":5,"name":"Old","key":"KEY",
        "scope":["diploma"],"retired":true,"in_force":false,"sequence":0,"admin_sequence":0}]"#;
    let list: &'static str = list.replace("KEY", &"ab".repeat(32)).leak();
    let (url, worker) =
        node(vec![(200, list), (200, list), (200, r#"{"index":8}"#), (200, list), (200, "[]")]);
    let federation = office.text("f");
    let listed = |authority: &str| {
        let fixed = ["issuer", "list", "--federation", &federation, "--node", &url];
        run(&fixed.into_iter().chain(["--authority", authority]).collect::<Vec<_>>())
    };
    let shown = listed("a").unwrap();
    assert!(shown.starts_with("id 1  in force by entry 4  School\n"), "{shown}");
    assert!(shown.contains("id 5  retired by entry 6  Old\n"), "{shown}");
    let retire = |id: &str| {
        let key = office.text("a-administration");
        let fixed = ["issuer", "retire", "--id", id, "--authority", "a", "--key", &key];
        run(&fixed
            .into_iter()
            .chain(["--federation", &federation, "--node", &url])
            .collect::<Vec<_>>())
    };
    let said = retire("1").unwrap();
    assert!(said.ends_with("retired by entry 8; it issues nothing more\n"), "{said}");
    assert!(retire("5").unwrap_err().contains("no issuer with id 5 in force"));
    assert_eq!(listed("a").unwrap(), "no issuers\n");
    assert!(listed("x").unwrap_err().contains("no authority \"x\""));
    let received = worker.join().unwrap();
    // A key that is none is no matter here: the ledger would refuse the entry.
    assert!(received[2].starts_with(b"POST /v1/issuers "));
}

#[test]
fn an_emergency_begins_with_a_time_or_with_ranges() {
    let office = with_requests();
    let federation = office.text("f");
    let call = |what: &str, args: &[&str]| {
        let fixed = ["issuer", what, "--authority", "a", "--issuer", "School", "--federation"];
        run(&fixed
            .into_iter()
            .chain([federation.as_str()])
            .chain(args.iter().copied())
            .collect::<Vec<_>>())
    };
    for (what, args, want) in [
        ("contain", &["--from", "yesterday"][..], "yesterday to now is no time or range"),
        ("contain", &["--from", "2026-11-21", "--to", "2026-11-20"], "2026-11-21 to 2026-11-20"),
        ("reinstate", &["--status", "5", "4"], "[5, 4] is no time or range"),
        ("reinstate", &["--status", "7", "9", "--status", "1", "7"], "[7, 9] is no time or range"),
    ] {
        let error = call(what, args).unwrap_err();
        assert!(error.contains(want), "{what} {args:?}: {error}");
        assert_eq!(error.lines().count(), 2, "{error}");
    }
}
