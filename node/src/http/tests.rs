//! Scripts of request and answer against a real node: status, headers, body.

use std::time::Duration;

use proto::hash::{LeafIndex, sha256};
use proto::note::KeyType;
use proto::receipt::answer::{ErrorAnswer, IssuerListed};
use proto::tile::BundleId;

use crate::testing::{World, hash_path, key};

/// An answer with the headers that matter here.
struct Seen {
    status: u16,
    body: Vec<u8>,
    headers: reqwest::header::HeaderMap,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The stable code of a refusal; message and next step are there too.
    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(self.header("cache-control"), "no-store");
        let error: ErrorAnswer = serde_json::from_slice(&self.body).unwrap();
        assert!(error.message.ends_with('.') && error.next_step.ends_with('.'), "{error:?}");
        error.error
    }
}

async fn ask(world: &World, method: &str, path: &str, body: Vec<u8>) -> Seen {
    let url = format!("{}{path}", world.client(0).base());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = reqwest::Client::new().request(method, url).body(body);
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Seen { status, headers, body: answer.bytes().await.unwrap().to_vec() }
}

async fn get(world: &World, path: &str) -> Seen {
    ask(world, "GET", path, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_read_as_tlog_tiles_says() {
    let world = World::running(1).await;
    let issuer = key("School", KeyType::Ed25519, 77);
    world.admit(0, &issuer).await;
    let size = world.published(0).await.checkpoint().size();
    let own = hash_path(0);
    for prefix in ["", own.as_str()] {
        let seen = get(&world, &format!("{prefix}/checkpoint")).await;
        assert_eq!((seen.status, seen.header("cache-control")), (200, "public, max-age=1"));
        assert_eq!(seen.header("content-type"), "text/plain; charset=utf-8");
        for path in [format!("tile/0/000.p/{size}"), format!("tile/entries/000.p/{size}")] {
            let seen = get(&world, &format!("{prefix}/{path}")).await;
            assert_eq!(seen.status, 200, "{prefix}/{path}");
            assert_eq!(seen.header("content-type"), "application/octet-stream");
            assert_eq!(seen.header("cache-control"), "public, max-age=31536000, immutable");
            assert!(path.contains("entries") || seen.body.len() == size.0 as usize * 32);
        }
        let larger = size.0 + 1;
        for path in [
            "tile/0/000".to_owned(),
            format!("tile/0/000.p/{larger}"),
            format!("tile/entries/000.p/{larger}"),
            "tile/0/0".to_owned(),
            "tile/00/000".to_owned(),
            "tile/0/x000/000".to_owned(),
            format!("tile/0/000.p/0{size}"),
            "tile/entries/000.p/256".to_owned(),
            "tile/64/000".to_owned(),
            "tile/entries/..%2f..%2flock".to_owned(),
        ] {
            let seen = get(&world, &format!("{prefix}/{path}")).await;
            assert_eq!((seen.status, seen.code().as_str()), (404, "not-found"), "{path}");
        }
    }
    let pending = get(&world, &format!("{own}/pending")).await;
    assert_eq!((pending.status, pending.header("cache-control")), (200, "no-store"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_told_apart() {
    let world = World::running(1).await;
    let unknown_log = format!("/{}/checkpoint", sha256(b"elsewhere.example/log"));
    let upper = hash_path(0).to_uppercase();
    for path in ["/nothing", &unknown_log, &format!("{upper}/checkpoint"), "/evidence/x"] {
        let seen = get(&world, path).await;
        assert_eq!((seen.status, seen.code().as_str()), (404, "not-found"), "{path}");
    }
    let seen = ask(&world, "POST", "/checkpoint", Vec::new()).await;
    assert_eq!((seen.status, seen.code().as_str()), (405, "method-not-allowed"));
    let batch = sha256(b"batch");
    let seen = get(&world, &format!("/v1/issuances/{batch}")).await;
    assert_eq!((seen.status, seen.code().as_str()), (404, "batch-unknown"));
    let seen = get(&world, "/v1/issuances/no-hash").await;
    assert_eq!((seen.status, seen.code().as_str()), (404, "batch-unknown"));
    let evidence = get(&world, "/evidence").await;
    assert_eq!((evidence.status, evidence.body.len()), (200, 0));
    let federation = get(&world, "/federation").await;
    assert_eq!(federation.body, world.federation.to_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_a_mirror_never_saw_is_said_to_be_known() {
    // The restart rule needs to tell "nothing yet" from any other 404. Only north runs.
    let mut world = World::new(4).await;
    world.start(0).await.unwrap();
    let seen = get(&world, &format!("{}/pending", hash_path(1))).await;
    assert_eq!((seen.status, seen.code().as_str()), (404, "checkpoint-unknown"));
    let seen = get(&world, &format!("{}/checkpoint", hash_path(1))).await;
    assert_eq!((seen.status, seen.code().as_str()), (404, "checkpoint-unknown"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submissions_that_are_refused_say_why_and_leave_nothing() {
    let world = World::running(1).await;
    let issuer = key("School", KeyType::Ed25519, 77);
    let stranger = key("Stranger", KeyType::Ed25519, 78);
    let index = world.admit(0, &issuer).await;
    let good = world.issuance(0, &issuer, index, 1);
    world.issue(0, good.clone()).await;
    let size = world.published(0).await.checkpoint().size();
    let post = async |path: &str, bytes: Vec<u8>| {
        let seen = ask(&world, "POST", path, bytes).await;
        (seen.status, seen.code())
    };
    let want = |status: u16, code: &str| (status, code.to_owned());
    let issuances = "/v1/issuances";
    let entry = world.issuer_entry(0, &issuer);
    assert_eq!(post(issuances, Vec::new()).await, want(400, "entry-malformed"));
    assert_eq!(post(issuances, good[..106].to_vec()).await, want(400, "entry-malformed"));
    assert_eq!(post(issuances, vec![0; 108]).await, want(413, "body-too-large"));
    let mut kind = good.clone();
    kind[1] = 9;
    assert_eq!(post(issuances, kind).await, want(400, "entry-kind-unknown"));
    let mut forged = world.issuance(0, &issuer, index, 2);
    forged[106] ^= 1;
    assert_eq!(post(issuances, forged).await, want(422, "issuance-signature-bad"));
    let by_stranger = world.issuance(0, &stranger, index, 2);
    assert_eq!(post(issuances, by_stranger).await, want(422, "issuance-signature-bad"));
    let nobody = world.issuance(0, &issuer, LeafIndex(index.0 + 1), 2);
    assert_eq!(post(issuances, nobody).await, want(422, "issuer-not-in-force"));
    let mut other_bytes = good.clone();
    other_bytes[106] ^= 1;
    assert_eq!(post(issuances, other_bytes).await, want(409, "batch-already-logged"));
    assert_eq!(post("/v1/issuers", good.clone()).await, want(400, "entry-malformed"));
    let mut forged = world.issuer_entry(0, &stranger);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(post("/v1/issuers", forged).await, want(422, "key-signature-bad"));
    assert_eq!(post("/v1/issuers", vec![1; 65_536]).await, want(413, "body-too-large"));
    for query in ["wait_s=61", "wait_s=-1", "wait_s", "wait=1", "wait_s=1&x=1"] {
        let path = format!("/v1/issuances?{query}");
        assert_eq!(post(&path, good.clone()).await, want(400, "query-malformed"), "{query}");
    }
    assert_eq!(world.published(0).await.checkpoint().size(), size);
    // The same entry and the same issuance again are no refusals.
    let again = ask(&world, "POST", "/v1/issuers", entry).await;
    assert_eq!((again.status, again.body), (200, format!("{{\"index\":{index}}}").into_bytes()));
    let again = ask(&world, "POST", issuances, good).await;
    assert_eq!((again.status, again.header("cache-control")), (200, "no-store"));
    assert_eq!(world.published(0).await.checkpoint().size(), size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issuers_are_listed() {
    let world = World::running(1).await;
    let issuer = key("School", KeyType::Ed25519, 77);
    assert_eq!(get(&world, "/v1/issuers").await.body, b"[]");
    let index = world.admit(0, &issuer).await;
    let listed: Vec<IssuerListed> =
        serde_json::from_slice(&get(&world, "/v1/issuers").await.body).unwrap();
    let want = IssuerListed {
        index: index.0,
        id: index.0,
        name: "School".to_owned(),
        key: hex::encode(issuer.verifier_key().ed25519_public_key().unwrap()),
        scope: vec!["certificate".to_owned()],
        retired: false,
        in_force: true,
        sequence: 0,
        admin_sequence: 0,
    };
    assert_eq!(listed, [want]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_quorum_a_submission_waits_and_is_published_when_it_is_back() {
    let mut world = World::running(4).await;
    let issuer = key("School", KeyType::Ed25519, 77);
    let index = world.admit(0, &issuer).await;
    let before = world.issuance(0, &issuer, index, 1);
    world.issue(0, before.clone()).await;
    for seat in [1, 2] {
        world.stop(seat).await.unwrap();
    }
    let submission = world.issuance(0, &issuer, index, 2);
    let batch = sha256(&2u64.to_be_bytes());
    let location = format!("/v1/issuances/{batch}");
    let seen = ask(&world, "POST", "/v1/issuances?wait_s=1", submission.clone()).await;
    assert_eq!((seen.status, seen.header("retry-after")), (202, "1"));
    assert_eq!(seen.header("location"), location);
    let seen = get(&world, &location).await;
    assert_eq!((seen.status, seen.header("location")), (202, location.as_str()));
    // What was published before is answered meanwhile, from the published tree.
    world.issue(0, before).await;
    world.start(1).await.unwrap();
    let seen = get(&world, &format!("{location}?wait_s=30")).await;
    assert_eq!(seen.status, 200);
    let again = world.issue(0, submission).await;
    let seen = proto::receipt::answer::IssuanceAnswer::parse(&seen.body).unwrap();
    assert_eq!(seen.proof.index, again.proof.index);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_surplus_is_told_to_come_back() {
    let mut world = World::new(1).await;
    world.seats[0].pool = 2;
    world.seats[0].rhythm.interval = Duration::from_secs(3_600);
    world.start(0).await.unwrap();
    world.ready(0).await;
    // The next round is an hour away, so what is submitted now stays in the queue.
    let issuer = key("School", KeyType::Ed25519, 77);
    for batch in 0..2 {
        let submission = world.issuance(0, &issuer, LeafIndex(0), batch);
        let seen = ask(&world, "POST", "/v1/issuances?wait_s=0", submission).await;
        assert_eq!(seen.status, 202);
    }
    let third = world.issuance(0, &issuer, LeafIndex(0), 2);
    let seen = ask(&world, "POST", "/v1/issuances?wait_s=0", third).await;
    assert_eq!((seen.status, seen.code().as_str()), (503, "pool-full"));
    assert_eq!(seen.header("retry-after"), "1");
    // A stop answers those who wait.
    let waiting = world.issuance(0, &issuer, LeafIndex(0), 1);
    let url = format!("{}/v1/issuances?wait_s=30", world.client(0).base());
    let waiting = tokio::spawn(reqwest::Client::new().post(url).body(waiting).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.stop(0).await.unwrap();
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!(answer.status().as_u16(), 503);
    assert_eq!(answer.headers()["retry-after"], "5");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_of_the_operator_get_their_answers() {
    let _recorder = crate::telemetry::metrics();
    let world = World::running(1).await;
    let seen = get(&world, "/healthz").await;
    assert_eq!((seen.status, seen.body.as_slice()), (200, &b"ok\n"[..]));
    let seen = get(&world, "/readyz").await;
    let ready: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(
        (seen.status, &ready["ready"], &ready["state"]),
        (200, &true.into(), &"running".into())
    );
    let seen = get(&world, "/metrics").await;
    let text = String::from_utf8(seen.body).unwrap();
    for name in ["beleg_rounds_total", "beleg_round_seconds", "beleg_http_requests_total"] {
        assert!(text.contains(name), "{name}");
    }
    let id = BundleId::new(0, 1).unwrap();
    assert_eq!(get(&world, &format!("/{}", id.path())).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entry_bundles_are_compressed_for_those_who_ask() {
    use std::io::Read;
    let world = World::running(1).await;
    let size = world.published(0).await.checkpoint().size();
    let fetch = async |path: &str, accept: &str| {
        let url = format!("{}{path}", world.client(0).base());
        let request = reqwest::Client::new().get(url).header("accept-encoding", accept);
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Seen { status, headers, body: answer.bytes().await.unwrap().to_vec() }
    };
    let bundle = format!("/tile/entries/000.p/{size}");
    let plain = get(&world, &bundle).await;
    assert_eq!((plain.header("vary"), plain.header("content-encoding")), ("accept-encoding", ""));
    for (accept, gzip) in
        [("br, GZIP;q=0.5", true), ("gzip", true), ("gzip;q=0", false), ("identity", false)]
    {
        let seen = fetch(&bundle, accept).await;
        assert_eq!((seen.status, seen.header("vary")), (200, "accept-encoding"), "{accept}");
        assert_eq!(seen.header("content-encoding"), if gzip { "gzip" } else { "" }, "{accept}");
        let mut body = Vec::new();
        match gzip {
            true => flate2::read::GzDecoder::new(&*seen.body).read_to_end(&mut body).unwrap(),
            false => seen.body.as_slice().read_to_end(&mut body).unwrap(),
        };
        assert_eq!(body, plain.body, "{accept}");
    }
    let tile = fetch(&format!("/tile/0/000.p/{size}"), "gzip").await;
    assert_eq!((tile.status, tile.header("content-encoding")), (200, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_stands_still_is_told_so() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::running(1).await;
    let address = world.client(0).base().trim_start_matches("http://").to_owned();
    let mut client = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "POST /add-entries HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n\0";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(std::time::Duration::from_secs(20), client.read(&mut answer));
    let count = read.await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body-too-slow"), "{answer}");
}
