//! Entries and issuer requests: what parses and what does not.

use crate::case::Case;
use crate::replaced;
use crate::world::{Log, T0, administration, document, federation, issuer_key, public};
use proto::hash::{Hash, LeafIndex, StatusIndex};
use proto::ledger::revocation::{Range, Signer};
use proto::ledger::{
    Entry, Issuer, IssuerRequest, IssuerState, IssuerStatement, Pointer, Previous, Revocation,
    RevocationStatement, StatusState,
};

/// A place in an issuer entry.
const RETIRED: usize = 18;
const NAME_LENGTH: usize = 19;

fn log() -> Log {
    Log::new(&federation(), 1)
}

fn admission(log: &Log) -> Vec<u8> {
    Entry::Issuer(log.admission("Office", &issuer_key(1), &["a", "b"])).to_bytes()
}

fn changed(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

fn entry(name: &str, expect: &str, bytes: &[u8]) -> Case {
    Case::new("entry", name, expect, bytes)
}

pub fn cases() -> Vec<Case> {
    [heads(), issuers(), issuances(), snapshots(), revocations(), requests()]
        .into_iter()
        .flatten()
        .collect()
}

fn heads() -> Vec<Case> {
    let good = admission(&log());
    vec![
        entry("empty", "entry-malformed", b""),
        entry("version-only", "entry-malformed", &[1]),
        entry("version-0", "entry-version-unknown", &changed(&good, 0, &[0])),
        entry("version-2", "entry-version-unknown", &changed(&good, 0, &[2])),
        entry("kind-0", "entry-kind-unknown", &changed(&good, 1, &[0])),
        entry("kind-5", "entry-kind-unknown", &changed(&good, 1, &[5])),
    ]
}

fn issuers() -> Vec<Case> {
    let log = log();
    let good = admission(&log);
    let key = NAME_LENGTH + 1 + "Office".len() + 1;
    let scope = key + 32;
    let state = IssuerState {
        id: LeafIndex(2),
        entry: LeafIndex(7),
        name: "Office".into(),
        key: public(&issuer_key(1)),
        scope: vec!["a".into()],
        retired: false,
        sequence: 0,
        admin_sequence: 0,
    };
    let retired = Issuer::retire(&log.rules.place(), &state, &administration(1)).unwrap();
    let retired = Entry::Issuer(retired).to_bytes();
    let identity = {
        let mut point = [0; 32];
        point[0] = 1;
        point
    };
    let past_53_bits = ((1u64 << 53) + 1).to_be_bytes();
    let cases = [
        ("good-issuer", "ok issuer", good.clone()),
        ("good-issuer-retired", "ok issuer", retired.clone()),
        ("issuer-cut-off", "entry-malformed", good[..good.len() - 1].to_vec()),
        ("issuer-with-one-more-byte", "entry-malformed", [&good[..], &[0]].concat()),
        ("issuer-id-without-entry", "entry-malformed", changed(&good, 2, &[0; 8])),
        ("issuer-entry-without-id", "entry-malformed", changed(&good, 10, &[0; 8])),
        ("issuer-retired-at-first", "entry-malformed", changed(&good, RETIRED, &[1])),
        ("issuer-retired-is-2", "entry-malformed", changed(&good, RETIRED, &[2])),
        (
            "issuer-retired-with-two-signatures",
            "entry-malformed",
            [&retired[..], &[0; 64]].concat(),
        ),
        (
            "issuer-replaces-before-id",
            "entry-malformed",
            changed(&retired, 2, &[0, 0, 0, 0, 0, 0, 0, 8]),
        ),
        ("issuer-replaces-beyond-2-53", "entry-malformed", changed(&retired, 10, &past_53_bits)),
        (
            "issuer-name-with-newline",
            "issuer-name-bad",
            changed(&good, NAME_LENGTH + 1, b"Off\nce"),
        ),
        (
            "issuer-name-ends-in-space",
            "issuer-name-bad",
            changed(&good, NAME_LENGTH + 1, b"Offic "),
        ),
        (
            "issuer-name-turns-text-around",
            "issuer-name-bad",
            changed(&good, NAME_LENGTH + 1, "Of\u{202e}e".as_bytes()),
        ),
        ("issuer-name-not-utf-8", "issuer-name-bad", changed(&good, NAME_LENGTH + 1, &[0xff])),
        ("issuer-key-algorithm-2", "key-algorithm-unknown", changed(&good, key - 1, &[2])),
        ("issuer-key-is-the-identity", "key-weak", changed(&good, key, &identity)),
        ("issuer-key-is-no-point", "key-bad", changed(&good, key, &[2; 32])),
        ("issuer-scope-empty", "scope-bad", changed(&good, scope, &[0, 0])),
        ("issuer-scope-of-65", "scope-bad", changed(&good, scope, &[0, 65])),
        ("issuer-scope-twice", "scope-bad", changed(&good, scope + 4 + 1, b"a")),
        ("issuer-scope-not-sorted", "scope-bad", changed(&good, scope + 3, b"c")),
        ("issuer-scope-in-capitals", "scope-bad", changed(&good, scope + 3, b"A")),
    ];
    cases.iter().map(|(name, expect, bytes)| entry(name, expect, bytes)).collect()
}

fn issuances() -> Vec<Case> {
    let log = log();
    let (_, _, submission) = log.prepare(LeafIndex(0), &issuer_key(1), vec![document(0)]);
    let good = Entry::Issuance(submission.entry(StatusIndex(32))).to_bytes();
    let beyond = ((1u64 << 53) + 1).to_be_bytes();
    vec![
        entry("good-issuance", "ok issuance", &good),
        entry("issuance-without-status", "entry-malformed", &good[..107]),
        entry("issuance-with-one-more-byte", "entry-malformed", &[&good[..], &[0]].concat()),
        entry("issuance-height-3", "batch-height-bad", &changed(&good, 42, &[3])),
        entry("issuance-height-21", "batch-height-bad", &changed(&good, 42, &[21])),
        entry("issuance-height-255", "batch-height-bad", &changed(&good, 42, &[255])),
        entry("issuance-issuer-beyond-2-53", "entry-malformed", &changed(&good, 2, &beyond)),
        entry("issuance-status-beyond-2-53", "entry-malformed", &changed(&good, 107, &beyond)),
    ]
}

fn snapshots() -> Vec<Case> {
    let log = log();
    let good = Entry::Snapshot(log.state.snapshot(&log.rules, T0)).to_bytes();
    let beyond = ((1u64 << 53) + 1).to_be_bytes();
    vec![
        entry("good-snapshot", "ok snapshot", &good),
        entry("snapshot-cut-off", "entry-malformed", &good[..81]),
        entry("snapshot-with-one-more-byte", "entry-malformed", &[&good[..], &[0]].concat()),
        entry("snapshot-time-beyond-2-53", "entry-malformed", &changed(&good, 34, &beyond)),
        entry("snapshot-length-beyond-2-53", "entry-malformed", &changed(&good, 42, &beyond)),
    ]
}

fn revocations() -> Vec<Case> {
    let range = |first, last| Range { first: StatusIndex(first), last: StatusIndex(last) };
    let revoke = |ranges| {
        let (id, state) = (LeafIndex(3), StatusState::Revoked);
        let statement = RevocationStatement::new(id, 1, Signer::Issuer, state, ranges).unwrap();
        Entry::Revocation(Revocation { statement, signature: [7; 64] }).to_bytes()
    };
    let good = revoke(vec![range(0, 3), range(5, 5)]);
    let most = revoke((0..4000).map(|i| range(2 * i, 2 * i)).collect());
    let superseding = {
        let (id, state) = (LeafIndex(3), StatusState::Superseded);
        let ranges = vec![range(0, 1)];
        let statement = RevocationStatement::new(id, 1, Signer::Issuer, state, ranges).unwrap();
        let statement = statement.naming(vec![Pointer([1; 40]), Pointer([2; 40])]).unwrap();
        Entry::Revocation(Revocation { statement, signature: [7; 64] }).to_bytes()
    };
    let first = 22;
    let count = first + 16;
    let number = |n: u64| n.to_be_bytes();
    vec![
        entry("good-revocation", "ok revocation", &good),
        entry("good-revocation-of-4000-ranges", "ok revocation", &most),
        entry("revocation-of-4001-ranges", "ranges-bad", &changed(&most, 20, &[15, 161])),
        entry("revocation-without-ranges", "ranges-bad", &changed(&good, 20, &[0, 0])),
        entry("good-revocation-by-the-last-word", "ok revocation", &changed(&good, 18, &[2])),
        entry("revocation-signer-3", "entry-malformed", &changed(&good, 18, &[3])),
        entry("revocation-state-4", "entry-malformed", &changed(&good, 19, &[4])),
        entry("revocation-backwards", "ranges-bad", &changed(&good, first, &number(4))),
        entry("revocation-overlapping", "ranges-bad", &changed(&good, first + 16, &number(3))),
        entry("revocation-adjacent", "ranges-bad", &changed(&good, first + 16, &number(4))),
        entry("revocation-endless", "ranges-bad", &changed(&good, first + 24, &number(u64::MAX))),
        entry(
            "revocation-of-too-many",
            "documents-too-many",
            &changed(&good, first + 24, &number((1 << 22) + 1)),
        ),
        entry("good-superseding", "ok revocation", &superseding),
        entry("successors-of-what-is-revoked", "successors-bad", &changed(&superseding, 19, &[3])),
        entry("successor-missing", "successors-bad", &changed(&superseding, count, &[0, 1])),
        entry("successor-too-many", "entry-malformed", &changed(&superseding, count, &[0, 4])),
        entry("revocation-cut-off", "entry-malformed", &good[..good.len() - 64]),
    ]
}

fn requests() -> Vec<Case> {
    let log = log();
    let key = issuer_key(1);
    let request = |previous, signer| {
        let name = "School office";
        let statement = IssuerStatement::new(previous, name, &public(&key), &["a"]).unwrap();
        IssuerRequest::sign(&log.rules.place(), statement, signer).unwrap().to_text()
    };
    let good = request(None, &key);
    let previous = Previous { id: LeafIndex(0), replaces: LeafIndex(4) };
    let zeros = Hash([0; 32]).to_hex();
    let federation = log.rules.federation().to_string();
    let case = |name: &str, expect: &str, text: &str| {
        Case::new("issuer-request", name, expect, text.as_bytes())
    };
    vec![
        case("good-first", "ok School office", &good),
        case("good-rotation", "ok School office", &request(Some(previous), &key)),
        case("other-key", "BadSignature", &request(None, &issuer_key(2))),
        case("other-log", "BadSignature", &replaced(&good, "town1", "town2")),
        case("other-federation", "BadSignature", &replaced(&good, &federation, &zeros)),
        case("other-first-line", "OtherFile", &replaced(&good, "/v1", "/v2")),
        case("empty", "OtherFile", ""),
        case(
            "line-missing",
            "Line { line: 3, error: WrongKeyword }",
            &replaced(&good, "origin town1.example/log\n", ""),
        ),
        case(
            "carriage-return",
            "Line { line: 1, error: ControlCharacter }",
            &good.replace('\n', "\r\n"),
        ),
        case("text-behind", "Line { line: 6, error: TrailingText }", &(good.clone() + "\n")),
        case(
            "no-last-newline",
            "Line { line: 5, error: MissingNewline }",
            good.strip_suffix('\n').unwrap(),
        ),
    ]
}
