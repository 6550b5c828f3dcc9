//! What the C2SP texts say about the outside of a node, asked by a stranger over HTTP.
//!
//! 1. tlog-tiles: paths, content types, caching; what does not exist is not served.
//! 2. tlog-witness `add-checkpoint`: each refusal has its status; nothing changes by it.
//! 3. tlog-mirror `add-entries`: each refusal has its status and content type.
//! 4. A mirror serves the log with its own cosignatures under the origin's hash.

use crate::desk::Desk;
use crate::town::{HOME, Town};
use anyhow::Result;
use e2e::http::{self, Answer};
use e2e::world::World;
use proto::checkpoint::{Checkpoint, SignedCheckpoint};
use proto::hash::{Hash, TreeSize, sha256};
use proto::note::SigningKey;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

const MIRROR: usize = 0;

fn town_with_entries() -> Result<(Town, Desk)> {
    let town = Town::start()?;
    let desk = town.desk()?;
    for _ in 0..3 {
        let submission = desk.sign_new(4)?;
        let answer = http::post(town.world.address(HOME), "/v1/issuances?wait_s=30", &submission)?;
        desk.check(&submission, &answer)?;
    }
    // The quorum did not wait for every mirror.
    let hash = sha256(World::origin(HOME).as_bytes()).to_hex();
    let size = checkpoint(town.world.address(HOME), "")?.checkpoint().size();
    for number in 0..4 {
        let node = town.world.address(number);
        while checkpoint(node, &format!("/{hash}"))?.checkpoint().size() < size {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok((town, desk))
}

fn checkpoint(node: SocketAddr, prefix: &str) -> Result<SignedCheckpoint> {
    let answer = http::read(node, &format!("{prefix}/checkpoint"))?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Ok(SignedCheckpoint::parse(&answer.body)?)
}

#[test]
fn tiles_are_served_as_the_specification_says() -> Result<()> {
    let (town, _desk) = town_with_entries()?;
    let node = town.world.address(HOME);
    let hash = sha256(World::origin(HOME).as_bytes()).to_hex();
    for (node, prefix) in [(node, String::new()), (town.world.address(MIRROR), format!("/{hash}"))]
    {
        let answer = http::read(node, &format!("{prefix}/checkpoint"))?;
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        let cache = answer.header("cache-control").unwrap_or("");
        assert!(cache.contains("no-") || cache.contains("max-age=1"), "{cache}");
        let size = checkpoint(node, &prefix)?.checkpoint().size().0;
        for kind in ["0", "entries"] {
            let answer = http::read(node, &format!("{prefix}/tile/{kind}/000.p/{size}"))?;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
            assert!(answer.header("cache-control").unwrap_or("").contains("immutable"));
            if kind == "0" {
                assert_eq!(answer.body.len() as u64, size * 32);
            }
        }
        for path in [
            "0/000",
            "0/000.p/0",
            "0/000.p/256",
            "64/000.p/1",
            "00/000.p/1",
            "0/0.p/1",
            "0/001.p/1",
            "1/000.p/1",
            "entries/000",
            "0/x000/000.p/1",
        ] {
            let answer = http::read(node, &format!("{prefix}/tile/{path}"))?;
            assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        }
    }
    Ok(())
}

#[test]
fn a_mirror_shows_its_cosignatures() -> Result<()> {
    let (town, desk) = town_with_entries()?;
    let hash = sha256(World::origin(HOME).as_bytes()).to_hex();
    for number in 0..4 {
        let node = town.world.address(number);
        let signed = checkpoint(node, &format!("/{hash}"))?;
        let operator = &desk.federation.current().operators[number];
        for key in [&operator.cosigner_ed25519, &operator.cosigner_ml_dsa] {
            let lines = signed.note().signatures_naming(key).count();
            assert_eq!(lines, 1, "{} shows no cosignature of its own", operator.name);
        }
    }
    let unknown =
        http::read(town.world.address(MIRROR), &format!("/{}/checkpoint", "0".repeat(64)))?;
    assert_eq!(unknown.status, 404);
    Ok(())
}

fn add_checkpoint(node: SocketAddr, old: u64, proof: &[Hash], note: &[u8]) -> Result<Answer> {
    let mut body = format!("old {old}\n");
    for hash in proof {
        body.push_str(&format!("{}\n", hash.to_base64()));
    }
    body.push('\n');
    http::post(node, "/add-checkpoint", &[body.as_bytes(), note].concat())
}

#[test]
fn add_checkpoint_refuses_as_the_specification_says() -> Result<()> {
    let (town, _desk) = town_with_entries()?;
    let mirror = town.world.address(MIRROR);
    let origin = World::origin(HOME);
    let hash = sha256(origin.as_bytes()).to_hex();
    let key = fs::read_to_string(town.world.node_folder(HOME).join("log"))?;
    let key = SigningKey::parse(&key)?;
    let now = checkpoint(mirror, &format!("/{hash}"))?;
    let (size, root) = (now.checkpoint().size(), *now.checkpoint().root());
    let signed = |size: TreeSize, root: Hash| -> Result<Vec<u8>> {
        Ok(SignedCheckpoint::sign(Checkpoint::new(&origin, size, root)?, &key)?.to_bytes())
    };
    let good = signed(size, root)?;
    let larger = signed(TreeSize(size.0 + 1), Hash([7; 32]))?;
    let stranger =
        SigningKey::from_seed("stranger.example/log", key.verifier_key().kind(), &[3; 32])?;
    let by_stranger = |origin: &str| -> Result<Vec<u8>> {
        Ok(SignedCheckpoint::sign(Checkpoint::new(origin, size, root)?, &stranger)?.to_bytes())
    };
    let mut forged = good.clone();
    let at = forged.len() - 10;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let cases = [
        ("an unknown origin", 404, 0, vec![], by_stranger("stranger.example/log")?),
        ("no signature of the log", 403, size.0, vec![], by_stranger(&origin)?),
        ("a bad signature of the log", 403, size.0, vec![], forged),
        ("an old size above the new one", 400, size.0 + 5, vec![], good.clone()),
        ("another old size", 409, size.0 - 1, vec![], larger.clone()),
        ("no proof where one is needed", 422, size.0, vec![], larger.clone()),
        ("a wrong proof", 422, size.0, vec![Hash([1; 32]); 3], larger),
    ];
    for (what, status, old, proof, note) in cases {
        let answer = add_checkpoint(mirror, old, &proof, &note)?;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        if status == 409 {
            assert_eq!(answer.header("content-type"), Some("text/x.tlog.size"), "{what}");
            assert_eq!(answer.text(), format!("{}\n", size.0), "{what}");
        }
    }
    for body in ["", "old\n\n", "old 01\n\n", "old 1\nAAAA\n\n", "new 1\n\n", "old 1"] {
        let answer = http::post(mirror, "/add-checkpoint", body.as_bytes())?;
        assert_eq!(answer.status, 400, "{body:?}: {}", answer.text());
    }
    let get = http::read(mirror, "/add-checkpoint")?;
    assert_eq!(get.status, 405);
    // The same checkpoint again is no news and no harm.
    assert_eq!(add_checkpoint(mirror, size.0, &[], &good)?.status, 200);
    // Two trees of one size, both signed by the log: refused, and kept as evidence.
    let split = add_checkpoint(mirror, size.0, &[], &signed(size, Hash([9; 32]))?)?;
    assert_eq!(split.status, 422, "{}", split.text());
    let evidence = http::read(mirror, "/evidence")?;
    assert!(evidence.text().contains(&hash) || evidence.text().contains(&origin), "{evidence:?}");
    let after = checkpoint(mirror, &format!("/{hash}"))?;
    assert_eq!(after.checkpoint(), now.checkpoint());
    Ok(())
}

/// The head of an `add-entries` body.
fn entries_head(origin: &str, start: u64, end: u64) -> Vec<u8> {
    let mut head = (origin.len() as u16).to_be_bytes().to_vec();
    head.extend_from_slice(origin.as_bytes());
    head.extend(start.to_be_bytes());
    head.extend(end.to_be_bytes());
    head.extend(0_u16.to_be_bytes());
    head
}

#[test]
fn add_entries_refuses_as_the_specification_says() -> Result<()> {
    let (town, _desk) = town_with_entries()?;
    let mirror = town.world.address(MIRROR);
    let origin = World::origin(HOME);
    let hash = sha256(origin.as_bytes()).to_hex();
    let size = checkpoint(mirror, &format!("/{hash}"))?.checkpoint().size().0;
    let post = |body: &[u8]| http::post(mirror, "/add-entries", body);
    for (what, status, body) in [
        ("an unknown log", 404, entries_head("stranger.example/log", 0, 1)),
        ("an end that is no checkpoint", 409, entries_head(&origin, 0, size + 3)),
        ("an end before the mirror's", 409, entries_head(&origin, 0, 1)),
        ("a start beyond what is there", 409, entries_head(&origin, size + 1, size + 1)),
        ("a start behind the end", 400, entries_head(&origin, size, size - 1)),
        ("half a head", 400, entries_head(&origin, 0, size)[..20].to_vec()),
        ("nothing", 400, Vec::new()),
    ] {
        let answer = post(&body)?;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        if status == 409 {
            assert_eq!(answer.header("content-type"), Some("text/x.tlog.mirror-info"), "{what}");
            let lines: Vec<String> = answer.text().lines().map(str::to_owned).collect();
            assert_eq!(lines.len(), 3, "{what}: {lines:?}");
            assert_eq!((lines[0].parse(), lines[1].parse()), (Ok(size), Ok(size)), "{what}");
        }
    }
    // Everything is there already: an empty sequence gets the cosignatures.
    let answer = post(&entries_head(&origin, size, size))?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let lines = proto::note::parse_signature_lines(&answer.body)?;
    assert_eq!(lines.len(), 2, "one of each kind: {}", answer.text());
    // Entries that do not belong to the tree are not taken, and gzip is understood.
    let mut wrong = entries_head(&origin, size - 1, size);
    wrong.extend([0, 1, 0x7f, 0]);
    assert_eq!(post(&wrong)?.status, 422);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&wrong)?;
    let gzip = [("content-encoding", "gzip"), ("content-type", "application/octet-stream")];
    let answer = http::send(mirror, "POST", "/add-entries", &gzip, &packed.finish()?)?;
    assert_eq!(answer.status, 422, "{}", answer.text());
    Ok(())
}
