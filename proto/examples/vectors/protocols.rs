//! Cases for the messages of witnesses and mirrors.

use super::*;
use crate::tree::{Tree, entry};
use proto::hash::{EMPTY_ROOT, LeafIndex};
use proto::limits;
use proto::merkle::plan;
use proto::mirror::{Header, MirrorInfo};
use proto::witness::AddCheckpoint;

pub fn cases() -> Vec<Case> {
    let tree = Tree::of(300);
    let mut cases = decisions(&tree);
    cases.extend(request_texts(&tree));
    cases.extend(sizes());
    cases.extend(add_entries());
    cases.extend(headers());
    cases.extend(packages());
    cases.extend(infos());
    cases
}

fn request(tree: &Tree, old: u64, new: u64) -> AddCheckpoint {
    let (from, to) = (TreeSize(old), TreeSize(new));
    let proof = tree.prove(&plan::consistency(from, to).unwrap());
    AddCheckpoint { old: from, proof, checkpoint: signed(new, tree.root(new)) }
}

/// A request to a cosigner whose newest checkpoint has `latest` leaves.
fn asked(tree: &Tree, name: &str, expect: &str, latest: u64, body: &[u8]) -> Case {
    Case::new("add-checkpoint", name, expect, body)
        .with("origin", ORIGIN)
        .with("key", log_key().verifier_key())
        .with("latest", format!("{latest} {}", tree.root(latest).to_base64()))
}

fn decisions(tree: &Tree) -> Vec<Case> {
    let ask = |name: &str, expect: &str, latest: u64, request: AddCheckpoint| {
        asked(tree, name, expect, latest, &request.to_bytes())
    };
    let good = request(tree, 100, 300);
    let other_root = |size| signed(size, Hash([0x5a; 32]));
    let renamed = |old: u64| AddCheckpoint { old: TreeSize(old), ..good.clone() };
    let unsigned = |seed| {
        let key = key("stranger.example", KeyType::Ed25519, seed);
        let checkpoint = good.checkpoint.checkpoint().clone();
        AddCheckpoint {
            checkpoint: SignedCheckpoint::sign(checkpoint, &key).unwrap(),
            ..good.clone()
        }
    };
    let not_empty = AddCheckpoint { proof: good.proof.clone(), ..request(tree, 0, 300) };
    let empty_root = AddCheckpoint { checkpoint: other_root(0), ..request(tree, 0, 0) };
    let split = AddCheckpoint { checkpoint: other_root(100), ..request(tree, 100, 100) };
    let inconsistent = AddCheckpoint { checkpoint: other_root(300), ..good.clone() };
    let mut swapped = good.clone();
    swapped.proof.swap(0, 1);
    let conflict = "409 Conflict { latest: TreeSize(100) }";
    vec![
        ask("good", "ok 300", 100, good.clone()),
        ask("good-first", "ok 300", 0, request(tree, 0, 300)),
        ask("good-empty-tree", "ok 0", 0, request(tree, 0, 0)),
        ask("good-same-size", "ok 300", 300, request(tree, 300, 300)),
        ask("old-size-too-small", conflict, 100, request(tree, 99, 300)),
        ask("old-size-zero", conflict, 100, request(tree, 0, 300)),
        ask("old-size-too-large", conflict, 100, renamed(101)),
        ask("old-beyond-size", "400 OldBeyondSize", 100, renamed(301)),
        ask(
            "smaller-than-the-latest",
            "409 Conflict { latest: TreeSize(300) }",
            300,
            request(tree, 100, 200),
        ),
        ask("not-signed-by-the-log", "403 Untrusted(Signature(NoKnownKey))", 100, unsigned(3)),
        ask("split-view", "422 SplitView", 100, split),
        ask("inconsistent", "422 Inconsistent(RootMismatch)", 100, inconsistent),
        ask("hashes-swapped", "422 Inconsistent(OldRootMismatch)", 100, swapped),
        ask(
            "proof-where-none-belongs",
            "422 Inconsistent(WrongLength { want: 0, got: 8 })",
            0,
            not_empty,
        ),
        ask("empty-tree-with-another-root", "422 EmptyRootMismatch", 0, empty_root),
    ]
}

fn request_texts(tree: &Tree) -> Vec<Case> {
    let good = request(tree, 100, 300);
    let text = lossless(good.to_bytes());
    let with = |name: &str, expect: &str, from: &str, to: &str| {
        asked(tree, name, expect, 100, replaced(&text, from, to).as_bytes())
    };
    let line = |line: usize, error: &str| format!("400 Line {{ line: {line}, error: {error} }}");
    let first = good.proof[0].to_base64();
    vec![
        with("other-log", "404 UnknownLog", &format!("{ORIGIN}\n300"), "log.example/2027\n300"),
        with(
            "changed-size",
            "403 Untrusted(Signature(BadSignature { key: 0 }))",
            "\n300\n",
            "\n299\n",
        ),
        with(
            "hash-missing",
            "422 Inconsistent(WrongLength { want: 8, got: 7 })",
            &format!("{first}\n"),
            "",
        ),
        with("no-old-line", &line(1, "WrongKeyword"), "old 100\n", ""),
        with("old-with-leading-zero", &line(1, "BadDecimal"), "old 100", "old 0100"),
        with("two-spaces", &line(1, "BadDecimal"), "old 100", "old  100"),
        with("short-hash", &line(2, "BadLength { want: 32, got: 30 }"), &first, &first[..40]),
        with(
            "no-empty-line",
            &line(10, "BadBase64"),
            &format!("\n\n{ORIGIN}"),
            &format!("\n{ORIGIN}"),
        ),
        with("64-hashes", "400 TooManyHashes", &first, &vec![first.clone(); 57].join("\n")),
        with(
            "two-empty-lines",
            "400 Checkpoint(BadOrigin)",
            &format!("\n\n{ORIGIN}"),
            &format!("\n\n\n{ORIGIN}"),
        ),
        asked(tree, "empty", &line(1, "MissingLine"), 100, b""),
    ]
}

fn sizes() -> Vec<Case> {
    let case =
        |name: &str, expect: &str, body: &str| Case::new("size", name, expect, body.as_bytes());
    let line = |error: &str| format!("Line {{ line: 1, error: {error} }}");
    vec![
        case("good", "ok 20852163", "20852163\n"),
        case("good-zero", "ok 0", "0\n"),
        case("good-largest", "ok 9223372036854775807", "9223372036854775807\n"),
        case("too-large", &line("BadDecimal"), "9223372036854775808\n"),
        case("leading-zero", &line("BadDecimal"), "020852163\n"),
        case("no-newline", &line("MissingNewline"), "20852163"),
        case("two-lines", &line("TrailingText"), "20852163\n1\n"),
        case("carriage-return", &line("ControlCharacter"), "20852163\r\n"),
        case("empty", &line("MissingLine"), ""),
    ]
}

/// The body for the entries from `start` to `end`, with this many packages.
fn upload(tree: &Tree, start: u64, end: u64, packages: usize) -> Vec<u8> {
    let header = Header::new(ORIGIN, LeafIndex(start), TreeSize(end), b"ticket").unwrap();
    let mut body = header.to_bytes().unwrap();
    for range in header.packages().take(packages) {
        let plan = plan::subtree(range.subtree().unwrap(), TreeSize(end)).unwrap();
        let entries: Vec<_> = (range.start..range.end).map(entry).collect();
        body.extend(range.to_bytes(&entries, &tree.prove(&plan)).unwrap());
    }
    body
}

fn add_entries() -> Vec<Case> {
    let tree = Tree::of(300);
    let case = |name: &str, expect: &str, body: &[u8]| Case::new("add-entries", name, expect, body);
    let whole = upload(&tree, 250, 270, 9);
    let second = whole.len() - upload(&tree, 250, 270, 1).len();
    let cut = |bytes: usize| &whole[..whole.len() - bytes];
    let mut many = upload(&tree, 269, 270, 0);
    many.extend_from_slice(&[0, 1, b'x', 64]);
    let start_beyond_end = [&whole[..18], &[0, 0, 0, 0, 0, 0, 2, 0], &whole[26..]].concat();
    let huge = [&whole[..26], &[0x80, 0, 0, 0, 0, 0, 0, 0], &whole[34..]].concat();
    let not_text = [&[0, 2, 0xff, 0xff][..], &whole[18..]].concat();
    vec![
        case("good", "ok 2 complete", &whole),
        case("good-nothing-to-send", "ok 0 complete", &upload(&tree, 270, 270, 0)),
        case("good-prefix", "ok 1 prefix", cut(second)),
        case("good-prefix-and-half-a-package", "ok 1 prefix", cut(1)),
        case("header-only", "400 Nothing", &upload(&tree, 250, 270, 0)),
        case("half-a-package", "400 Nothing", cut(second + 1)),
        case("half-a-header", "400 no header", &whole[..30]),
        case("start-beyond-end", "400 BadRange", &start_beyond_end),
        case("end-is-2-to-the-63", "400 BadRange", &huge),
        case("no-origin", "400 BadOrigin", &[&[0, 0][..], &whole[18..]].concat()),
        case("long-origin", "400 BadOrigin", &[1, 0, b'o']),
        case("origin-not-utf-8", "400 BadOrigin", &not_text),
        case("64-hashes", "400 TooManyHashes { got: 64 }", &many),
        case("bytes-after-the-last-package", "400 TrailingBytes", &[&whole[..], &[0]].concat()),
        case("empty", "400 no header", b""),
    ]
}

fn headers() -> Vec<Case> {
    let tree = Tree::of(0);
    let case = |name: &str, expect: &str, start: u64, end: u64| {
        Case::new("add-entries-header", name, expect, &upload(&tree, start, end, 0))
            .with("pending", 5000)
            .with("mirror", 600)
            .with("next", 2000)
            .with("known", 500)
            .with("known", 700)
    };
    let conflict =
        |size: u64| format!("409 Conflict {{ size: TreeSize({size}), next: LeafIndex(2000) }}");
    let excess = limits::EXCESS_ENTRIES;
    vec![
        case("good", "ok", 2000, 5000),
        case("good-earlier-pending-checkpoint", "ok", 700, 700),
        case("good-mirror-checkpoint", "ok", 600, 600),
        case("good-as-many-again-as-allowed", "ok", 2000 - excess, 5000),
        case("too-many-again", &conflict(5000), 2000 - excess - 1, 5000),
        case("start-behind-next-entry", &conflict(5000), 2001, 5000),
        case("start-behind-earlier-end", &conflict(5000), 2001, 4999),
        case("end-never-pending", &conflict(5000), 2000, 4999),
        case("end-before-mirror-checkpoint", &conflict(5000), 500, 500),
    ]
}

fn packages() -> Vec<Case> {
    let tree = Tree::of(300);
    let body = |start: u64| upload(&tree, start, 300, 1);
    let case = |name: &str, expect: &str, body: &[u8]| {
        Case::new("package", name, expect, body)
            .with("size", 300)
            .with("root", tree.root(300).to_base64())
    };
    let before = |mut case: Case, count: usize| {
        for leaf in &tree.leaves[..count] {
            case = case.with("before", leaf.to_base64());
        }
        case
    };
    let mut changed = body(0);
    changed[50] ^= 1;
    let mut last = body(256);
    let place = last.len() - 1;
    last[place] ^= 1;
    let missing = "WrongLeavesBefore { want: 4, got: 3 }";
    vec![
        case("good-whole-bundle", "ok", &body(0)),
        case("good-partial-bundle", "ok", &body(256)),
        before(case("good-continued-bundle", "ok", &body(4)), 4),
        before(case("leaves-missing", missing, &body(4)), 3),
        case("changed-entry", "NotProven(RootMismatch)", &changed),
        case("changed-proof", "NotProven(RootMismatch)", &last),
        case("other-root", "NotProven(RootMismatch)", &body(0)).with_root(&Hash([0x5a; 32])),
        case("root-of-the-empty-tree", "NotProven(RootMismatch)", &body(0)).with_root(&EMPTY_ROOT),
    ]
}

impl Case {
    fn with_root(mut self, root: &Hash) -> Case {
        self.headers.retain(|(name, _)| name != "root");
        self.with("root", root.to_base64())
    }
}

fn infos() -> Vec<Case> {
    let case = |name: &str, expect: &str, body: &str| {
        Case::new("mirror-info", name, expect, body.as_bytes())
    };
    let info = |ticket: &[u8]| {
        let (size, next) = (TreeSize(300), LeafIndex(256));
        MirrorInfo { size, next, ticket: ticket.into() }.to_body()
    };
    let wrong = |error: &str| format!("MirrorInfoError({error})");
    vec![
        case("good", "ok 300 256", &info(b"ticket")),
        case("good-without-ticket", "ok 300 256", &info(b"")),
        case("no-ticket-line", &wrong("MissingLine"), "300\n256\n"),
        case("four-lines", &wrong("TrailingText"), "300\n256\n\n\n"),
        case("leading-zero", &wrong("BadDecimal"), "0300\n256\n\n"),
        case("ticket-not-base64", &wrong("BadBase64"), "300\n256\ndGlja2V0=\n"),
        case("no-final-newline", &wrong("MissingNewline"), "300\n256\ndGlja2V0"),
        case("empty", &wrong("MissingLine"), ""),
    ]
}
