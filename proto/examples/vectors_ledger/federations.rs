//! Federation files: the first version, the chain, the quorum, the pins.

use crate::case::Case;
use crate::replaced;
use crate::world::{
    Log, T0, authority, continued, cosigners, federation, first, founded, governance, issuer_key,
    key, next_version, operator,
};
use proto::federation::{Federation, Version, sign};
use proto::hash::{EMPTY_ROOT, Hash, TreeSize};
use proto::note::{KeyType, Note, VerifierKey};

fn case(name: &str, expect: &str, file: &[u8]) -> Case {
    Case::new("federation", name, expect, file)
}

/// A first version with a text that [`sign`] would refuse to sign.
fn forced(text: &str) -> Vec<u8> {
    let lines = [1, 2, 3].map(|op| governance(op).sign_note(text).unwrap());
    Note::new(text, lines.into()).unwrap().to_bytes()
}

fn changed(change: impl FnOnce(&mut Version)) -> Vec<u8> {
    let mut version = first();
    change(&mut version);
    forced(&version.to_text())
}

/// The logs as they stand when the second version pins them.
fn logs(federation: &Federation) -> [Log; 2] {
    let mut log = Log::new(federation, 1);
    log.admit("School of Example", &issuer_key(1), &["school.certificate"]);
    log.close(T0);
    [log, Log::new(federation, 2)]
}

fn second(federation: &Federation) -> Version {
    let [one, two] = logs(federation);
    next_version(federation, &[&one, &two])
}

pub fn cases() -> Vec<Case> {
    [files(), members(), texts(), chains()].into_iter().flatten().collect()
}

fn files() -> Vec<Case> {
    let version = first();
    let good = founded(&version, &[1, 2, 3]);
    let id = federation().id();
    let text = String::from_utf8(good.clone()).unwrap();
    let line = sign(&version, &governance(1)).unwrap();
    let twice = vec![line.clone(), line, sign(&version, &governance(2)).unwrap()];
    let twice = Note::new(&version.to_text(), twice).unwrap().to_bytes();
    let stranger = governance(9).sign_note(&version.to_text()).unwrap();
    let mut with_stranger = Note::parse(&good).unwrap().signatures().to_vec();
    with_stranger.push(stranger);
    let with_stranger = Note::new(&version.to_text(), with_stranger).unwrap().to_bytes();
    vec![
        case("good-first", &format!("ok 1 {id}"), &good),
        case("good-signed-by-a-stranger-too", &format!("ok 1 {id}"), &with_stranger),
        case("empty", "not-a-federation", b""),
        case("another-file", "not-a-federation", b"log.example\n"),
        case(
            "version-2-of-the-format",
            "not-a-federation",
            replaced(&text, "/v1\nname", "/v2\nname").as_bytes(),
        ),
        case("two-signatures", "signatures-too-few", &founded(&version, &[1, 2])),
        case("one-operator-signed-twice", "signatures-too-few", &twice),
        case(
            "text-changed",
            "signature-bad",
            replaced(&text, "name Example", "name Axample").as_bytes(),
        ),
        case("no-signature", "note-malformed", (version.to_text() + "\n").as_bytes()),
        case("cut-off", "note-malformed", &good[..good.len() / 2]),
        case("empty-line-between", "note-malformed", &[&good[..], b"\n", &good].concat()),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn members() -> Vec<Case> {
    let cosigner = |number: u8, which: usize| cosigners(number)[which].verifier_key().clone();
    let same_as_04 = |kind| {
        let public = cosigner(1, 0);
        VerifierKey::new("other.example", kind, public.public_key()).unwrap()
    };
    vec![
        case("quorum-2-of-4", "quorum-unsafe", &changed(|v| v.quorum = 2)),
        case("quorum-4-of-4-with-one-fault", "quorum-unsafe", &changed(|v| v.quorum = 4)),
        case("quorum-0", "quorum-unsafe", &changed(|v| v.quorum = 0)),
        case("quorum-2-to-the-63", "quorum-unsafe", &changed(|v| v.quorum = 1 << 63)),
        case("faults-2-of-4", "quorum-unsafe", &changed(|v| v.faults = 2)),
        case("no-operators", "quorum-unsafe", &changed(|v| v.operators.clear())),
        case("operators-not-sorted", "not-sorted", &changed(|v| v.operators.swap(0, 1))),
        case("operator-twice", "not-sorted", &changed(|v| v.operators[1] = operator(1))),
        case(
            "operator-twice-under-two-names",
            "key-twice",
            &changed(|v| {
                v.operators[1] = operator(1);
                v.operators[1].name = "op2".into();
            }),
        ),
        case(
            "one-key-for-two-operators",
            "key-twice",
            &changed(|v| {
                v.operators[1].governance = operator(1).governance;
            }),
        ),
        case(
            "one-key-for-two-purposes",
            "key-twice",
            &changed(|v| {
                v.authorities[0].administration = same_as_04(KeyType::Ed25519);
            }),
        ),
        case(
            "cosigners-of-two-names",
            "cosigner-names-differ",
            &changed(|v| {
                v.operators[0].cosigner_ml_dsa = cosigner(5, 1);
            }),
        ),
        case(
            "cosigner-key-of-a-log",
            "key-type-wrong",
            &changed(|v| {
                v.operators[0].cosigner_ed25519 = v.authorities[0].log.clone();
            }),
        ),
        case("authorities-not-sorted", "not-sorted", &changed(|v| v.authorities.swap(0, 1))),
        case(
            "authority-of-nobody",
            "operator-unknown",
            &changed(|v| {
                v.authorities[0].operator = "op9".into();
            }),
        ),
        case(
            "two-authorities-one-origin",
            "origin-bad",
            &changed(|v| {
                let origin = authority(1).origin().to_string();
                let log = key(&origin, KeyType::Ed25519, 99);
                v.authorities[1].log = log.verifier_key().clone();
            }),
        ),
        case(
            "display-name-turns-text-around",
            "name-bad",
            &changed(|v| {
                v.authorities[0].display_name = "Town \u{202e}elpmaxE".into();
            }),
        ),
        case(
            "pins-in-version-1",
            "pins-wrong",
            &changed(|v| {
                v.pins = second(&federation()).pins;
            }),
        ),
    ]
}

fn texts() -> Vec<Case> {
    let text = first().to_text();
    let force = |from: &str, to: &str| forced(&replaced(&text, from, to));
    let mut weak = [0; 32];
    weak[0] = 1;
    let weak = {
        let id = proto::hash::sha256_parts(&[b"op1.example/governance\n\x01", &weak]);
        let key = proto::text::base64_encode(&[&[1], &weak[..]].concat());
        format!("op1.example/governance+{}+{key}", hex::encode(&id.0[..4]))
    };
    let governance = governance(1).verifier_key().to_string();
    vec![
        case("version-01", "line-malformed", &force("version 1\n", "version 01\n")),
        case("two-spaces", "line-malformed", &force("quorum 3 faults", "quorum 3  faults")),
        case("space-at-the-end", "line-malformed", &force("faults 1\n", "faults 1 \n")),
        case("line-missing", "line-malformed", &force("status-age 86400\n", "")),
        case(
            "lines-swapped",
            "line-malformed",
            &force("version 1\nprevious none\n", "previous none\nversion 1\n"),
        ),
        case("unknown-line", "line-malformed", &force("status-age", "color red\nstatus-age")),
        case("no-such-day", "line-malformed", &force("expires 2027-12-31", "expires 2027-02-29")),
        case(
            "status-age-of-two-years",
            "line-malformed",
            &force("status-age 86400", "status-age 63072000"),
        ),
        case("name-in-capitals", "name-bad", &force("authority town1 ", "authority Town1 ")),
        case(
            "url-of-a-file",
            "url-bad",
            &force("op1 https://op1.example", "op1 file:///op1.example"),
        ),
        case(
            "url-with-slash",
            "url-bad",
            &force("op1 https://op1.example", "op1 https://op1.example/"),
        ),
        case("weak-key", "key-weak", &force(&governance, &weak)),
        case(
            "key-id-of-another-key",
            "key-malformed",
            &force(&governance[..30], &governance[..30].replace("+", "+0")),
        ),
        case(
            "previous-in-version-1",
            "previous-wrong",
            &force("previous none", &format!("previous {}", Hash([0; 32]))),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn chains() -> Vec<Case> {
    let one = federation();
    let id = one.id();
    let good = second(&one);
    let three = [1, 2, 3];
    let join = |version: &Version| {
        let lines = three.map(|op| governance(op).sign_note(&version.to_text()).unwrap());
        let note = Note::new(&version.to_text(), lines.into()).unwrap();
        [one.to_bytes(), note.to_bytes()].concat()
    };
    let with = |change: &dyn Fn(&mut Version)| {
        let mut version = good.clone();
        change(&mut version);
        join(&version)
    };
    let two_bytes = continued(&one, &good, &three);
    let two = Federation::parse(&two_bytes).unwrap();
    let [log, other] = logs(&one);
    let third = |change: &dyn Fn(&mut Version)| {
        let mut version = next_version(&two, &[&log, &other]);
        change(&mut version);
        let lines = three.map(|op| governance(op).sign_note(&version.to_text()).unwrap());
        let note = Note::new(&version.to_text(), lines.into()).unwrap();
        [two.to_bytes(), note.to_bytes()].concat()
    };
    let newcomers = with(&|v| v.operators = [1, 2, 3, 5].map(operator).into());
    let by_newcomer = {
        let mut version = good.clone();
        version.operators = [1, 2, 3, 5].map(operator).into();
        let lines = [1, 2, 5].map(|op| governance(op).sign_note(&version.to_text()).unwrap());
        let note = Note::new(&version.to_text(), lines.into()).unwrap();
        [one.to_bytes(), note.to_bytes()].concat()
    };
    let dropped = with(&|v| v.operators = [1, 4, 5, 6].map(operator).into());
    vec![
        case("good-second", &format!("ok 2 {id}"), &two_bytes),
        case("good-third", &format!("ok 3 {id}"), &third(&|_| {})),
        case("good-second-with-a-newcomer", &format!("ok 2 {id}"), &newcomers),
        case("authority-without-its-operator", "operator-unknown", &dropped),
        case(
            "good-second-with-other-keys",
            &format!("ok 2 {id}"),
            &with(&|v| {
                v.operators = [1, 4, 5, 6].map(operator).into();
                v.authorities[1].operator = "op4".into();
            }),
        ),
        case("second-signed-by-two", "signatures-too-few", &continued(&one, &good, &[1, 2])),
        case("second-signed-by-its-newcomer", "signatures-too-few", &by_newcomer),
        case("second-alone", "previous-wrong", &forced(&good.to_text())),
        case(
            "second-before-first",
            "previous-wrong",
            &[&two_bytes[one.to_bytes().len()..], &one.to_bytes()].concat(),
        ),
        case("first-twice", "previous-wrong", &[one.to_bytes(), one.to_bytes()].concat()),
        case(
            "second-of-another-first",
            "previous-wrong",
            &with(&|v| v.previous = Some(Hash([9; 32]))),
        ),
        case("version-skipped", "previous-wrong", &with(&|v| v.number = 3)),
        case("pin-missing", "pins-wrong", &with(&|v| v.pins.truncate(1))),
        case(
            "pin-of-a-stranger",
            "pins-wrong",
            &with(&|v| v.pins[1].origin = "town9.example/log".into()),
        ),
        case("pins-not-sorted", "not-sorted", &with(&|v| v.pins.swap(0, 1))),
        case(
            "pin-goes-back",
            "pins-wrong",
            &third(&|v| {
                (v.pins[0].size, v.pins[0].root) = (TreeSize(0), EMPTY_ROOT);
            }),
        ),
        case("pin-of-another-tree", "pins-wrong", &third(&|v| v.pins[0].root = Hash([7; 32]))),
    ]
}
