//! The pages as a browser gets them.

use std::io::Read;

use reqwest::header::HeaderMap;

use crate::testing::World;

struct Seen {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn get(world: &World, path: &str, asked: &[(&str, &str)]) -> Seen {
    let mut request = reqwest::Client::new().get(format!("{}{path}", world.client(0).base()));
    for (name, value) in asked {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Seen { status, headers, body: answer.bytes().await.unwrap().to_vec() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_is_served_and_keeps_to_itself() {
    let world = World::running(1).await;
    let settings = site::Settings::default();
    let federation = world.federation.to_bytes();
    let site = crate::pages::site(&settings, "Test", federation).unwrap().with_live(true);
    for file in site::files(&site) {
        let seen = get(&world, &format!("/{}", file.path), &[]).await;
        assert_eq!((seen.status, seen.header("etag")), (200, file.etag.as_str()), "{}", file.path);
        assert_eq!(seen.body, &file.bytes[..], "{}", file.path);
        assert_eq!(seen.header("content-type"), file.media_type);
        assert_eq!(seen.header("cache-control"), "no-cache");
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.header("referrer-policy"), "no-referrer");
        assert_eq!(seen.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(seen.header("cross-origin-resource-policy"), "same-origin");
        assert!(seen.header("permissions-policy").starts_with("camera=(self), microphone=()"));
        assert_eq!(seen.header("set-cookie"), "");
        let policy = seen.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("http"), "{policy}");
    }
    let whole = get(&world, "/page/federation", &[]).await.body;
    assert_eq!(whole, world.federation.to_bytes());
    for path in ["/page/", "/page", "/page/none.js", "/page/..%2findex.html", "/page/words"] {
        assert_eq!(get(&world, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_has_a_file_is_told_so_and_gzip_has_a_tag_of_its_own() {
    let world = World::running(1).await;
    let path = "/page/base.css";
    let plain = get(&world, path, &[]).await;
    let packed = get(&world, path, &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(
        (packed.header("content-encoding"), packed.header("vary")),
        ("gzip", "accept-encoding")
    );
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain.body && packed.body.len() < plain.body.len() / 2);
    let (tag, packed_tag) = (plain.header("etag"), packed.header("etag"));
    assert_ne!(tag, packed_tag);
    let weak = format!("\"x\", W/{tag}");
    for known in [tag, packed_tag, &weak, "*"] {
        let seen = get(&world, path, &[("if-none-match", known)]).await;
        assert_eq!((seen.status, seen.body.len(), seen.header("etag")), (304, 0, tag), "{known}");
        assert_eq!(seen.header("cache-control"), "no-cache");
    }
    for other in ["\"x\"", "x", ""] {
        assert_eq!(get(&world, path, &[("if-none-match", other)]).await.status, 200, "{other}");
    }
}
