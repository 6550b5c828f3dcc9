//! For tests: a federation whose first node hosts an office, and what its programs send.

use std::fs;
use std::path::{Path, PathBuf};

use proto::document::ContentDigest;
use proto::hash::sha256;
use proto::ledger::{FederationId, Place};
use proto::receipt::answer::ErrorAnswer;
use proto::verify::{Question, Word, verify};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::hosted::office::{self, Founding};
use crate::hosted::token::{self, Entrance, Grant, May};
use crate::testing::{NOW, World, office_key, origin};

pub const TYPE: &str = "certificate";
pub const FORM: &str = "multipart/form-data; boundary=xYz";

/// A federation whose first node hosts an office, with a token of it.
pub struct Town {
    pub world: World,
    folder: TempDir,
    pub token: String,
}

pub struct Seen {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Town {
    pub async fn start(seats: usize) -> Town {
        let mut world = World::new(seats).await;
        let folder = tempfile::tempdir().unwrap();
        let types = [TYPE.to_owned(), "permit".to_owned()];
        let new = Founding { short: "school", name: "School", types: &types };
        let origin = origin(0);
        let place = Place { federation: FederationId([0; 32]), origin: &origin };
        office::found(&folder.path().join("school"), &place, new).unwrap();
        world.seats[0].hosted = Some(folder.path().to_owned());
        for seat in 0..seats {
            world.start(seat).await.unwrap();
        }
        for seat in 0..seats {
            world.ready(seat).await;
        }
        let mut town = Town { world, folder, token: String::new() };
        town.token = town.make_token(&[TYPE, "permit"], 100_000).1;
        town
    }

    /// The same with the office admitted.
    pub async fn open(seats: usize) -> Town {
        let town = Town::start(seats).await;
        let key = office_key(&town.office());
        town.world.admit(0, &key).await;
        town
    }

    pub fn office(&self) -> PathBuf {
        self.folder.path().join("school")
    }

    pub fn make_token(&self, types: &[&str], rate: u32) -> (String, String) {
        let types: Vec<String> = types.iter().map(|kind| (*kind).to_owned()).collect();
        let (may, entrance) = (&[May::Issue], Entrance::Text);
        self.grant(Grant { name: "program", may, types: &types, rate, entrance })
    }

    /// A token as it is granted: its id and its text.
    pub fn grant(&self, grant: Grant<'_>) -> (String, String) {
        let all = [TYPE.to_owned(), "permit".to_owned()];
        let made = token::create(&self.office(), "school", &all, grant, NOW).unwrap();
        (made.0, made.1.map(|text| text.to_string()).unwrap_or_default())
    }

    pub async fn ask(&self, headers: &[(&str, &str)], body: Vec<u8>) -> Seen {
        self.call("POST /v1/documents", headers, body).await
    }

    /// Any request: method and path, headers, body.
    pub async fn call(&self, what: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Seen {
        let (method, path) = what.split_once(' ').unwrap();
        let url = format!("{}{path}", self.world.client(0).base());
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Seen { status, headers, body: answer.bytes().await.unwrap().to_vec() }
    }

    /// A form with this token and key.
    pub async fn send(&self, token: &str, key: &str, body: Vec<u8>) -> Seen {
        let bearer = format!("Bearer {token}");
        let headers =
            [("authorization", bearer.as_str()), ("idempotency-key", key), ("content-type", FORM)];
        self.ask(&headers, body).await
    }

    pub async fn issue(&self, key: &str, content: &[u8]) -> Seen {
        self.send(&self.token, key, form(&LEAST, Some(content))).await
    }

    /// Sends a document for each key, all at once.
    pub fn issue_all(
        &self,
        keys: &[String],
    ) -> Vec<JoinHandle<reqwest::Result<reqwest::Response>>> {
        let send = |key: &String| tokio::spawn(self.request(key, key.as_bytes()).send());
        keys.iter().map(send).collect()
    }

    pub fn request(&self, key: &str, content: &[u8]) -> reqwest::RequestBuilder {
        let url = format!("{}/v1/documents", self.world.client(0).base());
        let request = reqwest::Client::new().post(url).header("content-type", FORM);
        let request = request.header("idempotency-key", key).bearer_auth(&self.token);
        request.body(form(&LEAST, Some(content)))
    }

    pub async fn restart(&mut self) {
        self.world.stop(0).await.unwrap();
        self.world.start(0).await.unwrap();
        self.world.ready(0).await;
    }

    pub fn verdict(&self, content: &[u8], receipt: &[u8]) -> Word {
        let length = content.len() as u64;
        let digest = ContentDigest { sha256: sha256(content), length, sha512: None };
        let question = Question::new(Some(&digest), receipt, &self.world.federation, NOW);
        verify(&question).word
    }
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The receipt of a document that was issued.
    pub fn receipt(&self) -> String {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.headers["cache-control"], "no-store");
        self.json()["receipt"].as_str().unwrap().to_owned()
    }

    /// Status and stable code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        let error: ErrorAnswer = serde_json::from_slice(&self.body).unwrap();
        assert!(error.message.ends_with('.') && error.next_step.ends_with('.'), "{error:?}");
        assert_eq!(
            self.status == 503 || self.status == 429,
            self.headers.contains_key("retry-after")
        );
        (self.status, error.error)
    }
}

pub const LEAST: [(&str, &str); 2] = [("type", TYPE), ("unit", "Office")];

pub fn form(texts: &[(&str, &str)], file: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in texts {
        let head = format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(&[head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    if let Some(bytes) = file {
        let head = "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
                    Content-Type: application/pdf\r\n\r\n";
        body.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--xYz--\r\n");
    body
}

pub fn want(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
