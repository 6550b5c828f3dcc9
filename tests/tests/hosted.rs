//! An office that has nothing but HTTP, hosted by its authority's node.
//!
//! 1. Everything that docs/hosted.md shows runs, in order: set up, curl, withdraw, Python, lists.
//! 2. Tokens: none, wrong, of another type, too often, revoked while the node runs.
//! 3. Two requests at once with one idempotency key get one receipt.
//! 4. A document of 300 MB goes through a node whose memory does not grow with it.
//! 5. Under kill -9 at random moments every request, repeated, gets a receipt, and none is issued
//!    twice.
//! 6. With all nodes off, every receipt is VALID.
//! 7. Nothing of the documents is on the wire between the nodes.

use crate::desk::Desk;
use crate::ledger::Log;
use crate::town::{HOME, expect};
use anyhow::{Context, Result, ensure};
use e2e::http::{self, Answer};
use e2e::pdf;
use e2e::process::{binaries, free_port, peak_kib, run, workspace};
use e2e::wire::{Proxy, contains, layers};
use e2e::world::{Setup, World};
use proto::federation::Federation;
use proto::hash::sha256;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const OFFICE: &str = "building";
const TYPE: &str = "public.notice";
const LARGE: usize = 300_000_000;

/// Four nodes, the third of which hosts an office.
struct Host {
    world: World,
    dir: TempDir,
}

impl Host {
    /// Hosts the office as the page says, and admits it.
    fn start(setup: &Setup, before: impl FnOnce(&World) -> Result<()>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let world = World::create(dir.path(), binaries(), setup)?;
        before(&world)?;
        let host = Self { world, dir };
        let types = ["--type", TYPE, "--type", "permit"];
        host.hosted(&["init"], &[&["--name", "Building authority"], &types[..]].concat())?;
        let Self { mut world, dir } = host;
        world.start_all()?;
        let request = world.node_folder(HOME).join("hosted").join(OFFICE).join("request");
        world.admit(HOME, &request)?;
        Ok(Self { world, dir })
    }

    /// `beleg-node hosted ...`
    fn hosted(&self, words: &[&str], rest: &[&str]) -> Result<String> {
        let mut tool = self.world.node_tool();
        let config = self.world.node_folder(HOME).join("node.toml");
        tool.arg("hosted").args(words).arg("--config").arg(config);
        run(tool.args(["--office", OFFICE]).args(rest))?.ok()
    }

    /// A new token and its id.
    fn token(&self, document_type: &str, rate: &str) -> Result<(String, String)> {
        let args = ["--name", "Program", "--type", document_type, "--rate", rate];
        let made = self.hosted(&["token", "create"], &args)?;
        let token = made.lines().next().context("a token")?.to_owned();
        let id = made.split("token ").nth(1).and_then(|rest| rest.split('.').next());
        Ok((token, id.context("an id")?.to_owned()))
    }

    fn address(&self) -> SocketAddr {
        self.world.address(HOME)
    }

    /// The statuses in the office's journal, one for each document.
    fn issued(&self) -> Result<Vec<String>> {
        let listed = self.hosted(&["issued"], &[])?;
        let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        Ok(listed.lines().map(first).collect())
    }

    /// Puts document and receipt down and judges them with all that a stranger has.
    fn judge(&self, name: &str, content: &[u8], answer: &Answer, code: i32) -> Result<()> {
        let path = self.dir.path().join(name);
        fs::write(&path, content)?;
        let receipt = answer.json()?["receipt"].as_str().context("a receipt")?.to_owned();
        fs::write(crate::town::receipt(&path), receipt)?;
        expect(&self.world.verify(&[&path], &[])?, code);
        Ok(())
    }
}

/// The head of a request whose form has this length.
fn head(address: SocketAddr, token: &str, key: &str, length: usize) -> String {
    format!(
        "POST /v1/documents HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
         content-type: multipart/form-data; boundary=xYz\r\ncontent-length: {length}\r\n\r\n"
    )
}

fn form(document_type: &str, content: &[u8]) -> Vec<u8> {
    let part = |name: &str, value: &str| {
        format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut form = part("type", document_type) + &part("unit", "Registry-of-Harbour-Street");
    form += &part("field.holder", "Erika-Mustermann-1964");
    form += "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
             Content-Type: application/pdf\r\n\r\n";
    [form.as_bytes(), content, b"\r\n--xYz--\r\n"].concat()
}

fn issue(address: SocketAddr, token: &str, key: &str, content: &[u8]) -> Result<Answer> {
    let form = form(TYPE, content);
    http::raw(address, &[head(address, token, key, form.len()).as_bytes(), &form])
}

#[test]
fn what_the_page_shows_runs() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut world = World::create(dir.path(), binaries(), &Setup::default())?;
    let page = fs::read_to_string(workspace().join("docs/hosted.md"))?;
    let blocks = e2e::page::blocks(&page);
    let sh: Vec<&str> = blocks.iter().filter(|b| b.0 == "sh").map(|b| b.1.as_str()).collect();
    let python = blocks.iter().find(|b| b.0 == "python").context("an example in Python")?;
    let folder = world.node_folder(HOME).to_owned();
    fs::write(folder.join("notice.pdf"), pdf::page("notice", &["A line.".to_owned()]))?;
    fs::write(folder.join("issue.py"), &python.1)?;
    fs::copy(world.administration_key(HOME), folder.join("administration"))?;
    // What an operator does comes second on the page and first in time.
    let (program, operator) = sh.split_at(sh.len().checked_sub(6).context("blocks")?);
    ensure!(operator[0].contains("hosted init") && program[0].contains("curl"), "{sh:?}");
    shell(&folder, &[], operator[0])?;
    world.start_all()?;
    let node = format!("http://{}", world.address(HOME));
    operator[1..4].iter().try_for_each(|block| shell(&folder, &[], block).map(drop))?;
    let shown = |name: &str| fs::read_to_string(folder.join(name)).map(|t| t.trim().to_owned());
    let (token, clerk) = (shown("token")?, shown("clerk")?);
    let with = [("NODE", node.as_str()), ("TOKEN", token.as_str()), ("CLERK", clerk.as_str())];
    for block in program {
        shell(&folder, &with, block)?;
    }
    let said = shell(
        &folder,
        &with,
        "python3 issue.py && beleg verify notice.pdf --federation federation",
    )?;
    assert!(said.contains("issued, status index") && said.contains("VALID"), "{said}");
    let changed = fs::read_to_string(folder.join("changed.json"))?;
    assert!(changed.contains("\"progress\":\"published\""), "{changed}");
    let listed = shell(&folder, &with, operator[4])?;
    assert!(listed.contains("3 issued"), "{listed}");
    let found = shell(&folder, &with, operator[5])?;
    assert_eq!(found.lines().count(), 1, "{found}");
    world.stop_all()
}

fn shell(folder: &Path, with: &[(&str, &str)], script: &str) -> Result<String> {
    let bin = binaries().verifier.parent().context("a binary lies in a folder")?.display();
    let path = format!("{bin}:{}", std::env::var("PATH")?);
    let script = format!("set -euo pipefail\n{script}");
    let mut bash = Command::new("bash");
    bash.current_dir(folder).env("PATH", path).envs(with.iter().copied());
    run(bash.arg("-c").arg(&script))?.ok().with_context(|| script)
}

#[test]
fn tokens_keys_and_large_documents() -> Result<()> {
    // 7. Every byte between the nodes passes a recorder; the office talks to its node directly.
    let mut doors = [SocketAddr::from(([127, 0, 0, 1], 0)); 4];
    for door in &mut doors {
        door.set_port(free_port()?);
    }
    let mut proxies = Vec::new();
    let setup = Setup { doors: Some(doors), ..Setup::default() };
    let mut host = Host::start(&setup, |world| {
        for (number, door) in doors.iter().enumerate() {
            proxies.push(Proxy::start(*door, world.address(number))?);
        }
        Ok(())
    })?;
    let address = host.address();
    let content = pdf::page("a", &["A line.".to_owned()]);
    // 2.
    let (token, id) = host.token(TYPE, "1000")?;
    misuse(&host, &token, &content)?;
    // 3.
    let pair: Vec<Result<Answer>> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| issue(address, &token, "a", &content));
        [one(), one()].map(joined).into()
    });
    let pair: Vec<Answer> = pair.into_iter().collect::<Result<_>>()?;
    assert_eq!((pair[0].status, pair[0].body == pair[1].body), (200, true), "{}", pair[0].text());
    assert_eq!(issue(address, &token, "a", b"other")?.status, 422);
    host.judge("a.pdf", &content, &pair[0], 0)?;
    host.judge("forged.pdf", b"%PDF-forged", &pair[0], 1)?;
    assert_eq!(host.issued()?.len(), 1);
    let listed = host.hosted(&["token", "list"], &[])?;
    assert!(listed.contains(&format!("{id}  in-force  1000 a minute  1 issued")), "{listed}");
    // 4.
    large(&host, &token)?;
    let federation = Federation::parse(&fs::read(host.world.federation())?)?;
    let log = Log::read(address, &World::origin(HOME), &federation)?;
    // 6.
    host.world.stop_all()?;
    expect(&host.world.verify(&[&host.dir.path().join("a.pdf")], &[])?, 0);
    // 7.
    let recorded: Vec<Vec<u8>> = proxies.iter().flat_map(Proxy::recorded).collect();
    let recorded = layers(&recorded);
    let digest = sha256(&content);
    let secrets: [&[u8]; 7] = [
        token.as_bytes(),
        b"Registry-of-Harbour-Street",
        b"Erika-Mustermann-1964",
        digest.as_bytes(),
        &content[..32],
        b"/v1/documents",
        b"idempotency-key",
    ];
    for secret in secrets {
        assert!(!contains(&recorded, secret), "on the wire: {}", String::from_utf8_lossy(secret));
    }
    let issuance = log.entries.iter().find(|entry| entry[1] == 2).context("an issuance")?;
    assert!(contains(&recorded, &issuance[10..42]), "the recorder has not seen the batch root");
    Ok(())
}

/// Tokens that are none, not for this, used too often, revoked.
fn misuse(host: &Host, token: &str, content: &[u8]) -> Result<()> {
    let address = host.address();
    let status = |token: &str| issue(address, token, "a", content).map(|answer| answer.status);
    for wrong in ["", "building.", &token[..70], &token.replace('.', "..")] {
        assert_eq!(status(wrong)?, 401, "{wrong}");
    }
    let (permits, id) = host.token("permit", "2")?;
    assert_eq!((status(&permits)?, status(&permits)?), (403, 403));
    let often = issue(address, &permits, "a", content)?;
    assert_eq!(often.status, 429);
    assert!(often.header("retry-after").context("Retry-After")?.parse::<u64>()? <= 60);
    host.hosted(&["token", "revoke"], &["--id", &id])?;
    assert_eq!(status(&permits)?, 401);
    Ok(())
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| anyhow::bail!("a sender died"))
}

/// Sends a document that is made on the way, and looks at the node's memory.
fn large(host: &Host, token: &str) -> Result<()> {
    let process = host.world.process_id(HOME).context("the node runs")?;
    let before = peak_kib(process)?;
    let around = form(TYPE, b"");
    let (start, end) = around.split_at(around.len() - b"\r\n--xYz--\r\n".len());
    let mut stream = TcpStream::connect(host.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(90)))?;
    stream.write_all(head(host.address(), token, "large", around.len() + LARGE).as_bytes())?;
    stream.write_all(start)?;
    let block: Vec<u8> =
        (0..1_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = host.dir.path().join("large.pdf");
    let mut file = fs::File::create(&path)?;
    for _ in 0..LARGE / block.len() {
        stream.write_all(&block)?;
        file.write_all(&block)?;
    }
    stream.write_all(end)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let grown = peak_kib(process)?.saturating_sub(before);
    println!("peak memory of the node grew by {grown} KiB for a document of {LARGE} bytes");
    assert!(grown < 16 * 1024, "{grown} KiB");
    let body = answer.windows(4).position(|w| w == b"\r\n\r\n").context("an answer")? + 4;
    let answer = Answer { status: 200, headers: Vec::new(), body: answer[body..].to_vec() };
    let receipt = answer.json()?["receipt"].as_str().context("a receipt")?.to_owned();
    fs::write(crate::town::receipt(&path), receipt)?;
    expect(&host.world.verify(&[&path], &[])?, 0);
    Ok(())
}

#[test]
fn killed_at_random_nothing_is_lost_and_nothing_issued_twice() -> Result<()> {
    let mut host = Host::start(&Setup::default(), |_| Ok(()))?;
    let address = host.address();
    let (token, _) = host.token(TYPE, "100000")?;
    // 5.
    let mut receipts: BTreeMap<String, Answer> = BTreeMap::new();
    for round in 0..12 {
        let keys: Vec<String> = (0..8).map(|i| format!("round-{round}-{i}")).collect();
        let (token, all) = (&token, &keys);
        let send = |key: &String| issue(address, token, key, key.as_bytes());
        let early: Vec<Result<Answer>> = std::thread::scope(|scope| -> Result<_> {
            let sent: Vec<_> = all.iter().map(|key| scope.spawn(move || send(key))).collect();
            let mut byte = [0];
            getrandom::fill(&mut byte)?;
            std::thread::sleep(Duration::from_millis(u64::from(byte[0]) / 2));
            host.world.kill(HOME);
            Ok(sent.into_iter().map(joined).collect())
        })?;
        host.world.start(HOME)?;
        host.world.wait_ready(HOME)?;
        for (key, early) in keys.iter().zip(early) {
            let answer = insist(|| send(key))?;
            // What was acknowledged before the kill is the same receipt afterwards.
            if let Ok(early) = early
                && early.status == 200
                && early.json().is_ok()
            {
                assert_eq!(early.body, answer.body, "{key}");
            }
            receipts.insert(key.clone(), answer);
        }
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut statuses: Vec<String> = Vec::new();
    for (key, answer) in &receipts {
        host.judge(key, key.as_bytes(), answer, 0)?;
        paths.push(host.dir.path().join(key));
        statuses.push(answer.json()?["status"].to_string());
    }
    let mut issued = host.issued()?;
    statuses.sort();
    issued.sort();
    assert_eq!(issued, statuses, "the journal has each document once");
    // The ledger has no batch that the journal does not know.
    let key = host.world.node_folder(HOME).join("hosted").join(OFFICE).join("key");
    let desk = Desk::open(&host.world.federation(), &World::origin(HOME), &key, address)?;
    let log = Log::read(address, &World::origin(HOME), &desk.federation)?;
    let folder = host.world.node_folder(HOME).join("hosted").join(OFFICE);
    let batches = fs::read_to_string(folder.join("journal"))?.lines().count();
    assert_eq!(log.issuances(), batches);
    // 6.
    host.world.stop_all()?;
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    expect(&host.world.verify(&paths, &[])?, 0);
    Ok(())
}

/// Does as an office's program should: the same request again until there is a receipt.
fn insist(send: impl Fn() -> Result<Answer>) -> Result<Answer> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = send()?;
        match answer.status {
            200 => return Ok(answer),
            503 if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(100)),
            _ => anyhow::bail!("{}: {}", answer.status, answer.text()),
        }
    }
}
