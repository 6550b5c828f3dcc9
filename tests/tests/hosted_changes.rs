//! A clerk withdraws and replaces documents of a hosted office, over HTTP.
//!
//! 1. Documents are issued, found by reference, and one is withdrawn: INVALID, revoked.
//! 2. One is replaced: INVALID, superseded, and the receipt of the old one leads to the new one.
//! 3. 101 documents wait for a second person; the node is killed before and after that person's
//!    yes; they are withdrawn once.
//! 4. Under kill -9 at random moments every request, repeated with its key, ends published, and
//!    none is done twice.
//! 5. Reasons and tokens are not on the wire between the nodes.

use crate::ledger::Log;
use crate::town::{HOME, expect, receipt};
use anyhow::{Context, Result, ensure};
use e2e::http::{self, Answer};
use e2e::process::{binaries, free_port, run};
use e2e::wire::{Proxy, contains, layers};
use e2e::world::{Setup, World};
use proto::federation::Federation;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const OFFICE: &str = "registry";
const TYPE: &str = "public.notice";
const REASON: &str = "other: moved to the Harbour Street register";

/// Four nodes, one of which hosts an office; its clerk and a second person.
pub struct Counter {
    pub world: World,
    pub dir: TempDir,
    pub clerk: String,
    pub second: String,
    pub store: PathBuf,
}

impl Counter {
    /// Opens it; `before` runs before the nodes do.
    pub fn open(setup: &Setup, before: impl FnOnce(&World) -> Result<()>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut world = World::create(dir.path(), binaries(), setup)?;
        before(&world)?;
        let hosted = |world: &World, words: &[&str], rest: &[&str]| {
            let mut tool = world.node_tool();
            let config = world.node_folder(HOME).join("node.toml");
            tool.arg("hosted").args(words).arg("--config").arg(config);
            run(tool.args(["--office", OFFICE]).args(rest))?.ok()
        };
        hosted(&world, &["init"], &["--name", "Registry", "--type", TYPE])?;
        world.start_all()?;
        let request = world.node_folder(HOME).join("hosted").join(OFFICE).join("request");
        world.admit(HOME, &request)?;
        let token = |name: &str, rest: &[&str]| {
            let args = [&["--name", name, "--rate", "10000"], rest].concat();
            let made = hosted(&world, &["token", "create"], &args)?;
            made.lines().next().map(str::to_owned).context("a token")
        };
        let clerk = token("clerk", &["--type", TYPE, "--may", "issue,withdraw"])?;
        let second = token("second", &["--may", "approve"])?;
        let store = dir.path().join("store");
        Ok(Self { world, dir, clerk, second, store })
    }

    fn send(&self, token: &str, what: &str, key: &str, body: &[u8]) -> Result<Answer> {
        let (method, path) = what.split_once(' ').context("method and path")?;
        let bearer = format!("Bearer {token}");
        let kind = if path == "/v1/documents" && method == "POST" {
            "multipart/form-data; boundary=xYz"
        } else {
            "application/json"
        };
        let headers =
            [("authorization", bearer.as_str()), ("idempotency-key", key), ("content-type", kind)];
        http::send(self.world.address(HOME), method, path, &headers, body)
    }

    /// Issues a document, puts it down with its receipt, and gives path and status index.
    fn issue(&self, name: &str) -> Result<(PathBuf, u64)> {
        let part = |name: &str, value: &str| {
            format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let form = part("type", TYPE) + &part("unit", "Registry") + &part("reference", name);
        let form = form
            + "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
               Content-Type: text/plain\r\n\r\n"
            + name
            + "\r\n--xYz--\r\n";
        let answer =
            insist(|| self.send(&self.clerk, "POST /v1/documents", name, form.as_bytes()))?;
        let answer = answer.json()?;
        let path = self.dir.path().join(name);
        fs::write(&path, name)?;
        fs::write(receipt(&path), answer["receipt"].as_str().context("a receipt")?)?;
        Ok((path, answer["status"].as_u64().context("a status index")?))
    }

    /// Many documents, several at a time.
    fn issue_many(&self, prefix: &str, count: usize) -> Result<Vec<u64>> {
        let names: Vec<String> = (0..count).map(|i| format!("{prefix}-{i}")).collect();
        let mut statuses = Vec::new();
        for some in names.chunks(16) {
            let issued: Vec<Result<u64>> = std::thread::scope(|scope| {
                let one = |name: &String| self.issue(name).map(|(_, status)| status);
                let sent: Vec<_> = some.iter().map(|name| scope.spawn(move || one(name))).collect();
                let joined = sent.into_iter().map(std::thread::ScopedJoinHandle::join);
                joined.map(|one| one.unwrap_or_else(|_| anyhow::bail!("a sender died"))).collect()
            });
            statuses.extend(issued.into_iter().collect::<Result<Vec<u64>>>()?);
        }
        Ok(statuses)
    }

    fn change(&self, key: &str, body: &Value) -> Result<Answer> {
        self.send(&self.clerk, "POST /v1/changes", key, body.to_string().as_bytes())
    }

    /// Asks until the change is over.
    fn ended(&self, id: &str) -> Result<Value> {
        let path = format!("GET /v1/changes/{id}");
        let over = insist(|| {
            let mut seen = self.send(&self.clerk, &path, "-", &[])?;
            if seen.json()?["progress"] == "in-work" {
                seen.status = 202;
            }
            Ok(seen)
        });
        over?.json()
    }

    /// What somebody reads who has the newest lists.
    fn verdict(&self, path: &Path, code: i32) -> Result<String> {
        self.world.update(&self.store)?.ok()?;
        let store = self.store.display().to_string();
        let said = self.world.verify(&[path], &["--store", &store, "--json"])?;
        expect(&said, code);
        Ok(said.stdout)
    }

    fn restart(&mut self) -> Result<()> {
        self.world.kill(HOME);
        self.world.start(HOME)?;
        self.world.wait_ready(HOME)
    }

    /// How many revocations the log has.
    fn revocations(&self) -> Result<usize> {
        let federation = Federation::parse(&fs::read(self.world.federation())?)?;
        let log = Log::read(self.world.address(HOME), &World::origin(HOME), &federation)?;
        Ok(log.entries.iter().filter(|entry| entry[1] == 3).count())
    }
}

/// Does as a page should: the same request again until there is an answer.
fn insist(send: impl Fn() -> Result<Answer>) -> Result<Answer> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match send() {
            Ok(answer) if answer.status == 200 => return Ok(answer),
            Ok(answer) if answer.status != 202 && answer.status != 503 => {
                anyhow::bail!("{}: {}", answer.status, answer.text());
            }
            _ => ensure!(Instant::now() < deadline, "no answer in time"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn revoke(documents: &[u64]) -> Value {
    json!({ "state": "revoked", "documents": documents, "reason": REASON })
}

#[test]
fn a_clerk_withdraws_and_replaces() -> Result<()> {
    let mut doors = [SocketAddr::from(([127, 0, 0, 1], 0)); 4];
    for door in &mut doors {
        door.set_port(free_port()?);
    }
    let mut proxies = Vec::new();
    let setup = Setup { doors: Some(doors), ..Setup::default() };
    let mut counter = Counter::open(&setup, |world| {
        for (number, door) in doors.iter().enumerate() {
            proxies.push(Proxy::start(*door, world.address(number))?);
        }
        Ok(())
    })?;
    // 1.
    let (first, _) = counter.issue("first")?;
    let (other, other_status) = counter.issue("other")?;
    counter.verdict(&first, 0)?;
    let found = counter.send(&counter.clerk, "GET /v1/documents?reference=first", "-", &[])?;
    let found = found.json()?["documents"][0].clone();
    assert_eq!((&found["state"], &found["reference"]), (&json!("valid"), &json!("first")));
    let status = found["status"].as_u64().context("a status index")?;
    let done = counter.change("k1", &revoke(&[status]))?;
    assert_eq!((done.status, &done.json()?["progress"]), (200, &json!("published")));
    let said = counter.verdict(&first, 1)?;
    assert!(said.contains("\"revoked\""), "{said}");
    counter.verdict(&other, 0)?;
    // 2.
    let (new, new_status) = counter.issue("new")?;
    let replace =
        json!({ "state": "superseded", "documents": [other_status], "successor": new_status });
    assert_eq!(counter.change("k2", &replace)?.status, 200);
    let said = counter.verdict(&other, 1)?;
    assert!(said.contains("\"superseded\""), "{said}");
    counter.verdict(&new, 0)?;
    let store = counter.store.display().to_string();
    let both = counter.world.verify(&[&other, &new], &["--store", &store, "--json"])?;
    let leads = format!("\"successor_file\":{}", json!(new));
    assert!(both.stdout.contains(&leads), "{}", both.stdout);
    // 3.
    let many = counter.issue_many("many", 101)?;
    let asked = counter.change("k3", &revoke(&many))?;
    assert_eq!((asked.status, &asked.json()?["progress"]), (202, &json!("waits-for-approval")));
    let id = asked.json()?["id"].as_str().context("an id")?.to_owned();
    counter.restart()?;
    let again = counter.change("k3", &revoke(&many))?;
    assert_eq!((again.status, again.json()?), (202, asked.json()?));
    assert_eq!(counter.revocations()?, 2);
    let approve = format!("POST /v1/changes/{id}/approve");
    assert_eq!(counter.send(&counter.clerk, &approve, "-", &[])?.status, 403);
    let early = std::thread::scope(|scope| {
        let sent = scope.spawn(|| counter.send(&counter.second, &approve, "-", &[]));
        std::thread::sleep(Duration::from_millis(20));
        sent.join()
    });
    counter.restart()?;
    ensure!(early.is_ok(), "a sender died");
    insist(|| counter.send(&counter.second, &approve, "-", &[]))?;
    let ended = counter.ended(&id)?;
    assert_eq!((&ended["progress"], &ended["decided_by"]), (&json!("published"), &json!("second")));
    assert_eq!(counter.revocations()?, 3);
    for name in ["many-0", "many-100"] {
        counter.verdict(&counter.dir.path().join(name), 1)?;
    }
    // 5.
    counter.world.stop_all()?;
    let recorded: Vec<Vec<u8>> = proxies.iter().flat_map(Proxy::recorded).collect();
    let recorded = layers(&recorded);
    for secret in [REASON, &counter.clerk, &counter.second, "/v1/changes"] {
        assert!(!contains(&recorded, secret.as_bytes()), "on the wire: {secret}");
    }
    Ok(())
}

#[test]
fn killed_at_random_every_change_is_made_once() -> Result<()> {
    // 4.
    let mut counter = Counter::open(&Setup::default(), |_| Ok(()))?;
    let mut all = Vec::new();
    for round in 0..8 {
        let issued = counter.issue_many(&format!("round-{round}"), 4)?;
        let key = |status: &u64| format!("change-{status}");
        let send = |status: &u64| counter.change(&key(status), &revoke(&[*status]));
        std::thread::scope(|scope| -> Result<()> {
            let sent: Vec<_> =
                issued.iter().map(|status| scope.spawn(move || send(status))).collect();
            let mut byte = [0];
            getrandom::fill(&mut byte)?;
            std::thread::sleep(Duration::from_millis(u64::from(byte[0]) / 4));
            let process = counter.world.process_id(HOME).context("the node runs")?;
            run(std::process::Command::new("kill").args(["-9", &process.to_string()]))?.ok()?;
            // Whether they were answered or cut off, the next one finds out.
            sent.into_iter().for_each(|one| drop(one.join()));
            Ok(())
        })?;
        counter.restart()?;
        for status in &issued {
            let answer = insist(|| counter.change(&key(status), &revoke(&[*status])))?.json()?;
            assert_eq!(answer["progress"], "published", "{answer}");
        }
        all.extend(issued);
    }
    assert_eq!(counter.revocations()?, all.len());
    for name in ["round-0-0", "round-7-3"] {
        counter.verdict(&counter.dir.path().join(name), 1)?;
    }
    let listed = counter.send(&counter.clerk, "GET /v1/changes", "-", &[])?.json()?;
    assert_eq!(listed["changes"].as_array().map(Vec::len), Some(all.len()));
    expect(&counter.world.fsck(HOME)?, 0);
    counter.world.stop_all()
}
